use super::*;
use crate::{Budget, Engine, Settings};
use plumb_host::Mem;
use plumb_schema::{Registry, Unattended};
use std::sync::Arc;

pub(super) fn engine() -> Engine {
    let registry: Registry = plumb_tables::registry();
    let agent = Arc::new(Unattended(registry.clone()));
    let settings = Settings { registry, host: Arc::new(Mem::new()), agent, budget: Budget::default(), planner: false };
    Engine::open(settings).expect("an engine")
}

/// The diagnostics of a text: `code: the place's text: message; help`.
pub(super) fn told(sql: &str) -> Vec<String> {
    let told = |diagnostic: &Diagnostic| {
        let place = sql.get(diagnostic.span.clone()).unwrap_or_default();
        let help = diagnostic.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        format!("{} [{place}] {}{help}", diagnostic.code.name(), diagnostic.message)
    };
    engine().analyse(sql).diagnostics.iter().map(told).collect()
}

#[test]
fn what_a_statement_uses() {
    let engine = engine();
    for (sql, tables, columns, results) in [
        ("SELECT uid FROM users", "users", "users.uid", "uid=users.uid BIGINT"),
        ("SELECT u.uid + 1 AS n FROM users AS u", "users u", "users.uid", "n"),
        (
            "WITH p AS (SELECT pid FROM processes WHERE uid = 0) SELECT x.pid FROM p x",
            "processes",
            "processes.pid processes.uid",
            "pid=processes.pid BIGINT",
        ),
        ("SELECT count(*) FROM users, groups", "users groups", "", "count(*)"),
        ("SELECT count(*) FROM users GROUP BY shell, 1", "users", "users.shell", "count(*)"),
        (
            "CREATE TABLE t (a, b); UPDATE t SET b = a + 1 WHERE a IN (SELECT gid FROM groups) RETURNING b",
            "t groups",
            "groups.gid t.a t.b",
            "b=t.b ",
        ),
        (
            "SELECT gid FROM users JOIN groups USING (gid)",
            "users groups",
            "groups.gid users.gid",
            "gid=users.gid BIGINT",
        ),
        (
            "SELECT * FROM uptime JOIN (user_groups x JOIN (SELECT gid, uid AS u FROM users) y USING (gid))",
            "uptime user_groups x users",
            "uptime.days uptime.hours uptime.minutes uptime.seconds uptime.total_seconds user_groups.gid user_groups.uid users.gid users.uid",
            "days=uptime.days INTEGER hours=uptime.hours INTEGER minutes=uptime.minutes INTEGER \
             seconds=uptime.seconds INTEGER total_seconds=uptime.total_seconds BIGINT \
             gid=user_groups.gid BIGINT uid=user_groups.uid BIGINT u=users.uid BIGINT",
        ),
        ("SELECT 1 FROM users WHERE \"shell\" = \"sh\"", "users", "users.shell", "1"),
        ("VALUES (1, 2)", "", "", "column1 column2"),
        ("EXPLAIN SELECT uid FROM users", "users", "users.uid", ""),
        (
            "CREATE VIEW v AS SELECT uid AS u FROM users; SELECT u FROM v",
            "users v",
            "users.uid v.u",
            "u=users.uid BIGINT",
        ),
    ] {
        let analysis = engine.analyse(sql);
        let errors = analysis.diagnostics.iter().filter(|found| found.severity == Severity::Error);
        assert_eq!(errors.collect::<Vec<_>>(), Vec::<&Diagnostic>::new(), "{sql}");
        let statement = analysis.statements.last().expect(sql);
        let alias = |used: &TableUse| used.alias.as_ref().map(|alias| format!(" {alias}")).unwrap_or_default();
        let names = |used: &TableUse| format!("{}{}", used.name, alias(used));
        assert_eq!(statement.tables.iter().map(names).collect::<Vec<_>>().join(" "), tables, "{sql}");
        let column = |(table, column): &ColumnName| format!("{table}.{column}");
        assert_eq!(statement.columns.iter().map(column).collect::<Vec<_>>().join(" "), columns, "{sql}");
        let result = |result: &ResultColumn| match &result.origin {
            Some(origin) => format!("{}={} {}", result.name, column(origin), result.kind),
            None => result.name.clone(),
        };
        assert_eq!(statement.results.iter().map(result).collect::<Vec<_>>().join(" "), results, "{sql}");
    }
}

#[test]
fn errors_have_places_and_help() {
    for (sql, expect) in [
        ("selec 1", "syntax [selec] near \"selec\": syntax error"),
        ("SELECT 1 +", "syntax [] incomplete input"),
        ("SELECT 'a", "syntax ['a] unrecognized token: \"'a\""),
        ("SELECT 1 FROM (SELECT 2 FROM)", "syntax [)] near \")\": syntax error"),
        ("SELECT * FROM usrs", "unknown-table [usrs] no such table: usrs; did you mean the table users?"),
        ("SELECT udi FROM users", "unknown-column [udi] no such column: udi; did you mean uid of users?"),
        ("SELECT key FROM users", "unknown-column [key] no such column: key"),
        ("SELECT p.udi FROM users p", "unknown-column [p.udi] no such column: p.udi; did you mean uid of users?"),
        (
            "SELECT users.uid FROM users p",
            "unknown-column [users.uid] no such column: users.uid; users is called p in this statement",
        ),
        ("SELECT x.uid FROM users u", "unknown-column [x.uid] no such column: x.uid; uid is a column of u, not of x"),
        (
            "SELECT shell FROM (SELECT uid FROM users)",
            "unknown-column [shell] no such column: shell; shell is a column of users, which cannot be seen from here",
        ),
        ("SELECT 1 FROM users GROUP BY nope", "unknown-column [nope] no such column: nope"),
        (
            "DELETE FROM users WHERE uid = 0",
            "read-only [users] table users may not be modified; tables only read; CREATE TABLE makes one in memory that can be changed",
        ),
        (
            "CREATE TABLE t (a); UPDATE t SET b = nope",
            "unknown-column [b] no such column: b|unknown-column [nope] no such column: nope",
        ),
        ("SELECT lenght(1)", "unknown-function [lenght] no such function: lenght; did you mean the function length?"),
        ("SELECT length(1, 2)", "wrong-arguments [length] wrong number of arguments to function length()"),
        (
            "SELECT gid FROM users, groups",
            "ambiguous-column [gid] ambiguous column name: gid; say which: users.gid or groups.gid",
        ),
        (
            "SELECT uid FROM users WHERE shell = \"sh\"",
            "text-in-double-quotes [\"sh\"] there is no column \"sh\" here, so this is taken as text; write 'sh' if text is meant",
        ),
        ("SELECT nope FROM nowhere", "unknown-table [nowhere] no such table: nowhere"),
        // How many columns a table has that is not there, nobody knows.
        ("SELECT uid FROM users UNION SELECT * FROM nowhere", "unknown-table [nowhere] no such table: nowhere"),
        (
            "WITH c AS (SELECT nope FROM users UNION SELECT gid FROM groups) SELECT * FROM c",
            "unknown-column [nope] no such column: nope",
        ),
        (
            // A term that names another table is not a recursive one, so what it says of the expression is too early.
            "WITH c(a) AS (SELECT 1 UNION ALL SELECT pid FROM processes WHERE pid IN (SELECT a FROM c)) SELECT a FROM c",
            "circular-reference [c] circular reference: c",
        ),
        (
            "CREATE VIEW v AS SELECT uid FROM users WHERE nope = 1; SELECT 1, x.uid FROM v AS x",
            "unknown-column [v] no such column: nope",
        ),
        (
            "SELECT 1; SELECT 2 FROM; SELECT x",
            "syntax [;] near \";\": syntax error|unknown-column [x] no such column: x",
        ),
    ] {
        assert_eq!(told(sql).join("|"), expect, "{sql}");
    }
}

/// Only commas part the columns of a list.
#[test]
fn long_lists_have_as_many_columns_as_commas() {
    let list = |columns: usize| format!("CREATE TABLE t ({}z)", "a DEFAULT -1,".repeat(columns));
    let wide = |columns: usize| (0..columns).fold(list(0), |sql, n| sql.replace("z)", &format!("a{n} DEFAULT -1, z)")));
    assert_eq!(told(&wide(1200)), Vec::<String>::new());
    assert!(told(&list(100_000)).iter().any(|told| told.contains("too many columns")));
}

#[test]
fn odd_texts_end() {
    let engine = engine();
    let chain = |word: &str, times: usize| format!("SELECT {}1", word.repeat(times));
    let nested = |open: &str, inner: &str, close: &str, times: usize| {
        format!("SELECT {}{inner}{}", open.repeat(times), close.repeat(times))
    };
    let texts = [
        String::new(),
        ";".repeat(100_000),
        chain("1+", 100_000),
        chain("NOT ", 900),
        format!("SELECT 1 AND (1{})", " AND 1".repeat(100_000)),
        format!("SELECT 1{0} UNION SELECT 1 ORDER BY 1{0}", "+1".repeat(100_000)),
        chain("- ", 200_000),
        nested("(", "1", ")", 2_400),
        nested("(", "1", ")", 100_000),
        nested("abs(", "1", ")", 900),
        nested("(SELECT ", "1", ")", 600),
        nested("CASE WHEN ", "1", " THEN 1 END", 900),
        format!("SELECT 1 WHERE 1 IN ({}1)", "1,".repeat(100_000)),
        format!("SELECT {}1", "1,".repeat(100_000)),
        format!("SELECT 1 FROM users{}", " UNION SELECT 1".repeat(10_000)),
        format!("SELECT '{}'", "x".repeat(1 << 20)),
        format!("SELECT 1 FROM {}users", "users,".repeat(100_000)),
        format!("SELECT * FROM {}users", "users u,".repeat(10_000)),
        format!("SELECT 1 FROM users WHERE {}1", "nope,".repeat(1000).replace(',', " OR ")),
        format!("SELECT 1 FROM users WHERE uid IN ({}1)", "nope,".repeat(100_000)),
        format!("SELECT 1 FROM users JOIN groups USING ({}gid)", "nope,".repeat(50_000)),
        format!("WITH {}z AS (SELECT 1) SELECT * FROM z", "c AS (SELECT 1),".repeat(20_000)),
        format!("SELECT {}1 FROM users", "(SELECT 1 FROM file),".repeat(1900)),
        format!("SELECT {} FROM users", "x".repeat(1 << 20)),
        "SELECT nope FROM nowhere;".repeat(20_000),
        "/*".repeat(500_000),
        "(".repeat(1 << 20),
        "\u{1F600}".repeat(1000),
        "SELECT \0 nope".to_owned(),
    ];
    for text in texts {
        let analysis = engine.analyse(&text);
        let start: String = text.chars().take(30).collect();
        assert!(analysis.diagnostics.iter().all(|found| text.get(found.span.clone()).is_some()), "{start}");
    }
}

#[test]
fn warnings_are_about_the_right_queries() {
    for (sql, expect) in [
        // Joins.
        ("SELECT 1 FROM users, groups", "cartesian-join"),
        ("SELECT 1 FROM users u, groups g WHERE u.gid = g.gid", ""),
        ("SELECT 1 FROM users u, groups g, processes p WHERE u.gid = g.gid", "cartesian-join"),
        ("SELECT 1 FROM users CROSS JOIN groups", ""),
        ("SELECT 1 FROM users u, groups g WHERE u.username LIKE g.groupname", ""),
        ("SELECT 1 FROM users u, groups g WHERE u.username LIKE 'x' ESCAPE g.groupname", ""),
        ("SELECT 1 FROM users NATURAL JOIN groups", ""),
        ("SELECT 1 FROM uptime, users", ""),
        ("SELECT 1 FROM users, uptime", ""),
        ("SELECT 1 FROM users u, json_each(u.username)", ""),
        ("SELECT 1 FROM processes p, process_open_files f WHERE p.pid = 1 AND f.pid = 1", ""),
        ("SELECT 1 FROM processes p, process_open_files f WHERE p.name = 'x'", "cartesian-join"),
        ("SELECT 1 FROM processes p, processes q WHERE p.name = 'x' AND q.name = 'x'", ""),
        ("SELECT 1 FROM processes p, processes q WHERE p.name = 'x' AND q.state = 'S'", "cartesian-join"),
        ("SELECT (SELECT 1 FROM groups g, processes p WHERE g.gid = u.gid AND p.uid = u.uid) FROM users u", ""),
        ("SELECT 1 FROM (users u JOIN groups g) JOIN processes p ON p.uid = u.uid", "cartesian-join"),
        // Constraints.
        ("SELECT 1 FROM file", "missing-constraint"),
        ("SELECT 1 FROM file WHERE path = '/'", ""),
        ("SELECT 1 FROM file WHERE path IN ('/', '/etc')", ""),
        ("SELECT 1 FROM file WHERE directory LIKE '/etc/%'", ""),
        ("SELECT 1 FROM file WHERE path > '/'", "missing-constraint"),
        ("SELECT 1 FROM file WHERE path = '/' OR size = 1", "missing-constraint"),
        ("SELECT 1 FROM file WHERE path = '/' OR directory = '/etc'", ""),
        ("SELECT 1 FROM file f JOIN hash h USING (path) WHERE f.path = '/'", ""),
        ("SELECT 1 FROM (SELECT * FROM file) WHERE path = '/'", ""),
        ("SELECT 1 FROM file WHERE path IN (SELECT path FROM processes)", ""),
        ("SELECT 1 FROM processes p JOIN hash h ON h.path = p.path", ""),
        // Costs.
        ("SELECT 1 FROM file WHERE path LIKE '/%%'", "unbounded-scan"),
        ("SELECT 1 FROM file WHERE path LIKE '%%'", "unbounded-scan"),
        ("SELECT 1 FROM file WHERE path LIKE '/etc/%%'", ""),
        ("SELECT 1 FROM hash WHERE directory LIKE '/%/%%'", "unbounded-scan"),
        ("SELECT 1 FROM users WHERE username LIKE '%%'", ""),
        ("SELECT 1 FROM deb_package_files", "unbounded-scan"),
        ("SELECT 1 FROM deb_package_files WHERE package = 'x'", ""),
        // Comparisons.
        ("SELECT 1 FROM users WHERE uid = 'abc'", "never-true"),
        ("SELECT 1 FROM users WHERE 'abc' = uid", "never-true"),
        ("SELECT 1 FROM users WHERE uid = '12'", ""),
        ("SELECT 1 FROM users WHERE uid = ' 12 ' OR uid IN ('x', 3)", ""),
        ("SELECT 1 FROM users WHERE uid IN ('x', 'y')", "never-true"),
        ("SELECT 1 FROM users WHERE username = 5", ""),
        ("SELECT 1 FROM users WHERE lower(username) = 5", "never-true"),
        ("SELECT 1 FROM users WHERE username || 'x' = 5", "never-true"),
        ("SELECT 1 FROM users WHERE uid = NULL", "never-true"),
        ("SELECT 1 FROM users WHERE uid = \"a b\"", "never-true text-in-double-quotes"),
        // Who uses a view cannot change it.
        ("CREATE VIEW v AS SELECT uid FROM users WHERE shell = \"sh\"; SELECT uid FROM v", ""),
        ("SELECT 1 FROM users WHERE uid IS NULL", ""),
        ("SELECT 1 FROM users WHERE uid = 1 AND uid = 2", "never-true"),
        ("SELECT 1 FROM users WHERE uid = 1 OR uid = 2", ""),
        ("SELECT 1 FROM users WHERE uid = 1 AND uid = 1.0", ""),
        ("SELECT 1 FROM users WHERE uid = 1 AND uid = '1'", ""),
        ("SELECT 1 FROM users WHERE username = 'a' AND 'b' = username", "never-true"),
        ("SELECT 1 FROM users u JOIN users v ON u.uid = v.gid WHERE u.uid = 1 AND v.uid = 2", ""),
        ("SELECT 1 FROM users WHERE uid > 5 AND uid < 3", "never-true"),
        ("SELECT 1 FROM users WHERE uid >= 5 AND uid <= 5", ""),
        ("SELECT 1 FROM users WHERE uid BETWEEN 5 AND 3", "never-true"),
        ("SELECT 1 FROM users WHERE uid NOT BETWEEN 5 AND 3", ""),
        ("SELECT 1 FROM users WHERE uid NOT IN (1, NULL)", "never-true"),
        ("SELECT 1 FROM users WHERE uid IN (1, NULL)", ""),
        ("SELECT 1 FROM users WHERE username > 5", "text-order"),
        ("SELECT 1 FROM users WHERE username > 'm'", ""),
    ] {
        let codes: Vec<&str> = engine().analyse(sql).diagnostics.iter().map(|found| found.code.name()).collect();
        assert_eq!(codes.join(" "), expect, "{sql}");
    }
}

/// Tokens around NULL are found, wherever in the text a comparison stands.
#[test]
fn comparisons_with_null_have_places() {
    for (condition, place) in [
        ("uid = NULL", "uid = NULL"),
        ("NULL <> gid", "NULL <> gid"),
        ("1 AND uid + 1 = NULL OR gid", "uid + 1 = NULL"),
        ("gid AND NULL = uid AND gid", "NULL = uid"),
    ] {
        let told = told(&format!("SELECT 1 FROM users WHERE {condition}"));
        assert!(told.iter().any(|line| line.starts_with(&format!("never-true [{place}]"))), "{condition}: {told:?}");
    }
}

/// What earlier texts made and dropped is there, or is not, for those that come later.
#[test]
fn earlier_texts_count() {
    let mut engine = engine();
    for (sql, then, expect) in [
        ("SELECT 1", "SELECT a FROM t", "no such table: t"),
        ("CREATE TABLE t (a INTEGER PRIMARY KEY, b)", "SELECT rowid, b FROM t", "t.a t.b"),
        ("CREATE VIEW v AS SELECT uid AS u, b FROM users, t", "SELECT u FROM v", "t.b users.uid v.u"),
        ("SELECT 1", "SELECT uid FROM v", "no such column: uid"),
        ("DROP VIEW v", "SELECT u FROM v", "no such table: v"),
        ("DROP TABLE users", "SELECT uid FROM users", "no such table: users"),
        ("SELECT 1", "SELECT gid FROM groups", "groups.gid"),
    ] {
        engine.run(sql, &mut crate::Discard).expect(sql);
        let analysis = engine.analyse(then);
        let errors = analysis.diagnostics.iter().filter(|found| found.severity == Severity::Error);
        let columns = analysis.statements.iter().flat_map(|statement| &statement.columns);
        let mut told: Vec<String> = errors.map(|found| found.message.clone()).collect();
        if told.is_empty() {
            told.extend(columns.map(|(table, column)| format!("{table}.{column}")));
        }
        assert_eq!(told.join(" "), expect, "{sql}; {then}");
    }
}

/// Parentheses may be nested as deep as SQLite's parser lets them, and no deeper.
#[test]
fn the_deepest_parentheses() {
    let nested = |depth: usize| told(&format!("SELECT {}1{}", "(".repeat(depth), ")".repeat(depth)));
    assert_eq!(nested(2500), Vec::<String>::new());
    assert_eq!(nested(2501), ["too-deep [(] parentheses are nested too deeply"]);
    let beside = format!("SELECT {}1", "(1) + ".repeat(2600));
    assert_eq!(told(&beside), Vec::<String>::new(), "what is closed counts no more");
    let subqueries = format!("SELECT {}1", "(SELECT 1), ".repeat(1900));
    assert_eq!(told(&subqueries), Vec::<String>::new(), "nor do subqueries");
    let values = format!("SELECT 1 WHERE 1 IN ({}1)", "(1), ".repeat(4000));
    assert_eq!(told(&values), Vec::<String>::new(), "nor do values");
}

/// Some things only planning knows; then places are those of the text, whatever statement they are in.
#[test]
fn what_the_names_allow_is_prepared_too() {
    for (sql, expect) in [
        (
            "SELECT 1; SELECT 1 FROM hash h WHERE h.path = h.directory",
            "missing-constraint [hash] constrain path or directory by = or IN, by a join, or where the table allows it by LIKE; \
             for example: SELECT * FROM hash WHERE path = '/etc/hosts'",
        ),
        ("SELECT nullif(uid, 1) OVER () FROM users", "refused [nullif]"),
        ("SELECT 1; SELECT 1 WHERE 1 = (SELECT 1, 2)", "refused [1]"),
        ("CREATE TABLE t (a); SELECT a FROM t; SELECT max(max(a)) FROM t", ""),
        ("SELECT uid FROM users", ""),
    ] {
        let engine = engine();
        let analysis = engine.check(sql);
        let told = |found: &Diagnostic| {
            let help = found.help.as_ref().map(|help| format!(" {help}")).unwrap_or_default();
            format!("{} [{}]{help}", found.code.name(), &sql[found.span.clone()])
        };
        assert_eq!(analysis.diagnostics.iter().map(told).collect::<Vec<_>>().join("|"), expect, "{sql}");
    }
}
