//! What `cargo conform` does: suites over hosts, in a time, into a [`Report`].
//!
//! First come the suites that ask the same in every run; what is left of the time is shared by random trials
//! (the list in `random`). Workers judge and send; the thread that called collects, so that a worker that never ends is a
//! finding and not the end of everything.

mod agent;
mod cases;
mod collect;
mod diff;
mod hosts;
mod live;
mod queries;
mod random;
mod record;
mod recorded;
mod settle;
mod tables;
mod tables_of;

pub use diff::diff;
pub use hosts::{Chosen, Unpacked, fixture, host, hosts, rooted};
pub use record::{Written, record};
pub use settle::settle;
pub use tables_of::tables_of;

use crate::Verdict;
use crate::engines::shell::{STOPPED, Until};
use crate::report::{Report, Sink, Trial};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A suite, as people choose it.
#[derive(Clone, Copy, Debug)]
pub struct Suite {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
}

/// All suites, in the order in which reports show them.
pub static SUITES: &[Suite] = &[
    Suite { name: "recorded", about: "Answers about fixture hosts, against those that were recorded." },
    Suite { name: "tables", about: "Laws of single tables over fixture hosts: types, projections, lookups." },
    Suite {
        name: "queries",
        about: "Random queries over fixture hosts: against plain copies, and against other forms.",
    },
    Suite { name: "models", about: "SQL over machines that were rendered from models, against the models." },
    Suite {
        name: "hostile",
        about: "Tables, statements and parsers over hosts, texts and files that are odd on purpose.",
    },
    Suite { name: "analysis", about: "The analysis of SQL, against what SQLite itself makes of it." },
    Suite { name: "live", about: "Answers about this very host, against what independent programs say." },
    Suite { name: "cases", about: "What was found once, on every engine: the files in conformance/corpus." },
    Suite { name: "agent", about: "Another agent, by its command line, with nothing but SQL." },
];

/// A suite's name as it is known to all.
fn name(suite: &str) -> &'static str {
    SUITES.iter().find(|known| known.name == suite).map_or("harness", |known| known.name)
}

/// Every oracle that a run can be told to ask.
#[must_use]
pub fn oracles() -> Vec<&'static str> {
    let fixed = [
        "recorded",
        "types",
        "projection",
        "seek_subset",
        "ground_truth",
        "case",
        "one_picture",
        "determinism",
        "schema_truth",
    ];
    let listed = crate::oracles::catalogue::ORACLES.iter().map(|oracle| oracle.name);
    let mut all: Vec<&str> =
        fixed.into_iter().chain(listed).chain(random::RANDOM.iter().map(|random| random.oracle)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Where a suite stands in reports.
#[must_use]
pub fn place(suite: &str) -> usize {
    SUITES.iter().position(|known| known.name == suite).unwrap_or(SUITES.len())
}

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Only these suites; all if empty.
    pub suites: Vec<String>,
    /// Only these oracles; all if empty.
    pub oracles: Vec<String>,
    /// Only these tables; all if empty.
    pub tables: Vec<String>,
    /// The fixture host, by name or path, that alone is looked at.
    pub host: Option<String>,
    /// The agent's command; none for this agent.
    pub agent: Option<String>,
    /// Whether the agent's host does not change by itself.
    pub steady: bool,
    /// The first seed of random trials.
    pub seed: u64,
    /// How many seeds each random oracle gets; as many as time allows if none.
    pub count: Option<u64>,
    /// When no more is begun.
    pub time: Duration,
    /// Workers.
    pub jobs: usize,
}

impl Default for Plan {
    fn default() -> Self {
        let none = Vec::new;
        Self {
            suites: none(),
            oracles: none(),
            tables: none(),
            host: None,
            agent: None,
            steady: false,
            seed: 0,
            count: None,
            time: Duration::from_secs(100),
            jobs: 2,
        }
    }
}

impl Plan {
    /// Whether a suite is asked for. An agent's command makes `agent` the only one.
    #[must_use]
    pub fn suite(&self, name: &str) -> bool {
        let chosen = self.suites.is_empty() || self.suites.iter().any(|suite| suite == name);
        chosen && (name == "agent") == self.agent.is_some() && (name != "live" || self.host.is_none())
    }

    /// Whether an oracle is asked for.
    #[must_use]
    pub fn oracle(&self, name: &str) -> bool {
        self.oracles.is_empty() || self.oracles.iter().any(|oracle| oracle == name)
    }

    /// Whether a table is asked for.
    #[must_use]
    pub fn table(&self, name: &str) -> bool {
        self.tables.is_empty() || self.tables.iter().any(|table| table == name)
    }

    /// The seeds of a random oracle whose trials are not bound by time.
    #[must_use]
    pub fn seeds(&self, otherwise: u64) -> Range<u64> {
        self.seed..self.seed.saturating_add(self.count.unwrap_or(otherwise))
    }

    /// The command that does something of this again.
    #[must_use]
    pub fn again(&self, suite: &str, oracle: &str, host: Option<&str>) -> String {
        let mut text = format!("cargo conform --suite {suite} --oracle {oracle}");
        let mut option = |name: &str, value: &str| text += &format!(" --{name} {}", quoted(value));
        host.into_iter().for_each(|host| option("host", host));
        self.agent.iter().for_each(|agent| option("agent", agent));
        if !self.tables.is_empty() {
            option("table", &self.tables.join(","));
        }
        if self.steady {
            text += " --steady";
        }
        text
    }
}

/// A word as a shell takes it.
#[must_use]
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// What the suites share.
pub struct Context<'a> {
    /// What is to be done.
    pub plan: &'a Plan,
    /// The hosts that are asked about.
    pub hosts: &'a [Chosen],
    board: &'a Board,
    worker: usize,
    trials: Sender<Trial>,
}

/// How long an agent's answer is waited for when time is over.
const AGENT_GRACE: Duration = Duration::from_secs(3);

/// What workers and the collector both see.
#[derive(Debug)]
pub(crate) struct Board {
    end: Instant,
    stop: Arc<AtomicBool>,
    /// What each worker is at, and since when.
    current: Vec<Mutex<Option<(Instant, Trial)>>>,
}

impl Board {
    fn over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || Instant::now() >= self.end
    }
}

impl Context<'_> {
    /// Whether a suite's oracle is asked for.
    #[must_use]
    pub fn wants(&self, suite: &str, oracle: &str) -> bool {
        self.plan.suite(suite) && self.plan.oracle(oracle)
    }

    /// Whether time is over.
    #[must_use]
    pub fn over(&self) -> bool {
        self.board.over()
    }

    /// Judges, and sends what came out. The law may complete the trial before it judges. A panic of the law is a failure
    /// of the trial; when time is over the law is not asked.
    pub fn judge(&self, mut trial: Trial, law: impl FnOnce(&mut Trial) -> Verdict) {
        if self.over() {
            return self.send(trial.judged(Verdict::Skip("no time was left".to_owned())));
        }
        let start = Instant::now();
        self.at(Some((start, trial.clone())));
        trial.verdict = caught(|| law(&mut trial)).unwrap_or_else(Verdict::Fail);
        trial.took = start.elapsed();
        self.at(None);
        self.send(trial);
    }

    /// Until when agents are waited for.
    fn until(&self) -> Until {
        Until { stop: Arc::clone(&self.board.stop), end: Some(self.board.end + AGENT_GRACE) }
    }

    /// Sends what was judged.
    pub fn send(&self, trial: Trial) {
        let trial = unanswered(trial);
        // Nobody listens any more: the run was given up.
        let _ = self.trials.send(trial);
    }

    fn at(&self, what: Option<(Instant, Trial)>) {
        if let Some(place) = self.board.current.get(self.worker) {
            *place.lock().unwrap_or_else(PoisonError::into_inner) = what;
        }
    }
}

impl Sink for &Context<'_> {
    fn add(&mut self, trial: Trial) {
        self.send(trial);
    }

    fn over(&self) -> bool {
        Context::over(self)
    }
}

/// An agent that was not waited for is not to blame.
fn unanswered(trial: Trial) -> Trial {
    match &trial.verdict {
        Verdict::Fail(why) if why.contains(STOPPED) => trial.judged(Verdict::Skip(STOPPED.to_owned())),
        _ => trial,
    }
}

/// What a panic said, if there is one.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        format!("panic: {}", text.unwrap_or("without words"))
    })
}

/// Parts of a run that know no seeds.
type Job = fn(&Context<'_>) -> Result<(), String>;

/// Longest first.
const JOBS: [(&str, Job); 7] = [
    ("cases", cases::run),
    ("agent", agent::run),
    ("agent", agent::truths),
    ("live", live::run),
    ("recorded", recorded::run),
    ("tables", tables::run),
    ("queries", queries::run),
];

/// Does everything that the plan asks for. `tired` says whether somebody wants it to end now; `each` sees every trial.
///
/// # Errors
/// When a part cannot begin: a host that cannot be read, an agent that does not answer.
pub fn run(
    plan: &Plan,
    tired: &dyn Fn() -> bool,
    each: &mut dyn FnMut(&Trial, &Report, Duration),
) -> Result<Report, String> {
    let hosts = hosts(plan)?;
    let begin = Instant::now();
    let mut report = collect::collect(plan, &hosts, tired, each)?;
    report.about.took = begin.elapsed();
    report.about.hosts = hosts.iter().map(|chosen| chosen.name.clone()).collect();
    if plan.suite("live") || plan.agent.is_some() {
        report.about.hosts.push(live::HERE.to_owned());
    }
    Ok(report)
}
