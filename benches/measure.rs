//! CPU time, in pairs: floor and work run in turn, so that whatever else the machine does meets both.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// CPU time that this process has used, in user and kernel mode.
#[must_use]
pub fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// CPU time of the child processes that have ended and were waited for.
#[must_use]
pub fn children_cpu() -> Duration {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_CHILDREN) else { return Duration::ZERO };
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(micros.unsigned_abs())
}

/// What a piece of work costs: CPU time of this process and of the children that it waited for.
pub fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let before = (cpu(), children_cpu());
    let done = work();
    (cpu() - before.0 + (children_cpu() - before.1), done)
}

/// Two works that ran in turn.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The median of the floor.
    pub floor: Duration,
    /// The median of the work.
    pub work: Duration,
    /// Work over floor: the median of the pairs, and their quartiles.
    pub ratio: [f64; 3],
    /// Work less floor: the median of the pairs, in milliseconds.
    pub above: f64,
}

/// Runs floor and work in turn, after one round that does not count. Of something short `times` runs make one sample.
pub fn pair<A, B>(rounds: usize, times: u32, mut floor: impl FnMut() -> A, mut work: impl FnMut() -> B) -> Pair {
    let mut floor = || drop(std::hint::black_box(floor()));
    let mut work = || drop(std::hint::black_box(work()));
    let sample = |work: &mut dyn FnMut()| time(|| (0..times).for_each(|_| work())).0 / times;
    let mut samples = Vec::with_capacity(rounds);
    for round in 0..=rounds {
        // Whoever comes second finds warmer caches: they take turns in that too.
        let (low, high) = if round % 2 == 0 {
            let low = sample(&mut floor);
            (low, sample(&mut work))
        } else {
            let high = sample(&mut work);
            (sample(&mut floor), high)
        };
        if round > 0 {
            samples.push((low, high));
        }
    }
    let ratios = samples.iter().map(|(low, high)| high.as_secs_f64() / low.as_secs_f64().max(1e-9));
    let above = samples.iter().map(|(low, high)| (high.as_secs_f64() - low.as_secs_f64()) * 1e3);
    Pair {
        ratio: quartiles(ratios.collect()),
        above: quartiles(above.collect())[1],
        floor: median(samples.iter().map(|sample| sample.0).collect()),
        work: median(samples.iter().map(|sample| sample.1).collect()),
    }
}

/// The median of some durations.
#[must_use]
pub fn median(mut samples: Vec<Duration>) -> Duration {
    samples.sort_unstable();
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}

/// Lower quartile, median and upper quartile.
#[must_use]
pub fn quartiles(mut samples: Vec<f64>) -> [f64; 3] {
    samples.sort_unstable_by(f64::total_cmp);
    let at = |part: usize| samples.get(samples.len() * part / 4).copied().unwrap_or(f64::NAN);
    [at(1), at(2), at(3)]
}

/// How the cost grows between two sizes: 1 is linear, 2 quadratic.
#[must_use]
pub fn exponent(small: (f64, Duration), large: (f64, Duration)) -> f64 {
    (large.1.as_secs_f64() / small.1.as_secs_f64()).ln() / (large.0 / small.0).ln()
}
