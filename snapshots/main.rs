//! What users see, written down: declared schemas, answers about the fixture hosts, the shell, errors and query plans.
//!
//! A difference fails the test and leaves a `.snap.new` beside the old snapshot; `cargo insta review` shows both and takes
//! the new one if that is what was meant. `INSTA_UPDATE=always cargo test --test snapshots` takes all.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

mod review;
mod schemas;

// What follows asks the tables of the system that the tests run on.
#[cfg(target_os = "linux")]
mod checks;
#[cfg(target_os = "linux")]
mod errors;
#[cfg(target_os = "linux")]
mod hosts;
#[cfg(target_os = "linux")]
mod plans;
#[cfg(target_os = "linux")]
mod rows;
#[cfg(target_os = "linux")]
mod session;
#[cfg(target_os = "linux")]
mod shell;
