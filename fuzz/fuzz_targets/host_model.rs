//! Machines rendered from models.

#![no_main]

use plumb_conformance::oracles::{model_roundtrip, tally};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tally::fuzz(model_roundtrip::check, bytes));
