//! Rows as text that hides nothing: NULL is not '', a number is not a text, bytes that are not UTF-8 are escaped.

use plumb_conformance::engines::embedded::Embedded;
use plumb_sql::{Cell, ResultColumn, Row, Sink, render_real};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;

/// A cell that can be sorted: NULL, then integers, then everything else by its text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
}

impl Value {
    fn of(cell: Cell<'_>) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Int(int) => Self::Int(int),
            Cell::Real(real) => Self::Text(render_real(real)),
            Cell::Text(bytes) => Self::Text(quote(bytes)),
            Cell::Blob(bytes) => Self::Text(format!("x{}", quote(bytes))),
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Int(int) => write!(f, "{int}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Bytes in quotes, on one line.
fn quote(bytes: &[u8]) -> String {
    format!("'{}'", escape(bytes, &[]))
}

/// Bytes as text in which all of them can be seen: control characters, except those to be kept, and bytes that are not
/// UTF-8 stand as `‹1b›`.
pub(crate) fn escape(bytes: &[u8], keep: &[char]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if keep.contains(&c) || !(c.is_control() || c == '\u{2028}') {
                text.push(c);
            } else {
                let _ = write!(text, "‹{:02x}›", u32::from(c));
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "‹{byte:02x}›");
        }
    }
    text
}

/// An answer.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Value>>,
}

impl Sink for Answer {
    fn begin(&mut self, columns: &[ResultColumn]) -> io::Result<()> {
        self.columns = columns.iter().map(|column| column.name.clone()).collect();
        Ok(())
    }
    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        self.rows.push((0..row.len()).map(|place| Value::of(row.cell(place))).collect());
        Ok(())
    }
    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Asks one statement.
pub(crate) fn ask(engine: &mut Embedded, sql: &str) -> Answer {
    let mut answer = Answer::default();
    engine.engine.run(sql, &mut answer).unwrap_or_else(|error| panic!("{sql}: {error}"));
    answer
}

impl Answer {
    /// The rows in a stable order: as many as are worth reading. If that is not all, a hash of each column comes first, so
    /// that every change shows.
    pub(crate) fn show(mut self, most: usize) -> String {
        self.rows.sort();
        let count = self.rows.len();
        if count == 0 {
            return "no rows\n".to_owned();
        }
        let mut text = if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
        if count > most {
            let _ = write!(text, ", {most} shown\n\n{}", self.summary());
        }
        let constant =
            |place: &usize| count > 1 && self.rows.iter().all(|row| row.get(*place) == self.rows[0].get(*place));
        let constant: BTreeSet<usize> = (0..self.columns.len()).filter(constant).collect();
        if !constant.is_empty() {
            let _ = write!(text, "\nin all: {}", self.cells(&self.rows[0], |place| constant.contains(&place)));
        }
        text.push('\n');
        // Some from everywhere, not only from the beginning.
        for row in (0..count.min(most)).filter_map(|place| self.rows.get(place * count / count.min(most))) {
            let _ = writeln!(text, "{}", self.cells(row, |place| !constant.contains(&place)));
        }
        text
    }

    fn cells(&self, row: &[Value], which: impl Fn(usize) -> bool) -> String {
        let cells = self.columns.iter().zip(row).enumerate().filter(|(place, _)| which(*place));
        let cells: Vec<String> =
            cells.map(|(_, (name, value))| format!("{name}={}", cut(&value.to_string()))).collect();
        cells.join(" ")
    }

    /// A line for each column: how many values it has, and their hash.
    fn summary(&self) -> String {
        let mut text = String::new();
        for (place, name) in self.columns.iter().enumerate() {
            let values: Vec<&Value> = self.rows.iter().filter_map(|row| row.get(place)).collect();
            let nulls = values.iter().filter(|value| ***value == Value::Null).count();
            let distinct = values.iter().collect::<BTreeSet<_>>().len();
            let all = values.iter().fold(String::new(), |all, value| format!("{all}{value}\n"));
            let _ = writeln!(text, "{name}: {distinct} different, {nulls} NULL, sha256 {}", hash(&all));
        }
        text
    }
}

/// A long value: its beginning, length and hash.
fn cut(text: &str) -> String {
    const LONGEST: usize = 160;
    match text.char_indices().nth(LONGEST).and_then(|(end, _)| text.get(..end)) {
        None => text.to_owned(),
        Some(start) => format!("{start}…({} bytes, sha256 {})", text.len(), hash(text)),
    }
}

/// The beginning of a hash.
fn hash(text: &str) -> String {
    Sha256::digest(text).iter().take(8).fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"))
}
