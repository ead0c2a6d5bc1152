//! Statements as a whole: errors, what is allowed, budgets.

use crate::fixture::{ROWS, Rows2, ask, engine, engine_with};
use plumb_schema::Value;
use plumb_sql::{Budget, Parameters, SqlError};
use std::time::Duration;

#[test]
fn a_panic_fails_the_query_alone() {
    let mut engine = engine();
    for (sql, what) in [("SELECT id FROM faulty", "getter of 3"), ("SELECT fine FROM faulty", "collector of 4")] {
        let error = ask(&mut engine, sql).0.expect_err(sql).to_string();
        assert!(error.contains("faulty") && error.contains(what), "{error}");
        assert_eq!(ask(&mut engine, "SELECT count(*) FROM plain").0.expect("the next query works"), ["10"]);
    }
}

#[test]
fn errors_tell_place_and_remedy() {
    for (sql, code, message, offset, help) in [
        ("selec 1", 1, "near \"selec\": syntax error", Some(0), ""),
        ("SELECT 1; SELECT * FROM plian", 1, "no such table: plian", Some(24), "plain"),
        ("SELECT nmae FROM plain", 1, "no such column: nmae", Some(7), "name"),
        ("SELECT nofn(1)", 1, "no such function: nofn", Some(7), ""),
        ("SELECT lenght(1)", 1, "no such function: lenght", Some(7), "did you mean the function length?"),
        ("INSERT INTO plain (id) VALUES (1)", 1, "table plain may not be modified", None, ""),
        ("ATTACH 'x' AS y", 23, "not authorized", None, ""),
        ("PRAGMA user_version", 23, "not authorized", None, ""),
        ("CREATE TABLE plain (a)", 1, "table plain already exists", None, ""),
    ] {
        match ask(&mut engine(), sql).0 {
            Err(SqlError::Sql { message: m, code: c, span: s, help: h }) => {
                assert_eq!((c, m.as_str()), (code, message), "{sql}");
                let start = s.as_ref().map(|span| span.start);
                assert!(offset.is_none() || start == offset, "{sql}: {s:?}");
                assert!(h.join(" ").contains(help), "{sql}: {h:?}");
            }
            other => panic!("{sql}: {other:?}"),
        }
    }
}

/// What is denied is told in the words of the log: the action's number, and what it is about.
#[test]
fn denials_name_what_was_denied() {
    for (sql, told) in [
        ("ATTACH 'x.db' AS y", "24 x.db null null null"),
        ("DETACH y", "25 y null null null"),
        ("PRAGMA user_version", "19 user_version null null null"),
        ("PRAGMA user_version = 3", "19 user_version 3 null null"),
        ("SAVEPOINT s", "32 null s null null"),
        ("CREATE INDEX i ON own (a)", "1 i own main null"),
        ("CREATE INDEX i ON brief (a)", "3 i brief temp null"),
        ("CREATE TRIGGER x AFTER INSERT ON own BEGIN SELECT 1; END", "7 x own main null"),
        ("CREATE TRIGGER x AFTER INSERT ON brief BEGIN SELECT 1; END", "5 x brief temp null"),
        ("ALTER TABLE own RENAME TO other", "26 main own null null"),
        ("ANALYZE own", "28 own null main null"),
        ("SELECT 1 FROM own", ""),
    ] {
        let mut engine = engine();
        ask(&mut engine, "CREATE TABLE own (a); CREATE TEMP TABLE brief (a)").0.expect("they are allowed");
        let refused = ask(&mut engine, sql).0.is_err();
        let denials = engine.take_denials();
        assert_eq!(refused, !told.is_empty(), "{sql}");
        let expect = Some(format!("Authorizer denied action {told}")).filter(|_| refused);
        assert_eq!(denials.first().cloned(), expect, "{sql}: {denials:?}");
    }
}

/// A function that warns at every row: nobody reads the same line twice in a row, or more than a hundred.
#[test]
fn warnings_are_few() {
    let rows = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 300) SELECT";
    let mut engine = engine();
    for (address, told) in [("NULL", 1), ("CASE n % 2 WHEN 0 THEN 'x' END", 100)] {
        let sql = format!("{rows} community_id_v1({address}, '5.6.7.8', 1, 2, 6) FROM r");
        assert_eq!(ask(&mut engine, &sql).0.expect(&sql).len(), 300);
        assert_eq!(engine.take_warnings().len(), told, "{sql}");
    }
}

#[test]
fn reals_have_fifteen_digits() {
    let sql = "SELECT CAST(0.1 + 0.2 AS TEXT), (1.0 / 3) || '', CAST(1e100 AS TEXT), CAST(1e15 AS TEXT), 9223372036854775807.0 || ''";
    assert_eq!(ask(&mut engine(), sql).0.expect(sql), ["0.3|0.333333333333333|1.0e+100|1.0e+15|9.22337203685478e+18"]);
}

#[test]
fn a_nul_ends_the_text() {
    for (sql, rows) in [("SELECT 1;\0 SELECT 2", 1), ("\0SELECT 1", 0), ("SELECT 1 -- \0\0", 1), ("", 0), (" ;; ", 0)] {
        assert_eq!(ask(&mut engine(), sql).0.expect(sql).len(), rows, "{sql:?}");
    }
}

#[test]
fn tables_of_ones_own() {
    let mut engine = engine();
    let sql = "CREATE TABLE a (x INTEGER PRIMARY KEY, y DEFAULT 'q'); INSERT INTO a (x) VALUES (1); UPDATE a SET y = 'z'; \
               SELECT * FROM a; DELETE FROM a; SELECT count(*) FROM a";
    assert_eq!(ask(&mut engine, sql).0.expect(sql), ["1|z", "0"]);
    let sql = "CREATE VIEW v AS SELECT id FROM plain WHERE n = 20; SELECT count(*) FROM v; SELECT name FROM sqlite_master WHERE type = 'view'";
    assert_eq!(ask(&mut engine, sql).0.expect(sql), ["3", "v"]);
}

#[test]
fn the_catalog_appears_when_it_is_looked_at() {
    let sql = "SELECT name, sql FROM sqlite_temp_master WHERE name = 'plain'";
    assert_eq!(ask(&mut engine(), sql).0.expect(sql), ["plain|CREATE VIRTUAL TABLE plain USING plain"]);
    let sql =
        "SELECT count(*) FROM sqlite_temp_master; SELECT count(*) FROM plain; SELECT count(*) FROM sqlite_temp_master";
    assert_eq!(ask(&mut engine(), sql).0.expect(sql), ["6", "10", "6"]);
    let sql = "SELECT name, type, pk, hidden FROM pragma_table_xinfo('repeated')";
    assert_eq!(
        ask(&mut engine(), sql).0.expect(sql),
        ["id|BIGINT|1|0", "name|TEXT|2|0", "n|BIGINT|0|0", "fold|TEXT|0|0"]
    );
    assert_eq!(
        ask(&mut engine(), "SELECT rowid FROM repeated").0.expect_err("no rowid").to_string(),
        "no such column: rowid"
    );
    let mut engine = engine();
    assert!(ask(&mut engine, "DROP TABLE plain").0.is_ok());
}

#[test]
fn budgets() {
    let endless = "SELECT count(*) FROM endless WHERE n < 0";
    let recursive = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r";
    let kept = "SELECT count(*) FROM endless a JOIN endless b ON a.t = b.t";
    let rows = "SELECT n FROM endless";
    let ms = |n| Some(Duration::from_millis(n));
    for (sql, budget, what) in [
        (endless, Budget { time: ms(50), ..Budget::default() }, "took longer than 50ms"),
        (recursive, Budget { cpu: ms(50), ..Budget::default() }, "of CPU"),
        (kept, Budget { memory: Some(1 << 20), ..Budget::default() }, "memory"),
        (
            "WITH RECURSIVE d(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM d) SELECT max(length(s)) FROM d",
            Budget { memory: Some(1 << 20), ..Budget::default() },
            "too big",
        ),
        (rows, Budget { rows: Some(1000), ..Budget::default() }, "more than 1000 rows"),
    ] {
        let mut engine = engine_with(ROWS, budget);
        let error = ask(&mut engine, sql).0.expect_err(sql);
        assert!(matches!(error, SqlError::Budget { .. }), "{sql}: {error:?}");
        assert!(error.to_string().contains(what), "{sql}: {error}");
        assert_eq!(ask(&mut engine, "SELECT count(*) FROM plain").0.expect("the next query works"), ["10"]);
    }
}

/// What is read once is not kept, also where a subquery hands its rows on one by one.
#[test]
fn what_is_read_once_is_not_kept() {
    let mut engine = engine_with(ROWS, Budget { memory: Some(1 << 20), ..Budget::default() });
    for (sql, rows) in [
        ("SELECT n FROM endless LIMIT 100000", 100_000),
        ("SELECT n FROM (SELECT n FROM endless LIMIT 100000) WHERE n >= 0", 100_000),
        ("SELECT n FROM (SELECT n FROM endless LIMIT 100000) UNION ALL SELECT 1", 100_001),
    ] {
        assert_eq!(ask(&mut engine, sql).0.expect(sql).len(), rows, "{sql}");
    }
}

/// What is slowed takes longer than its CPU time, at least for all slices but the last; how much longer is up to the machine. What a burst covers
/// is not slowed, and stopped all the same.
#[test]
fn shares_and_bursts() {
    let sql = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r";
    let ms = Duration::from_millis;
    for (burst, least) in [(0, 800), (10_000, 0)] {
        let budget = Budget { cpu: Some(ms(500)), cpu_share: Some(0.25), burst: ms(burst), ..Budget::default() };
        let mut engine = engine_with(ROWS, budget);
        let start = std::time::Instant::now();
        let error = ask(&mut engine, sql).0.expect_err(sql);
        assert!(error.to_string().contains("of CPU"), "{error}");
        assert!(start.elapsed() >= ms(least), "{burst}: {:?}", start.elapsed());
    }
}

/// Statements that share CPU time wait for what others have used, also those that are shorter than any look at clocks, and tell what they use.
#[test]
#[cfg(target_os = "linux")]
fn statements_share() {
    use plumb_sql::Asker;
    let (ms, now) = (Duration::from_millis, std::time::Instant::now);
    let pace = std::sync::Arc::new(plumb_sql::Pace::new(0.25, Duration::ZERO));
    let mut engine = engine_with(ROWS, Budget::default());
    engine.share(std::sync::Arc::clone(&pace));
    let start = now();
    assert_eq!(pace.used(ms(200), start, Asker::Short), ms(800));
    assert_eq!(ask(&mut engine, "SELECT 1").0.expect("it is slowed, not stopped"), ["1"]);
    assert!(start.elapsed() >= ms(799), "{:?}", start.elapsed());
    let pace = std::sync::Arc::new(plumb_sql::Pace::new(0.001, Duration::ZERO));
    engine.share(std::sync::Arc::clone(&pace));
    let sql = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5000) SELECT count(*) FROM r";
    assert_eq!(ask(&mut engine, sql).0.expect(sql), ["5000"]);
    // More than a tenth of a millisecond of CPU has been used, and perhaps been paid for.
    assert!(pace.used(Duration::ZERO, now(), Asker::Long) > Duration::ZERO || start.elapsed() > ms(899));
    // Who waits hears that it is to stop.
    pace.used(Duration::from_secs(60), now(), Asker::Long);
    let (cancel, over) = (engine.cancel(), std::sync::atomic::AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Until the statement has begun nothing is stopped.
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                cancel.cancel();
                std::thread::yield_now();
            }
        });
        let endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r";
        assert!(ask(&mut engine, endless).0.is_err());
        over.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

/// A table that is asked for every row of another is let alone between; one that is asked once is not waited for.
#[test]
fn tables_are_let_alone() {
    let mut engine = engine();
    let (each, start) = (Duration::from_millis(50), std::time::Instant::now());
    engine.delay_tables(each);
    let sql = "WITH p(path) AS (VALUES ('/a'), ('/b'), ('/c')) SELECT count(*) FROM p JOIN needy USING (path)";
    assert_eq!(ask(&mut engine, sql).0.expect(sql), ["3"]);
    assert!(start.elapsed() >= each * 2, "{:?}", start.elapsed());
    engine.delay_tables(Duration::from_secs(3600));
    assert_eq!(ask(&mut engine, "SELECT count(*) FROM plain").0.expect("once"), ["10"]);
}

/// What was looked up is kept while it is little: of few rows a second look costs nothing, of very many it is made again.
#[test]
fn large_lookups_are_not_kept() {
    for (rows, looks) in [(1000, 1), (66_000, 2)] {
        let mut engine = engine_with(&"1|a|1|a\n".repeat(rows), Budget::default());
        let sql = "SELECT count(*) FROM (VALUES (1), (1)) AS v JOIN keyed AS k ON k.id = v.column1";
        let answer = ask(&mut engine, sql).0.expect(sql);
        // A note for each look and each row.
        assert_eq!((answer.join(";"), engine.note_count()), ((rows * 2).to_string(), looks * (rows as u64 + 1)));
    }
}

/// A join that chooses other rows of a constrained table for every row keeps only the last of them.
#[test]
fn choices_are_forgotten() {
    let mut engine = engine_with(ROWS, Budget { memory: Some(1 << 20), ..Budget::default() });
    let sql = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 50000) \
               SELECT count(*) FROM r JOIN needy ON needy.path = '/a/long/path/to/some/file/' || r.n";
    assert_eq!(ask(&mut engine, sql).0.expect(sql), ["50000"]);
}

#[test]
fn cancelling_from_another_thread() {
    let mut engine = engine();
    let cancel = engine.cancel();
    let (started, ready) = std::sync::mpsc::channel();
    struct Tell(std::sync::mpsc::Sender<()>, Rows2);
    impl plumb_sql::Sink for Tell {
        fn begin(&mut self, columns: &[plumb_sql::ResultColumn]) -> std::io::Result<()> {
            let _ = self.0.send(());
            self.1.begin(columns)
        }
        fn row(&mut self, _: &plumb_sql::Row<'_>) -> std::io::Result<()> {
            Ok(())
        }
        fn end(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let stopper = std::thread::spawn(move || {
        ready.recv().expect("the query begins");
        cancel.cancel();
    });
    let error = engine.run("SELECT n FROM endless", &mut Tell(started, Rows2::default())).expect_err("cancelled");
    assert_eq!((error.code(), error.to_string().as_str()), (9, "interrupted"));
    stopper.join().expect("the thread ends");
    assert_eq!(ask(&mut engine, "SELECT count(*) FROM plain").0.expect("the next query works"), ["10"]);
}

#[test]
fn types_of_results() {
    let sql = "SELECT id, name, n + 1, n > 1, 7, 'x' || name, NULL, count(*), 'a' FROM plain";
    let types: Vec<String> = engine().describe(sql).expect(sql).into_iter().map(|column| column.decltype).collect();
    assert_eq!(types, ["BIGINT", "TEXT", "BIGINT", "INTEGER", "INTEGER", "TEXT", "UNKNOWN", "BIGINT", "TEXT"]);
    for (expression, expect) in [
        ("upper(name)", "TEXT"),
        ("abs(n)", "TEXT"),
        ("1.5", "DOUBLE"),
        ("x'00'", "BLOB"),
        ("9223372036854775807", "INTEGER"),
        ("CAST(id AS REAL)", "DOUBLE"),
        ("CAST(id AS BLOB)", "BLOB"),
        ("CAST(id AS TEXT)", "TEXT"),
        ("CAST(name AS INTEGER)", "BIGINT"),
        ("NOT id", "INTEGER"),
        ("~id", "BIGINT"),
        ("id & 1", "BIGINT"),
        ("id % 2", "BIGINT"),
        ("id << 2", "BIGINT"),
        ("sum(n)", "BIGINT"),
        ("max(name)", "BIGINT"),
        ("(SELECT name FROM plain)", "TEXT"),
        ("(SELECT 1.5)", "DOUBLE"),
    ] {
        let described = engine().describe(&format!("SELECT 0, {expression}, 'x' FROM plain")).expect(expression);
        let types: Vec<&str> = described.iter().map(|column| column.decltype.as_str()).collect();
        assert_eq!(types, ["INTEGER", expect, "TEXT"], "{expression}");
    }
}

/// Declared tables cost nothing until they are used: three hundred more change no answer.
#[test]
fn three_hundred_tables() {
    use crate::fixture::{Line, PLAIN, registry};
    use plumb_schema::{AnyTable, Registry, Table, Unattended};
    let more = (0..300).map(|number| -> &'static dyn AnyTable {
        let name: &'static str = Box::leak(format!("more_{number}").into_boxed_str());
        let plain: &'static Table<Line> = Box::leak(Box::new(Table { name, aliases: &[], ..PLAIN }));
        plain
    });
    let registry = Registry::new(registry().iter().chain(more));
    let host = std::sync::Arc::new(plumb_host::Mem::new().file("/rows", ROWS));
    let agent = std::sync::Arc::new(Unattended(registry.clone()));
    let settings = plumb_sql::Settings { registry, host, agent, budget: Budget::default(), planner: false };
    let mut engine = plumb_sql::Engine::open(settings).expect("an engine opens");
    assert_eq!(ask(&mut engine, "SELECT count(*) FROM more_299").0.expect("the last table answers"), ["10"]);
    assert_eq!(ask(&mut engine, "SELECT count(*) FROM sqlite_temp_master").0.expect("the catalog"), ["306"]);
}

/// What SQLite is told of a scan: as many rows as the table says, each as dear as it says; and of what reads less.
#[test]
fn reads_cost_what_tables_say() {
    use crate::fixture::registry;
    use plumb_schema::Unattended;
    let host = std::sync::Arc::new(plumb_host::Mem::new().file("/rows", ROWS));
    let agent = std::sync::Arc::new(Unattended(registry()));
    let (registry, budget) = (registry(), Budget::default());
    let settings = plumb_sql::Settings { registry, host, agent, budget, planner: true };
    let mut engine = plumb_sql::Engine::open(settings).expect("an engine opens");
    let mut wrong = Vec::new();
    for (sql, expect) in [
        ("plain", "plain: scan (cost 10000, rows 1000)"),
        ("keyed", "keyed: scan (cost 10000, rows 1000)"),
        ("endless", "endless: scan (cost 1000000, rows 1000000)"),
        ("plain WHERE n = 3", "plain: scan (cost 10000, rows 50)"),
        ("plain WHERE n IN (3, 4)", "plain: scan (cost 10000, rows 250)"),
        ("plain WHERE n > 3", "plain: scan (cost 10000, rows 250)"),
        ("plain WHERE n > 3 AND id = 3", "plain: scan (cost 10000, rows 50)"),
        ("plain WHERE n IS NULL", "plain: scan (cost 10000, rows 1000)"),
        ("keyed WHERE id = 3", "keyed: index id = (cost 11, rows 1)"),
        ("keyed WHERE id IN (3, 4)", "keyed: index id in (cost 41, rows 4)"),
        ("keyed WHERE id > 3", "keyed: scan (cost 10000, rows 250)"),
        ("repeated WHERE id = 3", "repeated: index id = (cost 501, rows 50)"),
        ("repeated WHERE id IN (3, 4)", "repeated: index id in (cost 2001, rows 200)"),
        ("repeated WHERE name = 'a' AND id IN (3, 4)", "repeated: index name = (cost 501, rows 50)"),
        ("repeated WHERE name COLLATE NOCASE = 'a'", "repeated: scan (cost 10000, rows 50)"),
        ("needy WHERE path = 'a'", "needy: scan; path = (cost 20, rows 2)"),
        ("needy WHERE path IN ('a', 'b')", "needy: scan; path in (cost 200, rows 20)"),
        ("needy WHERE path LIKE 'a'", "needy: scan; path like (cost 20000, rows 2000)"),
        ("needy WHERE path LIKE 'a' AND directory = 'b'", "needy: scan; directory =; path like (cost 20, rows 2)"),
        ("faulty WHERE fine = 'a'", "faulty: scan (cost 5, rows 1)"),
        ("(VALUES (1)) v CROSS JOIN plain ON n = v.column1", "plain: hash n = (cost 250, rows 50)"),
        ("(VALUES (1)) v CROSS JOIN plain ON n > v.column1", "plain: scan (cost 10000, rows 250)"),
        ("(VALUES (1)) v CROSS JOIN plain ON fold = v.column1", "plain: hash fold = (cost 250, rows 50)"),
        ("(VALUES (1)) v CROSS JOIN faulty ON id = v.column1", "faulty: hash id = (cost 1.1, rows 1)"),
        ("(VALUES (1)) v CROSS JOIN keyed ON id = v.column1", "keyed: index id = (cost 11, rows 1)"),
    ] {
        ask(&mut engine, &format!("EXPLAIN SELECT 1 FROM {sql}")).0.expect(sql);
        let told = engine.take_trace().last().map(|line| line.replace("xBestIndex ", ""));
        if told.as_deref() != Some(expect) {
            wrong.push(format!("(\"{sql}\", {told:?}),"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn parameters_have_values() {
    let text = |text: &'static str| Value::Text(text.as_bytes().into());
    let listed = |values: &[Value<'static>]| Parameters::Listed(values.to_vec());
    let named = |name: &str, value| Parameters::Named([(name.to_owned(), value)].into());
    let blob = Value::Blob(b"\xff"[..].into());
    for (sql, parameters, expect) in [
        ("SELECT ? IS NULL", Parameters::Unknown, Ok("1")),
        (
            "SELECT typeof(?) || typeof(?2) || typeof(?)",
            listed(&[text(""), blob, Value::Real(0.5)]),
            Ok("textblobreal"),
        ),
        ("SELECT typeof(?)", listed(&[Value::Null]), Ok("null")),
        ("SELECT name FROM keyed WHERE id = ?", listed(&[Value::Int(3)]), Ok("c")),
        ("SELECT path FROM needy WHERE path = ?", listed(&[text("/x")]), Ok("/x")),
        ("SELECT path FROM needy WHERE path LIKE ?", listed(&[text("/m%")]), Ok("/matched")),
        ("SELECT :a || @a || $a", named("a", text("x")), Ok("xxx")),
        ("SELECT 1 WHERE :a", named("a", Value::Int(1)), Ok("1")),
        ("SELECT 1", named("a", Value::Int(1)), Ok("1")),
        ("SELECT ?", listed(&[]), Err("the statement has 1 parameters, and 0 values are given")),
        ("SELECT 1", listed(&[Value::Null]), Err("the statement has 0 parameters, and 1 values are given")),
        ("SELECT :b", named("a", Value::Null), Err("there is no value for the parameter :b")),
        ("SELECT ?", named("a", Value::Null), Err("there is no value for the parameter ?")),
    ] {
        let mut rows = Rows2::default();
        let result = engine().run_with(sql, &parameters, &mut rows).map(|()| rows.rows.concat().concat());
        match expect {
            Ok(row) => assert_eq!(result.expect(sql), row, "{sql}"),
            Err(message) => assert_eq!(result.expect_err(sql).to_string(), message, "{sql}"),
        }
    }
}
