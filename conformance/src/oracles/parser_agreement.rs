//! *parser_agreement*: the analysis of SQL understands a text as SQLite does.
//!
//! The law, for each statement of any text:
//!
//! * SQLite prepares it ⇒ the analysis parses it, finds no error in it, names the same result columns, and finds exactly the
//!   tables and columns that SQLite's authorizer saw.
//! * SQLite refuses its syntax, a name in it, or a number of arguments or columns ⇒ the analysis reports an error too.
//!
//! Exactly means: the authorizer is told of each column that a name means and of each that `*` stands for, and of a table
//! with an empty column if none of its columns is read. Three things are let pass, each because SQLite says less than there
//! is:
//!
//! * Columns that only USING and NATURAL compare: SQLite makes the comparison after it has asked.
//! * A table of which no column is read, if SQLite leaves out the SELECT that names it.
//! * SQLite's own list of tables in statements that make or drop some: SQLite writes there, nobody asked it to.
//!
//! Finds: a scope that is one too many or too few, quirks of SQLite forgotten (text in double quotes, aliases in WHERE,
//! `rowid`, hidden columns), grammar that one of both does not have. From history: linters that call a correct query wrong
//! because they know the grammar and not the scopes, and permission checks that missed a column inside a view.
//!
//! The first byte of an input chooses: `g` a generated query, `m` one with some tokens changed, otherwise the rest is a text.
//! Any other byte stands for one of them by its lowest two bits.

use super::materialized::Pair;
use crate::Verdict;
use crate::engines::embedded::Embedded;
use crate::generators::dictionary;
use crate::generators::host::small;
use crate::generators::query::{Material, query};
use arbitrary::Unstructured;
use plumb_host::Host;
use plumb_sql::analysis::{Analysis, Severity, Statement};
use plumb_sql::{Budget, Discard, Reads, SqlError};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const GENERATED: u8 = b'g' & 3;
const CHANGED: u8 = b'm' & 3;

/// The longest text.
const LONGEST: usize = 4000;

/// What statements that make tables may cost.
const BUDGET: Budget = Budget {
    time: Some(Duration::from_millis(100)),
    cpu: None,
    cpu_share: None,
    burst: Duration::ZERO,
    memory: Some(64 << 20),
    rows: Some(1000),
};

/// Runs one input.
#[must_use]
pub fn check(bytes: &[u8]) -> Verdict {
    let Some((first, rest)) = bytes.split_first() else { return Verdict::Skip("nothing".to_owned()) };
    let sql = match first & 3 {
        GENERATED => query(&mut Unstructured::new(rest), material()),
        CHANGED => changed(&mut Unstructured::new(rest)),
        _ => Ok(String::from_utf8_lossy(rest.get(..LONGEST).unwrap_or(rest)).into_owned()),
    };
    match sql {
        Ok(sql) => text(&sql),
        Err(error) => Verdict::Skip(error.to_string()),
    }
}

/// Whether SQLite and the analysis agree on a text.
#[must_use]
pub fn text(sql: &str) -> Verdict {
    thread_local! {
        static ENGINE: RefCell<Option<Embedded>> = const { RefCell::new(None) };
    }
    let judged = super::caught(|| {
        let mut engine = match ENGINE.take() {
            Some(engine) => engine,
            None => Embedded::with(host(), plumb_tables::registry(), BUDGET)?,
        };
        let mut agreement = Agreement { engine: &mut engine, changed: false };
        let judged = agreement.judge(sql, Embedded::analyse);
        // What a text makes is not there for the next one.
        if !agreement.changed {
            ENGINE.set(Some(engine));
        }
        judged
    });
    judged.unwrap_or_else(|why| Verdict::Fail(format!("{sql}\n  {why}")))
}

fn host() -> Arc<dyn Host> {
    static HOST: OnceLock<Arc<dyn Host>> = OnceLock::new();
    Arc::clone(HOST.get_or_init(|| Arc::new(small::small())))
}

fn material() -> &'static Material {
    static MATERIAL: OnceLock<Material> = OnceLock::new();
    MATERIAL.get_or_init(|| {
        let none = Material { tables: Vec::new() };
        Pair::new(host()).map_or(none, |pair| pair.material().clone())
    })
}

/// Statements that reach into every corner of SQLite's names, one a line.
const CORNERS: &str = include_str!("../../../engine/sql/tests/corners.sql");

/// A generated query, or one from a corner, of which some tokens or bytes are left out, doubled, swapped or replaced.
fn changed(u: &mut Unstructured<'_>) -> arbitrary::Result<String> {
    static WORDS: OnceLock<(Vec<String>, Vec<&str>)> = OnceLock::new();
    let (words, corners) = WORDS.get_or_init(|| (dictionary::words(), CORNERS.lines().collect()));
    let sql = if u.ratio(1, 3)? { query(u, material())? } else { (*u.choose(corners)?).to_owned() };
    let mut tokens: Vec<String> = sql.split_inclusive([' ', '(', ')', '.', ',']).map(str::to_owned).collect();
    for _ in 0..u.int_in_range(1..=4)? {
        let place = u.choose_index(tokens.len())?;
        match u.int_in_range(0..=6)? {
            0 => drop(tokens.remove(place)),
            1 => tokens.insert(place, tokens.get(place).cloned().unwrap_or_default()),
            2 => {
                let other = u.choose_index(tokens.len())?;
                tokens.swap(place, other);
            }
            3 => tokens.insert(place, format!("{} ", u.choose(words)?)),
            4 => {
                // A piece of another statement.
                let other = u.choose(corners)?;
                let pieces: Vec<&str> = other.split_inclusive(' ').collect();
                let from = u.choose_index(pieces.len())?;
                let to = u.int_in_range(from..=pieces.len())?;
                tokens.insert(place, pieces.get(from..to).unwrap_or_default().concat() + " ");
            }
            5 => {
                let sign = char::from(*u.choose(b"'\"`[]();.,*-+/%|&~<>=!?:@$#0xX_\\ \t\n\x0b\x7f")?);
                if let Some(token) = tokens.get_mut(place) {
                    let at = u.int_in_range(0..=token.len())?;
                    if token.is_char_boundary(at) {
                        token.insert(at, sign);
                    }
                }
            }
            _ => {
                let word = u.choose(words)?;
                if let Some(token) = tokens.get_mut(place) {
                    *token = format!(" {word} ");
                }
            }
        }
        if tokens.is_empty() {
            break;
        }
    }
    Ok(tokens.concat())
}

impl Embedded {
    /// What the engine's analysis says of a text.
    fn analyse(&self, sql: &str) -> Analysis {
        self.engine.analyse(sql)
    }
}

/// SQLite and an analysis, statement by statement.
struct Agreement<'e> {
    engine: &'e mut Embedded,
    /// A statement made or dropped something.
    changed: bool,
}

impl Agreement<'_> {
    fn judge(&mut self, sql: &str, analyse: fn(&Embedded, &str) -> Analysis) -> Result<Verdict, String> {
        let sql = sql.split('\0').next().unwrap_or_default();
        let analysis = analyse(self.engine, sql);
        let (mut start, mut compared) = (0, 0);
        while let Some(rest) = sql.get(start..).filter(|rest| !rest.is_empty()) {
            match self.engine.engine.reads(rest) {
                Err(error) => return refused(&analysis, start, &error).map(|()| verdict(compared, &error)),
                Ok(reads) => {
                    let end = start + reads.length;
                    compared += usize::from(same(&analysis, start..end, &reads)?);
                    if reads.results.is_empty() && self.run(sql.get(start..end).unwrap_or_default()).is_err() {
                        break;
                    }
                    start = end;
                }
            }
        }
        Ok(if compared > 0 { Verdict::Pass } else { Verdict::Skip("no statement".to_owned()) })
    }

    /// Runs a statement that gives no rows, for those behind it.
    fn run(&mut self, statement: &str) -> Result<(), SqlError> {
        self.changed = true;
        self.engine.engine.run(statement, &mut Discard)
    }
}

/// A text that ends with an error says something if the error is one that the analysis must find.
fn verdict(compared: usize, error: &SqlError) -> Verdict {
    if compared > 0 || must_be_found(&error.to_string()) {
        Verdict::Pass
    } else {
        Verdict::Skip(format!("SQLite says: {error}"))
    }
}

/// Errors that are about the text alone.
pub(super) fn must_be_found(message: &str) -> bool {
    let beginnings = [
        "near \"",
        "incomplete input",
        "unrecognized token",
        "no such table: ",
        "no such column: ",
        "no such function: ",
        "ambiguous column name: ",
        "wrong number of arguments to function",
        "SELECTs to the left and right of",
        "circular reference: ",
        "cannot join using column",
        "all VALUES must have the same number of terms",
        "1st ORDER BY term",
        "table users may not be modified",
        "not authorized",
        "no tables specified",
        "too many arguments on",
        "too many columns in result set",
        "duplicate WITH table name: ",
        "unknown join type: ",
    ];
    beginnings.iter().any(|beginning| message.starts_with(beginning))
}

fn refused(analysis: &Analysis, start: usize, error: &SqlError) -> Result<(), String> {
    let message = error.to_string();
    let is_found = analysis
        .diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error && diagnostic.span.end >= start);
    if is_found || !must_be_found(&message) {
        return Ok(());
    }
    Err(format!("SQLite says: {message}; the analysis finds nothing wrong"))
}

/// Whether there was something to compare; an error if it differs.
fn same(analysis: &Analysis, place: std::ops::Range<usize>, reads: &Reads) -> Result<bool, String> {
    let problem = analysis
        .diagnostics
        .iter()
        .find(|diagnostic| diagnostic.severity == Severity::Error && place.contains(&diagnostic.span.start));
    if let Some(problem) = problem {
        return Err(format!("SQLite prepares it; the analysis says: {} ({})", problem.message, problem.code.name()));
    }
    let statement = analysis.statements.iter().find(|statement| place.contains(&statement.span.start));
    let Some(statement) = statement else {
        return if reads.columns.is_empty() && reads.results.is_empty() {
            Ok(false)
        } else {
            Err("SQLite prepares it; the analysis finds no statement".to_owned())
        };
    };
    same_columns(statement, reads)?;
    let names: Vec<&str> = statement.results.iter().map(|column| column.name.as_str()).collect();
    if !names.is_empty() && names != reads.results {
        return Err(format!("result columns\n  of SQLite:   {:?}\n  of analysis: {names:?}", reads.results));
    }
    Ok(true)
}

fn same_columns(statement: &Statement, reads: &Reads) -> Result<(), String> {
    type Names = BTreeSet<(String, String)>;
    let lower = |(table, column): &(String, String)| (table_name(table), column.to_ascii_lowercase());
    // What EXPLAIN gives are steps, not the results of what it explains.
    let makes = reads.results.is_empty() || statement.results.is_empty();
    let found: Names = statement.columns.iter().map(lower).collect();
    let joined: Names = statement.joined.iter().map(lower).collect();
    let tables: BTreeSet<String> = statement.tables.iter().map(|table| table_name(&table.name)).collect();
    let expressions: BTreeSet<String> =
        statement.expressions.iter().map(|expression| expression.to_ascii_lowercase()).collect();
    let is_own = |table: &str| makes && table.starts_with("sqlite_") && !tables.contains(table);
    let seen: Names = reads.columns.iter().map(lower).filter(|(table, _)| !is_own(table)).collect();
    let mut wrong = Vec::new();
    for (table, column) in &seen {
        if column.is_empty() {
            if !tables.contains(table) && !expressions.contains(table) {
                wrong.push(format!("only SQLite uses the table {table}"));
            }
        } else if !found.contains(&(table.clone(), column.clone())) {
            wrong.push(format!("only SQLite reads {table}.{column}"));
        }
    }
    for (table, column) in found.difference(&seen).filter(|column| !joined.contains(column)) {
        wrong.push(format!("only the analysis reads {table}.{column}"));
    }
    for table in &tables {
        let is_seen = seen.iter().any(|(seen, _)| seen == table);
        let is_read = found.iter().any(|column| column.0 == *table && !joined.contains(column));
        if !is_seen && is_read {
            wrong.push(format!("only the analysis uses the table {table}"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n  ")) }
}

/// A table's name in lower case. Where no column is read, SQLite says the name that was written, also of its own tables, which
/// have two each and a third within their database.
fn table_name(name: &str) -> String {
    match name.to_ascii_lowercase() {
        own if ["sqlite_schema", "sqlite_temp_schema", "sqlite_temp_master"].contains(&own.as_str()) => {
            "sqlite_master".to_owned()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators::bytes;

    #[test]
    fn corners() {
        let (mut passed, mut skipped) = (0, Vec::new());
        for sql in CORNERS.lines() {
            match text(sql) {
                Verdict::Pass => passed += 1,
                Verdict::Skip(why) => skipped.push(format!("{sql}: {why}")),
                Verdict::Fail(why) => panic!("{why}"),
            }
        }
        assert!(passed > 200 && skipped.len() < 15, "{passed} passed; skipped: {skipped:#?}");
    }

    /// An analysis that is wrong in one way must be found out.
    #[test]
    fn planted_faults_are_found() {
        fn no_columns(embedded: &Embedded, sql: &str) -> Analysis {
            let mut analysis = embedded.analyse(sql);
            analysis.statements.iter_mut().for_each(|statement| drop(statement.columns.pop_last()));
            analysis
        }
        fn one_more_column(embedded: &Embedded, sql: &str) -> Analysis {
            let mut analysis = embedded.analyse(sql);
            for statement in &mut analysis.statements {
                statement.columns.insert(("users".to_owned(), "uuid".to_owned()));
            }
            analysis
        }
        fn no_tables(embedded: &Embedded, sql: &str) -> Analysis {
            let mut analysis = embedded.analyse(sql);
            analysis.statements.iter_mut().for_each(|statement| statement.tables.clear());
            analysis
        }
        fn other_names(embedded: &Embedded, sql: &str) -> Analysis {
            let mut analysis = embedded.analyse(sql);
            let results = analysis.statements.iter_mut().flat_map(|statement| &mut statement.results);
            results.for_each(|column| column.name.push('x'));
            analysis
        }
        fn no_errors(embedded: &Embedded, sql: &str) -> Analysis {
            Analysis { diagnostics: Vec::new(), ..embedded.analyse(sql) }
        }
        fn false_alarm(embedded: &Embedded, sql: &str) -> Analysis {
            embedded.analyse(&sql.replace("users", "usrs"))
        }
        type Analyse = fn(&Embedded, &str) -> Analysis;
        let faults: [(&str, Analyse, &str); 6] = [
            ("SELECT uid FROM users", no_columns, "only SQLite reads users.uid"),
            ("SELECT uid FROM users", one_more_column, "only the analysis reads users.uuid"),
            ("SELECT count(*) FROM users", no_tables, "only SQLite uses the table users"),
            ("SELECT uid FROM users", other_names, "result columns"),
            ("SELECT nope FROM users", no_errors, "finds nothing wrong"),
            ("SELECT uid FROM users", false_alarm, "no such table: usrs"),
        ];
        for (sql, analyse, expect) in faults {
            let mut engine = Embedded::with(host(), plumb_tables::registry(), BUDGET).expect("an engine");
            let mut agreement = Agreement { engine: &mut engine, changed: false };
            let honest = agreement.judge(sql, Embedded::analyse);
            assert_eq!(honest, Ok(Verdict::Pass), "{sql}");
            let found = agreement.judge(sql, analyse).expect_err(sql);
            assert!(found.contains(expect), "{found}");
        }
    }

    #[test]
    fn seeded() {
        let (mut passed, mut skipped) = (0, Vec::new());
        for seed in 0..600 {
            for kind in [&b"g"[..], b"m"] {
                match check(&[kind, &bytes(seed, 400)].concat()) {
                    Verdict::Pass => passed += 1,
                    Verdict::Skip(why) => skipped.push(why),
                    Verdict::Fail(why) => panic!("seed {seed} {}: {why}", kind.escape_ascii()),
                }
            }
        }
        assert!(passed > 1000, "{passed} passed; skipped: {:?}", &skipped[..skipped.len().min(5)]);
    }
}
