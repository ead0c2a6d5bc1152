//! Machines rendered from models.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plumb_conformance::oracles::model_roundtrip::check(bytes).must_hold());
