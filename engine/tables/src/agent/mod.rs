//! Tables about the agent itself.

#[cfg(test)]
mod testing;

pub mod osquery_events;
pub mod osquery_extensions;
pub mod osquery_flags;
pub mod osquery_info;
pub mod osquery_packs;
pub mod osquery_registry;
pub mod osquery_schedule;
pub mod plumb_schema;

use ::plumb_schema::AnyTable;

/// The tables of this folder.
pub static TABLES: &[&dyn AnyTable] = &[
    &osquery_events::TABLE,
    &osquery_extensions::TABLE,
    &osquery_flags::TABLE,
    &osquery_info::TABLE,
    &osquery_packs::TABLE,
    &osquery_registry::TABLE,
    &osquery_schedule::TABLE,
    &plumb_schema::TABLE,
];
