//! Command lines and flag files.

#![no_main]

use plumb_conformance::oracles::{flags, tally};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tally::fuzz(flags::check, bytes));
