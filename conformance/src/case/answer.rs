//! Answers as text: columns in line, values as SQL writes them.

use crate::hosttext::escape::{escape, hex, is_plain, unescape, unhex};
use plumb_sql::render_real;
use std::fmt::Write as _;

/// A value, exactly: NULL is not `''`, `1` is not `'1'`, a blob is not text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// `NULL`
    Null,
    /// `42`
    Int(i64),
    /// `0.5`, as results show it.
    Real(String),
    /// `'text'`, or `e'with \n and \xff'`.
    Text(Vec<u8>),
    /// `x'00ff'`
    Blob(Vec<u8>),
}

impl Value {
    /// A real, as results show it.
    #[must_use]
    pub fn real(value: f64) -> Self {
        Self::Real(render_real(value))
    }

    /// The literal.
    #[must_use]
    pub fn literal(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Int(int) => int.to_string(),
            Self::Real(real) => real.clone(),
            Self::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) if text.chars().all(is_plain) => format!("'{}'", text.replace('\'', "''")),
                _ => format!("e'{}'", escape(bytes, &|c| c == '\n' || c == '\t').replace('\'', "''")),
            },
            Self::Blob(bytes) => format!("x'{}'", hex(bytes)),
        }
    }

    /// What a shell prints: nothing for NULL.
    #[must_use]
    pub fn printed(&self) -> Vec<u8> {
        match self {
            Self::Null => Vec::new(),
            Self::Int(int) => int.to_string().into_bytes(),
            Self::Real(real) => real.clone().into_bytes(),
            Self::Text(bytes) | Self::Blob(bytes) => bytes.clone(),
        }
    }

    /// Reads a literal at the beginning of a text; answers what is left.
    fn read(text: &str) -> Result<(Self, &str), String> {
        let quoted = |rest| quoted(rest, text);
        if let Some(rest) = text.strip_prefix('\'') {
            let (inside, rest) = quoted(rest)?;
            return Ok((Self::Text(inside.into_bytes()), rest));
        }
        if let Some(rest) = text.strip_prefix("e'") {
            let (inside, rest) = quoted(rest)?;
            return Ok((Self::Text(unescape(&inside)?), rest));
        }
        if let Some(rest) = text.strip_prefix("x'") {
            let (inside, rest) = quoted(rest)?;
            return Ok((Self::Blob(unhex(&inside)?), rest));
        }
        let end = text.find([' ', '|']).unwrap_or(text.len());
        let (word, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        let real = || word.parse::<f64>().ok().filter(|_| word.contains(|c: char| c.is_ascii_digit() || c == 'f'));
        let value = match (word, word.parse()) {
            ("NULL", _) => Self::Null,
            (_, Ok(int)) => Self::Int(int),
            _ => {
                Self::real(real().ok_or_else(|| format!("{word:?} is no value: NULL, 1, 0.5, 'text', e'\\n', x'ff'"))?)
            }
        };
        Ok((value, rest))
    }
}

/// What stands up to the closing quote, with doubled ones made single, and what is left.
fn quoted<'t>(rest: &'t str, whole: &str) -> Result<(String, &'t str), String> {
    let mut inside = String::new();
    let mut chars = rest.char_indices();
    while let Some((place, c)) = chars.next() {
        if c != '\'' {
            inside.push(c);
        } else if rest.get(place + 1..).is_some_and(|rest| rest.starts_with('\'')) {
            inside.push('\'');
            chars.next();
        } else {
            return Ok((inside, rest.get(place + 1..).unwrap_or_default()));
        }
    }
    Err(format!("a quote is not closed: {whole}"))
}

/// What a query gives.
///
/// As text: a line with the columns, then one for each row, values between bars. A column whose name is no plain word stands
/// in double quotes. An answer without columns is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Rows.
    Rows {
        /// The names of the columns.
        columns: Vec<String>,
        /// The rows.
        rows: Vec<Vec<Value>>,
        /// Whether their order is part of the answer.
        ordered: bool,
    },
    /// An error, of which this is a part.
    Refusal(String),
}

/// Columns and rows to text.
pub(super) fn write(columns: &[String], rows: &[Vec<Value>]) -> String {
    let head: Vec<String> = columns.iter().map(|name| column(name)).collect();
    let body = rows.iter().map(|row| row.iter().map(Value::literal).collect::<Vec<_>>());
    let lines: Vec<Vec<String>> = [head].into_iter().chain(body).collect();
    let width = |place: usize| lines.iter().filter_map(|line| line.get(place)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns.len()).map(|place| width(place).unwrap_or(0)).collect();
    let mut text = String::new();
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let cells: Vec<String> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        let _ = writeln!(text, "{}", cells.join(" | ").trim_end());
    }
    text
}

fn column(name: &str) -> String {
    let doubtful = |c: char| !is_plain(c) || c == '|' || c == '"';
    let blank = name.starts_with(' ') || name.ends_with(' ') || name.is_empty();
    if blank || name.chars().any(doubtful) {
        format!("\"{}\"", escape(name.as_bytes(), &|c| doubtful(c) || c == '\n' || c == '\t'))
    } else {
        name.to_owned()
    }
}

/// The columns of a line.
pub(super) fn columns(line: &str) -> Result<Vec<String>, String> {
    // Bars inside names are escaped.
    line.split('|').map(|name| name.trim_matches(' ')).map(unquoted).collect()
}

fn unquoted(name: &str) -> Result<String, String> {
    let Some(inside) = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return Ok(name.to_owned());
    };
    String::from_utf8(unescape(inside)?).map_err(|error| error.to_string())
}

/// The row of a line.
pub(super) fn row(line: &str, width: usize) -> Result<Vec<Value>, String> {
    let (mut row, mut rest) = (Vec::new(), line.trim_matches(' '));
    loop {
        let (value, after) = Value::read(rest)?;
        row.push(value);
        let after = after.trim_start_matches(' ');
        if after.is_empty() {
            break;
        }
        rest = after
            .strip_prefix('|')
            .ok_or_else(|| format!("a bar should stand before {after:?}"))?
            .trim_start_matches(' ');
    }
    if row.len() == width { Ok(row) } else { Err(format!("{} values in {width} columns", row.len())) }
}
