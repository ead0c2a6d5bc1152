//! The rows of the last results in the store.

use super::last::{Entry, Last};
use super::record::{self, Field, Reader, encode_number};
use crate::store::{Store, StoreError};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;

/// Bits of a row's identifier that hold its place.
const PLACE: u32 = 40;

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
    pub(super) fn load(&self, store: &Store) -> Result<Last, StoreError> {
        let gone = self.gone(&store.connection)?;
        let mut gone = gone.iter().copied().peekable();
        let mut entries = Vec::with_capacity(usize::try_from(self.live).unwrap_or(0).min(1 << 24));
        let mut find =
            store.connection.prepare_cached("SELECT id, hash FROM hashes WHERE id BETWEEN ? AND ? ORDER BY id")?;
        let mut rows = find.query(self.ids())?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            let place = id.cast_unsigned() & ((1 << PLACE) - 1);
            if gone.next_if_eq(&place).is_some() {
                continue;
            }
            let hash = row.get_ref(1)?.as_blob().ok().and_then(hash).ok_or_else(|| damaged("a row's hash"))?;
            entries.push(Entry { hash, place, found: 0 });
        }
        if entries.len() as u64 != self.live {
            return Err(damaged("the number of a query's rows"));
        }
        Ok(Last::new(entries))
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

    pub(super) fn append(
        &mut self,
        connection: &Connection,
        hash: &[u8; 16],
        shape: i64,
        record: &[u8],
    ) -> Result<(), StoreError> {
        let id = self.row_id(self.next);
        connection.prepare_cached("INSERT INTO hashes VALUES (?, ?)")?.execute((id, hash))?;
        connection.prepare_cached("INSERT INTO rows VALUES (?, ?, ?)")?.execute((id, shape, record))?;
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
            for place in self.gone(connection)? {
                for sql in ["DELETE FROM hashes WHERE id = ?", "DELETE FROM rows WHERE id = ?"] {
                    connection.prepare_cached(sql)?.execute((self.row_id(place),))?;
                }
            }
            connection.execute("DELETE FROM gone WHERE query = ?", (self.id,))?;
            self.gone = 0;
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

fn hash(bytes: &[u8]) -> Option<(u64, u64)> {
    let (first, second) = bytes.split_first_chunk()?;
    Some((u64::from_be_bytes(*first), u64::from_be_bytes(second.try_into().ok()?)))
}

fn signed(number: u64) -> i64 {
    number.cast_signed()
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(format!("{what} is not what was written"))
}
