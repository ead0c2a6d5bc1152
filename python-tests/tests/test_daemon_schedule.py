"""The schedule: what runs, how often, and what its lines look like. One daemon keeps all of it."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from support.daemon import Daemon, query, schedule
from support.daemons import Make
from support.logs import Line, row

pytestmark = pytest.mark.daemon

#: More seconds than an interval may have; the longest that it may.
TOO_LONG, LONGEST = 604_801, 604_800

TYPES = "SELECT NULL AS void, 42 AS number, 1.5 AS part, 'ä' || char(9) || '\"' AS text, CAST(5 AS TEXT) AS digits"


def configuration(folder: Path) -> dict[str, object]:
    """Everything that a schedule can say."""
    files = f"SELECT filename FROM file WHERE directory = '{folder}/watched'"
    return {
        "options": {"custom_word": "told", "schedule_default_interval": 77},
        "schedule": {
            "each_second": query("SELECT 1 AS one", snapshot=True),
            "each_third": query("SELECT 3 AS three", 3, snapshot=True),
            "as_text": query("SELECT 2 AS two", interval=0) | {"interval": "2", "snapshot": "true"},
            "at_start": query("SELECT 'early' AS word", LONGEST, startup_priority=1),
            "later": query("SELECT 'never' AS word", LONGEST),
            "by_default": {"query": "SELECT 'default' AS word"},
            "none": query("SELECT 1 AS one WHERE 0"),
            "empty": query("SELECT 1 AS one WHERE 0", snapshot=True),
            "wrong": query("SELECT * FROM there_is_no_such_table"),
            "types": query(TYPES),
            "type_snapshot": query(TYPES, snapshot=True),
            "bytes": query("SELECT CAST(x'41ff42' AS TEXT) AS text, 'a' || char(10) || 'b' AS lines"),
            "twins": query("SELECT 'same' AS word UNION ALL SELECT 'same'"),
            "here": query("SELECT 1 AS one", platform="linux"),
            "posix": query("SELECT 1 AS one", platform="posix,windows"),
            "windows": query("SELECT 1 AS one", platform="windows"),
            "old": query("SELECT 1 AS one", version="1.4.5"),
            "future": query("SELECT 1 AS one", version="99.0"),
            "every_shard": query("SELECT 1 AS one", shard=100),
            "no_shard": query("SELECT 1 AS one", shard=0),
            "too_long": query("SELECT 1 AS one", TOO_LONG),
            "zero": query("SELECT 1 AS one", 0),
            "negative": query("SELECT 1 AS one", -5),
            "no_query": {"interval": 1},
            "seen": query(f"SELECT upper(filename) AS name FROM ({files})"),
            "view": query("SELECT doubled FROM numbers_doubled"),
            "constructed": query("SELECT path, word, number FROM constructed"),
            "plan": query("SELECT name, interval FROM osquery_schedule", snapshot=True),
            "packs": query("SELECT name, active FROM osquery_packs", snapshot=True),
            "flags": query("SELECT name, value FROM osquery_flags WHERE name LIKE 'custom%'", snapshot=True),
        },
        "views": {"numbers_doubled": "SELECT 2 * 21 AS doubled", "broken_view": "SELEC"},
        "auto_table_construction": {
            "constructed": {"query": "SELECT word, number FROM t", "path": f"{folder}/%.sqlite", "columns": ["word", "number"]}
        },
        "packs": {
            "inline": {"queries": {"q": query("SELECT 'inline' AS word"), "w": query("SELECT 1", platform="windows")}},
            "windows_only": {"platform": "windows", "queries": {"q": query("SELECT 'windows' AS word")}},
            "from_file": f"{folder}/single.pack",
            "*": f"{folder}/packs/*.conf",
            "discovered": {
                "discovery": [f"SELECT 1 FROM file WHERE path = '{folder}/present'", "SELECT 1"],
                "queries": {"q": query(f"SELECT 'found' AS word FROM file WHERE path = '{folder}/present'")},
            },
            "undiscoverable": {"discovery": ["SELECT 1 WHERE 0"], "queries": {"q": query("SELECT 'lost' AS word")}},
        },
        "decorators": {
            "load": ["SELECT 'at load' AS loaded, 7 AS number", "SELECT NULL AS void"],
            "always": ["SELECT 'each time' AS always", "SELECT 'later wins' AS number_two"],
        },
    }


@pytest.fixture(scope="module")
def running(shared_daemon: Make) -> Daemon:
    daemon = shared_daemon(pack_refresh_interval=1, logger_min_status=0)
    folder = daemon.folder
    for name in ("watched", "packs"):
        (folder / name).mkdir()
    daemon.configure('{"queries": {"q": {"query": "SELECT \'single\' AS word", "interval": 1}}}', "single.pack")
    for name in ("one", "two"):
        text = f'# a comment\n{{"queries": {{"q": {{"query": "SELECT \'{name}\' AS word", \\\n"interval": 1}}}}}}'
        daemon.configure(text, f"packs/{name}.conf")
    with sqlite3.connect(folder / "first.sqlite") as database:
        database.execute("CREATE TABLE t(word, number)")
        database.execute("INSERT INTO t VALUES ('a', 1), (NULL, 2)")
    database.close()
    daemon.configure(configuration(folder))
    return daemon.start()


def first(daemon: Daemon, name: str) -> Line:
    """The first line of a query, in either log."""

    def lines() -> list[Line]:
        return daemon.lines(name) or daemon.snapshots(name)

    return daemon.until(lines, f"a line of {name}")[0]


def planned(daemon: Daemon) -> dict[str, str]:
    """The names in the schedule, with their intervals."""
    return {str(row["name"]): str(row["interval"]) for row in first(daemon, "plan")["snapshot"]}


def test_an_event_line(running: Daemon) -> None:
    line = first(running, "types")
    assert list(line) == [
        *(
            "name",
            "hostIdentifier",
            "calendarTime",
            "unixTime",
            "epoch",
            "counter",
            "numerics",
            "decorations",
            "columns",
            "action",
        )
    ]
    assert line["columns"] == {"void": "", "number": "42", "part": "1.5", "text": 'ä\\x09"', "digits": "5"}
    assert list(line["columns"]) == sorted(line["columns"])
    assert (line["epoch"], line["counter"], line["numerics"], line["action"]) == (0, 0, False, "added")
    assert re.fullmatch(r"(Sun|Mon|Tue|Wed|Thu|Fri|Sat) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} UTC", line["calendarTime"])
    assert line["hostIdentifier"]


def test_a_snapshot_line(running: Daemon) -> None:
    line = first(running, "type_snapshot")
    assert list(line) == [
        *(
            "snapshot",
            "action",
            "name",
            "hostIdentifier",
            "calendarTime",
            "unixTime",
            "epoch",
            "counter",
            "numerics",
            "decorations",
        )
    ]
    assert line["snapshot"] == [{"void": "", "number": "42", "part": "1.5", "text": 'ä\t"', "digits": "5"}]
    assert (line["action"], line["counter"]) == ("snapshot", 0)


def test_an_interval_is_never_too_short(running: Daemon) -> None:
    """Every run belongs to a second of its own that the interval divides, be it ever so late."""
    running.until(lambda: len(running.snapshots("each_third")) >= 2, "two runs")
    start = first(running, "each_second")["unixTime"]
    for name, interval in (("each_second", 1), ("as_text", 2), ("each_third", 3)):
        times = [line["unixTime"] for line in running.snapshots(name)]
        assert times == sorted(times)
        # A second for the start, which may be one before the first line.
        assert len(times) <= (times[-1] - start + 60) // interval + 1 and len(set(times)) > 1, (name, times)


def test_who_is_in_the_schedule(running: Daemon) -> None:
    plan = planned(running)
    there = {"each_second": "1", "each_third": "3", "as_text": "2", "by_default": "77", "later": str(LONGEST)}
    assert {name: plan.get(name) for name in there} == there
    for name in ("here", "posix", "old", "every_shard", "no_shard", "wrong", "view", "pack_inline_q"):
        assert name in plan
    for name in ("windows", "future", "too_long", "zero", "negative", "no_query", "pack_inline_w", "pack_windows_only_q"):
        assert name not in plan


def test_once_at_the_start(running: Daemon) -> None:
    assert first(running, "at_start")["columns"] == {"word": "early"}


def test_nothing_is_told_of_no_rows(running: Daemon) -> None:
    assert first(running, "empty")["snapshot"] == []
    running.until(lambda: len(running.snapshots("empty")) > 2, "more empty snapshots")
    assert running.lines("none") == []


def test_a_query_that_fails_holds_up_nobody(running: Daemon) -> None:
    running.until(lambda: running.status("ERROR").count("Error executing scheduled query wrong: ") >= 2, "two failures")
    assert "there_is_no_such_table" in running.status("ERROR")
    assert running.lines("wrong") == []
    count = len(running.snapshots("each_second"))
    running.until(lambda: len(running.snapshots("each_second")) > count, "another run of the others")


def test_bytes_that_are_no_text(running: Daemon) -> None:
    assert first(running, "bytes")["columns"] == {"text": "A\\xFFB", "lines": "a\\x0Ab"}


def test_equal_rows_are_told_apart(running: Daemon) -> None:
    running.until_rows("twins", row(word="same"), row(word="same"))


def test_a_file_comes_and_goes(running: Daemon) -> None:
    path = running.folder / "watched" / "file"
    path.touch()
    running.until_rows("seen", row(name="FILE"))
    path.unlink()
    running.until_rows("seen")


def test_a_view(running: Daemon) -> None:
    running.until_rows("view", row(doubled=42))


def test_tables_over_databases(running: Daemon) -> None:
    """Files of the pattern that come later count too."""
    path, later = running.folder / "first.sqlite", running.folder / "second.sqlite"
    old = [row(path=path, word="a", number=1), row(path=path, word="", number=2)]
    running.until(lambda: all(running.rows("constructed")[one] for one in old), "the rows of the first database")
    part = running.folder / "part"
    with sqlite3.connect(part) as database:
        database.execute("CREATE TABLE t(word, number)")
        database.execute("INSERT INTO t VALUES ('new', 3)")
    database.close()
    part.rename(later)
    running.until_rows("constructed", *old, row(path=later, word="new", number=3))


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("pack_inline_q", "inline"),
        ("pack_from_file_q", "single"),
        ("pack_one_q", "one"),
        ("pack_two_q", "two"),
    ],
)
def test_packs(running: Daemon, name: str, word: str) -> None:
    running.until_rows(name, row(word=word))


def test_a_pack_is_discovered_and_lost(running: Daemon) -> None:
    def active() -> dict[str, str]:
        return {str(pack["name"]): str(pack["active"]) for pack in running.snapshots("packs")[-1]["snapshot"]}

    first(running, "packs")
    path = running.folder / "present"
    for _ in range(2):
        running.until(lambda: active()["discovered"] == "0", "an inactive pack")
        path.touch()
        running.until(lambda: active()["discovered"] == "1", "an active pack")
        running.until_rows("pack_discovered_q", row(word="found"))
        path.unlink()
    assert active().items() >= {"main": "1", "inline": "1", "windows_only": "0", "undiscoverable": "0"}.items()
    assert running.lines("pack_undiscoverable_q") == []


def test_decorators(running: Daemon) -> None:
    expected = {"loaded": "at load", "number": "7", "void": "", "always": "each time", "number_two": "later wins"}
    for name in ("types", "type_snapshot", "pack_inline_q"):
        decorations = first(running, name)["decorations"]
        assert decorations == expected
        assert list(decorations) == sorted(decorations)


def test_no_decorators(daemon: Make) -> None:
    decorators = {"load": ["SELECT 1 AS one"], "always": ["SELECT 2 AS two"]}
    one = daemon({**schedule(word=query("SELECT 'plain' AS word")), "decorators": decorators}, disable_decorators=True).start()
    assert "decorations" not in first(one, "word")
    assert one.end() == 0


def test_options_of_the_configuration(running: Daemon) -> None:
    assert first(running, "flags")["snapshot"] == [{"name": "custom_word", "value": "told"}]


def test_numbers_as_numbers(daemon: Make) -> None:
    one = daemon(schedule(types=query(TYPES), shot=query(TYPES, snapshot=True)), logger_numerics=True).start()
    columns = {"void": "", "number": 42, "part": 1.5, "digits": "5"}
    line = first(one, "types")
    assert line["numerics"] is True
    assert line["columns"].items() >= columns.items()
    assert first(one, "shot")["snapshot"][0].items() >= columns.items()
    assert one.end() == 0


def test_lines_of_whole_changes(daemon: Make) -> None:
    """`--logger_event_type=false`: a line for each change; the first says even that there is nothing."""
    one = daemon(logger_event_type=False, decorations_top_level=True)
    (one.folder / "watched").mkdir()
    sql = f"SELECT filename, size FROM file WHERE directory = '{one.folder}/watched'"
    one.configure({"schedule": {"files": query(sql)}, "decorators": {"load": ["SELECT 'top' AS level"]}})
    one.start()
    line = first(one, "files")
    assert line["diffResults"] == {"removed": [], "added": []}
    assert (line["counter"], line["level"], "decorations" in line) == (0, "top", False)
    part = one.folder / "part"
    for size in (1, 2):
        part.write_text("x" * size)
        part.rename(one.folder / "watched" / "a")
        one.until_counter("files", size)
    old, new = {"filename": "a", "size": "1"}, {"filename": "a", "size": "2"}
    changes = [line["diffResults"] for line in one.lines("files")[1:]]
    assert changes == [{"removed": [], "added": [old]}, {"removed": [old], "added": [new]}]
    assert one.end() == 0
