//! *budget*: a statement that would never end, or would take all memory, is stopped in time, and the next one is answered.
//!
//! Finds: loops that nobody interrupts (in functions, patterns, cursors and walks), memory that nobody counts, deep
//! recursion that overflows a stack, engines that are of no use after a statement was stopped.
//!
//! An agent that declares no budget is only asked what ends by itself in a sound one; that it hangs or crashes is a finding.

use crate::Verdict;
use crate::engines::Engine;
use crate::engines::embedded::Embedded;
use crate::generators::host::small::small;
use plumb_sql::Budget;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// How a statement ends that nobody stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Not at all: an answer is made up.
    Never,
    /// After a long time, or when the memory is full.
    Late,
    /// By itself, soon: with an answer, or with an error since it asks for too much.
    Soon,
}

/// A statement that wants too much.
#[derive(Clone, Copy, Debug)]
pub struct Runaway {
    /// What it does, in a word or two.
    pub name: &'static str,
    /// How it ends.
    pub end: End,
    /// The statement; `{deep}` stands for many opening parentheses, `{shut}` for as many closing ones.
    sql: &'static str,
}

const fn runaway(name: &'static str, end: End, sql: &'static str) -> Runaway {
    Runaway { name, end, sql }
}

/// All of them.
pub static RUNAWAYS: &[Runaway] = &[
    runaway(
        "endless recursion",
        End::Never,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    ),
    runaway(
        "endless rows",
        End::Never,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
    ),
    runaway(
        "endless work without rows",
        End::Never,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i % 2 FROM n) SELECT i FROM n WHERE i > 1",
    ),
    runaway(
        "product of numbers",
        End::Never,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000) \
         SELECT count(*) FROM n AS a, n AS b, n AS c, n AS d, n AS e WHERE a.i + b.i + c.i + d.i + e.i = 0",
    ),
    runaway(
        "product of tables",
        End::Never,
        "SELECT count(*) FROM osquery_registry AS a, osquery_registry AS b, osquery_registry AS c, osquery_registry AS d, \
         osquery_registry AS e, osquery_registry AS f, osquery_registry AS g, osquery_registry AS h \
         WHERE a.name || b.name || c.name || d.name || e.name || f.name || g.name || h.name = ''",
    ),
    runaway(
        "doubled text",
        End::Late,
        "WITH RECURSIVE d(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM d) SELECT max(length(s)) FROM d",
    ),
    runaway(
        "one long text of many",
        End::Late,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000) \
         SELECT length(group_concat(hex(zeroblob(5000)))) FROM n",
    ),
    runaway(
        "a large sort",
        End::Late,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 30000000) \
         SELECT i FROM n ORDER BY hex(i) || hex(zeroblob(100)) DESC LIMIT 1",
    ),
    runaway(
        "many groups",
        End::Late,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 30000000) \
         SELECT count(*) FROM (SELECT hex(i) || hex(zeroblob(100)) AS k FROM n GROUP BY k)",
    ),
    runaway("everything below the root", End::Late, "SELECT count(*) FROM file WHERE path LIKE '/%%' AND size % 7 = 3"),
    runaway("hashes of everything", End::Late, "SELECT max(sha256) FROM hash WHERE path LIKE '/%%'"),
    runaway("a long sleep", End::Late, "SELECT sleep(100000)"),
    runaway("a huge blob in hex", End::Soon, "SELECT length(hex(zeroblob(1000000000)))"),
    runaway("a huge blob", End::Soon, "SELECT length(zeroblob(9000000000))"),
    runaway("a wide format", End::Soon, "SELECT length(printf('%.*c', 2100000000, 'x'))"),
    runaway("a deep format", End::Soon, "SELECT length(printf('%2000000000d', 1))"),
    runaway(
        "a text that grows when replaced",
        End::Soon,
        "SELECT length(replace(hex(zeroblob(100000)), '0', hex(zeroblob(100000))))",
    ),
    runaway(
        "a regular expression that tries everything",
        End::Soon,
        "SELECT regex_match(hex(zeroblob(40)) || 'x', '^(0+)+$', 0)",
    ),
    runaway("a regular expression with nested counts", End::Soon, "SELECT 'a' REGEXP '((a{0,100}){0,100}){0,100}b'"),
    runaway(
        "a regular expression that looks ahead",
        End::Soon,
        "SELECT regex_match(hex(zeroblob(40)), '(?=(0+)+x)(0|00)+x', 0)",
    ),
    runaway("a pattern that tries everything", End::Late, "SELECT hex(zeroblob(2000)) LIKE '%0%0%0%0%0%0%0%0%1'"),
    runaway("a GLOB that tries everything", End::Late, "SELECT hex(zeroblob(2000)) GLOB '*0*0*0*0*0*0*0*0*1'"),
    runaway("deep parentheses", End::Soon, "SELECT {deep}1{shut}"),
    runaway("deep JSON", End::Soon, "SELECT json_valid(replace(hex(zeroblob(5000)), '0', '['))"),
    runaway(
        "one regular expression after another",
        End::Late,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000000) \
         SELECT count(*) FROM n WHERE regex_match(i || hex(zeroblob(200)), '(' || i || '|0)+$', 0) = ''",
    ),
];

impl Runaway {
    /// The statement.
    #[must_use]
    pub fn sql(&self) -> String {
        const DEEP: usize = 3000;
        self.sql.replace("{deep}", &"(".repeat(DEEP)).replace("{shut}", &")".repeat(DEEP))
    }
}

/// What a budget may be overdrawn by before that is a finding: clocks of busy machines tell little.
const GENEROUS: Duration = Duration::from_secs(60);
/// By how much the memory of this process may grow while a statement runs, however small its budget.
const MEMORY: u64 = 768 << 20;

/// Asks for too much, and then for little.
pub fn check(engine: &mut dyn Engine, runaway: &Runaway) -> Verdict {
    if runaway.end != End::Soon && !engine.capabilities().budget {
        return Verdict::Skip("the agent does not say that it stops what costs too much".to_owned());
    }
    let (sql, before, started) = (runaway.sql(), peak_memory(), Instant::now());
    let answer = engine.ask(&sql);
    let (took, grown) = (started.elapsed(), peak_memory().saturating_sub(before));
    let shown: String = sql.chars().take(200).collect();
    let fail = |why: String| Verdict::Fail(format!("{shown}\n  {}: {why}", runaway.name));
    // What a shell, the adapter and rusqlite say when something broke.
    const BROKEN: [&str; 4] = ["hung", "crashed", "failed unexpectedly", "unwinding panic"];
    match &answer {
        Err(error) if BROKEN.iter().any(|broken| error.contains(broken)) => return fail(error.clone()),
        Ok(rows) if runaway.end == End::Never => return fail(format!("{} rows, though there is no end", rows.len())),
        _ => {}
    }
    if took > GENEROUS {
        return fail(format!("took {} s", took.as_secs()));
    }
    if grown > MEMORY {
        return fail(format!("took {} MiB", grown >> 20));
    }
    match engine.ask("SELECT 1 AS one") {
        Ok(rows) if rows == [[("one".to_owned(), Some(b"1".to_vec()))].into()] => Verdict::Pass,
        Ok(rows) => fail(format!("the next statement gives {rows:?}")),
        Err(error) => fail(format!("the next statement says: {error}")),
    }
}

/// The same with an engine that `open` makes, in a thread of its own: one that is never answered is a finding, and not the
/// end of everything.
pub fn alone<E: Engine>(
    open: impl FnOnce() -> Result<E, String> + Send + 'static,
    runaway: &'static Runaway,
) -> Verdict {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let verdict = match open() {
            Ok(mut engine) => check(&mut engine, runaway),
            Err(error) => Verdict::Skip(error),
        };
        sender.send(verdict)
    });
    let hung =
        || Verdict::Fail(format!("{}\n  {}: no answer within {} s", runaway.sql, runaway.name, GENEROUS.as_secs()));
    receiver.recv_timeout(GENEROUS).unwrap_or_else(|_| hung())
}

/// One of them, chosen by a byte, over a small host and under a small budget.
#[must_use]
pub fn chosen(bytes: &[u8]) -> Verdict {
    let place = usize::from(*bytes.first().unwrap_or(&0)) % RUNAWAYS.len();
    match RUNAWAYS.get(place) {
        Some(runaway) => alone(small_budget, runaway),
        None => Verdict::Skip("nothing".to_owned()),
    }
}

/// A budget that every runaway overdraws soon.
pub const SMALL: Budget = Budget {
    time: Some(Duration::from_millis(300)),
    cpu: None,
    cpu_share: None,
    burst: Duration::ZERO,
    memory: Some(64 << 20),
    rows: Some(10_000),
};

/// This agent over a small host, under a small budget.
fn small_budget() -> Result<Embedded, String> {
    Embedded::with(Arc::new(small()), plumb_tables::registry(), SMALL)
}

/// The most memory that this process ever had, where the system tells.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) << 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Row;
    use crate::engines::Capabilities;
    use std::sync::{Mutex, PoisonError};

    /// The most memory that there was is the process's: whoever measures it, or takes much, does so alone.
    static MEASURED: Mutex<()> = Mutex::new(());

    #[test]
    fn what_wants_too_much_is_stopped() {
        let _alone = MEASURED.lock().unwrap_or_else(PoisonError::into_inner);
        for runaway in RUNAWAYS {
            assert_eq!(alone(small_budget, runaway), Verdict::Pass, "{}", runaway.name);
        }
    }

    /// What goes wrong when a statement is to be stopped.
    #[derive(Clone, Copy, Debug)]
    enum Fault {
        MakesUpAnAnswer,
        Breaks,
        IsOfNoUseThen,
        Eats,
        None,
    }

    struct Faulty(Fault, usize, Vec<u8>);

    impl Engine for Faulty {
        fn ask(&mut self, _: &str) -> Result<Vec<Row>, String> {
            self.1 += 1;
            let one = vec![Row::from([("one".to_owned(), Some(b"1".to_vec()))])];
            match (self.0, self.1) {
                (Fault::MakesUpAnAnswer, 1) => Ok(one),
                (Fault::Breaks, 1) => Err("hung: no answer within 30 s".to_owned()),
                (Fault::IsOfNoUseThen, 2) => Err("interrupted".to_owned()),
                (Fault::Eats, 1) => {
                    self.2 = vec![1; usize::try_from(MEMORY).expect("fits") + (64 << 20)];
                    Err("out of memory".to_owned())
                }
                (_, 1) => Err("it was stopped".to_owned()),
                _ => Ok(one),
            }
        }

        fn capabilities(&self) -> Capabilities {
            Capabilities { budget: true, ..Capabilities::default() }
        }
    }

    #[test]
    fn engines_that_are_not_stopped_are_found() {
        let _alone = MEASURED.lock().unwrap_or_else(PoisonError::into_inner);
        let check = |fault| check(&mut Faulty(fault, 0, Vec::new()), &RUNAWAYS[0]);
        assert_eq!(check(Fault::None), Verdict::Pass);
        for fault in [Fault::MakesUpAnAnswer, Fault::Breaks, Fault::IsOfNoUseThen, Fault::Eats] {
            assert!(matches!(check(fault), Verdict::Fail(_)), "nobody saw that it {fault:?}");
        }
    }

    #[test]
    fn who_declares_no_budget_is_spared() {
        let _alone = MEASURED.lock().unwrap_or_else(PoisonError::into_inner);
        let mut engine = small_budget().expect("an engine");
        engine.capabilities.budget = false;
        for runaway in RUNAWAYS {
            assert_eq!(runaway.end == End::Soon, check(&mut engine, runaway) == Verdict::Pass, "{}", runaway.name);
        }
    }
}
