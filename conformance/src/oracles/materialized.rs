//! *materialized*: the same query over virtual tables and over plain copies of them gives the same rows.
//!
//! Finds: rows lost or doubled by pushdown, IN lists, OR splitting and caching; wrong affinity or collation of hashed joins;
//! wrong column masks; types that are not as declared. A key column that is NULL shows too: SQLite answers NULL tests on
//! key columns without looking.
//!
//! A copy cannot choose its rows. So there are copies of two kinds: those that queries without parameters are asked of, and
//! those of tables that have parameters, with the rows that each of some values of them chooses. A constraint that does not
//! reach the table shows as rows that the copy has and the table has not.

use crate::Verdict;
use crate::answer::Difference;
use crate::engines::Engine;
use crate::engines::embedded::Embedded;
use crate::engines::sqlite::{Copy, Materialized};
use crate::generators::query::{Material, Scope, TableMaterial, query};
use arbitrary::Unstructured;
use plumb_host::Host;
use plumb_schema::{AnyTable, Options, Platforms, Registry, Value};
use plumb_sql::Budget;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Both engines over one host, and what queries are made of.
#[derive(Debug)]
pub struct Pair {
    virtual_tables: Embedded,
    plain: Copies,
    chosen: Copies,
    /// Columns by which the copies of `chosen` differ from the others, as queries name them.
    choosing: BTreeSet<String>,
}

/// Copies of tables, and what queries over them are made of.
#[derive(Debug)]
struct Copies {
    engine: Materialized,
    material: Material,
}

/// Rows of which a table's pool of constants is made.
const POOL: usize = 200;

/// Tables whose content changes from one reading to the next, even on a fixed host.
const UNSTEADY: &[&str] = &["time"];

/// What tables that have no rows of their own are asked for.
const PLACES: [&str; 6] = ["'/etc'", "'/usr/bin'", "'/srv/data'", "'/root'", "'/home/alice'", "'/tmp'"];

/// One of so many queries is about tables with parameters.
const CHOOSING: u8 = 4;

/// The parameters that choose among rows on a host, each with some of its values.
struct Parameters(Vec<Scope>);

impl Parameters {
    /// Of processes in whose namespace a host can be read, two are chosen.
    fn of(host: &Arc<dyn Host>, registry: &Registry) -> Self {
        let inside = |pid: &String| pid.parse().is_ok_and(|pid| host.inside_process(pid).is_ok());
        let pids = registry.get("processes").map(|processes| numbers(&Copy::read(host, processes, Vec::new()), "pid"));
        let mut namespaces: Vec<String> = pids.unwrap_or_default().into_iter().filter(inside).take(2).collect();
        let mut all = vec![Scope::new("include_remote", vec!["0".to_owned(), "1".to_owned()])];
        if !namespaces.is_empty() {
            namespaces.insert(0, "0".to_owned());
            all.push(Scope::new("pid_with_namespace", namespaces));
        }
        Self(all)
    }

    fn scopes(&self, table: &dyn AnyTable) -> Vec<Scope> {
        let has = |scope: &&Scope| table.specs().any(|spec| spec.parameter && spec.name == scope.column);
        self.0.iter().filter(has).cloned().collect()
    }
}

impl Copies {
    fn of(copies: &[Copy], with_parameters: bool) -> Result<Self, String> {
        let material = |copy: &Copy| {
            let sample = copy.rows.get(..POOL).unwrap_or(&copy.rows);
            let mut material = TableMaterial::new(&copy.declared, copy.scopes.clone(), sample, with_parameters);
            material.rows = copy.rows.len();
            material
        };
        Ok(Self {
            engine: Materialized::of(copies)?,
            material: Material { tables: copies.iter().map(material).collect() },
        })
    }
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
        Self::over(host, &registry.clone(), registry)
    }

    fn over(host: Arc<dyn Host>, copied: &Registry, registry: Registry) -> Result<Self, String> {
        let users = copied.get("users").map(|users| Copy::read(&host, users, Vec::new()));
        let uids = users.map(|users| numbers(&users, "uid")).unwrap_or_default();
        let parameters = Parameters::of(&host, copied);
        let (mut plain, mut chosen) = (Vec::new(), Vec::new());
        for table in copied.on(Platforms::CURRENT).filter(|table| !UNSTEADY.contains(&table.name())) {
            let Some(scopes) = scopes(table, &uids) else { continue };
            if table.specs().any(|spec| spec.parameter && !spec.options.contains(Options::REQUIRED)) {
                let scopes = [scopes.clone(), parameters.scopes(table)].concat();
                chosen.push(Copy::read(&host, table, scopes));
            }
            plain.push(Copy::read(&host, table, scopes));
        }
        plain.retain(|copy| !copy.rows.is_empty());
        chosen.retain(|copy| !copy.rows.is_empty());
        Ok(Self {
            virtual_tables: Embedded::with(host, registry, Budget::default())?,
            plain: Copies::of(&plain, false)?,
            chosen: Copies::of(&chosen, true)?,
            choosing: parameters.0.into_iter().map(|scope| format!("\"{}\"", scope.column)).collect(),
        })
    }

    /// What queries without parameters are made of.
    #[must_use]
    pub fn material(&self) -> &Material {
        &self.plain.material
    }

    /// Makes queries of some tables only.
    pub fn retain(&mut self, keep: impl Fn(&TableMaterial) -> bool) {
        self.plain.material.tables.retain(&keep);
        self.chosen.material.tables.retain(&keep);
    }

    /// Makes a query.
    ///
    /// # Errors
    /// When the bytes run out.
    pub fn query(&self, u: &mut Unstructured<'_>) -> arbitrary::Result<String> {
        let choosing = !self.chosen.material.tables.is_empty() && u.ratio(1, CHOOSING)?;
        query(u, if choosing { &self.chosen.material } else { &self.plain.material })
    }

    /// Makes a query from bytes and compares the answers.
    pub fn check(&mut self, bytes: &[u8]) -> (String, Verdict) {
        match self.query(&mut Unstructured::new(bytes)) {
            Ok(sql) => {
                let verdict = self.compare(&sql);
                (sql, verdict)
            }
            Err(error) => (String::new(), Verdict::Skip(error.to_string())),
        }
    }

    /// Compares the answers to one query. One that names a parameter is asked of the copies that have all its values.
    pub fn compare(&mut self, sql: &str) -> Verdict {
        let choosing = self.choosing.iter().any(|column| sql.contains(column));
        let copies = if choosing { &mut self.chosen } else { &mut self.plain };
        match (copies.engine.ask(sql), self.virtual_tables.ask(sql)) {
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
fn scopes(table: &'static dyn AnyTable, uids: &[String]) -> Option<Vec<Scope>> {
    let has = |name: &str| table.specs().any(|spec| spec.name == name);
    match (table.is_constrained(), table.user_data()) {
        (true, _) if has("directory") => Some(vec![Scope::directories(PLACES.map(str::to_owned).to_vec())]),
        (_, true) if has("uid") && !uids.is_empty() => Some(vec![Scope::new("uid", uids.to_vec())]),
        (false, false) => Some(Vec::new()),
        _ => None,
    }
}

/// The numbers of a column in order, as literals.
fn numbers(copy: &Copy, column: &str) -> Vec<String> {
    let place = copy.declared.columns.iter().position(|declared| declared.name == column).unwrap_or(0);
    let numbers: BTreeSet<i64> = copy
        .rows
        .iter()
        .filter_map(|row| match row.get(place) {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        })
        .collect();
    numbers.into_iter().map(|number| number.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators::bytes;
    use plumb_schema::{Column, Cx, Op, Ops, Request, Rows, Table, owned};

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

    /// A number, and the value of the parameter that gave it.
    type Chosen = (i64, i64);

    fn by_choice(_: &Arc<Cx>, request: &Request) -> Rows<Chosen> {
        const ALL: [i64; 4] = [1, 2, 3, 5];
        let chosen: Vec<i64> =
            if request.constrains(REMOTE, Op::Eq) { request.ints(REMOTE).collect() } else { vec![0] };
        Box::new(chosen.into_iter().flat_map(|choice| ALL.map(|n| (n + choice, choice))))
    }

    fn of_choice(cx: &Arc<Cx>, n: i64, request: &Request) -> Rows<Chosen> {
        Box::new(by_choice(cx, request).filter(move |row| row.0 == n))
    }

    fn by_default(cx: &Arc<Cx>, _: &Request) -> Rows<Chosen> {
        by_choice(cx, &Request::new(Vec::new(), Vec::new()))
    }

    fn of_default(cx: &Arc<Cx>, n: i64, _: &Request) -> Rows<Chosen> {
        of_choice(cx, n, &Request::new(Vec::new(), Vec::new()))
    }

    fn by_first_choice(cx: &Arc<Cx>, request: &Request) -> Rows<Chosen> {
        let first = request.ints(REMOTE).next();
        Box::new(by_choice(cx, request).filter(move |row| first.is_none_or(|first| row.1 == first)))
    }

    const REMOTE: &str = "include_remote";

    macro_rules! chosen {
        ($name:ident, $scan:expr, $pick:expr) => {
            static $name: Table<Chosen> = Table {
                name: "chosen",
                columns: &[
                    Column::bigint("n", "d", |row: &Chosen| Some(row.0)).index($pick),
                    Column::integer(REMOTE, "d", |row: &Chosen| Some(row.1)).additional().hidden().parameter(Ops::EQ),
                ],
                scan: $scan,
                ..Table::EMPTY
            };
        };
    }

    chosen!(CHOOSES, by_choice, of_choice);
    chosen!(IGNORES, by_default, of_default);
    chosen!(LOOKUP_IGNORES, by_choice, of_default);
    chosen!(ONE_OF_LIST, by_first_choice, of_choice);

    /// How many of 300 queries agree, and the first that does not.
    fn asked(table: &'static dyn AnyTable) -> (usize, Option<String>) {
        asked_and_copied(table, table)
    }

    /// The same of a table that is not the one that was copied.
    fn asked_and_copied(table: &'static dyn AnyTable, copied: &'static dyn AnyTable) -> (usize, Option<String>) {
        let (host, registry) = (Arc::new(plumb_host::Mem::new()), Registry::new([table]));
        let mut pair = Pair::over(host, &Registry::new([copied]), registry).expect("both engines");
        let verdicts: Vec<Verdict> = (0..300).map(|seed| pair.check(&bytes(seed, 400)).1).collect();
        let passed = verdicts.iter().filter(|verdict| **verdict == Verdict::Pass).count();
        let failed = verdicts.into_iter().find_map(|verdict| match verdict {
            Verdict::Fail(why) => Some(why),
            _ => None,
        });
        (passed, failed)
    }

    #[test]
    fn parameters_that_are_ignored_are_found() {
        let (passed, failed) = asked(&CHOOSES);
        assert_eq!(failed, None);
        assert!(passed > 200, "only {passed} queries compare rows");
        for (table, what) in [
            (&IGNORES, "ignores what chooses"),
            (&LOOKUP_IGNORES, "ignores what chooses where it looks up"),
            (&ONE_OF_LIST, "makes one choice only"),
        ] {
            assert!(asked_and_copied(table, &CHOOSES).1.is_some(), "nobody saw that the table {what}");
        }
    }

    /// Parameters that `*` leaves out stand in queries of every table that has them, and the answers agree.
    #[test]
    fn hidden_parameters_are_asked_for() {
        const HIDDEN: [(&str, &str); 8] = [
            ("file", "pid_with_namespace"),
            ("hash", "pid_with_namespace"),
            ("suid_bin", "pid_with_namespace"),
            ("deb_packages", "pid_with_namespace"),
            ("deb_packages", "admindir"),
            ("users", "pid_with_namespace"),
            ("users", "include_remote"),
            ("groups", "pid_with_namespace"),
        ];
        let mut registry = plumb_tables::registry();
        registry.retain(|name| name == "processes" || HIDDEN.iter().any(|(table, _)| *table == name));
        let mut pair = Pair::with(Arc::new(crate::generators::host::small::small()), registry).expect("both engines");
        let mut passed = [0; HIDDEN.len()];
        for seed in 0..500 {
            let sql = query(&mut Unstructured::new(&bytes(seed, 400)), &pair.chosen.material).expect("a query");
            let verdict = pair.compare(&sql);
            let tables = crate::run::tables_of(&sql);
            // Only what is asked besides the scope has this alias.
            let asks = |(table, column): &(&str, &str)| {
                tables.len() == 1 && tables[0] == *table && sql.contains(&format!("t1.\"{column}\""))
            };
            match verdict {
                Verdict::Fail(why) => panic!("seed {seed}: {why}"),
                Verdict::Pass => {
                    HIDDEN.iter().zip(&mut passed).for_each(|(hidden, count)| *count += usize::from(asks(hidden)));
                }
                Verdict::Skip(_) => {}
            }
        }
        for ((table, column), count) in HIDDEN.iter().zip(passed) {
            assert!(count >= 3, "{table}.{column} stands in {count} queries that agree");
        }
    }

    /// What a pattern adds to a directory's entries is no row of the copy.
    #[test]
    fn directories_are_no_entries_of_their_own() {
        let mut registry = plumb_tables::registry();
        registry.retain(|name| name == "file");
        let mut pair = Pair::with(Arc::new(crate::generators::host::small::small()), registry).expect("both engines");
        let asked = |rest: &str| {
            format!("SELECT path FROM file WHERE directory IN ('/etc', '/root'){rest} AND path LIKE '/e%'")
        };
        assert!(matches!(pair.compare(&asked("")), Verdict::Fail(why) if why.contains("\"/etc/\"")));
        let scope = Scope::directories(Vec::new()).rest("").expect("there is something to leave out");
        assert_eq!(pair.compare(&asked(&format!(" AND {scope}"))), Verdict::Pass);
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
