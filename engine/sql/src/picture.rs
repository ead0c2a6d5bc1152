//! Rows that are kept while a statement runs: one collection that all cursors of a table read, filled only as far as
//! somebody has read.

use crate::key::Key;
use plumb_schema::{AnyRows, AnyTable, Value};
use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

/// Counts the bytes of the rows that a statement keeps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter {
    kept: Rc<Cell<usize>>,
    limit: Option<usize>,
}

impl Meter {
    /// A meter with the budget's limit.
    pub(crate) fn new(limit: Option<usize>) -> Self {
        Self { kept: Rc::default(), limit }
    }

    fn charge(&self, bytes: usize) -> Result<(), OutOfMemory> {
        let kept = self.kept.get().saturating_add(bytes);
        self.kept.set(kept);
        if self.limit.is_none_or(|limit| kept <= limit) { Ok(()) } else { Err(OutOfMemory) }
    }

    fn release(&self, bytes: usize) {
        self.kept.set(self.kept.get().saturating_sub(bytes));
    }
}

/// A collection under way. Rows hold values of some columns, never subjects or descriptors.
pub(crate) struct Picture {
    source: Option<Box<dyn AnyRows>>,
    /// Which of the table's collections this is.
    pub(crate) number: i64,
    columns: Vec<usize>,
    /// Where in a row a column of the table stands, by its place in the table.
    slots: Vec<Option<usize>>,
    cells: Vec<Value<'static>>,
    rows: usize,
    hashes: HashMap<usize, HashMap<Key, Rc<Vec<usize>>>>,
    meter: Meter,
    charged: usize,
}

impl Drop for Picture {
    fn drop(&mut self) {
        self.meter.release(self.charged);
    }
}

impl Picture {
    /// Keeps the values of `columns` (places in the table).
    pub(crate) fn new(source: Box<dyn AnyRows>, columns: &[usize], number: i64, meter: &Meter) -> Self {
        let width = columns.iter().max().map_or(0, |last| last + 1);
        let slots = (0..width).map(|column| columns.iter().position(|kept| *kept == column)).collect();
        let columns = columns.to_vec();
        let (cells, rows, hashes, charged) = (Vec::new(), 0, HashMap::new(), 0);
        Self { source: Some(source), number, columns, slots, cells, rows, hashes, meter: meter.clone(), charged }
    }

    fn charge(&mut self, bytes: usize) -> Result<(), OutOfMemory> {
        self.charged += bytes;
        self.meter.charge(bytes)
    }

    /// Whether there is a row at a place; collects up to it.
    pub(crate) fn has(&mut self, row: usize) -> Result<bool, OutOfMemory> {
        while self.rows <= row {
            let Some(source) = &mut self.source else { return Ok(false) };
            if !source.advance() {
                self.source = None;
                return Ok(false);
            }
            let start = self.cells.len();
            self.cells.extend(self.columns.iter().map(|column| source.value(*column).into_owned()));
            self.rows += 1;
            let heap: usize = self.cells[start..].iter().map(Value::heap_size).sum();
            let bytes = heap + self.columns.len() * size_of::<Value<'_>>();
            self.charge(bytes).inspect_err(|_| self.source = None)?;
        }
        Ok(true)
    }

    /// Whether there is nothing more to collect.
    pub(crate) fn is_complete(&self) -> bool {
        self.source.is_none()
    }

    /// How many rows have been collected.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    /// A kept cell; NULL for what is not kept.
    pub(crate) fn value(&self, row: usize, column: usize) -> &Value<'static> {
        let slot = self.slots.get(column).copied().flatten();
        let cell = slot.and_then(|slot| self.cells.get(row * self.columns.len() + slot));
        cell.unwrap_or(&Value::Null)
    }

    /// The rows whose value in a column may equal `key`, in order. Collects everything and hashes it once a column.
    pub(crate) fn probe(
        &mut self,
        table: &dyn AnyTable,
        column: usize,
        key: &Key,
    ) -> Result<Rc<Vec<usize>>, OutOfMemory> {
        self.has(usize::MAX)?;
        if !self.hashes.contains_key(&column) {
            let collation = table.spec(column).collation;
            let mut hash: HashMap<Key, Vec<usize>> = HashMap::new();
            for row in 0..self.rows {
                if let Some(key) = Key::new(self.value(row, column), collation) {
                    hash.entry(key).or_default().push(row);
                }
            }
            self.charge(self.rows * 3 * size_of::<usize>())?;
            self.hashes.insert(column, hash.into_iter().map(|(key, rows)| (key, Rc::new(rows))).collect());
        }
        Ok(self.hashes.get(&column).and_then(|hash| hash.get(key)).cloned().unwrap_or_default())
    }
}

/// The statement's memory budget is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfMemory;

/// Rows one after the other from several sources: a list of values looked up one by one. Rows that do not have the value
/// that they were looked up by are left out, so that none comes twice.
pub(crate) struct Listed<F> {
    next: F,
    current: Option<(Key, Box<dyn AnyRows>)>,
    column: usize,
}

impl<F: FnMut() -> Option<(Key, Box<dyn AnyRows>)>> Listed<F> {
    /// `next` gives the rows of the next value with the value's exact key.
    pub(crate) fn new(column: usize, next: F) -> Self {
        Self { next, current: None, column }
    }
}

impl<F: FnMut() -> Option<(Key, Box<dyn AnyRows>)>> AnyRows for Listed<F> {
    fn advance(&mut self) -> bool {
        loop {
            let (key, rows) = match &mut self.current {
                Some(current) => current,
                None => match (self.next)() {
                    Some(current) => self.current.insert(current),
                    None => return false,
                },
            };
            while rows.advance() {
                if Key::exact(&rows.value(self.column)).as_ref() == Some(key) {
                    return true;
                }
            }
            self.current = None;
        }
    }

    fn value(&self, column: usize) -> Value<'_> {
        self.current.as_ref().map_or(Value::Null, |(_, rows)| rows.value(column))
    }
}

/// The rows of a scan whose value in a column is one of some keys.
pub(crate) struct Sifted {
    pub(crate) rows: Box<dyn AnyRows>,
    pub(crate) column: usize,
    pub(crate) collation: plumb_schema::Collation,
    pub(crate) keys: Vec<Key>,
}

impl AnyRows for Sifted {
    fn advance(&mut self) -> bool {
        while self.rows.advance() {
            let key = Key::new(&self.rows.value(self.column), self.collation);
            if key.is_some_and(|key| self.keys.contains(&key)) {
                return true;
            }
        }
        false
    }

    fn value(&self, column: usize) -> Value<'_> {
        self.rows.value(column)
    }
}
