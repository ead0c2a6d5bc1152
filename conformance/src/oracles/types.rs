//! *types*, asked in SQL: a column of numbers holds numbers or nothing, never text, and what type a value has does not
//! depend on how it is reached. (Without SQL, the same law is one of [`super::table_laws`].)
//!
//! Finds: the empty text where a number is unknown (it is greater than every number, so that `size > 100` finds it), numbers
//! as text (which sort as text), and types that a subquery, a compound or an aggregate loses.

use super::question::{Question, number};
use crate::Verdict;
use crate::answer::Row;
use crate::generators::query::Material;
use arbitrary::{Result, Unstructured};
use plumb_schema::Type;
use std::collections::BTreeSet;

/// One column of a table.
///
/// # Errors
/// When the bytes run out.
pub fn question(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    let table = u.choose(&material.tables)?;
    let column = u.choose(&table.columns)?;
    let (name, from) = (format!("t.\"{}\"", column.name), table.from("t"));
    let fits: &'static [&'static str] = match column.kind {
        Type::Text => &["null", "text"],
        Type::Integer | Type::BigInt | Type::UnsignedBigInt => &["null", "integer"],
        Type::Double => &["null", "real"],
        // Where the agent's word for a type is unknown, too.
        Type::Blob => &["null", "blob", "text", "integer", "real"],
    };
    let number_column = !matches!(column.kind, Type::Text | Type::Blob);
    let odd = if number_column { format!("{name} = '' OR +{name} > 'a'") } else { "0".to_owned() };
    let whole = format!("SELECT DISTINCT typeof({name}) AS c0 FROM {from}");
    let others = vec![
        format!(
            "SELECT DISTINCT typeof(v) AS c0 FROM (SELECT {name} AS v FROM {from} UNION ALL SELECT {name} FROM {from})"
        ),
        format!("SELECT DISTINCT typeof(v) AS c0 FROM (SELECT {name} AS v FROM {from} ORDER BY 1 LIMIT -1 OFFSET 0)"),
        format!("SELECT typeof({name}) AS c0 FROM {from} GROUP BY typeof({name})"),
        format!("SELECT count(*) AS c0 FROM {from} WHERE {odd}"),
    ];
    let told = format!("{}.{} is declared {}", table.name, column.name, column.kind.sql());
    Ok(Question::new(whole, others, move |answers| {
        let [whole, others @ .., odd] = answers else { return Verdict::Skip("no answers".to_owned()) };
        let kinds = types(whole);
        if let Some(kind) = kinds.iter().find(|kind| !fits.contains(&kind.as_str())) {
            return Verdict::Fail(format!("  {told} and holds {kind}"));
        }
        if let Some(other) = others.iter().find(|other| types(other) != kinds) {
            return Verdict::Fail(format!("  {told}: its values are {kinds:?}, and then {:?}", types(other)));
        }
        match number(odd) {
            Some(0) if whole.is_empty() => Verdict::Skip("no rows".to_owned()),
            Some(0) => Verdict::Pass,
            odd => Verdict::Fail(format!("  {told} and compares as text in {odd:?} rows")),
        }
    }))
}

fn types(rows: &[Row]) -> BTreeSet<String> {
    let kind = |row: &Row| row.get("c0")?.as_ref().map(|kind| String::from_utf8_lossy(kind).into_owned());
    rows.iter().filter_map(kind).collect()
}
