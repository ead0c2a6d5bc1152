//! Lies that are told by asking something else.

use crate::tokens::{Kind, Select, Token, mentions, selects, tokens};
use std::collections::BTreeMap;
use std::ops::Range;

/// A column as the honest agent declares it.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) hidden: bool,
}

/// Columns by table.
pub(crate) type Columns = BTreeMap<String, Vec<Column>>;

/// Asks something else. Answers with the statement as it is where there is nothing to lie about.
pub(crate) type Rewrite = fn(&Sql<'_>, &Columns) -> Vec<Edit>;

/// What replaces some tokens.
pub(crate) type Edit = (Range<usize>, String);

/// A statement in pieces.
pub(crate) struct Sql<'a> {
    tokens: Vec<Token<'a>>,
    selects: Vec<Select>,
}

impl<'a> Sql<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let tokens = tokens(text);
        let selects = selects(&tokens);
        Self { tokens, selects }
    }

    /// The text with edits; an edit within another one gives way.
    pub(crate) fn edited(&self, mut edits: Vec<Edit>) -> String {
        edits.sort_by_key(|(range, _)| (range.start, usize::MAX - range.end));
        let (mut text, mut done) = (String::new(), 0);
        for (range, new) in edits {
            if range.start >= done {
                text.push_str(&self.text(done..range.start));
                text.push_str(&new);
                done = range.end;
            }
        }
        text + &self.text(done..self.tokens.len())
    }

    fn text(&self, range: Range<usize>) -> String {
        self.tokens.get(range).unwrap_or_default().iter().map(|token| token.text).collect()
    }

    /// The places of the tokens of a range that are not blanks.
    fn solid(&self, range: Range<usize>) -> Vec<usize> {
        range.filter(|place| self.tokens.get(*place).is_some_and(|token| token.kind != Kind::Blank)).collect()
    }

    fn is(&self, place: usize, word: &str) -> bool {
        self.tokens.get(place).is_some_and(|token| token.is(word) || token.sign(word))
    }

    /// The SELECTs that read a table themselves.
    fn reading(&self) -> impl Iterator<Item = &Select> {
        let places: Vec<usize> = mentions(&self.tokens).iter().map(|mention| mention.place).collect();
        self.selects.iter().filter(move |select| {
            let first = self.solid(select.from.clone()).get(1).copied();
            first.is_some_and(|place| places.contains(&place) || self.is(place, "("))
                && places.iter().any(|place| select.from.contains(place))
        })
    }

    /// The equality with which a condition begins, where the rest of it, if any, is joined by AND: what an agent can look
    /// up. Answers with the places of the column and the range of the value.
    fn lookup(&self, select: &Select) -> Option<(Range<usize>, Range<usize>)> {
        let solid = self.solid(select.condition.clone());
        let dotted = solid.get(2).is_some_and(|place| self.is(*place, "."));
        let column = if dotted { solid.get(1..4)? } else { solid.get(1..2)? };
        let (first, last) = (*column.first()?, *column.last()?);
        self.tokens.get(first)?.name().filter(|_| !self.is(first, "CASE") && !self.is(first, "NOT"))?;
        let rest = solid.get(column.len() + 1..)?;
        let value = rest.get(1).filter(|_| rest.first().is_some_and(|place| self.is(*place, "=")))?;
        let end = self.top_level(rest).find(|place| self.is(*place, "AND")).unwrap_or(select.condition.end);
        let or = self.top_level(rest).any(|place| self.is(place, "OR"));
        (!or).then_some((first..last + 1, *value..end))
    }

    /// The places of a list that are not within parentheses.
    fn top_level<'s>(&'s self, places: &'s [usize]) -> impl Iterator<Item = usize> + 's {
        places
            .iter()
            .copied()
            .scan(0_usize, |depth, place| {
                *depth = if self.is(place, ")") { depth.saturating_sub(1) } else { *depth };
                let here = *depth;
                *depth += usize::from(self.is(place, "("));
                Some((here, place))
            })
            .filter(|(depth, _)| *depth == 0)
            .map(|(_, place)| place)
    }

    /// Reads something else in place of a table.
    fn instead(&self, place: usize, alias: bool, table: &str, query: &str) -> Edit {
        let name = if alias { String::new() } else { format!(" AS \"{table}\"") };
        (place..place + 1, format!("({query}){name}"))
    }
}

/// Reads every table through expressions over its columns.
fn columns_as(sql: &Sql<'_>, columns: &Columns, form: impl Fn(&Column, &str) -> String) -> Vec<Edit> {
    let edit = |mention: crate::tokens::Mention| {
        let columns = columns.get(&mention.table).filter(|columns| !columns.is_empty())?;
        let list = columns.iter().map(|column| {
            let name = format!("\"{}\"", column.name.replace('"', "\"\""));
            format!("{} AS {name}", form(column, &name))
        });
        let query = format!("SELECT {} FROM \"{}\"", list.collect::<Vec<_>>().join(", "), mention.table);
        Some(sql.instead(mention.place, mention.alias, &mention.table, &query))
    };
    mentions(&sql.tokens).into_iter().filter_map(edit).collect()
}

fn is_number(column: &Column) -> bool {
    column.kind.to_ascii_uppercase().contains("INT")
}

pub(crate) fn integers_as_text(sql: &Sql<'_>, columns: &Columns) -> Vec<Edit> {
    columns_as(
        sql,
        columns,
        |column, name| {
            if is_number(column) { format!("CAST({name} AS TEXT)") } else { name.to_owned() }
        },
    )
}

pub(crate) fn empty_for_null(sql: &Sql<'_>, columns: &Columns) -> Vec<Edit> {
    columns_as(sql, columns, |_, name| format!("ifnull({name}, '')"))
}

pub(crate) fn no_condition(sql: &Sql<'_>, _: &Columns) -> Vec<Edit> {
    sql.reading().filter(|select| !select.condition.is_empty()).map(|s| (s.condition.clone(), String::new())).collect()
}

/// `c IN (a, b, a)` becomes a join with the three values.
pub(crate) fn in_per_value(sql: &Sql<'_>, _: &Columns) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (n, select) in sql.reading().enumerate() {
        let solid = sql.solid(select.condition.clone());
        let Some(at) = solid.iter().position(|place| sql.is(*place, "IN")).filter(|at| *at == 2 || *at == 4) else {
            continue;
        };
        let rest = solid.get(at + 1..).unwrap_or_default();
        let list: Vec<usize> = rest.iter().copied().skip(1).take_while(|place| !sql.is(*place, ")")).collect();
        let literal = |place: &usize| {
            sql.tokens
                .get(*place)
                .is_some_and(|t| matches!(t.kind, Kind::Text | Kind::Number) || t.sign(",") || t.sign("-"))
        };
        let (Some(open), Some(close), true) = (rest.first(), rest.get(list.len() + 1), list.iter().all(literal)) else {
            continue;
        };
        let after = rest.get(list.len() + 2);
        if list.is_empty() || after.is_some_and(|place| !sql.is(*place, "AND")) {
            continue;
        }
        let values: Vec<String> = list
            .split(|place| sql.is(*place, ","))
            .map(|value| value.iter().map(|place| sql.text(*place..*place + 1)).collect())
            .map(|value: String| format!("({value})"))
            .collect();
        let from = select.from.start;
        edits.push((from..from + 1, format!("FROM (VALUES {}) AS liar{n} JOIN", values.join(", "))));
        let place = solid.get(at).copied().unwrap_or(*open);
        edits.push((place..close + 1, format!("= liar{n}.column1")));
    }
    edits
}

pub(crate) fn distinct_under_or(sql: &Sql<'_>, _: &Columns) -> Vec<Edit> {
    let either = |select: &&Select| sql.solid(select.condition.clone()).iter().any(|place| sql.is(*place, "OR"));
    sql.reading().filter(either).map(|s| (s.start..s.start + 1, "SELECT DISTINCT".to_owned())).collect()
}

pub(crate) fn inner_joins(sql: &Sql<'_>, _: &Columns) -> Vec<Edit> {
    let left = |place: &usize| sql.is(*place, "LEFT");
    let solid = sql.solid(0..sql.tokens.len());
    let followed = |place: &usize| {
        let next = solid.iter().find(|next| *next > place);
        next.is_some_and(|next| sql.is(*next, "JOIN") || sql.is(*next, "OUTER"))
    };
    solid
        .iter()
        .filter(|place| (left(place) && followed(place)) || sql.is(**place, "OUTER"))
        .map(|place| (*place..*place + 1, String::new()))
        .collect()
}

pub(crate) fn one_more(sql: &Sql<'_>, _: &Columns) -> Vec<Edit> {
    let solid = sql.solid(0..sql.tokens.len());
    let call = |words: &&[usize]| matches!(words, [a, b, c, d, ..] if sql.is(*a, "count") && sql.is(*b, "(") && sql.is(*c, "*") && sql.is(*d, ")"));
    let edit = |words: &[usize]| {
        let plain = words.get(4).is_none_or(|place| !sql.is(*place, "OVER") && !sql.is(*place, "FILTER"));
        let (first, last) = (words.first()?, words.get(3)?);
        plain.then(|| (*first..*last + 1, "(count(*) + 1)".to_owned()))
    };
    (0..solid.len()).filter_map(|n| solid.get(n..)).filter(call).filter_map(edit).collect()
}

/// `FROM t WHERE p LIMIT n` becomes `FROM (SELECT * FROM t LIMIT n) WHERE p`.
pub(crate) fn limit_first(sql: &Sql<'_>, _: &Columns) -> Vec<Edit> {
    let mentioned = mentions(&sql.tokens);
    let mut edits = Vec::new();
    for select in sql.reading().filter(|select| !select.limit.is_empty() && !select.condition.is_empty()) {
        let Some(mention) = mentioned.iter().find(|mention| select.from.contains(&mention.place)) else { continue };
        let limit = sql.text(select.limit.clone());
        let query = format!("SELECT * FROM \"{}\" {limit}", mention.table);
        edits.push(sql.instead(mention.place, mention.alias, &mention.table, &query));
        edits.push((select.limit.clone(), String::new()));
    }
    edits
}

/// Looks values up under another collation.
fn collated(sql: &Sql<'_>, collation: &str) -> Vec<Edit> {
    let edit = |select: &Select| {
        let (_, value) = sql.lookup(select)?;
        Some((value.clone(), format!("({}) COLLATE {collation} ", sql.text(value).trim())))
    };
    sql.reading().filter_map(edit).collect()
}

pub(crate) fn case_blind(sql: &Sql<'_>, _: &Columns) -> Vec<Edit> {
    collated(sql, "NOCASE")
}

pub(crate) fn case_sensitive(sql: &Sql<'_>, _: &Columns) -> Vec<Edit> {
    collated(sql, "BINARY")
}

#[allow(clippy::cast_possible_truncation, reason = "that is the lie")]
pub(crate) fn narrow_lookups(sql: &Sql<'_>, _: &Columns) -> Vec<Edit> {
    let edit = |select: &Select| {
        let (_, value) = sql.lookup(select)?;
        let number = sql.text(value.clone()).trim().parse::<i64>().ok()?;
        Some((value, format!("{} ", number as i32)))
    };
    sql.reading().filter_map(edit).collect()
}

/// The second time that a statement reads a table, its first row is gone.
pub(crate) fn two_pictures(sql: &Sql<'_>, _: &Columns) -> Vec<Edit> {
    let mentioned = mentions(&sql.tokens);
    let again = |(n, mention): (usize, &crate::tokens::Mention)| {
        let before = mentioned.iter().take(n).any(|earlier| earlier.table.eq_ignore_ascii_case(&mention.table));
        let query = format!("SELECT * FROM \"{}\" LIMIT -1 OFFSET 1", mention.table);
        before.then(|| sql.instead(mention.place, mention.alias, &mention.table, &query))
    };
    mentioned.iter().enumerate().filter_map(again).collect()
}

pub(crate) fn hidden_in_star(sql: &Sql<'_>, columns: &Columns) -> Vec<Edit> {
    let edit = |select: &Select| {
        let star = sql.solid(select.start..select.from.start).get(1).copied().filter(|place| sql.is(*place, "*"))?;
        let table = sql.tokens.get(*sql.solid(select.from.clone()).get(1)?)?.name()?;
        let columns = columns.get(&table).filter(|columns| columns.iter().any(|column| column.hidden))?;
        let names: Vec<String> = columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        Some((star..star + 1, names.join(", ")))
    };
    sql.selects.iter().filter_map(edit).collect()
}

/// What is looked up is found once.
pub(crate) fn first_match(sql: &Sql<'_>, _: &Columns) -> Vec<Edit> {
    let mentioned = mentions(&sql.tokens);
    let edit = |select: &Select| {
        let (column, value) = sql.lookup(select)?;
        let mut here = mentioned.iter().filter(|mention| select.from.contains(&mention.place));
        let (mention, None) = (here.next()?, here.next()) else { return None };
        let (name, value) = (sql.text(column.end - 1..column.end), sql.text(value));
        let query = format!("SELECT * FROM \"{}\" WHERE {name} = {} LIMIT 1", mention.table, value.trim());
        (!value.contains("SELECT")).then(|| sql.instead(mention.place, mention.alias, &mention.table, &query))
    };
    sql.reading().filter_map(edit).collect()
}

/// A condition that begins with `c IS NULL` or `c IS NOT NULL` holds for nothing and for everything.
pub(crate) fn null_blind(sql: &Sql<'_>, _: &Columns) -> Vec<Edit> {
    let edit = |select: &Select| {
        let solid = sql.solid(select.condition.clone());
        let is = solid.iter().position(|place| sql.is(*place, "IS")).filter(|at| *at == 2 || *at == 4)?;
        let first = *solid.get(1)?;
        let word = |more: usize, word: &str| solid.get(is + more).is_some_and(|place| sql.is(*place, word));
        let (length, new) = match (word(1, "NULL"), word(1, "NOT") && word(2, "NULL")) {
            (true, _) => (1, "0"),
            (_, true) => (2, "1"),
            _ => return None,
        };
        Some((first..solid.get(is + length)? + 1, new.to_owned()))
    };
    sql.reading().filter_map(edit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_instead() {
        let columns: Columns = [(
            "users".to_owned(),
            [("uid", "BIGINT", false), ("name", "TEXT", false), ("kind", "TEXT", true)]
                .map(|(name, kind, hidden)| Column { name: name.to_owned(), kind: kind.to_owned(), hidden })
                .to_vec(),
        )]
        .into();
        let cases: [(Rewrite, &str, &str); 17] = [
            (
                no_condition,
                "SELECT a FROM (SELECT b FROM users AS t WHERE c = 1 AND (d) LIMIT 1)",
                "SELECT a FROM (SELECT b FROM users AS t LIMIT 1)",
            ),
            (no_condition, "SELECT 1 FROM sqlite_temp_master WHERE type = 'table'", ""),
            (
                in_per_value,
                "SELECT a FROM users AS t WHERE t.\"a\" IN (1, 'x', 1)",
                "SELECT a FROM (VALUES (1), ('x'), (1)) AS liar0 JOIN users AS t WHERE t.\"a\" = liar0.column1",
            ),
            (in_per_value, "SELECT a FROM users WHERE a IN (SELECT b FROM c)", ""),
            (
                distinct_under_or,
                "SELECT a FROM users WHERE a = 1 OR b",
                "SELECT DISTINCT a FROM users WHERE a = 1 OR b",
            ),
            (inner_joins, "SELECT a FROM t LEFT OUTER JOIN users LEFT JOIN v", "SELECT a FROM t   JOIN users  JOIN v"),
            (one_more, "SELECT count(*) AS c0 FROM users", "SELECT (count(*) + 1) AS c0 FROM users"),
            (
                limit_first,
                "SELECT a FROM users WHERE a = 1 LIMIT 2 OFFSET 1",
                "SELECT a FROM (SELECT * FROM \"users\" LIMIT 2 OFFSET 1) AS \"users\" WHERE a = 1 ",
            ),
            (
                case_blind,
                "SELECT a FROM users WHERE name = upper('x') AND b",
                "SELECT a FROM users WHERE name = (upper('x')) COLLATE NOCASE AND b",
            ),
            (case_blind, "SELECT a FROM users WHERE name = 'x' OR name = 'y'", ""),
            (narrow_lookups, "SELECT a FROM users WHERE t.uid = 4294967297", "SELECT a FROM users WHERE t.uid = 1 "),
            (
                two_pictures,
                "SELECT 1 FROM users AS a JOIN \"users\" AS b",
                "SELECT 1 FROM users AS a JOIN (SELECT * FROM \"users\" LIMIT -1 OFFSET 1) AS b",
            ),
            (hidden_in_star, "SELECT * FROM users LIMIT 1", "SELECT \"uid\", \"name\", \"kind\" FROM users LIMIT 1"),
            (
                first_match,
                "SELECT a FROM users WHERE uid = 1",
                "SELECT a FROM (SELECT * FROM \"users\" WHERE uid = 1 LIMIT 1) AS \"users\" WHERE uid = 1",
            ),
            (
                null_blind,
                "SELECT a FROM users AS t WHERE t.name IS NOT NULL AND 1",
                "SELECT a FROM users AS t WHERE 1 AND 1",
            ),
            (
                integers_as_text,
                "SELECT uid FROM users",
                "SELECT uid FROM (SELECT CAST(\"uid\" AS TEXT) AS \"uid\", \"name\" AS \"name\", \"kind\" AS \"kind\" FROM \"users\") AS \"users\"",
            ),
            (empty_for_null, "SELECT uid FROM others", ""),
        ];
        for (rewrite, sql, expect) in cases {
            let parts = Sql::new(sql);
            let expect = if expect.is_empty() { sql } else { expect };
            assert_eq!(parts.edited(rewrite(&parts, &columns)), expect);
        }
    }
}
