//! What an engine's database holds, for the analysis of texts, and what SQLite itself says of a statement.

use super::{Engine, Unprepared, lock};
use crate::SqlError;
use crate::analysis::{self, Analysis, Catalogue, Code, Diagnostic, Functions, Shape, ShapeColumn};
use plumb_schema::Platforms;
use rusqlite::ffi;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What was found out about the database, kept while it holds.
#[derive(Default)]
pub(super) struct Known {
    functions: OnceCell<Arc<Functions>>,
    /// Table-valued functions and SQLite's own tables; `None` for names that are no such thing.
    built_in: RefCell<BTreeMap<String, Option<Shape>>>,
    /// The statements that made tables and views in this session, by name in lower case.
    made: RefCell<Option<Arc<BTreeMap<String, String>>>>,
}

impl Known {
    /// Forgets what a statement that changes the schema has changed.
    pub(super) fn forget(&self) {
        *self.made.borrow_mut() = None;
    }
}

/// What SQLite's authorizer saw while a statement was prepared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// The columns that are read, by table. A table of which no column is read stands with an empty column.
    pub columns: BTreeSet<(String, String)>,
    /// How long the statement is, in bytes.
    pub length: usize,
    /// The names of its result columns.
    pub results: Vec<String>,
}

impl Engine {
    /// Says what a text means, without running it.
    #[must_use]
    pub fn analyse(&self, sql: &str) -> Analysis {
        self.analyse_on(sql, Platforms::CURRENT)
    }

    /// As [`Engine::analyse`], with the tables of another platform.
    #[must_use]
    pub fn analyse_on(&self, sql: &str, platform: Platforms) -> Analysis {
        analysis::analyse(sql, &self.catalogue(sql, platform))
    }

    /// As [`Engine::analyse`]; what is right as far as names go is prepared too, which finds what only planning can know.
    #[must_use]
    pub fn check(&self, sql: &str) -> Analysis {
        let mut analysis = self.analyse(sql);
        if analysis.has_errors() {
            return analysis;
        }
        for statement in &analysis.statements {
            let Some(text) = sql.get(statement.span.clone()) else { continue };
            match self.reads(text) {
                Ok(reads) if reads.results.is_empty() => break,
                Ok(_) => {}
                Err(SqlError::Sql { message, code, span, help }) => {
                    let start = statement.span.start;
                    let span = span.map_or(statement.span.clone(), |span| span.start + start..span.end + start);
                    let refused = if code == ffi::SQLITE_CONSTRAINT { Code::MissingConstraint } else { Code::Refused };
                    let help = (!help.is_empty()).then(|| help.join("; "));
                    analysis.diagnostics.push(Diagnostic::error(refused, span, message).with_help(help));
                    break;
                }
                Err(SqlError::Output(_) | SqlError::Budget { .. }) => break,
            }
        }
        lock(&self.heard).denied.clear();
        analysis
    }

    /// What SQLite reads for the first statement of a text. It is not run.
    ///
    /// # Errors
    /// As [`Engine::run`], as far as preparing goes.
    pub fn reads(&self, sql: &str) -> Result<Reads, SqlError> {
        self.shared.planned().reset();
        // Tables are connected when they are first named, and their declarations are read then.
        drop(self.prepare(sql, false));
        self.listening.store(true, Ordering::Relaxed);
        let _catalog;
        let prepared = match self.prepare(sql, false) {
            Err(Unprepared::WantsCatalog) => {
                _catalog = self.catalog()?;
                self.prepare(sql, true)
            }
            prepared => prepared,
        };
        self.listening.store(false, Ordering::Relaxed);
        let columns = std::mem::take(&mut lock(&self.heard).reads);
        let (stmt, length) = prepared.map_err(|unprepared| self.improve(unprepared.into(), sql))?;
        let may_lose = self.shared.planned().may_lose();
        let stmt = match stmt {
            Some(stmt) if may_lose && !stmt.is_explain() => Some(self.without_loss(sql, stmt)?.0),
            stmt => stmt,
        };
        let names = |stmt: crate::raw::Stmt<'_>| (0..stmt.columns()).map(|column| stmt.name(column)).collect();
        Ok(Reads { columns, length, results: stmt.map(names).unwrap_or_default() })
    }

    /// What the names in a text can stand for.
    fn catalogue(&self, sql: &str, platform: Platforms) -> Catalogue {
        let registry = self.settings.registry.clone();
        let mut catalogue = Catalogue::new(registry, platform, self.known_functions(), self.made());
        for name in self.dropped.borrow().iter() {
            catalogue.remove(name);
        }
        catalogue.tell_of(self.outlines);
        let mut words = analysis::words(sql);
        if words.contains("sqlite_master") {
            // `temp.sqlite_master` is another table.
            words.insert("sqlite_temp_master".to_owned());
        }
        for name in words {
            if let Some(shape) = self.built_in(&name) {
                catalogue.add(&name, shape);
            }
        }
        catalogue
    }

    fn known_functions(&self) -> Arc<Functions> {
        let found = || -> rusqlite::Result<Functions> {
            let mut functions = Functions::new();
            let mut list = self.connection.prepare("SELECT name, narg FROM pragma_function_list")?;
            let rows = list.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
            for row in rows {
                let (name, arguments) = row?;
                functions.entry(name.to_ascii_lowercase()).or_default().push(arguments);
            }
            Ok(functions)
        };
        Arc::clone(self.known.functions.get_or_init(|| Arc::new(found().unwrap_or_default())))
    }

    /// The statements that made tables and views.
    fn made(&self) -> Arc<BTreeMap<String, String>> {
        const SQL: &str = "SELECT name, sql FROM main.sqlite_master WHERE type IN ('table', 'view') AND sql IS NOT NULL \
                           UNION ALL SELECT name, sql FROM temp.sqlite_master WHERE type IN ('table', 'view') AND sql IS NOT NULL";
        let found = || -> rusqlite::Result<BTreeMap<String, String>> {
            let mut list = self.connection.prepare(SQL)?;
            let rows = list.query_map([], |row| Ok((row.get::<_, String>(0)?.to_ascii_lowercase(), row.get(1)?)))?;
            rows.collect()
        };
        let mut made = self.known.made.borrow_mut();
        Arc::clone(made.get_or_insert_with(|| Arc::new(found().unwrap_or_default())))
    }

    /// A table-valued function of SQLite's, or a table of its own.
    fn built_in(&self, name: &str) -> Option<Shape> {
        const CATALOGS: [(&str, &str); 4] = [
            ("sqlite_master", "sqlite_master"),
            ("sqlite_schema", "sqlite_master"),
            ("sqlite_temp_master", "sqlite_temp_master"),
            ("sqlite_temp_schema", "sqlite_temp_master"),
        ];
        let catalog = CATALOGS.iter().find(|(known, _)| *known == name).map(|(_, declared)| *declared);
        let may_be =
            catalog.is_some() || name.starts_with("pragma_") || name.starts_with("json") || self.is_module(name);
        if !may_be {
            return None;
        }
        if let Some(known) = self.known.built_in.borrow().get(name) {
            return known.clone();
        }
        let shape = self.described(catalog.unwrap_or(name)).unwrap_or_default();
        self.known.built_in.borrow_mut().insert(name.to_owned(), shape.clone());
        shape
    }

    /// Tables of SQLite's extensions.
    fn is_module(&self, name: &str) -> bool {
        const MODULES: [&str; 3] = ["dbstat", "fts3tokenize", "generate_series"];
        MODULES.contains(&name)
    }

    fn described(&self, name: &str) -> rusqlite::Result<Option<Shape>> {
        let mut list = self.connection.prepare("SELECT name, type, hidden FROM pragma_table_xinfo(?)")?;
        let columns = list.query_map([name], |row| {
            let (name, kind, hidden): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(ShapeColumn { name: name.into(), kind: kind.into(), hidden: hidden == 1 })
        })?;
        let columns = columns.collect::<rusqlite::Result<Vec<ShapeColumn>>>()?;
        let shape = Shape { name: name.to_owned().into(), columns, rowid: true, declared: None };
        Ok((!shape.columns.is_empty()).then_some(shape))
    }
}
