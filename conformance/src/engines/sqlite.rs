//! Plain SQLite over tables whose rows were copied out of another engine: what SQL means when nothing is pushed down.

use super::Engine;
use crate::answer::{Cell, Row};
use plumb_schema::{AnyTable, Cx, DeclaredTable, Platforms, Request, Statement, Unattended, Value};
use plumb_sql::render_real;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub struct Materialized {
    connection: Connection,
    /// Tables with rows, and how many.
    pub tables: Vec<(&'static str, usize)>,
}

impl Materialized {
    /// Copies the scans of some tables over a host.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn new(host: &Arc<dyn plumb_host::Host>, tables: &[&'static dyn AnyTable]) -> Result<Self, String> {
        let connection = Connection::open_in_memory().map_err(|error| error.to_string())?;
        plumb_sql::collations::register(&connection).map_err(|error| error.to_string())?;
        let mut copied = Vec::new();
        for table in tables {
            let rows = copy(&connection, host, *table).map_err(|error| format!("{}: {error}", table.name()))?;
            copied.push((table.name(), rows));
        }
        Ok(Self { connection, tables: copied })
    }

    /// The database, for what a row of text does not tell: types, and several statements.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }
}

fn copy(
    connection: &Connection,
    host: &Arc<dyn plumb_host::Host>,
    table: &'static dyn AnyTable,
) -> rusqlite::Result<usize> {
    let declared = DeclaredTable::new(table, Platforms::CURRENT);
    let columns: Vec<String> = declared
        .columns
        .iter()
        .map(|column| {
            let collation = column.collation.sql();
            let collate = if collation.is_empty() { String::new() } else { format!(" COLLATE {collation}") };
            format!("`{}` {}{collate}", column.name, column.kind.sql())
        })
        .collect();
    connection.execute_batch(&format!("CREATE TABLE {} ({})", table.name(), columns.join(", ")))?;
    let marks = vec!["?"; declared.columns.len()].join(", ");
    let mut insert = connection.prepare(&format!("INSERT INTO {} VALUES ({marks})", table.name()))?;
    let agent = Arc::new(Unattended(plumb_tables::registry()));
    let statement = Arc::new(Statement::new(Arc::clone(host), agent, plumb_host::Cancel::new()));
    let cx = Arc::new(Cx::new(table.name(), statement));
    let mut rows = table.scan(&cx, &Request::all(table.specs()));
    let mut count = 0;
    while rows.advance() {
        let cells: Vec<SqlValue> =
            declared.columns.iter().map(|column| SqlValue(rows.value(column.source).into_owned())).collect();
        insert.execute(rusqlite::params_from_iter(cells))?;
        count += 1;
    }
    Ok(count)
}

struct SqlValue(Value<'static>);

impl rusqlite::ToSql for SqlValue {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(rusqlite::types::ToSqlOutput::Borrowed(match &self.0 {
            Value::Null => ValueRef::Null,
            Value::Int(int) => ValueRef::Integer(*int),
            Value::Real(real) => ValueRef::Real(*real),
            Value::Text(text) => ValueRef::Text(text),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl Engine for Materialized {
    fn ask(&mut self, sql: &str) -> Result<Vec<Row>, String> {
        let ask = || -> rusqlite::Result<Vec<Row>> {
            let mut stmt = self.connection.prepare(sql)?;
            let names: Vec<String> = stmt.column_names().map(str::to_owned).collect();
            let mut found = stmt.query(())?;
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                let cell = |place| -> rusqlite::Result<Cell> {
                    Ok(match row.get_ref(place)? {
                        ValueRef::Null => None,
                        ValueRef::Integer(int) => Some(int.to_string().into_bytes()),
                        ValueRef::Real(real) => Some(render_real(real).into_bytes()),
                        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes.to_vec()),
                    })
                };
                let cells = names.iter().enumerate().map(|(place, name)| Ok((name.clone(), cell(place)?)));
                rows.push(cells.collect::<rusqlite::Result<Row>>()?);
            }
            Ok(rows)
        };
        ask().map_err(|error| match error {
            rusqlite::Error::SqliteFailure(_, Some(message)) => message,
            rusqlite::Error::SqlInputError { msg, .. } => msg,
            other => other.to_string(),
        })
    }
}
