//! What can be asked.

pub mod embedded;
pub mod shell;
pub mod sqlite;

use crate::answer::Row;

/// Something that answers SQL.
pub trait Engine {
    /// The rows of all statements of a text.
    ///
    /// # Errors
    /// What the engine says.
    fn ask(&mut self, sql: &str) -> Result<Vec<Row>, String>;

    /// The answers to many texts, one for each, in their order. An engine for which a question alone is dear overrides it.
    fn ask_many(&mut self, statements: &[String]) -> Vec<Result<Vec<Row>, String>> {
        statements.iter().map(|sql| self.ask(sql)).collect()
    }
}
