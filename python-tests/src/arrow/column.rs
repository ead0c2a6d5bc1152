//! A column of a batch: values as SQLite gives them, appended to Arrow's own buffers.
//!
//! While nobody has seen its type, a column changes it when a value does not fit: integers become floats if all of them are
//! exact, numbers become text as SQLite writes them, and text becomes bytes. Afterwards a value fits or the stream fails.

use arrow_array::builder::{BinaryBuilder, Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, StringArray, new_null_array};
use arrow_schema::DataType;
use plumb_sql::{Cell, render_real};
use std::io::Write as _;
use std::sync::Arc;

/// The values of a column.
pub(super) enum Values {
    /// Nothing but NULL, so many of them, and no type yet.
    Unknown(usize),
    Int(Int64Builder),
    Real(Float64Builder),
    Text(StringBuilder),
    Bytes(BinaryBuilder),
}

/// Integers up to here are exact as floats.
const EXACT: u64 = 1 << 53;

#[allow(clippy::cast_precision_loss, reason = "looked at before")]
fn exact(int: i64) -> Option<f64> {
    (int.unsigned_abs() <= EXACT).then_some(int as f64)
}

impl Values {
    /// For a column that was declared with a type; one without a type takes that of its values.
    pub(super) fn declared(decltype: &str) -> Self {
        match decltype {
            "TEXT" => Self::Text(StringBuilder::new()),
            "INTEGER" | "BIGINT" | "UNSIGNED BIGINT" => Self::Int(Int64Builder::new()),
            "DOUBLE" => Self::Real(Float64Builder::new()),
            "BLOB" => Self::Bytes(BinaryBuilder::new()),
            _ => Self::Unknown(0),
        }
    }

    /// For a type that somebody asked for.
    pub(super) fn named(name: &str) -> Option<Self> {
        let decltype = [("int64", "BIGINT"), ("float64", "DOUBLE"), ("utf8", "TEXT"), ("binary", "BLOB")]
            .into_iter()
            .find_map(|(known, decltype)| (known == name).then_some(decltype))?;
        Some(Self::declared(decltype))
    }

    /// The type. One that is not known yet will be text.
    pub(super) fn kind(&self) -> DataType {
        match self {
            Self::Int(_) => DataType::Int64,
            Self::Real(_) => DataType::Float64,
            Self::Unknown(_) | Self::Text(_) => DataType::Utf8,
            Self::Bytes(_) => DataType::Binary,
        }
    }

    /// Adds a value; false if it does not fit, and nothing was added.
    pub(super) fn push(&mut self, cell: Cell<'_>) -> bool {
        match (self, cell) {
            (Self::Int(values), Cell::Int(int)) => values.append_value(int),
            (Self::Text(values), Cell::Text(text)) => match std::str::from_utf8(text) {
                Ok(text) => values.append_value(text),
                Err(_) => return false,
            },
            (Self::Real(values), Cell::Real(real)) => values.append_value(real),
            (Self::Int(values), Cell::Null) => values.append_null(),
            (Self::Text(values), Cell::Null) => values.append_null(),
            (Self::Real(values), Cell::Null) => values.append_null(),
            (Self::Bytes(values), Cell::Null) => values.append_null(),
            (Self::Unknown(nulls), Cell::Null) => *nulls += 1,
            (Self::Real(values), Cell::Int(int)) => match exact(int) {
                Some(real) => values.append_value(real),
                None => return false,
            },
            (Self::Text(values), Cell::Int(int)) => append(values, int),
            (Self::Text(values), Cell::Real(real)) => values.append_value(render_real(real)),
            (Self::Bytes(values), Cell::Text(bytes) | Cell::Blob(bytes)) => values.append_value(bytes),
            (Self::Bytes(values), Cell::Int(int)) => values.append_value(int.to_string()),
            (Self::Bytes(values), Cell::Real(real)) => values.append_value(render_real(real)),
            _ => return false,
        }
        true
    }

    /// Changes the type so that a value fits which does not.
    pub(super) fn widen(&mut self, cell: Cell<'_>) {
        let before = std::mem::replace(self, Self::Unknown(0));
        *self = match (before, cell) {
            (Self::Unknown(nulls), cell) => after_nulls(nulls, cell),
            (Self::Int(mut values), Cell::Real(_)) => {
                let values = values.finish();
                match reals(&values) {
                    Some(reals) => Self::Real(reals),
                    None => Self::Text(texts(&values, |int| int.to_string())),
                }
            }
            (Self::Int(mut values), Cell::Text(text)) => {
                Self::Text(texts(&values.finish(), |int| int.to_string())).for_text(text)
            }
            (Self::Real(mut values), Cell::Text(text)) => Self::Text(reals_as_text(&values.finish())).for_text(text),
            (Self::Real(mut values), Cell::Int(_)) => Self::Text(reals_as_text(&values.finish())),
            (Self::Int(mut values), _) => Self::Bytes(bytes(&texts(&values.finish(), |int| int.to_string()).finish())),
            (Self::Real(mut values), _) => Self::Bytes(bytes(&reals_as_text(&values.finish()).finish())),
            (Self::Text(mut values), _) => Self::Bytes(bytes(&values.finish())),
            (Self::Bytes(values), _) => Self::Bytes(values),
        };
    }

    /// As it is if it can hold this text, and as bytes otherwise.
    fn for_text(self, text: &[u8]) -> Self {
        match self {
            Self::Text(mut values) if std::str::from_utf8(text).is_err() => Self::Bytes(bytes(&values.finish())),
            other => other,
        }
    }

    /// The values since the last call. Those that follow are expected to need as much room.
    pub(super) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Unknown(nulls) => {
                let array = new_null_array(&DataType::Utf8, *nulls);
                *self = Self::Text(StringBuilder::new());
                array
            }
            Self::Int(values) => {
                let array = values.finish();
                *values = Int64Builder::with_capacity(array.len());
                Arc::new(array)
            }
            Self::Real(values) => {
                let array = values.finish();
                *values = Float64Builder::with_capacity(array.len());
                Arc::new(array)
            }
            Self::Text(values) => {
                let array = values.finish();
                *values = StringBuilder::with_capacity(array.len(), room(array.value_data()));
                Arc::new(array)
            }
            Self::Bytes(values) => {
                let array = values.finish();
                *values = BinaryBuilder::with_capacity(array.len(), room(array.value_data()));
                Arc::new(array)
            }
        }
    }
}

/// Room for texts that are a little longer than the last ones.
fn room(bytes: &[u8]) -> usize {
    bytes.len() + bytes.len() / 8
}

/// Without a detour over a string of its own.
fn append(values: &mut StringBuilder, int: i64) {
    let mut digits = [0_u8; 20];
    let mut rest: &mut [u8] = &mut digits;
    // 20 bytes hold every number of 64 bits and its sign.
    let _ = write!(rest, "{int}");
    let left = rest.len();
    let written = digits.get(..digits.len() - left).unwrap_or_default();
    values.append_value(std::str::from_utf8(written).unwrap_or_default());
}

fn after_nulls(nulls: usize, cell: Cell<'_>) -> Values {
    let mut values = match cell {
        Cell::Null => return Values::Unknown(nulls),
        Cell::Int(_) => Values::Int(Int64Builder::new()),
        Cell::Real(_) => Values::Real(Float64Builder::new()),
        Cell::Text(text) if std::str::from_utf8(text).is_ok() => Values::Text(StringBuilder::new()),
        Cell::Text(_) | Cell::Blob(_) => Values::Bytes(BinaryBuilder::new()),
    };
    for _ in 0..nulls {
        values.push(Cell::Null);
    }
    values
}

fn reals(ints: &Int64Array) -> Option<Float64Builder> {
    let mut reals = Float64Builder::with_capacity(ints.len());
    for int in ints {
        match int {
            Some(int) => reals.append_value(exact(int)?),
            None => reals.append_null(),
        }
    }
    Some(reals)
}

fn texts(ints: &Int64Array, write: impl Fn(i64) -> String) -> StringBuilder {
    let mut texts = StringBuilder::new();
    ints.iter().for_each(|int| texts.append_option(int.map(&write)));
    texts
}

fn reals_as_text(reals: &Float64Array) -> StringBuilder {
    let mut texts = StringBuilder::new();
    reals.iter().for_each(|real| texts.append_option(real.map(render_real)));
    texts
}

fn bytes(texts: &StringArray) -> BinaryBuilder {
    let mut bytes = BinaryBuilder::with_capacity(texts.len(), texts.value_data().len());
    texts.iter().for_each(|text| bytes.append_option(text));
    bytes
}
