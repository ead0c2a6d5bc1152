//! What the Tab key offers: dot commands, tables, the columns of tables that the statement names, and SQL's words.

use super::commands;
use plumb_schema::{Platforms, Registry};
use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper};

/// The words of SQL that queries are made of.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "ALL", "AND", "AS", "ASC", "BETWEEN", "BY", "CASE", "CAST", "COLLATE", "COUNT", "CROSS", "DESC", "DISTINCT", "ELSE", "END",
    "ESCAPE", "EXCEPT", "EXISTS", "EXPLAIN", "FROM", "GLOB", "GROUP", "HAVING", "IN", "INNER", "INTERSECT", "IS", "JOIN", "LEFT",
    "LIKE", "LIMIT", "NATURAL", "NOT", "NULL", "OFFSET", "ON", "OR", "ORDER", "OUTER", "OVER", "PARTITION", "PLAN", "QUERY",
    "RECURSIVE", "SELECT", "THEN", "UNION", "USING", "VALUES", "WHEN", "WHERE", "WITH",
];

/// Completes words at the prompt.
pub(super) struct Completion {
    tables: Registry,
    /// The lines of the statement that stand above the current one.
    pending: String,
}

impl Completion {
    pub(super) fn new(tables: Registry) -> Self {
        Self { tables, pending: String::new() }
    }

    pub(super) fn set_pending(&mut self, pending: &str) {
        pending.clone_into(&mut self.pending);
    }

    /// Where the word before the cursor begins, and what it could become.
    fn offer(&self, line: &str, cursor: usize) -> (usize, Vec<String>) {
        let before = line.get(..cursor).unwrap_or(line);
        let start = before
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .map_or(0, |at| at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
        let word = before.get(start..).unwrap_or_default();
        let command = before.strip_prefix('.').filter(|_| self.pending.is_empty());
        let mut offers = match command {
            Some(command) if start == 1 => words(commands::names(), command),
            Some(_) => words(self.table_names(), word),
            None if before.get(..start).is_some_and(|lead| lead.ends_with('.')) => {
                words(self.columns(line).into_iter(), word)
            }
            None => {
                let mut offers = words(self.table_names(), word);
                offers.extend(words(self.columns(line).into_iter(), word));
                offers.extend(keywords(word));
                offers
            }
        };
        offers.sort_unstable();
        offers.dedup();
        (start, offers)
    }

    fn table_names(&self) -> impl Iterator<Item = &'static str> {
        self.tables.on(Platforms::CURRENT).map(|table| table.name())
    }

    /// The columns of the tables that the statement names.
    fn columns(&self, line: &str) -> Vec<&'static str> {
        let names = |text: &str| -> Vec<&'static str> {
            text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .filter_map(|word| self.tables.get(&word.to_ascii_lowercase()))
                .flat_map(|table| table.specs().map(|spec| spec.name).collect::<Vec<_>>())
                .collect()
        };
        let mut columns = names(&self.pending);
        columns.extend(names(line));
        columns
    }
}

fn words(candidates: impl Iterator<Item = &'static str>, beginning: &str) -> Vec<String> {
    let fits = |word: &&str| word.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning));
    candidates.filter(fits).map(str::to_owned).collect()
}

/// SQL's words in the case in which they were begun; none for nothing.
fn keywords(beginning: &str) -> Vec<String> {
    if beginning.is_empty() {
        return Vec::new();
    }
    let upper = beginning.chars().all(|c| !c.is_ascii_lowercase());
    let offers = words(KEYWORDS.iter().copied(), beginning).into_iter();
    offers.map(|word| if upper { word } else { word.to_ascii_lowercase() }).collect()
}

impl Completer for Completion {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.offer(line, pos))
    }
}

impl Hinter for Completion {
    type Hint = String;
}
impl Highlighter for Completion {}
impl Validator for Completion {}
impl Helper for Completion {}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_schema::{AnyTable, Column, Table};

    static ANTS: Table<()> = Table {
        name: "ants",
        columns: &[Column::text("leg", "", |_| None), Column::text("limb", "", |_| None)],
        ..Table::EMPTY
    };
    static BEES: Table<()> = Table { name: "bees", columns: &[Column::text("wing", "", |_| None)], ..Table::EMPTY };

    #[test]
    fn offers() {
        let mut completion = Completion::new(Registry::new([&ANTS as &dyn AnyTable, &BEES]));
        for (pending, line, start, expect) in [
            ("", ".ta", 1, &["tables"][..]),
            ("", ".schema an", 8, &["ants"]),
            ("", "sel", 0, &["select"]),
            ("", "SEL", 0, &["SELECT"]),
            ("", "select * from ", 14, &["ants", "bees"]),
            ("", "select * from b", 14, &["bees", "between", "by"]),
            ("", "select * from ants where l", 25, &["left", "leg", "like", "limb", "limit"]),
            ("", "select * from ANTS a where a.l", 29, &["leg", "limb"]),
            ("", "select w", 7, &["when", "where", "with"]),
            ("select * from bees", "where w", 6, &["when", "where", "wing", "with"]),
            ("select", ".b", 1, &[]),
            ("", "é a", 3, &["all", "and", "ants", "as", "asc"]),
            ("", "éa", 2, &["all", "and", "ants", "as", "asc"]),
        ] {
            completion.set_pending(pending);
            let (at, offers) = completion.offer(line, line.len());
            assert_eq!((at, offers), (start, expect.iter().map(|word| (*word).to_owned()).collect()), "{line:?}");
        }
    }
}
