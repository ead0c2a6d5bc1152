//! What a query may cost. Budgets belong to the query: one that spends too much fails alone, and the process lives on.
//!
//! A thread for each engine, the [`Governor`], looks at the clocks of the statement that runs, and pulls its token or lets it rest:
//! SQLite's progress handler and every loop over what a host gives look at the token. While nothing runs the thread sleeps.

use crate::{Asker, Pace};
use plumb_host::Cancel;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

/// The most that a statement may use; `None` is without limit. CPU time is known on Linux only.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Budget {
    /// Time on the clock.
    pub time: Option<Duration>,
    /// CPU time of the thread that runs the statement.
    pub cpu: Option<Duration>,
    /// The part of a core that statements may use, 0–1: they are slowed down to it, not stopped. Those of a process that are slowed at the
    /// same time share it.
    pub cpu_share: Option<f64>,
    /// CPU time that a statement may use at full speed before it is slowed.
    pub burst: Duration,
    /// Bytes of rows kept for the statement.
    pub memory: Option<usize>,
    /// Rows of the result.
    pub rows: Option<u64>,
}

impl Budget {
    /// Whether somebody must look at clocks.
    const fn has_clocks(&self) -> bool {
        self.time.is_some() || self.cpu.is_some() || self.cpu_share.is_some()
    }
}

/// Why a statement was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spent {
    Time,
    Cpu,
}

/// What was spent, if anything.
pub(crate) fn spent(flag: &AtomicU8) -> Option<Spent> {
    match flag.load(Ordering::Relaxed) {
        0 => None,
        1 => Some(Spent::Time),
        _ => Some(Spent::Cpu),
    }
}

/// Statements of the process that are being slowed.
static SLOWED: AtomicUsize = AtomicUsize::new(0);

/// How often clocks are looked at.
const TICK: Duration = Duration::from_millis(50);

/// The same, of a statement that counts as short and runs beside others.
const SHORT_TICK: Duration = Duration::from_millis(10);

/// CPU time for which a statement of which nothing is known counts as short.
const SHORT: Duration = TICK;

/// What the statements of an engine have cost since it was opened, as of the last look at the clocks.
#[derive(Debug, Default)]
pub struct Progress {
    cpu_us: AtomicU64,
    rested_us: AtomicU64,
}

impl Progress {
    /// CPU time, which is known on Linux only.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        Duration::from_micros(self.cpu_us.load(Ordering::Relaxed))
    }

    /// How long they had to rest.
    #[must_use]
    pub fn rested(&self) -> Duration {
        Duration::from_micros(self.rested_us.load(Ordering::Relaxed))
    }

    fn add(to: &AtomicU64, time: Duration) {
        to.fetch_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// The thread goes to sleep when nothing has run for so many ticks.
const AWAKE: u32 = 40;

/// See the module.
pub(crate) struct Governor {
    budget: Budget,
    /// What all statements of the process share.
    pub(crate) pace: Option<Arc<Pace>>,
    /// Where others see what the statements cost.
    pub(crate) progress: Option<Arc<Progress>>,
    /// CPU time for which statements count as short.
    pub(crate) short: Duration,
    state: Arc<(Mutex<State>, Condvar)>,
    thread: Option<std::thread::JoinHandle<()>>,
    /// Of the thread that ran the last statement.
    clock: Option<(ThreadId, Arc<ThreadClock>)>,
}

#[derive(Default)]
struct State {
    watched: Option<Watched>,
    asleep: bool,
    over: bool,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Governor {
    /// For statements with a budget. Its thread begins with the first of them.
    pub(crate) fn new(budget: Budget) -> Self {
        let (state, thread, clock) = (Arc::default(), None, None);
        Self { budget, pace: None, progress: None, short: SHORT, state, thread, clock }
    }

    /// Watches a statement of this thread until the guard is dropped. Where others have used all that they share, it waits here.
    pub(crate) fn watch(&mut self, cancel: Cancel, spent: Arc<AtomicU8>) -> Option<Watching> {
        spent.store(0, Ordering::Relaxed);
        if !self.budget.has_clocks() && self.pace.is_none() && self.progress.is_none() {
            return None;
        }
        let this = std::thread::current().id();
        let clock = match self.clock.take() {
            Some((thread, clock)) if thread == this => clock,
            _ => Arc::new(ThreadClock::of_this_thread()),
        };
        self.clock = Some((this, Arc::clone(&clock)));
        let mut watched = Watched::new(self, clock, cancel.clone(), spent);
        let must_rest = watched.charge(Instant::now(), Duration::ZERO) > Duration::ZERO;
        watched.is_resting = must_rest;
        let mut state = lock(&self.state.0);
        state.watched = Some(watched);
        if state.asleep {
            self.state.1.notify_one();
        }
        drop(state);
        if self.thread.is_none() {
            let state = Arc::clone(&self.state);
            let body = move || govern(&state);
            self.thread = std::thread::Builder::new().name("budget".to_owned()).stack_size(64 * 1024).spawn(body).ok();
        }
        let watching = Watching(Arc::clone(&self.state));
        // The thread lets it go on.
        if must_rest && self.thread.is_some() {
            cancel.rest(true);
            // One that is cancelled meanwhile finds that out by itself.
            let _ = cancel.is_cancelled();
        }
        Some(watching)
    }
}

impl Drop for Governor {
    fn drop(&mut self) {
        lock(&self.state.0).over = true;
        self.state.1.notify_one();
        if let Some(thread) = self.thread.take() {
            // The thread ends by itself; a panic in it would have nothing to tell.
            let _ = thread.join();
        }
    }
}

/// Ends the watch.
pub(crate) struct Watching(Arc<(Mutex<State>, Condvar)>);

impl Drop for Watching {
    fn drop(&mut self) {
        lock(&self.0.0).watched = None;
    }
}

/// The life of the thread.
fn govern(shared: &(Mutex<State>, Condvar)) {
    let (state, changed) = shared;
    let mut state = lock(state);
    let mut idle = 0;
    while !state.over {
        let wait = match &mut state.watched {
            Some(watched) => {
                idle = 0;
                watched.look()
            }
            None => {
                idle += 1;
                TICK
            }
        };
        state = if idle < AWAKE {
            changed.wait_timeout(state, wait).map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state)
        } else {
            state.asleep = true;
            let mut woken = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            woken.asleep = false;
            woken
        };
    }
}

/// A statement that runs.
struct Watched {
    budget: Budget,
    started: Instant,
    clock: Arc<ThreadClock>,
    /// CPU time of the thread when the statement began.
    before: Duration,
    /// When the clocks were looked at last, and what the statement had used then.
    looked: (Instant, Duration),
    /// How long it must still rest.
    debt: Duration,
    is_slowed: bool,
    is_resting: bool,
    pace: Option<Arc<Pace>>,
    progress: Option<Arc<Progress>>,
    /// See [`Governor`].
    short: Duration,
    /// CPU time that others know of.
    charged: Duration,
    cancel: Cancel,
    spent: Arc<AtomicU8>,
}

impl Watched {
    fn new(governor: &Governor, clock: Arc<ThreadClock>, cancel: Cancel, spent: Arc<AtomicU8>) -> Self {
        let (now, before) = (Instant::now(), thread_cpu());
        let looked = (now, Duration::ZERO);
        let Governor { budget, short, .. } = *governor;
        let (pace, progress) = (governor.pace.clone(), governor.progress.clone());
        Self {
            budget,
            started: now,
            clock,
            before,
            looked,
            debt: Duration::ZERO,
            is_slowed: false,
            is_resting: false,
            pace,
            progress,
            short,
            charged: Duration::ZERO,
            cancel,
            spent,
        }
    }

    /// Looks at the clocks, stops the statement or lets it rest, and answers when to look again.
    fn look(&mut self) -> Duration {
        let now = Instant::now();
        let elapsed = now.saturating_duration_since(self.started);
        if self.budget.time.is_some_and(|limit| elapsed > limit) {
            return self.stop(Spent::Time);
        }
        let until_over =
            self.budget.time.map_or(TICK, |limit| limit.saturating_sub(elapsed) + Duration::from_millis(1));
        let wants_cpu = self.budget.cpu.is_some() || self.budget.cpu_share.is_some();
        if !wants_cpu && self.pace.is_none() && self.progress.is_none() {
            return until_over.min(TICK);
        }
        let used = self.clock.read().map_or(self.looked.1, |cpu| cpu.saturating_sub(self.before));
        if self.budget.cpu.is_some_and(|limit| used > limit) {
            return self.stop(Spent::Cpu);
        }
        let rest = self.charge(now, used).max(self.owes(now, used));
        self.note_rest(now);
        self.looked = (now, used);
        self.is_resting = !rest.is_zero();
        self.cancel.rest(self.is_resting);
        let again = match () {
            () if self.is_resting => rest,
            () if used < self.short && self.pace.is_some() => SHORT_TICK,
            () => TICK,
        };
        until_over.min(again).min(TICK)
    }

    /// Tells the others what the statement has used so far; answers how long all of them must rest.
    fn charge(&mut self, now: Instant, used: Duration) -> Duration {
        let more = used.saturating_sub(self.charged);
        self.charged = used.max(self.charged);
        if let Some(progress) = &self.progress {
            Progress::add(&progress.cpu_us, more);
        }
        let Some(pace) = &self.pace else { return Duration::ZERO };
        pace.used(more, now, if used < self.short { Asker::Short } else { Asker::Long })
    }

    /// Tells how long the statement has rested since the last look, if it did.
    fn note_rest(&self, now: Instant) {
        if let Some(progress) = self.progress.as_ref().filter(|_| self.is_resting) {
            Progress::add(&progress.rested_us, now.saturating_duration_since(self.looked.0));
        }
    }

    /// How long the statement must rest for a share of its own.
    fn owes(&mut self, now: Instant, used: Duration) -> Duration {
        let Some(share) = self.budget.cpu_share.filter(|share| *share > 0.0) else { return Duration::ZERO };
        let over = used.saturating_sub(self.budget.burst.max(self.looked.1));
        if !over.is_zero() && !self.is_slowed {
            self.is_slowed = true;
            SLOWED.fetch_add(1, Ordering::Relaxed);
        }
        let share = share / SLOWED.load(Ordering::Relaxed).max(1) as f64;
        let passed = now.saturating_duration_since(self.looked.0);
        self.debt = (self.debt + over.div_f64(share)).saturating_sub(passed);
        self.debt
    }

    fn stop(&self, why: Spent) -> Duration {
        self.spent.store(why as u8 + 1, Ordering::Relaxed);
        self.cancel.cancel();
        TICK
    }
}

impl Drop for Watched {
    /// On the statement's own thread.
    fn drop(&mut self) {
        self.cancel.rest(false);
        let now = Instant::now();
        self.charge(now, thread_cpu().saturating_sub(self.before));
        self.note_rest(now);
        if self.is_slowed {
            SLOWED.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// The CPU clock of a thread, readable from others: the first number of its `schedstat`, nanoseconds on a CPU
/// (<https://docs.kernel.org/scheduler/sched-stats.html>).
struct ThreadClock {
    #[cfg(target_os = "linux")]
    file: Option<std::os::fd::OwnedFd>,
}

#[cfg(target_os = "linux")]
impl ThreadClock {
    fn of_this_thread() -> Self {
        use rustix::fs::{Mode, OFlags, open};
        let path = format!("/proc/self/task/{}/schedstat", rustix::thread::gettid().as_raw_nonzero());
        Self { file: open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok() }
    }

    fn read(&self) -> Option<Duration> {
        let mut text = [0; 64];
        let length = rustix::io::pread(self.file.as_ref()?, &mut text, 0).ok()?;
        let text = std::str::from_utf8(text.get(..length)?).ok()?;
        text.split_ascii_whitespace().next()?.parse().ok().map(Duration::from_nanos)
    }
}

#[cfg(not(target_os = "linux"))]
impl ThreadClock {
    fn of_this_thread() -> Self {
        Self {}
    }

    fn read(&self) -> Option<Duration> {
        None
    }
}

/// CPU time that this thread has used.
fn thread_cpu() -> Duration {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        let secs = u64::try_from(time.tv_sec).unwrap_or(0);
        Duration::new(secs, u32::try_from(time.tv_nsec).unwrap_or(0))
    }
    #[cfg(not(unix))]
    {
        Duration::ZERO
    }
}
