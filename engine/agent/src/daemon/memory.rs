//! Memory that is not needed just now, and goes back to the system.

use super::Daemon;
use super::usage::resident;

/// Bytes that must have come since the last time for another to be worth its while.
const WORTH: u64 = 4 << 20;

/// When free memory was given back.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trimmed {
    /// Resident memory after that.
    after: u64,
}

impl Trimmed {
    /// Gives free memory back if there is more in use than a threshold.
    pub(super) fn look(&mut self, resident_now: u64, threshold: Option<u64>) {
        // What was in use the last time may have been freed since.
        self.after = self.after.min(resident_now);
        if self.is_due(resident_now, threshold) {
            plumb_sql::give_back_memory();
            self.after = resident();
        }
    }

    fn is_due(self, resident: u64, threshold: Option<u64>) -> bool {
        // What could not be given back the last time cannot be now.
        threshold.is_some_and(|threshold| resident > threshold && resident > self.after.saturating_add(WORTH))
    }
}

/// The first second after another at which `--schedule_reload` is due.
pub(super) fn next_reload(after: i64, every: i64) -> Option<i64> {
    (every > 0).then(|| after.saturating_sub(after.rem_euclid(every)).saturating_add(every))
}

impl Daemon {
    /// Lets go what makes the next query a little faster: the store's pages, the engine for decorators, and those of the lanes if that is wanted.
    pub(super) fn give_back(&mut self) {
        let given = self.shared.store().give_back();
        self.kept(given);
        self.engine = None;
        if self.settings.reload_sql {
            self.lanes.forget_engines();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_it_is_due() {
        const MIB: u64 = 1 << 20;
        for (after, resident, threshold, expect) in [
            (0, 101 * MIB, Some(100 * MIB), true),
            (0, 100 * MIB, Some(100 * MIB), false),
            (0, 500 * MIB, None, false),
            (99 * MIB, 101 * MIB, Some(100 * MIB), false),
            (99 * MIB, 104 * MIB, Some(100 * MIB), true),
            (300 * MIB, 301 * MIB, Some(100 * MIB), false),
        ] {
            assert_eq!(Trimmed { after }.is_due(resident, threshold), expect, "{after} {resident} {threshold:?}");
        }
        for (after, every, expect) in [(0, 0, None), (0, 60, Some(60)), (59, 60, Some(60)), (60, 60, Some(120))] {
            assert_eq!(next_reload(after, every), expect);
        }
    }

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn free_memory_goes() {
        // Other tests of this process may take as much meanwhile, but not each time.
        let goes = || {
            // Small pieces with one behind them that stays: the allocator keeps what is freed between.
            let pieces: Vec<Vec<u8>> = (0..65_536).map(|_| vec![1_u8; 1000]).collect();
            let last = vec![1_u8; 1000];
            drop(pieces);
            let before = resident();
            let mut trimmed = Trimmed::default();
            trimmed.look(before, Some(1));
            drop(std::hint::black_box(last));
            trimmed.after + (16 << 20) < before
        };
        assert!((0..20).any(|_| goes()));
    }
}
