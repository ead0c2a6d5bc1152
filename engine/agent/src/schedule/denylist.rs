//! Queries that are left out for a day: those during which the process died, and those that spent more than they may.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "the agent's own files")]

use crate::store::{Store, StoreError};
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where the end of each query's exclusion is kept, as Unix time.
const DENIED: &str = "denylist";

/// Seconds for which a query is left out.
pub const DAY: i64 = 86_400;

/// Leaves a query out from now on.
///
/// # Errors
/// What the store says.
pub fn deny(store: &Store, query: &str, now: i64) -> Result<(), StoreError> {
    store.put(DENIED, query, (now.saturating_add(DAY)).to_string().as_bytes())
}

/// Lets a query run again.
///
/// # Errors
/// What the store says.
pub fn allow(store: &Store, query: &str) -> Result<(), StoreError> {
    store.remove(DENIED, query)
}

/// Every query that is left out, and until when.
///
/// # Errors
/// What the store says.
pub fn all(store: &Store, now: i64) -> Result<HashMap<String, i64>, StoreError> {
    let mut all = HashMap::new();
    for (name, _) in store.all(DENIED)? {
        if let Some(until) = denied_until(store, &name, now)? {
            all.insert(name, until);
        }
    }
    Ok(all)
}

/// Whether a name that was left in [`Running`] is a query's: long ones are cut there.
#[must_use]
pub fn is_left(left: &str, query: &str) -> bool {
    left == query || (left.len() + 4 > PLACE && query.starts_with(left.trim_end_matches(char::REPLACEMENT_CHARACTER)))
}

/// Until when a query is left out; none if it may run. Exclusions that are over are forgotten.
///
/// # Errors
/// What the store says.
fn denied_until(store: &Store, query: &str, now: i64) -> Result<Option<i64>, StoreError> {
    let Some(bytes) = store.get(DENIED, query)? else { return Ok(None) };
    let until = std::str::from_utf8(&bytes).ok().and_then(|text| text.parse::<i64>().ok());
    // A clock that was set back must not make a day longer.
    match until.filter(|until| *until > now && *until <= now.saturating_add(DAY)) {
        Some(until) => Ok(Some(until)),
        None => store.remove(DENIED, query).map(|()| None),
    }
}

/// The queries that run, in a file beside the database: who dies in one leaves its name there.
///
/// A name stands in a place of its own for each thread that runs queries. It is written before and wiped after every run, which costs one
/// write(2) to a file that stays in memory: a transaction would cost a hundred times as much, and power failures are no query's fault.
#[derive(Debug, Default)]
pub struct Running {
    file: Option<File>,
    /// The last name could not be written.
    fails: AtomicBool,
}

/// Bytes of a place.
const PLACE: usize = 512;

impl Running {
    /// The file in a directory, and the names that were left in it by a process that died. Without a directory nothing is remembered.
    ///
    /// # Errors
    /// Those of open(2) and read(2).
    pub fn open(directory: Option<&Path>) -> io::Result<(Self, Vec<String>)> {
        let Some(directory) = directory else { return Ok((Self::default(), Vec::new())) };
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(directory.join("running"))?;
        let mut left = Vec::new();
        (&mut file).take(1 << 16).read_to_end(&mut left)?;
        file.set_len(0)?;
        let name = |place: &[u8]| {
            let end = place.iter().position(|byte| *byte == 0).unwrap_or(place.len());
            place.get(..end).filter(|name| !name.is_empty()).map(|name| String::from_utf8_lossy(name).into_owned())
        };
        let names = left.chunks(PLACE).filter_map(name).collect();
        Ok((Self { file: Some(file), fails: AtomicBool::new(false) }, names))
    }

    /// Remembers that a query runs in a place.
    ///
    /// # Errors
    /// Those of write(2); of several one after the other only the first.
    pub fn begin(&self, place: usize, query: &str) -> io::Result<()> {
        let mut name = [0; PLACE];
        name.iter_mut().zip(query.bytes()).for_each(|(to, from)| *to = from);
        let written = self.write(place, &name);
        let was_told = self.fails.swap(written.is_err(), Ordering::Relaxed);
        if was_told { Ok(()) } else { written }
    }

    /// Forgets it again.
    ///
    /// # Errors
    /// Those of write(2).
    pub fn end(&self, place: usize) -> io::Result<()> {
        self.write(place, &[0])
    }

    fn write(&self, place: usize, bytes: &[u8]) -> io::Result<()> {
        let Some(mut file) = self.file.as_ref() else { return Ok(()) };
        let at = (place * PLACE) as u64;
        #[cfg(unix)]
        {
            let _ = &mut file;
            std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
        }
        #[cfg(not(unix))]
        {
            file.seek(io::SeekFrom::Start(at))?;
            file.write_all(bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day() {
        let store = Store::in_memory().unwrap();
        deny(&store, "slow", 1000).unwrap();
        assert_eq!(denied_until(&store, "fine", 1000).unwrap(), None);
        for (now, expect) in [(1000, Some(87_400)), (87_399, Some(87_400)), (87_400, None), (1000, None)] {
            assert_eq!(denied_until(&store, "slow", now).unwrap(), expect, "{now}");
        }
        deny(&store, "slow", 500_000).unwrap();
        assert_eq!(denied_until(&store, "slow", 1000).unwrap(), None, "the clock was set back");
    }

    #[test]
    fn names_that_are_left() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Running::open(Some(folder.path())).unwrap();
        let long = "é".repeat(400);
        let (running, left) = open();
        assert!(left.is_empty());
        running.begin(0, "fine").unwrap();
        running.begin(2, &long).unwrap();
        running.end(0).unwrap();
        running.begin(1, "b").unwrap();
        let (running, left) = open();
        assert_eq!(left, ["b".to_owned(), "é".repeat(256)]);
        running.begin(0, "a").unwrap();
        running.end(0).unwrap();
        assert!(open().1.is_empty());
        let (nowhere, left) = Running::open(None).unwrap();
        assert!(left.is_empty() && nowhere.begin(0, "a").is_ok());
    }
}
