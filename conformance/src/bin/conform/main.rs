//! `cargo conform`: proves the agent on this host and on the fixture hosts, and writes a report.

mod args;
mod ask;
mod cases;
mod completion;
mod diff;
mod help;
mod list;
mod progress;
mod prove;
mod record;
mod say;

use crate::say::say;
use args::Command;
use std::process::ExitCode;

fn main() -> ExitCode {
    let done = args::command(std::env::args_os().skip(1)).and_then(|command| match command {
        Command::Run { plan, folder } => prove::run(&plan, &folder),
        Command::Diff { plan, folder, names } => diff::diff(&plan, &names, &folder),
        Command::Replay { path, agent } => cases::replay(&path, agent.as_deref()),
        Command::Shrink { path, agent, output } => cases::shrink(&path, agent.as_deref(), output.as_deref()),
        Command::Record { path } => record::record(&path),
        Command::Completion { shell } => match completion::script(&shell) {
            Some(script) => {
                say(&script);
                Ok(true)
            }
            None => Err(format!("no script for {shell}: {}", completion::SHELLS.join(", "))),
        },
        Command::Ask { sql, host } => ask::ask(&sql, host.as_deref()),
        Command::List => list::list(),
        Command::Help(text) => {
            say(text);
            Ok(true)
        }
    });
    let done = match (done, say::lost()) {
        (Ok(_), Some(why)) => Err(format!("standard output: {why}")),
        (done, _) => done,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            say::complain(&message);
            ExitCode::from(2)
        }
    }
}
