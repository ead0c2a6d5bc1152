//! The fuzz targets without a fuzzer, and the files that they start from. See fuzz/README.md.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to people")]
#![allow(clippy::disallowed_methods, reason = "reads and writes the repository's own files")]

use plumb_conformance::Verdict;
use plumb_conformance::case::from_fuzz;
use plumb_conformance::generators::{bytes, dictionary, seeds};
use plumb_conformance::oracles::tally::Tally;
use plumb_conformance::oracles::{TARGETS, Target};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const HELP: &str = "\
usage: cargo run -p plumb-conformance --example fuzz -- COMMAND

  write                          writes fuzz/dict and the seeds in fuzz/corpus
  replay TARGET FILE...          runs inputs that a fuzzer found, and shows what they are
  case TARGET FILE NAME          makes conformance/corpus/NAME.case of an input
  soak TARGET SECONDS [FIRST]    runs random inputs, from a seed on; add --profile harness to cargo run

targets: analysis, config, differ, flags, formats, host_model, sql_generated, sql_text, tables
";

/// Bytes of a random input.
const LENGTH: usize = 400;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["write"] => write(),
        ["replay", target, files @ ..] => named(target).and_then(|run| replay(run, files)),
        ["case", target, file, name] => case(target, file, name),
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
        let fixtures = seeds::of_fixtures(target).map_err(|error| error.to_string())?;
        for (name, content) in seeds::of(target).into_iter().chain(fixtures) {
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

/// A case that runs with the tests. What it is about can be told better by who knows what is wrong.
fn case(target: &str, file: &str, name: &str) -> Result<bool, String> {
    let input = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    let case = from_fuzz(target, &input)?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(format!("{name}.case"));
    if path.exists() {
        return Err(format!("{} is there already", path.display()));
    }
    std::fs::write(&path, case.to_text()).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("{}: see what it says, and put in your own words why it is wrong", path.display());
    Ok(true)
}

/// Random inputs: each property in turn, and a seed.
fn soak(target: &str, run: Target, seconds: &str, first: Option<&&str>) -> Result<bool, String> {
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("{text} is not a number"));
    let (limit, first) = (Duration::from_secs(number(seconds)?), first.map_or(Ok(0), |text| number(text))?);
    let (beginnings, start, mut tally) = (seeds::beginnings(target), Instant::now(), Tally::default());
    for seed in first.. {
        for beginning in &beginnings {
            let input = [beginning.as_slice(), &bytes(seed, LENGTH)].concat();
            if let Verdict::Fail(why) = tally.run(run, &input) {
                println!("{} seed {seed}: {why}\n", beginning.escape_ascii());
            }
        }
        if start.elapsed() > limit {
            println!("{target}, seeds {first} to {seed}\n{}", tally.report());
            break;
        }
    }
    Ok(!tally.failed())
}
