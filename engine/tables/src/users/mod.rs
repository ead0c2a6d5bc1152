//! Tables about accounts and what belongs to them.

pub mod users;

use plumb_schema::AnyTable;

/// The tables of this folder.
pub static TABLES: &[&dyn AnyTable] = &[&users::TABLE];
