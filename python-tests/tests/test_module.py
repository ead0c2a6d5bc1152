"""The module itself: values, errors, hosts, notes, budgets."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import pytest

import plumb

PASSWD = "root:x:0:0:root:/root:/bin/sh\nal:x:1000:1000:Al:/home/al:/bin/sh\n"

#: Ends when it is stopped.
ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) AS n FROM c"


@pytest.fixture
def engine() -> Iterator[plumb.Engine]:
    with plumb.Engine({"/etc/passwd": PASSWD}) as engine:
        yield engine


def test_rows_are_dicts(engine: plumb.Engine) -> None:
    assert engine.query("SELECT uid, username FROM users ORDER BY uid") == [
        {"uid": 0, "username": "root"},
        {"uid": 1000, "username": "al"},
    ]


def test_types(engine: plumb.Engine) -> None:
    (row,) = engine.query(
        "SELECT 1 AS i, -9223372036854775808 AS least, 0.1 AS r, 'é' AS t, CAST(x'ff61' AS TEXT) AS odd, "
        "x'00ff' AS b, '' AS e, NULL AS n"
    )
    assert row == {"i": 1, "least": -(2**63), "r": 0.1, "t": "é", "odd": b"\xffa", "b": b"\x00\xff", "e": "", "n": None}
    assert [type(value) for value in row.values()] == [int, int, float, str, bytes, bytes, str, type(None)]


@pytest.mark.parametrize("rows", [1, 1023, 1024, 1025, 5000])
def test_all_rows_come(engine: plumb.Engine, rows: int) -> None:
    sql = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT ?) SELECT x, 'text ' || x AS t FROM c"
    assert engine.query(sql, [rows]) == [{"x": x, "t": f"text {x}"} for x in range(1, rows + 1)]


def test_texts_of_several_statements(engine: plumb.Engine) -> None:
    assert engine.query("") == []
    assert engine.query("SELECT 1 AS a; CREATE VIEW v AS SELECT 2 AS b; SELECT * FROM v") == [{"a": 1}, {"b": 2}]
    assert engine.query("SELECT * FROM v") == [{"b": 2}], "a view stays"


def test_names_that_repeat(engine: plumb.Engine) -> None:
    assert engine.query('SELECT 1 AS a, 2 AS a, 3 AS "a:1", 4 AS a') == [{"a": 1, "a:1": 2, "a:1:1": 3, "a:2": 4}]


def test_parameters(engine: plumb.Engine) -> None:
    values = [None, True, -5, 2**63 - 1, 1.5, "é\n", b"\xff", bytearray(b"x"), ""]
    (row,) = engine.query("SELECT " + ", ".join(f"? AS c{place}" for place in range(len(values))), values)
    assert list(row.values()) == [None, 1, -5, 2**63 - 1, 1.5, "é\n", b"\xff", b"x", ""]
    assert engine.query("SELECT username FROM users WHERE uid = :uid", {"uid": 1000, "other": 1}) == [{"username": "al"}]
    assert engine.query("SELECT username FROM users WHERE username IN (?, ?2)", ("root", "x")) == [{"username": "root"}]
    assert engine.query("SELECT path FROM file WHERE path = ?", ["/etc/passwd"]) == [{"path": "/etc/passwd"}]
    assert engine.query("SELECT path FROM file WHERE path LIKE ?", ["/etc/%"]) == [{"path": "/etc/passwd"}]


@pytest.mark.parametrize(
    ("sql", "params", "error"),
    [
        ("SELECT ?", [], plumb.SqlError),
        ("SELECT ?", [1, 2], plumb.SqlError),
        ("SELECT :a", {"b": 1}, plumb.SqlError),
        ("SELECT ?", {"b": 1}, plumb.SqlError),
        ("SELECT ?", [2**63], OverflowError),
        ("SELECT ?", [object()], TypeError),
        ("SELECT ?", "x", TypeError),
        ("SELECT ?", 1, TypeError),
        ("SELECT :a", {1: 1}, TypeError),
    ],
)
def test_wrong_parameters(engine: plumb.Engine, sql: str, params: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        engine.query(sql, params)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sql", "error", "table", "column", "span"),
    [
        ("SELECT * FROM usres", plumb.SqlError, "usres", None, (14, 19)),
        ("SELECT 'é', usrname FROM users", plumb.SqlError, "users", "usrname", (12, 19)),
        ("SELECT 1; SELECT '𝄞' FROM users WHERE nope", plumb.SqlError, "users", "nope", (38, 42)),
        ("SELECT * FROM file", plumb.ConstraintError, "file", None, (14, 18)),
        ("SELEC 1", plumb.SqlError, None, None, (0, 5)),
    ],
)
def test_errors(
    engine: plumb.Engine, sql: str, error: type[plumb.Error], table: str | None, column: str | None, span: tuple[int, int]
) -> None:
    with pytest.raises(plumb.Error) as raised:
        engine.query(sql)
    found = raised.value
    assert type(found) is error
    assert (found.table, found.column, found.span, found.position) == (table, column, span, span[0])
    assert found.code in (1, 19)


def test_errors_suggest(engine: plumb.Engine) -> None:
    with pytest.raises(plumb.SqlError, match="no such column: usrname") as raised:
        engine.query("SELECT usrname FROM users")
    assert raised.value.suggestion == "did you mean username of users?"
    with pytest.raises(plumb.ConstraintError) as raised:
        engine.query("SELECT * FROM hash")
    assert "for example" in str(raised.value.suggestion)


def test_errors_have_all_attributes_always() -> None:
    error = plumb.BudgetError("made by somebody else")
    assert (error.table, error.column, error.position, error.span, error.suggestion, error.code) == (None,) * 6
    assert issubclass(plumb.ConstraintError, plumb.SqlError)
    assert issubclass(plumb.SqlError, plumb.Error)
    assert plumb.SqlError.__name__ == "SqlError"


def test_check(engine: plumb.Engine) -> None:
    assert engine.check("SELECT uid FROM users") == []
    sql = "SELECT '🦀', nme FROM users"
    (found,) = engine.check(sql)
    assert (found.severity, found.code, found.column) == ("error", "unknown-column", "nme")
    start, end = found.span
    assert sql[start:end] == "nme"
    (found,) = engine.check("SELECT * FROM file")
    assert (found.code, found.table) == ("missing-constraint", "file")
    assert engine.check("SELECT * FROM crontab", "linux") == []
    assert [found.code for found in engine.check("SELECT * FROM crontab", "windows")] == ["unknown-table"]
    warnings = {found.code for found in engine.check("SELECT 1 FROM users, groups") if found.severity == "warning"}
    assert "cartesian-join" in warnings


@pytest.mark.parametrize("platform", ["linux", "macos", "windows"])
def test_schema(platform: Literal["linux", "macos", "windows"]) -> None:
    tables = plumb.schema(platform)
    users = tables["users"]
    assert users.doc
    assert platform in users.platforms
    assert [column.name for column in users.columns][:2] == ["uid", "gid"]
    (uid,) = (column for column in users.columns if column.name == "uid")
    assert (uid.type, uid.key, uid.hidden, uid.required, uid.alias_of) == ("BIGINT", True, False, False, None)
    path = next(column for column in tables["file"].columns if column.name == "path")
    assert path.required
    assert all(column.doc for table in tables.values() for column in table.columns)
    assert users.sql.startswith("CREATE TABLE users(")
    assert plumb.Engine({}, platform).schema().keys() == tables.keys()


def test_unknown_platform() -> None:
    with pytest.raises(ValueError, match="beos"):
        plumb.schema("beos")  # type: ignore[arg-type]


def test_tables_of_another_platform_are_not_read() -> None:
    engine = plumb.Engine({}, platform="windows")
    assert engine.platform == "windows"
    assert [found.code for found in engine.check("SELECT * FROM crontab")] == ["unknown-table"]
    with pytest.raises(plumb.Error, match="windows"):
        engine.query("SELECT 1")


def test_hosts_of_files() -> None:
    files = {
        "/etc/passwd": PASSWD,
        b"/srv/\xff": b"odd",
        Path("/srv/x"): plumb.File("abc", mode=0o4755, uid=7, gid=8, mtime=1_600_000_000, xattrs={"user.a": b"1"}),
        "/srv/link": plumb.File(link="x"),
        "/srv/pipe": plumb.File(kind="fifo"),
        "/srv/empty": None,
    }
    engine = plumb.Engine(files)
    rows = engine.query("SELECT filename, type, size, mode, uid, gid, mtime FROM file WHERE directory = '/srv'")
    found = {row["filename"]: row for row in rows}
    assert found.keys() == {b"\xff", "x", "link", "pipe", "empty"}
    assert {name: row["type"] for name, row in found.items()} == {
        b"\xff": "regular",
        "x": "regular",
        "link": "regular",
        "pipe": "fifo",
        "empty": "directory",
    }
    x = found["x"]
    assert (x["size"], x["mode"], x["uid"], x["gid"], x["mtime"]) == (3, "4755", 7, 8, 1_600_000_000)
    assert engine.query("SELECT unix_time FROM time") == [{"unix_time": 1_700_000_000}]
    now = plumb.Engine(plumb.Host.files({}, now=5)).query("SELECT unix_time FROM time")
    assert now == [{"unix_time": 5}]


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({"etc/passwd": ""}, ValueError),
        ({"/a\0b": ""}, ValueError),
        ({"/" + "a" * 256: ""}, ValueError),
        ({"/a": 1}, TypeError),
        ({1: ""}, TypeError),
    ],
)
def test_wrong_files(files: dict[object, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        plumb.Engine(files)


def test_wrong_file() -> None:
    for wrong in ({"kind": "door"}, {"kind": "link"}, {"content": "x", "link": "y"}, {"content": "x", "kind": "fifo"}):
        with pytest.raises(ValueError):
            plumb.File(**wrong)  # type: ignore[arg-type]


def test_directories_and_archives(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text(PASSWD)
    sql, expected = "SELECT username FROM users ORDER BY uid", [{"username": "root"}, {"username": "al"}]
    assert plumb.Engine(tmp_path).query(sql) == expected
    assert plumb.Engine(str(tmp_path)).query(sql) == expected
    for name, mode in (("host.tar", "w"), ("host.tar.gz", "w:gz")):
        with tarfile.open(tmp_path / name, mode) as archive:  # type: ignore[call-overload]
            archive.add(tmp_path / "etc", "etc")
        assert plumb.Engine(tmp_path / name).query(sql) == expected
    with pytest.raises(FileNotFoundError) as raised:
        plumb.Engine(tmp_path / "nope")
    assert raised.value.filename == str(tmp_path / "nope")
    (tmp_path / "text").write_text("no archive, though long enough" * 100)
    with pytest.raises(OSError, match="text"):
        plumb.Engine(tmp_path / "text")


def test_live_host() -> None:
    with plumb.Engine() as engine:
        assert engine.query("SELECT count(*) > 0 AS some FROM users") == [{"some": 1}]


def test_generated_hosts_answer_as_their_models_expect() -> None:
    rows = 0
    for seed in range(3):
        host = plumb.Host.generate(seed, odd=seed == 2)
        engine = plumb.Engine(host)
        questions = host.questions()
        assert {question.table for question in questions} >= {"users", "processes", "mounts"}
        for question in questions:
            rows += len(question.rows)
            assert in_any_order(engine.query(question.sql)) == in_any_order(question.rows), question
    assert rows > 100


def in_any_order(rows: Sequence[Mapping[str, object]]) -> list[str]:
    return sorted(repr(sorted(row.items())) for row in rows)


def test_a_seed_is_one_host() -> None:
    tar = plumb.Host.generate(7).to_tar()
    assert tar == plumb.Host.generate(7).to_tar()
    assert tar != plumb.Host.generate(8).to_tar()
    assert tar != plumb.Host.generate(7, odd=True).to_tar()
    told = [b"PLUMB.netlink" in plumb.Host.generate(seed).to_tar() for seed in range(10)]
    assert True in told
    assert not any(b"PLUMB.netlink" in plumb.Host.generate(seed, netlink=False).to_tar() for seed in range(10))
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        assert "etc/passwd" in {name.removeprefix("./") for name in archive.getnames()}
    assert plumb.Host.generate(7, hostile=True).questions() == []
    assert plumb.Host.generate(7).questions("users")[0].table == "users"
    assert plumb.Host.generate(7).questions("nope") == []
    with pytest.raises(ValueError):
        plumb.Host.live().to_tar()


def test_notes() -> None:
    engine = plumb.Engine({"/etc/passwd": PASSWD + "not a line of passwd\n"})
    assert engine.notes == []
    assert len(engine.query("SELECT * FROM users")) == 2
    (note,) = engine.notes
    assert (note.table, note.source) == ("users", "/etc/passwd")
    assert note.reason
    assert str(note) == f"users: /etc/passwd: {note.reason}"
    assert engine.note_count == 1
    engine.query("SELECT 1")
    assert (engine.notes, engine.note_count) == ([], 0)


def test_budgets() -> None:
    with pytest.raises(plumb.BudgetError, match="took longer"):
        plumb.Engine({}, timeout=0.05).query(ENDLESS)
    numbers = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 100) SELECT x FROM c"
    engine = plumb.Engine({}, max_rows=99)
    with pytest.raises(plumb.BudgetError, match="99 rows"):
        engine.query(numbers)
    assert engine.query("SELECT 1 AS a") == [{"a": 1}], "the next one is answered"
    for wrong in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="timeout"):
            plumb.Engine({}, timeout=wrong)


def test_close(engine: plumb.Engine) -> None:
    with engine as entered:
        assert entered is engine
        assert not engine.closed
        engine.query("SELECT 1")
    assert engine.closed
    assert repr(engine) == "<plumb.Engine over 1 files in memory, closed>"
    with pytest.raises(plumb.Error, match="closed"):
        engine.query("SELECT 1")


def test_reprs(engine: plumb.Engine) -> None:
    assert repr(engine) == "<plumb.Engine over 1 files in memory>"
    assert repr(plumb.Host.generate(5, odd=True)) == "<plumb.Host odd model of seed 5>"
    assert repr(plumb.File(b"abc")) == "<plumb.File of 3 bytes>"
    assert repr(plumb.schema()["users"].columns[0]) == "<plumb.Column uid BIGINT>"
    (found,) = engine.check("SELECT nope")
    assert repr(found) == "<plumb.Diagnostic error unknown-column at 7..11: no such column: nope>"
