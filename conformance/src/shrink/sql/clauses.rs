//! The clauses of a query, for laws that are about one of them.

use super::shape::{Run, Scope, scopes};
use super::token::{Token, text, tokens};

/// The outermost clauses of a text.
#[derive(Clone, Debug)]
pub(crate) struct Clauses {
    tokens: Vec<Token>,
    scope: Scope,
    clauses: Vec<Run>,
}

/// Functions that make one row of many.
const COUNTING: &[&str] = &[
    "count",
    "sum",
    "total",
    "avg",
    "min",
    "max",
    "group_concat",
    "string_agg",
    "json_group_array",
    "json_group_object",
];

impl Clauses {
    pub(crate) fn of(sql: &str) -> Self {
        let tokens = tokens(sql.trim_end().trim_end_matches(';'));
        // There always is an outermost scope.
        let scope = scopes(&tokens).into_iter().next().unwrap_or(Scope { around: None, atoms: Vec::new() });
        let clauses = scope.clauses(&tokens);
        Self { tokens, scope, clauses }
    }

    fn word(&self, clause: &Run) -> String {
        let token = self.scope.token(&self.tokens, clause.start);
        token.map(|token| token.text.to_ascii_uppercase()).unwrap_or_default()
    }

    /// The words that begin the clauses.
    pub(crate) fn words(&self) -> Vec<String> {
        self.clauses.iter().map(|clause| self.word(clause)).collect()
    }

    /// What stands behind a word.
    pub(crate) fn get(&self, word: &str) -> Option<String> {
        let clause = self.clauses.iter().find(|clause| self.word(clause) == word)?;
        let range = self.scope.tokens(&(clause.start + 1..clause.end));
        Some(text(self.tokens.get(range).unwrap_or_default()))
    }

    /// The query without some clauses.
    pub(crate) fn without(&self, words: &[&str]) -> String {
        let kept = self.clauses.iter().filter(|clause| !words.contains(&self.word(clause).as_str()));
        let pieces = kept.map(|clause| text(self.tokens.get(self.scope.tokens(clause)).unwrap_or_default()));
        pieces.collect::<Vec<_>>().join(" ")
    }

    /// Whether the columns are computed from all rows together, or rows are dropped as duplicates.
    pub(crate) fn counts(&self) -> bool {
        let Some(select) = self.clauses.iter().find(|clause| self.word(clause) == "SELECT") else { return false };
        if self.scope.is(&self.tokens, select.start + 1, &["DISTINCT"]) {
            return true;
        }
        let range = self.scope.tokens(select);
        let listed = self.tokens.get(range).unwrap_or_default();
        listed
            .iter()
            .zip(listed.iter().skip(1))
            .any(|(name, bracket)| bracket.is("(") && (name.is_any(COUNTING) || name.is("OVER")))
    }
}
