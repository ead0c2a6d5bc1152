//! `liar`: an agent like the one it wraps, but wrong in one chosen way.
//!
//! It takes what the agent takes (`--json`, SQL as an argument or through standard input) and answers in JSON. Who tests
//! agents can test with it that lies are caught: see `conformance/POWER.md`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to people")]

mod answers;
mod lies;
mod rewrite;
mod session;
mod tokens;

use lies::{LIES, Lie};
use session::Session;
use std::process::ExitCode;

const HELP: &str = "\
An agent like the one it wraps, but wrong in one way.

usage: liar --lie NAME [--table TABLE] -- AGENT [OPTION]... --json [SQL]

  --lie NAME       the way to be wrong; none leaves the agent as it is
  --table TABLE    the table of lies about one table (default users)
  --list           the names, with a sentence each
  --help           this text
";

fn main() -> ExitCode {
    match run() {
        // What does not fit came from a signal, or from another system.
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(128)),
        Err(message) => {
            eprintln!("liar: {message}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<i32, String> {
    let mut args = std::env::args().skip(1);
    let (mut lie, mut table): (Option<&Lie>, String) = (None, "users".to_owned());
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value; see --help"));
        match arg.as_str() {
            "--lie" => lie = Some(named(&value()?)?),
            "--table" => table = value()?,
            "--list" => {
                LIES.iter().for_each(|lie| println!("{:20} {}", lie.name, lie.what));
                return Ok(0);
            }
            "--help" => {
                print!("{HELP}");
                return Ok(0);
            }
            "--" => break,
            other => return Err(format!("unknown option {other}; see --help")),
        }
    }
    let lie = lie.ok_or("--lie is missing; see --list")?;
    let session = Session::new(args.collect(), table).ok_or("an agent is missing after --")?;
    session.run(lie).map_err(|error| error.to_string())
}

fn named(name: &str) -> Result<&'static Lie, String> {
    LIES.iter().find(|lie| lie.name == name).ok_or_else(|| format!("there is no lie {name}; see --list"))
}
