//! Rows of a result as the differ keeps them: columns in the order of their names, values with their types.
//!
//! In a record one value follows another: a tag, and for numbers eight bytes, for text its length (LEB128) and its bytes. Reals are
//! kept bit for bit. Records of one shape (the names of the columns, kept apart) are equal if they are the same bytes.

use plumb_sql::{Cell, render_real};
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
    /// Bytes of the names.
    size: usize,
}

impl Shape {
    /// The shape of a statement's result. Of columns with one name the last counts.
    #[must_use]
    pub fn new<'a>(columns: impl IntoIterator<Item = &'a str>) -> Self {
        let mut places: Vec<(&str, usize)> =
            columns.into_iter().enumerate().map(|(place, name)| (name, place)).collect();
        places.sort_unstable_by_key(|(name, place)| (*name, std::cmp::Reverse(*place)));
        places.dedup_by_key(|(name, _)| *name);
        let size = places.iter().map(|(name, _)| name.len()).sum();
        let (names, places) = places.into_iter().map(|(name, place)| (name.to_owned(), place)).unzip();
        Self { names, places, size }
    }

    /// Appends the values of a row in the order of the names. Answers what the row counts in `output_size`: the bytes of names and
    /// values, numbers as eight.
    pub fn encode<'r>(&self, text_as: TextAs, cell: impl Fn(usize) -> Cell<'r>, record: &mut Vec<u8>) -> u64 {
        let mut size = self.size;
        for place in &self.places {
            match cell(*place) {
                Cell::Null => record.push(NULL),
                Cell::Int(int) => {
                    size += 8;
                    record.push(INT);
                    record.extend(int.to_le_bytes());
                }
                Cell::Real(real) => {
                    size += 8;
                    record.push(REAL);
                    record.extend(real.to_bits().to_le_bytes());
                }
                Cell::Text(text) => {
                    size += text.len();
                    encode_text(&text_as.shown(text), record);
                }
                // A blob is text up to its first NUL.
                Cell::Blob(blob) => {
                    size += blob.len();
                    let end = blob.iter().position(|byte| *byte == 0).unwrap_or(blob.len());
                    encode_text(&text_as.shown(blob.get(..end).unwrap_or(blob)), record);
                }
            }
        }
        size as u64
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

/// How text is kept. A byte that is not shown becomes `\xHH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextAs {
    /// Differential results: bytes that are neither printable nor part of a character are not shown.
    Printable,
    /// Snapshots: bytes that are not part of a character are not shown.
    Characters,
}

impl TextAs {
    fn shown(self, text: &[u8]) -> Cow<'_, [u8]> {
        let plain = |byte: &u8| (0x20..0x7f).contains(byte);
        if text.iter().all(plain) || (self == Self::Characters && std::str::from_utf8(text).is_ok()) {
            return Cow::Borrowed(text);
        }
        Cow::Owned(shown(text, self == Self::Printable))
    }
}

fn shown(text: &[u8], controls: bool) -> Vec<u8> {
    let mut shown = String::with_capacity(text.len() + 8);
    for chunk in text.utf8_chunks() {
        for char in chunk.valid().chars() {
            if controls && char.is_ascii_control() {
                let _ = write!(shown, "\\x{:02X}", char as u8);
            } else {
                shown.push(char);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\x{byte:02X}");
        }
    }
    shown.into_bytes()
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

/// Appends fields as a JSON object. With `numerics` numbers are numbers; else every value is text, and so is what is unknown:
/// the empty one.
pub fn push_object(names: &[String], fields: &[Field], numerics: bool, json: &mut Vec<u8>) {
    json.push(b'{');
    for (place, (name, field)) in names.iter().zip(fields).enumerate() {
        if place > 0 {
            json.push(b',');
        }
        push_text(name, json);
        json.push(b':');
        match field {
            Field::Null => json.extend(b"\"\""),
            Field::Text(text) => push_text(text, json),
            Field::Int(int) if numerics => json.extend(int.to_string().bytes()),
            Field::Int(int) => push_text(&int.to_string(), json),
            // JSON has no infinite numbers.
            Field::Real(real) if numerics && real.is_finite() => json.extend(number(*real).bytes()),
            Field::Real(real) => push_text(&render_real(*real), json),
        }
    }
    json.push(b'}');
}

/// A number of JSON that reads back as the same: `100000000000000000000.0`, `1e300`.
fn number(real: f64) -> String {
    let plain = (1e-6..1e21).contains(&real.abs()) || real == 0.0;
    let mut text = if plain { real.to_string() } else { format!("{real:e}") };
    if plain && !text.contains('.') {
        text.push_str(".0");
    }
    text
}

/// Appends text as a JSON string.
pub fn push_text(text: &str, json: &mut Vec<u8>) {
    // Writing to memory does not fail, and text is always JSON.
    let _ = serde_json::to_writer(json, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text_as: TextAs, cell: &[u8]) -> String {
        String::from_utf8(text_as.shown(cell).into_owned()).unwrap()
    }

    #[test]
    fn what_is_not_printable_is_escaped() {
        for (bytes, printable, characters) in [
            (&b"plain"[..], "plain", "plain"),
            (b"", "", ""),
            ("ä€𝄞".as_bytes(), "ä€𝄞", "ä€𝄞"),
            (b"\xffA\n", "\\xFFA\\x0A", "\\xFFA\n"),
            (b"a\nb\x01\x7f", "a\\x0Ab\\x01\\x7F", "a\nb\x01\x7f"),
            (b"\xe2\x82", "\\xE2\\x82", "\\xE2\\x82"),
            (b"back\\slash", "back\\slash", "back\\slash"),
        ] {
            assert_eq!(text(TextAs::Printable, bytes), printable, "{bytes:?}");
            assert_eq!(text(TextAs::Characters, bytes), characters, "{bytes:?}");
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
        shape.encode(TextAs::Printable, |place| cells[place], &mut record);
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
        let fields = [Field::Int(5), Field::Null, Field::Real(1.5), Field::Text("\"5\"".to_owned())];
        let show = |numerics| {
            let mut json = Vec::new();
            push_object(&names, &fields, numerics, &mut json);
            String::from_utf8(json).unwrap()
        };
        assert_eq!(show(false), r#"{"i":"5","n":"","r":"1.5","t":"\"5\""}"#);
        assert_eq!(show(true), r#"{"i":5,"n":"","r":1.5,"t":"\"5\""}"#);
    }

    #[test]
    fn numbers_read_back() {
        for (real, expect) in [
            (1e20, "100000000000000000000.0"),
            (1e21, "1e21"),
            (1e300, "1e300"),
            (-1.5e-9, "-1.5e-9"),
            (-0.0, "-0.0"),
            (100.0, "100.0"),
            (0.1, "0.1"),
            (9_007_199_254_740_993.0, "9007199254740992.0"),
        ] {
            assert_eq!(number(real), expect);
            assert_eq!(number(real).parse::<f64>().unwrap().to_bits(), real.to_bits());
        }
    }
}
