//! *statements*: any text as SQL.
//!
//! The first byte of an input chooses:
//!
//! * `f`: the rest makes calls of one function, which must answer the same one by one and over the rows of a table.
//! * `g`: the rest makes a text that is hardly a statement (see [`crate::generators::query::hostile`]), which is run as any
//!   other text.
//! * Otherwise the rest is a text of statements for a small host under a budget; it gives rows or an error, nothing panics,
//!   and the engine answers the next question.
//!
//! Any other byte stands for one of them by its lowest two bits.
//!
//! Finds: panics in functions, collations and the adapter; statements that leave an engine unusable; functions
//! that keep what they made of one row's arguments for the next row.

use super::materialized::Pair;
use super::tally::property;
use crate::Verdict;
use crate::answer::{Difference, Row};
use crate::engines::Engine;
use crate::engines::embedded::Embedded;
use crate::generators::calls::{Call, Function, call, functions};
use crate::generators::host::{powers::Powers, small};
use crate::generators::query::Material;
use crate::generators::query::hostile::{self, Settings};
use arbitrary::Unstructured;
use plumb_host::Host;
use plumb_sql::Budget;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// What a text may cost. SQLite's memory is bounded for the whole process.
const BUDGET: Budget = Budget {
    time: Some(Duration::from_millis(200)),
    cpu: None,
    cpu_share: None,
    burst: Duration::ZERO,
    memory: Some(64 << 20),
    rows: Some(10_000),
};

const CALLS: u8 = b'f' & 3;
const GENERATED: u8 = b'g' & 3;

/// The longest text: each of its statements has a budget of its own.
const LONGEST: usize = 2000;

/// Runs one input.
#[must_use]
pub fn check(bytes: &[u8]) -> Verdict {
    let Some((first, rest)) = bytes.split_first() else { return Verdict::Skip("nothing".to_owned()) };
    match first & 3 {
        CALLS => {
            property("calls");
            calls(rest)
        }
        GENERATED => {
            property("hostile text");
            match material().map(|material| hostile::text(&mut Unstructured::new(rest), material, Settings::HOSTILE)) {
                Ok(Ok(sql)) => text(&sql),
                Ok(Err(error)) => Verdict::Skip(error.to_string()),
                Err(error) => Verdict::Fail(format!("no engines: {error}")),
            }
        }
        _ => {
            property("text");
            text(&String::from_utf8_lossy(rest.get(..LONGEST).unwrap_or(rest)))
        }
    }
}

fn host() -> Arc<dyn Host> {
    static HOST: OnceLock<Arc<Powers>> = OnceLock::new();
    Arc::clone(HOST.get_or_init(|| Arc::new(small::small()))) as Arc<dyn Host>
}

/// What texts are made of: the tables of the small host, and what is in them.
fn material() -> Result<&'static Material, String> {
    static MATERIAL: OnceLock<Result<Material, String>> = OnceLock::new();
    MATERIAL.get_or_init(|| Pair::new(host()).map(|pair| pair.material)).as_ref().map_err(Clone::clone)
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
    let answer = asked(&mut engine, sql)?;
    let next = engine.ask("SELECT 1 AS one").map_err(|error| format!("the next statement says: {error}"))?;
    if next != [[("one".to_owned(), Some(b"1".to_vec()))].into()] {
        return Err(format!("the next statement gives {next:?}"));
    }
    Ok(answer.err())
}

/// An answer or an error; but a panic that was caught on the way does not hold.
fn asked(engine: &mut Embedded, sql: &str) -> Result<Result<Vec<Row>, String>, String> {
    // What the adapter and rusqlite say then.
    const CAUGHT: [&str; 2] = ["failed unexpectedly", "unwinding panic"];
    let answer = engine.ask(sql);
    match &answer {
        // The text may quote itself in its error.
        Err(error) if CAUGHT.iter().any(|caught| error.contains(caught) && !sql.contains(caught)) => {
            Err(format!("{sql}\n  {error}"))
        }
        _ => Ok(answer),
    }
}

/// One function, called with constants, and over rows.
fn calls(bytes: &[u8]) -> Verdict {
    super::caught(|| {
        let mut engine = Embedded::with(host(), plumb_tables::registry(), BUDGET)?;
        static FUNCTIONS: OnceLock<Vec<Function>> = OnceLock::new();
        let functions = match FUNCTIONS.get() {
            Some(functions) => functions,
            None => {
                let found = functions(&mut engine)?;
                FUNCTIONS.get_or_init(|| found)
            }
        };
        let Ok(call) = call(&mut Unstructured::new(bytes), functions) else { return Ok(None) };
        same_over_rows(&mut engine, &call)
    })
    .map_or_else(Verdict::Fail, |refused| refused.map_or(Verdict::Pass, Verdict::Skip))
}

/// The error of a call that is refused, if one is.
fn same_over_rows(engine: &mut Embedded, call: &Call) -> Result<Option<String>, String> {
    let name = &call.function;
    let names: Vec<String> = (0..call.arguments.first().map_or(0, Vec::len)).map(|place| format!("a{place}")).collect();
    let columns = names.join(", ");
    let values: Vec<String> = call.arguments.iter().map(|list| format!("({})", list.join(", "))).collect();
    let together = format!("WITH v({columns}) AS (VALUES {}) SELECT {name}({columns}) AS r FROM v", values.join(", "));
    let alone = |list: &Vec<String>| format!("SELECT {name}({}) AS r", list.join(", "));
    let mut expected = Vec::new();
    for list in &call.arguments {
        match asked(engine, &alone(list))? {
            Ok(rows) => expected.extend(rows),
            Err(error) => return Ok(Some(format!("{name}: {error}"))),
        }
    }
    let got = asked(engine, &together)?.map_err(|error| format!("{together}\n  {error}, and none alone"))?;
    let difference = Difference::between(&expected, &got);
    if difference.is_empty() { Ok(None) } else { Err(format!("{together}\n{}", difference.show(4))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_end_and_leave_the_engine_well() {
        for (sql, expect) in [
            ("SELECT uid FROM users", ""),
            ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n", "was stopped"),
            ("SELECT length(hex(zeroblob(500000000)))", ""),
            ("SELECT x'failed unexpectedly", "unrecognized token"),
            ("SELECT * FROM \"unwinding panic\"", "no such table: unwinding panic"),
            ("BEGIN; SELECT 1", ""),
        ] {
            match text(sql) {
                Verdict::Pass => {}
                Verdict::Skip(error) => assert!(error.contains(expect), "{sql}: {error}"),
                Verdict::Fail(why) => panic!("{why}"),
            }
        }
    }

    #[test]
    fn functions_that_remember_are_found() {
        let mut engine = Embedded::with(host(), plumb_tables::registry(), BUDGET).expect("an engine");
        let call = |function: &str, arguments: &[&str]| Call {
            function: function.to_owned(),
            arguments: arguments.iter().map(|argument| vec![(*argument).to_owned()]).collect(),
        };
        assert_eq!(same_over_rows(&mut engine, &call("upper", &["'a'", "NULL", "x'ff'"])), Ok(None));
        assert!(same_over_rows(&mut engine, &call("randomblob", &["8", "8"])).is_err());
        assert!(matches!(same_over_rows(&mut engine, &call("nothing", &["1"])), Ok(Some(_))));
    }
}
