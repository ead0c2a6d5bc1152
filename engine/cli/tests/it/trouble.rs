//! Errors, status lines, and what must not end the shell.

use super::{Head, Shared, check, run, run_to, run_with};
use plumb::Interrupts;

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
fn what_needs_a_daemon_is_refused_clearly() {
    for (args, says) in [
        (&["-D"][..], "process of its own"),
        (&["--database_dump", "--database_path=/nowhere"], "/nowhere: the database: unable to open database file"),
    ] {
        let (code, out, err) = run(args, "");
        assert_eq!((code, out.as_str()), (1, ""), "{args:?}");
        assert!(err.starts_with("Error: ") && err.contains(says), "{args:?}: {err}");
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
