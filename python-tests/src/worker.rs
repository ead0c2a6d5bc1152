//! Connections: each is a thread that runs one statement after the other.
//!
//! A thread of Python has a connection for itself, so that what it makes (views, tables) is there for its next statement; all
//! connections read one host. A worker never touches Python.

use crate::error::Trouble;
use plumb_host::{Cancel, Host};
use plumb_schema::{Note, Registry, Unattended};
use plumb_sql::{Budget, Engine, Settings};
use pyo3::prelude::*;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

/// How often a thread that waits looks whether there was a signal.
pub(crate) const LOOK: Duration = Duration::from_millis(50);

/// Statements may nest as deeply as SQLite lets them.
const STACK: usize = 8 << 20;

/// Connections that are kept for the threads that used them last.
const KEPT: usize = 64;

type Job = Box<dyn FnOnce(&mut Engine) + Send>;

/// A connection and its thread, which ends when this is dropped and its work is done.
pub(crate) struct Worker {
    number: u64,
    jobs: Sender<Job>,
    cancel: Cancel,
}

impl Worker {
    fn open(number: u64, settings: Settings) -> Result<Self, Trouble> {
        let (jobs, work) = channel::<Job>();
        let (opened, answer) = channel();
        let body = move || match Engine::open(settings) {
            Ok(mut engine) => {
                let _ = opened.send(Ok(engine.cancel()));
                while let Ok(job) = work.recv() {
                    job(&mut engine);
                }
            }
            Err(error) => drop(opened.send(Err(Trouble::new(error.to_string())))),
        };
        let thread = std::thread::Builder::new().name("plumb".to_owned()).stack_size(STACK).spawn(body);
        thread.map_err(|error| Trouble::new(format!("no thread for a connection: {error}")))?;
        let cancel = answer.recv().map_err(|_| ended())??;
        Ok(Self { number, jobs, cancel })
    }

    /// Begins to work; what comes of it is sent.
    fn start(&self, job: impl FnOnce(&mut Engine) + Send + 'static) -> Result<(), Trouble> {
        self.jobs.send(Box::new(job)).map_err(|_| ended())
    }
}

/// What there is to say of a connection whose thread is gone.
pub(crate) fn ended() -> Trouble {
    Trouble::new("the connection ended unexpectedly: this is a bug of Plumb's")
}

/// What a statement said beside its rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) notes: Vec<Note>,
    pub(crate) count: u64,
    pub(crate) warnings: Vec<String>,
}

impl Said {
    /// Runs statements, and hears what they say.
    pub(crate) fn hear<T>(engine: &mut Engine, work: impl FnOnce(&mut Engine) -> T) -> (T, Self) {
        let before = engine.note_count();
        let result = work(engine);
        let count = engine.note_count() - before;
        let said = Self { notes: engine.take_notes(), count, warnings: engine.take_warnings() };
        let denied = engine.take_denials();
        (result, Self { warnings: [said.warnings, denied].concat(), ..said })
    }
}

/// The connections over a host.
pub(crate) struct Pool {
    host: Arc<dyn Host>,
    budget: Budget,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    closed: bool,
    /// The process: a fork has the numbers of the threads, and not the threads.
    process: u32,
    /// Connections that were opened.
    opened: u64,
    /// Those that are lent.
    lent: Vec<(u64, Cancel)>,
    /// The last one used stands last.
    seats: Vec<Seat>,
}

/// What a thread of Python has.
struct Seat {
    thread: ThreadId,
    /// None while it works.
    worker: Option<Worker>,
    said: Arc<Said>,
}

impl Pool {
    pub(crate) fn new(host: Arc<dyn Host>, budget: Budget) -> Self {
        Self { host, budget, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let process = std::process::id();
        if state.process != process {
            // Threads of the parent cannot be joined or told anything: they are not here.
            std::mem::forget(std::mem::take(&mut state.seats));
            state.lent.clear();
            state.process = process;
        }
        state
    }

    /// Takes the connection of this thread; another one if that is at work.
    pub(crate) fn take(self: &Arc<Self>) -> Result<Lent, Trouble> {
        let thread = std::thread::current().id();
        let mut state = self.state();
        if state.closed {
            return Err(Trouble::new("the engine is closed"));
        }
        let seat = state.seats.iter_mut().find(|seat| seat.thread == thread);
        let worker = seat.and_then(|seat| seat.worker.take());
        state.opened += 1;
        let number = state.opened;
        drop(state);
        let worker = match worker {
            Some(worker) => worker,
            None => {
                let registry = registry();
                let agent = Arc::new(Unattended(registry.clone()));
                let host = Arc::clone(&self.host);
                Worker::open(number, Settings { registry, host, agent, budget: self.budget, planner: false })?
            }
        };
        self.state().lent.push((worker.number, worker.cancel.clone()));
        Ok(Lent { pool: Arc::clone(self), thread, worker: Some(worker) })
    }

    /// Notes of the last statement of this thread.
    pub(crate) fn said(&self) -> Arc<Said> {
        let thread = std::thread::current().id();
        let state = self.state();
        state.seats.iter().find(|seat| seat.thread == thread).map(|seat| Arc::clone(&seat.said)).unwrap_or_default()
    }

    /// Stops what runs.
    pub(crate) fn cancel(&self) {
        self.state().lent.iter().for_each(|(_, cancel)| cancel.cancel());
    }

    /// Ends all connections that do not work, and lends none any more.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.seats.clear();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state().closed
    }
}

/// All tables; the list is made when it is needed first.
pub(crate) fn registry() -> Registry {
    plumb_tables::registry()
}

/// A connection that somebody works with.
pub(crate) struct Lent {
    pool: Arc<Pool>,
    thread: ThreadId,
    worker: Option<Worker>,
}

impl Lent {
    /// Does something with the engine, and waits for it.
    pub(crate) fn ask<T: Send + 'static>(
        self,
        py: Python<'_>,
        job: impl FnOnce(&mut Engine) -> T + Send + 'static,
    ) -> PyResult<T> {
        let started = Running::start(self, 1, move |engine, answer| drop(answer.send(job(engine))));
        let running = started.map_err(|trouble| trouble.raise(py))?;
        let answer = running.next(py)?;
        running.finish(None);
        Ok(answer)
    }

    /// Returns the connection, which must have nothing to do any more, and what it said.
    pub(crate) fn give_back(mut self, said: Option<Said>) {
        let Some(worker) = self.worker.take() else { return };
        let mut state = self.pool.state();
        state.lent.retain(|(number, _)| *number != worker.number);
        if state.closed {
            return;
        }
        let place = state.seats.iter().position(|seat| seat.thread == self.thread);
        let mut seat = match place {
            Some(place) => state.seats.remove(place),
            None => Seat { thread: self.thread, worker: None, said: Arc::default() },
        };
        // Another one may have been opened meanwhile: the older one has what the thread has made.
        let older = seat.worker.take().filter(|other| other.number < worker.number);
        seat.worker = Some(older.unwrap_or(worker));
        if let Some(said) = said {
            seat.said = Arc::new(said);
        }
        state.seats.push(seat);
        if state.seats.len() > KEPT {
            state.seats.remove(0);
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // One that is of no use any more.
        if let Some(worker) = self.worker.take() {
            self.pool.state().lent.retain(|(number, _)| *number != worker.number);
        }
    }
}

/// Work of a connection, and what it sends. Dropped before its end, the work is stopped.
pub(crate) struct Running<T: Send + 'static> {
    inbox: Mutex<Receiver<T>>,
    lent: Option<Lent>,
}

impl<T: Send + 'static> Running<T> {
    /// Begins; not more than `ahead` messages wait for their reader.
    pub(crate) fn start(
        lent: Lent,
        ahead: usize,
        job: impl FnOnce(&mut Engine, &SyncSender<T>) + Send + 'static,
    ) -> Result<Self, Trouble> {
        let (sender, inbox) = sync_channel(ahead);
        lent.worker.as_ref().ok_or_else(ended)?.start(move |engine| job(engine, &sender))?;
        Ok(Self { inbox: Mutex::new(inbox), lent: Some(lent) })
    }

    /// The next message, if it comes within `LOOK`.
    pub(crate) fn wait(&self) -> Result<T, RecvTimeoutError> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(LOOK)
    }

    /// The next message, for which this thread waits without the GIL. Signals are heard: if a handler raises, so does this.
    pub(crate) fn next(&self, py: Python<'_>) -> PyResult<T> {
        loop {
            match py.detach(|| self.wait()) {
                Ok(message) => return Ok(message),
                Err(RecvTimeoutError::Disconnected) => return Err(ended().raise(py)),
                Err(RecvTimeoutError::Timeout) => py.check_signals()?,
            }
        }
    }

    /// The work is done: its connection can be used again.
    pub(crate) fn finish(mut self, said: Option<Said>) {
        if let Some(lent) = self.lent.take() {
            lent.give_back(said);
        }
    }

    /// Stops the work and waits for its end. A statement that has not begun yet does not hear that it is cancelled, so it is told
    /// again.
    fn stop(&mut self) {
        let Some(lent) = self.lent.take() else { return };
        loop {
            if let Some(worker) = &lent.worker {
                worker.cancel.cancel();
            }
            if matches!(self.wait(), Err(RecvTimeoutError::Disconnected)) {
                break;
            }
        }
        lent.give_back(None);
    }
}

impl<T: Send + 'static> Drop for Running<T> {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Does something in a thread of its own, and waits for it without the GIL. Signals are heard; what was begun then ends by itself.
pub(crate) fn beside<T: Send + 'static>(py: Python<'_>, work: impl FnOnce() -> T + Send + 'static) -> PyResult<T> {
    let (sender, inbox) = sync_channel(1);
    let builder = std::thread::Builder::new().name("plumb".to_owned()).stack_size(STACK);
    builder.spawn(move || drop(sender.send(work())))?;
    Running { inbox: Mutex::new(inbox), lent: None }.next(py)
}
