//! What a statement wants of a table.

use crate::{Spec, Value};

/// A comparison that reached the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Op {
    /// `=`, or one value of an IN list.
    Eq,
    /// `LIKE`.
    Like,
    /// `GLOB`.
    Glob,
    /// `>`.
    Gt,
    /// `>=`.
    Ge,
    /// `<`.
    Lt,
    /// `<=`.
    Le,
}

/// `column op value`. An IN list comes as one constraint with several values.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    /// The column.
    pub column: &'static str,
    /// The comparison.
    pub op: Op,
    /// The right-hand sides, of which one must hold; as the statement wrote them, without affinity.
    pub values: Vec<Value<'static>>,
}

/// The columns that a statement reads and the constraints that the table said it can use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    columns: Vec<&'static str>,
    constraints: Vec<Constraint>,
}

impl Request {
    /// A request for some columns.
    #[must_use]
    pub fn new(columns: Vec<&'static str>, constraints: Vec<Constraint>) -> Self {
        Self { columns, constraints }
    }

    /// A request for everything, without constraints.
    pub fn all<'a>(specs: impl Iterator<Item = &'a Spec>) -> Self {
        Self::new(specs.map(|spec| spec.name).collect(), Vec::new())
    }

    /// Whether the statement reads a column.
    #[must_use]
    pub fn wants(&self, column: &str) -> bool {
        self.columns.contains(&column)
    }

    /// Whether the statement reads any of some columns.
    #[must_use]
    pub fn wants_any(&self, columns: &[&str]) -> bool {
        self.columns.iter().any(|column| columns.contains(column))
    }

    /// All constraints.
    #[must_use]
    pub fn constraints(&self) -> &[Constraint] {
        &self.constraints
    }

    /// The text values that a column is compared with by an operator: `for path in request.texts("path", Op::Eq)`.
    pub fn texts<'a>(&'a self, column: &'a str, op: Op) -> impl Iterator<Item = &'a [u8]> {
        self.values(column, op).filter_map(Value::as_text)
    }

    /// The values that a column is compared with by an operator.
    pub fn values<'a>(&'a self, column: &'a str, op: Op) -> impl Iterator<Item = &'a Value<'static>> {
        self.constraints
            .iter()
            .filter(move |constraint| constraint.column == column && constraint.op == op)
            .flat_map(|constraint| &constraint.values)
    }

    /// The integers that a column is compared with by `=` or IN; what is not an integer is left out.
    pub fn ints<'a>(&'a self, column: &'a str) -> impl Iterator<Item = i64> + 'a {
        self.values(column, Op::Eq).filter_map(Value::as_int)
    }

    /// Whether a column is constrained by an operator at all.
    #[must_use]
    pub fn constrains(&self, column: &str, op: Op) -> bool {
        self.constraints.iter().any(|constraint| constraint.column == column && constraint.op == op)
    }
}
