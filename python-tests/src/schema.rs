//! Tables and columns as declared.

use crate::worker::registry;
use plumb_schema::{AnyTable, DeclaredTable, Options, Platforms};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// A column of a table, as declared on a platform.
///
/// name: its name
/// type: TEXT, INTEGER, BIGINT, UNSIGNED BIGINT, DOUBLE or BLOB
/// doc: what it tells, with its unit
/// key: part of the primary key
/// hidden: not in `SELECT *`
/// required: the table cannot be read without one of its required columns being constrained
/// index: rows are looked up by it
/// additional: the declaration says that a constraint on it changes the answer
/// optimized: takes the values of an IN list all at once
/// collation: BINARY, NOCASE, VERSION, VERSION_DPKG or VERSION_RHEL
/// platforms: where it has values
/// alias_of: the column of which it is another name, or None
#[pyclass(module = "plumb", frozen, get_all)]
#[derive(Clone, Debug)]
pub(crate) struct Column {
    name: &'static str,
    r#type: &'static str,
    doc: &'static str,
    key: bool,
    hidden: bool,
    required: bool,
    index: bool,
    additional: bool,
    optimized: bool,
    collation: &'static str,
    platforms: Vec<String>,
    alias_of: Option<&'static str>,
}

#[pymethods]
impl Column {
    fn __repr__(&self) -> String {
        format!("<plumb.Column {} {}>", self.name, self.r#type)
    }
}

/// A table, as declared on a platform.
///
/// name: its name
/// doc: what it is about
/// columns: its columns in order, other names of columns last
/// aliases: other names of the table
/// platforms: where there is such a table
/// sql: the declaration as SQLite shows it
#[pyclass(module = "plumb", frozen, get_all)]
#[derive(Debug)]
pub(crate) struct Table {
    name: &'static str,
    doc: &'static str,
    columns: Vec<Py<Column>>,
    aliases: Vec<&'static str>,
    platforms: Vec<String>,
    sql: String,
}

#[pymethods]
impl Table {
    fn __repr__(&self) -> String {
        format!("<plumb.Table {} of {} columns>", self.name, self.columns.len())
    }
}

/// The platform of a name.
pub(crate) fn platform(name: Option<&str>) -> PyResult<Platforms> {
    let Some(name) = name else { return Ok(Platforms::CURRENT) };
    Platforms::EACH.into_iter().find(|platform| platform.name() == name).ok_or_else(|| {
        PyValueError::new_err(format!("there is no platform {name:?}: say 'linux', 'macos' or 'windows'"))
    })
}

/// The tables of a platform ('linux', 'macos' or 'windows'; this one by default), by name: a dict of `Table`.
#[pyfunction]
#[pyo3(signature = (platform=None))]
pub(crate) fn schema<'py>(py: Python<'py>, platform: Option<&str>) -> PyResult<Bound<'py, PyDict>> {
    of(py, self::platform(platform)?)
}

/// The tables of a platform.
pub(crate) fn of(py: Python<'_>, platform: Platforms) -> PyResult<Bound<'_, PyDict>> {
    let tables = PyDict::new(py);
    for table in registry().on(platform) {
        tables.set_item(table.name(), declared(py, table, platform)?)?;
    }
    Ok(tables)
}

fn names(platforms: Platforms) -> Vec<String> {
    Platforms::EACH.into_iter().filter(|one| platforms.contains(*one)).map(Platforms::name).collect()
}

fn declared(py: Python<'_>, table: &dyn AnyTable, platform: Platforms) -> PyResult<Table> {
    let declared = DeclaredTable::new(table, platform);
    let column = |column: &plumb_schema::DeclaredColumn| {
        let options = |option| column.spec.options.contains(option);
        let collation = column.collation.sql();
        Column {
            name: column.name,
            r#type: column.kind.sql(),
            doc: column.spec.doc,
            key: column.key,
            hidden: column.hidden,
            required: options(Options::REQUIRED),
            index: options(Options::INDEX),
            additional: options(Options::ADDITIONAL),
            optimized: options(Options::OPTIMIZED),
            collation: if collation.is_empty() { "BINARY" } else { collation },
            platforms: names(column.spec.on),
            alias_of: (column.name != column.spec.name).then_some(column.spec.name),
        }
    };
    let columns = declared.columns.iter().map(|declared| Py::new(py, column(declared)));
    Ok(Table {
        name: table.name(),
        doc: table.doc(),
        columns: columns.collect::<PyResult<_>>()?,
        aliases: table.aliases().to_vec(),
        platforms: names(table.on()),
        sql: format!("CREATE TABLE {}{}", table.name(), declared.sql()),
    })
}
