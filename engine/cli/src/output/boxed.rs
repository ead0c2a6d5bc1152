//! The box: all rows are kept, as bytes, until the widths are known.

use super::text::{push_cell, push_fill, width};
use super::{Cells, Out, Style};
use std::io;

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

    pub(super) fn row(&mut self, row: &impl Cells) {
        if self.names.is_empty() {
            self.names.clone_from(&self.current);
            self.widths = self.names.iter().map(|name| width(name.as_bytes())).collect();
            self.locate();
        }
        for (source, widest) in self.sources.iter().zip(&mut self.widths) {
            let start = self.cells.len();
            if let Some(index) = source {
                push_cell(&mut self.cells, &row.at(*index), &self.null);
            }
            *widest = (*widest).max(width(self.cells.get(start..).unwrap_or_default()));
            self.ends.push(self.cells.len());
        }
    }

    pub(super) fn finish(&mut self, out: &mut Out) -> io::Result<()> {
        if self.ends.is_empty() {
            return Ok(());
        }
        let mut border = vec![b'+'];
        for width in &self.widths {
            push_fill(&mut border, b'-', width + 2);
            border.push(b'+');
        }
        border.push(b'\n');
        out.buffer().extend_from_slice(&border);
        push_row(out.buffer(), self.names.iter().map(String::as_bytes), &self.widths);
        out.buffer().extend_from_slice(&border);
        let mut start = 0;
        for ends in self.ends.chunks(self.names.len().max(1)) {
            let cells =
                ends.iter().map(|end| self.cells.get(std::mem::replace(&mut start, *end)..*end).unwrap_or_default());
            push_row(out.buffer(), cells, &self.widths);
            out.row_done()?;
        }
        out.buffer().extend_from_slice(&border);
        Ok(())
    }
}

fn push_row<'a>(buf: &mut Vec<u8>, cells: impl Iterator<Item = &'a [u8]>, widths: &[usize]) {
    for (cell, widest) in cells.zip(widths) {
        buf.extend_from_slice(b"| ");
        buf.extend_from_slice(cell);
        push_fill(buf, b' ', widest.saturating_sub(width(cell)) + 1);
    }
    buf.extend_from_slice(b"|\n");
}
