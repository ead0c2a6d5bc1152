//! Output modes, and several statements in one argument.

use super::{A, B, BOX_A, JSON_A, check};

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

/// Memory that is enough for a value is enough to print it; where it is not enough for the value, that is an error.
#[cfg(target_os = "linux")]
#[test]
#[allow(clippy::disallowed_types, reason = "a limit of memory is one of a process")]
fn memory_that_is_just_enough() {
    use std::process::{Command, Stdio};
    // Heaps for threads take addresses, and no memory: with one, the limit is about what is used.
    let limited = "ulimit -v 150000 && ulimit -c 0 && MALLOC_ARENA_MAX=1 exec \"$@\"";
    // What stands around a value, and how often it is told: a box draws three lines as long as the value.
    for (mode, times, around) in [("--list", 1, 3), ("--json", 1, 15), ("--header", 5, 25)] {
        let (mut printed, mut refused) = (0, 0);
        for bytes in [4_000_000_u64, 12_000_000, 20_000_000, 40_000_000] {
            let sql = format!("SELECT hex(zeroblob({bytes})) AS v");
            let mut shell = Command::new("sh");
            shell.args(["-c", limited, "sh", env!("CARGO_BIN_EXE_plumbi"), mode, &sql]);
            let mut child = shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let written = std::io::copy(&mut child.stdout.take().unwrap(), &mut std::io::sink()).unwrap();
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            match output.status.code() {
                Some(0) => {
                    assert_eq!((written, said.as_ref()), (2 * bytes * times + around, ""), "{mode} {bytes}");
                    printed += 1;
                }
                // SQLite's code for it.
                Some(7) => {
                    assert!(said.starts_with("Error: out of memory\n") && written < 10, "{mode} {bytes}: {said}");
                    refused += 1;
                }
                _ => panic!("{mode} {bytes}: {}: {said}", output.status),
            }
        }
        assert!(printed > 0 && refused > 0, "{mode}: {printed} printed, {refused} refused");
    }
}
