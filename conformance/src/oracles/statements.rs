//! *statements*: any text as SQL.
//!
//! The first byte of an input chooses:
//!
//! * `f`: the rest makes calls of one function, which must answer, or be refused, the same one by one and over the rows of
//!   a table.
//! * `g`: the rest makes a statement in which words are others of their kind, or words thrown together (see
//!   [`crate::generators::query::hostile`]), which is run as any other text.
//! * Otherwise the rest is a text of statements for a small host under a budget; it gives rows or an error, nothing panics,
//!   and the engine answers the next question.
//!
//! Any other byte stands for one of them by its lowest two bits.
//!
//! A text tells something if SQLite understands it, so that it is planned over the tables and runs, be it into an error; what
//! the grammar or a name is refused for says nothing of this agent. The engine goes on from one input to the next until a
//! text may have changed something. A fuzzer exchanges words of texts for others of their kind: see [`mutated`].
//!
//! Finds: panics in functions, collations and the adapter; statements that leave an engine unusable; functions
//! that keep what they made of one row's arguments for the next row.

use super::materialized::Pair;
use super::parser_agreement::must_be_found;
use super::tally::property;
use crate::Verdict;
use crate::answer::{Difference, Row};
use crate::engines::Engine;
use crate::engines::embedded::Embedded;
use crate::generators::bytes;
use crate::generators::calls::{Call, Function, call, functions};
use crate::generators::host::{powers::Powers, small};
use crate::generators::query::hostile::{self, Settings};
use crate::generators::query::{Material, query};
use arbitrary::Unstructured;
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
            match material().map(|material| generated(&mut Unstructured::new(rest), material)) {
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

/// A statement of which a word or two are others of their kind; once in a while a text that is hardly one.
fn generated(u: &mut Unstructured<'_>, material: &Material) -> arbitrary::Result<String> {
    if u.ratio(1, 8)? {
        return hostile::text(u, material, Settings::HOSTILE);
    }
    let sql = query(u, material)?;
    hostile::edited(u, material, &sql)
}

fn host() -> Arc<dyn Host> {
    static HOST: OnceLock<Arc<Powers>> = OnceLock::new();
    Arc::clone(HOST.get_or_init(|| Arc::new(small::small()))) as Arc<dyn Host>
}

/// What texts are made of: the tables of the small host, and what is in them.
fn material() -> Result<&'static Material, String> {
    static MATERIAL: OnceLock<Result<Material, String>> = OnceLock::new();
    MATERIAL.get_or_init(|| Pair::new(host()).map(|pair| pair.material().clone())).as_ref().map_err(Clone::clone)
}

/// Texts that are made before one is taken that is no statement.
const TRIES: usize = 3;

/// What a fuzzer may make of an input, from a seed: a text of which a word or two are others, and which still is a statement, if
/// that can be had soon. `None`: nothing better than what any fuzzer makes.
#[must_use]
pub fn mutated(input: &[u8], seed: u64) -> Option<Vec<u8>> {
    let (first, rest) = input.split_first()?;
    if [CALLS, GENERATED].contains(&(first & 3)) {
        return None;
    }
    let text = std::str::from_utf8(rest).ok()?;
    let chance = bytes(seed, 1000);
    let (material, u) = (material().ok()?, &mut Unstructured::new(&chance));
    let mut made = String::new();
    for _ in 0..TRIES {
        made = hostile::edited(u, material, text).ok()?;
        let is_statement = |engine: &mut Embedded| Ok(engine.engine.describe(&made).is_ok());
        if with_engine(false, is_statement).ok()? {
            return Some([&[*first], made.as_bytes()].concat());
        }
    }
    // What was no statement before does not become one by a word: another one takes its place.
    let other = query(u, material).unwrap_or(made);
    Some([&[*first], other.as_bytes()].concat())
}

/// Asks the engine that the last input left, or a new one. It is kept if nothing has changed in it.
fn with_engine<T>(changes: bool, ask: impl FnOnce(&mut Embedded) -> Result<T, String>) -> Result<T, String> {
    thread_local! {
        static ENGINE: RefCell<Option<Embedded>> = const { RefCell::new(None) };
    }
    let mut engine = match ENGINE.take() {
        Some(engine) => engine,
        None => Embedded::with(host(), plumb_tables::registry(), BUDGET)?,
    };
    let told = ask(&mut engine)?;
    if !changes {
        ENGINE.set(Some(engine));
    }
    Ok(told)
}

/// Whether a text may leave something behind in its engine, going by its words.
fn may_change(sql: &str) -> bool {
    const CHANGE: [&str; 15] = [
        "create",
        "drop",
        "insert",
        "update",
        "delete",
        "replace",
        "begin",
        "savepoint",
        "pragma",
        "attach",
        "alter",
        "analyze",
        "reindex",
        "vacuum",
        "detach",
    ];
    let lower = sql.to_ascii_lowercase();
    CHANGE.iter().any(|word| lower.contains(word))
}

/// Any text as SQL.
#[must_use]
pub fn text(sql: &str) -> Verdict {
    match super::caught(|| with_engine(may_change(sql), |engine| run(engine, sql))) {
        Ok(Some(error)) if must_be_found(&error) => Verdict::Skip(error),
        Ok(_) => Verdict::Pass,
        Err(why) => Verdict::Fail(format!("{sql}\n  {why}")),
    }
}

/// The error of a text, if it has one.
fn run(engine: &mut Embedded, sql: &str) -> Result<Option<String>, String> {
    let answer = asked(engine, sql)?;
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
    let same = |engine: &mut Embedded| {
        static FUNCTIONS: OnceLock<Vec<Function>> = OnceLock::new();
        let functions = match FUNCTIONS.get() {
            Some(functions) => functions,
            None => {
                let found = functions(engine)?;
                FUNCTIONS.get_or_init(|| found)
            }
        };
        let Ok(call) = call(&mut Unstructured::new(bytes), functions) else {
            return Ok(Verdict::Skip("the bytes ran out".to_owned()));
        };
        same_over_rows(engine, &call)
    };
    super::caught(|| with_engine(false, same)).unwrap_or_else(Verdict::Fail)
}

/// Whether a function answers over rows what it answers alone.
fn same_over_rows(engine: &mut Embedded, call: &Call) -> Result<Verdict, String> {
    let name = &call.function;
    let names: Vec<String> = (0..call.arguments.first().map_or(0, Vec::len)).map(|place| format!("a{place}")).collect();
    let columns = names.join(", ");
    let values: Vec<String> = call.arguments.iter().map(|list| format!("({})", list.join(", "))).collect();
    let together = format!("WITH v({columns}) AS (VALUES {}) SELECT {name}({columns}) AS r FROM v", values.join(", "));
    let alone = |list: &Vec<String>| asked(engine, &format!("SELECT {name}({}) AS r", list.join(", ")));
    let alone: Result<Vec<Vec<Row>>, String> = call.arguments.iter().map(alone).collect::<Result<_, String>>()?;
    let verdict = same_answers(alone, asked(engine, &together)?);
    Ok(match verdict {
        Verdict::Fail(why) => Verdict::Fail(format!("{together}\n{why}")),
        verdict => verdict,
    })
}

/// The law of calls: the answers that a function gives one by one, or the refusal of one of them, and what it gives over rows.
fn same_answers(alone: Result<Vec<Vec<Row>>, String>, together: Result<Vec<Row>, String>) -> Verdict {
    match (alone, together) {
        (Ok(alone), Ok(got)) => {
            let difference = Difference::between(&alone.concat(), &got);
            if difference.is_empty() { Verdict::Pass } else { Verdict::Fail(difference.show(4)) }
        }
        // How long something takes is chance.
        (Err(error), _) | (_, Err(error)) if error.contains("it was stopped") => Verdict::Skip(error),
        (Err(_), Err(_)) => Verdict::Pass,
        (Err(error), Ok(_)) => Verdict::Fail(format!("  alone: {error}; and not over rows")),
        (Ok(_), Err(error)) => Verdict::Fail(format!("  {error}; and not alone")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_end_and_leave_the_engine_well() {
        for (sql, expect) in [
            ("SELECT uid FROM users", ""),
            ("SELECT path FROM file", ""),
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
        let mut same = |function: &str, arguments: &[&str]| {
            let arguments = arguments.iter().map(|argument| vec![(*argument).to_owned()]).collect();
            same_over_rows(&mut engine, &Call { function: function.to_owned(), arguments }).expect(function)
        };
        assert_eq!(same("upper", &["'a'", "NULL", "x'ff'"]), Verdict::Pass);
        assert_eq!(same("json", &["1", "'{'"]), Verdict::Pass);
        assert!(matches!(same("randomblob", &["8", "8"]), Verdict::Fail(_)));
    }

    #[test]
    fn refusals_must_agree_too() {
        let rows = || vec![[("r".to_owned(), None)].into()];
        fn refused<T>() -> Result<T, String> {
            Err("malformed".to_owned())
        }
        assert_eq!(same_answers(refused(), refused()), Verdict::Pass);
        assert!(matches!(same_answers(refused(), Ok(rows())), Verdict::Fail(_)));
        assert!(matches!(same_answers(Ok(vec![rows()]), refused()), Verdict::Fail(_)));
        assert!(matches!(same_answers(Ok(vec![rows()]), Ok(Vec::new())), Verdict::Fail(_)));
        let slow = Err("the query took longer than 200ms: it was stopped".to_owned());
        assert!(matches!(same_answers(slow, Ok(rows())), Verdict::Skip(_)));
    }

    /// Nothing that one text leaves is there for the next one.
    #[test]
    fn texts_do_not_see_one_another() {
        assert_eq!(text("CREATE TABLE left_behind (a); SELECT a FROM left_behind"), Verdict::Pass);
        assert!(matches!(text("SELECT a FROM left_behind"), Verdict::Skip(_)));
        assert_eq!(text("BEGIN; SELECT 1"), Verdict::Pass);
        assert_eq!(text("BEGIN; SELECT 1"), Verdict::Pass);
    }

    #[test]
    fn most_texts_tell_something() {
        let mut told = [0; 2];
        for seed in 0..300 {
            let input = mutated(b" SELECT uid, count(*) FROM users WHERE shell LIKE '%sh' GROUP BY 1", seed);
            let made = [b"g", &bytes(seed, 300)[..]].concat();
            for (told, input) in told.iter_mut().zip([input.expect("a text"), made]) {
                match check(&input) {
                    Verdict::Pass => *told += 1,
                    Verdict::Skip(_) => {}
                    Verdict::Fail(why) => panic!("seed {seed}: {why}"),
                }
            }
        }
        assert!(told[0] > 270 && told[1] > 165, "{told:?} of 300");
        assert_eq!(mutated(b"f123", 1), None);
    }
}
