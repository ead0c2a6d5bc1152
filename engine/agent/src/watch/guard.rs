//! What the watchdog decides: a machine of states that is told the time, and knows no process.

use super::limits::{INTERVAL, SHORT_LIFE};
use super::{CATASTROPHIC, FAILED, FINISHED, Limits, Sample};
use std::fmt;
use std::time::Duration;

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing before so much time has passed, a signal comes, or the worker ends.
    Wait(Duration),
    /// Start a worker, then say so with [`Guard::started`] or [`Guard::ended`].
    Start,
    /// Ask the worker to end: it exceeds a limit.
    Stop(Excess),
    /// Kill the worker: it was asked to end and did not.
    Kill,
    /// End, with this code.
    End(i32),
}

/// How a worker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With this code.
    Code(i32),
    /// By a signal, or it could not even be started.
    Other,
}

/// Which limit was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// It has so many bytes, and may have that many.
    Memory(u64, u64),
    /// It used more than that share of a CPU for this long.
    Cpu(Duration, u64),
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory(bytes, limit) => {
                write!(f, "Memory limits exceeded: {bytes} bytes (limit is {}MB)", limit >> 20)
            }
            Self::Cpu(time, percent) => {
                write!(f, "CPU utilization limits exceeded: {} seconds (limit is {percent}%)", time.as_secs())
            }
        }
    }
}

/// The state of the watchdog. Times are since its start.
#[derive(Clone, Debug)]
pub struct Guard {
    limits: Limits,
    state: State,
    /// Workers in a row that lived shortly.
    failures: u32,
    /// Workers that have been started.
    started: u64,
    last: Sample,
}

/// How a worker uses more CPU than it may.
#[derive(Clone, Copy, Debug, Default)]
struct Over {
    /// For how long, without a pause.
    time: Duration,
    /// CPU time beyond the limit.
    excess: Duration,
}

impl Over {
    /// Takes note of so much CPU time in that time. `true`: it is too much by now.
    ///
    /// What is too much is what a thread that spins would use. The same time a little above the limit is not: queries may begin at full
    /// speed before their own budgets slow them, and on a busy machine that takes long.
    fn note(&mut self, share: Duration, span: Duration, percent: u64, latency: Duration) -> bool {
        let part = |time: Duration, percent: u64| {
            let micros = time.as_micros().saturating_mul(u128::from(percent)) / 100;
            Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
        };
        let excess = share.saturating_sub(part(span, percent));
        if excess.is_zero() {
            *self = Self::default();
            return false;
        }
        self.time += span;
        self.excess += excess;
        self.time >= latency && self.excess >= part(latency, 100_u64.saturating_sub(percent))
    }
}

#[derive(Clone, Debug)]
enum State {
    /// There is no worker, and is to be one from this time on.
    Down { start: Duration },
    /// A worker works.
    Up { since: Duration, looked: Duration, used: Duration, over: Over },
    /// A worker has been asked to end. `killed`: by force at last. `last`: it is to be the last one.
    Stopping { since: Duration, kill: Duration, killed: bool, last: bool },
    /// All is over.
    Over(i32),
}

impl Guard {
    /// At the start, without a worker.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        let state = State::Down { start: Duration::ZERO };
        Self { limits, state, failures: 0, started: 0, last: Sample { memory: 0, cpu: Duration::ZERO } }
    }

    /// What is to be done. `sample` is asked only when it is time to look at the worker; `None` from it says that it cannot be
    /// looked at.
    pub fn tick(&mut self, now: Duration, sample: impl FnOnce() -> Option<Sample>) -> Action {
        match &mut self.state {
            State::Over(code) => Action::End(*code),
            State::Down { start } => match start.checked_sub(now) {
                Some(left) if !left.is_zero() => Action::Wait(left),
                _ => Action::Start,
            },
            State::Stopping { kill, killed, .. } => match kill.checked_sub(now) {
                _ if *killed => Action::Wait(INTERVAL),
                Some(left) if !left.is_zero() => Action::Wait(left),
                _ => {
                    *killed = true;
                    Action::Kill
                }
            },
            State::Up { looked, .. } => match (*looked + INTERVAL).checked_sub(now) {
                Some(left) if !left.is_zero() => Action::Wait(left),
                _ => self.look(now, sample()),
            },
        }
    }

    /// Holds the worker against its limits.
    fn look(&mut self, now: Duration, sample: Option<Sample>) -> Action {
        let State::Up { since, looked, used, over } = &mut self.state else { return Action::Wait(INTERVAL) };
        let Some(sample) = sample else {
            *looked = now;
            return Action::Wait(INTERVAL);
        };
        let span = now.saturating_sub(*looked);
        let share = sample.cpu.saturating_sub(*used);
        (*looked, *used, self.last) = (now, sample.cpu, sample);
        if now < self.limits.delay {
            return Action::Wait(INTERVAL);
        }
        let excess = match (self.limits.memory, self.limits.utilization) {
            (Some(limit), _) if sample.memory > limit => Some(Excess::Memory(sample.memory, limit)),
            (_, Some(percent)) => {
                let is_too_much = over.note(share, span, percent, self.limits.latency);
                is_too_much.then_some(Excess::Cpu(over.time, percent))
            }
            _ => None,
        };
        let Some(excess) = excess else { return Action::Wait(INTERVAL) };
        self.state = State::Stopping { since: *since, kill: now + self.limits.forced, killed: false, last: false };
        Action::Stop(excess)
    }

    /// A worker has been started.
    pub fn started(&mut self, now: Duration) {
        self.started += 1;
        self.state = State::Up { since: now, looked: now, used: Duration::ZERO, over: Over::default() };
    }

    /// The worker has ended, or could not be started; answers how long it lived and how long the next one has to wait.
    pub fn ended(&mut self, now: Duration, how: Ending) -> (Duration, Duration) {
        let (lived, last, killed) = match self.state {
            State::Over(_) => return (Duration::ZERO, Duration::ZERO),
            State::Down { .. } => (Duration::ZERO, false, false),
            State::Up { since, .. } => (now.saturating_sub(since), false, false),
            State::Stopping { since, killed, last, .. } => (now.saturating_sub(since), last, killed),
        };
        self.failures = if lived < SHORT_LIFE { self.failures.saturating_add(1) } else { 0 };
        let wait = self.limits.wait(self.failures);
        self.state = match how {
            _ if last => State::Over(if killed { FAILED } else { 0 }),
            Ending::Code(CATASTROPHIC) => State::Over(CATASTROPHIC),
            Ending::Code(FINISHED) => State::Over(0),
            Ending::Code(FAILED) if self.started == 1 => State::Over(FAILED),
            _ => State::Down { start: now + wait },
        };
        (lived, wait)
    }

    /// The daemon is to end. `true`: the worker has to be told so.
    pub fn quit(&mut self, now: Duration) -> bool {
        let (since, killed) = match self.state {
            State::Over(_) => return false,
            State::Down { .. } => {
                self.state = State::Over(0);
                return false;
            }
            State::Up { since, .. } => (since, false),
            State::Stopping { since, killed, last: false, .. } => (since, killed),
            State::Stopping { last: true, .. } => return true,
        };
        self.state = State::Stopping { since, kill: now + self.limits.alarm, killed, last: true };
        true
    }

    /// What the worker used when it was last looked at.
    #[must_use]
    pub const fn last(&self) -> Sample {
        self.last
    }
}

#[cfg(test)]
mod tests;
