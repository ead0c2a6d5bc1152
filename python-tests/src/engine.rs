//! The class `Engine`.

use crate::arrow::{self, ArrowStream, Wish};
use crate::check::Diagnostic;
use crate::error::Trouble;
use crate::host;
use crate::notes::Note;
use crate::parameters::parameters;
use crate::rows::{Batch, Dicts, Pack};
use crate::schema;
use crate::worker::{Lent, Pool, Running, Said};
use plumb_schema::Platforms;
use plumb_sql::Budget;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

/// Batches that wait to become dicts.
const AHEAD: usize = 4;

enum Message {
    Batch(Batch),
    End(Said, Result<(), Trouble>),
}

/// Answers SQL about a machine.
///
/// root: what it is asked about: None for this machine; a path of a directory that is seen as a machine, or of a tar archive; a dict
///     of files (see `Host.files`); or a `Host`
/// platform: whose tables `schema` and `check` speak of ('linux', 'macos', 'windows'); queries run with those of this platform only
/// timeout: seconds that a statement may take
/// cpu: seconds of CPU that a statement may use
/// memory: bytes of rows that may be kept for a statement
/// max_rows: rows that a statement may give
///
/// An engine can be used from many threads at once. Each has a connection of its own, over one host: what a thread creates
/// (temporary tables, views) is its own. While SQL runs, no lock of Python's is held, and Ctrl-C stops it.
#[pyclass(module = "plumb", frozen)]
pub(crate) struct Engine {
    pool: Arc<Pool>,
    platform: Platforms,
    told: String,
}

/// Seconds as people say them.
fn seconds(name: &str, given: Option<f64>) -> PyResult<Option<Duration>> {
    let Some(given) = given else { return Ok(None) };
    let wrong = || PyValueError::new_err(format!("{name} must be a number of seconds above 0, not {given}"));
    match Duration::try_from_secs_f64(given) {
        Ok(duration) if !duration.is_zero() => Ok(Some(duration)),
        _ => Err(wrong()),
    }
}

impl Engine {
    fn lend(&self, py: Python<'_>) -> PyResult<Lent> {
        if self.platform != Platforms::CURRENT {
            let message = format!("tables of {} can be described and checked, not read here", self.platform);
            return Err(Trouble::new(message).raise(py));
        }
        py.detach(|| self.pool.take()).map_err(|trouble| trouble.raise(py))
    }
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (root=None, platform=None, *, timeout=None, cpu=None, memory=None, max_rows=None))]
    fn new(
        root: Option<&Bound<'_, PyAny>>,
        platform: Option<&str>,
        timeout: Option<f64>,
        cpu: Option<f64>,
        memory: Option<usize>,
        max_rows: Option<u64>,
    ) -> PyResult<Self> {
        let platform = schema::platform(platform)?;
        let (time, cpu) = (seconds("timeout", timeout)?, seconds("cpu", cpu)?);
        let budget = Budget { time, cpu, memory, rows: max_rows, ..Budget::default() };
        let (host, told) = host::of(root)?;
        Ok(Self { pool: Arc::new(Pool::new(host, budget)), platform, told })
    }

    /// Runs SQL and gives the rows of all its statements: a list of dicts, one a row, from names of columns to values.
    ///
    /// INTEGER is int, REAL float, TEXT str, BLOB bytes, NULL None; text that is not UTF-8 (names of files may be) is bytes.
    /// Of columns with one name the second is called `name:1`.
    ///
    /// params gives values for `?` by place (a sequence) or for `:name` by name (a mapping): None, bool, int, float, str or bytes.
    ///
    /// Raises SqlError, ConstraintError, BudgetError or Error.
    #[pyo3(signature = (sql, params=None))]
    fn query<'py>(
        &self,
        py: Python<'py>,
        sql: String,
        params: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let params = parameters(params)?;
        let job = move |engine: &mut plumb_sql::Engine, sender: &SyncSender<Message>| {
            let mut sink = Pack::new(sender, Message::Batch);
            let (result, said) = Said::hear(engine, |engine| engine.run_with(&sql, &params, &mut sink));
            let result = result.map_err(|error| Trouble::of(error, &sql, engine));
            drop(sender.send(Message::End(said, result)));
        };
        let running = Running::start(self.lend(py)?, AHEAD, job).map_err(|trouble| trouble.raise(py))?;
        let (rows, mut dicts) = (PyList::empty(py), Dicts::default());
        loop {
            match running.next(py)? {
                Message::Batch(batch) => {
                    dicts.add(py, &batch, &rows)?;
                    py.check_signals()?;
                }
                Message::End(said, result) => {
                    running.finish(Some(said));
                    return result.map(|()| rows).map_err(|trouble| trouble.raise(py));
                }
            }
        }
    }

    /// Runs one statement and gives its rows as a stream of Arrow batches, which pyarrow, pandas, polars and duckdb take as it is.
    ///
    /// Values are copied once, out of SQLite. The statement runs while the stream is read, at most two batches ahead, in a thread of
    /// its own; while it does, other statements of this thread have another connection.
    ///
    /// A column has its declared type (TEXT utf8, INTEGER, BIGINT and UNSIGNED BIGINT int64, DOUBLE float64, BLOB binary), and one
    /// that was not declared the type of its values in the first batch (utf8 if it has none). SQLite holds nobody to a declaration:
    /// where values of the first batch do not fit, the column has the first of these types that holds all of them without loss:
    /// float64 (integers up to 2^53), utf8 (numbers as SQLite writes them), binary. A later value that does not fit ends the stream
    /// with an error that names the column.
    ///
    /// params: see `query`
    /// types: types of columns by name ('int64', 'float64', 'utf8' or 'binary') instead of those
    /// batch_rows: rows of a batch
    #[pyo3(signature = (sql, params=None, *, types=None, batch_rows=65_536))]
    fn arrow(
        &self,
        py: Python<'_>,
        sql: String,
        params: Option<&Bound<'_, PyAny>>,
        types: Option<BTreeMap<String, String>>,
        batch_rows: usize,
    ) -> PyResult<ArrowStream> {
        arrow::stream(py, self.lend(py)?, Wish { sql, params, types: types.unwrap_or_default(), batch_rows })
    }

    /// Says what is wrong with SQL, or looks wrong, without running it: a list of `Diagnostic`, in the order of places.
    #[pyo3(signature = (sql, platform=None))]
    fn check(&self, py: Python<'_>, sql: String, platform: Option<&str>) -> PyResult<Vec<Diagnostic>> {
        let platform = platform.map_or(Ok(self.platform), |name| schema::platform(Some(name)))?;
        let lent = py.detach(|| self.pool.take()).map_err(|trouble| trouble.raise(py))?;
        lent.ask(py, move |engine| {
            let analysis =
                if platform == Platforms::CURRENT { engine.check(&sql) } else { engine.analyse_on(&sql, platform) };
            analysis.diagnostics.iter().map(|found| Diagnostic::new(found, &sql)).collect()
        })
    }

    /// The tables of a platform ('linux', 'macos' or 'windows'; that of the engine by default), by name: a dict of `Table`.
    #[pyo3(signature = (platform=None))]
    fn schema<'py>(&self, py: Python<'py>, platform: Option<&str>) -> PyResult<Bound<'py, PyDict>> {
        schema::of(py, platform.map_or(Ok(self.platform), |name| schema::platform(Some(name)))?)
    }

    /// What the last statement of this thread met that was odd: the first hundred notes. `note_count` counts all.
    #[getter]
    fn notes(&self) -> Vec<Note> {
        self.pool.said().notes.iter().map(Note::from).collect()
    }

    /// How many notes the last statement of this thread made.
    #[getter]
    fn note_count(&self) -> u64 {
        self.pool.said().count
    }

    /// What the last statement of this thread wants people to know: lines of text.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.pool.said().warnings.clone()
    }

    /// Whose tables `schema` and `check` speak of.
    #[getter]
    fn platform(&self) -> String {
        self.platform.name()
    }

    /// Whether it was closed.
    #[getter]
    fn closed(&self) -> bool {
        self.pool.is_closed()
    }

    /// Stops the statements that run now, in whatever thread: they raise SqlError ('interrupted').
    fn cancel(&self) {
        self.pool.cancel();
    }

    /// Ends all connections. What runs in other threads and streams goes on to its end.
    fn close(&self) {
        self.pool.close();
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyAny>) {
        self.close();
    }

    fn __repr__(&self) -> String {
        let closed = if self.closed() { ", closed" } else { "" };
        format!("<plumb.Engine over {}{closed}>", self.told)
    }
}
