//! Where results and status lines go.
//!
//! Each [`Logger`] stands behind a [`queue::Queue`]: what it cannot take now waits, up to a number of lines, and goes first as soon as it
//! can. So a full disk or a missing directory costs nothing below that number.

pub mod files;
pub mod hub;
pub mod line;
pub mod plugins;
pub mod queue;
pub mod status;

use status::Status;
use std::fmt::Debug;
use std::io;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// A line about rows that changed.
    Results,
    /// A whole result.
    Snapshots,
}

/// Takes lines.
pub trait Logger: Debug + Send {
    /// Its name: that of `--logger_plugin`.
    fn name(&self) -> &'static str;

    /// Takes result lines, each ended by a newline: all of them or none.
    ///
    /// # Errors
    /// When they cannot be taken now.
    fn results(&mut self, stream: Stream, lines: &[u8]) -> io::Result<()>;

    /// Takes a status line.
    ///
    /// # Errors
    /// When it cannot be taken now.
    fn status(&mut self, status: &Status) -> io::Result<()>;

    /// Opens its files again, which may have been moved away.
    fn reopen(&mut self) {}
}
