//! Tables about accounts and what belongs to them.

#[allow(clippy::module_inception, reason = "the folder is named after its subject, the file after its table")]
pub mod users;

use plumb_schema::AnyTable;

/// The tables of this folder.
pub static TABLES: &[&dyn AnyTable] = &[&users::TABLE];
