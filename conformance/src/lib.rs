//! The harness: generators, oracles and engines that prove an agent's answers.
//!
//! An oracle is a function from an input to a [`Verdict`]. The same oracle runs under libFuzzer, under `cargo test` with a
//! seeded generator, and in `cargo conform`. A comparison over nothing is a skip, and skips are counted.

pub mod answer;
pub mod case;
pub mod divergences;
pub mod engines;
pub mod fixtures;
pub mod foreign;
pub mod generators;
pub mod hosttext;
pub mod oracles;
pub mod report;
pub mod run;
mod shares;
pub mod shrink;
pub mod truth;

/// What an oracle found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The law held over something.
    Pass,
    /// There was nothing to hold it against, and why.
    Skip(String),
    /// It did not hold: what a person needs to see it.
    Fail(String),
}

impl Verdict {
    /// For drivers that learn of a failure by a panic.
    ///
    /// # Panics
    /// When the law did not hold.
    #[allow(clippy::panic, reason = "what a fuzzer waits for")]
    pub fn must_hold(&self) {
        if let Self::Fail(why) = self {
            panic!("{why}");
        }
    }
}
