//! Exceptions.

#![allow(missing_docs, reason = "the macro makes items without documentation of their own")]

use plumb_sql::SqlError;
use plumb_sql::analysis::{Analysis, Code, Diagnostic};
use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyOSError};
use pyo3::prelude::*;
use std::io;
use std::ops::Range;
use std::path::Path;

create_exception!(
    plumb,
    Error,
    PyException,
    "What Plumb cannot do, and why.\n\n\
     Every instance has these attributes, None where nothing is known:\n\n\
     table: the table that it is about\n\
     column: the column that it is about\n\
     position: where in the SQL it is, in characters from 0\n\
     span: (start, end) of that place, in characters\n\
     suggestion: what to do instead, or what was probably meant\n\
     code: SQLite's primary result code"
);
create_exception!(plumb, SqlError_, Error, "The SQL is wrong, or asks for what is not allowed.");
create_exception!(
    plumb,
    ConstraintError,
    SqlError_,
    "A table was read without a constraint that it needs: `file` without a path."
);
create_exception!(plumb, BudgetError, Error, "The statement was stopped because it spent more than its budget.");

/// `SQLITE_CONSTRAINT`: what the engine answers for a table that needs a constraint.
const CONSTRAINT: i32 = 19;

/// Puts the exceptions into the module.
pub(crate) fn declare(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let base = py.get_type::<Error>();
    for name in ["table", "column", "position", "span", "suggestion", "code"] {
        base.setattr(name, py.None())?;
    }
    let sql = py.get_type::<SqlError_>();
    sql.setattr("__name__", "SqlError")?;
    sql.setattr("__qualname__", "SqlError")?;
    module.add("Error", base)?;
    module.add("SqlError", sql)?;
    module.add("ConstraintError", py.get_type::<ConstraintError>())?;
    module.add("BudgetError", py.get_type::<BudgetError>())
}

/// An error, ready to be told where the interpreter is at hand. It is made by whoever knows the engine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trouble {
    pub(crate) kind: Kind,
    pub(crate) message: String,
    pub(crate) table: Option<Box<str>>,
    pub(crate) column: Option<Box<str>>,
    pub(crate) span: Option<(usize, usize)>,
    pub(crate) suggestion: Option<Box<str>>,
    pub(crate) code: Option<i32>,
}

/// Which exception it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Kind {
    #[default]
    Plain,
    Sql,
    Constraint,
    Budget,
}

impl Trouble {
    /// One that is about nothing in particular.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// What an engine said about a text. The engine is asked once more what the text means, to name table and column.
    pub(crate) fn of(error: SqlError, sql: &str, engine: &plumb_sql::Engine) -> Self {
        let code = Some(error.code());
        match error {
            SqlError::Budget { message, .. } => Self { kind: Kind::Budget, message, code, ..Self::default() },
            SqlError::Output(error) => match error.downcast::<Self>() {
                Ok(trouble) => trouble,
                Err(error) => Self { code, ..Self::new(error.to_string()) },
            },
            SqlError::Sql { message, span, help, .. } => {
                let about =
                    span.as_ref().and_then(|span| About::new(&engine.analyse(sql), sql, span)).unwrap_or_default();
                Self {
                    kind: if about.constraint && code == Some(CONSTRAINT) { Kind::Constraint } else { Kind::Sql },
                    message,
                    table: about.table.map(Into::into),
                    column: about.column.map(Into::into),
                    span: span.map(|span| characters(sql, &span)),
                    suggestion: (!help.is_empty()).then(|| help.join("; ").into()),
                    code,
                }
            }
        }
    }

    /// The exception.
    pub(crate) fn raise(self, py: Python<'_>) -> PyErr {
        let error = match self.kind {
            Kind::Plain => Error::new_err(self.message.clone()),
            Kind::Sql => SqlError_::new_err(self.message.clone()),
            Kind::Constraint => ConstraintError::new_err(self.message.clone()),
            Kind::Budget => BudgetError::new_err(self.message.clone()),
        };
        match self.tell(error.value(py)) {
            Ok(()) => error,
            Err(error) => error,
        }
    }

    fn tell(self, error: &Bound<'_, PyAny>) -> PyResult<()> {
        error.setattr("table", self.table.as_deref())?;
        error.setattr("column", self.column.as_deref())?;
        error.setattr("position", self.span.map(|span| span.0))?;
        error.setattr("span", self.span)?;
        error.setattr("suggestion", self.suggestion.as_deref())?;
        error.setattr("code", self.code)
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Trouble {}

/// The table and the column that an error is about.
#[derive(Default)]
struct About {
    table: Option<String>,
    column: Option<String>,
    constraint: bool,
}

impl About {
    fn new(analysis: &Analysis, sql: &str, span: &Range<usize>) -> Option<Self> {
        let at = |found: &&Diagnostic| found.span == *span;
        if let Some(found) = analysis.diagnostics.iter().find(at) {
            let (table, column) = subject(found, sql);
            // A column alone is one of the only table that there is.
            let around = analysis.statements.iter().find(|statement| statement.span.contains(&span.start));
            let only = around
                .and_then(|statement| if let [only] = &*statement.tables { Some(only.name.clone()) } else { None });
            let table = table.or(only.filter(|_| column.is_some()));
            return Some(Self { table, column, constraint: found.code == Code::MissingConstraint });
        }
        // What only planning finds stands at the table.
        let tables = analysis.statements.iter().flat_map(|statement| &statement.tables);
        let used = tables.into_iter().find(|used| used.span == *span)?;
        Some(Self { table: Some(used.name.clone()), column: None, constraint: true })
    }
}

/// The table and the column that a diagnostic is about.
pub(crate) fn subject(found: &Diagnostic, sql: &str) -> (Option<String>, Option<String>) {
    let name = || {
        let text = sql.get(found.span.clone())?;
        let last = text.rsplit('.').next().unwrap_or(text);
        let bare = last.trim().trim_matches(|sign| matches!(sign, '"' | '`' | '[' | ']' | '\''));
        (!bare.is_empty()).then(|| bare.to_owned())
    };
    match found.code {
        Code::UnknownTable
        | Code::NotYet
        | Code::MissingConstraint
        | Code::UnboundedScan
        | Code::NotATable
        | Code::ReadOnly => (name(), None),
        Code::UnknownColumn | Code::AmbiguousColumn | Code::TextInDoubleQuotes => (None, name()),
        _ => (None, None),
    }
}

/// Bytes of a text as characters of Python's string.
pub(crate) fn characters(sql: &str, span: &Range<usize>) -> (usize, usize) {
    let count = |end: usize| sql.char_indices().take_while(|(place, _)| *place < end).count();
    (count(span.start), count(span.end))
}

/// An error of the operating system about a file, as Python tells them: the class follows from its number.
pub(crate) fn os_error(error: &io::Error, path: &Path) -> PyErr {
    match error.raw_os_error() {
        Some(number) => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default().to_owned();
            PyOSError::new_err((number, text, path.as_os_str().to_owned()))
        }
        None => PyOSError::new_err(format!("{}: {error}", path.display())),
    }
}
