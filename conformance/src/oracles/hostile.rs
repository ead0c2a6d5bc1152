//! *hostile*: whatever the machine says, a table answers: no panic, the laws of tables hold, and SQL gives the rows that
//! the table gives.
//!
//! Finds: panics and overflows on malformed files, values of the wrong type, lookups that miss rows when keys are not
//! UTF-8 or repeat, columns that change when others are not asked for.
//!
//! The input begins with the name of a table and a newline; what follows makes the host. Without a name, the first byte
//! chooses the table.

use super::table_laws::{Cells, Subject as Reading};
use crate::Verdict;
use crate::answer::{Cell, Difference, Row};
use crate::engines::Engine;
use crate::engines::embedded::Embedded;
use crate::generators::host::powers::Powers;
use crate::generators::host::swap::Swap;
use crate::generators::host::{Hostile, Subject, condition, hostile, literal, subjects};
use arbitrary::Unstructured;
use plumb_host::Host;
use plumb_schema::{AnyTable, Op, Platforms, Registry, Value};
use plumb_sql::{Budget, Cell as SqlCell, ResultColumn, Sink, render_real};
use std::cell::RefCell;
use std::io;
use std::sync::Arc;

/// Rows and bytes beyond which SQL is not asked too.
const MANY: (usize, usize) = (300, 100_000);

/// Runs one input.
#[must_use]
pub fn check(bytes: &[u8]) -> Verdict {
    let (subject, rest) = subject(bytes);
    super::tally::property(subject.table.name());
    let mut u = Unstructured::new(rest);
    let hostile = match hostile(&mut u, subject) {
        Ok(hostile) => hostile,
        Err(error) => return Verdict::Skip(error.to_string()),
    };
    match super::caught(|| on(&hostile, &mut u, subject.table)) {
        Ok(true) => Verdict::Pass,
        Ok(false) => Verdict::Skip("no rows".to_owned()),
        Err(why) => Verdict::Fail(format!("{why}\non a host like hosts/small.txt, but\n{}", hostile.tell())),
    }
}

/// An engine with all tables, and the host that it sees.
struct Asker {
    engine: Embedded,
    host: Swap,
}

/// The laws of a table on a hostile host. The engine goes on from one input to the next, unless one is its last.
fn on(hostile: &Hostile, u: &mut Unstructured<'_>, table: &'static dyn AnyTable) -> Result<bool, String> {
    thread_local! {
        static ASKER: RefCell<Option<Asker>> = const { RefCell::new(None) };
    }
    let mut asker = match ASKER.take() {
        Some(asker) => asker,
        None => asker(&hostile.host, plumb_tables::registry())?,
    };
    asker.host.show(Arc::clone(&hostile.host));
    let host: Arc<dyn Host> = Arc::clone(&hostile.host) as Arc<dyn Host>;
    let reading = Reading { host: &host, table, chosen: &hostile.chosen };
    let held = laws(u, reading, &mut asker.engine, hostile.steady);
    ASKER.set(Some(asker));
    held
}

fn asker(host: &Arc<Powers>, registry: Registry) -> Result<Asker, String> {
    let host = Swap::new(Arc::clone(host));
    let engine = Embedded::with(Arc::new(host.clone()), registry, Budget::default())?;
    Ok(Asker { engine, host })
}

/// The table of an input, and the rest of the input.
fn subject(bytes: &[u8]) -> (&'static Subject, &[u8]) {
    let named = bytes.iter().take(64).position(|byte| *byte == b'\n').and_then(|end| {
        let name = std::str::from_utf8(bytes.get(..end)?).ok()?;
        Some((subjects().get(name)?, bytes.get(end + 1..)?))
    });
    named.unwrap_or_else(|| {
        let (first, rest) = bytes.split_first().unwrap_or((&0, bytes));
        // What reads nothing of a host is run when it is named.
        let reads = || subjects().values().filter(|subject| subject.reads());
        let place = usize::from(*first) % reads().count();
        (reads().nth(place).unwrap_or_else(|| unreachable!("the place is below the number of tables")), rest)
    })
}

/// Whether there were rows, and the laws held: that of types, and those of the others that the input chooses. Where it has
/// nothing more to say, all are held.
fn laws(u: &mut Unstructured<'_>, reading: Reading<'_>, engine: &mut Embedded, steady: bool) -> Result<bool, String> {
    let whole = reading.whole();
    let last = reading.table.width().saturating_sub(1);
    reading.types(&whole)?;
    let without: u8 = u.arbitrary().unwrap_or(0);
    let wanted = |law: u8| without >> law & 1 == 0;
    if wanted(0) {
        reading.stopped(&whole)?;
    }
    let mut number = |most: usize| u.int_in_range(0..=most).unwrap_or(0);
    if wanted(1) {
        let mut columns: Vec<usize> = (0..number(3)).map(|_| number(last)).collect();
        columns.sort_unstable();
        columns.dedup();
        reading.part(&whole, &columns)?;
    }
    let indexes = (0..=last).filter(|column| reading.table.can_pick(*column));
    for column in indexes.filter(|_| wanted(2)) {
        let row = whole.get(number(whole.len().saturating_sub(1)));
        let value = row.and_then(|row| row.get(column)).cloned().unwrap_or(Value::Int(42));
        let held = if value == Value::Null { Ok(false) } else { reading.lookup(&whole, column, &value) };
        if steady {
            held?;
        }
    }
    if wanted(5) && steady {
        reading.narrowed(&whole)?;
    }
    let bytes: usize = whole.iter().flatten().map(Value::heap_size).sum();
    if whole.len() <= MANY.0 && bytes <= MANY.1 {
        let mut question = Sql { reading, engine };
        if wanted(3) {
            question.all(&whole)?;
        }
        let (column, place) = (number(last), number(whole.len().saturating_sub(1)));
        let value = whole.get(place).and_then(|row| row.get(column));
        if let Some(value) = value.filter(|_| wanted(4) && steady && reading.chosen.is_empty()) {
            question.by(column, value)?;
        }
    }
    Ok(!whole.is_empty())
}

/// What SQL is asked about a table.
struct Sql<'a> {
    reading: Reading<'a>,
    engine: &'a mut Embedded,
}

impl Sql<'_> {
    /// `SELECT *` gives what the scan gives.
    fn all(&mut self, whole: &[Cells]) -> Result<(), String> {
        let condition = condition(self.reading.chosen);
        let sql = format!("SELECT * FROM {}{condition}", self.reading.table.name());
        let shown = |column: &usize| !self.reading.table.spec(*column).is_hidden(Platforms::CURRENT);
        let columns: Vec<usize> = (0..self.reading.table.width()).filter(shown).collect();
        let expected = whole.iter().map(|row| packed(columns.iter().filter_map(|column| row.get(*column)).map(cell)));
        if expected.eq(self.packed(&sql)?) {
            return Ok(());
        }
        let got = self.ask(&sql)?;
        let difference = Difference::between(&visible(self.reading, whole), &got);
        // SQLite looks at constraints again: of what they choose it may take less, but not of what is exactly as asked.
        let due: Vec<Cells> = whole.iter().filter(|row| self.is_due(row)).cloned().collect();
        let mut lost = Difference::between(&visible(self.reading, &due), &got).missing;
        // A value that is named twice gives a table's rows twice, and SQLite's once.
        lost.retain(|row| !got.contains(row));
        let difference = if condition.is_empty() { difference } else { Difference { missing: lost, ..difference } };
        if difference.is_empty() { Ok(()) } else { Err(format!("{sql}\n{}", difference.show(3))) }
    }

    /// Whether a row has the very values that every constraint asks for, so that SQLite must think so too.
    fn is_due(&self, row: &Cells) -> bool {
        self.reading.chosen.iter().all(|constraint| {
            let column = self.reading.table.specs().position(|spec| spec.name == constraint.column);
            let value = column.and_then(|column| row.get(column));
            constraint.op == Op::Eq && value.is_some_and(|value| constraint.values.contains(value))
        })
    }

    /// A comparison gives the same with and without an index.
    fn by(&mut self, column: usize, value: &Value<'static>) -> Result<(), String> {
        let (table, name, value) = (self.reading.table.name(), self.reading.table.spec(column).name, literal(value));
        let by = |plus: &str| format!("SELECT * FROM {table} WHERE {plus}\"{name}\" = {value}");
        if self.packed(&by(""))? == self.packed(&by("+"))? {
            return Ok(());
        }
        let (indexed, plain) = (self.ask(&by(""))?, self.ask(&by("+"))?);
        let difference = Difference::between(&plain, &indexed);
        if difference.is_empty() { Ok(()) } else { Err(format!("{}\n{}", by(""), difference.show(3))) }
    }

    fn ask(&mut self, sql: &str) -> Result<Vec<Row>, String> {
        self.engine.ask(sql).map_err(|error| format!("{sql}\n{error}"))
    }

    /// The rows as they come, without names: what is equal needs no further look.
    fn packed(&mut self, sql: &str) -> Result<Vec<Vec<u8>>, String> {
        let mut rows = Packed::default();
        self.engine.engine.run(sql, &mut rows).map_err(|error| format!("{sql}\n{error}"))?;
        Ok(rows.0)
    }
}

/// Rows as bytes.
#[derive(Default)]
struct Packed(Vec<Vec<u8>>);

impl Sink for Packed {
    fn begin(&mut self, _: &[ResultColumn]) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &plumb_sql::Row<'_>) -> io::Result<()> {
        self.0.push(packed((0..row.len()).map(|place| row.cell(place))));
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn cell<'a>(value: &'a Value<'_>) -> SqlCell<'a> {
    match value {
        Value::Null => SqlCell::Null,
        Value::Int(int) => SqlCell::Int(*int),
        Value::Real(real) => SqlCell::Real(*real),
        Value::Text(text) => SqlCell::Text(text),
        Value::Blob(bytes) => SqlCell::Blob(bytes),
    }
}

fn packed<'a>(cells: impl Iterator<Item = SqlCell<'a>>) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    for cell in cells {
        let (kind, bytes): (u8, &[u8]) = match &cell {
            SqlCell::Null => (0, &[]),
            SqlCell::Int(int) => (1, &int.to_ne_bytes()),
            SqlCell::Real(real) => (2, &real.to_ne_bytes()),
            SqlCell::Text(text) => (3, text),
            SqlCell::Blob(bytes) => (4, bytes),
        };
        out.push(kind);
        out.extend_from_slice(&bytes.len().to_ne_bytes());
        out.extend_from_slice(bytes);
    }
    out
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
        let host = Arc::new(small::small());
        let mut asker = asker(&host, Registry::new([table]))?;
        let host: Arc<dyn Host> = host;
        let reading = Reading { host: &host, table, chosen: &[] };
        super::super::caught(|| laws(&mut Unstructured::new(&[0, 2]), reading, &mut asker.engine, true))
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
