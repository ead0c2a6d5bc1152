//! What the shell needs of the SQL engine.

pub(crate) use plumb_sql::analysis;
pub(crate) use plumb_sql::{Budget, Cell, Discard, Engine, ResultColumn, Row, Settings, Sink, SqlError, render_real};
