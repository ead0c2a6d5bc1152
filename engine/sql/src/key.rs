//! Keys for looking rows up by equality, when it is not known yet which affinity SQLite will apply.
//!
//! Constraint values reach a virtual table as they were written: `pid = '7'` comes as text. Two values that SQLite may
//! find equal must have equal keys; the opposite need not hold, since SQLite compares again. So what looks numeric to
//! SQLite is a number, other text is folded by the column's collation, and blobs stay blobs.

use plumb_schema::{Bytes, Collation, Value};
use std::borrow::Cow;

/// 2^53: below it every integer is a double and the other way round.
const EXACT: u64 = 1 << 53;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key<'a> {
    /// A number without a fraction.
    Int(i64),
    /// A number with a fraction or beyond 64 bits, by its integer part. Text and column may round differently in the
    /// last digit, so the fraction is left to SQLite.
    Real(i64),
    /// Other text.
    Text(Bytes<'a>),
    /// Bytes.
    Blob(Bytes<'a>),
}

impl<'a> Key<'a> {
    /// The key of a value under a collation; `None` for NULL, which equals nothing.
    pub(crate) fn new(value: &'a Value<'_>, collation: Collation) -> Option<Self> {
        Some(match value {
            Value::Null => return None,
            Value::Int(int) => Self::int(*int),
            Value::Real(real) => Self::number(*real),
            Value::Blob(bytes) => Self::Blob(Cow::Borrowed(bytes)),
            Value::Text(text) => match numeric(text) {
                Some(key) => key,
                None => Self::Text(fold(text, collation)),
            },
        })
    }

    /// The value itself as a key, for what asks for nothing else: nothing folded, and other numbers are other keys.
    pub(crate) fn exact(value: &'a Value<'_>) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::Int(int) => Some(Self::Int(*int)),
            Value::Real(real) => Some(Self::Real(real.to_bits().cast_signed())),
            Value::Text(text) => Some(Self::Text(Cow::Borrowed(text))),
            Value::Blob(bytes) => Some(Self::Blob(Cow::Borrowed(bytes))),
        }
    }

    /// The same key without borrowing.
    pub(crate) fn into_owned(self) -> Key<'static> {
        match self {
            Self::Int(int) => Key::Int(int),
            Self::Real(int) => Key::Real(int),
            Self::Text(text) => Key::Text(Cow::Owned(text.into_owned())),
            Self::Blob(bytes) => Key::Blob(Cow::Owned(bytes.into_owned())),
        }
    }

    /// From 2^53 on a double may equal an integer, so both are kept alike.
    fn int(int: i64) -> Self {
        if int.unsigned_abs() < EXACT { Self::Int(int) } else { Self::Real(int) }
    }

    fn number(real: f64) -> Self {
        // Below 2^53 an integral double is that integer and nothing else.
        #[allow(clippy::cast_possible_truncation, reason = "saturates, on both sides alike")]
        if real.fract() == 0.0 && real.abs() < EXACT as f64 { Self::Int(real as i64) } else { Self::Real(real as i64) }
    }

    /// Whether a column of this collation can be probed: equality under it must be equality of keys.
    pub(crate) fn supports(collation: Collation) -> bool {
        matches!(collation, Collation::Binary | Collation::NoCase)
    }
}

fn fold(text: &[u8], collation: Collation) -> Bytes<'_> {
    match collation {
        Collation::NoCase if text.iter().any(u8::is_ascii_uppercase) => Cow::Owned(text.to_ascii_lowercase()),
        _ => Cow::Borrowed(text),
    }
}

/// What numeric affinity makes of text: a number if the whole text, less blanks at both ends, is a decimal number.
fn numeric(text: &[u8]) -> Option<Key<'static>> {
    let text = trim(text);
    // SQLite never reads infinity from text, but writes it so when a real meets a text column.
    if text.eq_ignore_ascii_case(b"inf") {
        return Some(Key::number(f64::INFINITY));
    }
    if text.eq_ignore_ascii_case(b"-inf") {
        return Some(Key::number(f64::NEG_INFINITY));
    }
    // Most text fails at its first byte.
    if !matches!(text.first()?, b'0'..=b'9' | b'+' | b'-' | b'.') {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    if !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) {
        return None;
    }
    match text.parse::<i64>() {
        Ok(int) => Some(Key::int(int)),
        Err(_) => text.parse::<f64>().ok().map(Key::number),
    }
}

/// Without what SQLite takes for a blank at both ends.
fn trim(mut text: &[u8]) -> &[u8] {
    let blank = |byte: u8| matches!(byte, b' ' | 0x09..=0x0d);
    while let [first, rest @ ..] = text
        && blank(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && blank(*last)
    {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;
    use rusqlite::types::Value as Sql;

    /// Only text that folding changes is copied.
    #[test]
    fn folding_copies_what_it_changes() {
        for (text, collation, copied) in [
            ("", Collation::NoCase, false),
            ("abc 1\u{e9}", Collation::NoCase, false),
            ("abC", Collation::NoCase, true),
            ("ABC", Collation::Binary, false),
        ] {
            let folded = fold(text.as_bytes(), collation);
            assert_eq!(matches!(folded, Cow::Owned(_)), copied, "{text}");
            let expect = if copied { text.to_ascii_lowercase() } else { text.to_owned() };
            assert_eq!(folded.as_ref(), expect.as_bytes());
        }
    }

    fn to_sql(value: &Value<'_>) -> Sql {
        match value {
            Value::Null => Sql::Null,
            Value::Int(i) => Sql::Integer(*i),
            Value::Real(r) => Sql::Real(*r),
            Value::Text(t) => Sql::Text(String::from_utf8(t.to_vec()).unwrap()),
            Value::Blob(b) => Sql::Blob(b.to_vec()),
        }
    }

    /// Whatever SQLite finds equal, in a column of any type, has one key.
    #[test]
    fn equal_values_have_equal_keys() {
        let text = |t: &str| Value::Text(t.as_bytes().to_vec().into());
        let big = 9_007_199_254_740_993_i64;
        let mut values = vec![
            Value::Int(0),
            Value::Int(5),
            Value::Int(-5),
            Value::Int(big),
            Value::Int(i64::MAX),
            Value::Int(i64::MIN),
            Value::Real(0.0),
            Value::Real(-0.0),
            Value::Real(5.0),
            Value::Real(5.5),
            Value::Real(1e300),
            Value::Real(9_007_199_254_740_992.0),
            Value::Real(9.3e18),
            Value::Real(f64::INFINITY),
            Value::Real(0.1 + 0.2),
            Value::Blob(b"5".to_vec().into()),
            Value::Blob(b"".to_vec().into()),
        ];
        for t in [
            "",
            "5",
            "05",
            " 5",
            "5 ",
            "+5",
            "5.0",
            "5.",
            ".5",
            "5e0",
            "5E0",
            "5.5",
            "-5",
            "0",
            "-0",
            "0x5",
            "5x",
            "x",
            "X",
            "9007199254740993",
            "9007199254740992.0",
            "9223372036854775807",
            "9223372036854775808",
            "1e300",
            "1e999",
            "inf",
            "nan",
            "0.30000000000000004",
            "0.30000000000000004000",
            "-",
            "+",
            ".",
            "e5",
            "5e",
            "\u{a0}5",
            "5\t\n",
            "\u{b}5\u{c}",
        ] {
            values.push(text(t));
        }
        let db = Connection::open_in_memory().unwrap();
        let mut equal = 0;
        for (kind, collation) in [
            ("TEXT", Collation::Binary),
            ("TEXT COLLATE NOCASE", Collation::NoCase),
            ("INTEGER", Collation::Binary),
            ("BIGINT", Collation::Binary),
            ("DOUBLE", Collation::Binary),
            ("BLOB", Collation::Binary),
        ] {
            // The column of a virtual table holds values without affinity applied; a view of a typed column that was
            // written as BLOB cannot be had, so the column is written and its stored value is what has the key.
            db.execute_batch(&format!("DROP TABLE IF EXISTS t; CREATE TABLE t (c {kind}, o ANY)")).unwrap();
            for left in &values {
                db.execute("DELETE FROM t", ()).unwrap();
                db.execute("INSERT INTO t (c) VALUES (?)", [to_sql(left)]).unwrap();
                let stored = db.query_row("SELECT c FROM t", (), |row| row.get::<_, Sql>(0)).unwrap();
                let stored = match stored {
                    Sql::Null => Value::Null,
                    Sql::Integer(i) => Value::Int(i),
                    Sql::Real(r) => Value::Real(r),
                    Sql::Text(t) => Value::Text(t.into_bytes().into()),
                    Sql::Blob(b) => Value::Blob(b.into()),
                };
                for right in &values {
                    let same: bool =
                        db.query_row("SELECT count(*) FROM t WHERE c = ?", [to_sql(right)], |row| row.get(0)).unwrap();
                    if same {
                        equal += 1;
                        assert_eq!(
                            Key::new(&stored, collation),
                            Key::new(right, collation),
                            "{kind}: {stored:?} = {right:?}"
                        );
                    }
                }
            }
        }
        assert!(equal > 200, "{equal}");
    }
}
