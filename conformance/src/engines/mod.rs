//! What can be asked.

pub mod embedded;
pub mod sqlite;

use crate::answer::Row;

/// Something that answers SQL.
pub trait Engine {
    /// The rows of all statements of a text.
    ///
    /// # Errors
    /// What the engine says.
    fn ask(&mut self, sql: &str) -> Result<Vec<Row>, String>;
}
