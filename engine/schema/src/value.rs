//! Values of cells.

use std::borrow::Cow;

/// Text or bytes of a cell, borrowed from the row where possible. Text need not be UTF-8: the host decides.
pub type Bytes<'a> = Cow<'a, [u8]>;

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Unknown.
    Null,
    /// INTEGER, BIGINT and UNSIGNED BIGINT.
    Int(i64),
    /// DOUBLE.
    Real(f64),
    /// TEXT.
    Text(Bytes<'a>),
    /// BLOB.
    Blob(Bytes<'a>),
}

impl Value<'_> {
    /// The same value without borrowing.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Null => Value::Null,
            Value::Int(i) => Value::Int(i),
            Value::Real(r) => Value::Real(r),
            Value::Text(t) => Value::Text(Cow::Owned(t.into_owned())),
            Value::Blob(b) => Value::Blob(Cow::Owned(b.into_owned())),
        }
    }

    /// The text, if it is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&[u8]> {
        match self {
            Value::Text(t) => Some(t),
            _ => None,
        }
    }

    /// The integer: an integer, a real without a fraction, or text that is exactly a decimal integer.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(i) => Some(*i),
            #[allow(clippy::cast_possible_truncation, reason = "checked to be integral and in range")]
            Value::Real(r) if r.fract() == 0.0 && r.abs() < 9.0e18 => Some(*r as i64),
            Value::Text(t) => std::str::from_utf8(t).ok()?.trim().parse().ok(),
            _ => None,
        }
    }

    /// Memory that the value holds beyond itself, in bytes.
    #[must_use]
    pub fn heap_size(&self) -> usize {
        match self {
            Value::Text(b) | Value::Blob(b) => b.len(),
            _ => 0,
        }
    }
}

/// A text cell that borrows from the row: `|user| text(&user.shell)`.
#[must_use]
pub fn text<T: AsRef<[u8]> + ?Sized>(bytes: &T) -> Option<Bytes<'_>> {
    Some(Cow::Borrowed(bytes.as_ref()))
}

/// A text cell that is made on demand: `|file| owned(format!("{:04o}", file.mode))`.
#[must_use]
pub fn owned<'a>(bytes: impl Into<Vec<u8>>) -> Option<Bytes<'a>> {
    Some(Cow::Owned(bytes.into()))
}
