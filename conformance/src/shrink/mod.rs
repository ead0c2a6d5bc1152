//! Smaller inputs that still fail: bytes of generators, SQL, hosts.
//!
//! Each shrinker tries simpler candidates and keeps those for which `fails` says yes, until none is left or the [`Budget`]
//! is spent. What comes out was seen to fail (or is the input itself) and is never larger than the input.
//!
//! `fails` should look for the same failure, not for any: a query that loses rows must not become one that is refused.

mod bytes;

mod host;
mod list;
mod sql;

pub use bytes::bytes;

pub use host::host;
pub(crate) use sql::Clauses;
pub use sql::sql;
pub(crate) use sql::token::{Token, tokens};

use std::time::{Duration, Instant};

/// How much shrinking may cost: whichever ends first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Candidates that are checked.
    pub checks: usize,
    /// Time, looked at between checks.
    pub time: Duration,
}

impl Default for Budget {
    /// Enough for a long query over a small host.
    fn default() -> Self {
        Self { checks: 20_000, time: Duration::from_secs(60) }
    }
}

impl Budget {
    /// So many checks, however long they take.
    #[must_use]
    pub const fn checks(checks: usize) -> Self {
        Self { checks, time: Duration::MAX }
    }
}

/// The checks that are left.
struct Checks<'f, T: ?Sized> {
    left: usize,
    begun: Instant,
    time: Duration,
    fails: &'f mut dyn FnMut(&T) -> bool,
}

impl<'f, T: ?Sized> Checks<'f, T> {
    fn new(budget: Budget, fails: &'f mut dyn FnMut(&T) -> bool) -> Self {
        Self { left: budget.checks, begun: Instant::now(), time: budget.time, fails }
    }

    fn over(&self) -> bool {
        self.left == 0 || self.begun.elapsed() >= self.time
    }

    /// Whether a candidate fails; no, when nothing is left to check it with.
    fn fails(&mut self, candidate: &T) -> bool {
        if self.over() {
            return false;
        }
        self.left -= 1;
        (self.fails)(candidate)
    }
}
