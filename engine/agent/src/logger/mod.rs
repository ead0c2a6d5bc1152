//! Where results and status lines go.
//!
//! Each [`Logger`] stands behind a [`Queue`]: what it cannot take now waits, up to a number of lines, and goes first as soon as it
//! can. So a full disk or a missing directory costs nothing below that number.

pub mod files;
pub mod line;
pub mod plugins;
pub mod status;

use status::Status;
use std::collections::VecDeque;
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

/// A logger, and what waits for it.
#[derive(Debug)]
pub struct Queue {
    logger: Box<dyn Logger>,
    waiting: VecDeque<(Stream, Vec<u8>)>,
    lines: u64,
    most: u64,
    /// Lines that were dropped since it failed.
    dropped: u64,
    failing: bool,
}

/// What is worth a status line, once.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    /// The logger takes nothing any more.
    Fails(String),
    /// It does again; so many lines had been dropped.
    Works(u64),
}

impl Queue {
    /// A logger for which at most so many lines wait (0: no limit).
    #[must_use]
    pub fn new(logger: Box<dyn Logger>, most: u64) -> Self {
        Self { logger, waiting: VecDeque::new(), lines: 0, most, dropped: 0, failing: false }
    }

    /// The logger.
    pub fn logger(&mut self) -> &mut dyn Logger {
        &mut *self.logger
    }

    /// Gives lines to the logger, after those that wait.
    pub fn results(&mut self, stream: Stream, lines: &[u8]) -> Option<Change> {
        let tried = self.flush().and_then(|()| self.logger.results(stream, lines));
        let Err(error) = tried else { return self.works() };
        self.wait(stream, lines);
        (!std::mem::replace(&mut self.failing, true)).then(|| Change::Fails(error.to_string()))
    }

    /// Tries again what waits.
    pub fn again(&mut self) -> Option<Change> {
        if self.failing && self.flush().is_ok() { self.works() } else { None }
    }

    fn works(&mut self) -> Option<Change> {
        std::mem::take(&mut self.failing).then(|| Change::Works(std::mem::take(&mut self.dropped)))
    }

    /// What waits, oldest first: to be kept over a restart.
    pub fn waiting(&self) -> impl Iterator<Item = (Stream, &[u8])> {
        self.waiting.iter().map(|(stream, lines)| (*stream, lines.as_slice()))
    }

    /// Puts lines behind those that wait. The oldest go when there are too many.
    pub fn wait(&mut self, stream: Stream, lines: &[u8]) {
        self.lines += count(lines);
        self.waiting.push_back((stream, lines.to_vec()));
        while self.most > 0 && self.lines > self.most {
            let Some((_, oldest)) = self.waiting.front_mut() else { break };
            let end = oldest.iter().position(|byte| *byte == b'\n').map_or(oldest.len(), |end| end + 1);
            oldest.drain(..end);
            if oldest.is_empty() {
                self.waiting.pop_front();
            }
            self.lines -= 1;
            self.dropped += 1;
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        while let Some((stream, lines)) = self.waiting.front() {
            self.logger.results(*stream, lines)?;
            self.lines = self.lines.saturating_sub(count(lines));
            self.waiting.pop_front();
        }
        Ok(())
    }
}

fn count(lines: &[u8]) -> u64 {
    lines.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// Takes lines while it is told to.
    #[derive(Clone, Debug, Default)]
    struct Moody(Arc<Mutex<(bool, String)>>);

    impl Logger for Moody {
        fn name(&self) -> &'static str {
            "moody"
        }
        fn results(&mut self, _: Stream, lines: &[u8]) -> io::Result<()> {
            let mut state = self.0.lock().unwrap();
            if !state.0 {
                return Err(io::Error::other("not today"));
            }
            state.1.push_str(std::str::from_utf8(lines).unwrap());
            Ok(())
        }
        fn status(&mut self, _: &Status) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_cannot_be_taken_waits_in_order() {
        let moody = Moody::default();
        let mood = |good| moody.0.lock().unwrap().0 = good;
        let taken = || moody.0.lock().unwrap().1.clone();
        let mut queue = Queue::new(Box::new(moody.clone()), 4);
        let mut log = |lines: &str| queue.results(Stream::Results, lines.as_bytes());
        mood(true);
        assert_eq!(log("1\n"), None);
        mood(false);
        assert_eq!(log("2\n"), Some(Change::Fails("not today".to_owned())));
        assert_eq!(log("3\n4\n"), None, "it is said once");
        assert_eq!(log("5\n6\n"), None);
        assert_eq!(taken(), "1\n");
        mood(true);
        assert_eq!(log("7\n"), Some(Change::Works(1)));
        assert_eq!(taken(), "1\n3\n4\n5\n6\n7\n");
        mood(false);
        assert!(matches!(log("8\n"), Some(Change::Fails(_))));
        let waiting: Vec<_> = queue.waiting().map(|(_, lines)| lines.to_vec()).collect();
        assert_eq!(waiting, [b"8\n"]);
        mood(true);
        assert_eq!(queue.again(), Some(Change::Works(0)));
        assert_eq!(queue.again(), None);
        assert_eq!(taken(), "1\n3\n4\n5\n6\n7\n8\n");
    }
}
