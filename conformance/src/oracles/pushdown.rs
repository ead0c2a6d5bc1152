//! *pushdown*: every form in which SQL can ask for the rows with a value gives the same rows.
//!
//! Finds: rows lost or doubled in one form only (IN lists, OR, joins, outer joins, compounds), and comparisons whose type or
//! collation changes when they are handed to the table.

use super::question::{Question, columns, same};
use crate::Verdict;
use crate::generators::query::{Material, TableMaterial};
use arbitrary::{Result, Unstructured};

/// One value of one column.
///
/// # Errors
/// When the bytes run out.
pub fn question(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    let table = u.choose(&material.tables)?;
    let column = u.choose(&table.columns)?;
    let value = if column.literals.is_empty() { "''" } else { u.choose(&column.literals)?.as_str() };
    let (first, second) = (u.choose(&table.columns)?, u.choose(&table.columns)?);
    let shown = columns([column, first, second]);
    Ok(ask(table, &column.name, value, &shown))
}

fn ask(table: &TableMaterial, column: &str, value: &str, shown: &str) -> Question {
    let from = format!("\"{}\" AS t", table.name);
    let name = format!("t.\"{column}\"");
    let whole = format!("SELECT {shown} FROM {from}");
    let select = |condition: &str| format!("{whole} WHERE {condition}");
    let values = format!("(VALUES ({value})) AS v");
    let forms = vec![
        // Inside CASE a condition is computed, not handed to the table.
        select(&format!("CASE WHEN {name} = {value} THEN 1 END")),
        select(&format!("{name} = {value}")),
        select(&format!("{name} IN ({value})")),
        select(&format!("{name} IN ({value}, {value})")),
        select(&format!("{name} = {value} OR {name} = {value}")),
        format!("SELECT {shown} FROM {values} JOIN {from} ON {name} = v.column1"),
        format!("SELECT {shown} FROM {values} LEFT JOIN {from} ON {name} = v.column1 WHERE {name} IS NOT NULL"),
        format!("{} UNION ALL {}", select(&format!("{name} = {value}")), select(&format!("{name} = {value} AND 0"))),
    ];
    Question::new(whole, forms.clone(), move |answers| {
        let [whole, computed, others @ ..] = answers else { return Verdict::Skip("no answers".to_owned()) };
        if computed.is_empty() && others.iter().all(Vec::is_empty) {
            return Verdict::Skip("no rows".to_owned());
        }
        let verdicts = others.iter().map(|got| same(whole, computed, got));
        let mut worst = Verdict::Pass;
        for (verdict, form) in verdicts.zip(forms.iter().skip(1)) {
            match verdict {
                Verdict::Fail(why) => return Verdict::Fail(format!("  wrong: {form}\n{why}")),
                Verdict::Skip(why) => worst = Verdict::Skip(why),
                Verdict::Pass => {}
            }
        }
        worst
    })
}
