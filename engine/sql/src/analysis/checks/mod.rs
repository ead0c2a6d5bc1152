//! What can be said against a statement of which all names are known: it cannot run for want of a constraint, or it runs and
//! gives nothing, or takes long.

mod cartesian;
mod costly;
mod never;
mod required;

use super::expr::parts;
use super::scope::{Column, Found, Item};
use super::select::unparenthesized;
use super::statement::Analyser;
use sqlite3_parser::ast::{Expr, Literal, Operator, UnaryOperator};

/// One SELECT: its items, and what its rows must satisfy.
pub(super) struct Facts<'b> {
    /// Numbers of items.
    pub(super) items: Vec<usize>,
    /// The conditions of WHERE, HAVING and each ON.
    pub(super) conditions: Vec<&'b Expr<'b>>,
    /// Arguments of table-valued functions.
    pub(super) arguments: Vec<&'b Expr<'b>>,
}

/// A constant, as it stands.
#[derive(Clone, Debug, PartialEq)]
enum Constant {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Blob,
}

impl Constant {
    fn number(&self) -> Option<f64> {
        match self {
            #[allow(clippy::cast_precision_loss, reason = "compared with other constants only")]
            Self::Int(int) => Some(*int as f64),
            Self::Real(real) => Some(*real),
            _ => None,
        }
    }
}

impl<'b> Analyser<'_, 'b> {
    /// Looks at everything.
    pub(super) fn checks(&mut self) {
        let selects = std::mem::take(&mut self.selects);
        self.required(&selects);
        for facts in &selects {
            self.costly(facts);
            self.cartesian(facts);
            facts.conditions.iter().for_each(|condition| self.never(condition));
        }
    }

    /// The column that an expression is.
    fn column(&self, expr: &'b Expr<'b>) -> Option<Found> {
        self.resolved.get(&std::ptr::from_ref(unparenthesized(expr))).copied()
    }

    /// What is known of a column.
    fn known(&self, found: Found) -> Option<(&Item, &Column)> {
        let item = self.items.get(found.item)?;
        Some((item, item.relation.columns.get(found.column?)?))
    }

    /// The constant that an expression is.
    fn constant(&self, expr: &'b Expr<'b>) -> Option<Constant> {
        match unparenthesized(expr) {
            Expr::Literal(Literal::Null) => Some(Constant::Null),
            Expr::Literal(Literal::Blob(_)) => Some(Constant::Blob),
            Expr::Literal(Literal::String(raw)) => Some(Constant::Text(self.source.word(raw).text.into_owned())),
            Expr::Literal(Literal::Numeric(raw)) => number(self.source.text(self.source.token_of(raw))),
            Expr::Unary(UnaryOperator::Positive, inner) => self.constant(inner),
            Expr::Unary(UnaryOperator::Negative, inner) => match self.constant(inner)? {
                Constant::Int(int) => Some(Constant::Int(int.checked_neg()?)),
                Constant::Real(real) => Some(Constant::Real(-real)),
                _ => None,
            },
            // What is no column is text.
            Expr::Id(id) if self.column(expr).is_none() => {
                let word = self.source.word(id.0);
                (word.quote == b'"').then(|| Constant::Text(word.text.into_owned()))
            }
            _ => None,
        }
    }
}

fn number(text: &str) -> Option<Constant> {
    let plain = text.replace('_', "");
    if let Some(digits) = plain.strip_prefix("0x").or_else(|| plain.strip_prefix("0X")) {
        return i64::from_str_radix(digits, 16).ok().map(Constant::Int);
    }
    plain.parse().map(Constant::Int).or_else(|_| plain.parse().map(Constant::Real)).ok()
}

/// The terms that all must be true.
fn conjuncts<'b>(expr: &'b Expr<'b>) -> Vec<&'b Expr<'b>> {
    terms(expr, Operator::And)
}

/// The terms that an operator joins, from left to right.
fn terms<'b>(expr: &'b Expr<'b>, joined: Operator) -> Vec<&'b Expr<'b>> {
    let (mut found, mut rest) = (Vec::new(), vec![expr]);
    while let Some(expr) = rest.pop() {
        match unparenthesized(expr) {
            Expr::Binary(left, operator, right) if *operator == joined => rest.extend([*right, *left]),
            other => found.push(other),
        }
    }
    found
}

/// Every expression within an expression, itself first, without those of subqueries.
fn all<'b>(expr: &'b Expr<'b>) -> Vec<&'b Expr<'b>> {
    let (mut found, mut rest) = (Vec::new(), vec![expr]);
    while let Some(expr) = rest.pop() {
        found.push(expr);
        rest.extend(parts(expr));
    }
    found
}

/// Subqueries within an expression, which may name columns of the statement around.
fn has_subquery(expr: &Expr<'_>) -> bool {
    all_of(expr, |expr| matches!(expr, Expr::Exists(_) | Expr::Subquery(_) | Expr::InSelect { .. }))
}

fn all_of(expr: &Expr<'_>, is: impl Fn(&Expr<'_>) -> bool) -> bool {
    let mut rest = vec![expr];
    while let Some(expr) = rest.pop() {
        if is(expr) {
            return true;
        }
        rest.extend(parts(expr));
    }
    false
}
