//! Calls of SQL functions with odd arguments.

use super::host::{NUMBERS, literal, token};
use crate::engines::Engine;
use arbitrary::{Result, Unstructured};
use plumb_schema::Value;
use std::collections::BTreeSet;

/// One function and several lists of arguments for it.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its name.
    pub function: String,
    /// Arguments as SQL literals; all lists are of one length.
    pub arguments: Vec<Vec<String>>,
}

/// A scalar function and how many arguments it takes; -1 is any number.
pub type Function = (String, i64);

/// Functions whose answers are not made of their arguments alone, that do something, or that take constants only.
const UNSTEADY: [&str; 10] = [
    "likelihood",
    "random",
    "randomblob",
    "changes",
    "total_changes",
    "last_insert_rowid",
    "load_extension",
    "sleep",
    "sqlite_log",
    "shellstatic",
];

/// The scalar functions of an engine that take arguments and answer the same to the same.
///
/// # Errors
/// What the engine says.
pub fn functions(engine: &mut dyn Engine) -> std::result::Result<Vec<Function>, String> {
    let rows = engine.ask("SELECT DISTINCT name, narg, type FROM pragma_function_list ORDER BY name, narg")?;
    let text = |row: &crate::answer::Row, column: &str| {
        let cell = row.get(column).cloned().flatten().unwrap_or_default();
        String::from_utf8_lossy(&cell).into_owned()
    };
    // Of one name there may be aggregates too: with one argument max() is one.
    let aggregates: BTreeSet<String> =
        rows.iter().filter(|row| text(row, "type") != "s").map(|row| text(row, "name")).collect();
    let usable = |name: &str| {
        !UNSTEADY.contains(&name) && !aggregates.contains(name) && name.starts_with(|c: char| c.is_ascii_lowercase())
    };
    let all = rows.iter().map(|row| (text(row, "name"), text(row, "narg").parse().unwrap_or(0)));
    Ok(all.filter(|(name, count)| *count != 0 && usable(name)).collect())
}

/// Makes calls of one of some functions.
///
/// # Errors
/// When the bytes run out where they must not.
pub fn call(u: &mut Unstructured<'_>, functions: &[Function]) -> Result<Call> {
    let (name, count) = u.choose(functions)?;
    let count = match usize::try_from(*count) {
        Ok(count) => count,
        Err(_) => u.int_in_range(1..=5)?,
    };
    let mut arguments = Vec::new();
    for _ in 0..u.int_in_range(1..=4)? {
        arguments.push((0..count).map(|_| argument(u)).collect::<Result<Vec<_>>>()?);
    }
    Ok(Call { function: name.clone(), arguments })
}

/// Words that functions give a meaning to.
const WORDS: &[&str] = &[
    "a,b,,c",
    "(a)(b)?",
    "[",
    "(?<n>x)",
    "^$",
    "\\d+",
    "(a|a)*$",
    "a{1000}",
    "$",
    "$.a[0]",
    "{\"a\":[1,null]}",
    "[[[[",
    "{}",
    "2024-02-30 25:61:61",
    "+1 month",
    "unixepoch",
    "%s %f %J",
    "%*d%!s%q%w",
    "%.999999f",
    "10.0.0.0/8",
    "10.1.2.3",
    "::1/129",
    "1.2~rc1-3",
    "1:2.0",
    "RHEL",
    "DPKG",
    "/etc/passwd",
    "/a/../b",
    "/bin/sh -c 'x'",
    "eA==",
    "x=\n",
    "\u{e9}\u{1f600}",
    "TCP",
];

fn argument(u: &mut Unstructured<'_>) -> Result<String> {
    Ok(match u.int_in_range(0..=9)? {
        0 => "NULL".to_owned(),
        1 => u.choose(&NUMBERS)?.to_string(),
        2 => u.int_in_range(-3..=300)?.to_string(),
        3 => {
            (*u.choose(&["0.0", "-0.0", "0.5", "1e308", "9e999", "-9e999", "1e-320", "9007199254740993.0"])?).to_owned()
        }
        4 => literal(&Value::Text(token(u)?.into())),
        5 => literal(&Value::Blob(token(u)?.into())),
        6 => {
            let length = u.int_in_range(0..=40_usize)?.min(u.len());
            let bytes = u.bytes(length)?;
            literal(&Value::Text(bytes.into()))
        }
        7 => format!("replace(hex(zeroblob({})), '0', 'ab')", u.choose(&[0, 1, 100, 5000])?),
        _ => literal(&Value::Text(u.choose(WORDS)?.as_bytes().into())),
    })
}
