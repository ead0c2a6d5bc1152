//! Errors of statements, told to a person: the line that tools know first, then where it is and what to do.

use super::Told;
use crate::sql::SqlError;
use crate::sql::analysis::Excerpt;
use plumb_agent::flags::os_text;

/// The lines for an error of a statement of `sql`.
pub(super) fn diagnosis(error: &SqlError, sql: &str, told: Told<'_>) -> Vec<String> {
    let (message, span, help) = match error {
        SqlError::Sql { message, span, help, .. } => (message.clone(), span.as_ref(), help.as_slice()),
        SqlError::Budget { message, .. } => (message.clone(), None, [].as_slice()),
        SqlError::Output(error) => (format!("cannot write the results: {}", os_text(error)), None, [].as_slice()),
    };
    let mut lines = match told {
        Told::Plainly => vec![format!("Error: {message}")],
        Told::WithLine(line) => vec![format!("Error: near line {line}: {message}")],
        // The statement is ours, so its text would only confuse.
        Told::AboutTable(table) => vec![format!("Error querying table: {table}"), format!("help: {message}")],
    };
    if !matches!(told, Told::AboutTable(_)) {
        let excerpt = span.and_then(|span| Excerpt::new(sql, span));
        lines.extend(
            excerpt.into_iter().flat_map(|Excerpt { text, mark, .. }| [text, mark]).map(|line| format!("  {line}")),
        );
    }
    lines.extend(help.iter().map(|help| format!("help: {help}")));
    lines
}

/// The table whose documentation a warning or error is about.
pub(super) fn documented_table(text: &str) -> Option<&str> {
    let (name, rest) = match text.strip_prefix("Table ") {
        Some(rest) => rest.split_once(' ')?,
        None => text.strip_prefix("The ")?.split_once(' ')?,
    };
    let known = ["was queried without a required column", "is event-based", "table returns data"];
    known.iter().any(|known| rest.starts_with(known)).then_some(name)
}

/// Where a table is documented.
pub(super) fn documentation(table: &str) -> String {
    format!("How {table} can be queried: https://osquery.io/schema/#{table}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::Range;

    fn error(message: &str, span: Option<Range<usize>>, help: &[&str]) -> SqlError {
        let help = help.iter().map(|line| (*line).to_owned()).collect();
        SqlError::Sql { message: message.to_owned(), code: 1, span, help }
    }

    #[test]
    fn lines() {
        for (sql, span, told, expect) in [
            ("selec 1", Some(0..5), Told::Plainly, "Error: bad|  selec 1|  ^^^^^|help: do"),
            (
                "select 1,\n  x y z",
                Some(14..14),
                Told::WithLine(3),
                "Error: near line 3: bad|    x y z|      ^|help: do",
            ),
            ("é é nope", Some(6..6), Told::Plainly, "Error: bad|  é é nope|      ^|help: do"),
            ("a\tb\x1bc", Some(4..4), Told::Plainly, "Error: bad|  a b c|      ^|help: do"),
            ("é", Some(1..1), Told::Plainly, "Error: bad|help: do"),
            ("x", Some(9..9), Told::Plainly, "Error: bad|help: do"),
            ("x", Some(1..1), Told::Plainly, "Error: bad|  x|   ^|help: do"),
            ("x", None, Told::Plainly, "Error: bad|help: do"),
            ("select * from t", Some(14..14), Told::AboutTable("t"), "Error querying table: t|help: bad|help: do"),
        ] {
            assert_eq!(diagnosis(&error("bad", span, &["do"]), sql, told).join("|"), expect, "{sql:?}");
        }
    }

    #[test]
    fn tables_in_warnings() {
        for (text, table) in [
            ("Table hash was queried without a required column in the WHERE clause", Some("hash")),
            ("Table process_events is event-based but events are disabled", Some("process_events")),
            ("The python_packages table returns data based on the current user by default", Some("python_packages")),
            ("Table hash is fine", None),
            ("The end", None),
            ("", None),
        ] {
            assert_eq!(documented_table(text), table, "{text}");
        }
    }
}
