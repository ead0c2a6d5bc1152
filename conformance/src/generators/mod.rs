//! Generators of inputs, all driven by bytes (`arbitrary`), so that a fuzzer, a property test and a seeded loop share them.

pub mod agent;
pub mod calls;
pub mod configs;
pub mod dictionary;
pub mod flags;
pub mod histories;
pub mod host;
pub mod model;
pub mod netlink;
pub mod query;
pub mod seeds;
pub mod turning;

/// A stream of bytes from a seed, for running a generator without a fuzzer. The same seed gives the same bytes
/// everywhere (splitmix64).
#[must_use]
pub fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    let mut bytes: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| next().to_le_bytes()).collect();
    bytes.truncate(length);
    bytes
}
