//! Texts that are hardly statements: valid ones with words dropped, doubled and swapped, and words thrown together.

use super::{Material, query};
use crate::generators::dictionary::{SIGNS, SQL};
use arbitrary::{Result, Unstructured};

/// How far a text may be from a statement that is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Of ten texts, so many are damaged statements.
    pub damaged: u8,
    /// Of ten texts, so many are words thrown together.
    pub thrown: u8,
}

impl Settings {
    /// Nothing but statements that are answered.
    pub const VALID: Self = Self { damaged: 0, thrown: 0 };
    /// Some of everything.
    pub const MIXED: Self = Self { damaged: 4, thrown: 2 };
    /// Nothing that was made to be answered.
    pub const HOSTILE: Self = Self { damaged: 7, thrown: 3 };
}

/// One text.
///
/// # Errors
/// When the bytes run out.
pub fn text(u: &mut Unstructured<'_>, material: &Material, settings: Settings) -> Result<String> {
    let turn = u.int_in_range(0..=9)?;
    if turn < settings.thrown {
        thrown(u, material)
    } else if turn < settings.thrown.saturating_add(settings.damaged) {
        let sql = query(u, material)?;
        damaged(u, material, &sql)
    } else {
        query(u, material)
    }
}

/// Words of the grammar and of the schema, in any order.
fn thrown(u: &mut Unstructured<'_>, material: &Material) -> Result<String> {
    let mut words = Vec::new();
    if u.ratio(3, 4)? {
        words.push("SELECT".to_owned());
    }
    for _ in 0..u.int_in_range(1..=24)? {
        words.push(word(u, material)?);
    }
    Ok(words.join(" "))
}

fn word(u: &mut Unstructured<'_>, material: &Material) -> Result<String> {
    let table = u.choose(&material.tables)?;
    let column = u.choose(&table.columns)?;
    Ok(match u.int_in_range(0..=9)? {
        0..=2 => {
            let count = SQL.split_whitespace().count();
            let place = u.choose_index(count)?;
            SQL.split_whitespace().nth(place).unwrap_or_default().to_owned()
        }
        3 | 4 => (*u.choose(&SIGNS)?).to_owned(),
        5 => table.name.clone(),
        6 => format!("{}.\"{}\"", table.name, column.name),
        7 => column.name.clone(),
        8 if !column.literals.is_empty() => u.choose(&column.literals)?.clone(),
        _ => (*u.choose(&["(", ")", ",", "=", ".", "AS t", "count(", "substr(", "1", "?1", ":a", "@x"])?).to_owned(),
    })
}

/// A statement with some of its words dropped, doubled, swapped or replaced.
fn damaged(u: &mut Unstructured<'_>, material: &Material, sql: &str) -> Result<String> {
    let mut words = tokens(sql);
    for _ in 0..u.int_in_range(1..=2)? {
        if words.is_empty() {
            break;
        }
        let (one, two) = (u.choose_index(words.len())?, u.choose_index(words.len())?);
        let word = match u.int_in_range(0..=9)? {
            0 => {
                words.remove(one);
                continue;
            }
            1 => {
                words.insert(one, words.get(two).cloned().unwrap_or_default());
                continue;
            }
            2 => {
                words.swap(one, two);
                continue;
            }
            3 => {
                words.truncate(one);
                continue;
            }
            4 => word(u, material)?,
            _ => instead(u, material, words.get(one).map_or("", String::as_str))?,
        };
        if let Some(place) = words.get_mut(one) {
            *place = word;
        }
    }
    Ok(words.join(" "))
}

/// A statement in which a word or two are exchanged for others of their kind, so that most of them still are statements;
/// once in a while another one, or a damaged one.
///
/// # Errors
/// When the bytes run out.
pub fn edited(u: &mut Unstructured<'_>, material: &Material, sql: &str) -> Result<String> {
    match u.int_in_range(0..=15)? {
        0 | 1 => return query(u, material),
        2 => return damaged(u, material, sql),
        _ => {}
    }
    let mut words = tokens(sql);
    for _ in 0..u.int_in_range(1..=2)? {
        if words.is_empty() {
            break;
        }
        let place = u.choose_index(words.len())?;
        let other = instead(u, material, words.get(place).map_or("", String::as_str))?;
        if let Some(word) = words.get_mut(place) {
            *word = other;
        }
    }
    Ok(words.join(" "))
}

/// Something of the kind of a word, so that there still is a statement: a comparison, a constant, a column, an aggregate.
fn instead(u: &mut Unstructured<'_>, material: &Material, word: &str) -> Result<String> {
    const KINDS: [&[&str]; 9] = [
        &["=", "<", "<>", ">=", "IS", "LIKE", "GLOB", "REGEXP", "MATCH", "||", "+", "->", ","],
        &["AND", "OR", "=", "+"],
        &["JOIN", "CROSS", "NATURAL", ",", "LEFT"],
        &["UNION", "INTERSECT", "EXCEPT", "UNION ALL"],
        &["NOCASE", "BINARY", "RTRIM", "VERSION", "VERSION_RHEL", "nothing"],
        &["TEXT", "INTEGER", "REAL", "BLOB", "NUMERIC"],
        &["count", "max", "min", "sum", "quote", "length", "upper", "group_concat", "total", "avg", "abs", "random"],
        &["WHERE", "HAVING", "ORDER BY", "GROUP BY"],
        &["DESC", "ASC", "DISTINCT", ""],
    ];
    let kind = KINDS.iter().find(|kind| kind.contains(&word));
    let table = u.choose(&material.tables)?;
    let column = u.choose(&table.columns)?;
    let first = word.chars().next().unwrap_or(' ');
    Ok(match kind {
        Some(kind) => (*u.choose(kind)?).to_owned(),
        None if first == '"' => format!("\"{}\"", column.name),
        None if first == '\'' || first.is_ascii_digit() => match u.int_in_range(0..=2)? {
            0 => (*u.choose(&["zeroblob(99999)", "-9223372036854775808", "1e999", "x'ff'", "'%'", "NULL", "?1"])?)
                .to_owned(),
            1 => format!("\"{}\"", column.name),
            _ => column.literals.first().cloned().unwrap_or_default(),
        },
        None if material.tables.iter().any(|table| table.name == word) => table.name.clone(),
        None => word.to_uppercase(),
    })
}

/// The words of a statement: literals, names in quotes and signs of several characters stay whole.
fn tokens(sql: &str) -> Vec<String> {
    let (mut tokens, mut token, mut quote) = (Vec::new(), String::new(), None);
    for c in sql.chars() {
        let inside = quote.is_some();
        match quote {
            Some(end) if end == c => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            _ => {}
        }
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '"' || c == '\'';
        let joins = inside || (word(c) && token.chars().last().is_none_or(word)) || continues(&token, c);
        if !joins && !token.is_empty() {
            tokens.push(std::mem::take(&mut token));
        }
        if inside || !c.is_whitespace() {
            token.push(c);
        }
    }
    tokens.extend((!token.is_empty()).then_some(token));
    tokens
}

/// Whether a character goes on with a sign or a number.
fn continues(token: &str, c: char) -> bool {
    match token {
        "<" => matches!(c, '=' | '>' | '<'),
        ">" => matches!(c, '=' | '>'),
        "!" | "=" => c == '=',
        "|" => c == '|',
        "-" | "->" => c == '>',
        _ if token.starts_with(|first: char| first.is_ascii_digit()) => {
            c == '.' && token.bytes().all(|byte| byte.is_ascii_digit()) || c.is_ascii_digit() && token.ends_with('.')
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_statements() {
        for (sql, expect) in [
            ("SELECT a.\"b c\" FROM t", vec!["SELECT", "a", ".", "\"b c\"", "FROM", "t"]),
            ("x='it''s' OR y>=-1.5", vec!["x", "=", "'it''s'", "OR", "y", ">=", "-", "1.5"]),
            ("a||b->>'$' <> t1.c", vec!["a", "||", "b", "->>", "'$'", "<>", "t1", ".", "c"]),
            ("(a,b)", vec!["(", "a", ",", "b", ")"]),
        ] {
            assert_eq!(tokens(sql), expect, "{sql}");
        }
    }
}
