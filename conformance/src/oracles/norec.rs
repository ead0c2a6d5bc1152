//! *norec*: as many rows pass a condition in WHERE, where it may be turned into a lookup, as when it is computed for every
//! row.
//!
//! Finds: lookups that miss or double rows, conditions that are believed but not applied, counts that are not counted.

use super::question::{Question, number};
use crate::Verdict;
use crate::generators::query::{Material, predicate};
use arbitrary::{Result, Unstructured};

/// One random condition on one table.
///
/// # Errors
/// When the bytes run out.
pub fn question(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    let table = u.choose(&material.tables)?;
    let condition = predicate(u, table)?;
    let from = format!("FROM {}", table.from("t"));
    // sum() of nothing is NULL, total() is a real: the cast makes it a whole number again.
    let computed = format!("SELECT CAST(total(({condition}) IS TRUE) AS INTEGER) AS c0 {from}");
    let counted = format!("SELECT count(*) AS c0 {from} WHERE {condition}");
    let all: Vec<String> = table.columns.iter().map(|column| format!("t.\"{}\"", column.name)).collect();
    let all = all.join(", ");
    let unlisted = format!("SELECT {all} {from} WHERE {condition} EXCEPT SELECT {all} {from}");
    let unlisted = format!("SELECT 1 AS c0 FROM ({unlisted}) LIMIT 1");
    Ok(Question::new(computed, vec![counted, unlisted], |answers| {
        let [computed, counted, unlisted] = answers else { return Verdict::Skip("no answers".to_owned()) };
        let (Some(computed), Some(counted)) = (number(computed), number(counted)) else {
            return Verdict::Fail(format!("  counts should be numbers: {answers:?}"));
        };
        if computed == counted {
            return if computed == 0 { Verdict::Skip("no rows".to_owned()) } else { Verdict::Pass };
        }
        if counted > computed && !unlisted.is_empty() {
            return Verdict::Skip("a lookup knows rows that a listing leaves out".to_owned());
        }
        Verdict::Fail(format!("  {computed} rows fulfil the condition, {counted} are found"))
    }))
}
