//! The cases of `corpus/`, on every engine that can answer about their hosts.

#![allow(clippy::disallowed_methods, reason = "reads the repository's own files")]

use plumb_conformance::Verdict;
use plumb_conformance::case::{Case, Kind, plumbi};
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
