//! Cells as text.

use super::out::Put;
use crate::sql::{Cell, render_real};

/// Appends an integer.
pub(super) fn push_int(buf: &mut impl Put, number: i64) {
    buf.put(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends a cell as text; `null` for NULL. As in C, text ends at its first NUL.
pub(super) fn push_cell(buf: &mut impl Put, cell: &Cell<'_>, null: &str) {
    match cell {
        Cell::Null => buf.put(null.as_bytes()),
        Cell::Int(number) => push_int(buf, *number),
        Cell::Real(real) => buf.put(render_real(*real).as_bytes()),
        Cell::Text(text) | Cell::Blob(text) => buf.put(until_nul(text)),
    }
}

/// The text of a cell, as [`push_cell`] appends it. Text itself is not copied; numbers are made into text in `room`.
pub(super) fn cell_text<'a>(cell: &Cell<'a>, null: &'a str, room: &'a mut Vec<u8>) -> &'a [u8] {
    match cell {
        Cell::Null => null.as_bytes(),
        Cell::Text(text) | Cell::Blob(text) => until_nul(text),
        number @ (Cell::Int(_) | Cell::Real(_)) => {
            room.clear();
            push_cell(room, number, null);
            room
        }
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

/// Appends a byte many times.
pub(super) fn push_fill(buf: &mut impl Put, byte: u8, mut count: usize) {
    let some = [byte; 64];
    while let Some(rest) = count.checked_sub(some.len()) {
        buf.put(&some);
        count = rest;
    }
    buf.put(some.get(..count).unwrap_or_default());
}
