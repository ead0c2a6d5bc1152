//! *schema_truth*: values are of the type that their column declares, keys of text are known, and `*` gives the columns that are not
//! hidden.
//!
//! Finds: text in columns of numbers (which compare wrongly), empty text where a value is unknown, keys that are NULL (SQLite
//! answers NULL tests on them without looking), and hidden columns that show.

use crate::Verdict;
use crate::engines::Engine;
use crate::generators::agent::{Declared, DeclaredColumn};
use plumb_schema::Type;

/// Rows whose values are looked at one by one.
const MOST: usize = 200;

/// One table.
pub fn check(engine: &mut dyn Engine, table: &Declared) -> Verdict {
    let visible: Vec<&DeclaredColumn> = table.visible().collect();
    let list = |form: fn(&str, usize) -> String| {
        visible.iter().enumerate().map(|(n, column)| form(&column.name, n)).collect::<Vec<_>>().join(", ")
    };
    let types = list(|name, n| format!("typeof(\"{name}\") AS c{n}"));
    let values = list(|name, n| format!("\"{name}\" AS v{n}"));
    let answers = engine.ask_many(&[
        format!("SELECT DISTINCT {types} FROM \"{}\"", table.name),
        format!("SELECT {types}, {values} FROM \"{}\" LIMIT {MOST}", table.name),
        format!("SELECT * FROM \"{}\" LIMIT 1", table.name),
    ]);
    let answers: Result<Vec<_>, String> = answers.into_iter().collect();
    let (kinds, rows, star) = match answers.as_deref() {
        Ok([kinds, rows, star]) if !kinds.is_empty() => (kinds, rows, star),
        Ok(_) => return Verdict::Skip("no rows".to_owned()),
        Err(error) => return Verdict::Skip(format!("refused: {error}")),
    };
    let mut wrong = Vec::new();
    for (place, column) in visible.iter().enumerate() {
        let (kind_name, value_name) = (format!("c{place}"), format!("v{place}"));
        let typed = kinds.iter().filter_map(|row| row.get(&kind_name)?.as_deref());
        if let Some(found) = typed.clone().find(|found| !fits(column, found)) {
            wrong.push(format!("{} is {}", column_name(column), String::from_utf8_lossy(found)));
        }
        let disagree = |row: &&crate::answer::Row| {
            let known = row.get(&value_name).is_some_and(Option::is_some);
            known == (row.get(&kind_name).and_then(Option::as_deref) == Some(b"null"))
        };
        if rows.iter().any(|row| disagree(&row)) {
            wrong.push(format!("{} does not have the type that typeof() gives", column_name(column)));
        }
    }
    if let Some(row) = star.first() {
        let shown: Vec<&str> = row.keys().map(String::as_str).collect();
        let mut declared: Vec<&str> = visible.iter().map(|column| column.name.as_str()).collect();
        declared.sort_unstable();
        if shown != declared {
            wrong.push(format!("* gives {shown:?} instead of {declared:?}"));
        }
    }
    if wrong.is_empty() { Verdict::Pass } else { Verdict::Fail(format!("{}: {}", table.name, wrong.join("; "))) }
}

fn column_name(column: &DeclaredColumn) -> String {
    let key = if column.key { ", a key," } else { "" };
    format!("{}{key} declared {}", column.name, column.kind.map_or("?", Type::sql))
}

fn fits(column: &DeclaredColumn, found: &[u8]) -> bool {
    match (column.kind, found) {
        // No number stands for an unknown one, so that a key of numbers may be NULL; text has the empty text.
        (kind, b"null") => !column.key || kind != Some(Type::Text),
        (None, _) => true,
        (Some(Type::Text), found) => found == b"text",
        (Some(Type::Integer | Type::BigInt | Type::UnsignedBigInt), found) => found == b"integer",
        (Some(Type::Double), found) => found == b"real",
        (Some(Type::Blob), found) => found == b"blob",
    }
}
