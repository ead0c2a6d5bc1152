//! Dot commands.

use super::{check, run};

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
