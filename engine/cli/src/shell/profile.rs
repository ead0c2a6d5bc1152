//! `--profile-pack`: what the queries of a pack or of a configuration cost, each run in a process of its own.
//!
//! [`select`] says which queries run, [`round`] runs one once and watches over it, [`measure`] is what happens in the process of the
//! query, and [`report`] prints.

pub(super) mod measure;
mod report;
mod round;
mod select;

use super::{Ran, Shell};
use crate::own;
use report::{Profile, Report};
use round::Rounds;
use select::Selection;

pub(super) use select::is_pack;
use std::io::Write;
use std::time::Duration;

impl Shell {
    /// Runs all queries of a file several times and prints what they cost; answers the exit code: 1 if one failed. `args` is the command
    /// line of this program.
    pub(super) fn profile_pack(&mut self, file: &str, args: &[String]) -> i32 {
        let Selection { queries, left_out, is_config } = match self.select(file) {
            Ok(selection) => selection,
            Err(lines) => {
                lines.iter().for_each(|line| self.console.tell(line));
                return 1;
            }
        };
        let rounds = self.flags.u64("profile_rounds").max(1);
        let timeout = Some(self.flags.u64("profile_timeout")).filter(|seconds| *seconds > 0);
        let mut args = args.to_vec();
        if is_config {
            args.push(format!("--config_path={file}"));
        }
        let runner = Rounds { args, timeout: timeout.map(Duration::from_secs) };
        let bar = Bar { shown: self.console.terminals.stderr, all: queries.len() };
        let mut profiles = Vec::new();
        for (done, query) in queries.into_iter().enumerate() {
            bar.show(done, &query.name);
            let measured: Result<Vec<_>, _> = (0..rounds).map(|_| runner.run(&query.sql)).collect();
            profiles.push(Profile { query, measured });
        }
        bar.clear();
        let report = Report { rounds, profiles, left_out };
        let text = match (self.flags.bool("json_pretty"), self.flags.bool("json")) {
            (true, _) => format!("{:#}", report.json()),
            (_, true) => report.json().to_string(),
            _ => report.text(self.console.terminals.stdout && own::wants_colours()),
        };
        let printed = text.lines().try_for_each(|line| self.console.print(line)).and_then(|()| self.console.flush());
        match Ran::from(printed) {
            Ran::Well => i32::from(report.has_failed()),
            other => other.code(),
        }
    }
}

/// How far it is, on a terminal.
struct Bar {
    shown: bool,
    all: usize,
}

/// Characters of a whole bar.
const WIDTH: usize = 20;

impl Bar {
    fn show(&self, done: usize, name: &str) {
        self.write(&bar(done, self.all, name));
    }

    fn clear(&self) {
        self.write("");
    }

    /// Replaces the terminal's current line. A terminal that is gone needs no progress.
    fn write(&self, text: &str) {
        if self.shown {
            let _ = own::stderr().write_all(format!("\r\x1b[K{text}").as_bytes());
        }
    }
}

fn bar(done: usize, all: usize, name: &str) -> String {
    let full = done.saturating_mul(WIDTH).checked_div(all).unwrap_or(0).min(WIDTH);
    let (full, rest) = ("#".repeat(full), ".".repeat(WIDTH - full));
    // What is wider than the terminal cannot be replaced.
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(40).collect();
    format!("[{full}{rest}] {done}/{all} {name}")
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn bars() {
        assert_eq!(bar(0, 3, "a"), "[....................] 0/3 a");
        assert_eq!(bar(1, 4, "a\x1bb"), "[#####...............] 1/4 a b");
        assert_eq!(bar(4, 4, &"x".repeat(100)), format!("[####################] 4/4 {}", "x".repeat(40)));
        assert_eq!(bar(0, 0, ""), "[....................] 0/0 ");
    }
}
