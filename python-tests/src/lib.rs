//! The Python module `plumb`: the engine of this repository, its model hosts and its oracles in an interpreter.
//!
//! Statements run in threads of their own ([`worker`]), each of which has a connection; a thread of Python waits for its worker
//! without holding the GIL, and looks for signals meanwhile. So nothing that runs SQL ever waits for Python, and whoever waits
//! for SQL can be interrupted.

mod arrow;
mod check;
mod engine;
mod error;
mod files;
mod host;
mod list;
mod notes;
mod oracle;
mod parameters;
mod question;
mod rows;
mod schema;
mod worker;

/// The native part of the package `plumb`, which re-exports it.
#[pyo3::pymodule]
mod _plumb {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::arrow::ArrowStream;
    #[pymodule_export]
    use crate::check::Diagnostic;
    #[pymodule_export]
    use crate::engine::Engine;
    #[pymodule_export]
    use crate::files::File;
    #[pymodule_export]
    use crate::host::Host;
    #[pymodule_export]
    use crate::notes::Note;
    #[pymodule_export]
    use crate::oracle::{Oracle, Verdict, oracle, oracles};
    #[pymodule_export]
    use crate::question::Question;
    #[pymodule_export]
    use crate::schema::{Column, Table, schema};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        crate::error::declare(module)
    }
}
