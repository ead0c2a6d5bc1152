//! The Python module `plumb`: the engine of this repository in the interpreter.

mod engine;

/// The native part of the package `plumb`, which re-exports it.
#[pyo3::pymodule]
mod _plumb {
    #[pymodule_export]
    use crate::engine::Engine;
}
