//! *materialized*: the same query over virtual tables and over plain copies of them gives the same rows.
//!
//! Finds: rows lost or doubled by pushdown, IN lists, OR splitting and caching; wrong affinity or collation of hashed joins;
//! wrong column masks; types that are not as declared. A key column that is NULL shows too: SQLite answers NULL tests on
//! key columns without looking.

use crate::Verdict;
use crate::answer::Difference;
use crate::engines::Engine;
use crate::engines::embedded::Embedded;
use crate::engines::sqlite::Materialized;
use crate::generators::query::{Material, TableMaterial, query};
use arbitrary::Unstructured;
use plumb_host::{Cancel, Host};
use plumb_schema::{AnyTable, Cx, DeclaredTable, Platforms, Request, Statement, Unattended, Value};
use std::sync::Arc;

/// Both engines over one host, and what queries are made of.
#[derive(Debug)]
pub struct Pair {
    virtual_tables: Embedded,
    copies: Materialized,
    /// What queries are made of.
    pub material: Material,
}

/// Rows of which a table's pool of constants is made.
const POOL: usize = 200;

/// Tables whose content changes from one reading to the next, even on a fixed host.
const UNSTEADY: &[&str] = &["time"];

impl Pair {
    /// All tables that can be read whole and have rows on this host.
    ///
    /// # Errors
    /// What an engine says.
    pub fn new(host: Arc<dyn Host>) -> Result<Self, String> {
        let registry = plumb_tables::registry();
        let tables: Vec<&'static dyn AnyTable> = registry
            .on(Platforms::CURRENT)
            .filter(|table| !table.is_constrained() && !table.user_data() && !UNSTEADY.contains(&table.name()))
            .collect();
        let copies = Materialized::new(&host, &tables)?;
        let with_rows =
            |name: &str| copies.tables.iter().find(|(table, _)| *table == name).is_some_and(|(_, n)| *n > 0);
        let material = Material {
            tables: tables
                .iter()
                .filter(|table| with_rows(table.name()))
                .map(|table| {
                    let mut material =
                        TableMaterial::new(&DeclaredTable::new(*table, Platforms::CURRENT), &sample(&host, *table));
                    material.rows =
                        copies.tables.iter().find(|(name, _)| *name == table.name()).map_or(0, |(_, rows)| *rows);
                    material
                })
                .collect(),
        };
        Ok(Self { virtual_tables: Embedded::new(host)?, copies, material })
    }

    /// Makes a query from bytes and compares the answers.
    pub fn check(&mut self, bytes: &[u8]) -> (String, Verdict) {
        match query(&mut Unstructured::new(bytes), &self.material) {
            Ok(sql) => {
                let verdict = self.compare(&sql);
                (sql, verdict)
            }
            Err(error) => (String::new(), Verdict::Skip(error.to_string())),
        }
    }

    /// Compares the answers to one query.
    pub fn compare(&mut self, sql: &str) -> Verdict {
        match (self.copies.ask(sql), self.virtual_tables.ask(sql)) {
            (Ok(expected), Ok(got)) => {
                let difference = Difference::between(&expected, &got);
                if !difference.is_empty() {
                    Verdict::Fail(format!("{sql}\n{}", difference.show(5)))
                } else if expected.is_empty() {
                    Verdict::Skip("no rows".to_owned())
                } else {
                    Verdict::Pass
                }
            }
            (Err(expected), Err(got)) if expected == got => Verdict::Skip(format!("both refuse: {got}")),
            (expected, got) => {
                let show = |answer: Result<Vec<_>, String>| {
                    answer.map_or_else(|e| format!("error {e}"), |r| format!("{} rows", r.len()))
                };
                Verdict::Fail(format!("{sql}\n  copies: {}\n  virtual tables: {}", show(expected), show(got)))
            }
        }
    }
}

fn sample(host: &Arc<dyn Host>, table: &'static dyn AnyTable) -> Vec<Vec<Value<'static>>> {
    let agent = Arc::new(Unattended(plumb_tables::registry()));
    let statement = Arc::new(Statement::new(Arc::clone(host), agent, Cancel::new()));
    let cx = Arc::new(Cx::new(table.name(), statement));
    let mut rows = table.scan(&cx, &Request::all(table.specs()));
    let mut sample = Vec::new();
    while sample.len() < POOL && rows.advance() {
        sample.push((0..table.width()).map(|column| rows.value(column).into_owned()).collect());
    }
    sample
}
