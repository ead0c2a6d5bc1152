//! What the analysis says of a text of SQL, against SQLite.

#![no_main]

use plumb_conformance::oracles::{parser_agreement, tally};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tally::fuzz(parser_agreement::check, bytes));
