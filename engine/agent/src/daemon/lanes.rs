//! Threads that run queries. One is enough while queries are short; a query that takes long gets a lane to itself, and
//! the others go on in another. Where many take long of which nobody knew it, they give way and are asked again when the others have run.

use super::job::{Failure, Habit, Job, Outcome, SHORT};
use super::{Heard, Shared};
use crate::glog::Severity;
use crate::here;
use crate::schedule::performance::Cost;
use plumb_host::Cancel;
use plumb_sql::{Engine, Progress, SqlError};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Makes an engine for the configuration that is at work.
pub(super) type Make = Arc<dyn Fn() -> Result<Engine, SqlError> + Send + Sync>;

/// How long the others wait for a query before they go on in another lane.
const PATIENCE: Duration = Duration::from_millis(50);

/// How long a query runs at least that is stopped to make room for others. It must have used CPU time too: that others do not let it run, on a busy
/// machine or because it has to rest, is not its fault.
const TURN: Duration = Duration::from_millis(100);

/// Time without rests after which it is stopped although it has used none: it waits for something.
const LONGEST_TURN: Duration = Duration::from_secs(5);

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
    busy: Option<Busy>,
    /// Stops what runs.
    cancel: Arc<Mutex<Option<Cancel>>>,
    progress: Arc<Progress>,
    thread: JoinHandle<()>,
}

/// What a lane does.
struct Busy {
    job: Job,
    since: Instant,
    /// What its lane had used and rested then.
    before: (Duration, Duration),
    progress: Arc<Progress>,
    /// It was stopped to make room for others, and will be asked again.
    aside: bool,
}

impl Busy {
    /// Whether it has shown by now that it takes long.
    fn is_slow(&self) -> bool {
        let cpu = self.progress.cpu().saturating_sub(self.before.0);
        let rested = self.progress.rested().saturating_sub(self.before.1);
        let elapsed = self.since.elapsed();
        let has_worked = cpu >= SHORT.max(self.job.short) && elapsed >= TURN;
        self.job.habit == Habit::Slow || has_worked || elapsed.saturating_sub(rested) >= LONGEST_TURN
    }

    /// How much longer it may be waited for; `None` where it is known that its lane will not soon be free.
    fn patience(&self) -> Option<Duration> {
        let left = PATIENCE.saturating_sub(self.since.elapsed());
        (self.job.habit != Habit::Slow && !left.is_zero()).then_some(left)
    }
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
        self.waiting.iter().any(|job| job.name == name) || self.busy().any(|busy| busy.job.name == name)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.lanes.iter().all(|lane| lane.busy.is_none())
    }

    fn busy(&self) -> impl Iterator<Item = &Busy> {
        self.lanes.iter().filter_map(|lane| lane.busy.as_ref())
    }

    /// Puts a query behind those that wait.
    pub(super) fn push(&mut self, job: Job) {
        self.waiting.push_back(job);
    }

    /// Gives waiting queries to lanes. Answers how long they may still wait before another lane opens.
    pub(super) fn pump(&mut self) -> Option<Duration> {
        let mut wait = None;
        let mut waiting = Vec::from(std::mem::take(&mut self.waiting));
        // Those that hold up nobody first; of those that do, those that will not come again if they are over their budget.
        waiting.sort_by_key(|job| (job.habit, !job.is_on_trial));
        for job in waiting {
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
            let (progress, since) = (Arc::clone(&lane.progress), Instant::now());
            let before = (progress.cpu(), progress.rested());
            lane.busy = Some(Busy { job: job.clone(), since, before, progress, aside: false });
            // A lane ends only when its sender is dropped: it listens.
            let _ = lane.work.send(Work { job, make: Arc::clone(&self.make), generation: self.generation });
        }
    }

    /// A lane for a query; if there is none, how long until one may open. There are twice as many lanes as slow queries get, and one more for
    /// those that are known to be quick: however many slow ones there are, they do not hold up the others.
    fn place(&mut self, job: &Job) -> Result<usize, Option<Duration>> {
        if job.habit == Habit::Slow && self.slow() >= self.most {
            return Err(None);
        }
        let (twice, is_quick) = (self.most.saturating_mul(2), |habit| habit == Habit::Quick);
        if !is_quick(job.habit) && self.busy().filter(|busy| !is_quick(busy.job.habit)).count() >= twice {
            self.put_aside();
            return Err(Some(PATIENCE));
        }
        if let Some(idle) = self.lanes.iter().position(|lane| lane.busy.is_none()) {
            return Ok(idle);
        }
        // While one is young, its lane may soon be free.
        if let Some(wait) = self.busy().filter_map(Busy::patience).max() {
            return Err(Some(wait));
        }
        if self.lanes.len() > twice {
            self.put_aside();
            return Err(Some(PATIENCE));
        }
        self.open().ok_or(Some(PATIENCE))
    }

    /// How many slow queries run that are not about to end.
    fn slow(&self) -> usize {
        self.busy().filter(|busy| busy.is_slow() && !busy.aside).count()
    }

    /// Nobody knew that so many queries are slow, and now they have all lanes. Of those that have shown it, the one that has run for longest gives
    /// way, and waits for a lane of the slow ones; first one that comes again whatever it costs.
    fn put_aside(&mut self) {
        let is_too_many = self.slow() > self.most;
        let has_shown_it = |busy: &Busy| busy.job.habit != Habit::Slow && !busy.aside && busy.is_slow();
        let may_go = |lane: &&mut Lane| lane.busy.as_ref().is_some_and(has_shown_it);
        let order = |lane: &&mut Lane| lane.busy.as_ref().map(|busy| (busy.job.is_on_trial, busy.since));
        let chosen = self.lanes.iter_mut().filter(may_go).min_by_key(order);
        if let Some(busy) = chosen.filter(|_| is_too_many).and_then(|lane| lane.busy.as_mut()) {
            busy.aside = true;
        }
        // Again those that did not hear of it, because they had not begun.
        self.lanes.iter().filter(|lane| lane.busy.as_ref().is_some_and(|busy| busy.aside)).for_each(Lane::stop);
    }

    fn open(&mut self) -> Option<usize> {
        let (work, works) = mpsc::channel();
        let (cancel, progress) = (Arc::default(), Arc::default());
        let place = self.lanes.len();
        let body = {
            let (shared, done) = (Arc::clone(&self.shared), self.done.clone());
            let (cancel, progress) = (Arc::clone(&cancel), Arc::clone(&progress));
            move || serve(place, &works, &done, &shared, &cancel, &progress)
        };
        match std::thread::Builder::new().name(format!("queries {place}")).spawn(body) {
            Ok(thread) => self.lanes.push(Lane { work, busy: None, cancel, progress, thread }),
            Err(error) => {
                self.shared.hub.say(Severity::Error, here!(), &format!("no thread for queries: {error}"));
                return None;
            }
        }
        Some(place)
    }

    /// A lane has finished; answers how its query went, unless that is to be asked again. Lanes that nobody needs any more end.
    pub(super) fn finished(&mut self, mut done: Done) -> Option<Outcome> {
        let busy = self.lanes.get_mut(done.lane).and_then(|lane| lane.busy.take());
        let was_stopped = matches!(&done.outcome.result, Err(Failure::Sql(SqlError::Sql { .. })));
        if let Some(Busy { mut job, before, progress, aside, .. }) = busy {
            done.outcome.rested = progress.rested().saturating_sub(before.1);
            if aside && was_stopped {
                (job.habit, job.short) = (Habit::Slow, Duration::ZERO);
                self.waiting.push_back(job);
                return None;
            }
        }
        if self.waiting.is_empty() {
            while self.lanes.len() > 1 && self.lanes.last().is_some_and(|lane| lane.busy.is_none()) {
                self.lanes.pop();
            }
        }
        Some(done.outcome)
    }

    /// Stops what runs and forgets what waits.
    pub(super) fn stop(&mut self) {
        self.waiting.clear();
        self.lanes.iter().filter(|lane| lane.busy.is_some()).for_each(Lane::stop);
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

impl Lane {
    /// Stops what runs.
    fn stop(&self) {
        if let Some(cancel) = &*self.cancel.lock().unwrap_or_else(PoisonError::into_inner) {
            cancel.cancel();
        }
    }
}

/// The life of a lane.
fn serve(
    place: usize,
    works: &Receiver<Work>,
    done: &Sender<Heard>,
    shared: &Shared,
    cancel: &Mutex<Option<Cancel>>,
    progress: &Arc<Progress>,
) {
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
                    made.observe(Arc::clone(progress));
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
    let (name, rested) = (job.name.clone(), Duration::ZERO);
    Outcome { name, cost, usage: None, rested, logged: false, result: Err(Failure::Sql(error)) }
}

/// Runs a query, with its name where it is found if the process dies in it; none if it panicked.
fn run(place: usize, job: &Job, engine: &mut Engine, shared: &Shared) -> Option<Outcome> {
    if let Err(error) = shared.running.begin(place, &job.name) {
        shared.hub.say(Severity::Warning, here!(), &format!("cannot note that {} runs: {error}", job.name));
    }
    engine.expect(job.short);
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
