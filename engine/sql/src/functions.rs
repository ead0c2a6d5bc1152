//! The SQL functions that are not SQLite's own.
//!
//! Every function is a plain function from its arguments ([`value::Args`]) to an answer ([`value::Answer`]); the modules
//! hold them by subject and register them. Text is bytes throughout: a host's names need not be UTF-8.
//!
//! Where the recorded agent errs, a comment beginning `Divergence:` says what is done instead.

mod hash;
mod math;
mod misc;
mod net;
mod paths;
mod regex;
#[cfg(test)]
mod tests;
mod text;
mod value;
mod version;

use plumb_host::{Cancel, Host};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::limits::Limit;
use std::ffi::c_int;
use std::sync::Arc;
use value::{Answer, Args};

/// Where warnings go that a function gives beside its answer.
pub type Warn = Arc<dyn Fn(String) + Send + Sync>;

/// Adds the functions and the collations of versions to a connection.
///
/// `host` is asked whether files exist, `cancel` ends `sleep`, `warn` gets what `community_id_v1` could not use.
/// Results longer than the connection's length limit at this moment are refused before memory is taken for them.
///
/// # Errors
/// Those of SQLite, when it is out of memory or a statement is running.
pub fn register(connection: &Connection, host: &Arc<dyn Host>, cancel: &Cancel, warn: &Warn) -> rusqlite::Result<()> {
    let limit = connection.limit(Limit::SQLITE_LIMIT_LENGTH)?;
    let to = Registrar { connection, longest: usize::try_from(limit).unwrap_or(usize::MAX) };
    hash::register(&to)?;
    math::register(&to)?;
    misc::register(&to, cancel)?;
    net::register(&to, warn)?;
    paths::register(&to, host, cancel)?;
    regex::register(&to, cancel)?;
    text::register(&to)?;
    version::register(&to)?;
    crate::collations::register(connection)
}

/// What the modules register with.
struct Registrar<'a> {
    connection: &'a Connection,
    /// The longest text or blob that the connection takes.
    longest: usize,
}

/// Any number of arguments.
const ANY: c_int = -1;

impl Registrar<'_> {
    /// A function whose answer depends on its arguments alone.
    fn add<F>(&self, name: &'static str, arguments: c_int, function: F) -> rusqlite::Result<()>
    where
        F: Fn(&Args<'_, '_>) -> rusqlite::Result<Answer> + Send + 'static,
    {
        self.add_with(name, arguments, FunctionFlags::SQLITE_DETERMINISTIC, function)
    }

    /// A function that does something, or that may answer otherwise the next time.
    fn add_volatile<F>(&self, name: &'static str, arguments: c_int, function: F) -> rusqlite::Result<()>
    where
        F: Fn(&Args<'_, '_>) -> rusqlite::Result<Answer> + Send + 'static,
    {
        self.add_with(name, arguments, FunctionFlags::empty(), function)
    }

    fn add_with<F>(
        &self,
        name: &'static str,
        arguments: c_int,
        flags: FunctionFlags,
        function: F,
    ) -> rusqlite::Result<()>
    where
        F: Fn(&Args<'_, '_>) -> rusqlite::Result<Answer> + Send + 'static,
    {
        let flags = flags | FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
        self.connection.create_scalar_function(name, arguments, flags, move |context| function(&Args(context)))
    }
}

/// An SQL error with a text of ours.
fn fail<T>(message: &str) -> rusqlite::Result<T> {
    Err(rusqlite::Error::UserFunctionError(message.into()))
}

/// An SQL error with a code and text of SQLite's: interrupted, too big.
fn fail_code<T>(code: c_int) -> rusqlite::Result<T> {
    Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None))
}
