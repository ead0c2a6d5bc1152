"""Dot commands, in scripts and as an argument: what they print, what they change, and how they are refused."""

from __future__ import annotations

import re

import pytest

from support.shell import Shell

BOX = "+---+\n| a |\n+---+\n| 1 |\n+---+\n"


#: What osquery lists.
KNOWN = set(
    re.findall(
        r"\w+",
        "all bail connect disconnect echo exit features headers help mode nullvalue print quit schema separator socket show"
        " summary tables types width timer",
    )
)


def unknown(name: str) -> str:
    return f'Error: unknown command or invalid arguments:  "{name}". Enter ".help" for help\n'


#: A command as an argument: what it prints, what it says and its exit code.
GIVEN: list[tuple[str, str, str, int]] = [
    (".print a  b", "a b\n", "", 0),
    (".print \"a\\tb\" 'c\\td'", "a\tb c\\td\n", "", 0),
    (".print", "\n", "", 0),
    (".pri x", "x\n", "", 0),
    (".tables os_v", "  => os_version\n", "", 0),
    (".tab os_v", "  => os_version\n", "", 0),
    (".list os_v", "  => os_version\n", "", 0),
    (".tables no_such_table", "", "", 0),
    (".timeout 5", "", "", 0),
    (".exit 7", "", "", 7),
    (".exit", "", "", 0),
    (".quit", "", "", 0),
    (".exit x", "", "", 0),
    (".foo", "", unknown("foo"), 1),
    (".bail", "", unknown("bail"), 1),
    (".mode csv list", "", unknown("mode"), 1),
    (".mode nope", "", "Error: mode should be one of: column csv line list pretty\n", 1),
    (".mode json", "", "Error: mode should be one of: column csv line list pretty\n", 1),
    (".echo maybe", "", 'ERROR: Not a boolean value: "maybe". Assuming "no".\n', 0),
    (".disconnect", "", "Error: Not connected to a socket\n", 1),
    (".types bogus;", 'Error 1: near "bogus": syntax error\n', "", 1),
]

#: A script, and what it prints.
SCRIPTS: list[tuple[list[str], str, str]] = [
    (
        ["--csv"],
        ".echo on\nSELECT 1 AS a;\n.print x\n.echo off\nSELECT 2 AS b;\n",
        "SELECT 1 AS a;\na\n1\n.print x\nx\n.echo off\nb\n2\n",
    ),
    (["--csv"], ".headers off\nSELECT 1 AS a;\n.header on\nSELECT 1 AS a;\n", "1\na\n1\n"),
    (["--csv"], ".separator ;\nSELECT 1 AS a, 2 AS b;\n", "a;b\n1;2\n"),
    (["--list"], ".separator 1234567890123456789abc\nSELECT 1 AS a, 2 AS b;\n", "a1234567890123456789b\n112345678901234567892\n"),
    (["--list"], ".nullvalue none\nSELECT NULL AS a;\n", "a\nnone\n"),
    (["--csv"], ".exit\nSELECT 1 AS a;\n", ""),
    (["--csv"], "SELECT 1 AS a;\n.quit\nSELECT 2 AS a;\n", "a\n1\n"),
    # A line is a command only where no statement has begun, and only from its first column on.
    (["--csv"], "SELECT\n'\n.print x' AS a;\n", 'a\n"\n.print x"\n'),
    (["--csv"], "SELECT 1 AS a; -- x\n.print y\n", "a\n1\ny\n"),
    # Windows' line ends.
    (["--csv"], ".print x\r\nSELECT 1 AS a;\r\n", "x\na\n1\n"),
    # The last line need have no end.
    (["--csv"], ".print x\nSELECT 1 AS a", "x\na\n1\n"),
    (["--csv"], "SELECT 1 AS a;\n.print x", "a\n1\nx\n"),
    ([], "-- nothing\n\n   \n", ""),
    ([], "", ""),
]


@pytest.mark.agent
@pytest.mark.parametrize(("command", "printed", "said", "code"), GIVEN)
def test_a_command(shell: Shell, command: str, printed: str, said: str, code: int) -> None:
    run = shell.run(command)
    assert (run.text, run.complaint, run.code) == (printed, said, code)


@pytest.mark.agent
@pytest.mark.parametrize(("flags", "script", "printed"), SCRIPTS)
def test_a_script(shell: Shell, flags: list[str], script: str, printed: str) -> None:
    run = shell.run(*flags, stdin=script)
    assert (run.text, run.complaint, run.code) == (printed, "", 0)


@pytest.mark.agent
def test_every_command_that_is_known_is_listed(shell: Shell) -> None:
    """On standard error; and each that is listed is known."""
    run = shell.run(".help")
    assert (run.out, run.code) == (b"", 0)
    listed = set(re.findall(r"^\.(\w+)", run.complaint, re.M))
    assert listed >= KNOWN
    for name in listed - {"exit", "quit"}:
        # Once with a word, once without, it is not refused, or what is said is not that it is unknown.
        said = [shell.run(*arguments).complaint for arguments in ([f".{name}"], [f".{name} on"])]
        assert any("unknown command" not in words for words in said), name


@pytest.mark.agent
def test_bail_stops_at_the_first_error(shell: Shell) -> None:
    script = "SELECT 1 AS a;\nSELEC;\nSELECT 2 AS a;\n"
    on, off = shell.run("--csv", stdin=".bail on\n" + script), shell.run("--csv", stdin=".bail off\n" + script)
    assert (on.text, on.code) == ("a\n1\n", 1)
    assert (off.text, off.code) == ("a\n1\na\n2\n", 1)
    assert "Error: near line 3: " in on.complaint and "Error: near line 3: " in off.complaint


@pytest.mark.agent
def test_the_timer(shell: Shell) -> None:
    run = shell.run("--list", "--noheader", stdin=".timer on\nSELECT 1;\nSELECT 2;\n.timer off\nSELECT 3;\n")
    time = r"Run Time: real \d+\.\d{3} user \d+\.\d{6} sys \d+\.\d{6}\n"
    assert re.fullmatch(f"1\n{time}2\n{time}3\n", run.text), run.text


@pytest.mark.agent
def test_schema_prints_declarations(shell: Shell) -> None:
    """Of the tables that begin so: names in backticks, what is hidden, collations and keys."""
    users = (
        "CREATE TABLE users(`uid` BIGINT, `gid` BIGINT, `uid_signed` BIGINT, `gid_signed` BIGINT, `username` TEXT, "
        "`description` TEXT, `directory` TEXT, `shell` TEXT, `uuid` TEXT COLLATE NOCASE, `type` TEXT HIDDEN, "
        "`is_hidden` INTEGER HIDDEN, `pid_with_namespace` INTEGER HIDDEN, `include_remote` INTEGER HIDDEN, "
        "PRIMARY KEY (`uid`, `username`, `uuid`, `pid_with_namespace`, `include_remote`)) WITHOUT ROWID;\n"
    )
    assert shell.run(".schema users").text == users
    names = [line.split("(")[0].removeprefix("CREATE TABLE ") for line in shell.run(".schema").text.splitlines()]
    tables = [line.removeprefix("  => ") for line in shell.run(".tables").text.splitlines()]
    assert names == tables
    assert shell.run(".schema no_such_table").text == ""


@pytest.mark.agent
def test_types_of_a_result(shell: Shell) -> None:
    """Declared ones for columns, and for what is computed; nothing is run."""
    sql = (
        "SELECT uid, username, uid + 1 AS n, uid = 1 AS e, 1 AS i, 'a' || 'b' AS t, count(*) AS c, NULL AS u"
        " FROM users WHERE sleep(600) = 0;"
    )
    wanted = [
        ("uid", "BIGINT"),
        ("username", "TEXT"),
        ("n", "BIGINT"),
        ("e", "INTEGER"),
        ("i", "INTEGER"),
        ("t", "TEXT"),
        ("c", "BIGINT"),
        ("u", "UNKNOWN"),
    ]
    run = shell.run("--csv", f".types {sql}")
    assert (run.text, run.code) == ("name|type\n" + "".join(f"{name}|{type}\n" for name, type in wanted), 0)
    run = shell.run("--json", ".types SELECT 1 AS a;")
    assert run.text == '[\n  {"name":"a","type":"INTEGER"}\n]\n'


@pytest.mark.agent
def test_show_tells_what_is_set(shell: Shell) -> None:
    run = shell.run("--nullvalue=\t", stdin='.mode list\n.headers off\n.separator "\\t"\n.width 3 -4\n.echo on\n.show\n')
    lines = run.text.splitlines()
    assert lines[2] == "~" * 45
    general, own = lines.index("General settings:"), lines.index("Shell settings:")
    assert [line.split(":")[0].strip() for line in lines[general + 1 : general + 8]] == [
        "Flagfile",
        "Config",
        "Logger",
        "Distributed",
        "Database",
        "Extensions",
        "Socket",
    ]
    assert lines[own + 1 : own + 8] == [
        "         echo: on",
        "      headers: off",
        "         mode: list",
        '    nullvalue: "\\t"',
        "       output: stdout",
        '    separator: "\\t"',
        "        width: 3 -4",
    ]
    flags = dict(line[2:].split(": ", 1) for line in lines[lines.index("Non-default flags/options:") + 1 :])
    assert flags["disable_events"] == "true" and flags["disable_logging"] == "true"
    assert flags["database_path"] == f"{shell.home}/.osquery/shell.db"
    assert shell.run(".summary").text == shell.run(".show").text


@pytest.mark.agent
def test_features_and_the_socket(shell: Shell) -> None:
    lines = shell.run("--disable_audit=false", ".features").text.splitlines()
    assert lines == sorted(lines)
    features = dict(line.split(": ") for line in lines)
    assert all(name.startswith(("disable_", "enable_")) for name in features)
    assert features["disable_audit"] == "false" and features["disable_events"] == "true"
    assert shell.run("--extensions_socket=/run/x.em", ".socket").text == "/run/x.em\n"
    assert shell.run(".socket").text == f"{shell.home}/.osquery/shell.em\n"


@pytest.mark.agent
def test_versions(shell: Shell) -> None:
    first, second = shell.run(".version").text.splitlines()
    version = first.split()[1]
    assert version[0].isdigit() and re.fullmatch(r"using SQLite \d+\.\d+\.\d+", second)
    assert shell.run("--version").text.split(" version ")[1].strip() == version
    sqlite = shell.run("--list", "--noheader", "SELECT sqlite_version()").text.strip()
    assert second == f"using SQLite {sqlite}"


@pytest.mark.agent
def test_an_unreachable_socket(shell: Shell) -> None:
    for arguments in (["--connect=/nope.em", "SELECT 1"], [".connect /nope.em"]):
        run = shell.run(*arguments)
        assert (run.out, run.code) == (b"", 1)
        assert "Error: Extension call failed: connect() failed: No such file or directory" in run.complaint
