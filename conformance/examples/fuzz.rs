//! The fuzz targets without a fuzzer, and the files that they start from. See fuzz/README.md.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to people")]
#![allow(clippy::disallowed_methods, reason = "reads and writes the repository's own files")]

use plumb_conformance::Verdict;
use plumb_conformance::generators::{bytes, dictionary, host, model, seeds};
use plumb_conformance::oracles::{TARGETS, Target};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const HELP: &str = "\
usage: cargo run -p plumb-conformance --example fuzz -- COMMAND

  write                          writes fuzz/dict and the seeds in fuzz/corpus
  replay TARGET FILE...          runs inputs that a fuzzer found, and shows what they are
  soak TARGET SECONDS [FIRST]    runs random inputs, from a seed on; add --release to cargo run

targets: flags, formats, host_model, sql_generated, sql_text, tables
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["write"] => write(),
        ["replay", target, files @ ..] => named(target).and_then(|run| replay(run, files)),
        ["soak", target, seconds, rest @ ..] => named(target).and_then(|run| soak(target, run, seconds, rest.first())),
        _ => Err(HELP.to_owned()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn named(name: &str) -> Result<Target, String> {
    let found = TARGETS.iter().find(|(target, _)| *target == name);
    found.map(|(_, run)| *run).ok_or_else(|| format!("there is no target {name}\n\n{HELP}"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

fn write() -> Result<bool, String> {
    let put = |path: PathBuf, content: &[u8]| -> Result<(), String> {
        let make = || -> io::Result<()> {
            std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
            std::fs::write(&path, content)
        };
        make().map_err(|error| format!("{}: {error}", path.display()))
    };
    for (name, content) in dictionary::all()? {
        put(folder().join("dict").join(name), content.as_bytes())?;
    }
    for (target, _) in TARGETS {
        for (name, content) in seeds::of(target) {
            put(folder().join("corpus").join(target).join(name), &content)?;
        }
    }
    Ok(true)
}

fn replay(run: Target, files: &[&str]) -> Result<bool, String> {
    let mut held = true;
    for file in files {
        let input = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
        println!("{file}: b\"{}\"", input.escape_ascii());
        match run(&input) {
            Verdict::Pass => println!("  holds"),
            Verdict::Skip(why) => println!("  tells nothing: {why}"),
            Verdict::Fail(why) => {
                println!("  does not hold: {why}");
                held = false;
            }
        }
    }
    Ok(held)
}

/// Random inputs: names that begin them in turn, and a seed.
fn soak(target: &str, run: Target, seconds: &str, first: Option<&&str>) -> Result<bool, String> {
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("{text} is not a number"));
    let (limit, first) = (Duration::from_secs(number(seconds)?), first.map_or(Ok(0), |text| number(text))?);
    let names: Vec<String> = match target {
        "tables" => host::subjects().keys().map(|name| format!("{name}\n")).collect(),
        "host_model" => model::tables().map(|name| format!("{name}\n")).collect(),
        "sql_text" => vec!["f".to_owned()],
        "sql_generated" => vec!["q".to_owned()],
        "flags" => ["s", "m", "t"].map(str::to_owned).to_vec(),
        _ => vec![String::new()],
    };
    let (start, mut runs, mut skipped, mut failed) = (Instant::now(), 0_u64, 0_u64, 0_u64);
    for seed in first.. {
        for name in &names {
            let input = [name.as_bytes(), &bytes(seed, 400)].concat();
            runs += 1;
            match run(&input) {
                Verdict::Pass => {}
                Verdict::Skip(_) => skipped += 1,
                Verdict::Fail(why) => {
                    failed += 1;
                    println!("{}seed {seed}: {why}\n", name.replace('\n', " "));
                }
            }
        }
        if start.elapsed() > limit {
            let rate = u128::from(runs) * 1000 / start.elapsed().as_millis().max(1);
            println!(
                "{target}: seeds {first} to {seed}: {runs} runs, {rate} a second, {skipped} skipped, {failed} failed"
            );
            break;
        }
    }
    Ok(failed == 0)
}
