//! The table that `ratios` prints.

#![allow(clippy::print_stdout, reason = "it prints")]

use crate::measure::Pair;
use std::time::Duration;

/// How a figure is judged.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// At most so many times the floor.
    Ratio(f64),
    /// At most so many milliseconds of CPU.
    Millis(f64),
    /// At most so many milliseconds of CPU more than the floor.
    Above(f64),
    /// Not at all.
    None,
}

/// Prints lines and counts the targets.
#[derive(Debug, Default)]
pub struct Report {
    met: u32,
    targets: u32,
}

impl Report {
    /// Prints the head of the table.
    #[must_use]
    pub fn begin() -> Self {
        println!("| what | floor | here | here / floor (quartiles) | target | |");
        println!("|---|---|---|---|---|---|");
        Self::default()
    }

    /// Prints how many targets were met.
    pub fn end(&self) {
        println!("\n{} of {} targets met", self.met, self.targets);
    }

    fn judge(&mut self, met: Option<bool>) -> &'static str {
        self.targets += u32::from(met.is_some());
        self.met += u32::from(met == Some(true));
        match met {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "",
        }
    }

    /// A work beside its floor.
    pub fn pair(&mut self, what: &str, target: Target, pair: &Pair) {
        let [low, middle, high] = pair.ratio;
        let millis = pair.work.as_secs_f64() * 1e3;
        let (target, met) = match target {
            Target::Ratio(most) => (format!("≤ {most} ×"), Some(middle <= most)),
            Target::Millis(most) => (format!("≤ {most} ms"), Some(millis <= most)),
            Target::Above(most) => (format!("≤ {most} ms more"), Some(pair.above <= most)),
            Target::None => (String::new(), None),
        };
        let (floor, work, met) = (show(pair.floor), show(pair.work), self.judge(met));
        println!("| {what} | {floor} | {work} | {middle:.2} ({low:.2}–{high:.2}) | {target} | {met} |");
    }

    /// A figure without a floor.
    pub fn figure(&mut self, what: &str, figure: &str, target: &str, met: Option<bool>) {
        let met = self.judge(met);
        println!("| {what} | | {figure} | | {target} | {met} |");
    }

    /// The most memory that a program had.
    pub fn memory(&mut self, what: &str, kib: u64, most: f64) {
        let mib = kib as f64 / 1024.0;
        self.figure(what, &format!("{mib:.1} MiB"), &format!("≤ {most} MiB"), Some(mib <= most));
    }
}

/// A duration for people.
#[must_use]
pub fn show(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1e3;
    if millis < 1.0 { format!("{:.0} µs", millis * 1e3) } else { format!("{millis:.1} ms") }
}
