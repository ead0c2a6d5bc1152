//! Lies that are told by changing answers.

use crate::tokens::{mentions, tokens};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A row as the honest agent printed it.
pub(crate) type Row = Map<String, Value>;

/// Changes the answer to a statement.
pub(crate) type Answer = fn(&mut Memory, &str, &mut Vec<Row>);

/// What a liar remembers of a session.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// How often a statement was asked.
    asked: BTreeMap<String, usize>,
    /// The last row by what stands before WHERE.
    last: BTreeMap<String, Row>,
}

/// What stands before the WHERE of a statement that reads a table.
fn head(sql: &str) -> Option<&str> {
    let reads = !mentions(&tokens(sql)).is_empty();
    sql.find(" WHERE ").filter(|_| reads).and_then(|place| sql.get(..place))
}

pub(crate) fn dropped_row(_: &mut Memory, sql: &str, rows: &mut Vec<Row>) {
    if head(sql).is_some() && rows.len() > 1 {
        rows.pop();
    }
}

pub(crate) fn stale_row(memory: &mut Memory, sql: &str, rows: &mut Vec<Row>) {
    let Some(head) = head(sql) else { return };
    let fresh = rows.last().cloned();
    rows.extend(memory.last.remove(head));
    memory.last.extend(fresh.map(|row| (head.to_owned(), row)));
}

pub(crate) fn flicker(memory: &mut Memory, sql: &str, rows: &mut Vec<Row>) {
    let times = memory.asked.entry(sql.to_owned()).or_default();
    *times += 1;
    if times.is_multiple_of(2) && !mentions(&tokens(sql)).is_empty() {
        rows.pop();
    }
}

#[allow(clippy::ptr_arg, reason = "of the same type as the others")]
pub(crate) fn text_declared(_: &mut Memory, sql: &str, rows: &mut Vec<Row>) {
    let sql = sql.to_ascii_lowercase();
    if !sql.contains("table_info") && !sql.contains("table_xinfo") {
        return;
    }
    for value in rows.iter_mut().flat_map(Map::values_mut) {
        let quotes = value.as_str().map(|text| text.starts_with('\''));
        let number = value.as_str().is_some_and(|text| ["INTEGER", "BIGINT"].contains(&text.trim_matches('\'')));
        if number {
            *value = Value::from(if quotes == Some(true) { "'TEXT'" } else { "TEXT" });
        }
    }
}
