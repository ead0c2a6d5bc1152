//! What is wrong with a text of SQL.

use crate::error::{characters, subject};
use plumb_sql::analysis::{self, Severity};
use pyo3::prelude::*;

/// Something that is wrong with a text of SQL, or looks wrong.
///
/// severity: 'error' (it cannot run) or 'warning' (it runs, but hardly as it was meant)
/// code: what kind of thing it is: 'unknown-column', 'cartesian-join' …
/// message: what is wrong
/// span: (start, end) of the place, in characters of the text from 0
/// help: what to do about it, or None
/// table: the table that it is about, or None
/// column: the column that it is about, or None
#[pyclass(module = "plumb", frozen, eq, get_all)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    severity: &'static str,
    code: &'static str,
    message: String,
    span: (usize, usize),
    help: Option<String>,
    table: Option<String>,
    column: Option<String>,
}

impl Diagnostic {
    pub(crate) fn new(found: &analysis::Diagnostic, sql: &str) -> Self {
        let (table, column) = subject(found, sql);
        Self {
            severity: if found.severity == Severity::Error { "error" } else { "warning" },
            code: found.code.name(),
            message: found.message.clone(),
            span: characters(sql, &found.span),
            help: found.help.clone(),
            table,
            column,
        }
    }
}

#[pymethods]
impl Diagnostic {
    fn __str__(&self) -> String {
        let help = self.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}: {}{help}", self.severity, self.message)
    }

    fn __repr__(&self) -> String {
        let (start, end) = self.span;
        format!("<plumb.Diagnostic {} {} at {start}..{end}: {}>", self.severity, self.code, self.message)
    }
}
