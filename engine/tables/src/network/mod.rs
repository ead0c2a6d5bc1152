//! Tables about addresses, routes, sockets and names.

use plumb_schema::AnyTable;

/// The tables of this folder.
pub static TABLES: &[&dyn AnyTable] = &[];
