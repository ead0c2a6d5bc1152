//! Notes: what was odd on the way to the rows.

use pyo3::prelude::*;

/// What was odd on the way to the rows: a file that cannot be read, a line that makes no sense, a power that is missing.
///
/// table: the table that met it
/// source: the file or other source
/// reason: what was wrong with it
#[pyclass(module = "plumb", frozen, eq, get_all)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    table: String,
    source: String,
    reason: String,
}

impl From<&plumb_schema::Note> for Note {
    fn from(note: &plumb_schema::Note) -> Self {
        Self { table: note.table.to_owned(), source: note.source.clone(), reason: note.reason.clone() }
    }
}

#[pymethods]
impl Note {
    fn __str__(&self) -> String {
        format!("{}: {}: {}", self.table, self.source, self.reason)
    }

    fn __repr__(&self) -> String {
        format!("<plumb.Note {}>", self.__str__())
    }
}
