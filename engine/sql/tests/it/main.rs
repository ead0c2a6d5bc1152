//! The laws of the SQL core, over small tables whose collections can be counted.

#![allow(unreachable_pub, reason = "one test binary")]
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

mod agreement;
mod chosen;
mod fixture;
mod laws;
#[cfg(target_os = "linux")]
mod memory;
mod statements;
