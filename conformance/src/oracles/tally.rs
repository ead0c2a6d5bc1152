//! How many inputs a fuzzer ran, how fast, and how many of them told something: a target that skips most of its inputs
//! proves little, however fast it is.
//!
//! Rates are per second of CPU time, so that figures of a busy machine can be compared. CPU time is asked for when the figures are
//! told; until then the clock is looked at, which costs less, and each property has the share of the CPU time that it has of the
//! time on the clock.

use super::Target;
use crate::Verdict;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

thread_local! {
    static PROPERTY: Cell<&'static str> = const { Cell::new("") };
}

/// Names the property that an input is about: an oracle with several properties calls it.
pub(super) fn property(name: &'static str) {
    PROPERTY.set(name);
}

/// Counts by property.
#[derive(Clone, Debug)]
pub struct Tally {
    counts: BTreeMap<&'static str, Count>,
    /// When the last input had run.
    looked: Instant,
    started: Instant,
    /// CPU time of the process then.
    before: Duration,
}

/// What became of the inputs of one property.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Count {
    runs: u64,
    skipped: u64,
    failed: u64,
    time: Duration,
}

impl Count {
    fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.skipped += other.skipped;
        self.failed += other.failed;
        self.time += other.time;
    }

    /// Of a hundred inputs, how many told something.
    fn share(&self) -> u64 {
        (self.runs - self.skipped) * 100 / self.runs.max(1)
    }

    /// Inputs a second of CPU time, of which so much was used in a second.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate for people")]
    fn rate(&self, share: f64) -> u64 {
        (self.runs as f64 / (self.time.as_secs_f64() * share).max(1e-6)) as u64
    }
}

impl Default for Tally {
    fn default() -> Self {
        let now = Instant::now();
        Self { counts: BTreeMap::new(), looked: now, started: now, before: cpu() }
    }
}

impl Tally {
    /// Runs an input and counts what becomes of it.
    pub fn run(&mut self, target: Target, bytes: &[u8]) -> Verdict {
        PROPERTY.set("");
        let verdict = target(bytes);
        let now = Instant::now();
        let count = self.counts.entry(PROPERTY.get()).or_default();
        count.time += now.saturating_duration_since(self.looked);
        self.looked = now;
        count.runs += 1;
        count.skipped += u64::from(matches!(verdict, Verdict::Skip(_)));
        count.failed += u64::from(matches!(verdict, Verdict::Fail(_)));
        verdict
    }

    fn total(&self) -> Count {
        let mut total = Count::default();
        self.counts.values().for_each(|count| total.add(count));
        total
    }

    /// How many properties there were inputs of.
    #[must_use]
    pub fn properties(&self) -> usize {
        self.counts.len()
    }

    /// Whether an input failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.total().failed > 0
    }

    /// The properties of which less than some of a hundred inputs told something, and how many did.
    #[must_use]
    pub fn quiet(&self, share: u64) -> Vec<(&'static str, u64)> {
        let counted = self.counts.iter().filter(|(_, count)| count.runs > 0);
        counted.map(|(name, count)| (*name, count.share())).filter(|(_, found)| *found < share).collect()
    }

    /// The figures of each property, and of all. Of many properties, those that stand out.
    #[must_use]
    pub fn report(&self) -> String {
        let total = self.total();
        let rate = u128::from(total.runs) * 1000 / self.started.elapsed().as_millis().max(1);
        let used = cpu().saturating_sub(self.before).as_secs_f64();
        let share = used / self.started.elapsed().as_secs_f64().max(1e-6);
        let line = |name, count| Line { name, count, rate: Count::rate(count, share) }.to_string();
        let mut lines = vec![format!("{}, {rate} a second on the clock", line("all", &total))];
        let many = self.counts.len() > 12;
        let mut counts: Vec<_> =
            self.counts.iter().filter(|(name, count)| !name.is_empty() && count.runs > 0).collect();
        if many {
            counts.retain(|(_, count)| {
                count.share() < 60 || count.rate(share) * 4 < total.rate(share) || count.failed > 0
            });
        }
        lines.extend(counts.into_iter().map(|(name, count)| line(name, count)));
        lines.join("\n")
    }
}

struct Line<'a> {
    name: &'a str,
    count: &'a Count,
    rate: u64,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, count, rate } = self;
        let share = count.share();
        write!(f, "  {name}: {} inputs, {share} % told something, {rate} a CPU second", count.runs)?;
        if count.failed > 0 { write!(f, ", {} FAILED", count.failed) } else { Ok(()) }
    }
}

/// What a fuzzer calls for each input. When its thread ends, the figures are printed.
///
/// # Panics
/// When the law does not hold.
pub fn fuzz(target: Target, bytes: &[u8]) {
    struct Printed(Tally);
    impl Drop for Printed {
        #[allow(clippy::print_stderr, reason = "fuzzers tell there what they did")]
        fn drop(&mut self) {
            eprintln!("plumb: {}", self.0.report().trim_start());
        }
    }
    thread_local! {
        static TALLY: RefCell<Printed> = RefCell::new(Printed(Tally::default()));
    }
    TALLY.with_borrow_mut(|tally| tally.0.run(target, bytes)).must_hold();
}

/// CPU time of this process.
fn cpu() -> Duration {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
    }
    #[cfg(not(unix))]
    {
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(bytes: &[u8]) -> Verdict {
        property(if bytes.len() > 1 { "long" } else { "short" });
        match bytes.first() {
            Some(b'p') => Verdict::Pass,
            Some(b'f') => Verdict::Fail("so".to_owned()),
            _ => Verdict::Skip("no".to_owned()),
        }
    }

    #[test]
    fn counts_by_property() {
        let mut tally = Tally::default();
        for input in ["p", "px", "s", "s", "pp", "pp"] {
            tally.run(target, input.as_bytes());
        }
        assert!(!tally.failed());
        assert_eq!(tally.quiet(60), [("short", 33)]);
        tally.run(target, b"f");
        assert!(tally.failed());
        let report = tally.report();
        for words in ["all: 7 inputs, 71 % told", "long: 3 inputs, 100 % told", "short: 4 inputs, 50 %", "1 FAILED"] {
            assert!(report.contains(words), "{words} in\n{report}");
        }
    }
}
