//! What a table *is*, as plain values.
//!
//! A table is one `static`: its name, its columns with their documentation, and functions that collect rows. A column
//! is a declaration and a getter. There is no registration code, no build script and no second list to keep in step:
//! see [`Table`] for an example.
//!
//! The crate knows neither SQLite nor any particular table. It is handed a machine ([`plumb_host::Host`]) wrapped in
//! a [`Cx`], the context of one statement.

mod agent;
mod column;
mod cx;
mod notes;
mod outline;
mod platform;
mod registry;
mod request;
mod table;
mod value;

pub use agent::{
    Agent, AgentInfo, EventsInfo, ExtensionInfo, FlagInfo, PackInfo, Performance, PluginInfo, ScheduleInfo, Unattended,
};
pub use column::{Collation, Column, Get, Ops, Options, Pick, Spec, Type};
pub use cx::{Cx, Statement};
pub use notes::{Note, Notes};
pub use outline::{Outline, Outlines};
pub use platform::Platforms;
pub use registry::{DeclaredColumn, DeclaredTable, Registry};
pub use request::{Constraint, Op, Request};
pub use table::{AnyRows, AnyTable, Cost, Rows, Table};
pub use value::{Bytes, Value, owned, text};
