//! Reading what programs print into rows.

use crate::answer::{Cell, Row};
use serde_json::Value;

/// A cell of text.
pub(super) fn cell(bytes: impl AsRef<[u8]>) -> Cell {
    Some(bytes.as_ref().to_vec())
}

/// A row of cells.
pub(super) fn row<const N: usize>(cells: [(&str, Cell); N]) -> Row {
    cells.into_iter().map(|(name, cell)| (name.to_owned(), cell)).collect()
}

/// The lines, without the empty ones.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

/// Words between white space.
pub(super) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// The first words of a line, and what follows them (without the white space between).
pub(super) fn words_and_rest(line: &[u8], count: usize) -> (Vec<&[u8]>, &[u8]) {
    let mut rest = line.trim_ascii_start();
    let mut words = Vec::new();
    while words.len() < count && !rest.is_empty() {
        let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after.trim_ascii_start();
    }
    (words, rest)
}

/// Text of bytes that ought to be text.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A row of named fields; a field without a name is left out, and so is a name without a field.
pub(super) fn named<'a>(names: &[&str], fields: impl IntoIterator<Item = &'a [u8]>) -> Row {
    let pairs = names.iter().zip(fields).filter(|(name, _)| !name.is_empty());
    pairs.map(|(name, field)| ((*name).to_owned(), cell(field))).collect()
}

/// One row a line, fields separated by a byte. Lines with too few fields are none of ours.
pub(super) fn separated(bytes: &[u8], separator: u8, names: &[&str]) -> Vec<Row> {
    let fields = |line: &[u8]| line.split(|byte| *byte == separator).count() >= names.len();
    let row = |line: &[u8]| named(names, line.split(|byte| *byte == separator));
    lines(bytes).filter(|line| fields(line)).map(row).collect()
}

/// One row a line, fields separated by white space, the last one being the rest of the line.
pub(super) fn columns(bytes: &[u8], names: &[&str]) -> Vec<Row> {
    let row = |line| {
        let (words, rest) = words_and_rest(line, names.len().saturating_sub(1));
        named(names, words.into_iter().chain([rest.trim_ascii_end()]))
    };
    lines(bytes).map(row).collect()
}

/// Rows of a fixed number of fields, each ended by a zero byte: what holds any file name.
pub(super) fn zero_ended(bytes: &[u8], names: &[&str]) -> Vec<Row> {
    let fields: Vec<&[u8]> = bytes.strip_suffix(b"\0").unwrap_or(bytes).split(|byte| *byte == 0).collect();
    if bytes.is_empty() {
        return Vec::new();
    }
    fields.chunks_exact(names.len()).map(|chunk| named(names, chunk.iter().copied())).collect()
}

/// The elements of a JSON array.
pub(super) fn json(bytes: &[u8]) -> Vec<Value> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Array(values)) => values,
        _ => Vec::new(),
    }
}

/// A value of JSON as a cell.
pub(super) fn json_cell(value: &Value) -> Cell {
    match value {
        Value::Null => None,
        Value::String(text) => cell(text),
        other => cell(other.to_string()),
    }
}

/// The cells of a row under other names: where program and table call the same thing differently.
pub(super) fn change(mut row: Row, name: &str, change: impl FnOnce(&[u8]) -> Cell) -> Row {
    if let Some(cell) = row.get_mut(name) {
        *cell = cell.as_deref().and_then(change);
    }
    row
}

/// Seconds since the epoch of `2026-11-23T05:40:15` or `2026-11-23 05:40:15`, in UTC.
pub(super) fn epoch(text: &str) -> Option<i64> {
    let mut numbers = text.get(..19)?.split(['-', 'T', ' ', ':']).map(str::parse::<i64>);
    let mut next = || numbers.next()?.ok();
    let (year, month, day, hour, minute, second) = (next()?, next()?, next()?, next()?, next()?, next()?);
    // Days before a month, counted from March: leap days come last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(rows: &[Row]) -> Vec<String> {
        let cell = |(name, cell): (&String, &Cell)| format!("{name}={}", text(cell.as_deref().unwrap_or(b"NULL")));
        rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn tables() {
        assert_eq!(shown(&separated(b"a:b:c\nx\n\nd:e:f:g\n", b':', &["1", "", "3"])), ["1=a 3=c", "1=d 3=f"]);
        assert_eq!(shown(&columns(b"  1  2 the rest \n3 4\n", &["a", "b", "c"])), ["a=1 b=2 c=the rest", "a=3 b=4 c="]);
        assert_eq!(shown(&zero_ended(b"a\nb\x001\0c\0\0", &["n", "v"])), ["n=a\nb v=1", "n=c v="]);
        assert_eq!(shown(&zero_ended(b"", &["n", "v"])), Vec::<String>::new());
    }

    #[test]
    fn moments() {
        for (text, expect) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29 12:00:01", Some(951_825_601)),
            ("2026-11-23T05:40:15,123456+00:00", Some(1_795_412_415)),
            ("2026-11-23", None),
            ("2026-11-23T05:40:xx", None),
        ] {
            assert_eq!(epoch(text), expect, "{text}");
        }
    }
}
