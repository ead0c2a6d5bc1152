//! What the command line and the standard input say: flags, files of queries, statements, queries to be checked.

use super::{check, run};

#[test]
fn arguments() {
    check(&[
        (&["select 1 a", "--json"], "", 0, "[\n  {\"a\":\"1\"}\n]\n", ""),
        (&["--csv", "select 1 a", "select 2 a"], "", 0, "a\n1\n", ""),
        (&["--", "--json"], "", 0, "", ""),
        (&["--csv", "--", "select 1 a"], "", 0, "a\n1\n", ""),
        (&[""], "select 1;", 0, "", ""),
        (&["--bogus"], "", 1, "", "ERROR: unknown command line flag 'bogus'\n"),
        (&["-- comment\nselect 1"], "", 1, "", "ERROR: unknown command line flag ' comment\nselect 1'\n"),
        (&["--json=maybe"], "", 1, "", "ERROR: illegal value 'maybe' specified for bool flag 'json'\n"),
        (&["-A"], "", 1, "", "ERROR: flag '-A' is missing its argument\n"),
        (&["--flagfile=/nope/f"], "", 1, "", "/nope/f: No such file or directory\n"),
        (&["--version"], "", 0, concat!("plumbi version ", env!("CARGO_PKG_VERSION"), "\n"), ""),
        (&["-D", "--version"], "", 0, concat!("plumbd version ", env!("CARGO_PKG_VERSION"), "\n"), ""),
        (&["--csv", "--query", "select 1 a", "select 2 a"], "", 0, "a\n1\n", ""),
        (
            &["--query_file=/nope/q"],
            "",
            1,
            "",
            "Error reading query file '/nope/q': Cannot open file for reading: /nope/q\nhelp: No such file or directory\n",
        ),
        (
            &["--output=/nope/dir/x", "select 1"],
            "",
            1,
            "",
            "Error: Cannot open output file '/nope/dir/x'\nhelp: No such file or directory\n",
        ),
        (&["--output=-", "--csv", "select 1 a"], "", 0, "a\n1\n", ""),
        (&["--profile=3", "select 1"], "", 0, "", ""),
        (&["--profile=3", "selec"], "", 1, "", "Error: near \"selec\": syntax error\n  selec\n  ^^^^^\n"),
        (&["--pack=nope"], "", 0, "", ""),
        (
            &["--connect=/nope.em", "select 1"],
            "",
            1,
            "",
            "Error: Extension call failed: connect() failed: No such file or directory\n",
        ),
        (
            &["--csv", "-A", "users", "--header=false"],
            "",
            0,
            "0|0|0|0|root|root|/root|/bin/bash|\"\"\n8|8|8|8|mail|\"\"|/var/mail|/bin/sh|\"\"\n",
            "",
        ),
        (&["-A", "nope"], "", 1, "", "Error querying table: nope\nhelp: no such table: nope\n"),
        (&["-L", "-A", "nope", "select 1", "--disable_tables=users"], "", 0, run(&[".tables"], "").1.as_str(), ""),
    ]);
    assert_eq!(run(&["-h"], "").0, 0);
    let (code, tables, _) = run(&["-L"], "");
    assert_eq!(code, 0);
    assert!(tables.lines().all(|line| line.starts_with("  => ")) && tables.contains("  => users\n"));
    assert!(tables.lines().is_sorted());
}

#[test]
fn files_of_queries_and_results() {
    let folder = tempfile::tempdir().unwrap();
    let (query, result) = (folder.path().join("query"), folder.path().join("result"));
    let (query, result) = (query.to_str().unwrap(), result.to_str().unwrap());
    assert_eq!(
        run(&["--output", query, "--list", "--noheader", "select 'select 7 as n'"], ""),
        (0, String::new(), String::new())
    );
    assert_eq!(run(&["--query_file", query, "--csv"], ""), (0, "n\n7\n".to_owned(), String::new()));
    assert_eq!(run(&["--output", result], ".print x\n.show\nselect 1 a;\n").1, "");
    let (_, shown, _) = run(&["--query_file", result], "");
    assert_eq!(shown, "");
    let flags = folder.path().join("flags");
    assert_eq!(
        run(&["--output", flags.to_str().unwrap(), ".print \"# flags\\n--csv\\njunk\\n--nullvalue=N\""], "").0,
        0
    );
    assert_eq!(
        run(&["--flagfile", flags.to_str().unwrap(), "select null a"], ""),
        (0, "a\nN\n".to_owned(), String::new())
    );
}

#[test]
fn input() {
    check(&[
        (&["--csv"], "select 1 a;\nselect 2 b;\n", 0, "a\n1\nb\n2\n", ""),
        (&["--json"], "select 1 a;\nselect 2 b;\n", 0, "[\n  {\"a\":\"1\"}\n]\n[\n  {\"b\":\"2\"}\n]\n", ""),
        (&["--json"], "select 1 a; select 2 b;\n", 0, "[\n  {\"a\":\"1\"},\n  {\"b\":\"2\"}\n]\n", ""),
        (&["--csv"], "\n-- comment;\n  \nselect\n  1 a\n;\n", 0, "a\n1\n", ""),
        (&["--csv"], "select 1 a", 0, "a\n1\n", ""),
        (&["--csv"], "select ';\n' a;", 0, "a\n\";\n\"\n", ""),
        (&["--csv"], "select 1 a;\r\n", 0, "a\n1\n", ""),
        (&[], "", 0, "", ""),
        (
            &["--csv"],
            "select 1 a;\n\n-- x\nselect\nnope;\nselect 2 a;\n",
            1,
            "a\n1\na\n2\n",
            "Error: near line 4: no such column: nope\n  nope;\n  ^^^^\n",
        ),
        (&[], "selec", 1, "", "Error: near \"selec\": syntax error\n  selec\n  ^^^^^\n"),
        (
            &["--csv"],
            ".bail on\nselec;\nselect 1 a;\n",
            1,
            "",
            "Error: near line 2: near \"selec\": syntax error\n  selec;\n  ^^^^^\n",
        ),
        (&["--csv"], ".mode csv\nselect 1 a, 2 b;", 0, "a,b\n1,2\n", ""),
        (
            &["--csv", "--enable_tables=users"],
            "create table t(a integer); create trigger g after insert on t begin\nselect 1;\nend;\n\
             insert into t values(5);\nselect a from t;\n",
            1,
            "a\n5\n",
            "E] Authorizer denied action 7 g t main null\nError: near line 1: not authorized\n  \
             create table t(a integer); create trigger g after insert on t begin\n\
             \x20                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n\
             help: statements only read, and make tables and views of their own in memory\n",
        ),
        (&["--csv"], ".exit 3\nselect 1;", 3, "", ""),
        (&["--csv"], ".exit\nselect 1;", 0, "", ""),
        (&["--csv"], "selec;\n.exit", 1, "", "Error: near line 1: near \"selec\": syntax error\n  selec;\n  ^^^^^\n"),
        (&["--csv"], ".exit x\nselect 1;", 0, "", ""),
        (&["--csv"], ".quit\nselect 1;", 0, "", ""),
    ]);
    // A statement of more than a megabyte.
    let long = format!("select length('{}') a;", "x;".repeat(600_000));
    assert_eq!(run(&["--csv"], &long), (0, "a\n1200000\n".to_owned(), String::new()));
}

/// Whether a query is right is told by the exit code too.
#[test]
fn queries_are_checked() {
    check(&[
        (
            &["--check-query", "select uid from users"],
            "",
            0,
            "uses users: uid\ngives uid: BIGINT of users.uid\n0 errors, 0 warnings\n",
            "",
        ),
        (
            &["--check_query=select 1 where 1 = null", "select 'not run'"],
            "",
            0,
            "warning[never-true]: a comparison with NULL is never true\n --> 1:16\n  |\n1 | select 1 where 1 = null\n  \
             |                ^^^^^^^^\n  = help: use IS NULL\n\ngives 1\n0 errors, 1 warning\n",
            "",
        ),
        (
            &["--check-query=selec"],
            "",
            1,
            "error[syntax]: near \"selec\": syntax error\n --> 1:1\n  |\n1 | selec\n  | ^^^^^\n\n1 error, 0 warnings\n",
            "",
        ),
        (&["--check-query", ""], "select 1;", 0, "+---+\n| 1 |\n+---+\n| 1 |\n+---+\n", ""),
    ]);
    let (code, json, _) = run(&["--json", "--check-query", "select u.uid + 1 as n from users u where uid = 'x'"], "");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (code, &json),
        (
            0,
            &serde_json::json!({
                "diagnostics": [{
                    "severity": "warning", "code": "never-true", "message": "uid is a number, and never equals 'x'",
                    "help": null, "start": 41, "end": 50, "line": 1, "column": 42
                }],
                "statements": [{
                    "start": 0, "end": 50,
                    "tables": [{ "name": "users", "alias": "u", "start": 27, "end": 32 }],
                    "columns": [{ "table": "users", "column": "uid" }],
                    "results": [{ "name": "n", "origin": null, "type": null }]
                }]
            })
        )
    );
}
