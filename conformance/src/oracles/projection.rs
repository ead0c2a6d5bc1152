//! *projection*, asked in SQL: a column's values do not depend on which others are asked for, nor does the number of rows.
//! (Without SQL, the same law is one of [`super::table_laws`].)
//!
//! Finds: laziness gone wrong: a column that is filled only when its neighbour is read, rows left out because nothing of
//! them was asked for, columns that change places.

use super::question::{Question, number};
use crate::Verdict;
use crate::answer::{Difference, Row};
use crate::generators::query::Material;
use arbitrary::{Result, Unstructured};

/// A few columns of a table, alone and among all.
///
/// # Errors
/// When the bytes run out.
pub fn question(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    let table = u.choose(&material.tables)?;
    let (one, two) = (&u.choose(&table.columns)?.name, &u.choose(&table.columns)?.name);
    let from = table.from("t");
    let whole = format!("SELECT {} FROM {from}", table.names("t."));
    let others = vec![
        format!("SELECT count(*) AS c0 FROM {from}"),
        format!("SELECT t.\"{one}\" FROM {from}"),
        // Of two columns of one name, agents may show one.
        if one == two { whole.clone() } else { format!("SELECT t.\"{two}\", t.\"{one}\" FROM {from}") },
        format!("SELECT \"{two}\" FROM (SELECT * FROM (SELECT {} FROM {from}))", table.names("t.")),
        format!("SELECT * FROM {from}"),
    ];
    let forms = others.clone();
    Ok(Question::new(whole, others, move |answers| {
        let [whole, counted, parts @ ..] = answers else { return Verdict::Skip("no answers".to_owned()) };
        if number(counted) != i64::try_from(whole.len()).ok() {
            return Verdict::Fail(format!("  {} rows, and count(*) says {:?}", whole.len(), number(counted)));
        }
        for (part, form) in parts.iter().zip(forms.iter().skip(1)) {
            let Some(first) = part.first() else { continue };
            let difference = Difference::between(&narrowed(whole, first), part);
            if !difference.is_empty() {
                return Verdict::Fail(format!("  wrong: {form}\n{}", difference.show(5)));
            }
        }
        match parts.iter().find(|part| part.len() != whole.len()) {
            Some(part) => Verdict::Fail(format!("  {} rows instead of {}", part.len(), whole.len())),
            None if whole.is_empty() => Verdict::Skip("no rows".to_owned()),
            None => Verdict::Pass,
        }
    }))
}

/// Of all rows, the columns that a row has.
fn narrowed(whole: &[Row], like: &Row) -> Vec<Row> {
    let kept = |row: &Row| {
        row.iter()
            .filter(|(name, _)| like.contains_key(*name))
            .map(|(name, cell)| (name.clone(), cell.clone()))
            .collect()
    };
    whole.iter().map(kept).collect()
}
