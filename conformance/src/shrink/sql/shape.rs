//! The structure of SQL as far as brackets and keywords tell it, without a grammar: every text has one.

use super::token::Token;
use std::ops::Range;

/// Words that begin a clause.
pub(super) const CLAUSES: &[&str] = &[
    "WITH",
    "SELECT",
    "VALUES",
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "WINDOW",
    "PARTITION",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "UNION",
    "INTERSECT",
    "EXCEPT",
];
/// Words that put two selects together.
pub(super) const COMPOUND: &[&str] = &["UNION", "INTERSECT", "EXCEPT"];
/// Words that a join is made of.
pub(super) const JOIN: &[&str] = &["NATURAL", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "OUTER", "JOIN"];
/// Words at which an expression ends.
const BOUNDS: &[&str] = &["ON", "USING", "WHEN", "THEN", "ELSE", "AS", "BY", ",", ";"];

/// What stands side by side: the text itself, or the inside of a bracket or a CASE. An atom is a token or a whole bracket.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// The brackets or words around it; nothing around the whole text.
    pub(super) around: Option<Range<usize>>,
    /// The tokens of each atom.
    pub(super) atoms: Vec<Range<usize>>,
}

/// A run of atoms.
pub(super) type Run = Range<usize>;

/// Every scope, outer ones first.
pub(super) fn scopes(tokens: &[Token]) -> Vec<Scope> {
    let mut done = Vec::new();
    let mut open: Vec<Scope> = vec![Scope { around: None, atoms: Vec::new() }];
    for (place, token) in tokens.iter().enumerate() {
        if token.is_any(&["(", "CASE"]) {
            open.push(Scope { around: Some(place..place), atoms: Vec::new() });
            continue;
        }
        if token.is_any(&[")", "END"]) && open.len() > 1 {
            close(&mut open, place + 1, &mut done);
        } else if let Some(scope) = open.last_mut() {
            scope.atoms.push(place..place + 1);
        }
    }
    while open.len() > 1 {
        close(&mut open, tokens.len(), &mut done);
    }
    done.extend(open);
    done.reverse();
    done
}

/// Ends the innermost scope, which is an atom of the one around it.
fn close(open: &mut Vec<Scope>, end: usize, done: &mut Vec<Scope>) {
    let Some(mut scope) = open.pop() else { return };
    let start = scope.around.as_ref().map_or(0, |around| around.start);
    scope.around = Some(start..end);
    done.push(scope);
    if let Some(outer) = open.last_mut() {
        outer.atoms.push(start..end);
    }
}

impl Scope {
    /// The token that an atom is; nothing for a bracket.
    pub(super) fn token<'t>(&self, tokens: &'t [Token], atom: usize) -> Option<&'t Token> {
        let range = self.atoms.get(atom)?;
        if range.len() == 1 { tokens.get(range.start) } else { None }
    }

    /// Whether an atom is one of some words.
    pub(super) fn is(&self, tokens: &[Token], atom: usize, words: &[&str]) -> bool {
        self.token(tokens, atom).is_some_and(|token| token.is_any(words))
    }

    /// Whether a query stands here.
    pub(super) fn is_query(&self, tokens: &[Token]) -> bool {
        self.is(tokens, 0, &["SELECT", "VALUES", "WITH"])
    }

    /// The tokens of a run of atoms.
    pub(super) fn tokens(&self, run: &Run) -> Range<usize> {
        let start = self.atoms.get(run.start).map_or(0, |atom| atom.start);
        let end = run.end.checked_sub(1).and_then(|last| self.atoms.get(last)).map_or(start, |atom| atom.end);
        start..end.max(start)
    }

    /// All atoms.
    pub(super) fn all(&self) -> Run {
        0..self.atoms.len()
    }

    /// The parts of a run between separators, which may be empty.
    pub(super) fn split(&self, run: Run, is_separator: &dyn Fn(usize) -> bool) -> Vec<Run> {
        let mut parts = Vec::new();
        let mut start = run.start;
        for atom in run.clone().filter(|atom| is_separator(*atom)) {
            parts.push(start..atom);
            start = atom + 1;
        }
        parts.push(start..run.end);
        parts
    }

    /// The clauses, each with the word that begins it; what stands before the first is one too.
    pub(super) fn clauses(&self, tokens: &[Token]) -> Vec<Run> {
        let starts = self.all().filter(|atom| self.is(tokens, *atom, CLAUSES));
        let bounds: Vec<usize> = starts.chain([self.atoms.len()]).collect();
        let first = 0..bounds.first().copied().unwrap_or(0);
        let clauses = bounds.windows(2).filter_map(|pair| Some(*pair.first()?..*pair.get(1)?));
        [first].into_iter().chain(clauses).filter(|clause| !clause.is_empty()).collect()
    }

    /// The clause of a kind that stands first.
    pub(super) fn clause(&self, tokens: &[Token], word: &str) -> Option<Run> {
        self.clauses(tokens).into_iter().find(|clause| self.is(tokens, clause.start, &[word]))
    }

    /// Whether this AND belongs to a BETWEEN.
    fn is_between(&self, tokens: &[Token], and: usize) -> bool {
        let mut open = 0_i32;
        for atom in (0..and).rev() {
            if self.is(tokens, atom, &["BETWEEN"]) {
                open -= 1;
                if open < 0 {
                    return true;
                }
            } else if self.is(tokens, atom, &["AND"]) {
                open += 1;
            } else if self.is_bound(tokens, atom) || self.is(tokens, atom, &["OR"]) {
                return false;
            }
        }
        false
    }

    fn is_bound(&self, tokens: &[Token], atom: usize) -> bool {
        self.is(tokens, atom, CLAUSES) || self.is(tokens, atom, JOIN) || self.is(tokens, atom, BOUNDS)
    }

    /// Expressions, and in each the operands of AND and OR.
    pub(super) fn terms(&self, tokens: &[Token]) -> Vec<Vec<Run>> {
        let expressions = self.split(self.all(), &|atom| self.is_bound(tokens, atom));
        let junction = |atom: usize| self.is(tokens, atom, &["AND", "OR"]) && !self.is_between(tokens, atom);
        expressions.into_iter().map(|run| self.split(run, &junction)).collect()
    }

    /// Lists, and in each the items between commas.
    pub(super) fn lists(&self, tokens: &[Token]) -> Vec<Vec<Run>> {
        let mut lists = Vec::new();
        for clause in self.clauses(tokens) {
            let words =
                ["SELECT", "VALUES", "WITH", "RECURSIVE", "DISTINCT", "ALL", "ORDER", "GROUP", "PARTITION", "BY"];
            let words = clause.clone().take_while(|atom| self.is(tokens, *atom, &words)).count();
            let from = usize::from(self.is(tokens, clause.start, &["FROM"]));
            lists.push(self.split(clause.start + words.max(from)..clause.end, &|atom| self.is(tokens, atom, &[","])));
        }
        lists
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::{text, tokens};
    use super::*;

    fn shown(tokens: &[Token], scope: &Scope, runs: &[Run]) -> Vec<String> {
        runs.iter().map(|run| text(&tokens[scope.tokens(run)])).collect()
    }

    #[test]
    fn clauses_terms_and_lists() {
        let sql =
            "SELECT a, f(b, c) FROM t JOIN u ON x = y AND z WHERE p BETWEEN 1 AND 2 AND NOT (q OR r) OR s LIMIT 5";
        let tokens = tokens(sql);
        let all = scopes(&tokens);
        let scope = &all[0];
        assert_eq!(
            shown(&tokens, scope, &scope.clauses(&tokens)),
            [
                "SELECT a, f(b, c)",
                "FROM t JOIN u ON x = y AND z",
                "WHERE p BETWEEN 1 AND 2 AND NOT (q OR r) OR s",
                "LIMIT 5"
            ]
        );
        let terms: Vec<Vec<String>> =
            scope.terms(&tokens).iter().filter(|t| t.len() > 1).map(|t| shown(&tokens, scope, t)).collect();
        assert_eq!(terms, [vec!["x = y", "z"], vec!["p BETWEEN 1 AND 2", "NOT (q OR r)", "s"]]);
        assert_eq!(shown(&tokens, scope, &scope.lists(&tokens)[0]), ["a", "f(b, c)"]);
        assert_eq!(all.len(), 3);
    }

    #[test]
    fn any_brackets_have_a_structure() {
        for sql in ["(", ")", "((a)", "CASE WHEN", "a) END (b", "END", "(CASE ) END"] {
            let tokens = tokens(sql);
            let all = scopes(&tokens);
            let outer = &all[0];
            assert_eq!(outer.tokens(&outer.all()), 0..tokens.len(), "{sql}");
            assert!(outer.around.is_none());
        }
    }
}
