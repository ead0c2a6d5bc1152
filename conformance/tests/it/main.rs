//! The oracles as ordinary tests.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

mod cases;
mod fixture_hosts;
mod foreign;
mod fuzz_corpora;
mod ground_truth;
mod liars;
#[cfg(target_os = "linux")]
mod networks;
mod old_bugs;
mod program;
mod questions;
mod shrinking;
