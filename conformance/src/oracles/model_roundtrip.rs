//! *model_roundtrip*: SQL over a machine that was rendered from a model answers what the model says.
//!
//! Finds: names cut at a space or a parenthesis, escapes that are not undone, columns that are swapped, numbers cut to 63
//! or 32 bits, empty text where nothing is known, lines lost behind a comment or without a last newline, lookups that
//! find other rows than a scan. An example from history: agents that split `/proc/PID/stat` at spaces report nonsense for a
//! program called `) R 1`, and hide it if it wants to be hidden.
//!
//! Under *hostile* settings the rendered files are then damaged: the laws of tables must hold, and rows whose files were left
//! alone must still be there.
//!
//! The input begins with the name of a table and a newline, or with a byte that chooses one; the next byte chooses the
//! settings, what follows makes the machine. After a `~` the input is one of [`super::whole_rows`].

use super::table_laws::Subject as Reading;
use super::whole_rows;
use crate::Verdict;
use crate::answer::{Cell, Difference, Row};
use crate::engines::Engine;
use crate::engines::embedded::Embedded;
use crate::generators::host::literal;
use crate::generators::model::damage::{Damage, damage};
use crate::generators::model::{Expected, Files, Machine, Question, Settings, Value, tables};
use crate::generators::netlink::harm::tell_dump;
use arbitrary::Unstructured;
use plumb_host::Host;
use plumb_schema::{AnyTable, Constraint, Registry};
use plumb_sql::{Budget, render_real};
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

/// Runs one input.
#[must_use]
pub fn check(bytes: &[u8]) -> Verdict {
    if let Some(rest) = bytes.strip_prefix(b"~") {
        return whole_rows::check(rest);
    }
    let (table, rest) = table_of(bytes);
    let (settings, rest) = match rest.split_first() {
        Some((byte, rest)) => (settings_of(*byte), rest),
        None => (Settings::valid(), rest),
    };
    let mut u = Unstructured::new(rest);
    let machine = match Machine::for_table(&mut u, &settings, table) {
        Ok(machine) => machine,
        Err(error) => return Verdict::Skip(error.to_string()),
    };
    let mut files = machine.files();
    let harm = if settings.hostile { damage(&mut u, &mut files) } else { Ok(Damage::default()) };
    let harm = harm.unwrap_or_default();
    judge(&mut u, &machine, &files, table, settings.hostile.then_some(&harm))
}

/// Compares what SQL says of files with what the machine says of itself. With damage, rows may be lost with their files.
#[must_use]
pub fn judge(
    u: &mut Unstructured<'_>,
    machine: &Machine,
    files: &Files,
    table: &str,
    damage: Option<&Damage>,
) -> Verdict {
    let host: Arc<dyn Host> = Arc::new(files.mem());
    let questions = machine.expect(table);
    let held = super::caught(|| {
        let mut some = false;
        for question in &questions {
            some |= holds(u, &host, question, damage)?;
        }
        if damage.is_some() {
            laws(u, &host, table)?;
        }
        Ok(some)
    });
    match held {
        Ok(true) => Verdict::Pass,
        Ok(false) => Verdict::Skip("no rows".to_owned()),
        Err(why) => Verdict::Fail(format!("{why}\n{}", told(files, damage))),
    }
}

/// The table of an input, and the rest of the input.
fn table_of(bytes: &[u8]) -> (&'static str, &[u8]) {
    let named = bytes.iter().take(64).position(|byte| *byte == b'\n').and_then(|end| {
        let name = bytes.get(..end)?;
        Some((tables().find(|table| table.as_bytes() == name)?, bytes.get(end + 1..)?))
    });
    named.unwrap_or_else(|| {
        let (first, rest) = bytes.split_first().unwrap_or((&0, bytes));
        let place = usize::from(*first) % tables().count().max(1);
        (tables().nth(place).unwrap_or("users"), rest)
    })
}

fn settings_of(byte: u8) -> Settings {
    match byte % 4 {
        0 => Settings::valid(),
        3 => Settings::hostile(),
        _ => Settings::odd(),
    }
}

/// Asks one question, and again for the rows that share a value with one of them. Answers whether there were rows.
fn holds(
    u: &mut Unstructured<'_>,
    host: &Arc<dyn Host>,
    question: &Question,
    damage: Option<&Damage>,
) -> Result<bool, String> {
    let registry = Registry::new(std::iter::once(&question.table).chain(question.with).filter_map(|name| find(name)));
    let mut engine = Embedded::with(Arc::clone(host), registry, Budget::default())?;
    let columns: Vec<String> = question.columns.iter().map(|name| format!("t.\"{name}\" AS \"{name}\"")).collect();
    let sql = format!("SELECT {} FROM {}", columns.join(", "), question.from);
    let sql = if question.from == question.table { format!("{sql} t") } else { sql };
    let rows: Vec<&Expected> = question.rows.iter().collect();
    compare(&mut engine, &sql, question, &rows, damage)?;
    if question.from != question.table || rows.is_empty() {
        return Ok(!rows.is_empty());
    }
    let place = u.choose_index(rows.len()).unwrap_or(0);
    let column = u.choose_index(question.columns.len()).unwrap_or(0);
    let value = rows.get(place).and_then(|row| row.cells.get(column)).cloned().unwrap_or(Value::Null);
    let same = |row: &&&Expected| row.cells.get(column) == Some(&value);
    let chosen: Vec<&Expected> = rows.iter().filter(same).copied().collect();
    let name = question.columns.get(column).copied().unwrap_or_default();
    // IS finds NULL too.
    let condition = if value == Value::Null { "IS" } else { "=" };
    let sql = format!("{sql} WHERE t.\"{name}\" {condition} {}", literal(&value));
    compare(&mut engine, &sql, question, &chosen, damage)?;
    Ok(true)
}

fn find(name: &str) -> Option<&'static dyn AnyTable> {
    static ALL: OnceLock<Registry> = OnceLock::new();
    ALL.get_or_init(plumb_tables::registry).get(name)
}

fn compare(
    engine: &mut Embedded,
    sql: &str,
    question: &Question,
    rows: &[&Expected],
    damage: Option<&Damage>,
) -> Result<(), String> {
    let got = engine.ask(sql).map_err(|error| format!("{sql}\n{error}"))?;
    let kept = |row: &&&Expected| damage.is_none_or(|damage| !row.sources.iter().any(|path| damage.touches(path)));
    let expected: Vec<Row> = rows.iter().filter(kept).map(|row| named(question, row)).collect();
    let mut difference = Difference::between(&expected, &got);
    if damage.is_some() && difference.missing.is_empty() {
        // What damaged files say is anybody's guess.
        difference.extra.clear();
    }
    if difference.is_empty() { Ok(()) } else { Err(format!("{sql}\n{}", difference.show(3))) }
}

fn named(question: &Question, row: &Expected) -> Row {
    question.columns.iter().zip(&row.cells).map(|(name, value)| ((*name).to_owned(), cell(value))).collect()
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => None,
        Value::Int(int) => Some(int.to_string().into_bytes()),
        Value::Real(real) => Some(render_real(*real).into_bytes()),
        Value::Text(bytes) | Value::Blob(bytes) => Some(bytes.to_vec()),
    }
}

/// The laws of tables, which hold whatever the files say.
fn laws(u: &mut Unstructured<'_>, host: &Arc<dyn Host>, table: &str) -> Result<(), String> {
    let Some(table) = find(table).filter(|table| !table.is_constrained()) else { return Ok(()) };
    const NONE: &[Constraint] = &[];
    let reading = Reading { host, table, chosen: NONE };
    let whole = reading.whole();
    reading.types(&whole)?;
    reading.stopped(&whole)?;
    reading.part(&whole, &[u.choose_index(table.width()).unwrap_or(0)])
}

/// The machine for people.
fn told(files: &Files, damage: Option<&Damage>) -> String {
    let mut text = String::from("on a host with\n");
    for path in files.paths().take(60) {
        let thing = files.get(path).map(crate::generators::model::files::tell).unwrap_or_default();
        let _ = writeln!(text, "{}: {thing}", path.escape_ascii());
    }
    for dump in files.dumps() {
        let _ = writeln!(text, "netlink: {}", tell_dump(dump));
    }
    if let Some(damage) = damage {
        let _ = write!(text, "after damage\n{}", damage.told);
    }
    text
}

#[cfg(test)]
#[path = "model_roundtrip/tests.rs"]
mod tests;
