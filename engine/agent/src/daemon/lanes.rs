//! Threads that run queries. One is enough while queries are short; a query that takes long gets a lane to itself, and
//! the others go on in another.

use super::job::{Failure, Job, Outcome};
use super::{Heard, Shared};
use crate::glog::Severity;
use crate::here;
use crate::schedule::performance::Cost;
use plumb_host::Cancel;
use plumb_sql::{Engine, SqlError};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Makes an engine for the configuration that is at work.
pub(super) type Make = Arc<dyn Fn() -> Result<Engine, SqlError> + Send + Sync>;

/// How long a query may hold up the others.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// See the module.
pub(super) struct Lanes {
    shared: Arc<Shared>,
    make: Make,
    /// Grows when engines must be made anew.
    pub(super) generation: u64,
    lanes: Vec<Lane>,
    most: usize,
    waiting: VecDeque<Job>,
    done: Sender<Heard>,
}

/// A lane has finished.
pub(super) struct Done {
    lane: usize,
    pub(super) outcome: Outcome,
}

struct Lane {
    work: Sender<Work>,
    busy: Option<(String, Instant)>,
    /// Stops what runs.
    cancel: Arc<Mutex<Option<Cancel>>>,
    thread: JoinHandle<()>,
}

struct Work {
    job: Job,
    make: Make,
    generation: u64,
}

impl Lanes {
    /// At most so many lanes for slow queries; what they have done they say to `done`.
    pub(super) fn new(shared: Arc<Shared>, make: Make, most: usize, done: Sender<Heard>) -> Self {
        let (lanes, waiting) = (Vec::new(), VecDeque::new());
        Self { shared, make, generation: 0, lanes, most: most.max(1), waiting, done }
    }

    /// Lets every lane make a new engine before its next query.
    pub(super) fn renew(&mut self, make: Make, most: usize) {
        (self.make, self.most) = (make, most.max(1));
        self.generation += 1;
    }

    /// Lets every lane make its engine anew before its next query.
    pub(super) fn forget_engines(&mut self) {
        self.generation += 1;
    }

    /// An engine for another thread.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub(super) fn engine(&self) -> Result<Engine, SqlError> {
        (self.make)()
    }

    /// Whether a query runs or waits to.
    pub(super) fn has(&self, name: &str) -> bool {
        self.waiting.iter().any(|job| job.name == name)
            || self.lanes.iter().any(|lane| lane.busy.as_ref().is_some_and(|(busy, _)| busy == name))
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.lanes.iter().all(|lane| lane.busy.is_none())
    }

    /// Puts a query behind those that wait.
    pub(super) fn push(&mut self, job: Job) {
        self.waiting.push_back(job);
    }

    /// Gives waiting queries to lanes. Answers how long they may still wait before another lane opens.
    pub(super) fn pump(&mut self) -> Option<Duration> {
        let mut wait = None;
        for job in std::mem::take(&mut self.waiting) {
            match self.place(&job) {
                Ok(place) => self.begin(place, job),
                Err(more) => {
                    wait = wait.into_iter().chain(more).min();
                    self.waiting.push_back(job);
                }
            }
        }
        wait
    }

    fn begin(&mut self, place: usize, job: Job) {
        if let Some(lane) = self.lanes.get_mut(place) {
            lane.busy = Some((job.name.clone(), Instant::now()));
            // A lane ends only when its sender is dropped: it listens.
            let _ = lane.work.send(Work { job, make: Arc::clone(&self.make), generation: self.generation });
        }
    }

    /// A lane for a query; if there is none, how long until one may open. Queries that have not been slow may have twice as many: however many slow
    /// ones there are, they do not hold up the others.
    fn place(&mut self, job: &Job) -> Result<usize, Option<Duration>> {
        if let Some(idle) = self.lanes.iter().position(|lane| lane.busy.is_none()) {
            return Ok(idle);
        }
        let most = if job.was_slow { self.most } else { self.most.saturating_mul(2) };
        if self.lanes.len() >= most {
            return Err(None);
        }
        // The youngest query decides: while one is young, its lane may soon be free.
        let youngest = self.lanes.iter().filter_map(|lane| lane.busy.as_ref()).map(|(_, since)| since.elapsed()).min();
        match youngest.and_then(|since| PATIENCE.checked_sub(since)).filter(|wait| !wait.is_zero()) {
            Some(wait) => Err(Some(wait)),
            None => self.open().ok_or(Some(PATIENCE)),
        }
    }

    fn open(&mut self) -> Option<usize> {
        let (work, works) = mpsc::channel();
        let cancel = Arc::default();
        let place = self.lanes.len();
        let body = {
            let (shared, done, cancel) = (Arc::clone(&self.shared), self.done.clone(), Arc::clone(&cancel));
            move || serve(place, &works, &done, &shared, &cancel)
        };
        match std::thread::Builder::new().name(format!("queries {place}")).spawn(body) {
            Ok(thread) => self.lanes.push(Lane { work, busy: None, cancel, thread }),
            Err(error) => {
                self.shared.hub.say(Severity::Error, here!(), &format!("no thread for queries: {error}"));
                return None;
            }
        }
        Some(place)
    }

    /// A lane has finished. Lanes that nobody needs any more end.
    pub(super) fn finished(&mut self, done: &Done) {
        if let Some(lane) = self.lanes.get_mut(done.lane) {
            lane.busy = None;
        }
        if self.waiting.is_empty() {
            while self.lanes.len() > 1 && self.lanes.last().is_some_and(|lane| lane.busy.is_none()) {
                self.lanes.pop();
            }
        }
    }

    /// Stops what runs and forgets what waits.
    pub(super) fn stop(&mut self) {
        self.waiting.clear();
        for lane in self.lanes.iter().filter(|lane| lane.busy.is_some()) {
            if let Some(cancel) = &*lane.cancel.lock().unwrap_or_else(PoisonError::into_inner) {
                cancel.cancel();
            }
        }
    }

    /// Waits for the threads, which must have been stopped.
    pub(super) fn join(self) {
        for Lane { work, thread, .. } in self.lanes {
            drop(work);
            // A panic was told when it happened.
            let _ = thread.join();
        }
    }
}

/// The life of a lane.
fn serve(place: usize, works: &Receiver<Work>, done: &Sender<Heard>, shared: &Shared, cancel: &Mutex<Option<Cancel>>) {
    let mut engine: Option<(u64, Engine)> = None;
    while let Ok(Work { job, make, generation }) = works.recv() {
        if engine.as_ref().is_none_or(|(made, _)| *made != generation) {
            engine = None;
        }
        let outcome = match &mut engine {
            Some((_, engine)) => run(place, &job, engine, shared),
            None => match make() {
                Ok(mut made) => {
                    if let Some(pace) = &shared.pace {
                        made.share(Arc::clone(pace));
                    }
                    *cancel.lock().unwrap_or_else(PoisonError::into_inner) = Some(made.cancel());
                    run(place, &job, &mut engine.insert((generation, made)).1, shared)
                }
                Err(error) => Some(failed(&job, shared, error)),
            },
        };
        let outcome = outcome.unwrap_or_else(|| {
            // The engine may be in any state: the next query gets another.
            engine = None;
            failed(&job, shared, SqlError::new(1, "the agent panicked in it"))
        });
        if done.send(Heard::Done(Box::new(Done { lane: place, outcome }))).is_err() {
            return;
        }
    }
}

fn failed(job: &Job, shared: &Shared, error: SqlError) -> Outcome {
    let cost = Cost { at: (shared.clock)(), ..Cost::default() };
    Outcome { name: job.name.clone(), cost, usage: None, logged: false, result: Err(Failure::Sql(error)) }
}

/// Runs a query, with its name where it is found if the process dies in it; none if it panicked.
fn run(place: usize, job: &Job, engine: &mut Engine, shared: &Shared) -> Option<Outcome> {
    if let Err(error) = shared.running.begin(place, &job.name) {
        shared.hub.say(Severity::Warning, here!(), &format!("cannot note that {} runs: {error}", job.name));
    }
    let outcome = catch_unwind(AssertUnwindSafe(|| job.run(engine, shared))).ok();
    for warning in engine.take_warnings() {
        shared.hub.say(Severity::Warning, here!(), &warning);
    }
    for denial in engine.take_denials() {
        shared.hub.say(Severity::Error, here!(), &denial);
    }
    // Notes are for people who look on.
    drop(engine.take_notes());
    if !shared.exceeded.load(Ordering::Relaxed) {
        // What could not be begun cannot be ended either, and was told.
        let _ = shared.running.end(place);
    }
    outcome
}
