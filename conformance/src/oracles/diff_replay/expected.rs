//! What the differ must find, worked out from whole results.

use super::Logged;
use crate::generators::histories::{Statement, Step};
use plumb_schema::Value;
use plumb_sql::Cell;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A value as the differ must keep it: what is kept differently is another value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kept {
    Null,
    Int(i64),
    /// Bit for bit.
    Real(u64),
    Text(String),
}

/// A row: values by the names of their columns, in the order of the names.
pub(super) type KeptRow = Vec<(String, Kept)>;

/// Rows in the order in which they came.
pub(super) type Rows = Vec<KeptRow>;

/// A value as the engine hands it on.
pub(super) fn cell<'v>(value: Option<&'v Value<'static>>) -> Cell<'v> {
    match value {
        None | Some(Value::Null) => Cell::Null,
        Some(Value::Int(int)) => Cell::Int(*int),
        Some(Value::Real(real)) => Cell::Real(*real),
        Some(Value::Text(text)) => Cell::Text(text),
        Some(Value::Blob(blob)) => Cell::Blob(blob),
    }
}

/// All rows of a run as the differ must keep them.
pub(super) fn kept_rows(statements: &[Statement]) -> Rows {
    rows(statements, true)
}

/// All rows of a run; `controls` says whether characters that are no letters are escaped too.
pub(super) fn rows(statements: &[Statement], controls: bool) -> Rows {
    let row = |columns: &[String], row: &[Value<'_>]| {
        // Of columns with one name the last counts.
        let by_name: BTreeMap<&String, Kept> =
            columns.iter().zip(row.iter().map(|value| kept(value, controls))).collect();
        by_name.into_iter().map(|(name, value)| (name.clone(), value)).collect()
    };
    statements.iter().flat_map(|one| one.rows.iter().map(move |values| row(&one.columns, values))).collect()
}

fn kept(value: &Value<'_>, controls: bool) -> Kept {
    match value {
        Value::Null => Kept::Null,
        Value::Int(int) => Kept::Int(*int),
        Value::Real(real) => Kept::Real(real.to_bits()),
        Value::Text(text) => Kept::Text(shown(text, controls)),
        Value::Blob(blob) => Kept::Text(shown(blob.split(|byte| *byte == 0).next().unwrap_or_default(), controls)),
    }
}

/// Text of which every byte can be shown: others become `\xHH`.
fn shown(bytes: &[u8], controls: bool) -> String {
    let mut text = String::new();
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        // The character that begins here, if one does.
        let char = (1..=4).find_map(|length| std::str::from_utf8(rest.get(..length)?).ok());
        let plain = char.filter(|char| !(controls && char.chars().any(|char| char.is_ascii_control())));
        match plain {
            Some(char) => text.push_str(char),
            // Writing to a String cannot fail.
            None => drop(write!(text, "\\x{first:02X}")),
        }
        rest = rest.get(char.map_or(1, str::len)..).unwrap_or_default();
    }
    text
}

/// How often each row is there.
pub(super) fn multiset<T: Ord + Clone>(rows: &[T]) -> BTreeMap<T, u64> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(row.clone()).or_default() += 1;
    }
    counts
}

/// How many rows of one result the other does not have.
fn more<T: Ord>(one: &BTreeMap<T, u64>, other: &BTreeMap<T, u64>) -> u64 {
    one.iter().map(|(row, count)| count.saturating_sub(other.get(row).copied().unwrap_or(0))).sum()
}

/// What must be stored of a query.
#[derive(Debug, Default)]
pub(super) struct Stored(Option<Last>);

#[derive(Debug)]
struct Last {
    epoch: i64,
    counter: i64,
    sql: &'static str,
    rows: BTreeMap<KeptRow, u64>,
}

impl Stored {
    /// A run is what it must be after what is stored.
    pub(super) fn holds(&self, step: &Step, current: &Rows, logged: &Logged) -> Result<(), String> {
        let current = multiset(current);
        let last = self.0.as_ref().filter(|last| last.epoch == step.epoch);
        let counts = match last {
            Some(last) => (more(&current, &last.rows), more(&last.rows, &current)),
            None => (current.values().sum(), 0),
        };
        let counter = last.map_or(0, |last| last.counter + i64::from(counts != (0, 0)));
        let new_sql = self.0.as_ref().is_some_and(|last| last.sql != step.sql);
        let idle = last.is_some() && !new_sql && counts == (0, 0);
        let expected = (last.is_none(), self.0.is_some(), new_sql, idle, counter, counts);
        let got = (logged.first, logged.known, logged.new_sql, logged.idle, logged.counter, logged.counts);
        if expected == got {
            return Ok(());
        }
        let names = "(first, known, new text, idle, counter, (added, removed))";
        Err(format!("{names}\n  expected: {expected:?}\n  got:      {got:?}"))
    }

    /// A run was stored.
    pub(super) fn store(&mut self, step: &Step, current: &Rows, counter: i64) {
        self.0 = Some(Last { epoch: step.epoch, counter, sql: step.sql, rows: multiset(current) });
    }
}
