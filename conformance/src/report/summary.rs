//! The report as plain text, for a terminal.

use super::{Finding, Report, Tally};
use crate::run;
use std::fmt::Write as _;
use std::time::Duration;

/// Lines of a difference that a terminal is shown; the page has all.
const LINES: usize = 12;

/// How text is made to stand out, where it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Plain text.
    None,
    /// Escape sequences of terminals.
    Ansi,
}

impl Ink {
    /// Text in a colour of terminals.
    #[must_use]
    pub fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::None => text.to_owned(),
            Self::Ansi => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }

    fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }
}

impl Report {
    /// Suites and oracles in the order of [`run::SUITES`].
    #[must_use]
    pub fn rows(&self) -> Vec<(&'static str, &'static str, Tally)> {
        let mut rows: Vec<_> = self.oracles().map(|(suite, oracle, tally)| (suite, oracle, *tally)).collect();
        rows.sort_by_key(|(suite, oracle, _)| (run::place(suite), *oracle));
        rows
    }

    /// A table of suites and oracles.
    #[must_use]
    pub fn summary(&self, ink: Ink) -> String {
        let mut text = String::new();
        let head =
            format!("{:<9} {:<16} {:>8} {:>7} {:>8} {:>9}", "suite", "oracle", "passed", "failed", "skipped", "time");
        let _ = writeln!(text, "{}", ink.strong(&head));
        let mut before = "";
        for (suite, oracle, tally) in self.rows() {
            let shown = if suite == before { "" } else { suite };
            before = suite;
            let _ = writeln!(text, "{}", line(shown, oracle, &tally, ink));
        }
        let _ = writeln!(text, "{}", line("total", "", &self.total(), ink));
        text
    }

    /// The whole in a line.
    #[must_use]
    pub fn verdict(&self, ink: Ink) -> String {
        let (total, kinds) = (self.total(), self.findings().len());
        let took = time(self.about.took);
        let early = if self.about.interrupted { " It was ended early." } else { "" };
        let trials = total.trials();
        let text = match (self.failed(), total.passed) {
            (true, _) => ink.bad(&format!("{kinds} finding{}", if kinds == 1 { "" } else { "s" })),
            (false, 0) => ink.strong("nothing was proved"),
            (false, _) => ink.good("everything held"),
        };
        format!("{text} in {trials} trials, {took}.{early}")
    }

    /// What did not hold.
    #[must_use]
    pub fn findings_text(&self, ink: Ink) -> String {
        let mut text = String::new();
        for (number, finding) in self.findings().iter().enumerate() {
            let _ = write!(text, "\n{}", finding_text(number + 1, finding, ink));
        }
        for (oracle, count) in self.more() {
            let _ = writeln!(text, "\nand {count} more failures of {oracle}");
        }
        text
    }
}

fn line(suite: &str, oracle: &str, tally: &Tally, ink: Ink) -> String {
    let failed = format!("{:>7}", tally.failed);
    let failed = if tally.failed > 0 { ink.bad(&failed) } else { ink.faint(&failed) };
    let passed = format!("{:>8}", tally.passed);
    let passed = if tally.passed > 0 { ink.good(&passed) } else { ink.faint(&passed) };
    let rest = ink.faint(&format!("{:>8} {:>9}", tally.skipped, time(tally.took)));
    format!("{suite:<9} {oracle:<16} {passed} {failed} {rest}")
}

/// A time as people say it.
#[must_use]
pub fn time(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 0.001 => format!("{:.0} µs", seconds * 1e6),
        seconds if seconds < 1.0 => format!("{:.0} ms", seconds * 1e3),
        seconds if seconds < 120.0 => format!("{seconds:.1} s"),
        seconds => format!("{:.0} min", seconds / 60.0),
    }
}

fn finding_text(number: usize, finding: &Finding, ink: Ink) -> String {
    let trial = &finding.trial;
    let times = if finding.count > 1 { format!(", {} times", finding.count) } else { String::new() };
    let on = if trial.tables.is_empty() { trial.name.clone() } else { trial.tables.join(", ") };
    let mut text = ink.bad(&format!("{number}. {} / {}: {on}", trial.suite, trial.oracle))
        + &format!(" on {}{times}\n", trial.host);
    for line in finding.query().iter().flat_map(|query| query.lines()) {
        let _ = writeln!(text, "   {}", printable(line));
    }
    let diff = finding.shown();
    for line in diff.lines().take(LINES) {
        let _ = writeln!(text, "   {}", printable(line));
    }
    if diff.lines().count() > LINES {
        let _ = writeln!(text, "   … {} lines more", diff.lines().count() - LINES);
    }
    if !trial.replay.is_empty() {
        let _ = writeln!(text, "   again: {}", printable(&trial.replay));
    }
    if let Some(case) = &finding.case {
        let _ = writeln!(text, "   case:  {}", case.display());
    }
    text
}

/// Answers are hostile: what steers a terminal is shown, not sent.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
