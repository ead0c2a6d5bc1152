//! Any text as SQL, and calls of functions.

#![no_main]

use plumb_conformance::oracles::{statements, tally};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tally::fuzz(statements::check, bytes));
