//! Any text as SQL, and calls of functions.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plumb_conformance::oracles::statements::check(bytes).must_hold());
