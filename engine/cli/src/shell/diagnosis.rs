//! Errors of statements, told to a person: the line that tools know first, then where it is and what to do.

use super::Told;
use crate::sql::SqlError;
use plumb_agent::flags::os_text;

/// Characters of a statement's line that are shown around an error.
const SHOWN: usize = 100;

/// The lines for an error of a statement of `sql`.
pub(super) fn diagnosis(error: &SqlError, sql: &str, told: Told<'_>) -> Vec<String> {
    let (message, offset, help) = match error {
        SqlError::Sql { message, offset, help, .. } => (message.clone(), *offset, help.as_slice()),
        SqlError::Output(error) => (format!("cannot write the results: {}", os_text(error)), None, [].as_slice()),
    };
    let mut lines = match told {
        Told::Plainly => vec![format!("Error: {message}")],
        Told::WithLine(line) => vec![format!("Error: near line {line}: {message}")],
        // The statement is ours, so its text would only confuse.
        Told::AboutTable(table) => vec![format!("Error querying table: {table}"), format!("help: {message}")],
    };
    if !matches!(told, Told::AboutTable(_)) {
        lines.extend(offset.and_then(|offset| excerpt(sql, offset)).into_iter().flatten());
    }
    lines.extend(help.iter().map(|help| format!("help: {help}")));
    lines
}

/// The line of a text that holds a place, and a mark under the place.
fn excerpt(text: &str, offset: usize) -> Option<[String; 2]> {
    let before = text.get(..offset)?;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(start..)?.lines().next().unwrap_or_default();
    let column = before.get(start..)?.chars().count();
    let skipped = column.saturating_sub(SHOWN / 2);
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    let mut shown: String = line.chars().skip(skipped).take(SHOWN).map(visible).collect();
    if line.chars().nth(skipped + SHOWN).is_some() {
        shown.push('…');
    }
    let lead = if skipped > 0 { "…" } else { "" };
    let indent = lead.chars().count() + column - skipped;
    Some([format!("  {lead}{}", shown.trim_end()), format!("  {}^", " ".repeat(indent))])
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

    fn error(message: &str, offset: Option<usize>, help: &[&str]) -> SqlError {
        let help = help.iter().map(|line| (*line).to_owned()).collect();
        SqlError::Sql { message: message.to_owned(), code: 1, offset, help }
    }

    #[test]
    fn lines() {
        for (sql, offset, told, expect) in [
            ("selec 1", Some(0), Told::Plainly, "Error: bad|  selec 1|  ^|help: do"),
            ("select 1,\n  x y z", Some(14), Told::WithLine(3), "Error: near line 3: bad|    x y z|      ^|help: do"),
            ("é é nope", Some(6), Told::Plainly, "Error: bad|  é é nope|      ^|help: do"),
            ("a\tb\x1bc", Some(4), Told::Plainly, "Error: bad|  a b c|      ^|help: do"),
            ("é", Some(1), Told::Plainly, "Error: bad|help: do"),
            ("x", Some(9), Told::Plainly, "Error: bad|help: do"),
            ("x", Some(1), Told::Plainly, "Error: bad|  x|   ^|help: do"),
            ("x", None, Told::Plainly, "Error: bad|help: do"),
            ("select * from t", Some(14), Told::AboutTable("t"), "Error querying table: t|help: bad|help: do"),
        ] {
            assert_eq!(diagnosis(&error("bad", offset, &["do"]), sql, told).join("|"), expect, "{sql:?}");
        }
    }

    #[test]
    fn long_lines_are_cut() {
        let sql = format!("{}nope{}", "a".repeat(200), "b".repeat(200));
        let [line, mark] = excerpt(&sql, 200).unwrap();
        assert_eq!(line, format!("  …{}nope{}…", "a".repeat(50), "b".repeat(46)));
        assert_eq!(line.chars().position(|c| c == 'n'), mark.chars().position(|c| c == '^'));
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
