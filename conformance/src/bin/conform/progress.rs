//! How far it is, on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plumb_conformance::report::{Report, Trial, printable};
use std::time::{Duration, Instant};

/// How often the line changes.
const OFTEN: Duration = Duration::from_millis(100);

/// A bar that fills with time.
pub(crate) struct Progress {
    bar: ProgressBar,
    last: Option<Instant>,
    time: Duration,
}

impl Progress {
    pub(crate) fn new(time: Duration) -> Self {
        // Where there is no terminal, nothing is drawn.
        let bar = ProgressBar::with_draw_target(Some(millis(time)), ProgressDrawTarget::stderr());
        let style =
            ProgressStyle::with_template("{bar:28.cyan/dim} {prefix}  {msg}").map(|style| style.progress_chars("━━─"));
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self { bar, last: None, time }
    }

    pub(crate) fn show(&mut self, trial: &Trial, report: &Report, elapsed: Duration) {
        if self.bar.is_hidden() || self.last.is_some_and(|last| last.elapsed() < OFTEN) {
            return;
        }
        self.last = Some(Instant::now());
        let (total, found) = (report.total(), report.findings().len());
        let left = self.time.saturating_sub(elapsed).as_secs();
        let findings = if found == 1 { "1 finding".to_owned() } else { format!("{found} findings") };
        self.bar.set_prefix(format!("{left:>3} s left  {} trials, {findings}", total.trials()));
        self.bar.set_message(printable(&format!("{} / {}", trial.suite, trial.oracle)));
        self.bar.set_position(millis(elapsed.min(self.time)));
    }

    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
