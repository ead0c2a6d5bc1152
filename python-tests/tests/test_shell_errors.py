"""Statements that fail: the first line that tools read, the exit code, what is printed all the same, and our help."""

from __future__ import annotations

import re

import pytest

from support.shell import Shell

#: A statement, what is said of it behind `Error: `, and the exit code.
REFUSED: list[tuple[str, str, int]] = [
    ("selec 1", 'near "selec": syntax error', 1),
    ("SELECT 1 FROM", "incomplete input", 1),
    ("SELECT 'open", 'unrecognized token: "\'open"', 1),
    ("SELECT * FROM nope", "no such table: nope", 1),
    ("SELECT nope FROM users", "no such column: nope", 1),
    ("SELECT nofn(1)", "no such function: nofn", 1),
    ("SELECT rowid FROM users", "no such column: rowid", 1),
    ("SELECT count(", "incomplete input", 1),
    ("INSERT INTO users(uid) VALUES(1)", "table users may not be modified", 1),
    ("UPDATE users SET uid = 1", "table users may not be modified", 1),
    ("DELETE FROM users", "table users may not be modified", 1),
    ("SELECT load_extension('x')", "not authorized", 1),
    ("SELECT * FROM hash", "Table hash was queried without a required column in the WHERE clause", 19),
    ("SELECT * FROM file WHERE path > '/etc'", "Table file was queried without a required column in the WHERE clause", 19),
    (
        "SELECT * FROM hash WHERE path = 'x' OR md5 = 'y'",
        "Table hash was queried without a required column in the WHERE clause",
        19,
    ),
    ("ATTACH 'x.db' AS x", "not authorized", 23),
    ("DETACH x", "not authorized", 23),
    ("PRAGMA user_version", "not authorized", 23),
    ("SAVEPOINT a", "not authorized", 23),
    ("CREATE INDEX i ON users(uid)", "virtual tables may not be indexed", 1),
    ("SELECT sqrt(-1)", "Numerical argument out of domain", 1),
    ("SELECT log(0)", "Numerical result out of range", 1),
    ("SELECT split('a', '', 0)", "Invalid input to split function", 1),
    ("SELECT regex_match('a', '(', 0)", "Invalid regex", 1),
    ("SELECT in_cidr_block(1, '1.2.3.4')", "CIDR must be a string", 1),
    ("SELECT version_compare('1', 2)", "Must provide two version strings to compare.", 1),
    ("SELECT concat_ws()", "Missing separator to concat_ws", 1),
    (" UNION ALL ".join(["SELECT 1"] * 601), "too many terms in compound SELECT", 1),
]


def message(run_said: str) -> str:
    """The line with the error, without status lines before it and help behind."""
    (line,) = [line for line in run_said.splitlines() if line.startswith("Error: ")]
    return line.removeprefix("Error: ")


@pytest.mark.agent
@pytest.mark.parametrize(("sql", "said", "code"), REFUSED, ids=[row[0][:40] for row in REFUSED])
def test_a_statement_is_refused(shell: Shell, sql: str, said: str, code: int) -> None:
    run = shell.run("--csv", sql)
    assert (run.out, message(run.complaint), run.code) == (b"", said, code)


#: Those that a semicolon completes, so that what follows is another statement.
COMPLETE = [row for row in REFUSED if "incomplete" not in row[1] and "open" not in row[0]][:12]


@pytest.mark.agent
@pytest.mark.parametrize(("sql", "said", "code"), COMPLETE, ids=[row[0][:40] for row in COMPLETE])
def test_a_script_goes_on(shell: Shell, sql: str, said: str, code: int) -> None:
    """The line of the statement is told; the next statements run, and 1 is the exit code whatever its own is."""
    assert shell.run("--csv", f"{sql};").code == code
    run = shell.run("--csv", stdin=f"SELECT 1 AS a;\n\n{sql};\nSELECT 2 AS a;\n")
    assert (run.text, message(run.complaint), run.code) == ("a\n1\na\n2\n", f"near line 3: {said}", 1)


@pytest.mark.agent
@pytest.mark.parametrize(
    ("flags", "printed"),
    [
        (["--json"], '[\n  {"a":"1"}\n]\n'),
        (["--csv"], "a\n1\n"),
        ([], "+---+\n| a |\n+---+\n| 1 |\n+---+\n"),
    ],
    ids=str,
)
def test_what_came_before_the_error_is_printed(shell: Shell, flags: list[str], printed: str) -> None:
    """And what stands behind it is not run."""
    run = shell.run(*flags, "SELECT 1 AS a; SELEC; SELECT 2 AS a")
    assert (run.text, run.code) == (printed, 1)
    assert message(run.complaint) == 'near "SELEC": syntax error'


@pytest.mark.agent
@pytest.mark.parametrize("sql", ["SELEC", "SELECT * FROM nope", "SELECT * FROM hash"])
def test_json_is_complete_after_an_error(shell: Shell, sql: str) -> None:
    assert shell.run("--json", sql).text == "[\n\n]\n"


@pytest.mark.agent
def test_a_statement_that_does_not_end(shell: Shell) -> None:
    """What is left at the end of the input is run as it is, and its line is not told."""
    run = shell.run("--csv", stdin="SELECT 1 AS a;\nSELEC")
    assert (run.text, message(run.complaint), run.code) == ("a\n1\n", 'near "SELEC": syntax error', 1)


@pytest.mark.agent
@pytest.mark.parametrize(("table", "code"), [("no_such_table", 1), ("hash", 19)])
def test_a_whole_table_that_cannot_be_read(shell: Shell, table: str, code: int) -> None:
    for arguments in (["-A", table], [f".all {table}"]):
        run = shell.run("--csv", *arguments)
        assert (run.out, run.code) == (b"", code)
        assert f"Error querying table: {table}" in run.complaint.splitlines()


@pytest.mark.agent
def test_warnings_come_before_the_error(shell: Shell) -> None:
    """In the form of status lines, the second with where to read on."""
    run = shell.run("SELECT * FROM hash")
    first, second = [line for line in run.complaint.splitlines() if line.startswith("W")]
    form = r"W\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ [\w.]+:\d+\] "
    assert re.match(form, first) and re.match(form, second)
    assert first.endswith("] Table hash was queried without a required column in the WHERE clause")
    assert second.endswith("https://osquery.io/schema/#hash")
    assert run.complaint.index(second) < run.complaint.index("Error: ")


@pytest.mark.agent
def test_denials_are_told(shell: Shell) -> None:
    run = shell.run("ATTACH 'x.db' AS x")
    assert "] Authorizer denied action 24 x.db null null null\n" in run.complaint
    assert run.complaint.startswith("E")


@pytest.mark.agent
@pytest.mark.parametrize("depth", [1_200, 100_000])
def test_a_deep_statement(shell: Shell, depth: int) -> None:
    """Answered or refused, by the depth that SQLite allows: never a crash."""
    run = shell.run("--csv", "--noheader", stdin="SELECT " + "(" * depth + "1" + ")" * depth + ";")
    assert (run.text, run.code) in (("1\n", 0), ("", 1))
    assert run.code == 0 or message(run.complaint)


@pytest.mark.agent
def test_a_long_statement(shell: Shell) -> None:
    """Of more than a megabyte, through a pipe, in one line and in many."""
    for blank in (" ", "\n"):
        sql = f"SELECT length('{'x;' * 300_000}'){blank * 600_000} AS a;"
        run = shell.run("--csv", stdin=sql)
        assert (run.text, run.complaint, run.code) == ("a\n600000\n", "", 0)


@pytest.mark.parametrize(
    ("sql", "help"),
    [
        ("SELECT * FROM usres", "help: did you mean the table users?"),
        ("SELECT usrname FROM users", "help: did you mean username of users?"),
        ("SELECT lenght('a')", "help: did you mean the function length?"),
        ("SELECT x.uid FROM users u", "help: uid is a column of u, not of x"),
        ("SELECT uid FROM users u JOIN user_groups g", "help: say which: u.uid or g.uid"),
        ("SELECT * FROM hash", "help: for example: SELECT * FROM hash WHERE path = '/etc/hosts'"),
    ],
)
def test_help_tells_what_to_do(shell: Shell, sql: str, help: str) -> None:
    assert help in shell.run(sql).complaint.splitlines()


@pytest.mark.parametrize(
    ("sql", "marked"),
    [
        ("SELECT nope FROM users", "nope"),
        ("SELECT 1,\n  2, nope\nFROM users", "nope"),
        ("SELECT 'é漢', nope FROM users", "nope"),
        ("SELECT\t1,\tnope FROM users", "nope"),
    ],
)
def test_the_place_is_marked(shell: Shell, sql: str, marked: str) -> None:
    """The line of the statement, and below it a mark of as many columns as the word, beneath the word."""
    _, excerpt, mark = shell.run(sql).complaint.splitlines()[:3]
    at = mark.index("^")
    assert mark.strip() == "^" * len(marked)
    assert excerpt[at : at + len(marked)] == marked
