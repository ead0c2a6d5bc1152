//! What this thread has used: clocks and memory.

use std::time::Instant;

/// A moment, or what was used between two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) wall_ms: u64,
    pub(super) user_ms: u64,
    pub(super) system_ms: u64,
    /// Bytes of resident memory of the process.
    pub(super) memory: u64,
}

/// The beginning of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    start: Instant,
    user_us: u64,
    system_us: u64,
    memory: u64,
}

impl Usage {
    pub(super) fn now() -> Before {
        let (user_us, system_us) = cpu();
        Before { start: Instant::now(), user_us, system_us, memory: resident() }
    }
}

impl Before {
    pub(super) fn since(&self) -> Usage {
        let (user_us, system_us) = cpu();
        Usage {
            wall_ms: u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX),
            user_ms: user_us.saturating_sub(self.user_us) / 1000,
            system_ms: system_us.saturating_sub(self.system_us) / 1000,
            memory: resident().saturating_sub(self.memory),
        }
    }
}

/// Microseconds of CPU time of this thread, in user and in system mode (getrusage(2)).
fn cpu() -> (u64, u64) {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::resource::{UsageWho, getrusage};
        use nix::sys::time::TimeValLike;
        let micros = |time: nix::sys::time::TimeVal| u64::try_from(time.num_microseconds()).unwrap_or(0);
        getrusage(UsageWho::RUSAGE_THREAD)
            .map_or((0, 0), |usage| (micros(usage.user_time()), micros(usage.system_time())))
    }
    #[cfg(not(target_os = "linux"))]
    {
        (0, 0)
    }
}

/// Resident memory of this process in bytes (proc_pid_statm(5)); 0 where it is not known.
#[allow(clippy::disallowed_methods, reason = "the agent's own figures")]
fn resident() -> u64 {
    #[cfg(target_os = "linux")]
    {
        let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let pages: u64 = text.split_ascii_whitespace().nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
        pages * rustix::param::page_size() as u64
    }
    #[cfg(not(target_os = "linux"))]
    {
        0
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn work_is_seen() {
        let before = Usage::now();
        let mut held = Vec::new();
        let deadline = Instant::now() + std::time::Duration::from_secs(60);
        while before.since().user_ms + before.since().system_ms < 20 && Instant::now() < deadline {
            held.extend(std::iter::repeat_n(1_u8, 1 << 16));
        }
        let used = before.since();
        assert!(used.user_ms + used.system_ms >= 20 && used.wall_ms >= 20, "{used:?}");
        assert!(resident() > 1 << 20 && !held.is_empty());
    }
}
