//! Values that are kept: sixteen bytes each, and their text side by side in large pieces. A million small texts of
//! their own would cost more in the allocator than they hold.

use plumb_schema::Value;
use std::borrow::Cow;

/// The first piece that texts are gathered in; every further one is as large as all before it, up to [`LARGEST`].
const SMALLEST: usize = 256;
const LARGEST: usize = 256 * 1024;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    cells: Vec<Cell>,
    pieces: Vec<Vec<u8>>,
    /// Bytes of all pieces.
    reserved: usize,
}

#[derive(Clone, Copy, Debug)]
enum Cell {
    Null,
    Int(i64),
    Real(f64),
    Text(Span),
    Blob(Span),
}

/// A place in a piece.
#[derive(Clone, Copy, Debug)]
struct Span {
    piece: u32,
    start: u32,
    len: u32,
}

/// A value that is larger than anything SQLite could take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

impl Cells {
    /// Adds a value behind the others; answers how many bytes it takes.
    pub(crate) fn push(&mut self, value: &Value<'_>) -> Result<usize, TooLarge> {
        let (cell, bytes) = match value {
            Value::Null => (Cell::Null, 0),
            Value::Int(int) => (Cell::Int(*int), 0),
            Value::Real(real) => (Cell::Real(*real), 0),
            Value::Text(text) => (Cell::Text(self.keep(text)?), text.len()),
            Value::Blob(blob) => (Cell::Blob(self.keep(blob)?), blob.len()),
        };
        self.cells.push(cell);
        Ok(size_of::<Cell>() + bytes)
    }

    /// A value; NULL behind the last.
    pub(crate) fn get(&self, index: usize) -> Value<'_> {
        match self.cells.get(index) {
            None | Some(Cell::Null) => Value::Null,
            Some(Cell::Int(int)) => Value::Int(*int),
            Some(Cell::Real(real)) => Value::Real(*real),
            Some(Cell::Text(span)) => Value::Text(Cow::Borrowed(self.bytes(*span))),
            Some(Cell::Blob(span)) => Value::Blob(Cow::Borrowed(self.bytes(*span))),
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<Span, TooLarge> {
        let len = u32::try_from(bytes.len()).map_err(|_| TooLarge)?;
        let has_room = |piece: &Vec<u8>| piece.capacity() - piece.len() >= bytes.len();
        if !self.pieces.last().is_some_and(has_room) {
            let size = self.reserved.clamp(SMALLEST, LARGEST).max(bytes.len());
            self.reserved += size;
            self.pieces.push(Vec::with_capacity(size));
        }
        let piece = u32::try_from(self.pieces.len().saturating_sub(1)).map_err(|_| TooLarge)?;
        let Some(last) = self.pieces.last_mut() else { return Err(TooLarge) };
        let start = u32::try_from(last.len()).map_err(|_| TooLarge)?;
        last.extend_from_slice(bytes);
        Ok(Span { piece, start, len })
    }

    fn bytes(&self, span: Span) -> &[u8] {
        let piece = self.pieces.get(span.piece as usize).and_then(|piece| piece.get(span.start as usize..));
        piece.and_then(|rest| rest.get(..span.len as usize)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_given_back() {
        let texts: Vec<Vec<u8>> = [0, 1, 100, 255, 256, 257, 5000, LARGEST, LARGEST + 1, 3, 0]
            .iter()
            .map(|len| (0..*len).map(|at| (at % 251) as u8).collect())
            .collect();
        let (mut cells, mut expect) = (Cells::default(), Vec::new());
        for _ in 0..50 {
            for text in &texts {
                expect.push(Value::Text(text.into()));
                expect.push(Value::Blob(text.into()));
            }
            expect.extend([Value::Null, Value::Int(i64::MIN), Value::Real(0.5)]);
        }
        let bytes: usize = expect.iter().map(|value| cells.push(value).expect("fits")).sum();
        for (index, value) in expect.iter().enumerate() {
            assert_eq!(&cells.get(index), value, "{index}");
        }
        assert_eq!(cells.get(expect.len()), Value::Null);
        let text: usize = expect.iter().map(Value::heap_size).sum();
        assert_eq!(bytes, text + expect.len() * 16);
        assert!(cells.reserved < text * 2, "{} for {text}", cells.reserved);
    }
}
