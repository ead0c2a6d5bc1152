//! One run of a query in a process of its own, watched from outside.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "starts the program itself")]

use super::measure::VARIABLE;
use crate::own;
use plumb_agent::flags::os_text;
use serde_json::Value;
use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often a process is looked at. It costs this one CPU time, not the other.
const LOOK: Duration = Duration::from_millis(5);

/// What a run cost. Times are seconds, memory is bytes; what the system does not tell is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cost {
    pub(super) rows: u64,
    pub(super) wall: f64,
    pub(super) user: f64,
    pub(super) system: f64,
    /// The most resident memory of the process while the query ran.
    pub(super) memory: Option<u64>,
    /// How much of that the query added.
    pub(super) growth: Option<u64>,
    /// The most descriptors that were seen open.
    pub(super) fds: Option<u64>,
}

/// How runs are made.
pub(super) struct Rounds {
    /// The command line.
    pub(super) args: Vec<String>,
    pub(super) timeout: Option<Duration>,
}

/// A process that ends with this value.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended is not there to be killed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Rounds {
    /// Runs a query once; the lines of an error otherwise.
    pub(super) fn run(&self, sql: &str) -> Result<Cost, Vec<String>> {
        let cannot = |error: io::Error| vec![format!("Error: cannot start the program again: {}", os_text(&error))];
        let mut command = own::this_program().map_err(cannot)?;
        let (mut process, stdin) = self.start(&mut command, sql).map_err(cannot)?;
        let started = Instant::now();
        let mut fds = None;
        let status = loop {
            match process.0.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) => {}
                Err(error) => return Err(vec![format!("Error: the process is lost: {}", os_text(&error))]),
            }
            if let Some(limit) = self.timeout.filter(|limit| started.elapsed() > *limit) {
                let text = format!("Error: it ran for more than {} s and was ended", limit.as_secs());
                return Err(vec![text, "help: --profile-timeout allows more, 0 any time".to_owned()]);
            }
            fds = fds.max(own::open_files(Some(process.0.id())));
            std::thread::park_timeout(LOOK);
        };
        drop(stdin);
        let mut answer = String::new();
        if let Some(stdout) = &mut process.0.stdout {
            // What cannot be read is no answer.
            let _ = stdout.read_to_string(&mut answer);
        }
        let mut cost = read(&answer, status)?;
        cost.fds = cost.fds.max(fds);
        Ok(cost)
    }

    fn start(&self, command: &mut Command, sql: &str) -> io::Result<(Process, Option<ChildStdin>)> {
        command.args(&self.args).env(VARIABLE, "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Process(command.spawn()?);
        let mut stdin = process.0.stdin.take();
        if let Some(stdin) = &mut stdin {
            // One that ended before it read this gives no answer, which is found out.
            let _ = stdin.write_all(format!("{}\n", Value::from(sql)).as_bytes());
        }
        Ok((process, stdin))
    }
}

/// The costs that a process told.
fn read(answer: &str, status: ExitStatus) -> Result<Cost, Vec<String>> {
    let json: Value = serde_json::from_str(answer).unwrap_or_default();
    if let Some(lines) = json.get("error").and_then(Value::as_array) {
        return Err(lines.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    }
    let time = |name: &str| json.get(name).and_then(Value::as_f64);
    let number = |name: &str| json.get(name).and_then(Value::as_u64);
    let cost = || {
        Some(Cost {
            rows: number("rows")?,
            wall: time("wall")?,
            user: time("user")?,
            system: time("system")?,
            memory: number("memory"),
            growth: number("growth"),
            fds: number("fds"),
        })
    };
    cost().ok_or_else(|| vec![format!("Error: its process died in it: {status}")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let status = ExitStatus::default();
        let whole = r#"{"rows":2,"wall":0.5,"user":0.25,"system":0,"memory":4096,"growth":null,"fds":7}"#;
        let cost = Cost { rows: 2, wall: 0.5, user: 0.25, memory: Some(4096), fds: Some(7), ..Cost::default() };
        assert_eq!(read(whole, status), Ok(cost));
        assert_eq!(read(r#"{"error":["Error: a","help: b"]}"#, status), Err(vec!["Error: a".into(), "help: b".into()]));
        for bad in ["", "{", "[]", r#"{"rows":2}"#, r#"{"rows":-1,"wall":0,"user":0,"system":0}"#] {
            assert!(read(bad, status).is_err_and(|lines| lines[0].contains("died")), "{bad}");
        }
    }
}
