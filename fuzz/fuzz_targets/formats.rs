//! Every parser on any bytes.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plumb_conformance::oracles::formats::check(bytes).must_hold());
