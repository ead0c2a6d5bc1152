//! *tlp*: the rows for which a condition is true, false and unknown are together all rows. So it is for joins, for groups
//! under HAVING, and for what is counted, least and greatest.
//!
//! Finds: rows lost, doubled or made up by what conditions are turned into (lookups, IN lists, OR splitting), and
//! conditions that are believed but not applied.

use super::question::{Question, columns, number, same, unlisted};
use crate::Verdict;
use crate::answer::Difference;
use crate::generators::query::{Material, joined, predicate};
use arbitrary::{Result, Unstructured};

/// Rows of tables that are joined.
const JOINED: usize = 300;

/// One random condition on one table or two, over a few columns.
///
/// # Errors
/// When the bytes run out.
pub fn question(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    match u.int_in_range(0..=7)? {
        0 | 1 => join(material, u),
        2 => aggregates(material, u),
        3 => groups(material, u),
        _ => rows(material, u),
    }
}

/// The three ways in which a condition can come out.
fn outcomes(condition: &str) -> [String; 3] {
    [condition.to_owned(), format!("NOT ({condition})"), format!("({condition}) IS NULL")]
}

/// Whether the parts are together the whole.
fn together(whole: String, parts: Vec<String>) -> Question {
    Question::new(whole, parts, |answers| {
        let [whole, parts @ ..] = answers else { return Verdict::Skip("no answers".to_owned()) };
        if whole.is_empty() { Verdict::Skip("no rows".to_owned()) } else { same(whole, whole, &parts.concat()) }
    })
}

fn rows(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    let table = u.choose(&material.tables)?;
    let condition = predicate(u, table)?;
    let shown = [u.choose(&table.columns)?, u.choose(&table.columns)?, u.choose(&table.columns)?];
    let whole = format!("SELECT {} FROM {}", columns(shown), table.from("t"));
    let parts = outcomes(&condition).map(|test| format!("{whole} WHERE {test}")).to_vec();
    Ok(together(whole, parts))
}

fn join(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    let joined = joined(u, material, JOINED)?;
    let ([left, right], [a, b]) = (joined.tables, joined.columns);
    let kind = u.choose(&["JOIN", "LEFT JOIN", "JOIN", "CROSS JOIN"])?;
    let (one, two) = (u.choose(&left.columns)?, u.choose(&right.columns)?);
    let whole = format!(
        "SELECT a.\"{}\" AS c0, b.\"{}\" AS c1 FROM {} {kind} {} ON a.\"{}\" = b.\"{}\"",
        one.name,
        two.name,
        left.from("a"),
        right.from("b"),
        a.name,
        b.name
    );
    let parts = outcomes(&joined.condition).map(|test| format!("{whole} WHERE {test}")).to_vec();
    Ok(together(whole, parts))
}

/// Groups, by a condition on what they hold.
fn groups(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    let table = u.choose(&material.tables)?;
    let (group, column) = (u.choose(&table.columns)?, u.choose(&table.columns)?);
    let value = if column.literals.is_empty() { "''" } else { u.choose(&column.literals)?.as_str() };
    let function = u.choose(&["max(#)", "min(#)", "count(#)", "count(DISTINCT #)", "sum(length(#))"])?;
    let function = function.replace('#', &format!("t.\"{}\"", column.name));
    let value = if function.starts_with('m') { value } else { "1" };
    let condition = format!("{function} {} {value}", u.choose(&["=", "<", ">", ">=", "<>"])?);
    let name = format!("t.\"{}\" COLLATE BINARY", group.name);
    let whole = format!("SELECT {name} AS c0, count(*) AS c1 FROM {} GROUP BY {name}", table.from("t"));
    let parts = outcomes(&condition).map(|test| format!("{whole} HAVING {test}")).to_vec();
    Ok(together(whole, parts))
}

/// How many rows, their least and greatest value: of the whole, and of what the parts give.
fn aggregates(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    let table = u.choose(&material.tables)?;
    let condition = predicate(u, table)?;
    let name = format!("t.\"{}\"", u.choose(&table.columns)?.name);
    let whole = format!(
        "SELECT count(*) AS c0, min({name} COLLATE BINARY) AS c1, max({name} COLLATE BINARY) AS c2, \
         total(length({name})) AS c3 FROM {}",
        table.from("t")
    );
    let parts = outcomes(&condition).map(|test| format!("{whole} WHERE {test}")).join(" UNION ALL ");
    let parts = format!("SELECT sum(c0) AS c0, min(c1) AS c1, max(c2) AS c2, total(c3) AS c3 FROM ({parts})");
    Ok(Question::new(whole, vec![parts, unlisted(table, &condition)], |answers| {
        let [whole, parts, unlisted] = answers else { return Verdict::Skip("no answers".to_owned()) };
        match number(whole) {
            Some(0) => return Verdict::Skip("no rows".to_owned()),
            None => return Verdict::Fail(format!("  a count should be a number: {whole:?}")),
            Some(_) => {}
        }
        if whole != parts && !unlisted.is_empty() {
            return Verdict::Skip("a lookup knows rows that a listing leaves out".to_owned());
        }
        let difference = Difference::between(whole, parts);
        if difference.is_empty() { Verdict::Pass } else { Verdict::Fail(difference.show(1)) }
    }))
}
