//! `auto_table_construction`: other people's SQLite files as tables. See [`copy`] for how they are read.
//!
//! Tables live as long as the program, as all tables do: a definition is made once, however often a configuration with it is
//! read, and a program makes no more than [`MOST`] of them.

mod copy;

use super::{Config, Constructed, file};
use copy::{Copied, MOST_BYTES};
use plumb_host::{Batch, Follow};
use plumb_schema::{
    AnyRows, AnyTable, Collation, Cost, Cx, Ops, Options, Platforms, Registry, Request, Spec, Type, Value,
};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The most definitions of one program's life.
const MOST: usize = 1000;

/// The most entries of directories that are looked at for a pattern.
const MOST_ENTRIES: usize = 100_000;

/// What makes a table: the same definition gives the same table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Definition {
    name: String,
    sql: String,
    path: String,
    columns: Vec<String>,
    /// Where files are copied to.
    spool: Option<PathBuf>,
}

/// A table that is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its name.
    pub name: String,
    /// Why not, as the log says it.
    pub line: String,
}

/// Adds the tables of a configuration that are for this platform; answers those that are not made. `spool` is a
/// directory for copies; without one they go where the system keeps temporary files.
pub fn add(registry: &mut Registry, config: &Config, spool: Option<&Path>) -> Vec<Refused> {
    let mut told = Vec::new();
    for (name, table) in config.constructed() {
        match make(registry, name, table, spool) {
            Ok(made) => registry.insert(made),
            Err(line) => told.push(Refused { name: name.to_owned(), line }),
        }
    }
    told
}

fn make(
    registry: &Registry,
    name: &str,
    table: &Constructed,
    spool: Option<&Path>,
) -> Result<&'static dyn AnyTable, String> {
    static MADE: Mutex<BTreeMap<Definition, &'static Made>> = Mutex::new(BTreeMap::new());
    let low = name.to_ascii_lowercase();
    let is_taken = |taken: &'static dyn AnyTable| taken.name() == low || taken.aliases().contains(&low.as_str());
    if registry.iter().any(is_taken) {
        return Err(format!("ATC Table: {name} overrides core table; Refusing registration"));
    }
    if !is_name(&low) {
        return Err(format!("ATC Table: Skipping {name} because it is no name for a table"));
    }
    let mut seen = HashSet::from(["path".to_owned()]);
    let is_odd = |column: &&String| {
        column.is_empty() || column.contains(['`', '\0']) || !seen.insert(column.to_ascii_lowercase())
    };
    if let Some(column) = table.columns.iter().find(is_odd) {
        return Err(format!(
            "ATC Table: Skipping {name} because of its column {column}: it is there twice, or no name"
        ));
    }
    let definition = Definition {
        name: low,
        sql: table.sql.clone(),
        path: table.path.clone(),
        columns: table.columns.clone(),
        spool: spool.map(Path::to_owned),
    };
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = made.get(&definition) {
        return Ok(*known);
    }
    if made.len() >= MOST {
        return Err(format!("ATC Table: Skipping {name} because there were {MOST} others since the start"));
    }
    let new: &'static Made = Box::leak(Box::new(Made::new(definition.clone())));
    made.insert(definition, new);
    Ok(new)
}

/// Whether a name can stand in a statement without quotes.
fn is_name(name: &str) -> bool {
    let plain = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let begins = name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_');
    let create = format!("CREATE TABLE {name}(a)");
    begins
        && name.len() <= 128
        && name.chars().all(plain)
        && !name.starts_with("sqlite_")
        && rusqlite::Connection::open_in_memory().is_ok_and(|connection| connection.execute_batch(&create).is_ok())
}

/// A table of a configuration.
struct Made {
    name: &'static str,
    specs: Vec<Spec>,
    definition: Arc<Definition>,
}

impl Made {
    fn new(definition: Definition) -> Self {
        let lasting = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
        let spec = |name: &str, doc: &'static str| Spec {
            name: lasting(name),
            kind: Type::Text,
            doc,
            on: Platforms::ALL,
            collation: Collation::Binary,
            options: Options::NONE,
            aliases: &[],
            uses: Ops::NONE,
            parameter: false,
        };
        let columns = definition.columns.iter().map(|name| spec(name, "Column of the configured query"));
        let specs = columns.chain([spec("path", "Path of the database")]).collect();
        Self { name: lasting(&definition.name), specs, definition: Arc::new(definition) }
    }
}

impl AnyTable for Made {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> &'static str {
        "What a query of the configuration gives of SQLite databases."
    }
    fn on(&self) -> Platforms {
        Platforms::ALL
    }
    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }
    fn unique(&self) -> bool {
        false
    }
    fn cost(&self) -> Cost {
        Cost { rows: 1000, row: 10 }
    }
    fn user_data(&self) -> bool {
        false
    }
    fn width(&self) -> usize {
        self.specs.len()
    }
    #[allow(clippy::indexing_slicing, reason = "documented: below width()")]
    fn spec(&self, column: usize) -> &Spec {
        &self.specs[column]
    }
    fn has_getter(&self, column: usize) -> bool {
        column < self.specs.len()
    }
    fn can_pick(&self, _column: usize) -> bool {
        false
    }
    fn scan(&self, cx: &Arc<Cx>, _request: &Request) -> Box<dyn AnyRows> {
        let paths = paths(cx, &self.definition.path);
        Box::new(Rows {
            cx: Arc::clone(cx),
            definition: Arc::clone(&self.definition),
            paths: paths.into_iter(),
            path: String::new(),
            rows: Vec::new().into_iter(),
            row: None,
        })
    }
    fn pick(&self, _: &Arc<Cx>, _: usize, _: &Value<'_>, _: &Request) -> Option<Box<dyn AnyRows>> {
        None
    }
}

/// The files that a pattern means on the host.
fn paths(cx: &Cx, pattern: &str) -> Vec<String> {
    let mut left = MOST_ENTRIES;
    let mut names = |directory: &str| {
        let mut found = Vec::new();
        let Some(dir) = cx.open_dir(directory.as_bytes()) else { return found };
        let Ok(mut list) = dir.list() else { return found };
        let mut batch = Batch::new();
        while left > 0 && !cx.is_cancelled() && list.next_batch(&mut batch).is_ok_and(|more| more) {
            left = left.saturating_sub(batch.len());
            found.extend(batch.iter().filter_map(|entry| String::from_utf8(entry.name.to_vec()).ok()));
        }
        found
    };
    let mut found = file::expand(pattern, &mut names);
    found.retain(|path| cx.host.root().stat(path.as_bytes(), Follow::Yes).is_ok());
    found
}

/// Rows, file by file.
struct Rows {
    cx: Arc<Cx>,
    definition: Arc<Definition>,
    paths: std::vec::IntoIter<String>,
    path: String,
    rows: std::vec::IntoIter<Vec<Box<[u8]>>>,
    row: Option<Vec<Box<[u8]>>>,
}

impl Rows {
    /// What the query gives of one file. A file that cannot be read is told, and does not stop the others.
    fn of(&self, path: &str) -> Vec<Vec<Box<[u8]>>> {
        let Definition { sql, columns, spool, .. } = &*self.definition;
        let copied = Copied::new(&self.cx, path, spool.as_deref());
        let read =
            copied.and_then(|copied| copied.ask(sql, columns, self.cx.cancel()).map_err(|error| error.to_string()));
        match read {
            Ok((rows, whole)) => {
                if !whole {
                    let reason = format_args!("more than {} MiB of rows: the rest is left out", MOST_BYTES >> 20);
                    self.cx.note(path.as_bytes(), reason);
                }
                rows
            }
            Err(why) => {
                self.cx.warn(format!(
                    "ATC Table: Error Code: 1 Could not generate data: Could not prepare database for path {path}: {why}"
                ));
                Vec::new()
            }
        }
    }
}

impl AnyRows for Rows {
    fn advance(&mut self) -> bool {
        loop {
            self.row = self.rows.next();
            if self.row.is_some() {
                return true;
            }
            let Some(path) = self.paths.next().filter(|_| !self.cx.is_cancelled()) else { return false };
            self.rows = self.of(&path).into_iter();
            self.path = path;
        }
    }

    fn value(&self, column: usize) -> Value<'_> {
        let Some(row) = &self.row else { return Value::Null };
        match row.get(column) {
            Some(cell) => Value::Text((&**cell).into()),
            None => Value::Text(self.path.as_bytes().into()),
        }
    }
}

#[cfg(test)]
mod tests;
