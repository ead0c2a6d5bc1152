//! What queries are made of.

use arbitrary::{Result, Unstructured};
use plumb_schema::{Collation, DeclaredTable, Type, Value};

/// What queries are made of.
#[derive(Clone, Debug)]
pub struct Material {
    /// The tables that may be named.
    pub tables: Vec<TableMaterial>,
}

/// A table and values that occur in it.
#[derive(Clone, Debug)]
pub struct TableMaterial {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<ColumnMaterial>,
    /// How many rows it has: joins of large tables are kept small.
    pub rows: usize,
    /// What the table is asked for wherever it stands; all that is known of it is known under this.
    pub scopes: Vec<Scope>,
    /// Some rows, their values as SQL literals in the order of the columns; none where a value is unknown or has no handy
    /// literal.
    pub sample: Vec<Vec<Option<String>>>,
}

/// What a table must be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The column.
    pub column: String,
    /// Its values, as SQL literals.
    pub values: Vec<String>,
    /// A column of which values that end with a slash are left out: a pattern finds directories as `/etc/`, which are
    /// entries of `/etc` then, but are not among them for one who asks for the directory alone.
    pub unmarked: Option<&'static str>,
}

impl Scope {
    /// Some values of a column, and all rows that have them.
    #[must_use]
    pub fn new(column: &str, values: Vec<String>) -> Self {
        Self { column: column.to_owned(), values, unmarked: None }
    }

    /// What is in directories, of a table in which `path` could find more.
    #[must_use]
    pub fn directories(values: Vec<String>) -> Self {
        Self { unmarked: Some("path"), ..Self::new("directory", values) }
    }

    /// The condition, with something before the columns.
    #[must_use]
    pub fn condition(&self, prefix: &str) -> String {
        let listed = format!("{prefix}{} IN ({})", quoted(&self.column), self.values.join(", "));
        [Some(listed), self.rest(prefix)].into_iter().flatten().collect::<Vec<_>>().join(" AND ")
    }

    /// What it says besides the values.
    pub(crate) fn rest(&self, prefix: &str) -> Option<String> {
        Some(format!("{prefix}{} NOT GLOB '*/'", quoted(self.unmarked?)))
    }
}

/// A column and values that occur in it.
#[derive(Clone, Debug)]
pub struct ColumnMaterial {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Type,
    /// How it compares; none where nobody says.
    pub collation: Option<Collation>,
    /// SQLite declares key columns NOT NULL and answers NULL tests without looking.
    pub key: bool,
    /// Values that occur, as SQL literals, in order.
    pub literals: Vec<String>,
}

impl TableMaterial {
    /// A table whose pool is filled from some of its rows. Columns that choose which rows there are, are left out unless
    /// they are required or `with_parameters`: a copy has no such choice.
    #[must_use]
    pub fn new(
        declared: &DeclaredTable,
        scopes: Vec<Scope>,
        rows: &[Vec<Value<'static>>],
        with_parameters: bool,
    ) -> Self {
        let usable = |column: &&plumb_schema::DeclaredColumn| {
            with_parameters || !column.spec.parameter || column.spec.options.contains(plumb_schema::Options::REQUIRED)
        };
        let columns: Vec<&plumb_schema::DeclaredColumn> = declared.columns.iter().filter(usable).collect();
        let sample = rows
            .iter()
            .map(|row| columns.iter().map(|column| row.get(column.source).and_then(literal)).collect())
            .collect();
        let columns = columns
            .into_iter()
            .map(|column| ColumnMaterial {
                name: column.name.to_owned(),
                kind: column.kind,
                collation: Some(column.collation),
                key: column.key,
                literals: Vec::new(),
            })
            .collect();
        Self { name: declared.name.to_owned(), columns, rows: rows.len(), scopes, sample }.with_pools()
    }

    /// Fills the columns' pools from the sample.
    #[must_use]
    pub fn with_pools(mut self) -> Self {
        for (place, column) in self.columns.iter_mut().enumerate() {
            column.literals = self.sample.iter().filter_map(|row| row.get(place)?.clone()).collect();
            column.literals.sort();
            column.literals.dedup();
        }
        self
    }

    /// Keeps some of the columns.
    pub fn keep(&mut self, keep: impl Fn(&ColumnMaterial) -> bool) {
        let kept: Vec<bool> = self.columns.iter().map(keep).collect();
        for row in &mut self.sample {
            let mut known = kept.iter();
            row.retain(|_| known.next().is_some_and(|known| *known));
        }
        let mut known = kept.iter();
        self.columns.retain(|_| known.next().is_some_and(|known| *known));
    }

    /// A column: one of which values are known, if one is met soon.
    ///
    /// # Errors
    /// When the table has no columns.
    pub fn column(&self, u: &mut Unstructured<'_>) -> Result<&ColumnMaterial> {
        let first = u.choose(&self.columns)?;
        if !first.literals.is_empty() {
            return Ok(first);
        }
        let second = u.choose(&self.columns)?;
        if second.literals.is_empty() { u.choose(&self.columns) } else { Ok(second) }
    }

    /// How the table stands in a FROM clause under an alias.
    #[must_use]
    pub fn from(&self, alias: &str) -> String {
        if self.scopes.is_empty() {
            return format!("{} AS {alias}", quoted(&self.name));
        }
        let conditions: Vec<String> = self.scopes.iter().map(|scope| scope.condition("")).collect();
        let (names, name) = (self.names(""), quoted(&self.name));
        format!("(SELECT {names} FROM {name} WHERE {}) AS {alias}", conditions.join(" AND "))
    }

    /// All columns, with something before each.
    #[must_use]
    pub fn names(&self, prefix: &str) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| format!("{prefix}\"{}\"", column.name)).collect();
        names.join(", ")
    }
}

/// A name, in quotes where it needs them.
#[must_use]
pub fn quoted(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !matches!(name, "group" | "groups" | "index" | "table" | "order" | "values" | "default");
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A value as a literal; none for what is unknown and for long text.
fn literal(value: &Value<'static>) -> Option<String> {
    match value {
        Value::Int(int) => Some(int.to_string()),
        Value::Real(real) => Some(format!("{real:?}")),
        Value::Text(text) if text.len() < 60 && !text.contains(&0) => Some(match std::str::from_utf8(text) {
            Ok(text) => format!("'{}'", text.replace('\'', "''")),
            Err(_) => format!("CAST(x'{}' AS TEXT)", hex(text)),
        }),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
