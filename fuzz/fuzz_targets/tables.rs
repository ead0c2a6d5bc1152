//! Every table on hostile hosts.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plumb_conformance::oracles::hostile::check(bytes).must_hold());
