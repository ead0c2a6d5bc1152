#![allow(clippy::disallowed_methods, reason = "the tests' own files")]

use super::*;
use plumb_host::{Host, Mem};
use plumb_schema::Unattended;
use plumb_sql::{Budget, Cell, Engine, ResultColumn, Row, Settings, Sink};
use rusqlite::Connection;
use std::io;

/// The bytes of the files of a database, by the end of their names.
type Parts = Vec<(&'static str, Vec<u8>)>;

fn database(script: &str, ends: &[&'static str]) -> Parts {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch(script).unwrap();
    // While it is open, so that logs are still there.
    let read = |end: &&'static str| (*end, std::fs::read(format!("{}{end}", path.display())).unwrap());
    ends.iter().map(read).collect()
}

fn host(files: &[(&str, Parts)]) -> Mem {
    files
        .iter()
        .flat_map(|(path, parts)| parts.iter().map(move |(end, bytes)| (format!("{path}{end}"), bytes)))
        .fold(Mem::new(), |host, (path, bytes)| host.file(path.as_str(), bytes.clone()))
}

#[derive(Default)]
struct Lines(Vec<String>);

impl Sink for Lines {
    fn begin(&mut self, _: &[ResultColumn]) -> io::Result<()> {
        Ok(())
    }
    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        let cell = |place| match row.cell(place) {
            Cell::Text(text) => String::from_utf8_lossy(text).into_owned(),
            other => format!("{other:?}"),
        };
        self.0.push((0..row.len()).map(cell).collect::<Vec<_>>().join("|"));
        Ok(())
    }
    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Adds tables, and answers what is said of those that are not made.
fn added(registry: &mut Registry, config: &Config) -> Vec<String> {
    add(registry, config, None).into_iter().map(|refused| refused.line).collect()
}

fn config(tables: &str) -> Config {
    let text = format!(r#"{{"auto_table_construction": {{{tables}}}}}"#);
    Config::from_sources(&BTreeMap::from([("c".to_owned(), text.into_bytes())])).unwrap()
}

/// Rows in order, and warnings.
fn ask(host: Mem, tables: &str, sql: &str) -> (Vec<String>, Vec<String>) {
    let mut registry = Registry::default();
    let refused = added(&mut registry, &config(tables));
    assert_eq!(refused, [""; 0]);
    let host: Arc<dyn Host> = Arc::new(host);
    let settings =
        Settings { registry, host, agent: Arc::new(Unattended::default()), budget: Budget::default(), planner: false };
    let mut engine = Engine::open(settings).unwrap();
    let mut lines = Lines::default();
    engine.run(sql, &mut lines).unwrap();
    (lines.0, engine.take_warnings())
}

const SCRIPT: &str =
    "CREATE TABLE t(a, b, c); INSERT INTO t VALUES (1, 'x', 1.5), (NULL, x'414200ff', 1e20), ('y', '', -3);";

const TABLE: &str = r#""theirs": {"path": "/home/%/db", "query": "select a, b, c, a as A2 from t", "columns": ["a", "b", "missing", "C"]}"#;

#[test]
fn values_are_text_and_patterns_find_files() {
    let host = host(&[
        ("/home/al/db", database(SCRIPT, &[""])),
        ("/home/bo/db", database("CREATE TABLE t(a, b, c); INSERT INTO t VALUES (7, 8, 9)", &[""])),
    ]);
    let (rows, warnings) = ask(host, TABLE, "select a, b, missing, c, path from theirs order by path, a");
    assert_eq!(warnings, [""; 0]);
    assert_eq!(rows, ["|AB||1.0e+20|/home/al/db", "1|x||1.5|/home/al/db", "y|||-3|/home/al/db", "7|8||9|/home/bo/db"]);
}

#[test]
fn a_log_counts_and_a_journal_is_rolled_back() {
    let wal = format!(
        "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; {SCRIPT} PRAGMA wal_checkpoint; INSERT INTO t VALUES ('late', 2, 3);"
    );
    let log = host(&[("/home/al/db", database(&wal, &["", "-wal"]))]);
    let sql = "select a from theirs order by a";
    assert_eq!(ask(log, TABLE, sql).0, ["", "1", "late", "y"]);
    // Half of a transaction is in the file, the journal has what was there before.
    let hot = format!(
        "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; {SCRIPT} BEGIN; UPDATE t SET a = 'lost'; \
                       CREATE TABLE big AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) SELECT randomblob(3000) FROM n;"
    );
    let parts = database(&hot, &["", "-journal"]);
    assert!(parts[1].1.len() > 512, "a journal");
    let journal = host(&[("/home/al/db", parts.clone())]);
    let (rows, warnings) = ask(journal, TABLE, sql);
    assert_eq!((rows, warnings), (["", "1", "y"].map(str::to_owned).to_vec(), Vec::new()));
}

/// SQLite would open the file that the journal of several databases names.
#[test]
fn a_journal_leads_nowhere() {
    let mut parts = database(SCRIPT, &[""]);
    parts.push(("-journal", [b"rest".as_slice(), &[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]].concat()));
    let statement = plumb_schema::Statement::new(
        Arc::new(host(&[("/db", parts)])),
        Arc::new(Unattended::default()),
        plumb_host::Cancel::new(),
    );
    let cx = Cx::new("theirs", Arc::new(statement));
    let spool = tempfile::tempdir().unwrap();
    let copied = Copied::new(&cx, "/db", Some(spool.path())).unwrap();
    let folder = std::fs::read_dir(spool.path()).unwrap().next().unwrap().unwrap().path();
    let journal = std::fs::read(folder.join("db-journal")).unwrap();
    assert!(journal.starts_with(b"rest") && journal.ends_with(&[0; 8]), "{journal:?}");
    assert!(std::fs::read(folder.join("db")).unwrap().starts_with(b"SQLite format 3"));
    drop(copied);
    assert_eq!(std::fs::read_dir(spool.path()).unwrap().count(), 0, "nothing is left");
}

#[test]
fn what_cannot_be_read_is_told() {
    let good = database(SCRIPT, &[""]);
    let mut torn = good.clone();
    torn[0].1[100..600].fill(0xee);
    for (files, query, why) in [
        (
            vec![("/home/al/db", vec![("", b"this is no database at all, and never was one".repeat(30))])],
            "select a from t",
            "file is not a database",
        ),
        (vec![("/home/al/db", torn)], "select a from t", "malformed"),
        (vec![("/home/al/db", good.clone())], "select a from u", "no such table: u"),
        (vec![("/home/al/db", good.clone())], "selec", "syntax error"),
        (vec![("/home/al/db", good.clone())], "insert into t(a) values (1) returning a", "not authorized"),
        (vec![("/home/al/db", good.clone())], "select a from t; attach 'x' as y", ""),
        (vec![("/home/al/db", good.clone())], "pragma query_only = off", "not authorized"),
        (vec![("/home/al/db", good.clone())], "select zeroblob(900000000) as a", "too big"),
        (vec![("/home/al/db/inside", good.clone())], "select a from t", "directory"),
    ] {
        let table = format!(r#""theirs": {{"path": "/home/%/db", "query": "{query}", "columns": ["a"]}}"#);
        let (_, warnings) = ask(host(&files), &table, "select count(*) from theirs");
        if why.is_empty() {
            continue;
        }
        let begin =
            "ATC Table: Error Code: 1 Could not generate data: Could not prepare database for path /home/al/db: ";
        assert!(
            warnings.len() == 1 && warnings[0].starts_with(begin) && warnings[0].contains(why),
            "{query}: {why}: {warnings:?}"
        );
    }
    let fifo = Mem::new().node("/home/al/db", plumb_host::FileKind::Fifo);
    assert_eq!(ask(fifo, TABLE, "select 1 from theirs").1.len(), 1);
}

#[test]
fn endless_queries_are_stopped() {
    let mut registry = Registry::default();
    let table = r#""endless": {"path": "/db", "query": "with recursive n(i) as (select 1 union all select 1 from n) select max(i) as a from n", "columns": ["a"]}"#;
    assert_eq!(added(&mut registry, &config(table)), [""; 0]);
    let host: Arc<dyn Host> = Arc::new(host(&[("/db", database(SCRIPT, &[""]))]));
    let budget = Budget { time: Some(std::time::Duration::from_millis(50)), ..Budget::default() };
    let mut engine =
        Engine::open(Settings { registry, host, agent: Arc::new(Unattended::default()), budget, planner: false })
            .unwrap();
    let error = engine.run("select * from endless", &mut Lines::default()).unwrap_err();
    assert!(error.to_string().contains("longer than"), "{error}");
}

#[test]
fn definitions() {
    let core = config(r#""taken": {"path": "/x", "query": "q", "columns": ["a"]}"#);
    let mut registry = Registry::default();
    assert_eq!(added(&mut registry, &core), [""; 0]);
    let before = std::ptr::from_ref(registry.get("taken").unwrap()).cast::<()>();
    assert_eq!(added(&mut registry, &core), ["ATC Table: taken overrides core table; Refusing registration"]);
    let mut again = Registry::default();
    assert_eq!(added(&mut again, &core), [""; 0]);
    assert!(std::ptr::eq(before, std::ptr::from_ref(again.get("taken").unwrap()).cast::<()>()), "made once");
    for (table, why) in [
        (r#""select": {"path": "/x", "query": "q", "columns": ["a"]}"#, "no name for a table"),
        (r#""a b": {"path": "/x", "query": "q", "columns": ["a"]}"#, "no name for a table"),
        (r#""x; drop table y": {"path": "/x", "query": "q", "columns": ["a"]}"#, "no name for a table"),
        (r#""t": {"path": "/x", "query": "q", "columns": ["a", "A"]}"#, "column A"),
        (r#""t": {"path": "/x", "query": "q", "columns": ["Path"]}"#, "column Path"),
        (r#""t": {"path": "/x", "query": "q", "columns": ["a`b"]}"#, "column a`b"),
    ] {
        let refused = added(&mut again, &config(table));
        assert!(refused.len() == 1 && refused[0].contains(why), "{table}: {refused:?}");
    }
    assert_eq!(
        added(&mut again, &config(r#""far": {"path": "/x", "query": "q", "columns": ["a"], "platform": "plan9"}"#)),
        [""; 0]
    );
    assert!(again.get("far").is_none());
}
