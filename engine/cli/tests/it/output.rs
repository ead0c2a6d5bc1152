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
