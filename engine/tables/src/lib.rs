//! The tables, one file each, in folders by subject.
//!
//! To add one: write the file (documentation, schema, collection and tests together) and add two lines to the list of
//! its folder: `pub mod x;` and `&x::TABLE`. A test holds the folders against the lists.

mod account;
mod homes;
mod namespace;
mod stream;
#[cfg(test)]
mod testing;

pub mod agent;
pub mod files;
pub mod network;
pub mod not_yet;
pub mod packages;
pub mod process;
pub mod system;
pub mod users;

use plumb_schema::{AnyTable, Registry};

/// Every table of this crate.
pub fn all() -> impl Iterator<Item = &'static dyn AnyTable> {
    [agent::TABLES, files::TABLES, network::TABLES, packages::TABLES, process::TABLES, system::TABLES, users::TABLES]
        .into_iter()
        .flatten()
        .copied()
}

/// The registry of every table of this crate.
#[must_use]
pub fn registry() -> Registry {
    Registry::new(all())
}
