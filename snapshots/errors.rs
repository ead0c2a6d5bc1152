//! What people are told when something is wrong.

use crate::review::Review;
use crate::session::transcript;

/// Statements by what is wrong with them.
const STATEMENTS: &[(&str, &[&str])] = &[
    (
        "syntax",
        &[
            "selec 1",
            "SELECT FROM users",
            "SELECT * FROM users WHERE",
            "SELECT (1",
            "SELECT 'abc",
            "SELECT 1,\n  2,\n  3 4 5\nFROM users",
            "SELECT 1; SELECT 2; SELEC 3; SELECT 4",
            "SELECT * FROM users GROUP BY uid ORDER uid",
        ],
    ),
    (
        "names",
        &[
            "SELECT * FROM proceses",
            "SELECT * FROM process",
            "SELECT * FROM nothing_like_it",
            "SELECT * FROM main.usres",
            "SELECT usrname FROM users",
            "SELECT u.direcotry FROM users u",
            "SELECT x.uid FROM users u",
            "SELECT uid FROM users u JOIN user_groups g",
            "SELECT rowid FROM users",
            "SELECT lenght(username) FROM users",
            "SELECT length(1, 2)",
            "SELECT * FROM users ORDER BY 99",
            "SELECT * FROM users WHERE nope.uid = 1",
        ],
    ),
    (
        "required",
        &[
            "SELECT * FROM file",
            "SELECT * FROM hash",
            "SELECT * FROM file WHERE size > 10",
            "SELECT * FROM file WHERE path > '/etc'",
            "SELECT * FROM file WHERE path = '/etc/passwd' OR size = 3",
            "SELECT * FROM file f LEFT JOIN hash h ON h.md5 = f.filename WHERE f.path = '/etc/passwd'",
        ],
    ),
    (
        "refused",
        &[
            "DELETE FROM users",
            "INSERT INTO users(uid) VALUES (1)",
            "UPDATE users SET uid = 1",
            "CREATE TABLE users(a)",
            "CREATE INDEX i ON users(uid)",
            "ATTACH 'x.db' AS x",
            "PRAGMA user_version",
            "SAVEPOINT s",
            "VACUUM",
            "SELECT load_extension('x')",
        ],
    ),
    (
        "values",
        &[
            "SELECT abs(-9223372036854775808)",
            "SELECT json('{')",
            "SELECT 1 LIMIT 'x'",
            "SELECT max()",
            "SELECT regex_match('a', '(', 0)",
            "SELECT split('a', '', 0)",
            "SELECT in_cidr_block('10.0.0.0/33', '10.0.0.1')",
            "SELECT version_compare('1', '2', 'BSD')",
            "SELECT community_id_v1('nonsense', '10.0.0.1', 1, 2, 6)",
            "SELECT community_id_v1_strict('nonsense', '10.0.0.1', 1, 2, 6)",
            "SELECT concat_ws()",
            "SELECT sqrt(-1)",
            "SELECT sum(9223372036854775807) FROM users",
        ],
    ),
];

#[test]
fn statements() {
    let mut review = Review::of("errors");
    for (name, statements) in STATEMENTS {
        let runs: Vec<String> = statements.iter().map(|sql| transcript(&["--csv", sql], "")).collect();
        review.check(name, "statements that are wrong", &runs.join("\n"));
    }
    for (name, runs) in RUNS {
        let runs: Vec<String> = runs.iter().map(|(args, stdin)| transcript(args, stdin)).collect();
        review.check(name, "commands that are wrong", &runs.join("\n"));
    }
    review.finish();
}

type Runs<'a> = (&'a str, &'a [(&'a [&'a str], &'a str)]);

const RUNS: &[Runs<'_>] = &[
    (
        "flags",
        &[
            (&["--jsn", "SELECT 1"], ""),
            (&["-- a comment\nSELECT 1"], ""),
            (&["--json=maybe", "SELECT 1"], ""),
            (&["--config_refresh=abc", "SELECT 1"], ""),
            (&["--config_refresh=-1", "SELECT 1"], ""),
            (&["--config_refresh=99999999999999999999", "SELECT 1"], ""),
            (&["--separator"], ""),
            (&["-A"], ""),
            (&["-A", "proceses"], ""),
            (&["-A", "file"], ""),
            (&["--flagfile=/nope/flags", "SELECT 1"], ""),
            (&["--query_file=/nope/query"], ""),
            (&["--output=/nope/result", "SELECT 1"], ""),
            (&["--connect=/nope.sock", "SELECT 1"], ""),
            (&["--disable_tables=users", "SELECT * FROM users"], ""),
            (&["--config_check", "--config_path=/nope/osquery.conf"], ""),
            (&["-D"], ""),
        ],
    ),
    (
        "dot_commands",
        &[
            (&[".nope"], ""),
            (&[".mode"], ""),
            (&[".mode json"], ""),
            (&[".echo perhaps"], ""),
            (&[".all"], ""),
            (&[".all proceses"], ""),
            (&[".all file"], ""),
            (&[".types SELEC 1"], ""),
            (&[".types SELECT nope FROM users"], ""),
            (&[".tables zzz"], ""),
            (&[".width a b"], ""),
        ],
    ),
    (
        "input",
        &[
            (&["--csv"], "SELECT 1 AS a;\n\n-- comment\nSELECT\n  nope\nFROM users;\nSELECT 2 AS a;\n"),
            (&["--csv"], "SELECT 1 AS a;\nSELECT 'open\n"),
            (&["--json"], "SELECT nope;\nSELECT 1 AS a;\n"),
            (&["--csv"], "SELECT nope;\n.exit\n"),
        ],
    ),
];
