//! What came out: every [`Trial`], counted, and what did not hold, for people and for programs.
//!
//! Most trials hold and are only counted, so that a long run needs no more memory than a short one.

mod about;
mod findings;
mod html;
mod junit;
mod lines;
mod summary;
mod write;

pub use about::About;
pub use lines::line;

pub use findings::{Finding, Smaller, shape};
pub use summary::{Ink, printable, time};
pub use write::{PAGE, write};

use crate::Verdict;
use findings::Findings;
use std::collections::BTreeMap;
use std::time::Duration;

/// One thing that was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The suite that it belongs to: see [`crate::run::SUITES`].
    pub suite: &'static str,
    /// The oracle that judged: see [`crate::oracles::catalogue`].
    pub oracle: &'static str,
    /// The host that was asked about.
    pub host: String,
    /// The tables that took part.
    pub tables: Vec<String>,
    /// What tells it apart within its oracle and host: a table, a seed, a file.
    pub name: String,
    /// What was asked, where that is SQL.
    pub query: Option<String>,
    /// What the oracle found.
    pub verdict: Verdict,
    /// A command that does it again.
    pub replay: String,
    /// How long it took.
    pub took: Duration,
    /// Rows, and single values, that were left out by rule: they change by themselves.
    pub left_out: usize,
    /// The input, and the fuzz target that takes it, where there is one.
    pub input: Option<(&'static str, Vec<u8>)>,
}

impl Trial {
    /// A trial that has not been judged yet.
    #[must_use]
    pub fn new(suite: &'static str, oracle: &'static str, host: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            suite,
            oracle,
            host: host.into(),
            tables: Vec::new(),
            name: name.into(),
            query: None,
            verdict: Verdict::Skip("not judged".to_owned()),
            replay: String::new(),
            took: Duration::ZERO,
            left_out: 0,
            input: None,
        }
    }

    /// With the tables that take part.
    #[must_use]
    pub fn tables<T: Into<String>>(mut self, tables: impl IntoIterator<Item = T>) -> Self {
        self.tables = tables.into_iter().map(Into::into).collect();
        self
    }

    /// With what is asked.
    #[must_use]
    pub fn query(mut self, sql: impl Into<String>) -> Self {
        self.query = Some(sql.into());
        self
    }

    /// With the command that does it again.
    #[must_use]
    pub fn replay(mut self, command: impl Into<String>) -> Self {
        self.replay = command.into();
        self
    }

    /// With what an oracle found.
    #[must_use]
    pub fn judged(mut self, verdict: Verdict) -> Self {
        self.verdict = verdict;
        self
    }
}

/// Where trials go.
pub trait Sink {
    /// Takes one.
    fn add(&mut self, trial: Trial);

    /// Whether no more are wanted: time is over, or somebody is tired of waiting.
    fn over(&self) -> bool {
        false
    }
}

/// How many trials held, and how long they took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that held.
    pub passed: usize,
    /// Those that did not.
    pub failed: usize,
    /// Those that had nothing to hold against.
    pub skipped: usize,
    /// How long they took together.
    pub took: Duration,
    /// Rows and values that they left out by rule.
    pub left_out: usize,
}

impl Tally {
    fn count(&mut self, trial: &Trial) {
        match trial.verdict {
            Verdict::Pass => self.passed += 1,
            Verdict::Fail(_) => self.failed += 1,
            Verdict::Skip(_) => self.skipped += 1,
        }
        self.took += trial.took;
        self.left_out += trial.left_out;
    }

    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.took += other.took;
        self.left_out += other.left_out;
    }

    /// All of them.
    #[must_use]
    pub fn trials(&self) -> usize {
        self.passed + self.failed + self.skipped
    }
}

/// Everything that was judged.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was tested, and how.
    pub about: About,
    /// By suite and oracle.
    oracles: BTreeMap<(&'static str, &'static str), Tally>,
    /// By table and oracle. A trial with several tables counts for each.
    cells: BTreeMap<(String, &'static str), Tally>,
    /// By suite, oracle, host and table, for programs that follow a test from one run to the next.
    places: BTreeMap<Place, Tally>,
    /// Reasons of skips, by suite and oracle.
    skips: BTreeMap<(&'static str, &'static str, String), usize>,
    findings: Findings,
}

/// What is the same in every run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The suite.
    pub suite: &'static str,
    /// The oracle.
    pub oracle: &'static str,
    /// The host.
    pub host: String,
    /// The table; `several tables`, or empty, where there is not just one.
    pub table: String,
}

impl Place {
    /// The place of a trial.
    #[must_use]
    pub fn of(trial: &Trial) -> Self {
        let table = match trial.tables.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            _ => "several tables".to_owned(),
        };
        Self { suite: trial.suite, oracle: trial.oracle, host: trial.host.clone(), table }
    }
}

/// Most reasons of skips that are told apart in one oracle.
const REASONS: usize = 60;

impl Sink for Report {
    fn add(&mut self, trial: Trial) {
        self.oracles.entry((trial.suite, trial.oracle)).or_default().count(&trial);
        for table in &trial.tables {
            self.cells.entry((table.clone(), trial.oracle)).or_default().count(&trial);
        }
        self.places.entry(Place::of(&trial)).or_default().count(&trial);
        if let Verdict::Skip(why) = &trial.verdict {
            let mut key = (trial.suite, trial.oracle, shape(why));
            let full = || self.skips.keys().filter(|known| (known.0, known.1) == (key.0, key.1)).count() >= REASONS;
            if !self.skips.contains_key(&key) && full() {
                key.2 = "other reasons".to_owned();
            }
            *self.skips.entry(key).or_default() += 1;
        }
        if matches!(trial.verdict, Verdict::Fail(_)) {
            self.findings.add(trial);
        }
    }
}

impl Report {
    /// Counts by suite and oracle.
    pub fn oracles(&self) -> impl Iterator<Item = (&'static str, &'static str, &Tally)> {
        self.oracles.iter().map(|((suite, oracle), tally)| (*suite, *oracle, tally))
    }

    /// Counts by table and oracle.
    pub fn cells(&self) -> impl Iterator<Item = (&str, &'static str, &Tally)> {
        self.cells.iter().map(|((table, oracle), tally)| (table.as_str(), *oracle, tally))
    }

    /// Counts by what is the same in every run.
    pub fn places(&self) -> impl Iterator<Item = (&Place, &Tally)> {
        self.places.iter()
    }

    /// Why trials were skipped, and how many were, by suite and oracle.
    pub fn skips(&self) -> impl Iterator<Item = (&'static str, &'static str, &str, usize)> {
        self.skips.iter().map(|((suite, oracle, why), count)| (*suite, *oracle, why.as_str(), *count))
    }

    /// What did not hold, alike ones together.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        self.findings.list()
    }

    /// The same, to be made smaller.
    pub fn findings_mut(&mut self) -> &mut [Finding] {
        self.findings.list_mut()
    }

    /// Findings of an oracle that are only counted, since there were too many kinds of them.
    pub fn more(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.findings.more()
    }

    /// Counts of one oracle in all suites.
    #[must_use]
    pub fn of(&self, oracle: &str) -> Tally {
        let mut sum = Tally::default();
        self.oracles.iter().filter(|((_, name), _)| *name == oracle).for_each(|(_, tally)| sum.add(tally));
        sum
    }

    /// Counts of everything.
    #[must_use]
    pub fn total(&self) -> Tally {
        let mut sum = Tally::default();
        self.oracles.values().for_each(|tally| sum.add(tally));
        sum
    }

    /// Whether something did not hold.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.oracles.values().any(|tally| tally.failed > 0)
    }
}

#[cfg(test)]
mod tests;
