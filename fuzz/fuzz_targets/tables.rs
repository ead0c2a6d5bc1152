//! Every table on hostile hosts.

#![no_main]

use plumb_conformance::oracles::{hostile, tally};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tally::fuzz(hostile::check, bytes));
