//! Rows of a result as the differ keeps them: columns in the order of their names, values with their types.
//!
//! In a record one value follows another: a tag, and for numbers eight bytes, for text its length (LEB128) and its bytes. Reals are
//! kept bit for bit. Records of one shape (the names of the columns, kept apart) are equal if they are the same bytes.

use plumb_sql::{Cell, render_real};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::fmt::Write as _;

const NULL: u8 = 0;
const INT: u8 = 1;
const REAL: u8 = 2;
const TEXT: u8 = 3;

/// The columns of a result: their names in byte order, and where each of them stands in a row of the statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Names in byte order, each once.
    pub names: Vec<String>,
    places: Vec<usize>,
}

impl Shape {
    /// The shape of a statement's result. Of columns with one name the last counts.
    #[must_use]
    pub fn new<'a>(columns: impl IntoIterator<Item = &'a str>) -> Self {
        let mut places: Vec<(&str, usize)> =
            columns.into_iter().enumerate().map(|(place, name)| (name, place)).collect();
        places.sort_unstable_by_key(|(name, place)| (*name, std::cmp::Reverse(*place)));
        places.dedup_by_key(|(name, _)| *name);
        let (names, places) = places.into_iter().map(|(name, place)| (name.to_owned(), place)).unzip();
        Self { names, places }
    }

    /// Appends the values of a row in the order of the names.
    pub fn encode<'r>(&self, cell: impl Fn(usize) -> Cell<'r>, record: &mut Vec<u8>) {
        for place in &self.places {
            match cell(*place) {
                Cell::Null => record.push(NULL),
                Cell::Int(int) => {
                    record.push(INT);
                    record.extend(int.to_le_bytes());
                }
                Cell::Real(real) => {
                    record.push(REAL);
                    record.extend(real.to_bits().to_le_bytes());
                }
                Cell::Text(text) => encode_text(&printable(text), record),
                // A blob is text up to its first NUL.
                Cell::Blob(blob) => {
                    let end = blob.iter().position(|byte| *byte == 0).unwrap_or(blob.len());
                    encode_text(&printable(blob.get(..end).unwrap_or(blob)), record);
                }
            }
        }
    }
}

fn encode_text(text: &[u8], record: &mut Vec<u8>) {
    record.push(TEXT);
    encode_number(text.len() as u64, record);
    record.extend(text);
}

/// LEB128.
pub(super) fn encode_number(mut number: u64, record: &mut Vec<u8>) {
    while number >= 0x80 {
        record.push(number as u8 | 0x80);
        number >>= 7;
    }
    record.push(number as u8);
}

/// Text as differential results show it: a byte that is neither printable nor part of a character becomes `\xHH`.
fn printable(text: &[u8]) -> Cow<'_, [u8]> {
    let plain = |byte: &u8| (0x20..0x7f).contains(byte);
    if text.iter().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for chunk in text.utf8_chunks() {
        for char in chunk.valid().chars() {
            if char.is_ascii() && !plain(&(char as u8)) {
                let _ = write!(shown, "\\x{:02X}", char as u8);
            } else {
                shown.push(char);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\x{byte:02X}");
        }
    }
    Cow::Owned(shown.into_bytes())
}

/// A value of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// Unknown.
    Null,
    /// An integer.
    Int(i64),
    /// A real number.
    Real(f64),
    /// Text, printable.
    Text(String),
}

/// The values of a record of so many columns; none if the bytes are no such record.
#[must_use]
pub fn fields(record: &[u8], count: usize) -> Option<Vec<Field>> {
    let mut reader = Reader(record);
    let fields = (0..count).map(|_| reader.field()).collect::<Option<Vec<_>>>()?;
    reader.0.is_empty().then_some(fields)
}

/// Reads what was encoded.
#[derive(Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl Reader<'_> {
    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn field(&mut self) -> Option<Field> {
        let eight = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_le_bytes);
        match *self.take(1)?.first()? {
            NULL => Some(Field::Null),
            INT => self.take(8).and_then(eight).map(|bits| Field::Int(bits.cast_signed())),
            REAL => self.take(8).and_then(eight).map(|bits| Field::Real(f64::from_bits(bits))),
            TEXT => {
                let length = usize::try_from(self.number()?).ok()?;
                let text = std::str::from_utf8(self.take(length)?).ok()?;
                Some(Field::Text(text.to_owned()))
            }
            _ => None,
        }
    }
}

/// Fields as the object `columns` of a result line. With `numerics` numbers are numbers; else every value is text, and so is
/// what is unknown: the empty one.
#[must_use]
pub fn columns(names: &[String], fields: Vec<Field>, numerics: bool) -> Map<String, Value> {
    let value = |field| match field {
        Field::Null => Value::String(String::new()),
        Field::Text(text) => Value::String(text),
        Field::Int(int) if numerics => Value::Number(int.into()),
        Field::Int(int) => Value::String(int.to_string()),
        // JSON has no infinite numbers.
        Field::Real(real) => match Number::from_f64(real) {
            Some(number) if numerics => Value::Number(number),
            _ => Value::String(render_real(real)),
        },
    };
    names.iter().cloned().zip(fields.into_iter().map(value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cell: &[u8]) -> String {
        String::from_utf8(printable(cell).into_owned()).unwrap()
    }

    #[test]
    fn what_is_not_printable_is_escaped() {
        for (bytes, expect) in [
            (&b"plain"[..], "plain"),
            (b"", ""),
            ("ä€𝄞".as_bytes(), "ä€𝄞"),
            (b"\xffA", "\\xFFA"),
            (b"a\nb\x01\x7f", "a\\x0Ab\\x01\\x7F"),
            (b"\xe2\x82", "\\xE2\\x82"),
            (b"back\\slash", "back\\slash"),
        ] {
            assert_eq!(text(bytes), expect, "{bytes:?}");
        }
    }

    #[test]
    fn records_read_back() {
        let shape = Shape::new(["b", "a", "c", "a", "d", "e"]);
        assert_eq!(shape.names, ["a", "b", "c", "d", "e"]);
        let long = "x".repeat(300);
        let cells = [
            Cell::Int(i64::MIN),
            Cell::Text(b"first a"),
            Cell::Real(-0.0),
            Cell::Text(b"last a"),
            Cell::Blob(b"blob\0hidden"),
            Cell::Text(long.as_bytes()),
        ];
        let mut record = Vec::new();
        shape.encode(|place| cells[place], &mut record);
        let read = fields(&record, 5).unwrap();
        let Field::Real(real) = read[2] else { panic!("{read:?}") };
        assert_eq!(real.to_bits(), (-0.0_f64).to_bits());
        assert_eq!(read[0], Field::Text("last a".to_owned()));
        assert_eq!(read[1], Field::Int(i64::MIN));
        assert_eq!(read[3], Field::Text("blob".to_owned()));
        assert_eq!(read[4], Field::Text(long));
        // Whatever is cut off is no record.
        for end in 0..record.len() {
            assert_eq!(fields(&record[..end], 5), None, "{end}");
        }
        assert_eq!(fields(&record, 4), None);
    }

    #[test]
    fn values_as_text_and_as_numbers() {
        let names: Vec<String> = ["i", "n", "r", "t"].map(str::to_owned).into();
        let fields = || vec![Field::Int(5), Field::Null, Field::Real(1.5), Field::Text("\"5\"".to_owned())];
        let show = |numerics| serde_json::to_string(&columns(&names, fields(), numerics)).unwrap();
        assert_eq!(show(false), r#"{"i":"5","n":"","r":"1.5","t":"\"5\""}"#);
        assert_eq!(show(true), r#"{"i":5,"n":"","r":1.5,"t":"\"5\""}"#);
    }
}
