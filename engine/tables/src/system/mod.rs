//! Tables about the machine and its kernel.

mod machine;
#[cfg(test)]
mod testing;

pub mod cpu_info;
pub mod cpu_time;
pub mod crontab;
pub mod kernel_info;
pub mod kernel_modules;
pub mod load_average;
pub mod memory_info;
pub mod mounts;
pub mod os_version;
pub mod system_controls;
pub mod system_info;
pub mod time;
pub mod uptime;

use plumb_schema::AnyTable;

/// The tables of this folder.
pub static TABLES: &[&dyn AnyTable] = &[
    &cpu_info::TABLE,
    &cpu_time::TABLE,
    &crontab::TABLE,
    &kernel_info::TABLE,
    &kernel_modules::TABLE,
    &load_average::TABLE,
    &memory_info::TABLE,
    &mounts::TABLE,
    &os_version::TABLE,
    &system_controls::TABLE,
    &system_info::TABLE,
    &time::TABLE,
    &uptime::TABLE,
];
