//! Columns of fixed width: set by hand, or from the names and the first row.

use super::out::Put;
use super::text::{cell_text, first_points, push_fill, width};
use super::{Cells, Out, Style};

/// An automatic column is at least this wide.
const NARROWEST: usize = 10;

#[derive(Clone, Copy)]
struct Field {
    width: usize,
    right: bool,
}

pub(super) struct Column {
    header: bool,
    null: String,
    asked: Vec<i32>,
    names: Vec<String>,
    /// Known from the first row on.
    fields: Vec<Field>,
    /// Where numbers become text.
    room: Vec<u8>,
}

impl Column {
    pub(super) fn new(style: &Style) -> Self {
        Self {
            header: style.header,
            null: style.null.clone(),
            asked: style.widths.clone(),
            names: Vec::new(),
            fields: Vec::new(),
            room: Vec::new(),
        }
    }

    pub(super) fn begin(&mut self, names: &[&str]) {
        self.names = names.iter().map(|name| (*name).to_owned()).collect();
        self.fields.clear();
    }

    pub(super) fn row(&mut self, out: &mut Out, row: &impl Cells) {
        if self.fields.is_empty() {
            self.measure(row);
            if self.header {
                self.header(out);
            }
        }
        for (index, field) in self.fields.iter().enumerate() {
            let text = cell_text(&row.at(index), &self.null, &mut self.room);
            push_field(out, text, *field, index + 1 == self.fields.len());
        }
    }

    fn measure(&mut self, row: &impl Cells) {
        for (index, name) in self.names.iter().enumerate() {
            let asked = self.asked.get(index).copied().unwrap_or(0);
            let text = cell_text(&row.at(index), &self.null, &mut self.room);
            let automatic = NARROWEST.max(width(name.as_bytes())).max(width(text));
            let width = if asked == 0 { automatic } else { asked.unsigned_abs() as usize };
            self.fields.push(Field { width, right: asked < 0 });
        }
    }

    fn header(&self, out: &mut Out) {
        for (index, (name, field)) in self.names.iter().zip(&self.fields).enumerate() {
            push_field(out, name.as_bytes(), *field, index + 1 == self.fields.len());
        }
        for (index, field) in self.fields.iter().enumerate() {
            push_fill(out, b'-', field.width);
            out.put(if index + 1 == self.fields.len() { b"\n" } else { b"  " });
        }
    }
}

fn push_field(out: &mut Out, text: &[u8], field: Field, last: bool) {
    let text = first_points(text, field.width);
    let fill = field.width.saturating_sub(width(text));
    if field.right {
        push_fill(out, b' ', fill);
    }
    out.put(text);
    if !field.right {
        push_fill(out, b' ', fill);
    }
    out.put(if last { b"\n" } else { b"  " });
}
