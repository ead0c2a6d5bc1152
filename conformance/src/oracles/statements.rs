//! *statements*: any text as SQL.
//!
//! The first byte of an input chooses. Even: the rest is a text of statements for a small host under a budget; it gives
//! rows or an error, nothing panics, and the engine answers the next question. Odd: the rest makes a query that must give
//! the same rows over virtual tables and over plain copies of them (see [`super::materialized`]).
//!
//! Finds: panics in functions, collations and the adapter; statements that leave an engine unusable; pushdown bugs.

use super::materialized::Pair;
use crate::Verdict;
use crate::engines::Engine;
use crate::engines::embedded::Embedded;
use crate::generators::host::{powers::Powers, small};
use plumb_host::Host;
use plumb_sql::Budget;
use std::cell::RefCell;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// What a text may cost. SQLite's memory is bounded for the whole process.
const BUDGET: Budget = Budget {
    time: Some(Duration::from_millis(200)),
    cpu: None,
    cpu_share: None,
    memory: Some(64 << 20),
    rows: Some(10_000),
};

/// The longest text: each of its statements has a budget of its own.
const LONGEST: usize = 2000;

/// Runs one input.
#[must_use]
pub fn check(bytes: &[u8]) -> Verdict {
    match bytes.split_first() {
        None => Verdict::Skip("nothing".to_owned()),
        Some((first, rest)) if first & 1 == 0 => text(&String::from_utf8_lossy(rest.get(..LONGEST).unwrap_or(rest))),
        Some((_, rest)) => query(rest),
    }
}

fn host() -> Arc<dyn Host> {
    static HOST: OnceLock<Arc<Powers>> = OnceLock::new();
    Arc::clone(HOST.get_or_init(|| Arc::new(small::small()))) as Arc<dyn Host>
}

/// Any text as SQL.
#[must_use]
pub fn text(sql: &str) -> Verdict {
    match super::caught(|| run(sql)) {
        Ok(None) => Verdict::Pass,
        Ok(Some(error)) => Verdict::Skip(error),
        Err(why) => Verdict::Fail(format!("{sql}\n  {why}")),
    }
}

/// The error of a text, if it has one.
fn run(sql: &str) -> Result<Option<String>, String> {
    let mut engine = Embedded::with(host(), plumb_tables::registry(), BUDGET)?;
    let answer = engine.ask(sql);
    // What the adapter and rusqlite say after they have caught a panic.
    const CAUGHT: [&str; 2] = ["failed unexpectedly", "unwinding panic"];
    if let Some(error) = answer.as_ref().err().filter(|error| CAUGHT.iter().any(|caught| error.contains(caught))) {
        // The text may quote itself in its error.
        if !CAUGHT.iter().any(|caught| sql.contains(caught)) {
            return Err(error.clone());
        }
    }
    let next = engine.ask("SELECT 1 AS one").map_err(|error| format!("the next statement says: {error}"))?;
    if next != [[("one".to_owned(), Some(b"1".to_vec()))].into()] {
        return Err(format!("the next statement gives {next:?}"));
    }
    Ok(answer.err())
}

/// A generated query, over virtual tables and over copies.
fn query(bytes: &[u8]) -> Verdict {
    thread_local! {
        static PAIR: RefCell<Option<Pair>> = const { RefCell::new(None) };
    }
    let mut pair = match PAIR.take().map_or_else(pair, Ok) {
        Ok(pair) => pair,
        Err(error) => return Verdict::Fail(format!("no engines: {error}")),
    };
    let (_, verdict) = pair.check(bytes);
    PAIR.set(Some(pair));
    verdict
}

/// Both engines over the small host. Joins of large tables take long and find nothing that small ones do not.
fn pair() -> Result<Pair, String> {
    const LARGE: usize = 30;
    let mut pair = Pair::new(host())?;
    pair.material.tables.retain(|table| table.rows <= LARGE);
    Ok(pair)
}
