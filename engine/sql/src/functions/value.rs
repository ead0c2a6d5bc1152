//! Arguments and answers: views of SQLite's values that convert as SQLite does.

use crate::real::{Short, short_real};
use rusqlite::functions::Context;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use std::fmt::Write;
use std::ops::Deref;

/// The arguments of a call. One that was not given is NULL.
pub(super) struct Args<'c, 'a>(pub(super) &'c Context<'a>);

impl<'c> Args<'c, '_> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, index: usize) -> ValueRef<'c> {
        if index < self.0.len() { self.0.get_raw(index) } else { ValueRef::Null }
    }

    /// The text form; `None` for NULL.
    pub(super) fn text(&self, index: usize) -> Option<Text<'c>> {
        text(self.get(index))
    }

    /// The bytes of an argument that is text and nothing else.
    pub(super) fn strict_text(&self, index: usize) -> Option<&'c [u8]> {
        match self.get(index) {
            ValueRef::Text(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// As an integer, as CAST would; `None` for NULL.
    pub(super) fn int(&self, index: usize) -> Option<i64> {
        match self.get(index) {
            ValueRef::Null => None,
            value => Some(int(value)),
        }
    }
}

/// The text form of a value: borrowed from SQLite, or a number's digits.
pub(super) enum Text<'a> {
    Borrowed(&'a [u8]),
    Number(Short),
}

impl Deref for Text<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Text::Borrowed(bytes) => bytes,
            Text::Number(short) => short.as_bytes(),
        }
    }
}

/// The text form of a value; `None` for NULL.
pub(super) fn text(value: ValueRef<'_>) -> Option<Text<'_>> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(i) => {
            let mut short = Short::new();
            // Twenty bytes at most: it fits.
            let _ = write!(short, "{i}");
            Some(Text::Number(short))
        }
        ValueRef::Real(r) => Some(Text::Number(short_real(r))),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(Text::Borrowed(bytes)),
    }
}

/// `CAST(value AS INTEGER)`; 0 for NULL.
pub(super) fn int(value: ValueRef<'_>) -> i64 {
    match value {
        ValueRef::Null => 0,
        ValueRef::Integer(i) => i,
        #[allow(clippy::cast_possible_truncation, reason = "saturates, as SQLite does")]
        ValueRef::Real(r) => r as i64,
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            let bytes = skip_space(bytes);
            let end = prefix_of_digits(bytes, sign(bytes));
            let digits = bytes.get(..end).and_then(|digits| std::str::from_utf8(digits).ok());
            match digits.unwrap_or_default().parse() {
                Ok(i) => i,
                // Only a number too large has digits and does not parse.
                Err(_) if end == sign(bytes) => 0,
                Err(_) if bytes.first() == Some(&b'-') => i64::MIN,
                Err(_) => i64::MAX,
            }
        }
    }
}

/// `CAST(value AS REAL)`; 0 for NULL.
pub(super) fn real(value: ValueRef<'_>) -> f64 {
    match value {
        ValueRef::Null => 0.0,
        ValueRef::Integer(i) => i as f64,
        ValueRef::Real(r) => r,
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            let bytes = skip_space(bytes);
            let number = bytes.get(..prefix_of_real(bytes)).and_then(|number| std::str::from_utf8(number).ok());
            number.and_then(|number| number.parse().ok()).unwrap_or(0.0)
        }
    }
}

fn skip_space(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| !is_space(*byte)).unwrap_or(bytes.len());
    bytes.get(start..).unwrap_or_default()
}

/// What C calls space.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Length of a sign at the start.
fn sign(bytes: &[u8]) -> usize {
    usize::from(matches!(bytes.first(), Some(b'+' | b'-')))
}

/// Where the digits from a position on end.
fn prefix_of_digits(bytes: &[u8], from: usize) -> usize {
    from + bytes.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Length of the longest prefix that is a number, if one is: a point alone, or an exponent alone, has no digits.
fn prefix_of_real(bytes: &[u8]) -> usize {
    let mut end = prefix_of_digits(bytes, sign(bytes));
    if bytes.get(end) == Some(&b'.') {
        end = prefix_of_digits(bytes, end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let start = end + 1 + sign(bytes.get(end + 1..).unwrap_or_default());
        let exponent = prefix_of_digits(bytes, start);
        if exponent > start {
            end = exponent;
        }
    }
    end
}

/// What a function answers.
pub(super) enum Answer {
    Null,
    Int(i64),
    Real(f64),
    Text(Vec<u8>),
    /// Text that needs no allocation.
    Inline([u8; Self::INLINE], u8),
    Fixed(&'static str),
    /// The argument at a place, unchanged.
    Argument(usize),
}

impl Answer {
    /// A hexadecimal SHA-256 has 64 bytes.
    const INLINE: usize = 64;

    /// Text, copied.
    pub(super) fn text(bytes: &[u8]) -> Self {
        let mut inline = [0; Self::INLINE];
        match inline.get_mut(..bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                #[allow(clippy::cast_possible_truncation, reason = "at most 64")]
                let len = bytes.len() as u8;
                Self::Inline(inline, len)
            }
            None => Self::Text(bytes.to_vec()),
        }
    }

    pub(super) fn bool(yes: bool) -> Self {
        Self::Int(i64::from(yes))
    }
}

impl ToSql for Answer {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(i) => ValueRef::Integer(*i),
            Self::Real(r) => ValueRef::Real(*r),
            Self::Text(text) => ValueRef::Text(text),
            Self::Inline(text, len) => ValueRef::Text(text.get(..usize::from(*len)).unwrap_or_default()),
            Self::Fixed(text) => ValueRef::Text(text.as_bytes()),
            Self::Argument(index) => return Ok(ToSqlOutput::Arg(*index)),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    /// Our conversions of text against SQLite's own.
    #[test]
    fn casts_as_sqlite() {
        let connection = Connection::open_in_memory().unwrap();
        let sql = "select cast(?1 as integer), cast(?1 as real), cast(cast(?1 as blob) as integer)";
        let mut statement = connection.prepare(sql).unwrap();
        for sample in [
            "",
            " ",
            "x",
            "5",
            "-7",
            "+8",
            " \t\n 8",
            "8 ",
            "1.5",
            "-1.5x",
            ".5",
            "5.",
            ".",
            "-",
            "+",
            "-.",
            "1e3",
            "1e",
            "1e+",
            "1e-2",
            "1E5",
            "1.5e3x",
            "e5",
            "0x10",
            "010",
            "99999999999",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "-9223372036854775809",
            "99999999999999999999999",
            "1e400",
            "-1e400",
            "1e-400",
            "inf",
            "nan",
            "--5",
            "1_000",
            "1,5",
            "\u{a0}5",
        ] {
            let (i, r, b): (i64, f64, i64) =
                statement.query_row([sample], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
            let value = ValueRef::Text(sample.as_bytes());
            assert_eq!((int(value), int(ValueRef::Blob(sample.as_bytes()))), (i, b), "{sample:?}");
            assert!(real(value).to_bits() == r.to_bits() || real(value) == r, "{sample:?} {} {r}", real(value));
        }
        for sample in [0.0, 1.9, -1.9, 9e18, 1e19, -1e19, f64::INFINITY, f64::NEG_INFINITY] {
            let theirs: i64 = connection.query_row("select cast(? as integer)", [sample], |row| row.get(0)).unwrap();
            assert_eq!(int(ValueRef::Real(sample)), theirs);
        }
    }
}
