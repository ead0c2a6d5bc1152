//! Tables about the agent itself.

#[cfg(test)]
mod testing;

pub mod osquery_flags;
pub mod osquery_info;
pub mod osquery_registry;
pub mod plumb_schema;

use ::plumb_schema::AnyTable;

/// The tables of this folder.
pub static TABLES: &[&dyn AnyTable] =
    &[&osquery_flags::TABLE, &osquery_info::TABLE, &osquery_registry::TABLE, &plumb_schema::TABLE];
