//! The watchdog: a small parent that starts the daemon proper (the *worker*), holds it to limits, and starts it again when it ends.
//!
//! It is the last resort. Queries have budgets of their own, and a healthy worker never meets it. The parent loads no tables and
//! no store; what it decides is in [`Guard`], which knows neither processes nor a clock.
//!
//! The worker's standard input is a socket of which only the parent holds the other end: through it come the command line (which
//! so stands in no list of processes twice), what the parent says, for the worker's loggers ([`Relay`]), and the news that the parent is gone,
//! however it went.
//!
//! The order of a start, for a watched daemon:
//!
//! 1. [`Worker::of_environment`]: in a worker, [`Worker::words`] is the command line; then [`crate::process::listen`] to
//!    [`Signal::DAEMON`](crate::process::Signal::DAEMON), and [`Worker::follow`], which ends it as SIGTERM does.
//! 2. In the parent, when the flags are known: [`crate::process::daemonize`] if asked for, then
//!    [`Pidfile::take`](crate::process::Pidfile::take), then listen to [`Signal::WATCHER`](crate::process::Signal::WATCHER) into a
//!    channel, then [`run`] with [`Program::this`]: before tables, store or a second thread cost memory.
//!
//! Ctrl-C reaches both processes, and the worker hears of it from the parent too: the second signal must do no harm. The worker
//! tells the service manager that it is ready, the parent that it is alive.

mod guard;
mod limits;
mod parent;
mod post;
mod sample;
mod worker;

pub use guard::{Action, Ending, Excess, Guard};
pub use limits::Limits;
pub use parent::{Program, run};
pub use post::Relay;
pub use sample::{Sample, Sampler};
pub use worker::Worker;

/// Exit code of a worker that cannot go on and would not fare better the next time: the daemon ends with it too.
pub const CATASTROPHIC: i32 = 78;

/// Exit code of a worker that is done, and need not be started again: the daemon ends with code 0.
pub const FINISHED: i32 = 79;

/// Exit code of a worker that could not start. The first worker's is the daemon's; later ones are tried again.
pub const FAILED: i32 = 1;

/// Names the parent's process to a worker.
const VARIABLE: &str = "OSQUERY_WORKER";
