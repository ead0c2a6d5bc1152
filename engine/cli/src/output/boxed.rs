//! The box: all rows are kept, as bytes, until the widths are known.

use super::out::Put;
use super::text::{cell_text, push_fill, width};
use super::{Cells, Out, Style};
use crate::sql::Cell;
use std::io;

/// No number is longer as text.
const LONGEST_NUMBER: usize = 32;

pub(super) struct Boxed {
    null: String,
    /// The columns of the statement whose rows come now.
    current: Vec<String>,
    /// The columns of the box: those of the first statement that has rows.
    names: Vec<String>,
    /// For each column of the box, where the current statement has its value.
    sources: Vec<Option<usize>>,
    widths: Vec<usize>,
    /// All cells one after the other, and where each ends.
    cells: Vec<u8>,
    ends: Vec<usize>,
    /// Where numbers become text.
    room: Vec<u8>,
}

impl Boxed {
    pub(super) fn new(style: &Style) -> Self {
        Self {
            null: style.pretty_null.clone(),
            current: Vec::new(),
            names: Vec::new(),
            sources: Vec::new(),
            widths: Vec::new(),
            cells: Vec::new(),
            ends: Vec::new(),
            room: Vec::new(),
        }
    }

    pub(super) fn begin(&mut self, names: &[&str]) {
        self.current = names.iter().map(|name| (*name).to_owned()).collect();
        self.locate();
    }

    /// Of several columns with one name, the last gives the value.
    fn locate(&mut self) {
        let place = |name: &String| self.current.iter().rposition(|current| current == name);
        self.sources = self.names.iter().map(place).collect();
    }

    /// Keeps a row, unless there is no memory for it.
    pub(super) fn row(&mut self, row: &impl Cells) -> io::Result<()> {
        if self.names.is_empty() {
            self.names.clone_from(&self.current);
            self.widths = self.names.iter().map(|name| width(name.as_bytes())).collect();
            self.locate();
        }
        let cell = |source: &Option<usize>| source.map_or(Cell::Text(b""), |index| row.at(index));
        let most = |cell: Cell<'_>| match cell {
            Cell::Text(text) | Cell::Blob(text) => text.len(),
            Cell::Null => self.null.len(),
            Cell::Int(_) | Cell::Real(_) => LONGEST_NUMBER,
        };
        make_room(&mut self.cells, self.sources.iter().map(|source| most(cell(source))).sum())?;
        make_room(&mut self.ends, self.sources.len())?;
        for (source, widest) in self.sources.iter().zip(&mut self.widths) {
            let cell = cell(source);
            let text = cell_text(&cell, &self.null, &mut self.room);
            self.cells.extend_from_slice(text);
            self.ends.push(self.cells.len());
            *widest = (*widest).max(width(text));
        }
        Ok(())
    }

    pub(super) fn finish(&mut self, out: &mut Out) -> io::Result<()> {
        if self.ends.is_empty() {
            return Ok(());
        }
        push_border(out, &self.widths);
        push_row(out, self.names.iter().map(String::as_bytes), &self.widths);
        push_border(out, &self.widths);
        let mut start = 0;
        for ends in self.ends.chunks(self.names.len().max(1)) {
            let cells =
                ends.iter().map(|end| self.cells.get(std::mem::replace(&mut start, *end)..*end).unwrap_or_default());
            push_row(out, cells, &self.widths);
            out.row_done()?;
        }
        push_border(out, &self.widths);
        Ok(())
    }
}

/// Makes room for more, if need be just enough of it.
fn make_room<T>(kept: &mut Vec<T>, more: usize) -> io::Result<()> {
    let made = kept.try_reserve(more).or_else(|_| kept.try_reserve_exact(more));
    made.map_err(|_| io::ErrorKind::OutOfMemory.into())
}

fn push_border(out: &mut Out, widths: &[usize]) {
    for width in widths {
        out.put(b"+");
        push_fill(out, b'-', width + 2);
    }
    out.put(b"+\n");
}

fn push_row<'a>(out: &mut Out, cells: impl Iterator<Item = &'a [u8]>, widths: &[usize]) {
    for (cell, widest) in cells.zip(widths) {
        out.put(b"| ");
        out.put(cell);
        push_fill(out, b' ', widest.saturating_sub(width(cell)) + 1);
    }
    out.put(b"|\n");
}
