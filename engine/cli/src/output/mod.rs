//! How rows are printed: every output mode of the shell, byte for byte as osquery's tools expect it.
//!
//! Rows are written as they come. Only the box needs to see all of them first, because its columns are as wide as
//! their widest cell.

mod boxed;
mod column;
mod json;
mod line;
mod out;
mod separated;
mod text;

pub use out::Out;

use crate::sql::{Cell, ResultColumn, Row, Sink};
use std::io;

/// An output mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One value a line, with its name.
    Line,
    /// Columns of fixed width.
    Column,
    /// Values with a separator between.
    List,
    /// The same, quoted where necessary.
    Csv,
    /// A box of `+`, `-` and `|`.
    Box,
    /// An array of objects, one a line.
    Json,
    /// An array of objects, one value a line.
    JsonPretty,
}

/// How values look.
#[derive(Clone, Debug)]
pub struct Style {
    /// The mode.
    pub mode: Mode,
    /// Whether lists and columns begin with the names.
    pub header: bool,
    /// What is printed for NULL in lists, lines and columns.
    pub null: String,
    /// What is printed for NULL in boxes and JSON.
    pub pretty_null: String,
    /// Stands between the values of lists.
    pub separator: String,
    /// Widths of columns; 0 is automatic, a negative one aligns to the right.
    pub widths: Vec<i32>,
}

/// A row to print.
pub trait Cells {
    /// How many cells it has.
    fn count(&self) -> usize;
    /// A cell; NULL where there is none.
    fn at(&self, index: usize) -> Cell<'_>;
}

impl Cells for Row<'_> {
    fn count(&self) -> usize {
        self.len()
    }
    fn at(&self, index: usize) -> Cell<'_> {
        if index < self.len() { self.cell(index) } else { Cell::Null }
    }
}

/// What a mode remembers between rows.
enum Form {
    Line(line::Line),
    Column(column::Column),
    Separated(separated::Separated),
    Box(boxed::Boxed),
    Json(json::Json),
}

/// Prints the rows of the statements of one input: of an argument, or of a completed line.
pub struct Printer<'a> {
    out: &'a mut Out,
    form: Form,
    rows: u64,
}

impl<'a> Printer<'a> {
    /// A printer. Nothing is written before the first row or [`Printer::finish`].
    #[must_use]
    pub fn new(out: &'a mut Out, style: &'a Style) -> Self {
        let form = match style.mode {
            Mode::Line => Form::Line(line::Line::new(style)),
            Mode::Column => Form::Column(column::Column::new(style)),
            Mode::List | Mode::Csv => Form::Separated(separated::Separated::new(style)),
            Mode::Box => Form::Box(boxed::Boxed::new(style)),
            Mode::Json | Mode::JsonPretty => Form::Json(json::Json::new(style)),
        };
        Self { out, form, rows: 0 }
    }

    /// How many rows came.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The names of the columns of the statement whose rows come now.
    pub fn names(&mut self, names: &[&str]) {
        match &mut self.form {
            Form::Line(form) => form.begin(names),
            Form::Column(form) => form.begin(names),
            Form::Separated(form) => form.begin(names),
            Form::Box(form) => form.begin(names),
            Form::Json(form) => form.begin(names),
        }
    }

    /// Prints a row.
    ///
    /// # Errors
    /// When it cannot be written, or a box has no memory for it.
    pub fn print(&mut self, row: &impl Cells) -> io::Result<()> {
        self.rows += 1;
        match &mut self.form {
            Form::Line(form) => form.row(self.out, row),
            Form::Column(form) => form.row(self.out, row),
            Form::Separated(form) => form.row(self.out, row),
            Form::Json(form) => form.row(self.out, row),
            Form::Box(form) => return form.row(row),
        }
        self.out.row_done()
    }

    /// Writes what stands after the last row. To be called also when a statement failed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(&mut self) -> io::Result<()> {
        match &mut self.form {
            Form::Line(_) | Form::Column(_) | Form::Separated(_) => {}
            Form::Box(form) => form.finish(self.out)?,
            Form::Json(form) => form.finish(self.out),
        }
        self.out.flush()
    }
}

impl Sink for Printer<'_> {
    fn begin(&mut self, columns: &[ResultColumn]) -> io::Result<()> {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        self.names(&names);
        Ok(())
    }
    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        self.print(row)
    }
    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
