//! SQL text, by its structure: brackets, clauses, joins, operands, lists, literals.
//!
//! It works on tokens and knows no grammar, so it takes any text, also what SQLite refuses. Candidates that mean nothing are
//! refused and so do not fail as they should. A candidate is only tried if it is shorter, or as long and simpler.

mod clauses;
mod passes;
mod shape;
pub(crate) mod token;

pub(crate) use clauses::Clauses;

use super::{Budget, Checks, list};
use passes::{PASSES, apply};
use token::{Kind, Token, text, tokens};

/// Words before a bracket that call nothing.
const NOT_CALLED: &[&str] = &[
    "IN",
    "EXISTS",
    "VALUES",
    "AS",
    "USING",
    "FROM",
    "JOIN",
    "WHERE",
    "AND",
    "OR",
    "NOT",
    "ON",
    "SELECT",
    "BY",
    "OVER",
    "FILTER",
    "THEN",
    "ELSE",
    "WHEN",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "MATERIALIZED",
    "UNION",
    "ALL",
    "INTERSECT",
    "EXCEPT",
    "LIKE",
    "GLOB",
    "BETWEEN",
    "IS",
    "DISTINCT",
];

/// Shrinks SQL.
pub fn sql(sql: &str, budget: Budget, fails: &mut dyn FnMut(&str) -> bool) -> String {
    let mut checks = Checks::new(budget, fails);
    let mut best = tokens(sql);
    let plain = text(&best);
    if plain != sql && !checks.fails(&plain) {
        return characters(sql, &mut checks);
    }
    loop {
        let before = size(&best);
        for pass in PASSES {
            let mut place = 0;
            // A pass goes on where it was: what did not fail before will rarely fail now, and the next round looks again.
            while let Some((next, better)) = better(&best, &pass(&best), place, &mut checks) {
                (place, best) = (next, better);
            }
        }
        if size(&best) == before || checks.over() {
            return text(&best);
        }
    }
}

/// The first edit from a place on after which the tokens are simpler and still fail.
fn better(
    best: &[Token],
    edits: &[passes::Edit],
    place: usize,
    checks: &mut Checks<'_, str>,
) -> Option<(usize, Vec<Token>)> {
    let before = size(best);
    let candidates = edits.iter().enumerate().skip(place).map(|(place, edit)| (place, apply(best, edit)));
    let most = before.2.len();
    let smaller = |after: &(usize, usize, String)| *after < before && after.2.len() <= most;
    let mut simpler = candidates.filter(|(_, candidate)| smaller(&size(candidate)));
    simpler.find(|(_, candidate)| checks.fails(&text(candidate)))
}

/// What is smaller: fewer characters besides blanks, then fewer words that mean something, then whatever comes first.
fn size(tokens: &[Token]) -> (usize, usize, String) {
    const SIMPLE: &[&str] = &["1", "0", "NULL", "''", "*", ","];
    let length = tokens.iter().map(|token| token.text.len()).sum();
    let words =
        tokens.iter().filter(|token| token.kind != Kind::Punctuation && !SIMPLE.contains(&&*token.text)).count();
    (length, words, text(tokens))
}

/// Where blanks or comments are what fails, characters are left out one by one.
fn characters(sql: &str, checks: &mut Checks<'_, str>) -> String {
    let fewer = list::fewer(sql.chars().collect(), &mut |left| checks.fails(&left.iter().collect::<String>()));
    fewer.into_iter().collect()
}

#[cfg(test)]
mod tests;
