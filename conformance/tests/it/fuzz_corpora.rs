//! What the fuzz targets run, on a stable compiler: random seeds, and the corpora of `fuzz/corpus`.

#![allow(clippy::disallowed_methods, reason = "reads the repository's own files")]

use crate::fixture_hosts::finish;
use plumb_conformance::Verdict;
use plumb_conformance::generators::host::subjects;
use plumb_conformance::generators::{bytes, dictionary};
use plumb_conformance::oracles::{TARGETS, flags, hostile, statements};
use plumb_conformance::report::{Report, Sink, Trial};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

/// Judges this many seeds, of which at least so many must tell something.
#[track_caller]
fn seeds(count: u64, least: usize, check: impl Fn(u64) -> Verdict) {
    let mut report = Report::default();
    for seed in 0..count {
        report.add(Trial::new("hostile", "seeds", "generated", format!("seed {seed}")).judged(check(seed)));
    }
    finish(&report, least);
}

#[test]
fn hostile_hosts() {
    let mut report = Report::default();
    for seed in 0..20 {
        // Tables about the agent itself read nothing of a host.
        for (name, _) in subjects().iter().filter(|(_, subject)| subject.reads()) {
            let input = [name.as_bytes(), b"\n", &bytes(seed, 300)].concat();
            let trial = Trial::new("hostile", "hostile", "generated", format!("seed {seed}")).tables([*name]);
            report.add(trial.judged(hostile::check(&input)));
        }
    }
    finish(&report, 2 * report.total().skipped);
}

#[test]
fn calls_of_functions() {
    seeds(600, 300, |seed| statements::check(&[&b"f"[..], &bytes(seed, 200)].concat()));
}

#[test]
fn command_lines() {
    seeds(600, 400, |seed| {
        let first = [b's', b'm', b't'][usize::try_from(seed % 3).unwrap_or(0)];
        flags::check(&[&[first][..], &bytes(seed, 200)].concat())
    });
}

#[test]
fn corpora() {
    for (target, run) in TARGETS {
        let corpus = folder().join("corpus").join(target);
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(&corpus).expect(target).map(|entry| entry.expect(target).path()).collect();
        files.sort();
        let mut report = Report::default();
        for file in &files {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let trial = Trial::new("hostile", target, "corpus", name);
            report.add(trial.judged(run(&std::fs::read(file).expect(target))));
        }
        // An empty corpus proves nothing; inputs that tell nothing are the fewer.
        finish(&report, 15.max(report.total().skipped));
    }
}

#[test]
fn dictionaries_are_current() {
    for (name, expect) in dictionary::all().expect("words") {
        let found = std::fs::read_to_string(folder().join("dict").join(name)).unwrap_or_default();
        assert!(found == expect, "fuzz/dict/{name} is stale: cargo run -p plumb-conformance --example fuzz -- write");
    }
}
