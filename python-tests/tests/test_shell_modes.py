"""Rows as they are printed, byte for byte: every mode, NULL, blobs, bytes that are not UTF-8, reals, several statements."""

from __future__ import annotations

import json

import pytest

from support.shell import Shell

pytestmark = pytest.mark.agent

A = "SELECT 1 AS i, 'plain' AS t UNION ALL SELECT NULL, ''"
B = (
    "SELECT 9 n,'é漢字😀' s,x'00ff41' b,1.5 r UNION ALL SELECT 10,'line1\nline2',x'',1e20"
    " UNION ALL SELECT 11,'a\"b|c,d''e\\f\ttab',NULL,3.0"
)
EMPTY = "SELECT 1 AS a WHERE 0"
TWO = "SELECT 1 AS a; SELECT 2 AS b;"

#: Flags, a statement, and what it prints.
PRINTED: list[tuple[list[str], str, str]] = [
    ([], A, "+---+-------+\n| i | t     |\n+---+-------+\n| 1 | plain |\n|   |       |\n+---+-------+\n"),
    (["--json"], A, '[\n  {"i":"1","t":"plain"},\n  {"i":"","t":""}\n]\n'),
    (["--json_pretty"], A, '[\n  {\n    "i": "1",\n    "t": "plain"\n  },\n  {\n    "i": "",\n    "t": ""\n  }\n]\n'),
    (["--csv"], A, 'i|t\n1|plain\n|""\n'),
    (["--list"], A, "i|t\n1|plain\n|\n"),
    (["--line"], A, "    i = 1\n    t = plain\n\n    i = \n    t = \n"),
    (["--csv"], B, 'n|s|b|r\n9|"é漢字😀"|""|1.5\n10|"line1\nline2"|""|1.0e+20\n11|"a""b|c,d\'e\\f\ttab"||3.0\n'),
    (
        ["--json"],
        B,
        '[\n  {"b":"","n":"9","r":"1.5","s":"é漢字😀"},\n  {"b":"","n":"10","r":"1.0e+20","s":"line1\\nline2"},\n'
        '  {"b":"","n":"11","r":"3.0","s":"a\\"b|c,d\'e\\\\f\\ttab"}\n]\n',
    ),
    # Of several modes one wins: list, line, csv, then the pretty ones.
    (["--json", "--csv"], "SELECT 1 AS a", "a\n1\n"),
    (["--csv", "--line"], "SELECT 1 AS a", "    a = 1\n"),
    (["--line", "--list"], "SELECT 1 AS a", "a\n1\n"),
    (["--json_pretty", "--json"], "SELECT 1 AS a", '[\n  {\n    "a": "1"\n  }\n]\n'),
    (["--json", "--nojson"], "SELECT 1 AS a", "+---+\n| a |\n+---+\n| 1 |\n+---+\n"),
    # Nothing.
    ([], EMPTY, ""),
    (["--csv"], EMPTY, ""),
    (["--list"], EMPTY, ""),
    (["--line"], EMPTY, ""),
    (["--json"], EMPTY, "[\n\n]\n"),
    (["--json_pretty"], EMPTY, "[]\n"),
    # JSON has its keys in the order of bytes, and of equal ones the last.
    (["--json"], "SELECT 1 AS b, 2 AS a, 3 AS B, 4 AS é", '[\n  {"B":"3","a":"2","b":"1","é":"4"}\n]\n'),
    (["--json"], "SELECT 1 AS a, 2 AS a", '[\n  {"a":"2"}\n]\n'),
    ([], "SELECT 1 AS a, 2 AS a", "+---+---+\n| a | a |\n+---+---+\n| 2 | 2 |\n+---+---+\n"),
    (["--csv"], "SELECT 1 AS a, 2 AS a", "a|a\n1|2\n"),
    # Escapes: two-letter ones, others in capitals; what need not be escaped is not.
    (["--json"], "SELECT char(8,9,10,1,31) AS a", '[\n  {"a":"\\b\\t\\n\\u0001\\u001F"}\n]\n'),
    (["--json"], "SELECT '/<>&' || char(127, 8232) AS a", '[\n  {"a":"/<>&\x7f\u2028"}\n]\n'),
    # A box is as wide as its widest cell; wide characters count as one.
    ([], "SELECT '漢' AS a, 'xy' AS é", "+---+----+\n| a | é  |\n+---+----+\n| 漢 | xy |\n+---+----+\n"),
    # NULL.
    (["--nullvalue=none", "--csv"], "SELECT NULL AS a, '' AS b", 'a|b\nnone|""\n'),
    (["--nullvalue", "none", "--json"], "SELECT NULL AS a, '' AS b", '[\n  {"a":"none","b":""}\n]\n'),
    (["--nullvalue=a b", "--csv"], "SELECT NULL AS a", "a\na b\n"),
    (["--nullvalue=-"], "SELECT NULL AS a", "+---+\n| a |\n+---+\n| - |\n+---+\n"),
    # CSV quotes what is empty, has a blank, the separator, a quote, or a byte that is not printable ASCII.
    (
        ["--csv"],
        "SELECT 'a b' AS a, 'a''b' AS b, 'é' AS c, char(127) AS d, 'x,y' AS e",
        'a|b|c|d|e\n"a b"|"a\'b"|"é"|"\x7f"|x,y\n',
    ),
    (["--csv", "--separator=,"], "SELECT 'x,y' AS a, 'x|y' AS b", 'a,b\n"x,y",x|y\n'),
    (["--csv", "--separator= ; "], "SELECT 'x;y' AS a, 2 AS b", "a ; b\nx;y ; 2\n"),
    (["--csv"], "SELECT 1 AS 'a b', 2 AS \"c|d\"", '"a b"|"c|d"\n1|2\n'),
    (["--csv", "--header=false"], "SELECT 1 AS a", "1\n"),
    (["--list", "--noheader"], "SELECT 1 AS a", "1\n"),
    (["--noheader"], "SELECT 1 AS a", "+---+\n| a |\n+---+\n| 1 |\n+---+\n"),
    (["--list", "--separator=<>"], "SELECT 1 AS a, '<>' AS b", "a<>b\n1<><>\n"),
    # Names stand at the right, in five bytes or more, as C counts them.
    (["--line"], "SELECT 1 AS a, 2 AS longer_one", "         a = 1\nlonger_one = 2\n"),
    (["--line"], "SELECT 1 AS é, 2 AS abcd", "   é = 1\n abcd = 2\n"),
    # Reals have fifteen digits and a point; integers are whole.
    (
        ["--list", "--noheader"],
        "SELECT 1.5, 3.0, 1e20, 1/3.0, 1e100, 9223372036854775807.0, 0.1+0.2, -0.5, 123456789012345678, 1e-7",
        "1.5|3.0|1.0e+20|0.333333333333333|1.0e+100|9.22337203685478e+18|0.3|-0.5|123456789012345678|1.0e-07\n",
    ),
    (["--list", "--noheader"], "SELECT -9223372036854775808, 9223372036854775807", "-9223372036854775808|9223372036854775807\n"),
    # Several statements of one argument: a box and JSON are one, with the columns of the first.
    ([], TWO, "+---+\n| a |\n+---+\n| 1 |\n|   |\n+---+\n"),
    (["--json"], TWO, '[\n  {"a":"1"},\n  {"b":"2"}\n]\n'),
    (["--csv"], TWO, "a\n1\nb\n2\n"),
    (["--list"], TWO, "a\n1\nb\n2\n"),
    (["--line"], TWO, "    a = 1\n    b = 2\n"),
    (["--csv"], f"{EMPTY}; SELECT 2 AS b", "b\n2\n"),
    # Tables of one's own.
    (["--csv"], "CREATE TABLE t(x, y); INSERT INTO t VALUES(1, NULL), (2, 'z'); SELECT x, y FROM t", "x|y\n1|\n2|z\n"),
    (["--csv"], "PRAGMA table_info(nope)", ""),
]

#: Lines of a script, and what they print; modes that flags do not name are named by a command.
SCRIPTS: list[tuple[list[str], str, str]] = [
    (
        [],
        ".mode column\nSELECT 1 AS a, 'long text' AS b;\n",
        "a           b         \n----------  ----------\n1           long text \n",
    ),
    (
        [],
        ".mode column\nSELECT 'first of all' AS a;\nSELECT 'x' AS a;\n",
        "a           \n------------\nfirst of all\na         \n----------\nx         \n",
    ),
    ([], ".mode column\n.width 3 -4\nSELECT 'abcdef' AS a, 1 AS b;\n", "a       b\n---  ----\nabc     1\n"),
    ([], ".mode column\n.headers off\n.width 3\nSELECT 'ab' AS a;\n", "ab \n"),
    ([], ".mode column\n.width 2\n.nullvalue none\nSELECT NULL AS a;\n", "a \n--\nno\n"),
    ([], ".mode csv\nSELECT 1 AS a, 'x,y' AS b;\n", 'a,b\n1,"x,y"\n'),
    (["--json"], ".mode line\nSELECT 1 AS a;\n.mode pretty\nSELECT 1 AS a;\n", '    a = 1\n[\n  {"a":"1"}\n]\n'),
    (
        ["--list"],
        ".nullvalue n\nSELECT NULL AS a;\n.mode pretty\nSELECT NULL AS a;\n",
        "a\nn\n+---+\n| a |\n+---+\n|   |\n+---+\n",
    ),
    (["--json"], "SELECT 1 AS a;\nSELECT 2 AS b;\n", '[\n  {"a":"1"}\n]\n[\n  {"b":"2"}\n]\n'),
    (["--json"], "SELECT 1 AS a; SELECT 2 AS b;\n", '[\n  {"a":"1"},\n  {"b":"2"}\n]\n'),
    (["--csv"], ".headers off\nSELECT 1 AS a;\n.headers on\nSELECT 1 AS a;\n", "1\na\n1\n"),
    (["--list"], ".separator \\t\nSELECT 1 AS a, 2 AS b;\n", "a\tb\n1\t2\n"),
]


@pytest.mark.parametrize(("flags", "sql", "printed"), PRINTED)
def test_an_argument_prints(shell: Shell, flags: list[str], sql: str, printed: str) -> None:
    run = shell.run(*flags, sql)
    assert (run.out.decode(), run.complaint, run.code) == (printed, "", 0)


@pytest.mark.parametrize(("flags", "script", "printed"), SCRIPTS)
def test_a_script_prints(shell: Shell, flags: list[str], script: str, printed: str) -> None:
    run = shell.run(*flags, stdin=script)
    assert (run.out.decode(), run.complaint, run.code) == (printed, "", 0)


@pytest.mark.parametrize(
    ("flags", "sql", "printed"),
    [
        # A blob ends at its first NUL, as a text of C does.
        (["--list", "--noheader"], "SELECT x'4142ff', x'410042', x'0041'", b"AB\xff|A|\n"),
        (["--csv", "--noheader"], "SELECT x'ff'", b'"\xff"\n'),
        ([], "SELECT x'ff' AS a", b"+---+\n| a |\n+---+\n| \xff |\n+---+\n"),
    ],
)
def test_bytes_that_are_no_text(shell: Shell, flags: list[str], sql: str, printed: bytes) -> None:
    """They come as they are, outside of JSON."""
    run = shell.run(*flags, sql)
    assert (run.out, run.code) == (printed, 0)


@pytest.mark.parametrize("flag", ["--json", "--json_pretty"])
def test_json_is_json(shell: Shell, flag: str) -> None:
    """Of any text a parser reads the same again."""
    texts = ["", "a", '"', "\\", "\b\f\n\r\t", "\x01\x1f\x7f", "é漢😀", "\u2028", "/", "'", "a" * 70_000]
    literal = ", ".join("({})".format(f"'{text.replace(chr(39), 2 * chr(39))}'") for text in texts)
    run = shell.run(flag, stdin=f"WITH t(a) AS (VALUES {literal}) SELECT a FROM t;")
    assert run.code == 0, run.complaint
    assert [row["a"] for row in json.loads(run.out)] == texts


@pytest.mark.parametrize("flags", [["--json"], ["--json_pretty"], ["--csv"], ["--list"], ["--line"], []], ids=str)
def test_every_mode_prints_every_row(shell: Shell, flags: list[str]) -> None:
    """Many rows of a table: none is lost, where one buffer ends and another begins."""
    run = shell.run(
        *flags, "WITH RECURSIVE n(i) AS (SELECT 100001 UNION ALL SELECT i+1 FROM n WHERE i < 130000) SELECT i AS row FROM n"
    )
    assert run.code == 0
    words = run.text.replace('"', " ").split()
    assert [word for word in words if word.startswith("1") and len(word) == 6] == [str(i) for i in range(100_001, 130_001)]


def test_a_file_has_what_a_pipe_has(shell: Shell) -> None:
    for number, (flags, sql, printed) in enumerate(PRINTED[:8]):
        file = shell.home / f"result-{number}"
        run = shell.run(f"--output={file}", *flags, sql)
        assert (run.out, run.complaint, run.code) == (b"", "", 0)
        assert file.read_text() == printed
