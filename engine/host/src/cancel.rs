//! Stopping work, and slowing it down.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

const GO: u8 = 0;
const STOP: u8 = 1;
const REST: u8 = 2;

/// How long resting work sleeps before it looks again.
const NAP: Duration = Duration::from_millis(5);

/// A token shared by everything that works for one statement. Whoever loops over what a host gives looks at it at
/// least once per MiB read or 256 entries listed. Who looks while the work is to rest is held until it may go on.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicU8>);

impl Cancel {
    /// A token that nobody has pulled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the work, from any thread or signal handler.
    pub fn cancel(&self) {
        self.0.store(STOP, Ordering::Relaxed);
    }

    /// Makes the token usable for the next statement.
    pub fn reset(&self) {
        self.0.store(GO, Ordering::Relaxed);
    }

    /// Lets the work rest, or go on. What is stopped stays stopped.
    pub fn rest(&self, rest: bool) {
        let (from, to) = if rest { (GO, REST) } else { (REST, GO) };
        // The exchange fails where it is so already, or the work is stopped.
        let _ = self.0.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Whether the work should stop. Returns late while it is to rest.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        match self.0.load(Ordering::Relaxed) {
            GO => false,
            STOP => true,
            _ => self.nap(),
        }
    }

    #[cold]
    fn nap(&self) -> bool {
        while self.0.load(Ordering::Relaxed) == REST {
            std::thread::park_timeout(NAP);
        }
        self.0.load(Ordering::Relaxed) == STOP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resting_work_goes_on_or_stops() {
        let token = Cancel::new();
        assert!(!token.is_cancelled());
        for stop in [false, true] {
            token.rest(true);
            let other = token.clone();
            let worker = std::thread::spawn(move || other.is_cancelled());
            if stop {
                token.cancel()
            } else {
                token.rest(false)
            }
            assert_eq!(worker.join().unwrap(), stop);
        }
        token.rest(true);
        token.rest(false);
        assert!(token.is_cancelled(), "what is stopped stays stopped");
        token.reset();
        assert!(!token.is_cancelled());
    }
}
