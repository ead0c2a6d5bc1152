//! Plain SQLite over tables whose rows were copied out of another engine: what SQL means when nothing is pushed down.

use super::{Capabilities, Engine};
use crate::answer::{Cell, Row};
use crate::generators::query::Scope;
use plumb_schema::{
    AnyRows, AnyTable, Constraint, Cx, DeclaredTable, Op, Ops, Platforms, Request, Statement, Unattended, Value,
};
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

/// A table's declaration and rows, read once.
#[derive(Debug)]
pub struct Copy {
    /// How the table is declared.
    pub declared: DeclaredTable,
    /// What it was asked for.
    pub scopes: Vec<Scope>,
    /// Its rows, with the table's own columns.
    pub rows: Vec<Vec<Value<'static>>>,
}

impl Copy {
    /// Reads a table: all that a scan gives, or all that each choice of values of the scopes gives.
    #[must_use]
    pub fn read(host: &Arc<dyn plumb_host::Host>, table: &'static dyn AnyTable, scopes: Vec<Scope>) -> Self {
        let agent = Arc::new(Unattended(plumb_tables::registry()));
        let statement = Arc::new(Statement::new(Arc::clone(host), agent, plumb_host::Cancel::new()));
        let cx = Arc::new(Cx::new(table.name(), statement));
        let declared = DeclaredTable::new(table, Platforms::CURRENT);
        let mut rows = Vec::new();
        for choice in choices(table, &scopes) {
            let request = asked(table, &choice);
            let mut some = Vec::new();
            match choice.iter().find_map(|(column, value)| table.pick(&cx, *column, value, &request)) {
                Some(mut found) => collect(&mut *found, table.width(), &mut some),
                None => collect(&mut *table.scan(&cx, &request), table.width(), &mut some),
            }
            // A lookup may give too much.
            some.retain(|row| choice.iter().all(|(column, value)| row.get(*column) == Some(value)));
            rows.extend(some);
        }
        Self { declared, scopes, rows }
    }
}

/// Columns, and a value for each.
type Choice = Vec<(usize, Value<'static>)>;

/// Every choice of one value of each scope; where there are none, the choice of nothing.
fn choices(table: &'static dyn AnyTable, scopes: &[Scope]) -> Vec<Choice> {
    scopes.iter().fold(vec![Vec::new()], |choices, scope| {
        let column = table.specs().position(|spec| spec.name == scope.column);
        let values = scope.values.iter().filter_map(|literal| Some((column?, constant(literal)?)));
        let with = |value| choices.iter().map(move |choice| [choice.as_slice(), std::slice::from_ref(&value)].concat());
        values.flat_map(with).collect()
    })
}

/// A request for all columns of rows with some values.
fn asked(table: &'static dyn AnyTable, choice: &Choice) -> Request {
    let names = table.specs().map(|spec| spec.name).collect();
    let passed = choice.iter().filter(|(column, _)| table.spec(*column).uses.contains(Ops::EQ));
    let constraint = |(column, value): &(usize, Value<'static>)| Constraint {
        column: table.spec(*column).name,
        op: Op::Eq,
        values: vec![value.clone()],
    };
    Request::new(names, passed.map(constraint).collect())
}

fn collect(found: &mut dyn AnyRows, width: usize, rows: &mut Vec<Vec<Value<'static>>>) {
    while found.advance() {
        rows.push((0..width).map(|column| found.value(column).into_owned()).collect());
    }
}

/// What a literal of a scope stands for: a whole number or plain text.
fn constant(literal: &str) -> Option<Value<'static>> {
    if let Ok(int) = literal.parse() {
        return Some(Value::Int(int));
    }
    let text = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(Value::Text(text.replace("''", "'").into_bytes().into()))
}

impl Materialized {
    /// Copies the scans of some tables over a host.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn new(host: &Arc<dyn plumb_host::Host>, tables: &[&'static dyn AnyTable]) -> Result<Self, String> {
        let copies: Vec<Copy> = tables.iter().map(|table| Copy::read(host, *table, Vec::new())).collect();
        Self::of(&copies)
    }

    /// Tables with the rows of copies.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn of(copies: &[Copy]) -> Result<Self, String> {
        let connection = Connection::open_in_memory().map_err(|error| error.to_string())?;
        plumb_sql::collations::register(&connection).map_err(|error| error.to_string())?;
        for copy in copies {
            fill(&connection, copy).map_err(|error| format!("{}: {error}", copy.declared.name))?;
        }
        let tables = copies.iter().map(|copy| (copy.declared.name, copy.rows.len())).collect();
        Ok(Self { connection, tables })
    }

    /// The database, for what a row of text does not tell: types, and several statements.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }
}

fn fill(connection: &Connection, copy: &Copy) -> rusqlite::Result<()> {
    let declared = &copy.declared;
    let columns: Vec<String> = declared
        .columns
        .iter()
        .map(|column| {
            let collation = column.collation.sql();
            let collate = if collation.is_empty() { String::new() } else { format!(" COLLATE {collation}") };
            format!("`{}` {}{collate}", column.name, column.kind.sql())
        })
        .collect();
    connection.execute_batch(&format!("CREATE TABLE `{}` ({})", declared.name, columns.join(", ")))?;
    let marks = vec!["?"; declared.columns.len()].join(", ");
    let mut insert = connection.prepare(&format!("INSERT INTO `{}` VALUES ({marks})", declared.name))?;
    for row in &copy.rows {
        let cell = |source: usize| SqlValue(row.get(source).cloned().unwrap_or(Value::Null));
        insert.execute(rusqlite::params_from_iter(declared.columns.iter().map(|column| cell(column.source))))?;
    }
    Ok(())
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

    fn capabilities(&self) -> Capabilities {
        Capabilities { exact: true, steady: true, any_question: true, budget: false }
    }
}
