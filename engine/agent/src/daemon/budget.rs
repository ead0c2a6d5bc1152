//! What a scheduled query may cost. The watchdog's limits are those of the process; a query gets less, so that the process lives on.

use crate::flags::Flags;
use crate::watch::Limits;
use plumb_sql::Budget;
use std::time::Duration;

/// CPU time that a query may use at full speed.
const BURST: Duration = Duration::from_secs(2);

/// The part of the watchdog's limit that slow queries get.
const SHARE: f64 = 0.75;

/// The budget of each statement: what flags of its own say, and otherwise what the watchdog's level allows. With the level -1 (off)
/// and no such flag there is none.
pub(super) fn of(flags: &Flags) -> Budget {
    let given = |name: &str| Some(flags.u64(name)).filter(|value| *value > 0);
    let limits = Limits::of(flags);
    let watched = flags.i32("watchdog_level") >= 0;
    let seconds = |name: &str, normal: u64| given(name).or(watched.then_some(normal)).map(Duration::from_secs);
    let memory = given("query_memory_limit").map(|mebibytes| mebibytes.saturating_mul(1 << 20));
    let memory = memory.or(limits.memory.map(|bytes| bytes / 4));
    Budget {
        time: seconds("query_time_limit", 300),
        cpu: seconds("query_cpu_limit", 60),
        // Percent of one CPU; less than the watchdog lets the process have, which does more than run slow queries.
        cpu_share: limits.utilization.map(|percent| percent.clamp(1, 100) as f64 / 100.0 * SHARE),
        burst: BURST,
        memory: memory.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX)),
        rows: None,
    }
}

/// Bounds what SQLite itself uses (sorters, long texts, the store) in the whole process: what the watchdog allows, less what rows take. A
/// statement that needs more fails as one over its budget.
pub(super) fn bound_process(flags: &Flags) {
    let bytes = Limits::of(flags).memory.map_or(0, |bytes| bytes / 8 * 5);
    plumb_sql::bound_memory(usize::try_from(bytes).unwrap_or(0));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::Origin;

    #[test]
    fn budgets() {
        let budget = |set: &[(&str, &str)]| {
            let mut flags = Flags::default();
            for (name, value) in set {
                flags.set(name, value, Origin::CommandLine).unwrap();
            }
            let Budget { time, cpu, cpu_share, memory, .. } = of(&flags);
            let parts = cpu_share.map(|share| (share * 10_000.0).round() as u64);
            (time.map(|time| time.as_secs()), cpu.map(|cpu| cpu.as_secs()), parts, memory.map(|bytes| bytes >> 20))
        };
        assert_eq!(budget(&[]), (Some(300), Some(60), Some(750), Some(50)));
        assert_eq!(budget(&[("watchdog_level", "1")]), (Some(300), Some(60), Some(375), Some(25)));
        assert_eq!(budget(&[("watchdog_level", "-1")]), (None, None, None, None));
        let own = [("watchdog_level", "-1"), ("query_cpu_limit", "7"), ("query_memory_limit", "64")];
        assert_eq!(budget(&own), (None, Some(7), None, Some(64)));
        assert_eq!(budget(&[("watchdog_utilization_limit", "250")]).2, Some(7500));
    }
}
