//! Tables about processes.

mod subject;

pub mod processes;

use plumb_schema::AnyTable;

/// The tables of this folder.
pub static TABLES: &[&dyn AnyTable] = &[&processes::TABLE];
