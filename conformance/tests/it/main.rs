//! The oracles as ordinary tests.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

mod fixture_hosts;
mod foreign;
mod fuzz_corpora;
mod ground_truth;
mod liars;
