//! Command lines and flag files.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plumb_conformance::oracles::flags::check(bytes).must_hold());
