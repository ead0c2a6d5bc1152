"""Results as Arrow: what the libraries make of them, types, ends and errors."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import duckdb
import pandas as pd  # type: ignore[import-untyped]
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pytest

import plumb

NUMBERS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT {})"
ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"
USERS = "SELECT uid, username FROM users ORDER BY uid"


@pytest.fixture
def engine() -> Iterator[plumb.Engine]:
    with plumb.Engine({"/etc/passwd": "root:x:0:0::/root:/bin/sh\nal:x:1000:1000::/home/al:/bin/sh\n"}) as engine:
        yield engine


def test_libraries(engine: plumb.Engine) -> None:
    columns = {"uid": [0, 1000], "username": ["root", "al"]}
    assert pa.table(engine.arrow(USERS)).to_pydict() == columns
    assert pa.RecordBatchReader.from_stream(engine.arrow(USERS)).read_all().to_pydict() == columns
    assert pd.DataFrame.from_arrow(engine.arrow(USERS)).to_dict("list") == columns
    assert pl.DataFrame(engine.arrow(USERS)).to_dict(as_series=False) == columns
    stream = engine.arrow(USERS)
    relation = duckdb.sql("SELECT * FROM stream ORDER BY uid")
    assert relation is not None
    assert relation.fetchall() == [(0, "root"), (1000, "al")]
    del stream


def test_same_as_query() -> None:
    host = plumb.Host.generate(4)
    engine = plumb.Engine(host)
    compared = 0
    for question in host.questions():
        rows = engine.query(question.sql)
        columns = {name: [row[name] for row in rows] for name in (rows[0] if rows else {})}
        if any(isinstance(value, bytes) for values in columns.values() for value in values):
            continue
        table = pa.table(engine.arrow(question.sql))
        assert sorted(map(repr, table.to_pylist())) == sorted(map(repr, rows)), question
        compared += len(rows)
    assert compared > 50


def test_declared_types(engine: plumb.Engine) -> None:
    stream = engine.arrow("SELECT uid, username, uid_signed, NULL AS n, x'ff' AS b, 1.5 AS r, 2 AS i, 't' AS t FROM users")
    assert stream.columns == [
        ("uid", "Int64"),
        ("username", "Utf8"),
        ("uid_signed", "Int64"),
        ("n", "Utf8"),
        ("b", "Binary"),
        ("r", "Float64"),
        ("i", "Int64"),
        ("t", "Utf8"),
    ]
    assert pa.schema(stream).field("uid").type == pa.int64()
    assert pa.table(stream).schema.field("uid").nullable
    assert engine.arrow("SELECT uid, uid + 1 AS sum FROM users WHERE 0").columns == [("uid", "Int64"), ("sum", "Utf8")]


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ("(1), (2.5), (NULL)", pa.float64(), [1.0, 2.5, None]),
        ("(2.5), (1)", pa.float64(), [2.5, 1.0]),
        ("(9007199254740993), (0.5)", pa.string(), ["9007199254740993", "0.5"]),
        ("(0.5), (9007199254740993)", pa.string(), ["0.5", "9007199254740993"]),
        ("(NULL), (1), ('a')", pa.string(), [None, "1", "a"]),
        ("(NULL), (-9223372036854775808), ('')", pa.string(), [None, "-9223372036854775808", ""]),
        ("(1.5), ('a'), (2), (1e300)", pa.string(), ["1.5", "a", "2", "1.0e+300"]),
        ("('a'), (1), (x'ff')", pa.binary(), [b"a", b"1", b"\xff"]),
        ("(1), (x'ff'), (2.5), ('é')", pa.binary(), [b"1", b"\xff", b"2.5", "é".encode()]),
        ("(2.5), (CAST(x'ff' AS TEXT))", pa.binary(), [b"2.5", b"\xff"]),
        ("(1), (CAST(x'ff' AS TEXT))", pa.binary(), [b"1", b"\xff"]),
        ("('a'), (CAST(x'ff' AS TEXT))", pa.binary(), [b"a", b"\xff"]),
        ("(NULL), (CAST(x'ff' AS TEXT))", pa.binary(), [None, b"\xff"]),
        ("(NULL), (NULL)", pa.string(), [None, None]),
    ],
)
def test_mixed_types(engine: plumb.Engine, values: str, kind: pa.DataType, expected: list[object]) -> None:
    table = pa.table(engine.arrow(f"WITH c(v) AS (VALUES {values}) SELECT v FROM c"))
    table.validate(full=True)
    assert table.schema.field("v").type == kind
    assert table["v"].to_pylist() == expected


def test_a_value_that_comes_too_late(engine: plumb.Engine) -> None:
    sql = f"{NUMBERS.format(100)} SELECT iif(x = 100, 'late', x) AS v FROM c"
    assert pa.table(engine.arrow(sql))["v"].to_pylist()[-1] == "late", "one batch"
    with pytest.raises(pa.ArrowInvalid, match="the column v is Int64 since the first batch, and text does not fit"):
        pa.table(engine.arrow(sql, batch_rows=10))
    late = pa.table(engine.arrow(sql, batch_rows=10, types={"v": "utf8"}))
    assert late["v"].to_pylist() == [str(x) for x in range(1, 100)] + ["late"]
    assert engine.query("SELECT 1 AS a") == [{"a": 1}]


def test_types_on_demand(engine: plumb.Engine) -> None:
    stream = engine.arrow("SELECT 1 AS a, 2 AS b, 'x' AS c", types={"a": "float64", "b": "utf8", "c": "binary"})
    assert pa.table(stream).to_pylist() == [{"a": 1.0, "b": "2", "c": b"x"}]
    with pytest.raises(plumb.Error, match="text does not fit") as raised:
        engine.arrow("SELECT 'x' AS a", types={"a": "int64"})
    assert raised.value.column == "a"
    assert "binary" in str(raised.value.suggestion)
    with pytest.raises(ValueError, match="decimal"):
        engine.arrow("SELECT 1 AS a", types={"a": "decimal"})  # type: ignore[dict-item]
    with pytest.raises(plumb.Error, match="no column b"):
        engine.arrow("SELECT 1 AS a", types={"b": "int64"})
    with pytest.raises(ValueError, match="batch_rows"):
        engine.arrow("SELECT 1 AS a", batch_rows=0)


@pytest.mark.parametrize(("rows", "batches"), [(0, [0]), (1, [1]), (9, [9]), (10, [10]), (11, [10, 1]), (30, [10, 10, 10])])
def test_batches(engine: plumb.Engine, rows: int, batches: list[int]) -> None:
    reader = pa.RecordBatchReader.from_stream(
        engine.arrow(f"{NUMBERS.format(rows)} SELECT x, 'é' || x AS t, NULL AS n FROM c", batch_rows=10)
    )
    read = list(reader)
    assert [batch.num_rows for batch in read] == batches
    for batch in read:
        batch.validate(full=True)
    assert [row for batch in read for row in batch.to_pylist()] == [{"x": x, "t": f"é{x}", "n": None} for x in range(1, rows + 1)]


def test_an_endless_stream_is_read_as_far_as_one_likes(engine: plumb.Engine) -> None:
    reader = pa.RecordBatchReader.from_stream(engine.arrow(ENDLESS, batch_rows=1000))
    assert [reader.read_next_batch()["x"][0].as_py() for _ in range(3)] == [1, 1001, 2001]
    del reader
    gc.collect()
    stream = engine.arrow(ENDLESS)
    stream.close()
    with engine.arrow(ENDLESS) as stream:
        assert repr(stream) == "<plumb.ArrowStream x: Int64>"
    with pytest.raises(plumb.Error, match="read already"):
        pa.table(stream)
    # The connection came back: it is the thread's own.
    engine.query("CREATE VIEW v AS SELECT 1 AS a")
    assert pa.table(engine.arrow("SELECT * FROM v")).to_pylist() == [{"a": 1}]


def test_statements_beside_a_stream(engine: plumb.Engine) -> None:
    engine.query("CREATE VIEW v AS SELECT 1 AS a")
    stream = engine.arrow(ENDLESS, batch_rows=10)
    assert engine.query(USERS)[0] == {"uid": 0, "username": "root"}
    stream.close()
    assert engine.query("SELECT * FROM v") == [{"a": 1}], "the older connection is kept"


def test_read_by_another_thread(engine: plumb.Engine) -> None:
    stream = engine.arrow(f"{NUMBERS.format(5000)} SELECT x FROM c", batch_rows=100)
    tables: list[pa.Table] = []
    thread = threading.Thread(target=lambda: tables.append(pa.table(stream)))
    thread.start()
    thread.join()
    assert tables[0]["x"].to_pylist() == list(range(1, 5001))


def test_errors(engine: plumb.Engine) -> None:
    with pytest.raises(plumb.SqlError) as raised:
        engine.arrow("SELECT nope FROM users")
    assert (raised.value.table, raised.value.column, raised.value.position) == ("users", "nope", 7)
    with pytest.raises(plumb.Error, match="no statement that gives rows"):
        engine.arrow("CREATE VIEW w AS SELECT 1")
    with pytest.raises(pa.ArrowInvalid, match="only one statement"):
        pa.table(engine.arrow("SELECT 1 AS a; SELECT 2 AS a"))
    with pytest.raises(plumb.BudgetError):
        plumb.Engine({}, timeout=0.05).arrow(ENDLESS.replace("SELECT x FROM", "SELECT count(*) FROM"))
    with pytest.raises(pa.ArrowInvalid, match="took longer"):
        pa.table(plumb.Engine({}, timeout=0.3).arrow(f"{ENDLESS} WHERE x < 10 OR x < 5", batch_rows=4))


def test_notes_of_a_stream() -> None:
    engine = plumb.Engine({"/etc/passwd": "nonsense\n"})
    stream = engine.arrow("SELECT * FROM users")
    assert pa.table(stream).num_rows == 0
    assert engine.note_count == 1
