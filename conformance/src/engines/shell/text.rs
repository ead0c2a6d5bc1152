//! What such agents are told, and what they print.

use super::process::Output;
use super::{GARBAGE, MARK};
use crate::answer::{Cell, Row};
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) fn error_line(err: &str) -> Option<&str> {
    err.lines().find(|line| line.starts_with("Error: "))
}

/// Whether a statement can stand in a FROM clause.
pub(super) fn is_question(sql: &str) -> bool {
    let word: String = sql.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
    ["SELECT", "WITH", "VALUES"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// The arrays of rows in an output.
pub(super) fn arrays(out: &str) -> Result<Vec<Vec<Row>>, String> {
    let values = serde_json::Deserializer::from_str(out).into_iter::<Vec<serde_json::Map<String, Value>>>();
    let cell = |value: Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.into_bytes()),
        other => Some(other.to_string().into_bytes()),
    };
    values
        .map(|array| {
            let rows = array.map_err(|error| format!("{GARBAGE}: {error}"))?;
            Ok(rows.into_iter().map(|row| row.into_iter().map(|(name, value)| (name, cell(value))).collect()).collect())
        })
        .collect()
}

/// The answers that are beyond doubt, by the number of the statement. An empty answer is not when there were complaints.
pub(super) fn marked(output: &Output, count: usize) -> BTreeMap<usize, Vec<Row>> {
    let mut sure = BTreeMap::new();
    let mut pending: Option<Vec<Row>> = None;
    for rows in arrays(&output.out).unwrap_or_default() {
        match mark(&rows) {
            Some(place) if place < count => {
                if let Some(rows) = pending.take()
                    && (!rows.is_empty() || output.err.is_empty())
                {
                    sure.insert(place, rows);
                }
            }
            _ => pending.get_or_insert_default().extend(rows),
        }
    }
    // What a process printed before it crashed may be anything.
    if output.crashed() { BTreeMap::new() } else { sure }
}

fn mark(rows: &[Row]) -> Option<usize> {
    let [row] = rows else { return None };
    if row.len() != 1 {
        return None;
    }
    std::str::from_utf8(row.get(MARK)?.as_deref()?).ok()?.parse().ok()
}

pub(super) fn unquoted(mut rows: Vec<Row>) -> Vec<Row> {
    for cell in rows.iter_mut().flat_map(BTreeMap::values_mut) {
        *cell = cell.as_deref().and_then(unquote);
    }
    rows
}

/// What `quote` was given: text and blobs become bytes, numbers stay as they are written.
fn unquote(literal: &[u8]) -> Cell {
    let inside = |start: usize| literal.get(start..literal.len().saturating_sub(1)).unwrap_or_default();
    match literal {
        b"NULL" => None,
        [b'\'', .., b'\''] => {
            let mut quotes = 0;
            let single = |byte: &u8| {
                quotes = if *byte == b'\'' { quotes + 1 } else { 0 };
                quotes % 2 == 0 || *byte != b'\''
            };
            Some(inside(1).iter().copied().filter(single).collect())
        }
        [b'X' | b'x', b'\'', .., b'\''] => {
            let digits = inside(2).chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
            Some(digits.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect())
        }
        other => Some(other.to_vec()),
    }
}

/// Splits a command as a shell would: blanks separate, quotes and backslashes keep together.
pub(super) fn split_words(command: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None::<char>);
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(chars.next()),
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err(format!("a quote is not closed: {command}"));
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_commands() {
        for (command, expect) in [
            ("osqueryi", vec!["osqueryi"]),
            ("  a  --b='c d' ", vec!["a", "--b=c d"]),
            (r#"a "b \" c" d\ e '' '\'"#, vec!["a", "b \" c", "d e", "", "\\"]),
        ] {
            assert_eq!(split_words(command).expect("words"), expect, "{command}");
        }
        assert!(split_words("a 'b").is_err());
    }

    #[test]
    fn quoted_values() {
        for (literal, expect) in [
            ("NULL", None),
            ("''", Some("")),
            ("'it''s'", Some("it's")),
            ("''''''", Some("''")),
            ("X'6162'", Some("ab")),
            ("X''", Some("")),
            ("-1.5", Some("-1.5")),
            ("'NULL'", Some("NULL")),
        ] {
            assert_eq!(unquote(literal.as_bytes()), expect.map(|text| text.as_bytes().to_vec()), "{literal}");
        }
    }
}
