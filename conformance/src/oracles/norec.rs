//! *norec*: as many rows pass a condition in WHERE or ON, where it may be turned into a lookup, as when it is computed for
//! every row or every pair of rows.
//!
//! Finds: lookups that miss or double rows, conditions that are believed but not applied, counts that are not counted.

use super::question::{Question, number, unlisted};
use crate::Verdict;
use crate::answer::Row;
use crate::generators::query::{Material, joined, predicate};
use arbitrary::{Result, Unstructured};

/// Rows of tables of which every pair is looked at.
const JOINED: usize = 100;

/// One random condition on one table, or on two.
///
/// # Errors
/// When the bytes run out.
pub fn question(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    if u.ratio(1, 4)? {
        return join(material, u);
    }
    let table = u.choose(&material.tables)?;
    let mut condition = predicate(u, table)?;
    // Either of two conditions is true of more rows, and may be two lookups.
    if u.ratio(3, 4)? {
        condition = format!("({condition}) OR ({})", predicate(u, table)?);
    }
    let from = table.from("t");
    let counted = format!("SELECT count(*) AS c0 FROM {from} WHERE {condition}");
    Ok(compare(&condition, &from, vec![counted, unlisted(table, &condition)]))
}

fn join(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    let joined = joined(u, material, JOINED)?;
    let ([left, right], [a, b]) = (joined.tables, joined.columns);
    let (from_left, from_right) = (left.from("a"), right.from("b"));
    let equal = format!("a.\"{}\" = b.\"{}\"", a.name, b.name);
    let condition = &joined.condition;
    let counted = format!("SELECT count(*) AS c0 FROM {from_left} JOIN {from_right} ON {equal} WHERE {condition}");
    // What is found only by being looked for may be on this side or on that.
    let lost = |all: String, from: &str| {
        let found = format!("SELECT {all} FROM {from_left} JOIN {from_right} ON {equal}");
        format!("SELECT 1 AS c0 FROM ({found} EXCEPT SELECT {all} FROM {from}) LIMIT 1")
    };
    let unlisted =
        [lost(left.names("a."), &from_left), lost(right.names("b."), &from_right)].join(") UNION ALL SELECT 1 FROM (");
    let unlisted = format!("SELECT 1 AS c0 FROM ({unlisted}) LIMIT 1");
    Ok(compare(&format!("({equal}) AND ({condition})"), &format!("{from_left}, {from_right}"), vec![counted, unlisted]))
}

/// The statements beside the one that computes: one that counts, one that finds what no listing has.
fn compare(condition: &str, from: &str, others: Vec<String>) -> Question {
    // sum() of nothing is NULL, total() is a real: the cast makes it a whole number again.
    let computed = format!("SELECT CAST(total(({condition}) IS TRUE) AS INTEGER) AS c0 FROM {from}");
    Question::new(computed, others, judge)
}

fn judge(answers: &[Vec<Row>]) -> Verdict {
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
}
