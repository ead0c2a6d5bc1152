//! Helpers that the benches share. The root package owns `benches/` and `snapshots/` and nothing else.
//!
//! A figure alone says little on a machine that other work shares. So every figure stands beside a *floor*: a tiny
//! loop, run in turn with it, that makes only the system calls which nobody can do without.

pub mod answer;
#[cfg(target_os = "linux")]
pub mod floor;
pub mod json;
#[cfg(target_os = "linux")]
pub mod measure;
#[cfg(target_os = "linux")]
pub mod report;
#[cfg(target_os = "linux")]
pub mod scene;
pub mod synthetic;
