//! Help for errors: the nearest name to one that does not exist.

use plumb_schema::{AnyTable, Registry};

/// The candidate that is nearest to `name`, if it is near enough to have been meant.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_ascii_lowercase();
    let allowed = (name.chars().count() / 3).min(4);
    candidates
        .map(|candidate| (distance(&name, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, candidate)| (*distance, *candidate))
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions, substitutions and swaps of neighbours that make one name of the other.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, a) in left.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, b) in right.iter().enumerate() {
            let mut best = (last[column] + usize::from(a != b)).min(last[column + 1] + 1).min(line[column] + 1);
            let swapped = row > 0 && column > 0 && left[row - 1] == *b && *a == right[column - 1];
            if swapped {
                best = best.min(before[column - 1] + 1);
            }
            line.push(best);
        }
        before = std::mem::replace(&mut last, line);
    }
    last.last().copied().unwrap_or(0)
}

/// What to do about an error message of SQLite that names something unknown. `functions` lists those that there are.
pub(crate) fn help(
    message: &str,
    sql: &str,
    registry: &Registry,
    functions: impl FnOnce() -> Vec<String>,
) -> Vec<String> {
    let here = plumb_schema::Platforms::CURRENT;
    if let Some(name) = message.strip_prefix("no such table: ") {
        let name = name.rsplit('.').next().unwrap_or(name);
        if let Some(elsewhere) = registry.get(name) {
            return vec![format!("the table {name} exists on {} only", elsewhere.on())];
        }
        let known = registry.on(here).flat_map(|table| table.aliases().iter().copied().chain([table.name()]));
        return nearest(name, known).map(|near| format!("did you mean the table {near}?")).into_iter().collect();
    }
    if let Some(name) = message.strip_prefix("no such column: ") {
        return column_help(name, sql, registry).into_iter().collect();
    }
    if let Some(name) = message.strip_prefix("no such function: ") {
        let functions = functions();
        let near = nearest(name, functions.iter().map(String::as_str));
        return near.map(|near| format!("did you mean the function {near}?")).into_iter().collect();
    }
    Vec::new()
}

fn column_help(name: &str, sql: &str, registry: &Registry) -> Option<String> {
    let (scope, name) = name.rsplit_once('.').unwrap_or(("", name));
    let used: Vec<&'static dyn AnyTable> = words(sql).filter_map(|word| registry.get(word)).collect();
    let columns = || used.iter().flat_map(|table| table.specs().map(move |spec| (spec.name, table.name())));
    let near = nearest(name, columns().map(|(column, _)| column))?;
    let (_, table) = columns().find(|(column, _)| *column == near)?;
    Some(if !near.eq_ignore_ascii_case(name) {
        format!("did you mean {near} of {table}?")
    } else if scope.is_empty() {
        format!("{near} is a column of {table}, which cannot be seen from here")
    } else if scope.eq_ignore_ascii_case(table) {
        format!("{table} goes by another name in this statement")
    } else {
        format!("{near} is a column of {table}, not of {scope}")
    })
}

/// Where the name that a message ends with stands in the text; SQLite itself tells the place of columns and syntax
/// errors only.
pub(crate) fn place(message: &str, sql: &str) -> Option<usize> {
    let (_, name) = message.split_once(": ").filter(|(what, _)| what.starts_with("no such "))?;
    let name = name.rsplit('.').next().unwrap_or(name);
    words(sql).find(|word| word.eq_ignore_ascii_case(name)).map(|word| word.as_ptr() as usize - sql.as_ptr() as usize)
}

/// The words of a text that could be names.
fn words(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_schema::{Column, Table};

    #[test]
    fn near_names() {
        let known = ["processes", "process_envs", "users", "user_groups", "uptime"];
        for (name, expect) in [
            ("process", Some("processes")),
            ("procesess", Some("processes")),
            ("USER", Some("users")),
            ("usres", Some("users")),
            ("uptme", Some("uptime")),
            ("nothing_like_it", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known.into_iter()), expect, "{name}");
        }
    }

    #[test]
    fn names_that_were_meant() {
        static ITEMS: Table<()> =
            Table { name: "items", columns: &[Column::text("label", "", |()| None)], ..Table::EMPTY };
        let registry = Registry::new([&ITEMS as &dyn AnyTable]);
        for (message, sql, expect) in [
            ("no such table: item", "select * from item", "did you mean the table items?"),
            ("no such column: lable", "select lable from items", "did you mean label of items?"),
            ("no such column: i.lable", "select i.lable from items i", "did you mean label of items?"),
            ("no such column: x.label", "select x.label from items i", "label is a column of items, not of x"),
            (
                "no such column: items.label",
                "select items.label from items i",
                "items goes by another name in this statement",
            ),
            (
                "no such column: label",
                "select label from (select 1 from items)",
                "label is a column of items, which cannot be seen from here",
            ),
            ("no such column: other", "select other from items", ""),
            ("no such function: lenght", "select lenght(1)", "did you mean the function length?"),
            ("no such function: nope", "select nope(1)", ""),
            ("near \"x\": syntax error", "x", ""),
        ] {
            let functions = || vec!["length".to_owned(), "lower".to_owned()];
            assert_eq!(help(message, sql, &registry, functions).join("|"), expect, "{message}");
        }
    }
}
