//! The shell.

pub mod output;
pub mod sql;
