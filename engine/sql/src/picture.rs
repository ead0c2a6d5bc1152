//! Rows that are kept while a statement runs: one collection that all cursors of a table read, filled only as far as
//! somebody has read.

use crate::index::Index;
use crate::kept::{Cells, TooLarge};
use crate::key::Key;
use plumb_schema::{AnyRows, AnyTable, Value};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that statements with a limit keep in the whole process, and the most that they may; 0 is no bound.
static KEPT: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// Bounds what all statements keep together.
pub(crate) fn bound(bytes: usize) {
    MOST.store(bytes, Ordering::Relaxed);
}

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
        let Some(limit) = self.limit else { return Ok(()) };
        let all = KEPT.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let most = Some(MOST.load(Ordering::Relaxed)).filter(|most| *most > 0);
        if kept <= limit && most.is_none_or(|most| all <= most) { Ok(()) } else { Err(OutOfMemory) }
    }

    /// Of what was charged.
    fn release(&self, bytes: usize) {
        self.kept.set(self.kept.get().saturating_sub(bytes));
        if self.limit.is_some() {
            KEPT.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

/// The columns that are kept of a table.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// Places in the table, in order.
    pub(crate) columns: Vec<usize>,
    /// Where in a row a column of the table stands, by its place in the table.
    slots: Vec<Option<usize>>,
}

impl Layout {
    /// Keeps some columns (places in the table).
    pub(crate) fn new(columns: Vec<usize>) -> Self {
        let width = columns.iter().max().map_or(0, |last| last + 1);
        let slots = (0..width).map(|column| columns.iter().position(|kept| *kept == column)).collect();
        Self { columns, slots }
    }
}

/// The numbers of choices, by the values that chose their rows.
pub(crate) type Numbers = Rc<RefCell<HashMap<Vec<Option<Key<'static>>>, i64>>>;

/// Where rows stand, so that a row that is met in two collections is known again: by the values of the columns that chose
/// it, and by its place among the rows that they chose.
pub(crate) struct Places {
    columns: Rc<[usize]>,
    numbers: Numbers,
    /// How many rows there were of each number.
    counts: HashMap<i64, i64>,
    rows: Vec<i64>,
}

/// Rows that one choice gave are numbered in this many bits, choices above them.
const PLACE_BITS: u32 = 40;

impl Places {
    /// No rows yet.
    pub(crate) fn new(columns: &Rc<[usize]>, numbers: &Numbers) -> Self {
        let (columns, numbers) = (Rc::clone(columns), Rc::clone(numbers));
        Self { columns, numbers, counts: HashMap::new(), rows: Vec::new() }
    }

    fn push(&mut self, row: &dyn AnyRows) {
        let key = |column: &usize| Key::exact(&row.value(*column)).map(Key::into_owned);
        let keys: Vec<_> = self.columns.iter().map(key).collect();
        let mut numbers = self.numbers.borrow_mut();
        let next = i64::try_from(numbers.len()).unwrap_or(i64::MAX >> PLACE_BITS);
        let number = *numbers.entry(keys).or_insert(next);
        let count = self.counts.entry(number).or_default();
        self.rows.push((number << PLACE_BITS) + *count);
        *count += 1;
    }
}

/// A collection under way. Rows hold values of some columns, never subjects or descriptors.
pub(crate) struct Picture {
    source: Option<Box<dyn AnyRows>>,
    places: Option<Places>,
    layout: Rc<Layout>,
    cells: Cells,
    rows: usize,
    /// Columns and their indexes.
    indexes: Vec<(usize, Index)>,
    /// Makes the hashes of the indexes.
    hasher: RandomState,
    meter: Meter,
    charged: usize,
}

impl Drop for Picture {
    fn drop(&mut self) {
        self.meter.release(self.charged);
    }
}

impl Picture {
    /// A collection of which nothing has been read.
    pub(crate) fn new(source: Box<dyn AnyRows>, layout: &Rc<Layout>, places: Option<Places>, meter: &Meter) -> Self {
        Self {
            source: Some(source),
            places,
            layout: Rc::clone(layout),
            cells: Cells::default(),
            rows: 0,
            indexes: Vec::new(),
            hasher: RandomState::new(),
            meter: meter.clone(),
            charged: 0,
        }
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
            let columns = self.layout.columns.iter();
            let kept = columns.map(|column| self.cells.push(&source.value(*column))).sum();
            self.rows += 1;
            if let Some(places) = &mut self.places {
                places.push(&**source);
            }
            let charged = match kept {
                Ok(bytes) => self.charge(bytes),
                Err(TooLarge) => Err(OutOfMemory),
            };
            charged.inspect_err(|_| self.source = None)?;
        }
        Ok(true)
    }

    /// Whether there is nothing more to collect.
    pub(crate) fn is_complete(&self) -> bool {
        self.source.is_none()
    }

    /// Where a row stands in what the statement sees of the table.
    pub(crate) fn place(&self, row: usize) -> i64 {
        let place = self.places.as_ref().and_then(|places| places.rows.get(row).copied());
        place.unwrap_or_else(|| i64::try_from(row).unwrap_or(0))
    }

    /// How many rows have been collected.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    /// A kept cell; NULL for what is not kept.
    pub(crate) fn value(&self, row: usize, column: usize) -> Value<'_> {
        let slot = self.layout.slots.get(column).copied().flatten();
        slot.filter(|_| row < self.rows)
            .map_or(Value::Null, |slot| self.cells.get(row * self.layout.columns.len() + slot))
    }

    /// The first row whose value in a column may equal `key`. Collects everything and hashes it once a column.
    pub(crate) fn first(
        &mut self,
        table: &dyn AnyTable,
        column: usize,
        key: &Key<'_>,
    ) -> Result<Option<usize>, OutOfMemory> {
        self.has(usize::MAX)?;
        if self.index(column).is_none() {
            let collation = table.spec(column).collation;
            let hash = |row: u32| Some(self.hasher.hash_one(Key::new(&self.value(row as usize, column), collation)?));
            let index = Index::new(u32::try_from(self.rows).map_err(|_| OutOfMemory)?, hash);
            self.charge(index.size())?;
            self.indexes.push((column, index));
        }
        let hash = self.hasher.hash_one(key);
        Ok(self.index(column).and_then(|index| index.first(hash)).map(|row| row as usize))
    }

    /// The next row whose value in a column may equal that of a row which [`Picture::first`] or this gave.
    pub(crate) fn after(&self, column: usize, row: usize) -> Option<usize> {
        let next = self.index(column)?.after(u32::try_from(row).ok()?)?;
        Some(next as usize)
    }

    fn index(&self, column: usize) -> Option<&Index> {
        self.indexes.iter().find(|(indexed, _)| *indexed == column).map(|(_, index)| index)
    }
}

/// The statement's memory budget is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfMemory;

/// Rows one after the other from several sources: a list of values looked up one by one. Rows that do not have the value
/// that they were looked up by are left out, so that none comes twice.
pub(crate) struct Listed<F> {
    next: F,
    current: Option<(Key<'static>, Box<dyn AnyRows>)>,
    column: usize,
}

impl<F: FnMut() -> Option<(Key<'static>, Box<dyn AnyRows>)>> Listed<F> {
    /// `next` gives the rows of the next value with the value's exact key.
    pub(crate) fn new(column: usize, next: F) -> Self {
        Self { next, current: None, column }
    }
}

impl<F: FnMut() -> Option<(Key<'static>, Box<dyn AnyRows>)>> AnyRows for Listed<F> {
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
    pub(crate) keys: Vec<Key<'static>>,
}

impl AnyRows for Sifted {
    fn advance(&mut self) -> bool {
        while self.rows.advance() {
            let value = self.rows.value(self.column);
            if Key::new(&value, self.collation).is_some_and(|key| self.keys.contains(&key)) {
                return true;
            }
        }
        false
    }

    fn value(&self, column: usize) -> Value<'_> {
        self.rows.value(column)
    }
}
