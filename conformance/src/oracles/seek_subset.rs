//! *seek_subset*, asked in SQL: of all rows of a table, those that have a value are found when they are asked for by it.
//! (Without SQL, the same law is one of [`super::table_laws`].)
//!
//! Finds: indexes that miss rows, keys that a lookup normalises in another way than a listing, lists of keys of which only
//! some are looked for.

use super::question::{Question, columns};
use crate::Verdict;
use crate::answer::{Cell, Difference, Row};
use crate::generators::query::Material;
use arbitrary::{Result, Unstructured};

/// One value of a column or several; mostly of a key, by which tables look rows up.
///
/// # Errors
/// When the bytes run out.
pub fn question(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    let table = u.choose(&material.tables)?;
    let keys: Vec<_> = table.columns.iter().filter(|column| column.key && !column.literals.is_empty()).collect();
    let column = if keys.is_empty() || u.ratio(1, 4)? { u.choose(&table.columns)? } else { *u.choose(&keys)? };
    let mut values = Vec::new();
    for _ in 0..u.int_in_range(1..=4)? {
        values.extend(if column.literals.is_empty() { None } else { Some(u.choose(&column.literals)?.clone()) });
    }
    let (name, shown) =
        (format!("t.\"{}\"", column.name), columns([u.choose(&table.columns)?, u.choose(&table.columns)?]));
    let whole = format!("SELECT quote({name}) AS k, {shown} FROM {}", table.from("t"));
    let condition = match values.as_slice() {
        [one] => format!("{name} = {one}"),
        several => format!("{name} IN ({})", several.join(", ")),
    };
    let seek = format!("{whole} WHERE {condition}");
    Ok(Question::new(whole, vec![seek], move |answers| {
        let [whole, found] = answers else { return Verdict::Skip("no answers".to_owned()) };
        let asked = |cell: &Cell| cell.as_ref().is_some_and(|k| values.iter().any(|value| value.as_bytes() == k));
        let expected: Vec<Row> = whole.iter().filter(|row| row.get("k").is_some_and(asked)).cloned().collect();
        let missing = Difference { extra: Vec::new(), ..Difference::between(&expected, found) };
        if !missing.is_empty() {
            return Verdict::Fail(missing.show(5));
        }
        if expected.is_empty() { Verdict::Skip("no rows".to_owned()) } else { Verdict::Pass }
    }))
}
