//! Output modes, dot commands and what the shell tells about itself.

use crate::review::Review;
use crate::session::transcript;
use std::collections::BTreeSet;

/// Ways to print rows: flags, and what is typed first.
const MODES: &[(&[&str], &str)] = &[
    (&[], ""),
    (&["--json"], ""),
    (&["--json_pretty"], ""),
    (&["--csv"], ""),
    (&["--list"], ""),
    (&["--line"], ""),
    (&[], ".mode column\n"),
];

const QUERIES: &[(&str, &str)] = &[
    (
        "values",
        "SELECT 1 AS i, 'text' AS t, 1.5 AS r, NULL AS n UNION ALL SELECT -9223372036854775808, '', 1e20, NULL;",
    ),
    ("empty", "SELECT pid, name FROM processes WHERE pid < 0;"),
    ("wide", "SELECT * FROM users WHERE uid IN (0, 1001);"),
    ("unicode", "SELECT username, description, 'é漢字😀' AS more FROM users WHERE uid BETWEEN 1000 AND 1002;"),
    ("bytes", "SELECT pid, name, cmdline, x'00ff41' AS blob FROM processes WHERE pid IN (642, 644, 650);"),
    (
        "punctuation",
        "SELECT 'a\"b|c,d''e\\f\ttab' AS \"odd name\", 'two' || char(10) || 'lines' AS \"a|b\", char(7, 127, 8232) AS c;",
    ),
    ("statements", "SELECT 1 AS a; SELECT 2 AS b, 3 AS c; CREATE TABLE t(x); SELECT x FROM t;"),
    ("duplicates", "SELECT 1 AS a, 2 AS a, 3 AS b;"),
    ("pragma", "PRAGMA table_info(uptime);"),
];

#[test]
fn modes() {
    let mut review = Review::of("modes");
    for (name, sql) in QUERIES {
        let runs: Vec<String> =
            MODES.iter().map(|(flags, typed)| transcript(flags, &format!("{typed}{sql}\n"))).collect();
        review.check(name, sql, &runs.join("\n"));
    }
    review.finish();
}

/// A name for the command line's snapshot, and arguments and input of its runs.
type Runs<'a> = (&'a str, &'a [(&'a [&'a str], &'a str)]);

const RUNS: &[Runs<'_>] = &[
    ("help", &[(&["--help"], "")]),
    ("help_of_the_daemon", &[(&["-D", "--help"], "")]),
    (
        "functions",
        &[
            (&["--csv", "SELECT DISTINCT name, narg FROM pragma_function_list WHERE NOT builtin ORDER BY 1, 2"], ""),
            (&["--csv", "SELECT name FROM pragma_collation_list ORDER BY 1"], ""),
        ],
    ),
    ("dot_help", &[(&[".help"], "")]),
    ("dot_features", &[(&[".features"], "")]),
    (
        "dot_commands",
        &[
            (&[".all uptime"], ""),
            (&["--csv"], ".bail on\nSELECT nope;\nSELECT 1;\n"),
            (&["--csv"], ".bail off\nSELECT nope;\nSELECT 1;\n"),
            (&[".connect /nope.sock"], ""),
            (&[".disconnect"], ""),
            (&["--csv"], ".echo on\nSELECT 1 AS a; SELECT 2 AS b;\n.print x\n.echo off\nSELECT 3;\n"),
            (&["--csv"], ".exit 3\nSELECT 1;\n"),
            (&["--csv"], ".headers off\nSELECT 1 AS a;\n"),
            (&[".list user"], ""),
            (&[], ".mode line\nSELECT 1 AS a;\n.mode csv\nSELECT 1 AS a, 2 AS b;\n.mode pretty\nSELECT 1 AS a;\n"),
            (&["--list"], ".nullvalue none\nSELECT NULL AS a;\n"),
            (&[r#".print one  "two\tthree" 'four\tfive'"#], ""),
            (&["--csv"], ".quit\nSELECT 1;\n"),
            (&[".schema uptime"], ""),
            (&[".schema hash"], ""),
            (&["--list"], ".separator ' => '\nSELECT 1 AS a, 2 AS b;\n"),
            (&["--extensions_socket=/run/x.em", "--nullvalue=\t", ".show"], ""),
            (&[], ".mode list\n.headers off\n.echo on\n.width 3 -4\n.separator \"\\t\"\n.summary\n"),
            (&[".socket"], ""),
            (&[".tables user"], ""),
            (&["--csv", ".types SELECT uid, username, uid + 1 AS n, count(*) AS c, NULL AS u FROM users;"], ""),
            (&[".timeout 5"], ""),
            (&["--csv"], ".timer on\nSELECT 1;\n"),
            (&[".version"], ""),
            (&[], ".mode column\n.width 3 -12\nSELECT 'abcdef' AS left, 'right' AS right;\n"),
        ],
    ),
    (
        "command_line",
        &[
            (&["--version"], ""),
            (&["-D", "--version"], ""),
            (&["-A", "uptime", "--json"], ""),
            (&["--json", "--nullvalue=?", "SELECT NULL AS a"], ""),
            (&["--csv", "--separator=;", "--noheader", "SELECT 'a b' AS a, 'c;d' AS b"], ""),
            (&["--csv", "--query", "SELECT 1 AS a", "SELECT 2"], ""),
            (&["--profile=2", "SELECT 1"], ""),
            (&["--planner", "--csv", "SELECT username FROM users WHERE uid = 0 LIMIT 1"], ""),
            (&["--verbose", "--csv", "SELECT count(*) FROM users"], ""),
            (&["--csv", "SELECT count(*) FROM authorized_keys"], ""),
            (&["--csv", "SELECT name, value FROM osquery_flags WHERE value <> default_value"], ""),
        ],
    ),
];

#[test]
fn shell() {
    let mut review = Review::of("shell");
    for (name, runs) in RUNS {
        let runs: Vec<String> = runs.iter().map(|(args, stdin)| transcript(args, stdin)).collect();
        review.check(name, "the shell", &runs.join("\n"));
    }
    review.finish();
}

#[test]
fn every_dot_command_is_run() {
    let help = transcript(&[".help"], "");
    let first = |line: &str| line.strip_prefix('.')?.split(' ').next().map(str::to_owned);
    let known: BTreeSet<String> = help.lines().filter_map(first).collect();
    let given = RUNS.iter().flat_map(|(_, runs)| runs.iter());
    let lines = given.flat_map(|(args, stdin)| args.iter().copied().chain(stdin.lines()));
    let words = lines.flat_map(|line| first(line.strip_prefix("--csv ").unwrap_or(line)));
    let run: BTreeSet<String> = words.collect();
    assert!(known.len() > 20, "{help}");
    assert_eq!(known.difference(&run).collect::<Vec<_>>(), Vec::<&String>::new());
}
