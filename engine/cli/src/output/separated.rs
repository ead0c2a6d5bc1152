//! Values with a separator between: plain lists, and separated values with quoting.

use super::text::{push_cell, until_nul};
use super::{Cells, Mode, Style};
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

    pub(super) fn row(&mut self, buf: &mut Vec<u8>, row: &impl Cells) {
        if std::mem::take(&mut self.first) && self.header {
            for (index, name) in self.names.iter().enumerate() {
                self.separate(buf, index);
                self.text(buf, name.as_bytes());
            }
            buf.push(b'\n');
        }
        for index in 0..row.count() {
            self.separate(buf, index);
            match row.at(index) {
                Cell::Text(text) | Cell::Blob(text) => self.text(buf, text),
                // A real may hold the separator, be it a point or a digit.
                real @ Cell::Real(_) => {
                    let mut text = Vec::with_capacity(24);
                    push_cell(&mut text, &real, "");
                    self.text(buf, &text);
                }
                cell @ (Cell::Null | Cell::Int(_)) => push_cell(buf, &cell, &self.null),
            }
        }
        buf.push(b'\n');
    }

    fn separate(&self, buf: &mut Vec<u8>, index: usize) {
        if index > 0 {
            buf.extend_from_slice(&self.separator);
        }
    }

    fn text(&self, buf: &mut Vec<u8>, text: &[u8]) {
        let text = until_nul(text);
        let first = self.separator.first().copied();
        if !self.quoting || !(text.is_empty() || text.iter().any(|byte| needs_quotes(*byte) || Some(*byte) == first)) {
            buf.extend_from_slice(text);
            return;
        }
        buf.push(b'"');
        for (index, part) in text.split(|byte| *byte == b'"').enumerate() {
            if index > 0 {
                buf.extend_from_slice(b"\"\"");
            }
            buf.extend_from_slice(part);
        }
        buf.push(b'"');
    }
}

const fn needs_quotes(byte: u8) -> bool {
    matches!(byte, 0..=b' ' | b'"' | b'\'' | 0x7f..)
}
