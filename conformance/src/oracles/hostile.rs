//! *hostile*: whatever the machine says, a table answers: no panic, the laws of tables hold, and SQL gives the rows that
//! the table gives.
//!
//! Finds: panics and overflows on malformed files, values of the wrong type, lookups that miss rows when keys are not
//! UTF-8 or repeat, columns that change when others are not asked for.
//!
//! The input begins with the name of a table and a newline; what follows makes the host. Without a name, the first byte
//! chooses the table.

use super::table_laws::{Cells, Subject as Reading, agent};
use crate::Verdict;
use crate::answer::{Cell, Difference, Row};
use crate::engines::Engine;
use crate::engines::embedded::Embedded;
use crate::generators::host::{Hostile, Subject, condition, hostile, literal, subjects};
use arbitrary::Unstructured;
use plumb_host::Host;
use plumb_schema::{Platforms, Registry, Value};
use plumb_sql::{Budget, Settings, render_real};
use std::sync::Arc;

/// Rows and bytes beyond which SQL is not asked too.
const MANY: (usize, usize) = (300, 100_000);

/// Runs one input.
#[must_use]
pub fn check(bytes: &[u8]) -> Verdict {
    let (subject, rest) = subject(bytes);
    let mut u = Unstructured::new(rest);
    let hostile = match hostile(&mut u, subject) {
        Ok(hostile) => hostile,
        Err(error) => return Verdict::Skip(error.to_string()),
    };
    let Hostile { host, chosen, steady, told } = hostile;
    let host: Arc<dyn Host> = Arc::new(host);
    let reading = Reading { host: &host, table: subject.table, chosen: &chosen };
    match super::caught(|| laws(&mut u, reading, steady)) {
        Ok(true) => Verdict::Pass,
        Ok(false) => Verdict::Skip("no rows".to_owned()),
        Err(why) => Verdict::Fail(format!("{why}\non a host like hosts/small.txt, but\n{told}")),
    }
}

/// The table of an input, and the rest of the input.
fn subject(bytes: &[u8]) -> (&'static Subject, &[u8]) {
    let named = bytes.iter().take(64).position(|byte| *byte == b'\n').and_then(|end| {
        let name = std::str::from_utf8(bytes.get(..end)?).ok()?;
        Some((subjects().get(name)?, bytes.get(end + 1..)?))
    });
    named.unwrap_or_else(|| {
        let (first, rest) = bytes.split_first().unwrap_or((&0, bytes));
        let place = usize::from(*first) % subjects().len();
        let subject = subjects().values().nth(place);
        (subject.unwrap_or_else(|| unreachable!("the place is below the number of tables")), rest)
    })
}

/// Whether there were rows, and all laws held.
fn laws(u: &mut Unstructured<'_>, reading: Reading<'_>, steady: bool) -> Result<bool, String> {
    let whole = reading.whole();
    let width = reading.table.width();
    reading.types(&whole)?;
    reading.stopped(&whole)?;
    let mut number = |most: usize| u.int_in_range(0..=most).unwrap_or(0);
    for _ in 0..2 {
        let columns: Vec<usize> = (0..number(3)).map(|_| number(width.saturating_sub(1))).collect();
        let mut columns = columns;
        columns.sort_unstable();
        columns.dedup();
        reading.part(&whole, &columns)?;
    }
    let indexes: Vec<usize> = (0..width).filter(|column| reading.table.can_pick(*column)).collect();
    for column in &indexes {
        for _ in 0..2 {
            let row = whole.get(number(whole.len().saturating_sub(1)));
            let value = row.and_then(|row| row.get(*column)).cloned().unwrap_or(Value::Int(42));
            let held = if value == Value::Null { Ok(false) } else { reading.lookup(&whole, *column, &value) };
            if steady {
                held?;
            }
        }
    }
    let (column, place) = (number(width.saturating_sub(1)), number(whole.len().saturating_sub(1)));
    let key = whole.get(place).filter(|_| steady).and_then(|row| Some((column, row.get(column)?)));
    sql(reading, &whole, key)?;
    Ok(!whole.is_empty())
}

/// `SELECT *` gives what the scan gives, and a comparison gives the same with and without an index.
fn sql(reading: Reading<'_>, whole: &[Cells], key: Option<(usize, &Value<'static>)>) -> Result<(), String> {
    let table = reading.table;
    let bytes: usize = whole.iter().flatten().map(Value::heap_size).sum();
    if whole.len() > MANY.0 || bytes > MANY.1 {
        return Ok(());
    }
    let mut engine = engine(reading)?;
    let condition = condition(reading.chosen);
    let ask = |engine: &mut Embedded, sql: &str| engine.ask(sql).map_err(|error| format!("{sql}\n{error}"));
    let all = format!("SELECT * FROM {}{condition}", table.name());
    let got = ask(&mut engine, &all)?;
    let difference = Difference::between(&visible(reading, whole), &got);
    // SQLite looks at constraints again: of what they choose it may take less.
    if !difference.extra.is_empty() || (condition.is_empty() && !difference.missing.is_empty()) {
        return Err(format!("{all}\n{}", difference.show(3)));
    }
    let Some((column, value)) = key.filter(|_| condition.is_empty()) else { return Ok(()) };
    let (name, value) = (table.spec(column).name, literal(value));
    let by = |plus: &str| format!("SELECT * FROM {} WHERE {plus}\"{name}\" = {value}", table.name());
    let (indexed, plain) = (ask(&mut engine, &by(""))?, ask(&mut engine, &by("+"))?);
    let difference = Difference::between(&plain, &indexed);
    if difference.is_empty() { Ok(()) } else { Err(format!("{}\n{}", by(""), difference.show(3))) }
}

/// An engine with this one table; the agent has all.
fn engine(reading: Reading<'_>) -> Result<Embedded, String> {
    let settings = Settings {
        registry: Registry::new([reading.table]),
        host: Arc::clone(reading.host),
        agent: agent(),
        budget: Budget::default(),
        planner: false,
    };
    plumb_sql::Engine::open(settings).map(|engine| Embedded { engine }).map_err(|error| error.to_string())
}

/// The rows of a scan as `SELECT *` shows them.
fn visible(reading: Reading<'_>, whole: &[Cells]) -> Vec<Row> {
    let shown = |column: &usize| !reading.table.spec(*column).is_hidden(Platforms::CURRENT);
    let columns: Vec<usize> = (0..reading.table.width()).filter(shown).collect();
    let cell =
        |row: &Cells, column: usize| (reading.table.spec(column).name.to_owned(), row.get(column).and_then(printed));
    whole.iter().map(|row| columns.iter().map(|column| cell(row, *column)).collect()).collect()
}

fn printed(value: &Value<'_>) -> Cell {
    match value {
        Value::Null => None,
        Value::Int(int) => Some(int.to_string().into_bytes()),
        Value::Real(real) => Some(render_real(*real).into_bytes()),
        Value::Text(bytes) | Value::Blob(bytes) => Some(bytes.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators::host::small;
    use plumb_schema::{AnyTable, Column, Cx, Request, Rows, Table, text};

    type Col = Column<Vec<u8>>;

    /// The lines of `/etc/passwd`.
    fn lines(cx: &Arc<Cx>) -> Vec<Vec<u8>> {
        let text = cx.read(b"/etc/passwd").unwrap_or_default();
        text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    }

    fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<Vec<u8>> {
        Box::new(lines(cx).into_iter())
    }

    fn some(cx: &Arc<Cx>, line: &[u8], _: &Request) -> Rows<Vec<u8>> {
        let line = line.to_vec();
        Box::new(lines(cx).into_iter().filter(move |other| *other == line))
    }

    fn none(_: &Arc<Cx>, _: &[u8], _: &Request) -> Rows<Vec<u8>> {
        Box::new(std::iter::empty())
    }

    fn lazy(cx: &Arc<Cx>, request: &Request) -> Rows<Vec<u8>> {
        let skip = usize::from(!request.wants("length"));
        Box::new(lines(cx).into_iter().skip(skip))
    }

    macro_rules! table {
        ($name:ident, $scan:expr, $pick:expr, $length:expr) => {
            static $name: Table<Vec<u8>> = Table {
                name: "lines",
                columns: &[
                    Col::text("line", "d", |line| text(line)).index_text($pick),
                    Col::integer("length", "d", |line| i64::try_from(line.len()).ok()),
                    Col::double("half", "d", $length),
                ],
                scan: $scan,
                ..Table::EMPTY
            };
        };
    }

    table!(HONEST, scan, some, |_| Some(0.5));
    table!(MISSES, scan, none, |_| Some(0.5));
    table!(LAZY, lazy, some, |_| Some(0.5));
    table!(NO_NUMBER, scan, some, |_| Some(f64::NAN));
    table!(PANICS, scan, some, |line| Some(f64::from(*line.get(5).expect("long enough"))));

    fn held(table: &'static dyn AnyTable) -> Result<bool, String> {
        let host: Arc<dyn Host> = Arc::new(small::small());
        let reading = Reading { host: &host, table, chosen: &[] };
        super::super::caught(|| laws(&mut Unstructured::new(&[0; 200]), reading, true))
    }

    #[test]
    fn lies_are_found() {
        assert_eq!(held(&HONEST), Ok(true));
        for (table, words) in [
            (&MISSES, "misses"),
            (&LAZY, "instead of"),
            (&NO_NUMBER, "holds Real(NaN)"),
            (&PANICS, "panic: long enough"),
        ] {
            let found = held(table).expect_err(words);
            assert!(found.contains(words), "{found}");
        }
    }
}
