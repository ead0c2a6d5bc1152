//! *one_picture*: a table joined with itself finds every row again.
//!
//! Finds: a statement that sees two states of the host, keys that a lookup does not find in the spelling in which a listing
//! gives them, and rows whose values change from one reading to the next.

use super::question::{Question, number};
use crate::Verdict;
use crate::generators::query::TableMaterial;

/// Rows that are looked for again.
const MOST: usize = 100;

/// One table, by its key or, without one, by all columns.
#[must_use]
pub fn question(table: &TableMaterial) -> Question {
    let keys: Vec<&str> = table.columns.iter().filter(|column| column.key).map(|column| column.name.as_str()).collect();
    let all = || table.columns.iter().map(|column| column.name.as_str()).collect();
    let (names, test): (Vec<&str>, &str) = if keys.is_empty() { (all(), "IS") } else { (keys, "=") };
    let list = |prefix: &str| names.iter().map(|name| format!("{prefix}\"{name}\"")).collect::<Vec<_>>().join(", ");
    let on: Vec<String> = names.iter().map(|name| format!("b.\"{name}\" {test} a.\"{name}\"")).collect();
    let some: Vec<String> = names.iter().map(|name| format!("\"{name}\" {test} \"{name}\"")).collect();
    let (from, again, on) = (table.from("t"), table.from("b"), on.join(" AND "));
    // A key that is unknown equals nothing; CASE keeps the test from being answered by the declaration.
    let some = format!("CASE WHEN {} THEN 1 END", some.join(" AND "));
    let part = format!("(SELECT {} FROM {from} WHERE {some} LIMIT {MOST})", list(""));
    let whole = format!("SELECT {} FROM {from}", list(""));
    let lost = format!("SELECT count(*) AS c0 FROM {part} AS a WHERE NOT EXISTS (SELECT 1 FROM {again} WHERE {on})");
    let joined = format!("SELECT count(*) AS c0 FROM {part} AS a JOIN {again} ON {on}");
    let counted = format!("SELECT count(*) AS c0 FROM {part}");
    Question::new(whole, vec![counted, joined, lost], |answers| {
        let numbers: Vec<Option<i64>> = answers.iter().skip(1).map(|rows| number(rows)).collect();
        let [Some(counted), Some(joined), Some(lost)] = numbers.as_slice() else {
            return Verdict::Fail(format!("  counts should be numbers: {answers:?}"));
        };
        if *counted == 0 {
            return Verdict::Skip("no rows".to_owned());
        }
        if joined < counted || *lost > 0 {
            return Verdict::Fail(format!("  of {counted} rows {joined} are found again, {lost} by EXISTS are not"));
        }
        Verdict::Pass
    })
}
