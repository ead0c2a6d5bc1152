//! What the fuzz targets run, on a stable compiler: random seeds, and the corpora of `fuzz/corpus`.

#![allow(clippy::disallowed_methods, reason = "reads the repository's own files")]

use crate::fixture_hosts::finish;
use plumb_conformance::generators::host::subjects;
use plumb_conformance::generators::{bytes, dictionary};
use plumb_conformance::oracles::{TARGETS, flags, generated, hostile, statements};
use plumb_conformance::report::Section;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

#[test]
fn hostile_hosts() {
    let mut section = Section::new("hostile hosts");
    for seed in 0..20 {
        for name in subjects().keys() {
            let input = [name.as_bytes(), b"\n", &bytes(seed, 300)].concat();
            section.add(&format!("{name} seed {seed}"), hostile::check(&input));
        }
    }
    finish(&section, 2 * section.skipped.len());
}

#[test]
fn generated_queries() {
    let mut section = Section::new("queries over the small host");
    for seed in 0..400 {
        section.add(&format!("seed {seed}"), generated::check(&[&b"q"[..], &bytes(seed, 400)].concat()));
    }
    finish(&section, 100);
}

#[test]
fn calls_of_functions() {
    let mut section = Section::new("calls of functions");
    for seed in 0..600 {
        section.add(&format!("seed {seed}"), statements::check(&[&b"f"[..], &bytes(seed, 200)].concat()));
    }
    finish(&section, 300);
}

#[test]
fn command_lines() {
    let mut section = Section::new("command lines and flag files");
    for seed in 0..600 {
        let first = [b's', b'm', b't'][usize::try_from(seed % 3).unwrap_or(0)];
        section.add(&format!("seed {seed}"), flags::check(&[&[first][..], &bytes(seed, 200)].concat()));
    }
    finish(&section, 400);
}

#[test]
fn corpora() {
    for (target, run) in TARGETS {
        let corpus = folder().join("corpus").join(target);
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(&corpus).expect(target).map(|entry| entry.expect(target).path()).collect();
        files.sort();
        let mut section = Section::new(*target);
        for file in &files {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            section.add(&name, run(&std::fs::read(file).expect(target)));
        }
        // An empty corpus proves nothing; inputs that tell nothing are the fewer.
        finish(&section, 15.max(section.skipped.len()));
    }
}

#[test]
fn dictionaries_are_current() {
    for (name, expect) in dictionary::all().expect("words") {
        let found = std::fs::read_to_string(folder().join("dict").join(name)).unwrap_or_default();
        assert!(found == expect, "fuzz/dict/{name} is stale: cargo run -p plumb-conformance --example fuzz -- write");
    }
}
