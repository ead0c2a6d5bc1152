//! What can go wrong with a statement.

use std::io;
use std::ops::Range;

/// An error of a statement, told so that a person can act on it.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// SQLite or a table refused.
    #[error("{message}")]
    Sql {
        /// What SQLite says, word for word where tools depend on it.
        message: String,
        /// SQLite's primary result code (<https://www.sqlite.org/rescode.html>).
        code: i32,
        /// The place in the text that was given, in bytes.
        span: Option<Range<usize>>,
        /// What to do about it: one line each.
        help: Vec<String>,
    },
    /// The statement was stopped because it spent more than its budget.
    #[error("{message}")]
    Budget {
        /// What it spent too much of.
        message: String,
        /// SQLite's primary result code.
        code: i32,
    },
    /// The sink could not take a row.
    #[error("cannot write the result: {0}")]
    Output(#[from] io::Error),
}

impl SqlError {
    /// An error that concerns no place in the text.
    #[must_use]
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Self::Sql { message: message.into(), code, span: None, help: Vec::new() }
    }

    /// SQLite's primary result code; 1 for an output error.
    #[must_use]
    pub fn code(&self) -> i32 {
        match self {
            Self::Sql { code, .. } | Self::Budget { code, .. } => *code,
            Self::Output(_) => 1,
        }
    }
}

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(code, message) => {
                Self::new(code.extended_code & 0xff, message.unwrap_or_else(|| code.to_string()))
            }
            other => Self::new(rusqlite::ffi::SQLITE_ERROR, other.to_string()),
        }
    }
}
