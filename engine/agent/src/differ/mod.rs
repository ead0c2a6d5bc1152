//! What has changed in the result of a query since it was asked last.
//!
//! Results are multisets of records ([`record`]). Of the last one the differ loads only hashes (32 bytes a row). Most rows of
//! the new one come in the order of the last one, and are found at once ([`expected`]); others go to a file that is in memory while it is
//! small, and are looked up among those that were not found ([`last`]). So neither result is ever held whole, and what is written is in
//! proportion to what has changed:
//!
//! * rows are stored once, under ascending places, and never moved: new rows append to the last pages;
//! * rows that are gone are named in a list; they are deleted when they are a quarter of all.
//!
//! The caller takes the lines of a change, and hands them to [`Changes::commit_with`], which stores them together with the new result: they are
//! logged then, and [`logged`] forgets them. A crash between the two leaves them in the store, from where [`unlogged`] gives them to the next
//! start: the very same lines, at least once, never not. Changes too large for that (a first result, as a rule) are logged first and
//! stored by [`Changes::commit`] then; after a crash between those the next run logs what has changed since the stored result, with the same
//! counter.

mod expected;
mod last;
pub mod record;
mod stored;

use crate::store::{Store, StoreError};
use expected::Expected;
use last::Last;
use plumb_sql::Cell;
use record::{Field, Shape, TextAs, encode_number};
use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hasher;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use stored::Query;
use tempfile::SpooledTempFile;

/// As many bytes of new rows stay in memory.
const IN_MEMORY: usize = 1 << 20;

/// Takes the rows of a new result.
#[derive(Debug)]
pub struct Differ {
    name: String,
    epoch: i64,
    query: Option<Query>,
    /// The rows of the last result as they came, until rows are [looked up](Differ::look_up).
    expected: Option<Expected>,
    /// From then on, by their hashes: those that were not found before.
    last: Last,
    hash_key: [u8; 16],
    shapes: Vec<Shape>,
    /// Hashes of the names of the current shape went into it.
    seed: SipHasher13,
    fresh: Fresh,
    record: Vec<u8>,
}

/// Rows that the last result has not, in the order in which they came; and those that may be elsewhere in it, until they are looked up.
#[derive(Debug)]
struct Fresh {
    file: SpooledTempFile,
    rows: u64,
    bytes: usize,
    directory: Option<PathBuf>,
}

impl Differ {
    /// A differ against what is stored of a query. In another epoch nothing counts that was stored before.
    ///
    /// # Errors
    /// What the store says.
    pub fn new(store: &Store, name: &str, epoch: i64) -> Result<Self, StoreError> {
        let query = Query::find(store, name)?;
        let expected = match &query {
            Some(query) if query.epoch == epoch => Some(query.load(store)?),
            _ => None,
        };
        Ok(Self {
            name: name.to_owned(),
            epoch,
            query,
            expected,
            last: Last::new(Vec::new()),
            hash_key: store.hash_key,
            shapes: Vec::new(),
            seed: SipHasher13::new_with_key(&store.hash_key),
            fresh: Fresh::new(store.directory.clone()),
            record: Vec::new(),
        })
    }

    /// A statement with these result columns begins.
    pub fn begin<'a>(&mut self, columns: impl IntoIterator<Item = &'a str>) {
        let shape = Shape::new(columns);
        self.seed = SipHasher13::new_with_key(&self.hash_key);
        for name in &shape.names {
            self.seed.write_u64(name.len() as u64);
            self.seed.write(name.as_bytes());
        }
        self.shapes.push(shape);
    }

    /// A row of the statement. Answers its [size](Shape::encode).
    ///
    /// # Errors
    /// When what is new cannot be put aside.
    pub fn row<'r>(&mut self, cell: impl Fn(usize) -> Cell<'r>) -> Result<u64, StoreError> {
        let Some(shape) = self.shapes.last() else { return Ok(0) };
        self.record.clear();
        let size = shape.encode(TextAs::Printable, cell, &mut self.record);
        let mut hasher = self.seed;
        hasher.write(&self.record);
        let hash = hasher.finish128().as_u64();
        let found = match &mut self.expected {
            Some(expected) => expected.find(hash),
            None => self.last.find(hash),
        };
        if !found {
            self.fresh.push(self.shapes.len() as u64 - 1, hash, &self.record)?;
            if self.fresh.bytes > IN_MEMORY {
                self.look_up()?;
            }
        }
        Ok(size)
    }

    /// Looks up the rows that did not come in order, and does so with all rows from now on.
    fn look_up(&mut self) -> Result<(), StoreError> {
        let Some(expected) = self.expected.take() else { return Ok(()) };
        self.last = expected.rest();
        let empty = Fresh::new(self.fresh.directory.clone());
        std::mem::replace(&mut self.fresh, empty).each(|hash, shape, record| {
            let hash = stored::hash(&hash);
            if !self.last.find(hash) {
                self.fresh.push(shape as u64, hash, record)?;
            }
            Ok(())
        })
    }

    /// All rows have come.
    ///
    /// # Errors
    /// When what was put aside cannot be read.
    pub fn finish(mut self, sql: &str) -> Result<Changes, StoreError> {
        self.look_up()?;
        let gone = self.last.gone();
        let stored = self.query.as_ref().filter(|query| query.epoch == self.epoch);
        let changed = self.fresh.rows > 0 || !gone.is_empty();
        let counter = stored.map_or(0, |query| query.counter + i64::from(changed));
        Ok(Changes {
            first: stored.is_none(),
            new_sql: self.query.as_ref().is_some_and(|query| query.sql != sql),
            known: self.query.is_some(),
            counter,
            name: self.name,
            sql: sql.to_owned(),
            epoch: self.epoch,
            query: self.query,
            shapes: self.shapes,
            fresh: self.fresh,
            gone,
        })
    }
}

impl Fresh {
    fn new(directory: Option<PathBuf>) -> Self {
        let file = match &directory {
            Some(directory) => tempfile::spooled_tempfile_in(IN_MEMORY, directory),
            None => tempfile::spooled_tempfile(IN_MEMORY),
        };
        Self { file, rows: 0, bytes: 0, directory }
    }

    fn push(&mut self, shape: u64, hash: (u64, u64), record: &[u8]) -> io::Result<()> {
        let mut head = Vec::with_capacity(32);
        head.extend(hash.0.to_be_bytes());
        head.extend(hash.1.to_be_bytes());
        encode_number(shape, &mut head);
        encode_number(record.len() as u64, &mut head);
        self.file.write_all(&head)?;
        self.file.write_all(record)?;
        self.rows += 1;
        self.bytes += head.len() + record.len();
        Ok(())
    }

    /// Each row again: hash, shape, record.
    fn each(
        &mut self,
        mut take: impl FnMut([u8; 16], usize, &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::with_capacity(1 << 16, &mut self.file);
        let mut record = Vec::new();
        for _ in 0..self.rows {
            let mut hash = [0; 16];
            reader.read_exact(&mut hash)?;
            let shape = read_number(&mut reader)?;
            let length = read_number(&mut reader)?;
            record.resize(length, 0);
            reader.read_exact(&mut record)?;
            take(hash, shape, &record)?;
        }
        Ok(())
    }
}

fn read_number(reader: &mut impl Read) -> io::Result<usize> {
    let mut number = 0_usize;
    for shift in (0..usize::BITS).step_by(7) {
        let mut byte = [0];
        reader.read_exact(&mut byte)?;
        let [byte] = byte;
        number |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    Ok(number)
}

/// What has changed, to be logged and then stored.
#[derive(Debug)]
pub struct Changes {
    /// Whether it is the first result, or the first of its epoch: all rows are added.
    pub first: bool,
    /// Whether the query was stored before, in whatever epoch.
    pub known: bool,
    /// Whether the query's text is another than before.
    pub new_sql: bool,
    /// The number of the result: 0 for the first one, one more for each that differs from the one before.
    pub counter: i64,
    /// The epoch it belongs to.
    pub epoch: i64,
    name: String,
    sql: String,
    query: Option<Query>,
    shapes: Vec<Shape>,
    fresh: Fresh,
    gone: Vec<u64>,
}

impl Changes {
    /// How many rows were added, and how many removed.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.fresh.rows, self.gone.len() as u64)
    }

    /// Whether there is nothing to log and nothing to store.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        !self.first && !self.new_sql && self.counts() == (0, 0)
    }

    /// The rows that are gone, in the order in which they once came: names and fields.
    ///
    /// # Errors
    /// What the store or the taker says.
    pub fn removed(
        &self,
        store: &Store,
        mut take: impl FnMut(&[String], Vec<Field>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let Some(query) = self.query.as_ref().filter(|_| !self.gone.is_empty()) else { return Ok(()) };
        query.rows(store, &self.gone, &mut take)
    }

    /// The rows that are new, in the order in which they came.
    ///
    /// # Errors
    /// What the taker says, or when they cannot be read back.
    pub fn added(
        &mut self,
        mut take: impl FnMut(&[String], Vec<Field>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let shapes = &self.shapes;
        self.fresh.each(|_, shape, record| {
            let names = shapes.get(shape).map(|shape| shape.names.as_slice()).unwrap_or_default();
            let fields = record::fields(record, names.len());
            take(names, fields.ok_or_else(|| StoreError::Damaged("a new row does not read back".to_owned()))?)
        })
    }

    /// Makes the new result the one that the next is compared with.
    ///
    /// # Errors
    /// What the store says; then the old one stays.
    pub fn commit(self, store: &mut Store) -> Result<(), StoreError> {
        self.store(store, None)
    }

    /// The same, and keeps lines until they are [`logged`].
    ///
    /// # Errors
    /// As [`Changes::commit`].
    pub fn commit_with(self, store: &mut Store, lines: &[u8]) -> Result<(), StoreError> {
        self.store(store, Some(lines))
    }

    fn store(mut self, store: &mut Store, lines: Option<&[u8]>) -> Result<(), StoreError> {
        if self.is_idle() {
            return Ok(());
        }
        store.at_once(|connection| {
            let mut query = Query::ready(connection, self.query.take(), &self.name, &self.sql, self.epoch)?;
            query.counter = self.counter;
            let shapes = self.shapes.iter().map(|shape| stored::shape(connection, &shape.names));
            let shapes = shapes.collect::<Result<Vec<i64>, _>>()?;
            let mut block = query.last_block(connection)?;
            self.fresh.each(|hash, shape, record| {
                let shape = shapes.get(shape).copied().unwrap_or_default();
                query.append(connection, &mut block, &hash, shape, record)
            })?;
            block.save(connection)?;
            query.forget(connection, &self.gone)?;
            query.save(connection)?;
            if let Some(lines) = lines {
                connection.prepare_cached(KEEP)?.execute((OUTBOX, &self.name, lines))?;
            }
            Ok(())
        })
    }
}

/// What is stored of a query, for people to look at.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its name.
    pub name: String,
    query: Query,
}

/// Every query of which a result is stored, by name.
///
/// # Errors
/// What the store says.
pub fn known(store: &Store) -> Result<Vec<Known>, StoreError> {
    let mut names = store.connection.prepare("SELECT name FROM queries ORDER BY name")?;
    let names = names.query_map((), |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    let mut all = Vec::new();
    for name in names {
        all.extend(Query::find(store, &name)?.map(|query| Known { name, query }));
    }
    Ok(all)
}

impl Known {
    /// Its text, its epoch, and the number of the last result.
    #[must_use]
    pub fn about(&self) -> (&str, i64, i64) {
        (&self.query.sql, self.query.epoch, self.query.counter)
    }

    /// The rows of the last result: names and fields.
    ///
    /// # Errors
    /// What the store or the taker says.
    pub fn rows(
        &self,
        store: &Store,
        mut take: impl FnMut(&[String], Vec<Field>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.query.rows(store, &self.query.places(store)?, &mut take)
    }
}

/// Where lines are kept until they are logged, by query.
const OUTBOX: &str = "outbox";

const KEEP: &str = "INSERT OR REPLACE INTO settings VALUES (?, ?, ?)";

/// The lines of a query have been logged.
///
/// # Errors
/// What the store says; then they may be logged again.
pub fn logged(store: &Store, query: &str) -> Result<(), StoreError> {
    store.remove(OUTBOX, query)
}

/// Lines that were stored and perhaps not logged, by query: the process died in between.
///
/// # Errors
/// What the store says.
pub fn unlogged(store: &Store) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    store.all(OUTBOX)
}

#[cfg(test)]
mod tests;
