//! *materialized*: the same query over virtual tables and over plain copies of them gives the same rows.
//!
//! Finds: rows lost or doubled by pushdown, IN lists, OR splitting and caching; wrong affinity or collation of hashed joins;
//! wrong column masks; types that are not as declared. A key column that is NULL shows too: SQLite answers NULL tests on
//! key columns without looking.

use crate::Verdict;
use crate::answer::Difference;
use crate::engines::Engine;
use crate::engines::embedded::Embedded;
use crate::engines::sqlite::{Copy, Materialized};
use crate::generators::query::{Material, Scope, TableMaterial, query};
use arbitrary::Unstructured;
use plumb_host::Host;
use plumb_schema::{AnyTable, Platforms, Registry, Value};
use plumb_sql::Budget;
use std::collections::BTreeSet;
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

/// What tables that have no rows of their own are asked for.
const PLACES: [&str; 6] = ["'/etc'", "'/usr/bin'", "'/srv/data'", "'/root'", "'/home/alice'", "'/tmp'"];

/// Parameters that choose nothing on a host of one namespace and one package database: then copies hold what they give, and
/// constraints on them can be asked for. `include_remote` is not among them: a copy has the rows of one of its values only.
const CHOOSE_NOTHING: [&str; 2] = ["pid_with_namespace", "admindir"];

/// Whether the files of some process's namespace can be read.
fn has_namespaces(host: &Arc<dyn Host>) -> bool {
    let registry = plumb_tables::registry();
    let Some(processes) = registry.get("processes") else { return true };
    let pids = Copy::read(host, processes, None);
    let place = pids.declared.columns.iter().position(|column| column.name == "pid").unwrap_or(0);
    pids.rows.iter().any(|row| match row.get(place) {
        Some(Value::Int(pid)) => host.inside_process(*pid).is_ok(),
        _ => true,
    })
}

impl Pair {
    /// All tables that have rows on this host. Of a table that must be asked for something, what some values give.
    ///
    /// # Errors
    /// What an engine says.
    pub fn new(host: Arc<dyn Host>) -> Result<Self, String> {
        Self::with(host, plumb_tables::registry())
    }

    /// The same with some tables.
    ///
    /// # Errors
    /// What an engine says.
    pub fn with(host: Arc<dyn Host>, registry: Registry) -> Result<Self, String> {
        let uids = registry.get("users").map(|users| uids(&Copy::read(&host, users, None))).unwrap_or_default();
        let tables = registry.on(Platforms::CURRENT).filter(|table| !UNSTEADY.contains(&table.name()));
        let copies: Vec<Copy> = tables
            .filter_map(|table| {
                let scope = scope(table, &uids)?;
                let copy = Copy::read(&host, table, scope);
                (!copy.rows.is_empty()).then_some(copy)
            })
            .collect();
        let without_choice: &[&str] = if has_namespaces(&host) { &[] } else { &CHOOSE_NOTHING };
        let material = |copy: &Copy| {
            let sample = copy.rows.get(..POOL).unwrap_or(&copy.rows);
            let mut material = TableMaterial::new(&copy.declared, copy.scope.clone(), sample, without_choice);
            material.rows = copy.rows.len();
            material
        };
        let material = Material { tables: copies.iter().map(material).collect() };
        let virtual_tables = Embedded::with(host, registry, Budget::default())?;
        Ok(Self { virtual_tables, copies: Materialized::of(&copies)?, material })
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

/// What a table must be asked for: nothing; places; users, where it would otherwise tell of the one who asks. None where
/// nobody knows.
fn scope(table: &'static dyn AnyTable, uids: &[String]) -> Option<Option<Scope>> {
    let has = |name: &str| table.specs().any(|spec| spec.name == name);
    let scope = |column: &str, values: Vec<String>| Some(Some(Scope { column: column.to_owned(), values }));
    match (table.is_constrained(), table.user_data()) {
        (true, _) if has("directory") => scope("directory", PLACES.map(str::to_owned).to_vec()),
        (_, true) if has("uid") && !uids.is_empty() => scope("uid", uids.to_vec()),
        (false, false) => Some(None),
        _ => None,
    }
}

/// The users' numbers, as literals.
fn uids(users: &Copy) -> Vec<String> {
    let place = users.declared.columns.iter().position(|column| column.name == "uid").unwrap_or(0);
    let uids: BTreeSet<i64> = users
        .rows
        .iter()
        .filter_map(|row| match row.get(place) {
            Some(Value::Int(uid)) => Some(*uid),
            _ => None,
        })
        .collect();
    uids.into_iter().map(|uid| uid.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators::bytes;
    use plumb_schema::{Column, Cx, Request, Rows, Table, owned};

    type Col = Column<i64>;

    fn scan(_: &Arc<Cx>, _: &Request) -> Rows<i64> {
        Box::new([1, 2, 2, 3, 5, 8].into_iter())
    }

    fn honest(_: &Arc<Cx>, n: i64, _: &Request) -> Rows<i64> {
        Box::new([1, 2, 2, 3, 5, 8].into_iter().filter(move |other| *other == n))
    }

    fn once(_: &Arc<Cx>, n: i64, _: &Request) -> Rows<i64> {
        Box::new([1, 2, 3, 5, 8].into_iter().filter(move |other| *other == n))
    }

    fn lazy(cx: &Arc<Cx>, request: &Request) -> Rows<i64> {
        if request.wants("name") { scan(cx, request) } else { Box::new([1, 2, 3].into_iter()) }
    }

    macro_rules! table {
        ($name:ident, $scan:expr, $pick:expr, $unique:expr) => {
            static $name: Table<i64> = Table {
                name: "numbers",
                columns: &[
                    Col::bigint("n", "d", |n| Some(*n)).index($pick),
                    Col::text("name", "d", |n| owned(format!("number {n}"))),
                    Col::integer("half", "d", |n| (n % 2 == 0).then_some(n / 2)),
                ],
                scan: $scan,
                unique: $unique,
                ..Table::EMPTY
            };
        };
    }

    table!(HONEST, scan, honest, false);
    table!(MISSES, scan, once, false);
    table!(LAZY, lazy, honest, false);
    // Two rows have the key 2.
    table!(NOT_UNIQUE, scan, honest, true);

    /// How many of 300 queries agree, and the first that does not.
    fn asked(table: &'static dyn AnyTable) -> (usize, Option<String>) {
        let mut pair = Pair::with(Arc::new(plumb_host::Mem::new()), Registry::new([table])).expect("both engines");
        let verdicts: Vec<Verdict> = (0..300).map(|seed| pair.check(&bytes(seed, 400)).1).collect();
        let passed = verdicts.iter().filter(|verdict| **verdict == Verdict::Pass).count();
        let failed = verdicts.into_iter().find_map(|verdict| match verdict {
            Verdict::Fail(why) => Some(why),
            _ => None,
        });
        (passed, failed)
    }

    #[test]
    fn tables_that_go_wrong_are_found() {
        let (passed, failed) = asked(&HONEST);
        assert_eq!(failed, None);
        assert!(passed > 200, "only {passed} queries compare rows");
        for (table, what) in [(&MISSES, "misses a row"), (&LAZY, "is lazy"), (&NOT_UNIQUE, "is not unique")] {
            assert!(asked(table).1.is_some(), "nobody saw that the table {what}");
        }
    }
}
