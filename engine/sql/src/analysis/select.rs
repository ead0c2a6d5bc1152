//! SELECT: what its parts read, and what it gives.

use super::from::From;
use super::scope::{Column, Found, Scope};
use super::statement::Analyser;
use super::{Code, ColumnName, Diagnostic};
use sqlite3_parser::ast::{
    As, CompoundOperator, Expr, Literal, OneSelect, Operator, ResultColumn, Select, SortedColumn,
};
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

/// The most columns that a SELECT may give: SQLite's limit.
pub(super) const MOST: usize = 2000;

/// The most SELECTs of a compound: SQLite's limit.
const MOST_TERMS: usize = 500;

/// A column that a SELECT gives.
#[derive(Debug, Default)]
pub(super) struct Output<'b> {
    pub(super) name: String,
    /// What the statement around calls it.
    pub(super) outside: String,
    /// The name was given with AS, or comes from `*`.
    pub(super) named: bool,
    pub(super) origin: Option<ColumnName>,
    pub(super) kind: Cow<'static, str>,
    /// What it is, if it is a column.
    pub(super) found: Option<Found>,
    /// What it was written as, if it does not come from `*`.
    pub(super) expr: Option<&'b Expr<'b>>,
}

/// What is left of one SELECT of a compound, for ORDER BY.
struct Term<'b> {
    items: Vec<usize>,
    outputs: Vec<Output<'b>>,
}

/// The columns of a relation that a SELECT gives; `names` replace those that the SELECT has.
pub(super) fn columns(outputs: Vec<Output<'_>>, names: Option<Vec<String>>) -> Vec<Column> {
    let mut taken: HashSet<String> = HashSet::new();
    let mut names = names.map(Vec::into_iter);
    let column = |(place, output): (usize, Output<'_>)| {
        let mut name = names.as_mut().and_then(Iterator::next).unwrap_or(output.outside);
        // No column can be called so without quotes, whoever says so.
        if ["true", "false"].iter().any(|word| name.eq_ignore_ascii_case(word)) {
            name = format!("column{}", place + 1);
        }
        let name = unique(&name, &mut taken);
        Column { name: name.into(), kind: output.kind, origin: output.origin, ..Column::default() }
    };
    outputs.into_iter().enumerate().map(column).collect()
}

/// A name that is not taken yet: SQLite adds a colon and a number.
pub(super) fn unique(name: &str, taken: &mut HashSet<String>) -> String {
    let base = name.trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix(':').unwrap_or(name);
    let tries = (1..).map(|number| format!("{base}:{number}"));
    let mut tries = [name.to_owned()].into_iter().chain(tries);
    let free = tries.find(|name| !taken.contains(&name.to_ascii_lowercase())).unwrap_or_default();
    taken.insert(free.to_ascii_lowercase());
    free
}

impl<'b> Analyser<'_, 'b> {
    /// What a SELECT gives.
    pub(super) fn select(&mut self, select: &'b Select<'b>, outer: Option<&Scope<'_, 'b>>) -> Vec<Output<'b>> {
        if !self.enter() {
            return Vec::new();
        }
        let outputs = self.compound(select, outer, None);
        self.depth -= 1;
        outputs
    }

    /// What a SELECT gives, without some terms at its end.
    pub(super) fn compound(
        &mut self,
        select: &'b Select<'b>,
        outer: Option<&Scope<'_, 'b>>,
        without: Option<usize>,
    ) -> Vec<Output<'b>> {
        let compounds = select.body.compounds.as_deref().unwrap_or_default();
        if compounds.len() >= MOST_TERMS {
            let message = "too many terms in compound SELECT".to_owned();
            self.tell(Diagnostic::error(Code::TooLong, self.source.span(), message));
            return Vec::new();
        }
        let kept = compounds.len() - without.unwrap_or(0).min(compounds.len());
        let before = self.push_common(select.with.as_ref());
        let last = compounds.last().map_or(&select.body.select, |last| &last.select);
        let order = select.order_by.unwrap_or_default();
        if matches!(last, OneSelect::Values(_)) && (select.order_by.is_some() || select.limit.is_some()) {
            self.ordered_values(select);
        }
        let own_order = if compounds.is_empty() { order } else { &[] };
        let mut terms = vec![self.one(&select.body.select, own_order, outer)];
        for compound in compounds.iter().take(kept) {
            let term = self.one(&compound.select, &[], outer);
            let (left, right) = (terms.last().map_or(0, |term| term.outputs.len()), term.outputs.len());
            // Nothing is known of what could not be resolved.
            if left != right && left > 0 && right > 0 {
                let words = match compound.operator {
                    CompoundOperator::Union => "UNION",
                    CompoundOperator::UnionAll => "UNION ALL",
                    CompoundOperator::Except => "EXCEPT",
                    CompoundOperator::Intersect => "INTERSECT",
                };
                let message =
                    format!("SELECTs to the left and right of {words} do not have the same number of result columns");
                self.tell(Diagnostic::error(Code::WrongColumns, self.source.span(), message));
            }
            terms.push(term);
        }
        if !compounds.is_empty() && without.is_none() {
            for (number, sorted) in order.iter().enumerate() {
                self.compound_order(&terms, &sorted.expr, number);
            }
        }
        if let (Some(limit), None) = (select.limit, without) {
            let scope = Scope::of(&[], None);
            self.expr(&limit.expr, &scope);
            limit.offset.iter().for_each(|offset| self.expr(offset, &scope));
        }
        self.common.truncate(before);
        terms.into_iter().next().map(|term| term.outputs).unwrap_or_default()
    }

    /// SQLite's grammar has no ORDER BY and LIMIT behind VALUES.
    fn ordered_values(&mut self, select: &'b Select<'b>) {
        let word = if select.order_by.is_some() { "order" } else { "limit" };
        let token = (0..self.source.tokens.len()).rev().find(|token| self.source.is(*token, word));
        self.tell(self.source.near(token.unwrap_or(usize::MAX)));
    }

    fn one(
        &mut self,
        one: &'b OneSelect<'b>,
        order: &'b [SortedColumn<'b>],
        outer: Option<&Scope<'_, 'b>>,
    ) -> Term<'b> {
        match one {
            OneSelect::Values(rows) => self.values(rows, outer),
            OneSelect::Select { columns, from, where_clause, group_by, having, window_clause, .. } => {
                let from = from.as_ref().map(|from| self.from(from, outer)).unwrap_or_default();
                let windows = window_clause.unwrap_or_default();
                let From { items, arguments, conditions, broken } = from;
                let scope = Scope { windows, broken, ..Scope::of(&items, outer) };
                let (marker, columns) =
                    columns.split_first().map_or((None, *columns), |(first, rest)| (Some(first), rest));
                let places = self.places(marker);
                let outputs = self.result_columns(columns, &places, &scope);
                let aliases: Vec<String> =
                    outputs.iter().filter(|output| output.named).map(|output| output.name.clone()).collect();
                let scope = Scope { aliases: &aliases, ..scope };
                having.iter().for_each(|having| self.expr(having, &scope));
                conditions.iter().for_each(|condition| self.expr(condition, &scope));
                where_clause.iter().for_each(|condition| self.expr(condition, &scope));
                arguments.iter().for_each(|argument| self.expr(argument, &scope));
                for (number, sorted) in order.iter().enumerate() {
                    if !self.is_place_or_alias(&sorted.expr, &aliases, outputs.len(), ("ORDER", number)) {
                        self.expr(&sorted.expr, &scope);
                    }
                }
                for (number, grouped) in group_by.unwrap_or_default().iter().enumerate() {
                    if !self.is_place_or_alias(grouped, &[], outputs.len(), ("GROUP", number)) {
                        self.expr(grouped, &scope);
                    }
                }
                let where_having = [*where_clause, *having].into_iter().flatten();
                self.fact(items.clone(), where_having.chain(conditions).collect(), arguments);
                Term { items, outputs }
            }
        }
    }

    fn values(&mut self, rows: &'b [sqlite3_parser::Vec<'b, Expr<'b>>], outer: Option<&Scope<'_, 'b>>) -> Term<'b> {
        let scope = Scope::of(&[], outer);
        let width = rows.first().map_or(0, |row| row.len());
        for row in rows {
            row.iter().for_each(|value| self.expr(value, &scope));
            if row.len() != width {
                let message = "all VALUES must have the same number of terms".to_owned();
                self.tell(Diagnostic::error(Code::WrongColumns, self.source.span(), message));
            }
        }
        let output = |(place, expr)| {
            let name = format!("column{}", place + 1);
            Output { outside: name.clone(), name, expr: Some(expr), ..Output::default() }
        };
        let first = rows.first().into_iter().flatten();
        Term { items: Vec::new(), outputs: first.enumerate().map(output).collect() }
    }

    /// Whether a term of ORDER BY or GROUP BY is the number of a result column, or its alias.
    fn is_place_or_alias(
        &mut self,
        expr: &'b Expr<'b>,
        aliases: &[String],
        width: usize,
        (what, number): (&str, usize),
    ) -> bool {
        let expr = bare(expr);
        if let Expr::Id(id) = expr {
            let word = self.source.word(id.0);
            return aliases.iter().any(|alias| alias.eq_ignore_ascii_case(&word.text));
        }
        let Some(place) = self.integer(expr) else { return false };
        if !usize::try_from(place).is_ok_and(|place| (1..=width.max(1)).contains(&place)) && width > 0 {
            let place = ordinal(number + 1);
            let message = format!("{place} {what} BY term out of range - should be between 1 and {width}");
            let span = self.span_of_expr(expr);
            self.tell(Diagnostic::error(Code::WrongColumns, span, message));
        }
        true
    }

    /// An integer, as it stands, or what SQLite's parser makes one.
    fn integer(&self, expr: &'b Expr<'b>) -> Option<i64> {
        use sqlite3_parser::ast::UnaryOperator as U;
        match expr {
            Expr::Literal(Literal::Numeric(raw)) => super::expr::integer(self.source.text(self.source.token_of(raw))),
            Expr::Binary(_, Operator::And, _) if self.is_folded_false(expr) => Some(0),
            Expr::Unary(U::Positive, inner) => self.integer(inner),
            Expr::Unary(U::Negative, inner) => self.integer(inner).map(i64::wrapping_neg),
            Expr::Parenthesized(inner) => {
                inner.first().filter(|_| inner.len() == 1).and_then(|inner| self.integer(inner))
            }
            _ => None,
        }
    }

    /// A term of the ORDER BY of a compound: a place, an alias, or an expression that some SELECT of it gives.
    fn compound_order(&mut self, terms: &[Term<'b>], expr: &'b Expr<'b>, number: usize) {
        let width = terms.first().map_or(0, |term| term.outputs.len());
        let expr = bare(expr);
        if width == 0 || self.integer(expr).is_some() {
            self.is_place_or_alias(expr, &[], width, ("ORDER", number));
            return;
        }
        for term in terms {
            let aliases: Vec<String> =
                term.outputs.iter().filter(|output| output.named).map(|output| output.name.clone()).collect();
            if self.is_place_or_alias(expr, &aliases, width, ("ORDER", number)) {
                return;
            }
            // SQLite tries each SELECT's own names, and says nothing if they are not known.
            let scope = Scope { aliases: &aliases, ..Scope::of(&term.items, None) };
            let problems = self.problems;
            let was_silent = std::mem::replace(&mut self.silent, true);
            self.expr(expr, &scope);
            self.silent = was_silent;
            let understood = self.problems == problems;
            self.problems = problems;
            let found = self.resolved.get(&std::ptr::from_ref(expr)).copied();
            let is_given = term.outputs.iter().any(|output| match output.expr {
                Some(given) => self.same(bare(given), expr, &term.outputs),
                None => found.is_some() && output.found == found,
            });
            if understood && is_given {
                return;
            }
        }
        let place = ordinal(number + 1);
        let message = format!("{place} ORDER BY term does not match any column in the result set");
        let span = self.span_of_expr(expr);
        self.tell(Diagnostic::error(Code::UnknownColumn, span, message));
    }

    /// The tokens of the columns of a SELECT, of which the first says where it stands.
    fn places(&self, marker: Option<&ResultColumn<'b>>) -> Vec<Range<usize>> {
        match marker {
            Some(ResultColumn::Expr(Expr::Id(id), _)) => self.source.columns(self.source.token_of(id.0)),
            _ => Vec::new(),
        }
    }

    /// What the columns between SELECT and FROM give.
    pub(super) fn result_columns(
        &mut self,
        columns: &'b [ResultColumn<'b>],
        places: &[Range<usize>],
        scope: &Scope<'_, 'b>,
    ) -> Vec<Output<'b>> {
        let mut outputs = Vec::new();
        for (number, column) in columns.iter().enumerate() {
            let place = places.get(number).cloned().unwrap_or_default();
            match column {
                ResultColumn::Star => self.star(None, place.start, scope, &mut outputs),
                ResultColumn::TableStar(name) => {
                    let word = self.source.name(name);
                    self.star(Some(&word.text), word.token, scope, &mut outputs);
                }
                ResultColumn::Expr(expr, alias) => {
                    self.expr(expr, scope);
                    outputs.push(self.output(expr, alias.as_ref(), &place));
                }
            }
            if outputs.len() > MOST {
                let message = "too many columns in result set".to_owned();
                self.tell(Diagnostic::error(Code::TooLong, self.source.span(), message));
                break;
            }
        }
        outputs
    }

    fn output(&mut self, expr: &'b Expr<'b>, alias: Option<&'b As<'b>>, place: &Range<usize>) -> Output<'b> {
        let plain = unparenthesized(expr);
        let found = self.resolved.get(&std::ptr::from_ref(plain)).copied();
        let column = self.copied(found);
        let (origin, kind, expr) = (column.origin, column.kind, Some(expr));
        if let Some(As::As(name) | As::Elided(name)) = alias {
            let name = self.source.name(name).text.into_owned();
            return Output { outside: name.clone(), name, named: true, origin, kind, found, expr };
        }
        let written = self.source.written(place).to_owned();
        let outside = match plain {
            Expr::Id(id) => self.source.word(id.0).text.into_owned(),
            Expr::Qualified(_, column) | Expr::DoublyQualified(_, _, column) => {
                self.source.name(column).text.into_owned()
            }
            _ => written.clone(),
        };
        let name = if found.is_some() { column.name.into_owned() } else { written };
        Output { name, outside, named: false, origin, kind, found, expr }
    }
}

/// Without COLLATE.
fn bare<'b>(mut expr: &'b Expr<'b>) -> &'b Expr<'b> {
    loop {
        match expr {
            Expr::Collate(inner, _) => expr = inner,
            Expr::Parenthesized(inner) if inner.len() == 1 => match inner.first() {
                Some(inner) => expr = inner,
                None => return expr,
            },
            _ => return expr,
        }
    }
}

pub(super) fn unparenthesized<'b>(mut expr: &'b Expr<'b>) -> &'b Expr<'b> {
    while let Expr::Parenthesized(inner) = expr {
        match inner.as_slice() {
            [inner] => expr = inner,
            _ => break,
        }
    }
    expr
}

fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
