//! What was tested, and how.

use std::time::Duration;

/// What a reader must know to do it again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Who was asked.
    pub agent: String,
    /// The version that it says it is.
    pub version: String,
    /// This host, and the fixture hosts.
    pub hosts: Vec<String>,
    /// The first seed of random trials.
    pub seed: u64,
    /// The command that does it again.
    pub command: String,
    /// When it began.
    pub when: String,
    /// How long it took.
    pub took: Duration,
    /// Whether somebody ended it early.
    pub interrupted: bool,
}
