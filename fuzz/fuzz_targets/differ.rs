//! Histories of results through the differ and the log.

#![no_main]

use plumb_conformance::oracles::{diff_replay, tally};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tally::fuzz(diff_replay::check, bytes));
