//! Any text as SQL, and calls of functions.

#![no_main]

use plumb_conformance::oracles::{statements, tally};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tally::fuzz(statements::check, bytes));

// Bytes that change at random make hardly a statement: words do.
libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let made = (seed % 4 > 0).then(|| statements::mutated(&data[..size], seed.into())).flatten();
    match made.filter(|made| made.len() <= max_size) {
        Some(made) => {
            data[..made.len()].copy_from_slice(&made);
            made.len()
        }
        None => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
    }
});
