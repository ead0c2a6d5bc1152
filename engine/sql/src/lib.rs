//! SQL over tables: one adapter that makes every table of a [`plumb_schema::Registry`] a virtual table of SQLite.
//!
//! [`Engine`] runs statements. It reads each statement's own program ([`program`]) to learn how every table is used, so
//! that all cursors of a table see one picture of the machine, rows are kept only when they are read twice, and only
//! used columns are collected.

pub mod analysis;
mod authorizer;
mod budget;
pub mod collations;
mod cursor;
mod engine;
mod error;
pub mod functions;
mod index;
mod kept;
mod key;
mod pace;
mod picture;
mod plan;
mod planner;
mod program;
mod raw;
mod real;
mod run;
mod suggest;
pub mod version;
mod vtab;

pub use budget::{Budget, Progress};
pub use engine::{Discard, Engine, Parameters, Reads, ResultColumn, Row, Settings, Sink};
pub use error::SqlError;
pub use pace::{Asker, Pace, RESERVE};
pub use raw::{Cell, bound_memory, give_back_memory};
pub use real::render_real;
pub use suggest::nearest;
