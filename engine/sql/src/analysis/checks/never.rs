//! Comparisons that no row can satisfy.

use super::{Constant, all, conjuncts};
use crate::analysis::scope::Found;
use crate::analysis::statement::Analyser;
use crate::analysis::{Code, Diagnostic};
use sqlite3_parser::ast::{Expr, Operator};
use std::collections::HashMap;
use std::ops::Range;

/// What SQLite makes of values before it compares them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Affinity {
    Text,
    Number,
    None,
}

/// Functions that give text whatever they are given.
const TEXT_FUNCTIONS: [&str; 17] = [
    "lower",
    "upper",
    "trim",
    "ltrim",
    "rtrim",
    "substr",
    "substring",
    "replace",
    "printf",
    "format",
    "hex",
    "quote",
    "typeof",
    "concat",
    "concat_ws",
    "md5",
    "sha256",
];

impl<'b> Analyser<'_, 'b> {
    pub(super) fn never(&mut self, condition: &'b Expr<'b>) {
        let mut problems: Vec<Diagnostic> =
            all(condition).into_iter().filter_map(|expr| self.never_true(expr)).collect();
        problems.extend(self.contradictions(condition));
        problems.into_iter().for_each(|problem| self.tell(problem));
    }

    fn never_true(&self, expr: &'b Expr<'b>) -> Option<Diagnostic> {
        let span = || self.span_of_expr(expr);
        let told = |message: String, help: Option<String>| {
            Some(Diagnostic::warning(Code::NeverTrue, span(), message).with_help(help))
        };
        match expr {
            Expr::Binary(left, operator @ (Operator::Equals | Operator::NotEquals), right) => {
                let is_null = |side| self.constant(side) == Some(Constant::Null);
                if is_null(left) || is_null(right) {
                    let test = if *operator == Operator::Equals { "IS NULL" } else { "IS NOT NULL" };
                    let message = "a comparison with NULL is never true".to_owned();
                    let problem = Diagnostic::warning(Code::NeverTrue, self.span_with_null(expr), message);
                    return Some(problem.with_help(Some(format!("use {test}"))));
                }
                if *operator == Operator::NotEquals {
                    return None;
                }
                let problem = self.incomparable(left, right).or_else(|| self.incomparable(right, left))?;
                told(problem, None)
            }
            Expr::Binary(
                left,
                Operator::Less | Operator::LessEquals | Operator::Greater | Operator::GreaterEquals,
                right,
            ) => {
                let name = [left, right].into_iter().find_map(|side| self.text_column(side))?;
                [left, right].into_iter().find_map(|side| self.constant(side)?.number())?;
                let message = format!("{name} is text, and is compared with the number letter by letter");
                let help = format!("for numbers: CAST({name} AS INTEGER); for versions: COLLATE VERSION");
                Some(Diagnostic::warning(Code::TextOrder, span(), message).with_help(Some(help)))
            }
            Expr::Between { not: false, start, end, .. } => {
                let (from, to) = (self.constant(start)?, self.constant(end)?);
                let is_reversed = match (&from, &to) {
                    (Constant::Text(from), Constant::Text(to)) => from > to,
                    _ => from.number()? > to.number()?,
                };
                let help = "the smaller value comes first".to_owned();
                is_reversed.then(|| told("BETWEEN has no values: its ends are reversed".to_owned(), Some(help)))?
            }
            Expr::InList { not, rhs: Some(values), lhs } => {
                let has_null = values.iter().any(|value| self.constant(value) == Some(Constant::Null));
                if *not && has_null {
                    return told("NOT IN a list with NULL is never true".to_owned(), Some("leave NULL out".to_owned()));
                }
                let problem = values.iter().map(|value| self.incomparable(lhs, value)).collect::<Option<Vec<String>>>();
                let problem = problem.filter(|_| !not)?.into_iter().next()?;
                told(problem, None)
            }
            _ => None,
        }
    }

    /// Where a comparison with NULL stands; the tree does not say where NULL is.
    fn span_with_null(&self, expr: &'b Expr<'b>) -> Range<usize> {
        let Some((mut first, mut last)) = self.ends(expr) else { return self.source.span() };
        if self.source.is(last + 2, "null") {
            last += 2;
        } else if first.checked_sub(2).is_some_and(|before| self.source.is(before, "null")) {
            first -= 2;
        }
        self.source.place(first, last)
    }

    /// Why a value and a constant are never equal.
    fn incomparable(&self, value: &'b Expr<'b>, constant: &'b Expr<'b>) -> Option<String> {
        let constant = self.constant(constant)?;
        match (self.affinity(value), &constant) {
            (Affinity::Number, Constant::Text(text)) if !looks_numeric(text) => {
                let name = self.shown(value);
                Some(format!("{name} is a number, and never equals '{text}'"))
            }
            (Affinity::None, Constant::Int(_) | Constant::Real(_)) if self.gives_text(value) => {
                let name = self.shown(value);
                Some(format!("{name} gives text, which never equals a number"))
            }
            (Affinity::Text | Affinity::Number, Constant::Blob) => {
                Some(format!("{} is never a blob", self.shown(value)))
            }
            _ => None,
        }
    }

    fn shown(&self, expr: &'b Expr<'b>) -> String {
        match super::unparenthesized(expr) {
            Expr::FunctionCall { name, .. } => format!("{}()", self.source.word(name.0).text),
            _ => self.source.sql.get(self.span_of_expr(expr)).unwrap_or_default().to_owned(),
        }
    }

    /// The name of a text column that is compared byte by byte.
    fn text_column(&self, expr: &'b Expr<'b>) -> Option<String> {
        let found = self.column(expr)?;
        let (item, _) = self.known(found)?;
        item.relation.declared?;
        (self.affinity(expr) == Affinity::Text && self.is_binary(found)).then(|| self.shown(expr))
    }

    /// Whether equal means equal byte by byte.
    fn is_binary(&self, found: Found) -> bool {
        let Some((item, column)) = self.known(found) else { return false };
        let spec = item.relation.declared.and_then(|table| table.specs().find(|spec| *spec.name == column.name));
        spec.is_some_and(|spec| spec.collation == plumb_schema::Collation::Binary)
    }

    fn affinity(&self, expr: &'b Expr<'b>) -> Affinity {
        let Some((_, column)) = self.column(expr).and_then(|found| self.known(found)) else { return Affinity::None };
        // A column that is computed has none.
        let kind = column.kind.to_ascii_uppercase();
        let has = |words: &[&str]| words.iter().any(|word| kind.contains(word));
        if column.origin.is_none() || kind.is_empty() {
            Affinity::None
        } else if has(&["INT", "REAL", "FLOA", "DOUB"]) {
            Affinity::Number
        } else if has(&["CHAR", "CLOB", "TEXT"]) {
            Affinity::Text
        } else {
            Affinity::None
        }
    }

    fn gives_text(&self, expr: &'b Expr<'b>) -> bool {
        match super::unparenthesized(expr) {
            Expr::FunctionCall { name, .. } => {
                let name = self.source.word(name.0).text;
                TEXT_FUNCTIONS.iter().any(|known| name.eq_ignore_ascii_case(known))
            }
            Expr::Binary(_, Operator::Concat, _) => true,
            _ => false,
        }
    }

    /// Terms of a condition that exclude each other.
    fn contradictions(&self, condition: &'b Expr<'b>) -> Vec<Diagnostic> {
        let mut fixed: HashMap<Found, (Constant, String)> = HashMap::new();
        let mut ranges: HashMap<Found, (f64, f64)> = HashMap::new();
        let mut problems = Vec::new();
        for term in conjuncts(condition) {
            let Some((found, operator, constant)) = self.compared(term) else { continue };
            let span = self.span_of_expr(term);
            let name = self.known(found).map(|(_, column)| column.name.clone().into_owned()).unwrap_or_default();
            if operator == Operator::Equals {
                let Some(constant) = self.normal(found, constant) else { continue };
                if let Some((other, _)) = fixed.get(&found).filter(|(other, _)| *other != constant) {
                    let message = format!("{name} cannot be {} and {} at once", told(other), told(&constant));
                    let help = format!("{name} IN ({}, {}) takes either", told(other), told(&constant));
                    problems.push(Diagnostic::warning(Code::NeverTrue, span.clone(), message).with_help(Some(help)));
                }
                fixed.entry(found).or_insert((constant, name.clone()));
            }
            let Some(number) = self.compared(term).and_then(|(_, _, constant)| constant.number()) else { continue };
            if self.affinity_of(found) != Affinity::Number {
                continue;
            }
            let (low, high) = ranges.entry(found).or_insert((f64::NEG_INFINITY, f64::INFINITY));
            let was_empty = low > high;
            match operator {
                Operator::Greater | Operator::GreaterEquals => *low = low.max(number),
                Operator::Less | Operator::LessEquals => *high = high.min(number),
                _ => continue,
            }
            if *low > *high && !was_empty {
                let message = format!("{name} cannot be above {low} and below {high} at once");
                problems.push(Diagnostic::warning(Code::NeverTrue, span, message));
            }
        }
        problems
    }

    /// A column that is compared with a constant, as if it stood on the left.
    fn compared(&self, term: &'b Expr<'b>) -> Option<(Found, Operator, Constant)> {
        let Expr::Binary(left, operator, right) = term else { return None };
        if let (Some(found), Some(constant)) = (self.column(left), self.constant(right)) {
            return Some((found, *operator, constant));
        }
        let turned = match operator {
            Operator::Equals => Operator::Equals,
            Operator::Less => Operator::Greater,
            Operator::LessEquals => Operator::GreaterEquals,
            Operator::Greater => Operator::Less,
            Operator::GreaterEquals => Operator::LessEquals,
            _ => return None,
        };
        Some((self.column(right)?, turned, self.constant(left)?))
    }

    fn affinity_of(&self, found: Found) -> Affinity {
        let Some((_, column)) = self.known(found) else { return Affinity::None };
        match column.kind.to_ascii_uppercase().as_str() {
            "INTEGER" | "BIGINT" | "UNSIGNED BIGINT" | "DOUBLE" => Affinity::Number,
            "TEXT" => Affinity::Text,
            _ => Affinity::None,
        }
    }

    /// A constant as the column sees it; none if that is not certain.
    fn normal(&self, found: Found, constant: Constant) -> Option<Constant> {
        match (self.affinity_of(found), constant) {
            (Affinity::Number, constant @ (Constant::Int(_) | Constant::Real(_))) => {
                constant.number().map(Constant::Real)
            }
            (Affinity::Number, Constant::Text(text)) => text.parse().ok().map(Constant::Real),
            (Affinity::Text, constant @ Constant::Text(_)) if self.is_binary(found) => Some(constant),
            _ => None,
        }
    }
}

fn told(constant: &Constant) -> String {
    match constant {
        Constant::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Constant::Real(real) => real.to_string(),
        Constant::Int(int) => int.to_string(),
        Constant::Null => "NULL".to_owned(),
        Constant::Blob => "a blob".to_owned(),
    }
}

/// Whether SQLite takes a text for a number when it compares it with one.
fn looks_numeric(text: &str) -> bool {
    let trimmed = text.trim_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let starts = trimmed.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit() || c == '.');
    starts && trimmed.parse::<f64>().is_ok()
}
