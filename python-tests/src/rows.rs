//! Rows on their way from a connection to dicts.
//!
//! The worker packs rows into batches, and the thread that asked makes dicts of one batch while the worker fills the next.

use plumb_schema::Value;
use plumb_sql::{Cell, ResultColumn, Row, Sink};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyList, PyString};
use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

/// Rows of a batch, and bytes of their texts, at most. Little is done for Python between two looks for signals.
const ROWS: usize = 1024;
const BYTES: usize = 1 << 20;

/// Some rows of one statement.
pub(crate) struct Batch {
    names: Arc<[String]>,
    cells: Vec<Packed>,
    /// Texts and blobs one after the other.
    bytes: Vec<u8>,
}

enum Packed {
    Null,
    Int(i64),
    Real(f64),
    Text(usize),
    Blob(usize),
}

/// Names that are all different: of a name that comes again the second is `name:1`, as SQLite itself calls it.
pub(crate) fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut known = HashSet::new();
    names
        .map(|name| {
            let mut distinct = name.to_owned();
            let mut number = 0_u32;
            while !known.insert(distinct.clone()) {
                number += 1;
                distinct = format!("{name}:{number}");
            }
            distinct
        })
        .collect()
}

/// Packs rows and sends them.
pub(crate) struct Pack<'s, T> {
    sender: &'s SyncSender<T>,
    wrap: fn(Batch) -> T,
    batch: Batch,
    rows: usize,
}

impl<'s, T> Pack<'s, T> {
    pub(crate) fn new(sender: &'s SyncSender<T>, wrap: fn(Batch) -> T) -> Self {
        let batch = Batch { names: Arc::from([]), cells: Vec::new(), bytes: Vec::new() };
        Self { sender, wrap, batch, rows: 0 }
    }

    fn send(&mut self) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let empty = Batch { names: Arc::clone(&self.batch.names), cells: Vec::new(), bytes: Vec::new() };
        let full = std::mem::replace(&mut self.batch, empty);
        self.rows = 0;
        // Who asked is gone.
        self.sender.send((self.wrap)(full)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl<T> Sink for Pack<'_, T> {
    fn begin(&mut self, columns: &[ResultColumn]) -> io::Result<()> {
        self.send()?;
        self.batch.names = distinct(columns.iter().map(|column| column.name.as_str())).into();
        Ok(())
    }

    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        let Batch { cells, bytes, .. } = &mut self.batch;
        for column in 0..row.len() {
            cells.push(match row.cell(column) {
                Cell::Null => Packed::Null,
                Cell::Int(int) => Packed::Int(int),
                Cell::Real(real) => Packed::Real(real),
                Cell::Text(text) => {
                    bytes.extend_from_slice(text);
                    Packed::Text(text.len())
                }
                Cell::Blob(blob) => {
                    bytes.extend_from_slice(blob);
                    Packed::Blob(blob.len())
                }
            });
        }
        self.rows += 1;
        if self.rows >= ROWS || self.batch.bytes.len() >= BYTES { self.send() } else { Ok(()) }
    }

    fn end(&mut self) -> io::Result<()> {
        self.send()
    }
}

/// Makes dicts of batches.
#[derive(Default)]
pub(crate) struct Dicts<'py> {
    /// Of the statement whose rows came last.
    names: Option<Arc<[String]>>,
    keys: Vec<Bound<'py, PyString>>,
}

impl<'py> Dicts<'py> {
    /// Adds the rows of a batch to a list.
    pub(crate) fn add(&mut self, py: Python<'py>, batch: &Batch, list: &Bound<'py, PyList>) -> PyResult<()> {
        if !self.names.as_ref().is_some_and(|names| Arc::ptr_eq(names, &batch.names)) {
            self.keys = batch.names.iter().map(|name| PyString::new(py, name)).collect();
            self.names = Some(Arc::clone(&batch.names));
        }
        let mut bytes = batch.bytes.as_slice();
        for row in batch.cells.chunks(self.keys.len().max(1)) {
            let dict = PyDict::new(py);
            for (key, cell) in self.keys.iter().zip(row) {
                dict.set_item(key, object(py, cell, &mut bytes))?;
            }
            list.append(dict)?;
        }
        Ok(())
    }
}

fn object<'py>(py: Python<'py>, cell: &Packed, bytes: &mut &[u8]) -> Bound<'py, PyAny> {
    let mut cut = |length: usize| {
        let (taken, rest) = bytes.split_at_checked(length).unwrap_or_default();
        *bytes = rest;
        taken
    };
    match cell {
        Packed::Null => py.None().into_bound(py),
        Packed::Int(int) => integer(py, *int),
        Packed::Real(real) => PyFloat::new(py, *real).into_any(),
        Packed::Text(length) => text(py, cut(*length)),
        Packed::Blob(length) => PyBytes::new(py, cut(*length)).into_any(),
    }
}

fn integer(py: Python<'_>, int: i64) -> Bound<'_, PyAny> {
    PyInt::new(py, int).into_any()
}

/// Text as str; as bytes if it is not UTF-8.
fn text<'py>(py: Python<'py>, bytes: &[u8]) -> Bound<'py, PyAny> {
    match std::str::from_utf8(bytes) {
        Ok(text) => PyString::new(py, text).into_any(),
        Err(_) => PyBytes::new(py, bytes).into_any(),
    }
}

/// A value of a model as Python has it.
pub(crate) fn of_value<'py>(py: Python<'py>, value: &Value<'_>) -> Bound<'py, PyAny> {
    match value {
        Value::Null => py.None().into_bound(py),
        Value::Int(int) => integer(py, *int),
        Value::Real(real) => PyFloat::new(py, *real).into_any(),
        Value::Text(bytes) => text(py, bytes),
        Value::Blob(bytes) => PyBytes::new(py, bytes).into_any(),
    }
}
