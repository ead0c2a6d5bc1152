//! What a query may cost. Budgets belong to the query: one that spends too much fails alone, and the process lives on.

use plumb_host::Cancel;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The most that a statement may use; `None` is without limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Budget {
    /// Time on the clock.
    pub time: Option<Duration>,
    /// CPU time of the thread that runs the statement.
    pub cpu: Option<Duration>,
    /// The part of a core that the statement may use, 0–1: it is slowed down to it, not stopped.
    pub cpu_share: Option<f64>,
    /// CPU time that a statement may use at full speed before it is slowed.
    pub burst: Duration,
    /// Bytes of rows kept for the statement.
    pub memory: Option<usize>,
    /// Rows of the result.
    pub rows: Option<u64>,
}

/// Why a statement was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spent {
    Time,
    Cpu,
}

/// Watches a statement from SQLite's progress handler, and from a thread for the time when SQLite does not run.
pub(crate) struct Watch {
    budget: Budget,
    started: Instant,
    cpu: Duration,
    cancel: Cancel,
    spent: Arc<AtomicU8>,
}

/// Slices in which a slowed statement rests: short enough to notice a cancellation.
const REST: Duration = Duration::from_millis(10);

impl Watch {
    pub(crate) fn new(budget: Budget, cancel: Cancel, spent: Arc<AtomicU8>) -> Self {
        spent.store(0, Ordering::Relaxed);
        Self { budget, started: Instant::now(), cpu: thread_cpu(), cancel, spent }
    }

    /// Looks at the clocks; stops the statement when it has spent its budget and rests when it is over its share.
    /// Answers whether the statement should stop.
    pub(crate) fn look(&self) -> bool {
        if self.cancel.is_cancelled() {
            return true;
        }
        let elapsed = self.started.elapsed();
        if self.budget.time.is_some_and(|limit| elapsed > limit) {
            self.stop(Spent::Time);
            return true;
        }
        if self.budget.cpu.is_none() && self.budget.cpu_share.is_none() {
            return false;
        }
        let used = thread_cpu().saturating_sub(self.cpu);
        if self.budget.cpu.is_some_and(|limit| used > limit) {
            self.stop(Spent::Cpu);
            return true;
        }
        self.rest(used);
        self.cancel.is_cancelled()
    }

    fn rest(&self, used: Duration) {
        let Some(share) = self.budget.cpu_share.filter(|share| *share > 0.0) else { return };
        let earned = used.saturating_sub(self.budget.burst).div_f64(share);
        while !self.cancel.is_cancelled() {
            let ahead = earned.saturating_sub(self.started.elapsed());
            if ahead.is_zero() || self.budget.time.is_some_and(|limit| self.started.elapsed() > limit) {
                return;
            }
            std::thread::park_timeout(ahead.min(REST));
        }
    }

    fn stop(&self, why: Spent) {
        self.spent.store(why as u8 + 1, Ordering::Relaxed);
        self.cancel.cancel();
    }
}

/// What was spent, if anything.
pub(crate) fn spent(flag: &AtomicU8) -> Option<Spent> {
    match flag.load(Ordering::Relaxed) {
        0 => None,
        1 => Some(Spent::Time),
        _ => Some(Spent::Cpu),
    }
}

/// Pulls a token when the time is over, for work that does not come back to SQLite (a walk that finds nothing). Ends
/// when dropped.
pub(crate) struct Alarm {
    state: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Alarm {
    pub(crate) fn new(limit: Duration, cancel: Cancel, spent: Arc<AtomicU8>) -> Self {
        let state = Arc::new((Mutex::new(false), Condvar::new()));
        let shared = Arc::clone(&state);
        let wait = move || {
            let (done, changed) = &*shared;
            let done = done.lock().unwrap_or_else(PoisonError::into_inner);
            let waited = changed.wait_timeout_while(done, limit, |done| !*done);
            let (done, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if !*done {
                spent.store(Spent::Time as u8 + 1, Ordering::Relaxed);
                cancel.cancel();
            }
        };
        let thread = std::thread::Builder::new().name("budget".to_owned()).spawn(wait).ok();
        Self { state, thread }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let (done, changed) = &*self.state;
        *done.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // The thread ends by itself; a panic in it would have nothing to tell.
            let _ = thread.join();
        }
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
