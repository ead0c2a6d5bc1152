//! The rows of the last results in the store.

use super::expected::Expected;
use super::last::Entry;
use super::record::{self, Field, Reader, encode_number};
use crate::store::{Store, StoreError};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;

/// Bits of a row's identifier that hold its place.
const PLACE: u32 = 40;

/// Places whose hashes are stored together. As many [`HASH`]es as a page of the database holds, so that a few new rows change one page;
/// loading a result reads one row of the database where there would be hundreds.
const BLOCK: u64 = 238;

/// Bytes of a hash in its block: the row's place there, and the hash.
const HASH: usize = 17;

/// Takes the names and fields of a row.
type Take<'t> = dyn FnMut(&[String], Vec<Field>) -> Result<(), StoreError> + 't;

/// What is stored about a query.
#[derive(Clone, Debug)]
pub(super) struct Query {
    id: i64,
    pub(super) sql: String,
    pub(super) epoch: i64,
    pub(super) counter: i64,
    /// The place of the next row.
    next: u64,
    /// Rows of the last result.
    live: u64,
    /// Rows that are named as gone and not deleted yet.
    gone: u64,
}

impl Query {
    pub(super) fn find(store: &Store, name: &str) -> Result<Option<Self>, StoreError> {
        let mut find = store
            .connection
            .prepare_cached("SELECT id, sql, epoch, counter, next, live, gone FROM queries WHERE name = ?")?;
        let number = |number: i64| u64::try_from(number).unwrap_or(0);
        let query = find.query_row((name,), |row| {
            Ok(Self {
                id: row.get(0)?,
                sql: row.get(1)?,
                epoch: row.get(2)?,
                counter: row.get(3)?,
                next: number(row.get(4)?),
                live: number(row.get(5)?),
                gone: number(row.get(6)?),
            })
        });
        Ok(query.optional()?)
    }

    /// The places of the last result's rows, in order.
    pub(super) fn places(&self, store: &Store) -> Result<Vec<u64>, StoreError> {
        let gone = self.gone(&store.connection)?;
        let mut gone = gone.iter().copied().peekable();
        let mut find = store.connection.prepare_cached("SELECT id FROM rows WHERE id BETWEEN ? AND ? ORDER BY id")?;
        let ids = find.query_map(self.ids(), |row| row.get::<_, i64>(0))?;
        let mut places = Vec::new();
        for id in ids {
            let place = id?.cast_unsigned() & ((1 << PLACE) - 1);
            if gone.next_if_eq(&place).is_none() {
                places.push(place);
            }
        }
        Ok(places)
    }

    /// The query to write to: a new one, or one without rows where the epoch is another.
    pub(super) fn ready(
        connection: &Connection,
        query: Option<Self>,
        name: &str,
        sql: &str,
        epoch: i64,
    ) -> Result<Self, StoreError> {
        let Some(mut query) = query else {
            connection
                .prepare_cached(
                    "INSERT INTO queries (name, sql, epoch, counter, next, live, gone) VALUES (?, ?, ?, 0, 0, 0, 0)",
                )?
                .execute((name, sql, epoch))?;
            let id = connection.last_insert_rowid();
            return Ok(Self { id, sql: sql.to_owned(), epoch, counter: 0, next: 0, live: 0, gone: 0 });
        };
        if query.epoch != epoch {
            let (first, last) = query.ids();
            for table in ["hashes", "rows"] {
                connection.execute(&format!("DELETE FROM {table} WHERE id BETWEEN ? AND ?"), (first, last))?;
            }
            connection.execute("DELETE FROM gone WHERE query = ?", (query.id,))?;
            query = Self { epoch, next: 0, live: 0, gone: 0, ..query };
        }
        query.sql = sql.to_owned();
        Ok(query)
    }

    pub(super) fn save(&self, connection: &Connection) -> Result<(), StoreError> {
        connection
            .prepare_cached(
                "UPDATE queries SET sql = ?, epoch = ?, counter = ?, next = ?, live = ?, gone = ? WHERE id = ?",
            )?
            .execute((
                &self.sql,
                self.epoch,
                self.counter,
                signed(self.next),
                signed(self.live),
                signed(self.gone),
                self.id,
            ))?;
        Ok(())
    }

    fn row_id(&self, place: u64) -> i64 {
        (self.id << PLACE) | signed(place)
    }

    /// The identifiers of all its rows.
    fn ids(&self) -> (i64, i64) {
        (self.row_id(0), self.row_id((1 << PLACE) - 1))
    }

    /// The rows of the last result.
    pub(super) fn load(&self, store: &Store) -> Result<Expected, StoreError> {
        let gone = self.gone(&store.connection)?;
        let mut gone = gone.iter().copied().peekable();
        let mut entries = Vec::with_capacity(usize::try_from(self.live).unwrap_or(0).min(1 << 24));
        let mut find =
            store.connection.prepare_cached("SELECT id, hashes FROM hashes WHERE id BETWEEN ? AND ? ORDER BY id")?;
        let mut rows = find.query(self.ids())?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            let first = id.cast_unsigned() & ((1 << PLACE) - 1);
            let (hashes, rest) = row.get_ref(1)?.as_blob().unwrap_or(&[0]).as_chunks::<HASH>();
            if !rest.is_empty() {
                return Err(damaged("a block of hashes"));
            }
            for [at, bytes @ ..] in hashes {
                let place = first + u64::from(*at);
                if gone.next_if_eq(&place).is_none() {
                    entries.push(Entry { hash: hash(bytes), place, found: 0 });
                }
            }
        }
        if entries.len() as u64 != self.live {
            return Err(damaged("the number of a query's rows"));
        }
        Ok(Expected::new(entries))
    }

    /// The places that are named as gone, in order.
    fn gone(&self, connection: &Connection) -> Result<Vec<u64>, StoreError> {
        let mut places = Vec::new();
        let mut find = connection.prepare_cached("SELECT places FROM gone WHERE query = ?")?;
        let mut rows = find.query((self.id,))?;
        while let Some(row) = rows.next()? {
            let mut reader = Reader(row.get_ref(0)?.as_blob().map_err(|_| damaged("a list of places"))?);
            while !reader.0.is_empty() {
                places.push(reader.number().ok_or_else(|| damaged("a list of places"))?);
            }
        }
        places.sort_unstable();
        Ok(places)
    }

    /// Some rows in the order of their places: names and fields.
    pub(super) fn rows(&self, store: &Store, places: &[u64], take: &mut Take<'_>) -> Result<(), StoreError> {
        let mut shapes: HashMap<i64, Vec<String>> = HashMap::new();
        let mut names = store.connection.prepare_cached("SELECT names FROM shapes WHERE id = ?")?;
        let mut find = store.connection.prepare_cached("SELECT shape, record FROM rows WHERE id = ?")?;
        for place in places {
            let (shape, record): (i64, Vec<u8>) =
                find.query_row((self.row_id(*place),), |row| Ok((row.get(0)?, row.get(1)?)))?;
            let names = match shapes.entry(shape) {
                std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::hash_map::Entry::Vacant(entry) => {
                    let text: String = names.query_row((shape,), |row| row.get(0))?;
                    entry.insert(serde_json::from_str(&text).map_err(|_| damaged("the names of columns"))?)
                }
            };
            let fields = record::fields(&record, names.len()).ok_or_else(|| damaged("a stored row"))?;
            take(names, fields)?;
        }
        Ok(())
    }

    /// The block in which the next row's hash will be.
    pub(super) fn last_block(&self, connection: &Connection) -> Result<Block, StoreError> {
        Block::of(connection, self.block_id(self.next))
    }

    fn block_id(&self, place: u64) -> i64 {
        self.row_id(place - place % BLOCK)
    }

    /// Appends a row. Its hash goes to a block, which is saved when it is full, and by the caller in the end.
    pub(super) fn append(
        &mut self,
        connection: &Connection,
        block: &mut Block,
        hash: &[u8; 16],
        shape: i64,
        record: &[u8],
    ) -> Result<(), StoreError> {
        let id = self.block_id(self.next);
        if block.id != id {
            std::mem::replace(block, Block { id, hashes: Vec::new() }).save(connection)?;
        }
        // Less than BLOCK.
        block.hashes.push((self.next % BLOCK) as u8);
        block.hashes.extend(hash);
        let row = self.row_id(self.next);
        connection.prepare_cached("INSERT INTO rows VALUES (?, ?, ?)")?.execute((row, shape, record))?;
        self.next += 1;
        self.live += 1;
        Ok(())
    }

    /// Names rows as gone. Once they are a quarter of all, they are deleted: that rewrites every page, and is paid for by
    /// as many rows that have gone.
    pub(super) fn forget(&mut self, connection: &Connection, places: &[u64]) -> Result<(), StoreError> {
        if places.is_empty() {
            return Ok(());
        }
        let mut list = Vec::new();
        places.iter().for_each(|place| encode_number(*place, &mut list));
        connection.prepare_cached("INSERT INTO gone (query, places) VALUES (?, ?)")?.execute((self.id, list))?;
        self.gone += places.len() as u64;
        self.live = self.live.saturating_sub(places.len() as u64);
        const FEW: u64 = 256;
        if self.gone > FEW.max(self.live / 4) {
            let gone = self.gone(connection)?;
            for places in gone.chunk_by(|a, b| a / BLOCK == b / BLOCK) {
                let Some(first) = places.first() else { continue };
                let mut block = Block::of(connection, self.block_id(*first))?;
                block.remove(places);
                block.save(connection)?;
                for place in places {
                    connection.prepare_cached("DELETE FROM rows WHERE id = ?")?.execute((self.row_id(*place),))?;
                }
            }
            connection.execute("DELETE FROM gone WHERE query = ?", (self.id,))?;
            self.gone = 0;
        }
        Ok(())
    }
}

/// The hashes of rows whose places are near each other.
#[derive(Debug)]
pub(super) struct Block {
    id: i64,
    /// [`HASH`] bytes for each row, in the order of their places.
    hashes: Vec<u8>,
}

impl Block {
    fn of(connection: &Connection, id: i64) -> Result<Self, StoreError> {
        let mut find = connection.prepare_cached("SELECT hashes FROM hashes WHERE id = ?")?;
        let hashes = find.query_row((id,), |row| row.get(0)).optional()?.unwrap_or_default();
        Ok(Self { id, hashes })
    }

    fn remove(&mut self, places: &[u64]) {
        let (hashes, _) = self.hashes.as_chunks::<HASH>();
        let stays = |[at, ..]: &&[u8; HASH]| places.iter().all(|place| place % BLOCK != u64::from(*at));
        self.hashes = hashes.iter().filter(stays).flatten().copied().collect();
    }

    pub(super) fn save(self, connection: &Connection) -> Result<(), StoreError> {
        if self.hashes.is_empty() {
            connection.prepare_cached("DELETE FROM hashes WHERE id = ?")?.execute((self.id,))?;
        } else {
            connection
                .prepare_cached("INSERT OR REPLACE INTO hashes VALUES (?, ?)")?
                .execute((self.id, self.hashes))?;
        }
        Ok(())
    }
}

/// The number under which a shape is stored.
pub(super) fn shape(connection: &Connection, names: &[String]) -> Result<i64, StoreError> {
    let text = serde_json::Value::from(names.to_vec()).to_string();
    let mut find = connection.prepare_cached("SELECT id FROM shapes WHERE names = ?")?;
    if let Some(id) = find.query_row((&text,), |row| row.get(0)).optional()? {
        return Ok(id);
    }
    connection.prepare_cached("INSERT INTO shapes (names) VALUES (?)")?.execute((&text,))?;
    Ok(connection.last_insert_rowid())
}

/// A hash from its bytes.
pub(super) fn hash(bytes: &[u8; 16]) -> (u64, u64) {
    let number = u128::from_be_bytes(*bytes);
    ((number >> 64) as u64, number as u64)
}

fn signed(number: u64) -> i64 {
    number.cast_signed()
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(format!("{what} is not what was written"))
}
