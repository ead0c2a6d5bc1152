//! The oracles as ordinary tests, over the fixture hosts.

mod fixture_hosts;
mod ground_truth;
