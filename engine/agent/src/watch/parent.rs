//! The parent: starts the worker, looks after it, and ends with it.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "starts the worker, by the clock")]

use super::post::Post;
use super::worker::to_send;
use super::{Action, Ending, Guard, Limits, Sampler, VARIABLE};
use crate::flags::Flags;
use crate::glog::{Place, Say, Severity};
use crate::here;
use crate::logger::status::Status;
use crate::process::{Notifier, Signal, State, yield_to_others};
use rustix::process::{Pid, kill_process};
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Where all of it is said that goes to the worker's loggers.
pub(super) const FILE: &str = file!();

/// What worker processes are called in lists of processes.
const NAME: &str = "osqueryd";

/// What a worker is.
#[derive(Debug)]
pub struct Program {
    command: Command,
    words: Vec<OsString>,
}

impl Program {
    /// This very program, which gets the command line of this process as [`super::Worker::words`].
    ///
    /// # Errors
    /// When it cannot be found.
    pub fn this() -> io::Result<Self> {
        let mut command = crate::process::this_program()?;
        command.arg0(NAME);
        Ok(Self::new(command, std::env::args_os().skip(1).collect()))
    }

    /// Any program.
    #[must_use]
    pub const fn new(command: Command, words: Vec<OsString>) -> Self {
        Self { command, words }
    }

    /// A worker, and the line to it, which does not block. That stays open as the sign of life of this process.
    fn start(&mut self) -> io::Result<(Running, UnixStream)> {
        let (mut line, theirs) = UnixStream::pair()?;
        self.command.env(VARIABLE, std::process::id().to_string()).env_remove(crate::process::BACKGROUND);
        let spawned = self.command.stdin(Stdio::from(OwnedFd::from(theirs))).spawn();
        // The command holds the other end as long as it may start another.
        self.command.stdin(Stdio::null());
        let child = spawned?;
        let sampler = Sampler::of(child.id());
        // One that ended before it read this is found out soon enough.
        let _ = line.write_all(&to_send(&self.words));
        line.set_nonblocking(true)?;
        Ok((Running { child, sampler }, line))
    }
}

/// A worker that has not been seen to end.
struct Running {
    child: Child,
    sampler: Option<Sampler>,
}

impl Running {
    fn send(&self, signal: rustix::process::Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // It has not been reaped, so the number is still its own.
            let _ = kill_process(pid, signal);
        }
    }
}

/// Starts workers and watches over them until the daemon ends; answers its exit code. `signals` gives what
/// [`crate::process::listen`] hears of [`Signal::WATCHER`].
pub fn run(flags: &Flags, program: Program, signals: &Receiver<Signal>, notifier: &Notifier, say: Say<'_>) -> i32 {
    if let Err(error) = yield_to_others() {
        say(Severity::Warning, here!(), &format!("Cannot lower the priority: {error}"));
    }
    let debug = flags.bool("enable_watchdog_debug");
    let guard = Guard::new(Limits::of(flags));
    let (clock, post) = (Instant::now(), Post::default());
    Parent { program, guard, worker: None, clock, notifier, stderr: say, post, debug }.run(signals)
}

struct Parent<'a> {
    program: Program,
    guard: Guard,
    worker: Option<Running>,
    clock: Instant,
    notifier: &'a Notifier,
    /// Says to standard error.
    stderr: Say<'a>,
    /// Says to the worker's loggers.
    post: Post,
    debug: bool,
}

impl Parent<'_> {
    fn run(mut self, signals: &Receiver<Signal>) -> i32 {
        let mut heard = true;
        loop {
            self.reap();
            let wait = match self.act() {
                Ok(wait) => wait,
                Err(code) => return code,
            };
            let wait = match self.notifier.every() {
                Some(every) => {
                    self.notifier.tell(&[State::Alive]);
                    wait.min(every)
                }
                None => wait,
            };
            self.post.pump();
            match signals.recv_timeout(wait) {
                Ok(signal) => self.take(signal),
                // The thread that listens is gone: nothing more can be heard, and the worker is still watched.
                Err(RecvTimeoutError::Disconnected) if heard => {
                    heard = false;
                    self.say(Severity::Error, here!(), "osqueryd watcher hears no more signals");
                }
                Err(RecvTimeoutError::Disconnected) => std::thread::park_timeout(wait),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn say(&mut self, severity: Severity, place: Place, text: &str) {
        (self.stderr)(severity, place, text);
        self.post.push(&Status::now(severity, place, text));
    }

    fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Does what is due; answers how long nothing is, or the exit code.
    fn act(&mut self) -> Result<Duration, i32> {
        loop {
            let now = self.now();
            let mut looked = false;
            let action = self.guard.tick(now, || {
                looked = true;
                self.worker.as_ref()?.sampler.as_ref()?.sample()
            });
            if looked && self.debug {
                self.tell_sample();
            }
            match action {
                Action::Wait(time) => return Ok(time),
                Action::End(code) => return Err(code),
                Action::Start => self.start(),
                Action::Stop(excess) => {
                    let text = format!("osqueryd worker ({}) stopping: {excess}", self.pid());
                    self.say(Severity::Warning, here!(), &text);
                    self.send(rustix::process::Signal::USR1);
                }
                Action::Kill => {
                    let text = format!("osqueryd worker ({}) does not stop: it is killed", self.pid());
                    self.say(Severity::Warning, here!(), &text);
                    self.send(rustix::process::Signal::KILL);
                }
            }
        }
    }

    fn start(&mut self) {
        match self.program.start() {
            Ok((worker, line)) => {
                self.post.begin(line);
                let (own, pid) = (std::process::id(), worker.child.id());
                let text = format!("osqueryd watcher ({own}) executing worker ({pid})");
                self.say(Severity::Info, here!(), &text);
                self.worker = Some(worker);
                self.guard.started(self.now());
            }
            Err(error) => {
                let (_, wait) = self.guard.ended(self.now(), Ending::Other);
                let text = format!("osqueryd worker cannot be started: {error}; again in {} s", wait.as_secs());
                self.say(Severity::Error, here!(), &text);
            }
        }
    }

    /// Takes note of a worker that has ended.
    fn reap(&mut self) {
        let Some(worker) = &mut self.worker else { return };
        let (pid, status) = match worker.child.try_wait() {
            Ok(Some(status)) => (worker.child.id(), status),
            // An error means that somebody else reaped it: there is no way to know how it ended.
            Ok(None) => return,
            Err(_) => (worker.child.id(), std::process::ExitStatus::default()),
        };
        self.worker = None;
        self.post.end();
        let how = status.code().map_or(Ending::Other, Ending::Code);
        let (lived, wait) = self.guard.ended(self.now(), how);
        if wait.is_zero() {
            let text = format!("osqueryd worker ({pid}) ended: {status}");
            self.say(Severity::Info, here!(), &text);
        } else {
            let (lived, wait) = (lived.as_secs_f64(), wait.as_secs());
            let text =
                format!("osqueryd worker ({pid}) ended after {lived:.1} s: {status}; the next one waits {wait} s");
            self.say(Severity::Warning, here!(), &text);
        }
    }

    fn take(&mut self, signal: Signal) {
        let is_end = signal.is_end();
        if is_end {
            self.notifier.tell(&[State::Stopping]);
        }
        let tell = if is_end { self.guard.quit(self.now()) } else { signal == Signal::Reload };
        // What the parent is asked to end for is no fault of the worker's queries.
        let passed = if signal == Signal::Exceeded { Signal::Terminate } else { signal };
        if tell {
            self.send(passed.to_send());
        }
    }

    fn send(&self, signal: rustix::process::Signal) {
        if let Some(worker) = &self.worker {
            worker.send(signal);
        }
    }

    fn pid(&self) -> u32 {
        self.worker.as_ref().map_or(0, |worker| worker.child.id())
    }

    fn tell_sample(&mut self) {
        let sample = self.guard.last();
        let (pid, memory, cpu) = (self.pid(), sample.memory, sample.cpu.as_millis());
        let text = format!("osqueryd worker ({pid}) has {memory} bytes and has used {cpu} ms of CPU");
        self.say(Severity::Info, here!(), &text);
    }
}
