//! Tables about processes.

mod sockets;
mod subject;

pub mod listening_ports;
pub mod process_envs;
pub mod process_memory_map;
pub mod process_namespaces;
pub mod process_open_files;
pub mod process_open_pipes;
pub mod process_open_sockets;
pub mod processes;

use plumb_schema::AnyTable;

/// The tables of this folder.
pub static TABLES: &[&dyn AnyTable] = &[
    &listening_ports::TABLE,
    &process_envs::TABLE,
    &process_memory_map::TABLE,
    &process_namespaces::TABLE,
    &process_open_files::TABLE,
    &process_open_pipes::TABLE,
    &process_open_sockets::TABLE,
    &processes::TABLE,
];
