//! What such agents are told, and what they print.

use super::process::Output;
use super::{CLOCK, GARBAGE, MARK};
use crate::answer::{Cell, Row};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

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

/// Statements for a process, those at some places, each with its mark; and one before all, if marks tell the time.
pub(super) fn script(statements: &[String], places: &[usize], clock: bool) -> String {
    let now = if clock { format!(", julianday('now') AS {CLOCK}") } else { String::new() };
    let start = if clock { format!("SELECT '' AS {MARK}{now};\n") } else { String::new() };
    let asked = places.iter().filter_map(|place| Some((place, statements.get(*place)?)));
    let asked = asked.map(|(place, sql)| format!("{sql};\nSELECT '{place}' AS {MARK}{now};\n"));
    [start].into_iter().chain(asked).collect()
}

/// What the answers to a script are.
#[derive(Default)]
pub(super) struct Marked {
    /// Those beyond doubt, and how long they took, by the number of the statement.
    pub(super) sure: BTreeMap<usize, (Vec<Row>, Option<Duration>)>,
    /// Empty answers, while somebody complained.
    pub(super) doubtful: Vec<usize>,
    /// Whether there was a mark at all.
    pub(super) any: bool,
}

/// The answers that are told apart by marks.
pub(super) fn marked(output: &Output, count: usize) -> Marked {
    let mut marked = Marked::default();
    // What a process printed before it crashed may be anything.
    if output.crashed() {
        return marked;
    }
    let (mut pending, mut before) = (None::<Vec<Row>>, None);
    for rows in arrays(&output.out).unwrap_or_default() {
        let Some(Mark { place, at }) = mark(&rows) else {
            pending.get_or_insert_default().extend(rows);
            continue;
        };
        marked.any = true;
        let took = before.zip(at).map(|(before, at): (f64, f64)| (at - before) * DAY);
        let took = took.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok());
        match (pending.take(), place.filter(|place| *place < count)) {
            (Some(rows), Some(place)) if rows.is_empty() && !output.err.is_empty() => marked.doubtful.push(place),
            (Some(rows), Some(place)) => drop(marked.sure.insert(place, (rows, took))),
            _ => {}
        }
        before = at;
    }
    marked
}

/// Seconds of a day.
const DAY: f64 = 86400.0;

/// The end of a statement: its number, and when it was, in days.
struct Mark {
    place: Option<usize>,
    at: Option<f64>,
}

fn mark(rows: &[Row]) -> Option<Mark> {
    let [row] = rows else { return None };
    let text = |name: &str| std::str::from_utf8(row.get(name)?.as_deref()?).ok();
    let at = text(CLOCK).and_then(|days| days.parse().ok());
    let place = text(MARK).filter(|_| row.len() == 1 + usize::from(row.contains_key(CLOCK)))?;
    Some(Mark { place: place.parse().ok(), at })
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
