//! What `--check-query` says, and the diagnostics of each kind.

use crate::review::Review;
use crate::session::transcript;

/// Queries by what there is to say of them.
const QUERIES: &[(&str, &[&str])] = &[
    (
        "names",
        &[
            "SELECT udi, usrname FROM users",
            "SELECT * FROM proceses",
            "SELECT users.uid, x.gid FROM users u",
            "SELECT gid FROM users, groups",
            "SELECT lenght(username), length(1, 2) FROM users",
            "SELECT uid FROM users WHERE shell = \"/bin/sh\"",
            "SELECT * FROM users JOIN groups USING (shell)",
            "WITH a AS (SELECT * FROM b), b AS (SELECT * FROM a) SELECT * FROM a",
            "SELECT uid FROM users UNION SELECT gid, groupname FROM groups",
        ],
    ),
    (
        "grammar",
        &[
            "SELECT uid,\n  FROM users",
            "SELECT (1",
            "SELECT 'open",
            "SELECT 1; SELEC 2; SELECT nope FROM users",
            "ATTACH 'x' AS y",
        ],
    ),
    (
        "rows",
        &[
            "SELECT name FROM processes WHERE pid = 'init' OR parent = NULL",
            "SELECT name FROM processes WHERE pid = 1 AND pid = 2",
            "SELECT name FROM processes WHERE pid > 10 AND pid < 5",
            "SELECT name FROM processes WHERE pid BETWEEN 10 AND 5",
            "SELECT name FROM processes WHERE uid NOT IN (0, NULL)",
            "SELECT name FROM processes WHERE upper(name) = 5 AND name > 5",
        ],
    ),
    (
        "cost",
        &[
            "SELECT * FROM hash",
            "SELECT h.md5 FROM file f JOIN hash h ON h.md5 = f.filename WHERE f.path = '/etc/passwd'",
            "SELECT path FROM file WHERE path = '/etc' OR size > 10",
            "SELECT path, sha256 FROM hash WHERE path LIKE '/%%'",
            "SELECT path FROM deb_package_files",
            "SELECT p.name, f.path FROM processes p, process_open_files f",
            "SELECT u.uid FROM users u CROSS JOIN groups g",
        ],
    ),
    (
        "uses",
        &[
            "SELECT u.username, count(*) AS n, p.uid + 1\nFROM processes AS p JOIN users AS u USING (uid)\nGROUP BY 1",
            "WITH p AS (SELECT pid, name FROM processes WHERE uid = 0) SELECT * FROM p WHERE pid IN (SELECT pid FROM listening_ports)",
            "CREATE VIEW v AS SELECT uid AS id FROM users; SELECT id FROM v",
        ],
    ),
];

#[test]
fn queries() {
    let mut review = Review::of("checks");
    for (name, queries) in QUERIES {
        let runs: Vec<String> = queries.iter().map(|sql| transcript(&["--check-query", sql], "")).collect();
        review.check(name, "queries that are looked at", &runs.join("\n"));
    }
    let json = transcript(&["--json_pretty", "--check_query=SELECT uid AS id FROM users WHERE uid = 'x'"], "");
    review.check("json", "a query that is looked at, as JSON", &json);
    review.finish();
}
