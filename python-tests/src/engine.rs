//! The class `Engine`.

use plumb_host::{Host, Live, Rooted};
use plumb_schema::Unattended;
use plumb_sql::{Budget, Cell, ResultColumn, Row, Settings, Sink};
use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Answers SQL about a machine.
#[pyclass(module = "plumb", frozen)]
pub(crate) struct Engine(Mutex<plumb_sql::Engine>);

#[pymethods]
impl Engine {
    /// An engine over this machine, or over a directory that is seen as one.
    #[new]
    #[pyo3(signature = (root=None))]
    fn new(root: Option<PathBuf>) -> PyResult<Self> {
        let host: Arc<dyn Host> = match &root {
            None => Arc::new(Live::new()?),
            Some(root) => Arc::new(Rooted::open(root).map_err(|error| PyOSError::new_err(error.to_string()))?),
        };
        let registry = plumb_tables::registry();
        let agent = Arc::new(Unattended(registry.clone()));
        let settings = Settings { registry, host, agent, budget: Budget::default(), planner: false };
        let engine = plumb_sql::Engine::open(settings).map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(Self(Mutex::new(engine)))
    }

    /// The rows that a text of SQL gives, as dicts.
    fn query<'py>(&self, py: Python<'py>, sql: &str) -> PyResult<Bound<'py, PyList>> {
        let collected = py.detach(|| {
            let mut rows = Rows::default();
            let mut engine = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            engine.run(sql, &mut rows).map(|()| rows)
        });
        let rows = collected.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        let list = PyList::empty(py);
        for (names, cells) in &rows.rows {
            let dict = PyDict::new(py);
            for (name, cell) in rows.names.get(*names).into_iter().flatten().zip(cells) {
                match cell {
                    Value::Null => dict.set_item(name, py.None())?,
                    Value::Int(int) => dict.set_item(name, int)?,
                    Value::Real(real) => dict.set_item(name, real)?,
                    Value::Bytes(bytes) => dict.set_item(name, PyBytes::new(py, bytes))?,
                    Value::Text(bytes) => match std::str::from_utf8(bytes) {
                        Ok(text) => dict.set_item(name, PyString::new(py, text))?,
                        Err(_) => dict.set_item(name, PyBytes::new(py, bytes))?,
                    },
                }
            }
            list.append(dict)?;
        }
        Ok(list)
    }
}

enum Value {
    Null,
    Int(i64),
    Real(f64),
    Text(Vec<u8>),
    Bytes(Vec<u8>),
}

#[derive(Default)]
struct Rows {
    names: Vec<Vec<String>>,
    rows: Vec<(usize, Vec<Value>)>,
}

impl Sink for Rows {
    fn begin(&mut self, columns: &[ResultColumn]) -> io::Result<()> {
        self.names.push(columns.iter().map(|column| column.name.clone()).collect());
        Ok(())
    }

    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        let cell = |place| match row.cell(place) {
            Cell::Null => Value::Null,
            Cell::Int(int) => Value::Int(int),
            Cell::Real(real) => Value::Real(real),
            Cell::Text(bytes) => Value::Text(bytes.to_vec()),
            Cell::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        };
        self.rows.push((self.names.len().saturating_sub(1), (0..row.len()).map(cell).collect()));
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}
