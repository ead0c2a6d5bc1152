//! How fast all statements of a process may be together.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// CPU time that statements share: so much at once, and then a part of a core. [`crate::Budget`] is for each statement, and each begins
/// at full speed; many that are short could use a whole core that way. More than that is left in reserve for statements that have used little:
/// where others use all that there is, it is these others that wait, and where many begin at once of which nobody knew that they are long,
/// there is still enough for the rest.
#[derive(Debug)]
pub struct Pace {
    share: f64,
    burst: f64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Seconds of CPU that may be used at once; what is less than none must be waited for, and by all what is less than the reserve.
    left: f64,
    looked: Option<Instant>,
    /// Whether even short statements had to wait.
    held_up: bool,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A statement that begins, or has used little.
    Short,
    /// One that has used more.
    Long,
}

/// The reserve, as a multiple of what may be used at once.
pub const RESERVE: f64 = 1.5;

impl Pace {
    /// Lets statements use `burst` at once, and `share` of a core (more than 0) for ever.
    #[must_use]
    pub fn new(share: f64, burst: Duration) -> Self {
        // A share of nothing would be no share but a stop.
        let (share, burst) = (share.max(0.001), burst.as_secs_f64());
        Self { share, burst, state: Mutex::new(State { left: burst, looked: None, held_up: false }) }
    }

    /// Takes note of CPU time that was used, and answers how long whoever asks must use nothing from now on.
    pub fn used(&self, cpu: Duration, now: Instant, asker: Asker) -> Duration {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = state.looked.map_or(Duration::ZERO, |looked| now.saturating_duration_since(looked));
        // Threads come in any order.
        state.looked = state.looked.max(Some(now));
        state.left = (state.left + passed.as_secs_f64() * self.share).min(self.burst) - cpu.as_secs_f64();
        let reserve = if asker == Asker::Short { self.burst * RESERVE } else { 0.0 };
        let rest = Duration::try_from_secs_f64(-(state.left + reserve) / self.share).unwrap_or(Duration::ZERO);
        state.held_up |= asker == Asker::Short && !rest.is_zero();
        rest
    }

    /// Whether statements that had used little had to wait since this was asked before.
    pub fn take_held_up(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut state.held_up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_a_share() {
        let pace = Pace::new(0.25, Duration::from_secs(2));
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        for (ms, used, rest) in [
            (0, 500, 0),
            (0, 1500, 0),
            // Half a second more than there is: two seconds of a quarter.
            (0, 500, 2000),
            (1000, 0, 1000),
            // Another thread's clock was read before.
            (500, 0, 1000),
            (2000, 0, 0),
            (2000, 250, 1000),
            // After very long there is no more than at the beginning.
            (1_000_000, 2000, 0),
            (1_000_000, 250, 1000),
        ] {
            let found = pace.used(Duration::from_millis(used), at(ms), Asker::Long).as_secs_f64() * 1e3;
            assert!((found - f64::from(rest)).abs() < 0.01, "{ms} {used}: {found}, not {rest}");
        }
        // For what is short there are three seconds more.
        let short = |used: u64| pace.used(Duration::from_millis(used), at(1_000_000), Asker::Short);
        assert_eq!((short(0), short(2750)), (Duration::ZERO, Duration::ZERO));
        assert!(!pace.take_held_up());
        assert!(short(250).abs_diff(Duration::from_secs(1)) < Duration::from_millis(1));
        assert!(pace.take_held_up() && !pace.take_held_up());
    }
}
