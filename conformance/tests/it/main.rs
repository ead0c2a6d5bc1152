//! The oracles as ordinary tests, over the fixture hosts.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

mod fixture_hosts;
mod ground_truth;
