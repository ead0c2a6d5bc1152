//! Words for a fuzzer's dictionary: what random bytes would hardly spell.

use plumb_schema::Platforms;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Words of SQL, as people write them.
pub(crate) const SQL: &str = "SELECT FROM WHERE AND OR NOT IN LIKE GLOB REGEXP BETWEEN IS NULL ISNULL NOTNULL EXISTS DISTINCT ALL AS ON \
    USING JOIN LEFT RIGHT FULL OUTER INNER CROSS NATURAL GROUP ORDER BY HAVING LIMIT OFFSET ASC DESC NULLS FIRST LAST UNION \
    INTERSECT EXCEPT VALUES WITH RECURSIVE MATERIALIZED CASE WHEN THEN ELSE END CAST COLLATE ESCAPE OVER PARTITION ROWS RANGE \
    PRECEDING FOLLOWING CURRENT FILTER WINDOW CREATE TABLE TEMP VIEW VIRTUAL DROP IF INSERT INTO UPDATE SET DELETE REPLACE \
    RETURNING BEGIN COMMIT ROLLBACK SAVEPOINT PRAGMA EXPLAIN QUERY PLAN ATTACH DETACH VACUUM ANALYZE REINDEX TRIGGER INDEX \
    INTEGER BIGINT UNSIGNED TEXT BLOB REAL DOUBLE WITHOUT ROWID rowid _row sqlite_master sqlite_temp_master sqlite_schema \
    NOCASE BINARY RTRIM VERSION INDEXED CURRENT_TIMESTAMP";

/// Pieces that are no words.
pub(crate) const SIGNS: [&str; 24] = [
    "()",
    "*",
    ",",
    ";",
    "''",
    "'%'",
    "'%%'",
    "\"\"",
    "``",
    "[]",
    "||",
    "->",
    "->>",
    "<>",
    "<=",
    ">=",
    "!=",
    "==",
    "<<",
    "--",
    "/*",
    "x''",
    "9223372036854775807",
    "1e308",
];

/// Every dictionary, by the name of its file.
///
/// # Errors
/// What SQLite says when it is asked for its functions.
pub fn all() -> Result<Vec<(&'static str, String)>, String> {
    let tables = super::host::subjects().iter().filter(|(_, subject)| subject.reads()).map(|(name, _)| *name);
    let parsers = crate::oracles::formats::PARSERS.iter().map(|parser| parser.name);
    Ok(vec![
        ("config.dict", config()),
        ("flags.dict", flags()),
        ("formats.dict", names(parsers)),
        ("sql_text.dict", sql()?),
        ("tables.dict", names(tables)),
    ])
}

/// Words of SQL, signs, tables and columns.
#[must_use]
pub fn words() -> Vec<String> {
    let mut words: BTreeSet<String> = SQL.split_whitespace().chain(SIGNS).map(str::to_owned).collect();
    for table in plumb_tables::registry().on(Platforms::CURRENT) {
        words.insert(table.name().to_owned());
        words.extend(table.specs().map(|spec| spec.name.to_owned()));
    }
    words.into_iter().collect()
}

/// A dictionary in libFuzzer's form: tables, columns, functions and words of SQL.
fn sql() -> Result<String, String> {
    let mut words: BTreeSet<String> = words().into_iter().collect();
    words.extend(functions()?.into_iter().map(|name| format!("{name}(")));
    Ok(lines("Words of SQL, tables, columns and functions.", words))
}

/// A dictionary of flags, and of what the grammar of command lines and flag files is made of.
fn flags() -> String {
    const GRAMMAR: [&str; 14] = [
        "--",
        "-",
        "--no",
        "=",
        "=true",
        "=false",
        "=0x",
        "=-",
        ",",
        "\n",
        "\n@",
        "\n# ",
        "\n--flagfile=",
        "\n--undefok=",
    ];
    let names = plumb_agent::flags::all().map(|spec| format!("--{}", spec.name));
    lines("Flags, and the grammar of command lines.", names.chain(GRAMMAR.map(str::to_owned)).collect())
}

/// A dictionary of the members of configurations, and of what their grammar is made of.
fn config() -> String {
    const GRAMMAR: [&str; 18] = [
        "\"",
        "\":",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\\\n",
        "\n#",
        "\n//",
        "\\u00e4",
        "\\ud83d\\udce6",
        "null",
        "true",
        "1.5",
        "-1",
        "\u{feff}",
        "\"60\"",
    ];
    let mut members = BTreeSet::new();
    for (_, text) in super::configs::SAMPLES {
        let json = plumb_agent::config::text::Text::new("", text.as_bytes()).json;
        names_in(&serde_json::from_str(&json).unwrap_or_default(), &mut members);
    }
    let members = members.into_iter().map(|name| format!("\"{name}\":"));
    lines("Members of configurations, and their grammar.", members.chain(GRAMMAR.map(str::to_owned)).collect())
}

/// The names of members, however deep.
fn names_in(json: &serde_json::Value, names: &mut BTreeSet<String>) {
    match json {
        serde_json::Value::Object(members) => members.iter().for_each(|(name, value)| {
            names.insert(name.clone());
            names_in(value, names);
        }),
        serde_json::Value::Array(items) => items.iter().for_each(|item| names_in(item, names)),
        _ => {}
    }
}

/// A dictionary of names that begin inputs.
fn names<'n>(names: impl Iterator<Item = &'n str>) -> String {
    lines("Names with which an input begins.", names.map(|name| format!("{name}\n")).collect())
}

fn functions() -> Result<Vec<String>, String> {
    use crate::engines::{Engine, embedded::Embedded};
    let host = std::sync::Arc::new(plumb_host::Mem::new());
    let rows = Embedded::new(host)?.ask("SELECT DISTINCT name FROM pragma_function_list WHERE name GLOB '[a-z]*'")?;
    let name = |row: &crate::answer::Row| row.get("name").cloned().flatten();
    Ok(rows.iter().filter_map(name).map(|name| String::from_utf8_lossy(&name).into_owned()).collect())
}

fn lines(title: &str, words: BTreeSet<String>) -> String {
    let mut text = format!("# {title} Written by `cargo run -p plumb-conformance --example fuzz -- write`.\n");
    for word in words {
        let escaped: String = word
            .bytes()
            .map(|byte| match byte {
                b'"' | b'\\' => format!("\\{}", char::from(byte)),
                b' '..=b'~' => char::from(byte).to_string(),
                other => format!("\\x{other:02x}"),
            })
            .collect();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\"{escaped}\"");
    }
    text
}
