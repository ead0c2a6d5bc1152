//! What a scheduled query may cost. The watchdog's limits are those of the process; a query gets less, so that the process lives on.

use crate::flags::Flags;
use crate::watch::Limits;
use plumb_sql::{Budget, Pace, RESERVE};
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

/// The part of the watchdog's limit that all queries together get: the process does more than run queries.
const COMMON_SHARE: f64 = 0.85;

/// The part of the CPU time with which the watchdog would put up that all queries may use at once, at full speed: with what is in reserve for
/// short ones.
const COMMON_BURST: f64 = 0.5;

/// The least that may be used so.
const LEAST_BURST: Duration = Duration::from_secs(2);

/// What all queries share, so that many that are cheap by themselves do not bring up the watchdog; `None` where it is off.
pub(super) fn pace(flags: &Flags) -> Option<Pace> {
    let limits = Limits::of(flags);
    let share = limits.utilization?.clamp(1, 100) as f64 / 100.0;
    // It puts up with one thread that spins for so long.
    let patience = limits.latency.mul_f64((1.0 - share) * COMMON_BURST).max(LEAST_BURST);
    Some(Pace::new(share * COMMON_SHARE, patience.div_f64(1.0 + RESERVE)))
}

/// Resident memory from which on free memory is given back to the system: where no flag says it, four fifths of what the watchdog allows.
pub(super) fn trim_threshold(flags: &Flags) -> Option<u64> {
    const MEGABYTE: u64 = 1_000_000;
    let watched = Limits::of(flags).memory.filter(|_| !flags.bool("disable_watchdog"));
    match (flags.origin("malloc_trim_threshold"), flags.u64("malloc_trim_threshold")) {
        (None, default) => Some(watched.map_or(default * MEGABYTE, |limit| limit / 5 * 4)),
        (Some(_), 0) => None,
        (Some(_), megabytes) => Some(megabytes.saturating_mul(MEGABYTE)),
    }
}

/// Bounds what the process uses: SQLite itself (sorters, long texts, the store) half of what the watchdog allows, rows that are kept a
/// quarter. A statement that needs more fails as one over its budget.
pub(super) fn bound_process(flags: &Flags) {
    let limit = Limits::of(flags).memory.unwrap_or(0);
    let bytes = |parts: u64| usize::try_from(limit / 4 * parts).unwrap_or(usize::MAX);
    plumb_sql::bound_memory(bytes(2), bytes(1));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::Origin;
    use crate::watch::{Action, Guard, Sample};
    use plumb_sql::Asker;
    use std::time::Instant;

    /// The CPU time that queries use in an hour which want all of it in eight lanes, by the watchdog's time, and when it stops them; `late` is how long short
    /// ones beside them wait at most, one of 5 ms each second.
    fn hour(flags: &Flags, pace: Option<&Pace>, asker: Asker) -> (Duration, Option<Duration>, Duration) {
        const TICK: Duration = Duration::from_millis(50);
        let mut guard = Guard::new(Limits::of(flags));
        guard.started(Duration::ZERO);
        let start = Instant::now();
        let (mut cpu, mut now, mut rest, mut late) = (Duration::ZERO, Duration::ZERO, Duration::ZERO, Duration::ZERO);
        while now < Duration::from_secs(3600) {
            now += TICK;
            let mut used = if rest.is_zero() { TICK * 8 } else { Duration::ZERO };
            if let Some(pace) = pace {
                rest = pace.used(used, start + now, asker);
                if now.subsec_millis() == 0 {
                    let short = Duration::from_millis(5);
                    late = late.max(pace.used(short, start + now, Asker::Short));
                    used += short;
                }
            }
            // What the process does besides.
            cpu += used + used / 20;
            if matches!(guard.tick(now, || Some(Sample { memory: 0, cpu })), Action::Stop(_)) {
                return (cpu, Some(now), late);
            }
        }
        (cpu, None, late)
    }

    #[test]
    fn queries_are_slowed_before_the_watchdog_acts() {
        for level in ["0", "1"] {
            let mut flags = Flags::default();
            flags.set("watchdog_level", level, Origin::CommandLine).unwrap();
            flags.set("watchdog_delay", "0", Origin::CommandLine).unwrap();
            let limit = Limits::of(&flags).utilization.unwrap() as f64 / 100.0;
            for asker in [Asker::Long, Asker::Short] {
                let (used, stopped, late) = hour(&flags, pace(&flags).as_ref(), asker);
                assert_eq!(stopped, None, "level {level} {asker:?}");
                let part = used.as_secs_f64() / 3600.0;
                assert!(part > 0.8 * limit && part < limit, "level {level} {asker:?}: {part}");
                assert_eq!(late.is_zero(), asker == Asker::Long, "level {level}: hogs do not hold up what is short");
            }
            let (_, stopped, _) = hour(&flags, None, Asker::Long);
            assert!(stopped.is_some_and(|at| at < Duration::from_secs(60)), "level {level}: {stopped:?}");
        }
        let mut flags = Flags::default();
        flags.set("watchdog_level", "-1", Origin::CommandLine).unwrap();
        assert!(pace(&flags).is_none());
    }

    /// Nobody knows at a start which queries take long: hogs count as short for a while, and leave enough for the others all the same.
    #[test]
    fn short_queries_do_not_wait_at_a_start_with_hogs() {
        let (pace, start, ms) = (pace(&Flags::default()).unwrap(), Instant::now(), Duration::from_millis);
        let begun = (0..24).map(|_| pace.used(ms(75), start, Asker::Short)).max();
        assert_eq!(begun, Some(Duration::ZERO));
        let mut rest = Duration::ZERO;
        for tick in 0..1200 {
            let now = start + ms(50) * tick;
            // Eight hogs on two cores, and twenty short ones each second.
            rest = pace.used(if rest.is_zero() { ms(100) } else { Duration::ZERO }, now, Asker::Long);
            let short = pace.used(ms(2), now, Asker::Short);
            assert_eq!(short, Duration::ZERO, "{tick}");
        }
        assert!(!rest.is_zero(), "hogs have to");
    }

    #[test]
    fn thresholds() {
        let threshold = |set: &[(&str, &str)]| {
            let mut flags = Flags::default();
            for (name, value) in set {
                flags.set(name, value, Origin::CommandLine).unwrap();
            }
            trim_threshold(&flags)
        };
        assert_eq!(threshold(&[]), Some((200 << 20) / 5 * 4));
        assert_eq!(threshold(&[("disable_watchdog", "true")]), Some(200_000_000));
        assert_eq!(threshold(&[("watchdog_level", "-1")]), Some(200_000_000));
        assert_eq!(threshold(&[("malloc_trim_threshold", "0")]), None);
        assert_eq!(threshold(&[("malloc_trim_threshold", "200")]), Some(200_000_000), "it was said");
    }

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
