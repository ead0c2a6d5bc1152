//! Results as Arrow: the C stream interface over a statement that runs.
//!
//! The worker appends values to Arrow's buffers as SQLite gives them, which is the only copy, and hands whole batches to whoever
//! reads the stream, in whatever thread that is.

mod column;

use crate::error::Trouble;
use crate::parameters::parameters;
use crate::rows::distinct;
use crate::worker::{Lent, Running, Said};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{ArrowError, Field, Schema, SchemaRef};
use column::Values;
use plumb_sql::{ResultColumn, Row, Sink};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ThreadId;

/// Bytes of texts after which a batch is full, however few rows it has: offsets have 32 bits.
const BYTES: usize = 64 << 20;

/// Batches that wait for their reader.
const AHEAD: usize = 2;

/// What the worker tells.
enum Message {
    Schema(SchemaRef),
    Batch(RecordBatch),
    End(Said, Result<(), Trouble>),
}

/// A result that is read as Arrow: see `Engine.arrow`.
///
/// It has the methods of the Arrow PyCapsule interface, so pyarrow.table(), pandas.DataFrame.from_arrow(), polars.DataFrame() and
/// duckdb take it as it is. It can be read once. Ctrl-C stops the statement in the thread that asked: whoever reads there then raises
/// its own exception for a stream that failed, 'interrupted: KeyboardInterrupt'.
#[pyclass(module = "plumb", frozen)]
pub(crate) struct ArrowStream {
    schema: SchemaRef,
    reader: Mutex<Option<Reader>>,
}

#[pymethods]
impl ArrowStream {
    /// The stream as a capsule 'arrow_array_stream'. A schema that is asked for is not converted to.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The interface allows to give what there is.
        let _ = requested_schema;
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        let reader = reader.ok_or_else(|| Trouble::new("the stream was read already: ask again").raise(py))?;
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
    }

    /// The types of the columns as a capsule 'arrow_schema'.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(self.schema.as_ref());
        let schema = schema.map_err(|error| Trouble::new(error.to_string()).raise(py))?;
        PyCapsule::new_with_value(py, schema, c"arrow_schema")
    }

    /// The columns and their Arrow types, in order: [('pid', 'Int64'), …].
    #[getter]
    fn columns(&self) -> Vec<(String, String)> {
        self.schema.fields().iter().map(|field| (field.name().clone(), field.data_type().to_string())).collect()
    }

    /// Stops the statement and gives its connection back. A stream that somebody has taken ends by itself.
    fn close(&self) {
        drop(self.reader.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyAny>) {
        self.close();
    }

    fn __repr__(&self) -> String {
        let columns: Vec<String> = self.columns().iter().map(|(name, kind)| format!("{name}: {kind}")).collect();
        format!("<plumb.ArrowStream {}>", columns.join(", "))
    }
}

/// What a caller says of a stream.
pub(crate) struct Wish<'py> {
    pub(crate) sql: String,
    pub(crate) params: Option<&'py Bound<'py, PyAny>>,
    pub(crate) types: BTreeMap<String, String>,
    pub(crate) batch_rows: usize,
}

/// Begins a statement; its errors until the first batch are raised here.
pub(crate) fn stream(py: Python<'_>, lent: Lent, wish: Wish<'_>) -> PyResult<ArrowStream> {
    let Wish { sql, params, types, batch_rows } = wish;
    if batch_rows == 0 {
        return Err(PyValueError::new_err("batch_rows must be at least 1"));
    }
    if let Some((column, kind)) = types.iter().find(|(_, kind)| Values::named(kind).is_none()) {
        let message = format!("the type {kind:?} of {column} must be 'int64', 'float64', 'utf8' or 'binary'");
        return Err(PyValueError::new_err(message));
    }
    let params = parameters(params)?;
    let job = move |engine: &mut plumb_sql::Engine, sender: &SyncSender<Message>| {
        let mut sink = Batches {
            sender,
            types,
            batch_rows,
            names: Vec::new(),
            columns: Vec::new(),
            rows: 0,
            bytes: 0,
            schema: None,
        };
        let (result, said) = Said::hear(engine, |engine| engine.run_with(&sql, &params, &mut sink));
        let result = result.map_err(|error| Trouble::of(error, &sql, engine));
        drop(sender.send(Message::End(said, result)));
    };
    let running = Running::start(lent, AHEAD, job).map_err(|trouble| trouble.raise(py))?;
    match running.next(py)? {
        Message::Schema(schema) => {
            let reader =
                Reader { schema: Arc::clone(&schema), running: Some(running), home: std::thread::current().id() };
            Ok(ArrowStream { schema, reader: Mutex::new(Some(reader)) })
        }
        Message::Batch(_) => Err(Trouble::new("a batch came before its schema").raise(py)),
        Message::End(said, result) => {
            running.finish(Some(said));
            let trouble = result.err().unwrap_or_else(|| Trouble::new("the text has no statement that gives rows"));
            Err(trouble.raise(py))
        }
    }
}

/// Makes batches of rows.
struct Batches<'s> {
    sender: &'s SyncSender<Message>,
    types: BTreeMap<String, String>,
    batch_rows: usize,
    names: Vec<String>,
    columns: Vec<Column>,
    rows: usize,
    bytes: usize,
    /// Known to the reader since the first batch.
    schema: Option<SchemaRef>,
}

struct Column {
    values: Values,
    /// Somebody chose the type, or knows it.
    fixed: bool,
}

fn refused(trouble: Trouble) -> io::Error {
    io::Error::other(trouble)
}

impl Batches<'_> {
    fn send(&self, message: Message) -> io::Result<()> {
        // Who asked is gone.
        self.sender.send(message).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    /// A value that does not fit its column.
    fn misfit(&self, place: usize, kind: &str) -> io::Error {
        let name = self.names.get(place).map_or("", String::as_str);
        let column = self.columns.get(place).map(|column| column.values.kind().to_string()).unwrap_or_default();
        refused(Trouble {
            column: Some(name.into()),
            suggestion: Some(format!("types={{{name:?}: 'binary'}} takes everything; or CAST it in the SQL").into()),
            ..Trouble::new(format!("the column {name} is {column} since the first batch, and {kind} does not fit"))
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        let schema = match &self.schema {
            Some(schema) => Arc::clone(schema),
            None => self.fix()?,
        };
        let columns = self.columns.iter_mut().map(|column| column.values.finish()).collect();
        (self.rows, self.bytes) = (0, 0);
        let batch = RecordBatch::try_new(schema, columns).map_err(|error| refused(Trouble::new(error.to_string())))?;
        self.send(Message::Batch(batch))
    }

    /// From now on the types are known.
    fn fix(&mut self) -> io::Result<SchemaRef> {
        let fields =
            self.names.iter().zip(&self.columns).map(|(name, column)| Field::new(name, column.values.kind(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<Field>>()));
        self.columns.iter_mut().for_each(|column| column.fixed = true);
        self.schema = Some(Arc::clone(&schema));
        self.send(Message::Schema(Arc::clone(&schema)))?;
        Ok(schema)
    }
}

fn name_of(cell: plumb_sql::Cell<'_>) -> &'static str {
    match cell {
        plumb_sql::Cell::Null => "NULL",
        plumb_sql::Cell::Int(_) => "an integer",
        plumb_sql::Cell::Real(_) => "a real",
        plumb_sql::Cell::Text(text) if std::str::from_utf8(text).is_err() => "text that is not UTF-8",
        plumb_sql::Cell::Text(_) => "text",
        plumb_sql::Cell::Blob(_) => "a blob",
    }
}

impl Sink for Batches<'_> {
    fn begin(&mut self, columns: &[ResultColumn]) -> io::Result<()> {
        if !self.names.is_empty() {
            return Err(refused(Trouble::new("only one statement of the text may give rows")));
        }
        self.names = distinct(columns.iter().map(|column| column.name.as_str()));
        if let Some(unknown) = self.types.keys().find(|name| !self.names.contains(name)) {
            let message = format!("the result has no column {unknown} of which types= speaks");
            return Err(refused(Trouble { column: Some(unknown.as_str().into()), ..Trouble::new(message) }));
        }
        let asked = |name: &String| self.types.get(name).and_then(|kind| Values::named(kind));
        let column = |(name, column): (&String, &ResultColumn)| match asked(name) {
            Some(values) => Column { values, fixed: true },
            None => Column { values: Values::declared(&column.decltype), fixed: false },
        };
        self.columns = self.names.iter().zip(columns).map(column).collect();
        Ok(())
    }

    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        for (place, column) in self.columns.iter_mut().enumerate() {
            let cell = row.cell(place);
            if let plumb_sql::Cell::Text(bytes) | plumb_sql::Cell::Blob(bytes) = cell {
                self.bytes += bytes.len();
            }
            if !column.values.push(cell) {
                if column.fixed {
                    return Err(self.misfit(place, name_of(cell)));
                }
                column.values.widen(cell);
                if !column.values.push(cell) {
                    return Err(self.misfit(place, name_of(cell)));
                }
            }
        }
        self.rows += 1;
        if self.rows >= self.batch_rows || self.bytes >= BYTES { self.flush() } else { Ok(()) }
    }

    fn end(&mut self) -> io::Result<()> {
        if self.rows > 0 || self.schema.is_none() { self.flush() } else { Ok(()) }
    }
}

/// The batches of a statement that runs.
struct Reader {
    schema: SchemaRef,
    running: Option<Running<Message>>,
    /// The thread that asked: where it reads too, signals are heard.
    home: ThreadId,
}

impl Reader {
    fn fail(&mut self, message: &str) -> ArrowError {
        self.running = None;
        // It goes to C, where a NUL would end it.
        ArrowError::ExternalError(message.replace('\0', "\u{fffd}").into())
    }

    /// Looks for signals where Python hears them. Who reads a stream may hold the GIL or not; like every stream that is written in
    /// Python, this one takes it only in the thread that made it. What a handler raises becomes the reader's own exception: there is
    /// no way for another one through the C interface.
    fn interrupted(&mut self) -> Option<ArrowError> {
        if self.home != std::thread::current().id() {
            return None;
        }
        let raised = Python::try_attach(|py| py.check_signals().err().map(|error| error.to_string()));
        raised.flatten().map(|error| self.fail(&format!("interrupted: {}", error.trim_end_matches([':', ' ']))))
    }
}

impl Iterator for Reader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.running.as_ref()?.wait() {
                Ok(Message::Schema(_)) => {}
                Ok(Message::Batch(batch)) => return Some(Ok(batch)),
                Ok(Message::End(said, result)) => {
                    if let Some(running) = self.running.take() {
                        running.finish(Some(said));
                    }
                    return result.err().map(|trouble| Err(self.fail(&trouble.message)));
                }
                Err(RecvTimeoutError::Disconnected) => return Some(Err(self.fail(&crate::worker::ended().message))),
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(error) = self.interrupted() {
                        return Some(Err(error));
                    }
                }
            }
        }
    }
}

impl RecordBatchReader for Reader {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
