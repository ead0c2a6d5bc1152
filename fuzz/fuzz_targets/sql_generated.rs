//! Generated queries over virtual tables and over plain copies.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plumb_conformance::oracles::generated::check(bytes).must_hold());
