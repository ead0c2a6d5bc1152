//! *limit_prefix*: LIMIT gives as many rows as it says, and rows that the whole answer has.
//!
//! Finds: rows that are cut before a condition was applied to them, limits counted wrong, and reading that ends early.

use super::question::{Question, columns};
use crate::Verdict;
use crate::answer::Difference;
use crate::generators::query::{Material, predicate};
use arbitrary::{Result, Unstructured};

/// One limit on one question.
///
/// # Errors
/// When the bytes run out.
pub fn question(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    let table = u.choose(&material.tables)?;
    let shown = columns([u.choose(&table.columns)?, u.choose(&table.columns)?]);
    let condition = if u.ratio(1, 2)? { format!(" WHERE {}", predicate(u, table)?) } else { String::new() };
    let (limit, offset) = (u.int_in_range(1..=5)?, if u.ratio(1, 3)? { u.int_in_range(1..=3)? } else { 0 });
    let whole = format!("SELECT {shown} FROM {}{condition}", table.from("t"));
    let part = format!("{whole} LIMIT {limit} OFFSET {offset}");
    Ok(Question::new(whole, vec![part], move |answers| {
        let [whole, part] = answers else { return Verdict::Skip("no answers".to_owned()) };
        let expected = whole.len().saturating_sub(offset).min(limit);
        if part.len() != expected {
            return Verdict::Fail(format!("  {} rows instead of {expected}", part.len()));
        }
        let made_up = Difference { missing: Vec::new(), extra: Difference::between(whole, part).extra };
        if !made_up.is_empty() {
            return Verdict::Fail(format!("  rows that are not in the whole answer\n{}", made_up.show(5)));
        }
        if expected == 0 { Verdict::Skip("no rows".to_owned()) } else { Verdict::Pass }
    }))
}
