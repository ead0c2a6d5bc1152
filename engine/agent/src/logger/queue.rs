//! What a logger cannot take now waits in the store, and goes first as soon as it can.
//!
//! Lines that wait survive a restart and a kill. The store is touched only while a logger fails: a healthy agent pays nothing.

use super::status::Status;
use super::{Logger, Stream};
use crate::store::{Store, StoreError};
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;

/// Where lines wait: under the logger's name and a number that grows.
const DOMAIN: &str = "logs";

/// The store of lines that wait, opened when the first one does. A connection of its own: lines are logged while rows are read.
#[derive(Debug, Default)]
pub struct Spill {
    directory: Option<PathBuf>,
    store: Option<Store>,
}

impl Spill {
    /// In the database of a directory; without one, in memory.
    #[must_use]
    pub fn new(directory: Option<PathBuf>) -> Self {
        Self { directory, store: None }
    }

    fn store(&mut self) -> Result<&Store, StoreError> {
        let store = match self.store.take() {
            Some(store) => store,
            None => match &self.directory {
                Some(directory) => Store::second(directory)?,
                None => Store::in_memory()?,
            },
        };
        Ok(self.store.insert(store))
    }
}

/// A logger, and what waits for it.
#[derive(Debug)]
pub struct Queue {
    logger: Box<dyn Logger>,
    /// Lines that wait.
    lines: u64,
    /// The number of the next piece.
    next: u64,
    most: u64,
    /// Lines that were dropped since it failed.
    dropped: u64,
    failing: bool,
    /// Status lines that were refused.
    held: VecDeque<Status>,
}

/// Status lines that are held for a logger, in memory.
const MOST_HELD: usize = 1000;

/// What is worth a status line, once.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    /// The logger takes nothing any more.
    Fails(String),
    /// It does again; so many lines had been dropped.
    Works(u64),
}

impl Queue {
    /// A logger for which at most so many lines wait (0: no limit). What waited for it before waits still.
    ///
    /// # Errors
    /// What the store says.
    pub fn new(logger: Box<dyn Logger>, most: u64, spill: &mut Spill) -> Result<Self, StoreError> {
        let mut queue = Self { logger, lines: 0, next: 0, most, dropped: 0, failing: false, held: VecDeque::new() };
        if spill.directory.is_some() {
            queue.find(spill)?;
        }
        Ok(queue)
    }

    fn find(&mut self, spill: &mut Spill) -> Result<(), StoreError> {
        let mut from = self.key(0);
        while let Some((key, piece)) = spill.store()?.first_from(DOMAIN, &from)? {
            let Some(number) = self.number(&key) else { break };
            self.lines += count(&piece);
            self.next = number.saturating_add(1);
            from = self.key(self.next);
        }
        // What waits is tried first: a logger for which something waits is one that fails.
        self.failing = self.lines > 0;
        Ok(())
    }

    fn key(&self, number: u64) -> String {
        format!("{}.{number:020}", self.logger.name())
    }

    fn number(&self, key: &str) -> Option<u64> {
        key.strip_prefix(self.logger.name())?.strip_prefix('.')?.parse().ok()
    }

    /// The logger.
    pub fn logger(&mut self) -> &mut dyn Logger {
        &mut *self.logger
    }

    /// Whether lines wait or the last ones were refused.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.failing
    }

    /// Gives lines to the logger, after those that wait.
    ///
    /// # Errors
    /// What the store says, when they could be neither logged nor kept.
    pub fn results(&mut self, stream: Stream, lines: &[u8], spill: &mut Spill) -> Result<Option<Change>, StoreError> {
        let tried = match self.flush(spill)? {
            Ok(()) => self.logger.results(stream, lines),
            refused => refused,
        };
        let Err(error) = tried else { return Ok(self.works()) };
        let is_news = !std::mem::replace(&mut self.failing, true);
        self.wait(stream, lines, spill)?;
        Ok(is_news.then(|| Change::Fails(error.to_string())))
    }

    /// Gives a status line to the logger, after those that it refused. A thousand are held.
    pub fn status(&mut self, status: &Status) {
        self.held.push_back(status.clone());
        while let Some(first) = self.held.front() {
            if self.logger.status(first).is_err() {
                break;
            }
            self.held.pop_front();
        }
        if self.held.len() > MOST_HELD {
            self.held.pop_front();
            self.dropped += 1;
        }
    }

    /// Tries again what waits.
    ///
    /// # Errors
    /// What the store says.
    pub fn again(&mut self, spill: &mut Spill) -> Result<Option<Change>, StoreError> {
        Ok(if self.failing && self.flush(spill)?.is_ok() { self.works() } else { None })
    }

    fn works(&mut self) -> Option<Change> {
        std::mem::take(&mut self.failing).then(|| Change::Works(std::mem::take(&mut self.dropped)))
    }

    /// Puts lines behind those that wait. The oldest go when there are too many.
    fn wait(&mut self, stream: Stream, lines: &[u8], spill: &mut Spill) -> Result<(), StoreError> {
        let mut piece = Vec::with_capacity(lines.len() + 1);
        piece.push(tag(stream));
        piece.extend(lines);
        spill.store()?.put(DOMAIN, &self.key(self.next), &piece)?;
        self.next = self.next.saturating_add(1);
        self.lines += count(lines);
        while self.most > 0 && self.lines > self.most {
            self.drop_oldest(spill)?;
        }
        Ok(())
    }

    /// Drops as many of the oldest lines as are too many, at most one piece of them.
    fn drop_oldest(&mut self, spill: &mut Spill) -> Result<(), StoreError> {
        let Some((key, mut piece)) = self.oldest(spill)? else {
            self.lines = 0;
            return Ok(());
        };
        let over = self.lines - self.most;
        let mut ends = piece.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let place = usize::try_from(over - 1).ok().and_then(|last| ends.nth(last));
        let whole = count(&piece);
        match place.filter(|end| *end < piece.len()) {
            Some(end) => {
                piece.drain(1..end);
                spill.store()?.put(DOMAIN, &key, &piece)?;
                self.lines -= over;
                self.dropped += over;
            }
            None => {
                spill.store()?.remove(DOMAIN, &key)?;
                self.lines = self.lines.saturating_sub(whole);
                self.dropped += whole;
            }
        }
        Ok(())
    }

    fn oldest(&self, spill: &mut Spill) -> Result<Option<(String, Vec<u8>)>, StoreError> {
        let found = spill.store()?.first_from(DOMAIN, &self.key(0))?;
        Ok(found.filter(|(key, _)| self.number(key).is_some()))
    }

    /// Gives what waits to the logger, until it refuses.
    fn flush(&mut self, spill: &mut Spill) -> Result<io::Result<()>, StoreError> {
        while self.lines > 0 {
            let Some((key, piece)) = self.oldest(spill)? else {
                self.lines = 0;
                break;
            };
            let Some((first, lines)) = piece.split_first() else {
                spill.store()?.remove(DOMAIN, &key)?;
                continue;
            };
            let stream = if *first == tag(Stream::Snapshots) { Stream::Snapshots } else { Stream::Results };
            if let Err(error) = self.logger.results(stream, lines) {
                return Ok(Err(error));
            }
            // A kill right here logs the piece again: at least once, never not.
            spill.store()?.remove(DOMAIN, &key)?;
            self.lines = self.lines.saturating_sub(count(lines));
        }
        Ok(Ok(()))
    }
}

const fn tag(stream: Stream) -> u8 {
    match stream {
        Stream::Results => b'r',
        Stream::Snapshots => b's',
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
        let mut spill = Spill::new(None);
        let mut queue = Queue::new(Box::new(moody.clone()), 4, &mut spill).unwrap();
        let mut log = |lines: &str| queue.results(Stream::Results, lines.as_bytes(), &mut spill).unwrap();
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
        assert!(matches!(log("8\n9\n10\n11\n12\n13\n"), Some(Change::Fails(_))));
        mood(true);
        assert_eq!(queue.again(&mut spill).unwrap(), Some(Change::Works(2)));
        assert_eq!(queue.again(&mut spill).unwrap(), None);
        assert_eq!(taken(), "1\n3\n4\n5\n6\n7\n10\n11\n12\n13\n");
    }

    #[test]
    fn what_waits_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        drop(Store::open(folder.path(), 0).unwrap());
        let moody = Moody::default();
        let open = || {
            let mut spill = Spill::new(Some(folder.path().to_owned()));
            let queue = Queue::new(Box::new(moody.clone()), 100, &mut spill).unwrap();
            (queue, spill)
        };
        let (mut queue, mut spill) = open();
        assert!(!queue.is_failing());
        queue.results(Stream::Results, b"1\n2\n", &mut spill).unwrap();
        queue.results(Stream::Snapshots, b"3\n", &mut spill).unwrap();
        drop((queue, spill));
        let (mut queue, mut spill) = open();
        assert!(queue.is_failing(), "three lines wait");
        queue.results(Stream::Results, b"4\n", &mut spill).unwrap();
        drop((queue, spill));
        moody.0.lock().unwrap().0 = true;
        let (mut queue, mut spill) = open();
        assert_eq!(queue.again(&mut spill).unwrap(), Some(Change::Works(0)));
        assert_eq!(moody.0.lock().unwrap().1, "1\n2\n3\n4\n");
        assert!(!open().0.is_failing());
    }
}
