//! What a worker may use.

use crate::flags::Flags;
use std::time::Duration;

/// How often a worker is looked at.
pub(super) const INTERVAL: Duration = Duration::from_secs(3);

/// A worker that lives shorter than this has failed to start, and the next one has to wait.
pub(super) const SHORT_LIFE: Duration = Duration::from_secs(4);

/// How long the next one waits at least.
pub(super) const RESPAWN_DELAY: Duration = Duration::from_secs(5);

/// How much longer than `--alarm_timeout` a worker has for an orderly end: it has an alarm of its own, which knows more.
const GRACE: Duration = Duration::from_secs(2);

/// What a worker may use, and how patient the watchdog is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory of its own; `None` for any number.
    pub memory: Option<u64>,
    /// Percent of one CPU; `None` for all of them.
    pub utilization: Option<u64>,
    /// How long it may use more than that, if it uses all of a CPU; longer if it uses less.
    pub latency: Duration,
    /// Time after the start of the watchdog during which nothing is enforced.
    pub delay: Duration,
    /// Time that a stopped worker has before it is killed.
    pub forced: Duration,
    /// The longest time between two starts of a worker that keeps failing.
    pub longest_wait: Duration,
    /// Time that the worker has for an orderly end of the daemon.
    pub alarm: Duration,
}

impl Limits {
    /// What the flags say: the level's limits, and in their place those that have a flag of their own.
    #[must_use]
    pub fn of(flags: &Flags) -> Self {
        let seconds = |name: &str| Duration::from_secs(flags.u64(name));
        let (memory, utilization, latency) = match flags.i32("watchdog_level") {
            ..0 => (None, None, 1000),
            0 => (Some(200), Some(10), 12),
            1.. => (Some(100), Some(5), 6),
        };
        let given = |name: &str| Some(flags.u64(name)).filter(|&value| value > 0);
        Self {
            memory: given("watchdog_memory_limit").or(memory).map(|mebibytes| mebibytes.saturating_mul(1 << 20)),
            utilization: given("watchdog_utilization_limit").or(utilization),
            latency: Duration::from_secs(given("watchdog_latency_limit").unwrap_or(latency)),
            delay: seconds("watchdog_delay"),
            forced: seconds("watchdog_forced_shutdown_delay"),
            longest_wait: seconds("watchdog_max_delay").max(Duration::from_secs(1)),
            alarm: seconds("alarm_timeout").saturating_add(GRACE),
        }
    }

    /// How long to wait before a worker is started after so many that failed in a row.
    pub(super) fn wait(&self, failures: u32) -> Duration {
        match failures {
            0 => Duration::ZERO,
            _ => (RESPAWN_DELAY + Duration::from_secs(1 << failures.min(20))).min(self.longest_wait),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::Origin;

    fn limits(set: &[(&str, &str)]) -> Limits {
        let mut flags = Flags::default();
        for (name, value) in set {
            flags.set(name, value, Origin::CommandLine).unwrap();
        }
        Limits::of(&flags)
    }

    #[test]
    fn levels_and_flags() {
        const MIB: u64 = 1 << 20;
        for (set, memory, utilization, latency) in [
            (&[][..], Some(200 * MIB), Some(10), 12),
            (&[("watchdog_level", "1")], Some(100 * MIB), Some(5), 6),
            (&[("watchdog_level", "-1")], None, None, 1000),
            (&[("watchdog_level", "-1"), ("watchdog_memory_limit", "60")], Some(60 * MIB), None, 1000),
            (&[("watchdog_utilization_limit", "30"), ("watchdog_latency_limit", "3")], Some(200 * MIB), Some(30), 3),
            (&[("watchdog_memory_limit", "18446744073709551615")], Some(u64::MAX), Some(10), 12),
        ] {
            let limits = limits(set);
            let found = (limits.memory, limits.utilization, limits.latency.as_secs());
            assert_eq!(found, (memory, utilization, latency), "{set:?}");
        }
        let limits = limits(&[]);
        let seconds = [limits.delay, limits.forced, limits.longest_wait, limits.alarm].map(|time| time.as_secs());
        assert_eq!(seconds, [60, 4, 600, 17]);
    }

    #[test]
    fn waits_grow_to_the_longest() {
        let waits = |limits: Limits| [0, 1, 2, 3, 9, 10, 1000].map(|failures| limits.wait(failures).as_secs());
        assert_eq!(waits(limits(&[])), [0, 7, 9, 13, 517, 600, 600]);
        assert_eq!(waits(limits(&[("watchdog_max_delay", "0")])), [0, 1, 1, 1, 1, 1, 1]);
    }
}
