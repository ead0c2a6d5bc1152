//! *limit_prefix*: LIMIT gives as many rows as it says, and rows that the whole answer has; under ORDER BY, those at that
//! place.
//!
//! Finds: rows that are cut before a condition was applied to them, limits and offsets counted wrong or twice, reading that
//! ends early, orders that are believed of a source that has none.
//!
//! SQLite tells a table of a limit only where the rest is plain: one table, no offset or one that is told too, comparisons of
//! columns with constants that the table takes all, an order by bare columns. So most questions are of that shape. A table
//! that then stops after so many rows stops too early if it does not compare exactly as SQLite does, or does not sort
//! (github.com/google/perfetto/pull/1933).

use super::question::{Question, columns};
use crate::Verdict;
use crate::answer::{Difference, Row};
use crate::generators::query::{ColumnMaterial, Material, comparisons, predicate};
use arbitrary::{Result, Unstructured};
use plumb_schema::{Collation, Type};

/// One limit on one question.
///
/// # Errors
/// When the bytes run out.
pub fn question(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    // Of few rows, a limit leaves out none.
    let (one, other) = (u.choose(&material.tables)?, u.choose(&material.tables)?);
    let table = if one.rows >= other.rows { one } else { other };
    let shown = [u.choose(&table.columns)?, u.choose(&table.columns)?];
    let condition = match u.int_in_range(0..=5)? {
        0 | 1 => String::new(),
        2..=4 => format!(" WHERE {}", comparisons(u, table)?),
        _ => format!(" WHERE {}", predicate(u, table)?),
    };
    let (limit, offset) = (u.int_in_range(1..=5)?, if u.ratio(1, 3)? { u.int_in_range(1..=3)? } else { 0 });
    let from = format!("FROM {}{condition}", table.from("t"));
    if u.ratio(2, 3)? {
        return ordered(u, &from, shown, (limit, offset));
    }
    let whole = format!("SELECT {} {from}", columns(shown));
    let part = format!("{whole} {}", end(limit, offset));
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

/// The clause: without an offset, nothing is said of it.
fn end(limit: usize, offset: usize) -> String {
    if offset == 0 { format!("LIMIT {limit}") } else { format!("LIMIT {limit} OFFSET {offset}") }
}

/// A column as an order names it: as it is, if only equal values are equal in its own collation.
fn exactly(column: &ColumnMaterial) -> String {
    let bare = column.kind != Type::Text || column.collation == Some(Collation::Binary);
    format!("t.\"{}\"{}", column.name, if bare { "" } else { " COLLATE BINARY" })
}

/// A limit under an order in which only equal rows are equal. The whole answer numbers its rows, so that it does not
/// matter in which order it comes.
fn ordered(
    u: &mut Unstructured<'_>,
    from: &str,
    [a, b]: [&ColumnMaterial; 2],
    (limit, offset): (usize, usize),
) -> Result<Question> {
    let direction = u.choose(&["", "", "", " DESC", " NULLS LAST", " DESC NULLS FIRST"])?;
    let order = format!("ORDER BY {}{direction}, {}{direction}", exactly(a), exactly(b));
    let shown = columns([a, b]);
    let whole = format!("SELECT {shown}, row_number() OVER ({order}) AS n {from}");
    let part = format!("SELECT {shown} {from} {order} {}", end(limit, offset));
    let limited =
        format!("SELECT * FROM (SELECT {shown} {from} {order} LIMIT {}) LIMIT -1 OFFSET {offset}", limit + offset);
    Ok(Question::new(whole, vec![part, limited], move |answers| {
        let [whole, parts @ ..] = answers else { return Verdict::Skip("no answers".to_owned()) };
        let expected: Vec<Row> = whole
            .iter()
            .filter(|row| place(row).is_some_and(|n| n > offset && n <= offset + limit))
            .map(bare)
            .collect();
        for part in parts {
            let difference = Difference::between(&expected, part);
            if !difference.is_empty() {
                return Verdict::Fail(difference.show(5));
            }
        }
        if expected.is_empty() { Verdict::Skip("no rows".to_owned()) } else { Verdict::Pass }
    }))
}

/// A row's number.
fn place(row: &Row) -> Option<usize> {
    std::str::from_utf8(row.get("n")?.as_deref()?).ok()?.parse().ok()
}

/// A row without its number.
fn bare(row: &Row) -> Row {
    row.iter().filter(|(name, _)| *name != "n").map(|(name, cell)| (name.clone(), cell.clone())).collect()
}
