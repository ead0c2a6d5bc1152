//! Generated queries over virtual tables and over plain copies.

#![no_main]

use plumb_conformance::oracles::{generated, tally};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tally::fuzz(generated::check, bytes));
