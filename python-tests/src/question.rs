//! What a model expects.

use crate::rows::of_value;
use plumb_conformance::generators::model;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

/// A question about a generated machine, and the rows that its model expects, in any order: see `Host.questions`.
///
/// table: the table that is in question
/// sql: the question
#[pyclass(module = "plumb", frozen)]
pub(crate) struct Question {
    #[pyo3(get)]
    table: &'static str,
    #[pyo3(get)]
    sql: String,
    rows: Py<PyList>,
}

impl Question {
    pub(crate) fn new(py: Python<'_>, question: &model::Question) -> PyResult<Self> {
        let names: Vec<String> = question.columns.iter().map(|name| format!("{name} AS \"{name}\"")).collect();
        let rows = PyList::empty(py);
        for expected in &question.rows {
            let row = PyDict::new(py);
            for (name, value) in question.columns.iter().zip(&expected.cells) {
                row.set_item(name, of_value(py, value))?;
            }
            rows.append(row)?;
        }
        let sql = format!("SELECT {} FROM {}", names.join(", "), question.from);
        Ok(Self { table: question.table, sql, rows: rows.unbind() })
    }
}

#[pymethods]
impl Question {
    /// The answer, as `Engine.query` gives it.
    #[getter]
    fn rows(&self, py: Python<'_>) -> Py<PyList> {
        self.rows.clone_ref(py)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("<plumb.Question {} of {} rows>", self.sql, self.rows.bind(py).len())
    }
}
