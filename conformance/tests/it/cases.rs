//! The cases of `corpus/`, on every engine that can answer about their hosts.

#![allow(clippy::disallowed_methods, reason = "reads the repository's own files")]

use plumb_conformance::Verdict;
use plumb_conformance::case::{self, Case, Kind, plumbi};
use plumb_conformance::shrink::Budget;
use plumb_host::Host;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// There are at least so many cases: an empty folder proves nothing.
const LEAST: usize = 25;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the folder of cases").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

#[test]
fn every_case_holds_on_every_engine() {
    let mut kinds = vec![Kind::Embedded, Kind::Sqlite];
    match plumbi() {
        Some(shell) => kinds.push(Kind::Shell(shell)),
        None => eprintln!("SKIPPED: plumbi is not built"),
    }
    let (mut wrong, mut held, mut cases) = (Vec::new(), BTreeMap::<String, usize>::new(), 0);
    for file in files() {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("a file");
        let case = match Case::parse(&text) {
            Ok(case) => case,
            Err(error) => {
                wrong.push(format!("{name}, {error}"));
                continue;
            }
        };
        cases += 1;
        if !name.ends_with(".case") || case.about.is_empty() {
            wrong.push(format!("{name}: a case ends with .case and says what it is about"));
        }
        if case.to_text() != text {
            wrong.push(format!("{name}: cases are written in one way, which is\n{}", case.to_text()));
        }
        let mut told = false;
        for kind in &kinds {
            match case.run(kind) {
                Verdict::Pass => {
                    told = true;
                    *held.entry(kind.name()).or_default() += 1;
                }
                Verdict::Skip(why) => eprintln!("{name} skipped by {}: {why}", kind.name()),
                Verdict::Fail(why) => wrong.push(format!("{name}, {}:\n{why}", kind.name())),
            }
        }
        if !told {
            wrong.push(format!("{name}: no engine says anything about it"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(cases >= LEAST, "{cases} cases");
    assert!(held[&Kind::Embedded.name()] >= LEAST, "{held:?}");
    eprintln!("cases that hold: {held:?}");
}

/// A case of an agent that lies: what shrinking leaves of its query and its host, and what plain copies say is right.
#[test]
fn a_lie_is_shrunk_to_what_shows_it() {
    let Some(shell) = plumbi() else {
        eprintln!("SKIPPED: plumbi is not built");
        return;
    };
    if plumb_host::Live::new().expect("this host").own_ids().0 != 0 {
        eprintln!("SKIPPED: unpacking a host with its owners needs root");
        return;
    }
    let liar = env!("CARGO_BIN_EXE_liar");
    let kind = |lie: &str| Kind::Agent(format!("'{liar}' --lie {lie} -- '{}' --root {{root}}", shell.display()));
    let long = "=== about\nBob is not told.\n=== oracle materialized\n=== host linux small\n=== query\n\
        SELECT u.username, u.shell FROM users AS u WHERE u.uid >= 0 AND (u.shell LIKE '%sh' OR u.gid IN (100, 7)) ORDER BY u.uid\n";
    let long = Case::parse(long).expect("a case");
    assert_eq!(long.run(&kind("none")), Verdict::Pass);
    let lying = kind("dropped-row");
    let verdict = long.run(&lying);
    assert!(matches!(verdict, Verdict::Fail(_)), "{verdict:?}");
    let small = case::shrink(&long, &lying, Budget::checks(400)).expect("a smaller case");
    let expect = "=== about\nBob is not told.\n=== oracle materialized\n=== host linux\n=== file /etc/passwd unended\n::0:0\n::1:1\n\
        === query\nSELECT * FROM users WHERE 1\n=== answer\n\
        uid | gid | uid_signed | gid_signed | username | description | directory | shell | uuid\n\
        0   | 0   | 0          | 0          | ''       | ''          | ''        | ''    | ''\n\
        1   | 1   | 1          | 1          | ''       | ''          | ''        | ''    | ''\n";
    assert_eq!(small.to_text(), expect);
    // The answer that it got is the right one: who does not lie gives it.
    assert!(matches!(small.run(&lying), Verdict::Fail(_)));
    for honest in [kind("none"), Kind::Embedded, Kind::Sqlite] {
        assert_eq!(small.run(&honest), Verdict::Pass, "{}", honest.name());
    }
}
