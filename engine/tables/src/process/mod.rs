//! Tables about processes.

mod subject;

pub mod process_envs;
pub mod process_memory_map;
pub mod process_namespaces;
pub mod process_open_files;
pub mod processes;

use plumb_schema::AnyTable;

/// The tables of this folder.
pub static TABLES: &[&dyn AnyTable] = &[
    &process_envs::TABLE,
    &process_memory_map::TABLE,
    &process_namespaces::TABLE,
    &process_open_files::TABLE,
    &processes::TABLE,
];
