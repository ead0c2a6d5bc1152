//! `cargo conform`: proves the agent on this host and on the fixture hosts, and writes a report.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to people")]

mod args;
mod ask;
mod help;
mod list;
mod progress;
mod prove;

use args::Command;
use std::process::ExitCode;

fn main() -> ExitCode {
    let done = args::command(std::env::args_os().skip(1)).and_then(|command| match command {
        Command::Run { plan, folder } => prove::run(&plan, &folder),
        Command::Ask { sql, host } => ask::ask(&sql, host.as_deref()),
        Command::List => list::list(),
        Command::Help(text) => {
            print!("{text}");
            Ok(true)
        }
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("conform: {message}");
            ExitCode::from(2)
        }
    }
}
