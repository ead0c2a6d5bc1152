//! Values with a separator between: plain lists, and separated values with quoting.

use super::out::Put;
use super::text::{push_cell, until_nul};
use super::{Cells, Mode, Out, Style};
use crate::sql::Cell;

pub(super) struct Separated {
    quoting: bool,
    header: bool,
    null: String,
    separator: Vec<u8>,
    names: Vec<String>,
    first: bool,
}

impl Separated {
    pub(super) fn new(style: &Style) -> Self {
        Self {
            quoting: style.mode == Mode::Csv,
            header: style.header,
            null: style.null.clone(),
            separator: style.separator.clone().into_bytes(),
            names: Vec::new(),
            first: true,
        }
    }

    pub(super) fn begin(&mut self, names: &[&str]) {
        self.names = names.iter().map(|name| (*name).to_owned()).collect();
        self.first = true;
    }

    pub(super) fn row(&mut self, out: &mut Out, row: &impl Cells) {
        if std::mem::take(&mut self.first) && self.header {
            for (index, name) in self.names.iter().enumerate() {
                self.separate(out, index);
                self.text(out, name.as_bytes());
            }
            out.put(b"\n");
        }
        for index in 0..row.count() {
            self.separate(out, index);
            match row.at(index) {
                Cell::Text(text) | Cell::Blob(text) => self.text(out, text),
                // A real may hold the separator, be it a point or a digit.
                real @ Cell::Real(_) => {
                    let mut text = Vec::with_capacity(24);
                    push_cell(&mut text, &real, "");
                    self.text(out, &text);
                }
                cell @ (Cell::Null | Cell::Int(_)) => push_cell(out, &cell, &self.null),
            }
        }
        out.put(b"\n");
    }

    fn separate(&self, out: &mut Out, index: usize) {
        if index > 0 {
            out.put(&self.separator);
        }
    }

    fn text(&self, out: &mut Out, text: &[u8]) {
        let text = until_nul(text);
        let first = self.separator.first().copied();
        if !self.quoting || !(text.is_empty() || text.iter().any(|byte| needs_quotes(*byte) || Some(*byte) == first)) {
            out.put(text);
            return;
        }
        out.put(b"\"");
        for (index, part) in text.split(|byte| *byte == b'"').enumerate() {
            if index > 0 {
                out.put(b"\"\"");
            }
            out.put(part);
        }
        out.put(b"\"");
    }
}

const fn needs_quotes(byte: u8) -> bool {
    matches!(byte, 0..=b' ' | b'"' | b'\'' | 0x7f..)
}
