"""The command line: how flags are written, which wins, files of flags, queries and results, what runs, and exit codes."""

from __future__ import annotations

import pytest

from support.shell import Shell

CSV = "a\n1\n"
BOX = "+---+\n| a |\n+---+\n| 1 |\n+---+\n"
JSON = '[\n  {"a":"1"}\n]\n'
ONE = "SELECT 1 AS a"
NULL = "SELECT NULL AS a"

#: A command line and what it prints.
WRITTEN: list[tuple[list[str], str]] = [
    (["--csv", ONE], CSV),
    (["-csv", ONE], CSV),
    (["--csv=true", ONE], CSV),
    (["--csv=1", ONE], CSV),
    (["--csv=t", ONE], CSV),
    (["--csv=y", ONE], CSV),
    (["--csv=yes", ONE], CSV),
    (["-csv=yes", ONE], CSV),
    (["--csv", "--nocsv", ONE], BOX),
    (["--csv", "--csv=false", ONE], BOX),
    (["--csv=false", "--csv", ONE], CSV),
    (["--csv", "--csv=no", ONE], BOX),
    (["--csv", "--csv=0", ONE], BOX),
    # Flags may stand behind the statement; what else stands there does not count.
    ([ONE, "--csv"], CSV),
    ([ONE, "SELECT 2 AS b", "--csv"], CSV),
    (["--csv", "--", ONE], CSV),
    (["--csv", "--", ONE, "--json"], CSV),
    # Behind the two dashes a comment is one.
    (["--", "--json"], ""),
    (["--csv", "--", "-- a comment\nSELECT 1 AS a"], CSV),
    ([""], ""),
    # Values stand behind a blank or a sign.
    (["--csv", "--nullvalue", "x", NULL], "a\nx\n"),
    (["--csv", "--nullvalue=x", NULL], "a\nx\n"),
    (["--csv", "-nullvalue=x", NULL], "a\nx\n"),
    (["--csv", "-nullvalue", "x", NULL], "a\nx\n"),
    (["--csv", "--nullvalue=", NULL], "a\n\n"),
    (["--csv", "--nullvalue=a=b", NULL], "a\na=b\n"),
    (["--csv", "--nullvalue", "--json", NULL], "a\n--json\n"),
    (["--csv", "--nullvalue=x", "--nullvalue=y", NULL], "a\ny\n"),
    (["--undefok=one,two", "--one", "--csv", ONE], CSV),
    # What runs: -L, -A, --pack, --query, --query_file, then the argument.
    (["--csv", "--query", ONE, "SELECT 2 AS b"], CSV),
    (["--csv", f"--query={ONE}"], CSV),
    (["--pack=nope", ONE], ""),
    (["--profile=2", ONE], ""),
    (["--disable_tables=nope_at_all", "--csv", ONE], CSV),
]

#: A command line that is refused, and what is said of it first.
REFUSED: list[tuple[list[str], str]] = [
    (["--bogus"], "ERROR: unknown command line flag 'bogus'"),
    (["--bogus=1", ONE], "ERROR: unknown command line flag 'bogus'"),
    ([ONE, "-bogus"], "ERROR: unknown command line flag 'bogus'"),
    (["-- comment"], "ERROR: unknown command line flag ' comment'"),
    (["--json=maybe"], "ERROR: illegal value 'maybe' specified for bool flag 'json'"),
    (["--config_refresh=abc"], "ERROR: illegal value 'abc' specified for uint64 flag 'config_refresh'"),
    (["--config_refresh=-1"], "ERROR: illegal value '-1' specified for uint64 flag 'config_refresh'"),
    (["--separator"], "ERROR: flag '--separator' is missing its argument"),
    (["-A"], "ERROR: flag '-A' is missing its argument"),
    (["--flagfile=/nope/flags", ONE], "/nope/flags: No such file or directory"),
    (["--query_file=/nope/q"], "Error reading query file '/nope/q': Cannot open file for reading: /nope/q"),
    (["--output=/nope/dir/x", ONE], "Error: Cannot open output file '/nope/dir/x'"),
    (["-D", "--bogus"], "ERROR: unknown command line flag 'bogus'"),
]


@pytest.mark.agent
@pytest.mark.parametrize(("arguments", "printed"), WRITTEN, ids=str)
def test_flags_are_written(shell: Shell, arguments: list[str], printed: str) -> None:
    run = shell.run(*arguments)
    assert (run.out.decode(), run.complaint, run.code) == (printed, "", 0)


@pytest.mark.agent
@pytest.mark.parametrize(("arguments", "first"), REFUSED, ids=str)
def test_flags_are_refused(shell: Shell, arguments: list[str], first: str) -> None:
    """Nothing runs, nothing is printed, 1 is the exit code."""
    run = shell.run(*arguments)
    assert (run.out, run.complaint.splitlines()[0], run.code) == (b"", first, 1)


@pytest.mark.parametrize(
    ("flag", "suggested"),
    [
        ("--jsn", "--json"),
        ("--nullvlaue=x", "--nullvalue"),
        ("--disable_table=x", "--disable_tables"),
        ("-json_prety", "--json_pretty"),
    ],
)
def test_a_flag_that_is_misspelt_is_suggested(shell: Shell, flag: str, suggested: str) -> None:
    run = shell.run(flag, ONE)
    assert run.code == 1
    assert f"help: did you mean {suggested}?" in run.complaint.splitlines()


@pytest.mark.parametrize("flag", ["--zzzzzzzzzz", "--q"])
def test_nothing_is_suggested_that_is_not_alike(shell: Shell, flag: str) -> None:
    run = shell.run(flag, ONE)
    assert (run.code, "did you mean" in run.complaint) == (1, False)


@pytest.mark.agent
@pytest.mark.parametrize("flag", ["--help", "-help", "--h", "-h"])
def test_help(shell: Shell, flag: str) -> None:
    """The first flag is the file of flags; all are in columns, and each says something."""
    run = shell.run(flag)
    assert (run.code, run.err) == (0, b"")
    lines = run.text.splitlines()
    flags = [line for line in lines if line.startswith("    --")]
    assert flags[0].startswith("    --flagfile PATH  ")
    assert len(flags) > 100
    # The descriptions of all begin in one column.
    column = min(
        line.index("  ", 6) + len(line[line.index("  ", 6) :]) - len(line[line.index("  ", 6) :].lstrip()) for line in flags
    )
    assert all(line[column - 2 : column] == "  " and line[column] != " " for line in flags)


@pytest.mark.agent
@pytest.mark.parametrize(("flags", "daemon"), [([], False), (["-S"], False), (["-D"], True), (["-D", "-S"], False)], ids=str)
def test_version(shell: Shell, flags: list[str], daemon: bool) -> None:
    run = shell.run(*flags, "--version")
    name, _, version = run.text.strip().partition(" version ")
    assert (run.code, name[-1], version[0].isdigit()) == (0, "d" if daemon else "i", True)


@pytest.mark.agent
def test_a_flag_file(shell: Shell) -> None:
    """One flag a line; what is no flag is left out, and the command line has the last word where it comes last."""
    file = shell.home / "flags"
    file.write_text("# a comment\n\n--csv\n--nullvalue=from the file\njunk\n--no_such_flag=1\n")
    for arguments, printed in (
        ([f"--flagfile={file}"], "a\nfrom the file\n"),
        (["--flagfile", str(file)], "a\nfrom the file\n"),
        ([f"--flagfile={file}", "--nullvalue=given"], "a\ngiven\n"),
    ):
        run = shell.run(*arguments, NULL)
        assert (run.text, run.complaint, run.code) == (printed, "", 0)


@pytest.mark.agent
@pytest.mark.parametrize(
    ("content", "printed", "code"),
    [
        ("SELECT 1 AS a", CSV, 0),
        ("SELECT 1 AS a;\n\nSELECT\n 2 AS b;\n", "a\n1\nb\n2\n", 0),
        ("-- only a comment\n", "", 0),
        ("", "", 0),
        ("SELECT 1 AS a; SELEC;", CSV, 1),
        ("SELECT * FROM hash", "", 19),
    ],
    ids=repr,
)
def test_a_file_of_queries(shell: Shell, content: str, printed: str, code: int) -> None:
    file = shell.home / "query.sql"
    file.write_text(content)
    run = shell.run("--csv", "--query_file", str(file))
    assert (run.text, run.code) == (printed, code)


@pytest.mark.agent
def test_results_go_to_a_file(shell: Shell) -> None:
    """Rows and what commands print, but no errors; what was there before is gone; `-` is the standard output."""
    file = shell.home / "results"
    file.write_text("old" * 1000)
    run = shell.run("--csv", f"--output={file}", stdin="SELECT 1 AS a;\nSELEC;\n.print x\nSELECT 2 AS a;\n")
    assert (run.out, run.code, "syntax error" in run.complaint) == (b"", 1, True)
    assert file.read_text() == "a\n1\nx\na\n2\n"
    assert shell.run("--csv", "--output=-", ONE).text == CSV


@pytest.mark.agent
def test_the_whole_of_a_table(shell: Shell) -> None:
    """-A, in its forms, prints what SELECT * prints; -L prints the tables, and wins."""
    wanted = shell.run("--csv", "SELECT * FROM etc_services").text
    assert wanted.count("\n") > 10
    for flags in (["-A", "etc_services"], ["--A", "etc_services"], ["--A=etc_services"], ["-A=etc_services"]):
        assert shell.run("--csv", *flags).text == wanted
    assert shell.run("--csv", ".all etc_services").text == wanted
    tables = shell.run(".tables").text
    assert shell.run("-L").text == shell.run("--L").text == shell.run("-L", "-A", "users", ONE).text == tables
    names = [line.removeprefix("  => ") for line in tables.splitlines()]
    assert names == sorted(names) and {"users", "processes", "file", "time"} <= set(names)


@pytest.mark.agent
def test_a_table_that_is_left_out(shell: Shell) -> None:
    for flag in ("--disable_tables=users,time", "--enable_tables=time"):
        run = shell.run(flag, "SELECT 1 FROM users")
        assert (run.complaint.splitlines()[0], run.code) == ("Error: no such table: users", 1)
    assert shell.run("--enable_tables=time", "--csv", "SELECT count(*) AS a FROM time").text == CSV
    assert shell.run("--disable_tables=users", "--csv", "SELECT count(*) AS a FROM time").text == CSV


@pytest.mark.agent
def test_a_pack(shell: Shell) -> None:
    """Its queries in the order of their names, each with an output of its own; those of other systems and packs not."""
    config = shell.home / "osquery.conf"
    config.write_text(
        '{"packs": {"mine": {"queries": {'
        '"b": {"query": "SELECT 2 AS b", "interval": 10},'
        '"a": {"query": "SELECT 1 AS a", "interval": 20},'
        '"c": {"query": "SELECT 3 AS c", "interval": 20, "platform": "windows"}'
        '}}, "other": {"queries": {"d": {"query": "SELECT 4 AS d", "interval": 10}}}}}'
    )
    run = shell.run(f"--config_path={config}", "--pack=mine", "--json")
    assert (run.text, run.code) == ('[\n  {"a":"1"}\n]\n[\n  {"b":"2"}\n]\n', 0)
    run = shell.run(f"--config_path={config}", "--pack=nope", "--json")
    assert (run.out, run.code) == (b"", 0)


@pytest.mark.agent
def test_a_config(shell: Shell) -> None:
    """It is checked and dumped without a daemon, and its views can be asked."""
    config = shell.home / "osquery.conf"
    good = '{"views": {"one": "SELECT 1 AS a"}}'
    config.write_text(good)
    path = f"--config_path={config}"
    assert shell.run(path, "--csv", "SELECT a FROM one").text == CSV
    checked = shell.run(path, "--config_check")
    assert (checked.out, checked.code) == (b"", 0)
    dumped = shell.run(path, "--config_dump")
    assert (str(config) in dumped.text, good in dumped.text, dumped.code) == (True, True, 0)
    config.write_text("{")
    checked = shell.run(path, "--config_check")
    assert (checked.out, checked.complaint.splitlines()[-1:] != [], checked.code) == (b"", True, 1)
    assert "Error reading config: " in checked.complaint


def test_a_home_without_rights_is_survived(shell: Shell) -> None:
    """Nothing of what a shell does needs its home."""
    shell.home.chmod(0o500)
    run = shell.run("--csv", ONE)
    assert (run.text, run.complaint, run.code) == (CSV, "", 0)
