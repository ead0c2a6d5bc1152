//! Rows with columns in order and values with types.

use super::{Class, Value};
use crate::answer::{Difference, Row};
use crate::engines::embedded::Embedded;
use plumb_sql::{Cell, ResultColumn, Sink};
use rusqlite::Connection;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::types::ValueRef;
use std::io;

/// Rows that are shown of a difference.
const SHOWN: usize = 5;

/// What a query gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Value>>,
}

impl Table {
    /// Holds what was got against this: rows in any order unless `ordered`.
    pub(super) fn same(&self, got: &Self, ordered: bool) -> Result<(), (Class, String)> {
        // Where there are no rows, a shell tells no columns.
        if self.columns != got.columns && !(self.rows.is_empty() && got.rows.is_empty()) {
            return Err((Class::Rows, format!("  columns {:?} instead of {:?}\n", got.columns, self.columns)));
        }
        let difference = Difference::between(&self.comparable(), &got.comparable());
        if !difference.is_empty() {
            let class = match (difference.missing.is_empty(), difference.extra.is_empty()) {
                (false, true) => Class::Missing,
                (true, false) => Class::Extra,
                _ => Class::Rows,
            };
            return Err((class, difference.show(SHOWN)));
        }
        match self.rows.iter().zip(&got.rows).position(|(expected, got)| expected != got) {
            Some(place) if ordered => Err((Class::Order, format!("  row {} is in another place\n", place + 1))),
            _ => Ok(()),
        }
    }

    /// Rows for a comparison of multisets: columns are told apart by their place.
    fn comparable(&self) -> Vec<Row> {
        let name = |place: usize| {
            let name = self.columns.get(place).map_or("", String::as_str);
            let before = self.columns.iter().take(place).filter(|other| *other == name).count();
            if before == 0 { name.to_owned() } else { format!("{name} ({})", before + 1) }
        };
        let cell = |(place, value): (usize, &Value)| (name(place), Some(value.literal().into_bytes()));
        self.rows.iter().map(|row| row.iter().enumerate().map(cell).collect()).collect()
    }

    /// The same with other columns first. A name that comes twice means the last, as in JSON.
    pub(super) fn in_order_of(&self, columns: &[String]) -> Self {
        let mut places: Vec<usize> =
            columns.iter().filter_map(|name| self.columns.iter().rposition(|own| own == name)).collect();
        let others = (0..self.columns.len()).filter(|place| {
            let name = self.columns.get(*place);
            !columns.iter().any(|known| Some(known) == name)
        });
        places.extend(others.collect::<Vec<_>>());
        let pick = |row: &Vec<Value>| places.iter().filter_map(|place| row.get(*place).cloned()).collect();
        let names = places.iter().filter_map(|place| self.columns.get(*place).cloned()).collect();
        Self { columns: names, rows: self.rows.iter().map(pick).collect() }
    }

    /// As a shell prints it: nothing but text.
    pub(super) fn printed(&self, columns: &[String]) -> Self {
        let ordered = self.in_order_of(columns);
        let text = |value: &Value| {
            // JSON is valid UTF-8 whatever the host holds.
            Value::Text(String::from_utf8_lossy(&value.printed()).into_owned().into_bytes())
        };
        Self { rows: ordered.rows.iter().map(|row| row.iter().map(text).collect()).collect(), ..ordered }
    }

    /// The values of the first row's first column, as a number.
    pub(super) fn number(&self) -> Option<i64> {
        match self.rows.first()?.first()? {
            Value::Int(int) => Some(*int),
            Value::Text(text) => std::str::from_utf8(text).ok()?.parse().ok(),
            _ => None,
        }
    }
}

#[derive(Default)]
struct Collect(Table);

impl Sink for Collect {
    fn begin(&mut self, columns: &[ResultColumn]) -> io::Result<()> {
        self.0 = Table { columns: columns.iter().map(|column| column.name.clone()).collect(), rows: Vec::new() };
        Ok(())
    }

    fn row(&mut self, row: &plumb_sql::Row<'_>) -> io::Result<()> {
        let value = |place| match row.cell(place) {
            Cell::Null => Value::Null,
            Cell::Int(int) => Value::Int(int),
            Cell::Real(real) => Value::real(real),
            Cell::Text(bytes) => Value::Text(bytes.to_vec()),
            Cell::Blob(bytes) => Value::Blob(bytes.to_vec()),
        };
        self.0.rows.push((0..row.len()).map(value).collect());
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the last statement gives in this agent.
pub(super) fn embedded(engine: &mut Embedded, sql: &str) -> Result<Table, String> {
    let mut collect = Collect::default();
    engine.engine.run(sql, &mut collect).map_err(|error| error.to_string())?;
    Ok(collect.0)
}

/// What the last statement gives in plain SQLite.
pub(super) fn sqlite(connection: &Connection, sql: &str) -> Result<Table, String> {
    let ask = || -> rusqlite::Result<Table> {
        let mut table = Table::default();
        let mut batch = rusqlite::Batch::new(connection, sql);
        while let Some(mut statement) = batch.next()? {
            let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
            let mut rows = Vec::new();
            let mut found = statement.query(())?;
            while let Some(row) = found.next()? {
                let value = |place| {
                    Ok(match row.get_ref(place)? {
                        ValueRef::Null => Value::Null,
                        ValueRef::Integer(int) => Value::Int(int),
                        ValueRef::Real(real) => Value::real(real),
                        ValueRef::Text(bytes) => Value::Text(bytes.to_vec()),
                        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
                    })
                };
                rows.push((0..columns.len()).map(value).collect::<rusqlite::Result<_>>()?);
            }
            table = Table { columns, rows };
        }
        Ok(table)
    };
    ask().map_err(|error| match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message,
        rusqlite::Error::SqlInputError { msg, .. } => msg,
        other => other.to_string(),
    })
}
