//! *one_picture*: a statement sees one state of each table, however often it reads it: a table joined with itself finds
//! every row again, a common table expression used twice is twice the same, and counts agree in every turn of a recursion.
//!
//! Finds: a statement that sees two states of the host, keys that a lookup does not find in the spelling in which a listing
//! gives them, rows whose values change from one reading to the next, and rows reused from another call of a cursor.

use super::question::{Question, number};
use crate::Verdict;
use crate::answer::Row;
use crate::generators::query::{Material, TableMaterial};
use arbitrary::{Result, Unstructured};

/// Rows that are looked for again.
const MOST: usize = 100;
/// Rows of tables that are joined three times.
const SMALL: usize = 200;

/// The columns that make a row of a table known again, and the test for it: its key or, without one, all columns.
fn key(table: &TableMaterial) -> (Vec<&str>, &'static str) {
    let keys: Vec<&str> = table.columns.iter().filter(|column| column.key).map(|column| column.name.as_str()).collect();
    if keys.is_empty() {
        (table.columns.iter().map(|column| column.name.as_str()).collect(), "IS")
    } else {
        (keys, "=")
    }
}

fn list(names: &[&str], prefix: &str) -> String {
    names.iter().map(|name| format!("{prefix}\"{name}\"")).collect::<Vec<_>>().join(", ")
}

fn same_row(names: &[&str], test: &str, left: &str, right: &str) -> String {
    names.iter().map(|name| format!("{left}\"{name}\" {test} {right}\"{name}\"")).collect::<Vec<_>>().join(" AND ")
}

/// A key that is unknown equals nothing; CASE keeps the test from being answered by the declaration.
fn known(names: &[&str], test: &str) -> String {
    format!("CASE WHEN {} THEN 1 END", same_row(names, test, "", ""))
}

/// One table, joined with itself.
#[must_use]
pub fn question(table: &TableMaterial) -> Question {
    let (names, test) = key(table);
    let (from, again) = (table.from("t"), table.from("b"));
    let (on, some) = (same_row(&names, test, "b.", "a."), known(&names, test));
    let part = format!("(SELECT {} FROM {from} WHERE {some} LIMIT {MOST})", list(&names, ""));
    let whole = format!("SELECT {} FROM {from}", list(&names, ""));
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

/// A table that one statement reads many times.
///
/// # Errors
/// When the bytes run out.
pub fn again(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    let small: Vec<&TableMaterial> = material.tables.iter().filter(|table| table.rows <= SMALL).collect();
    let table = if small.is_empty() { u.choose(&material.tables)? } else { *u.choose(&small)? };
    let (names, test) = key(table);
    let (from, some) = (table.from("t"), known(&names, test));
    let all = list(&names, "");
    let whole = format!("SELECT {all} FROM {from}");
    let on = |left: &str, right: &str| same_row(&names, test, left, right);
    // Rows that are not found again. There must be none.
    let lost = match u.int_in_range(0..=4)? {
        0 => format!(
            "SELECT count(*) AS c0 FROM (SELECT {all} FROM {from} WHERE {some}) AS a WHERE NOT EXISTS (SELECT 1 FROM {} \
             JOIN {} ON {} WHERE {})",
            table.from("b"),
            table.from("c"),
            on("c.", "b."),
            on("b.", "a.")
        ),
        1 => {
            let hint = u.choose(&["", "MATERIALIZED ", "NOT MATERIALIZED "])?;
            format!(
                "WITH s AS {hint}(SELECT {all} FROM {from} WHERE {some}) SELECT count(*) AS c0 FROM s AS a WHERE NOT EXISTS \
                 (SELECT 1 FROM s AS b WHERE {})",
                on("b.", "a.")
            )
        }
        2 => format!("SELECT count(*) AS c0 FROM (SELECT {all} FROM {from} EXCEPT SELECT {all} FROM {from})"),
        3 => format!(
            "WITH RECURSIVE r(n, c) AS (SELECT 1, (SELECT count(*) FROM {from}) UNION ALL SELECT n + 1, (SELECT count(*) \
             FROM {from} WHERE n > 0) FROM r WHERE n < 4) SELECT max(c) - min(c) AS c0 FROM r"
        ),
        _ => format!(
            "SELECT (SELECT count(*) FROM {from}) - (SELECT count(*) FROM {} WHERE EXISTS (SELECT 1 FROM {from})) AS c0",
            table.from("b")
        ),
    };
    Ok(Question::new(whole, vec![lost], |answers: &[Vec<Row>]| {
        let [whole, lost] = answers else { return Verdict::Skip("no answers".to_owned()) };
        match number(lost) {
            _ if whole.is_empty() => Verdict::Skip("no rows".to_owned()),
            Some(0) => Verdict::Pass,
            Some(lost) => Verdict::Fail(format!("  {lost} rows of {} are not there a second time", whole.len())),
            None => Verdict::Fail(format!("  a count should be a number: {lost:?}")),
        }
    }))
}
