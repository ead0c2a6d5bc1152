//! What the shell needs of the SQL engine.

use std::io;

/// A result column.
#[derive(Clone, Debug)]
pub struct ResultColumn {
    /// Its name.
    pub name: String,
    /// Its declared type.
    pub decltype: String,
}

/// Receives rows.
pub trait Sink {
    /// Once per statement with result columns.
    fn begin(&mut self, columns: &[ResultColumn]) -> io::Result<()>;
    /// A row.
    fn row(&mut self, row: &Row<'_>) -> io::Result<()>;
    /// After the last row.
    fn end(&mut self) -> io::Result<()>;
}

/// A row.
pub struct Row<'a>(pub &'a [Cell<'a>]);

impl Row<'_> {
    /// Cells.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// A cell.
    pub fn cell(&self, i: usize) -> Cell<'_> {
        self.0.get(i).copied().unwrap_or(Cell::Null)
    }
}

/// A cell.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    /// NULL
    Null,
    /// Integer
    Int(i64),
    /// Real
    Real(f64),
    /// Text
    Text(&'a [u8]),
    /// Blob
    Blob(&'a [u8]),
}

/// A real.
pub fn render_real(real: f64) -> String {
    let text = format!("{real:?}");
    match text.split_once('e') {
        Some((digits, exponent)) => format!("{digits}.0e+{exponent}"),
        None => text,
    }
}
