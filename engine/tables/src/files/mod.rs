//! Tables about files on disk.

mod chosen;
mod digest;
mod pattern;
mod place;
mod walk;

pub mod file;
pub mod hash;
pub mod suid_bin;

use plumb_schema::AnyTable;

/// The tables of this folder.
pub static TABLES: &[&dyn AnyTable] = &[&file::TABLE, &hash::TABLE, &suid_bin::TABLE];
