//! The shell as its users meet it: arguments and input in; standard output, standard error and exit code out.

use plumb::{Interrupts, Machine, Streams, Terminals, shell_main};
use plumb_host::{Host, Mem};
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.borrow()).into_owned()
    }
}

/// A writer whose reader has gone after some bytes.
struct Head(usize);

impl Write for Head {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn host() -> Arc<dyn Host> {
    Arc::new(
        Mem::new()
            .file("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nmail:x:8:8::/var/mail:/bin/sh\n")
            .file("/etc/hostname", "fixture\n"),
    )
}

fn run_to(stdout: Box<dyn Write>, args: &[&str], stdin: &str) -> (i32, String) {
    run_with(stdout, args, stdin, Interrupts::default())
}

fn run_with(stdout: Box<dyn Write>, args: &[&str], stdin: &str, interrupts: Interrupts) -> (i32, String) {
    let stderr = Shared::default();
    let args = ["plumbi"].iter().chain(args).map(|arg| (*arg).to_owned()).collect();
    let streams = Streams {
        stdin: Box::new(io::Cursor::new(stdin.as_bytes().to_vec())),
        stdout,
        stderr: Box::new(stderr.clone()),
        terminals: Terminals::default(),
    };
    let open = |_: &plumb_agent::flags::Flags| Ok(host());
    let machine = Machine { tables: plumb_tables::registry(), open: &open, interrupts };
    let code = shell_main(args, streams, machine);
    (code, without_times(&stderr.text()))
}

/// Status lines reduced to their severity and text.
fn without_times(text: &str) -> String {
    let shorten = |line: &str| match line.split_once("] ") {
        Some((head, text))
            if head.starts_with(['I', 'W', 'E']) && head.get(1..5).is_some_and(|d| d.parse::<u32>().is_ok()) =>
        {
            format!("{}] {text}\n", &head[..1])
        }
        _ => format!("{line}\n"),
    };
    text.lines().map(shorten).collect()
}

fn run(args: &[&str], stdin: &str) -> (i32, String, String) {
    let stdout = Shared::default();
    let (code, stderr) = run_to(Box::new(stdout.clone()), args, stdin);
    (code, stdout.text(), stderr)
}

/// Arguments, input, exit code, standard output, standard error.
type Case<'a> = (&'a [&'a str], &'a str, i32, &'a str, &'a str);

fn check(cases: &[Case<'_>]) {
    for (args, stdin, code, stdout, stderr) in cases {
        let got = run(args, stdin);
        assert_eq!(
            (got.0, got.1.as_str(), got.2.as_str()),
            (*code, *stdout, *stderr),
            "\n{args:?}\n{stdin}\n--- stdout\n{}\n--- stderr\n{}",
            got.1,
            got.2
        );
    }
}

const A: &str = "SELECT 1 AS i, 'plain' AS t UNION ALL SELECT NULL, ''";
const B: &str = "SELECT 9 n,'é漢字😀' s,x'00ff41' b,1.5 r UNION ALL SELECT 10,'line1\nline2',x'',1e20 UNION ALL SELECT \
                 11,'a\"b|c,d''e\\f\ttab',NULL,3.0";
const BOX_A: &str = "+---+-------+\n| i | t     |\n+---+-------+\n| 1 | plain |\n|   |       |\n+---+-------+\n";
const JSON_A: &str = "[\n  {\"i\":\"1\",\"t\":\"plain\"},\n  {\"i\":\"\",\"t\":\"\"}\n]\n";

#[test]
fn output_modes() {
    check(&[
        (&[A], "", 0, BOX_A, ""),
        (&["--json", A], "", 0, JSON_A, ""),
        (&["--csv", A], "", 0, "i|t\n1|plain\n|\"\"\n", ""),
        (&["--list", A], "", 0, "i|t\n1|plain\n|\n", ""),
        (&["--line", A], "", 0, "    i = 1\n    t = plain\n\n    i = \n    t = \n", ""),
        (
            &["--json_pretty", A],
            "",
            0,
            "[\n  {\n    \"i\": \"1\",\n    \"t\": \"plain\"\n  },\n  {\n    \"i\": \"\",\n    \"t\": \"\"\n  }\n]\n",
            "",
        ),
        (
            &["--csv", B],
            "",
            0,
            "n|s|b|r\n9|\"é漢字😀\"|\"\"|1.5\n10|\"line1\nline2\"|\"\"|1.0e+20\n11|\"a\"\"b|c,d'e\\f\ttab\"||3.0\n",
            "",
        ),
        (
            &["--json", B],
            "",
            0,
            "[\n  {\"b\":\"\",\"n\":\"9\",\"r\":\"1.5\",\"s\":\"é漢字😀\"},\n  \
             {\"b\":\"\",\"n\":\"10\",\"r\":\"1.0e+20\",\"s\":\"line1\\nline2\"},\n  \
             {\"b\":\"\",\"n\":\"11\",\"r\":\"3.0\",\"s\":\"a\\\"b|c,d'e\\\\f\\ttab\"}\n]\n",
            "",
        ),
        // Of several modes one wins.
        (&["--json", "--csv", "select 1 a"], "", 0, "a\n1\n", ""),
        (&["--csv", "--line", "select 1 a"], "", 0, "    a = 1\n", ""),
        (&["--line", "--list", "select 1 a"], "", 0, "a\n1\n", ""),
        (&["--json", "--json_pretty", "select 1 a"], "", 0, "[\n  {\n    \"a\": \"1\"\n  }\n]\n", ""),
        // Empty results.
        (&["--json", "select 1 where 0"], "", 0, "[\n\n]\n", ""),
        (&["--json_pretty", "select 1 where 0"], "", 0, "[]\n", ""),
        (&["select 1 where 0"], "", 0, "", ""),
        (&["--csv", "select 1 where 0"], "", 0, "", ""),
        // Settings.
        (&["--nullvalue=none", "--json", "select null a, '' b"], "", 0, "[\n  {\"a\":\"none\",\"b\":\"\"}\n]\n", ""),
        (&["--nullvalue=none", "--csv", "select null a, '' b"], "", 0, "a|b\nnone|\"\"\n", ""),
        (&["--csv", "--separator=,", "select 1 a, 'x,y' b"], "", 0, "a,b\n1,\"x,y\"\n", ""),
        (&["--csv", "--header=false", "select 1 a"], "", 0, "1\n", ""),
        (&["--noheader", "select 1 a"], "", 0, "+---+\n| a |\n+---+\n| 1 |\n+---+\n", ""),
        (&["--noheader", "--line", "select 1 a"], "", 0, "    a = 1\n", ""),
        // Reals.
        (
            &["--list", "select 1.5 a, 3.0 b, 1e20 c, 1/3.0 d, 1e100 e, 9223372036854775807.0 f, 0.1+0.2 g"],
            "",
            0,
            "a|b|c|d|e|f|g\n1.5|3.0|1.0e+20|0.333333333333333|1.0e+100|9.22337203685478e+18|0.3\n",
            "",
        ),
    ]);
}

#[test]
fn several_statements_in_one_argument() {
    let two = "select 1 a; select 2 b;";
    check(&[
        (&[two], "", 0, "+---+\n| a |\n+---+\n| 1 |\n|   |\n+---+\n", ""),
        (&["--json", two], "", 0, "[\n  {\"a\":\"1\"},\n  {\"b\":\"2\"}\n]\n", ""),
        (&["--csv", two], "", 0, "a\n1\nb\n2\n", ""),
        (&["--list", two], "", 0, "a\n1\nb\n2\n", ""),
        (&["--line", two], "", 0, "    a = 1\n    b = 2\n", ""),
        // What came before an error is printed, what comes after is not run.
        (
            &["--json", "select 1 a; selec; select 2 b"],
            "",
            1,
            "[\n  {\"a\":\"1\"}\n]\n",
            "Error: near \"selec\": syntax error\n  select 1 a; selec; select 2 b\n              ^^^^^\n",
        ),
        (&["--json", "selec"], "", 1, "[\n\n]\n", "Error: near \"selec\": syntax error\n  selec\n  ^^^^^\n"),
    ]);
}

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

#[test]
fn dot_commands() {
    let unknown =
        |name: &str| format!("Error: unknown command or invalid arguments:  \"{name}\". Enter \".help\" for help\n");
    check(&[
        (&[".foo"], "", 1, "", &unknown("foo")),
        (&[".bail"], "", 1, "", &unknown("bail")),
        (&[".t"], "", 1, "", &unknown("t")),
        (&[".mode csv list"], "", 1, "", &unknown("mode")),
        (&["."], "", 0, "", ""),
        (&[".timeout 5"], "", 0, "", ""),
        (&[".mode nope"], "", 1, "", "Error: mode should be one of: column csv line list pretty\n"),
        (&[".print a  \"b\\tc\" 'd\\te'"], "", 0, "a b\tc d\\te\n", ""),
        (&[".all nope"], "", 1, "", "Error querying table: nope\nhelp: no such table: nope\n"),
        (&[".disconnect"], "", 1, "", "Error: Not connected to a socket\n"),
        (&[".connect /nope"], "", 1, "", "Error: Extension call failed: connect() failed: No such file or directory\n"),
        (&[".exit 7"], "", 7, "", ""),
        (&[".tables users"], "", 0, "  => users\n", ""),
        (&[".tab users"], "", 0, "  => users\n", ""),
        (&[".list users"], "", 0, "  => users\n", ""),
        (&[".tables zzz"], "", 0, "", ""),
        (&["--extensions_socket=/x/y", ".socket"], "", 0, "/x/y\n", ""),
        (&[".echo maybe"], "", 0, "", "ERROR: Not a boolean value: \"maybe\". Assuming \"no\".\n"),
        (
            &["--csv"],
            ".echo on\nselect 3;\n.print x\nselect 1 a; select 2 b;\n",
            0,
            "select 3;\n3\n3\n.print x\nx\nselect 1 a;\nselect 2 b;\na\n1\nb\n2\n",
            "",
        ),
        (&["--csv"], ".headers off\nselect 1 a;\n.header on\nselect 1 a;\n", 0, "1\na\n1\n", ""),
        (
            &["--list", "--nullvalue=x"],
            "select null a;\n.nullvalue y\nselect null a;\n.mode pretty\nselect null a;\n",
            0,
            "a\nx\na\ny\n+---+\n| a |\n+---+\n| x |\n+---+\n",
            "",
        ),
        (
            &["--json"],
            ".mode line\nselect 1 a;\n.mode pretty\nselect 1 a;\n",
            0,
            "    a = 1\n[\n  {\"a\":\"1\"}\n]\n",
            "",
        ),
        (
            &["--list"],
            ".separator 123456789012345678901234\nselect 1 a, 2 b;\n",
            0,
            "a1234567890123456789b\n112345678901234567892\n",
            "",
        ),
        (&[], ".mode column\n.width 3 -4\nselect 'abcdef' a, 1 b;\n", 0, "a       b\n---  ----\nabc     1\n", ""),
        (
            &[
                ".types select uid, username, uid+1 n, uid=1 e, 1 i, 'a'||'b' t, count(*) c, null u from users;",
                "--csv",
            ],
            "",
            0,
            "name|type\nuid|BIGINT\nusername|TEXT\nn|BIGINT\ne|INTEGER\ni|INTEGER\nt|TEXT\nc|BIGINT\nu|UNKNOWN\n",
            "",
        ),
        (&[".types bogus;"], "", 1, "Error 1: near \"bogus\": syntax error\n", ""),
        (
            &[".version"],
            "",
            0,
            &format!("plumb {}\nusing SQLite {}\n", env!("CARGO_PKG_VERSION"), plumb_sql::Engine::sqlite_version()),
            "",
        ),
        (
            &[".schema users"],
            "",
            0,
            "CREATE TABLE users(`uid` BIGINT, `gid` BIGINT, `uid_signed` BIGINT, `gid_signed` BIGINT, `username` TEXT, \
          `description` TEXT, `directory` TEXT, `shell` TEXT, `uuid` TEXT COLLATE NOCASE, `type` TEXT HIDDEN, \
          `is_hidden` INTEGER HIDDEN, `pid_with_namespace` INTEGER HIDDEN, `include_remote` INTEGER HIDDEN, \
          PRIMARY KEY (`uid`, `username`, `uuid`, `pid_with_namespace`, `include_remote`)) WITHOUT ROWID;\n",
            "",
        ),
    ]);
    let (code, out, err) = run(&[".help"], "");
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(err.lines().count() > 24 && err.contains("\n.tables [PREFIX] "));
    let (_, out, _) = run(&["--list", "--noheader"], ".timer on\nselect 1;\n");
    let timer: Vec<&str> = out.lines().nth(1).unwrap().split(' ').collect();
    assert_eq!((timer[0], timer[1], timer[2], timer[4], timer[6]), ("Run", "Time:", "real", "user", "sys"));
    assert_eq!([timer[3], timer[5], timer[7]].map(|n| n.split_once('.').unwrap().1.len()), [3, 6, 6]);
}

#[test]
fn show() {
    let (code, out, err) = run(&["--separator=\t", "--nullvalue=\"", ".show"], "");
    assert_eq!((code, err.as_str()), (0, ""));
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[1], "~".repeat(45));
    assert_eq!(lines[2], concat!("plumb ", env!("CARGO_PKG_VERSION")));
    assert_eq!(lines[4..7], ["", "General settings:", "     Flagfile:"]);
    for line in [
        "       Config: filesystem (/etc/osquery/osquery.conf)",
        "     Database: ephemeral",
        "Shell settings:",
        "         echo: off",
        "      headers: on",
        "         mode: pretty",
        "    nullvalue: \"\\\"\"",
        "       output: stdout",
        "    separator: \"\\t\"",
        "        width:",
        "Non-default flags/options:",
        "  disable_events: true",
        "  nullvalue: \"",
    ] {
        assert!(lines.contains(&line), "{line:?} in\n{out}");
    }
    assert_eq!(run(&["--separator=\t", "--nullvalue=\"", ".summary"], "").1, out);
    let (_, features, _) = run(&[".features"], "");
    assert!(features.lines().is_sorted() && features.contains("disable_events: true\n"), "{features}");
    assert!(!features.contains("disable_tables"), "no switch");
}

#[test]
fn errors() {
    check(&[
        (&["selec 1"], "", 1, "", "Error: near \"selec\": syntax error\n  selec 1\n  ^^^^^\n"),
        (
            &["select * from nope_at_all"],
            "",
            1,
            "",
            "Error: no such table: nope_at_all\n  select * from nope_at_all\n                ^^^^^^^^^^^\n",
        ),
        (&["select nofn(1)"], "", 1, "", "Error: no such function: nofn\n  select nofn(1)\n         ^^^^\n"),
        (
            &["delete from users"],
            "",
            1,
            "",
            "Error: table users may not be modified\n  delete from users\n              ^^^^^\n\
             help: tables only read; CREATE TABLE makes one in memory that can be changed\n",
        ),
        (
            &["insert into users(uid) values(1)"],
            "",
            1,
            "",
            "Error: table users may not be modified\n  insert into users(uid) values(1)\n              ^^^^^\n\
             help: tables only read; CREATE TABLE makes one in memory that can be changed\n",
        ),
        (
            &["update users set uid=1"],
            "",
            1,
            "",
            "Error: table users may not be modified\n  update users set uid=1\n         ^^^^^\n\
             help: tables only read; CREATE TABLE makes one in memory that can be changed\n",
        ),
        (
            &["attach 'x.db' as x"],
            "",
            23,
            "",
            "E] Authorizer denied action 24 x.db null null null\nError: not authorized\n  attach 'x.db' as x\n  \
             ^^^^^^^^^^^^^^^^^^\nhelp: statements only read, and make tables and views of their own in memory\n",
        ),
        (&["select load_extension('x')"], "", 1, "", "Error: not authorized\n"),
        (
            &["select * from hash"],
            "",
            19,
            "",
            "W] Table hash was queried without a required column in the WHERE clause\n\
             W] How hash can be queried: https://osquery.io/schema/#hash\n\
             Error: Table hash was queried without a required column in the WHERE clause\n  \
             select * from hash\n                ^^^^\n\
             help: constrain path or directory by = or IN, by a join, or where the table allows it by LIKE\n\
             help: for example: SELECT * FROM hash WHERE path = '/etc/hosts'\n",
        ),
    ]);
    for (sql, code, first) in [
        ("select nope from users", 1, "Error: no such column: nope"),
        ("detach x", 23, "E] Authorizer denied action 25 x null null null"),
        ("pragma user_version", 23, "E] Authorizer denied action 19 user_version null null null"),
        ("savepoint a", 23, "E] Authorizer denied action 32 "),
    ] {
        let (got, _, err) = run(&[sql], "");
        assert!(got == code && err.starts_with(first), "{sql}: {got} {err}");
    }
    let compound = vec!["select 1"; 601].join(" union all ");
    let (code, _, err) = run(&[&compound], "");
    assert_eq!((code, err.lines().next()), (1, Some("Error: too many terms in compound SELECT")));
}

#[test]
fn tables_may_be_left_out() {
    for (flag, table, code) in [
        ("--disable_tables=users,nope", "users", 1),
        ("--disable_tables=time", "users", 0),
        ("--enable_tables=time", "users", 1),
        ("--enable_tables=users,nope", "users", 0),
    ] {
        let (got, _, err) = run(&[flag, &format!("select 1 from {table} limit 1")], "");
        assert_eq!(got, code, "{flag} {err}");
        let help = format!("help: {} leaves this table out\n", flag.split('=').next().unwrap());
        assert_eq!(err.ends_with(&help), code == 1, "{flag} {err}");
    }
}

#[test]
fn a_reader_that_has_enough_ends_the_shell_quietly() {
    let many = "with recursive n(i) as (select 1 union all select i+1 from n where i<100000) select i from n";
    for args in [&["--csv", many][..], &["--json", many], &[many], &["--line", many], &["-L"], &["--csv", "select 1"]] {
        assert_eq!(run_to(Box::new(Head(10)), args, ""), (0, String::new()), "{args:?}");
        assert_eq!(run_to(Box::new(Head(0)), args, ""), (0, String::new()), "{args:?}");
    }
    let script = format!("{many};\nselec;\n");
    assert_eq!(run_to(Box::new(Head(10)), &["--csv"], &script), (0, String::new()), "nothing more is run");
}

#[test]
fn the_planner_tells_what_it_does() {
    let (code, out, err) = run(&["--planner", "--csv", "select username from users where uid=0 limit 1"], "");
    assert_eq!((code, out.as_str()), (0, "username\nroot\n"));
    assert!(!err.is_empty() && err.lines().all(|line| line.starts_with("osquery planner: ")), "{err}");
}

#[test]
fn ctrl_c_ends_a_run_that_nobody_watches() {
    let endless = "select 1 a; with recursive n(i) as (select 1 union all select i+1 from n) select count(*) from n";
    for (args, stdin) in
        [(&["--json", endless][..], String::new()), (&["--json"], format!("{endless};\nselect 2 b;\n"))]
    {
        let interrupts = Interrupts::default();
        let hand = interrupts.clone();
        let presses = std::thread::spawn(move || {
            while !hand.press() {
                std::thread::yield_now();
            }
        });
        let stdout = Shared::default();
        let (code, stderr) = run_with(Box::new(stdout.clone()), args, &stdin, interrupts);
        presses.join().unwrap();
        assert_eq!(code, 130);
        assert!(stderr.contains("interrupted"), "{stderr}");
        assert!(stdout.text().starts_with("[\n") && stdout.text().ends_with("\n]\n"), "valid JSON all the same");
        assert!(!stdout.text().contains("\"b\""), "nothing more is run");
    }
}

#[test]
fn status_lines() {
    let folder = tempfile::tempdir().unwrap();
    let flags = folder.path().join("flags");
    let flags = flags.to_str().unwrap();
    assert_eq!(run(&["--output", flags, ".print --list\\njunk"], "").0, 0);
    check(&[
        (
            &["--list", "select count(*) n from shell_history"],
            "",
            0,
            "n\n0\n",
            "W] The shell_history table returns data based on the current user by default, consider JOINing against the \
             users table\nW] How shell_history can be queried: https://osquery.io/schema/#shell_history\n",
        ),
        (&["--list", "select count(*) n from shell_history where uid = 0"], "", 0, "n\n0\n", ""),
        (
            &["--extension=/nope", "--list", "select 1 n"],
            "",
            0,
            "n\n1\n",
            "W] extension not started, this build has none yet: /nope\n",
        ),
        (&["--pack=nope", "--verbose"], "", 0, "", "I] no such pack: nope\n"),
        (
            &["--flagfile", flags, "--verbose", "select 1 n"],
            "",
            0,
            "n\n1\n",
            &format!("I] flag file line that sets nothing: {flags}: junk\n"),
        ),
    ]);
}

#[test]
fn what_the_daemon_will_do_is_refused_clearly() {
    for args in [&["-D"][..], &["--config_check"], &["--config_dump"], &["--database_dump", "select 1"]] {
        let (code, out, err) = run(args, "");
        assert_eq!((code, out.as_str()), (1, ""), "{args:?}");
        assert!(err.starts_with("Error: ") && err.contains("yet"), "{args:?}: {err}");
    }
}

#[test]
fn odd_lines_are_survived() {
    let lines = [
        ".",
        "..",
        ". ",
        ".\t",
        ".\"",
        ".'",
        ".\\",
        ".print \\",
        ".print \"\\",
        ".print \\777\\8",
        ".é",
        ".width",
        ".width x 99999999999 -5",
        ".separator ''",
        ".separator ääääääääääääääääää",
        ".types",
        ".types ;",
        ".all",
        ".all ;",
        ".all a;b",
        ".schema '%'",
        ".mode ''",
        ".exit -1",
        ";",
        ";;",
        "/*",
        "--",
        "'",
        "[",
        "\u{feff}select 1;",
        "select 'a\0b';",
        "\0",
        "é;",
        "explain;",
        "create",
        "end;",
    ];
    for line in lines {
        for mode in ["--json", "--csv"] {
            let (code, _, _) = run(&[mode], &format!("{line}\n.mode column\n.width 2 -3\nselect 'äöü' a, 'x' b;\n"));
            assert!((0..=1).contains(&code), "{line:?} {code}");
        }
    }
}
