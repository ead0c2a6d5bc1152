//! Values for the parameters of statements, from Python.

use plumb_schema::Value;
use plumb_sql::Parameters;
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyFloat, PyInt, PyMapping, PySequence, PyString};

/// A sequence gives values by place, a mapping by name.
pub(crate) fn parameters(given: Option<&Bound<'_, PyAny>>) -> PyResult<Parameters> {
    let Some(given) = given else { return Ok(Parameters::Listed(Vec::new())) };
    if let Ok(named) = given.cast::<PyMapping>() {
        let items = named.items()?;
        let pair = |item: Bound<'_, PyAny>| {
            let (name, given): (String, Bound<'_, PyAny>) = item.extract()?;
            let given = value(&given)?;
            Ok((name, given))
        };
        return items.iter().map(pair).collect::<PyResult<_>>().map(Parameters::Named);
    }
    let is_text = given.is_instance_of::<PyString>() || given.is_instance_of::<PyBytes>();
    match given.cast::<PySequence>() {
        Ok(listed) if !is_text => {
            listed.try_iter()?.map(|given| value(&given?)).collect::<PyResult<_>>().map(Parameters::Listed)
        }
        _ => Err(PyTypeError::new_err(format!(
            "params must be a sequence or a mapping of values, not {}",
            given.get_type().name()?
        ))),
    }
}

fn value(given: &Bound<'_, PyAny>) -> PyResult<Value<'static>> {
    if given.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(truth) = given.cast::<PyBool>() {
        return Ok(Value::Int(truth.is_true().into()));
    }
    if given.is_instance_of::<PyInt>() {
        let int: Result<i64, _> = given.extract();
        return int.map(Value::Int).map_err(|_| {
            PyOverflowError::new_err(format!("{given} is too large: SQL has integers of 64 bits with a sign"))
        });
    }
    if let Ok(real) = given.cast::<PyFloat>() {
        return Ok(Value::Real(real.value()));
    }
    if let Ok(text) = given.cast::<PyString>() {
        return Ok(Value::Text(text.to_str()?.as_bytes().to_vec().into()));
    }
    if let Ok(bytes) = given.cast::<PyBytes>() {
        return Ok(Value::Blob(bytes.as_bytes().to_vec().into()));
    }
    if given.is_instance_of::<PyByteArray>() {
        return given.extract::<Vec<u8>>().map(|bytes| Value::Blob(bytes.into()));
    }
    Err(PyTypeError::new_err(format!(
        "a parameter can be None, bool, int, float, str, bytes or bytearray, not {}",
        given.get_type().name()?
    )))
}
