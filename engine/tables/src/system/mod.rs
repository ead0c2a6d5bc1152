//! Tables about the machine and its kernel.

pub mod crontab;

use plumb_schema::AnyTable;

/// The tables of this folder.
pub static TABLES: &[&dyn AnyTable] = &[&crontab::TABLE];
