//! The clockwork of the agent: flags now; config, packs, schedule, differ, store and loggers as they come.

pub mod flags;
