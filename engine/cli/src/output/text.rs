//! Cells as text.

use crate::sql::{Cell, render_real};

/// Appends an integer.
pub(super) fn push_int(buf: &mut Vec<u8>, number: i64) {
    buf.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends a cell as text; `null` for NULL. As in C, text ends at its first NUL.
pub(super) fn push_cell(buf: &mut Vec<u8>, cell: &Cell<'_>, null: &str) {
    match cell {
        Cell::Null => buf.extend_from_slice(null.as_bytes()),
        Cell::Int(number) => push_int(buf, *number),
        Cell::Real(real) => buf.extend_from_slice(render_real(*real).as_bytes()),
        Cell::Text(text) | Cell::Blob(text) => buf.extend_from_slice(until_nul(text)),
    }
}

/// What stands before the first NUL.
pub(super) fn until_nul(text: &[u8]) -> &[u8] {
    // contains() is a fast search, and there is hardly ever a NUL.
    if text.contains(&0) { text.split(|byte| *byte == 0).next().unwrap_or_default() } else { text }
}

/// Code points of text that may not be UTF-8: bytes that do not continue one.
pub(super) fn width(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// The first code points of text, as many as asked for.
pub(super) fn first_points(text: &[u8], count: usize) -> &[u8] {
    let starts = text.iter().enumerate().filter(|(_, byte)| **byte & 0xc0 != 0x80);
    match starts.map(|(at, _)| at).nth(count) {
        Some(end) => text.get(..end).unwrap_or(text),
        None => text,
    }
}

/// Appends blanks.
pub(super) fn push_fill(buf: &mut Vec<u8>, byte: u8, count: usize) {
    buf.resize(buf.len() + count, byte);
}
