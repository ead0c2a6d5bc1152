//! What this thread has used: clocks and memory.

use crate::monitoring::Costs;
use std::time::Instant;

/// A moment, or what was used between two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) wall_ms: u64,
    pub(super) user_ms: u64,
    pub(super) system_ms: u64,
    /// Bytes by which resident memory of the process grew.
    pub(super) memory: u64,
    /// Bytes of resident memory at the end.
    pub(super) resident: u64,
    before: Reading,
    after: Reading,
}

/// What this thread has used since it began, and the most memory of its process (getrusage(2)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reading {
    user_us: u64,
    system_us: u64,
    max_kib: u64,
    blocks_in: u64,
    blocks_out: u64,
}

/// The beginning of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    start: Instant,
    reading: Reading,
    memory: u64,
}

impl Usage {
    pub(super) fn now() -> Before {
        Before { start: Instant::now(), reading: reading(), memory: resident() }
    }

    /// The costs under the names that numeric monitoring has for them. What is still zero for the whole thread is left out: where the system
    /// does not tell it, it is so for ever.
    pub(super) fn costs(&self) -> Costs {
        let Self { before, after, .. } = self;
        let ms = |us: u64| us / 1000;
        let cpu_ms = |reading: &Reading| ms(reading.user_us) + ms(reading.system_us);
        let spans = [
            ("rss.max.kb", 0, after.max_kib),
            ("rss.increase.kb", before.max_kib, after.max_kib),
            ("input.load", before.blocks_in, after.blocks_in),
            ("output.load", before.blocks_out, after.blocks_out),
            ("time.user.millis", ms(before.user_us), ms(after.user_us)),
            ("time.system.millis", ms(before.system_us), ms(after.system_us)),
            ("time.total.millis", cpu_ms(before), cpu_ms(after)),
        ];
        let known = spans.into_iter().filter(|(_, _, after)| *after > 0);
        let costs = known.map(|(name, before, after)| (name, after.saturating_sub(before)));
        costs.chain([("time.wall.millis", self.wall_ms)]).collect()
    }
}

impl Before {
    pub(super) fn since(&self) -> Usage {
        let (before, after, resident) = (self.reading, reading(), resident());
        Usage {
            wall_ms: u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX),
            user_ms: after.user_us.saturating_sub(before.user_us) / 1000,
            system_ms: after.system_us.saturating_sub(before.system_us) / 1000,
            memory: resident.saturating_sub(self.memory),
            resident,
            before,
            after,
        }
    }
}

fn reading() -> Reading {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::resource::{UsageWho, getrusage};
        use nix::sys::time::TimeValLike;
        let micros = |time: nix::sys::time::TimeVal| u64::try_from(time.num_microseconds()).unwrap_or(0);
        let number = |number: i64| u64::try_from(number).unwrap_or(0);
        getrusage(UsageWho::RUSAGE_THREAD).map_or_else(
            |_| Reading::default(),
            |usage| Reading {
                user_us: micros(usage.user_time()),
                system_us: micros(usage.system_time()),
                max_kib: number(usage.max_rss()),
                blocks_in: number(usage.block_reads()),
                blocks_out: number(usage.block_writes()),
            },
        )
    }
    #[cfg(not(target_os = "linux"))]
    {
        Reading::default()
    }
}

/// Resident memory of this process in bytes (proc_pid_statm(5)); 0 where it is not known.
#[allow(clippy::disallowed_methods, reason = "the agent's own figures")]
pub(super) fn resident() -> u64 {
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
        let costs = used.costs();
        let cost = |name: &str| costs.iter().find(|(cost, _)| *cost == name).map(|(_, value)| *value);
        assert_eq!(cost("time.wall.millis"), Some(used.wall_ms));
        // Each is cut to whole milliseconds before and after.
        let total = cost("time.total.millis").unwrap();
        assert!(total.abs_diff(used.user_ms + used.system_ms) <= 2, "{costs:?} {used:?}");
        assert!(cost("rss.max.kb") > Some(1 << 10), "{costs:?}");
        let names: Vec<&str> = costs.iter().map(|(name, _)| *name).collect();
        let unique: std::collections::BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(names.len(), unique.len());
    }
}
