//! The clockwork of the agent: flags, status lines and the agent's own description now; config, packs, schedule,
//! differ, store and loggers as they come.

pub mod config;
pub mod daemon;
pub mod differ;
pub mod flags;
pub mod glog;
pub mod identity;
mod local;
pub mod logger;
pub mod monitoring;
#[cfg(unix)]
pub mod process;
pub mod schedule;
pub mod store;
#[cfg(unix)]
pub mod watch;

pub use local::LocalAgent;
