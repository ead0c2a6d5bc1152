//! Every parser on any bytes.

#![no_main]

use plumb_conformance::oracles::{formats, tally};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tally::fuzz(formats::check, bytes));
