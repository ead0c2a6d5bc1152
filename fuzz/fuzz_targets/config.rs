//! Configurations, from a model and damaged.

#![no_main]

use plumb_conformance::oracles::{config_roundtrip, tally};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tally::fuzz(config_roundtrip::check, bytes));
