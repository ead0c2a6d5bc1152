//! *tlp*: the rows for which a condition is true, false and unknown are together all rows.
//!
//! Finds: rows lost, doubled or made up by what conditions are turned into (lookups, IN lists, OR splitting), and
//! conditions that are believed but not applied.

use super::question::{Question, columns, same};
use crate::Verdict;
use crate::generators::query::{Material, predicate};
use arbitrary::{Result, Unstructured};

/// One random condition on one table, over a few of its columns.
///
/// # Errors
/// When the bytes run out.
pub fn question(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    let table = u.choose(&material.tables)?;
    let condition = predicate(u, table)?;
    let shown = [u.choose(&table.columns)?, u.choose(&table.columns)?, u.choose(&table.columns)?];
    let whole = format!("SELECT {} FROM {}", columns(shown), table.from("t"));
    let part = |test: String| format!("{whole} WHERE {test}");
    let parts =
        vec![part(condition.clone()), part(format!("NOT ({condition})")), part(format!("({condition}) IS NULL"))];
    Ok(Question::new(whole, parts, |answers| {
        let [whole, parts @ ..] = answers else { return Verdict::Skip("no answers".to_owned()) };
        if whole.is_empty() { Verdict::Skip("no rows".to_owned()) } else { same(whole, whole, &parts.concat()) }
    }))
}
