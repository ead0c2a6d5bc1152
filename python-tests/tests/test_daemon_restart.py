"""Ends and starts: what is remembered, also when nobody had time to say goodbye."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from support.daemon import RUNS, Daemon, query, schedule
from support.daemons import Make
from support.logs import row

pytestmark = pytest.mark.daemon


def watching(make: Make) -> Daemon:
    """A daemon that watches a folder of its own with files a and b; it is not started."""
    daemon = make()
    folder = daemon.folder / "watched"
    folder.mkdir()
    for name in "ab":
        (folder / name).touch()
    daemon.configure(schedule(files=query(sql(folder)), runs=RUNS))
    return daemon


def sql(folder: Path) -> str:
    return f"SELECT filename FROM file WHERE directory = '{folder}'"


def names(*words: str) -> list[str]:
    return [row(filename=word) for word in words]


def test_it_goes_on_where_it_was(daemon: Make) -> None:
    one = watching(daemon).start()
    one.until_rows("files", *names("a", "b"))
    assert one.end() == 0
    before = one.texts("files")
    one.start()
    one.ran_again("files")
    assert one.texts("files") == before, "a start is no news"
    assert one.end() == 0
    # What happens meanwhile is a change like any other.
    (one.folder / "watched" / "a").unlink()
    (one.folder / "watched" / "c").touch()
    one.start().until_rows("files", *names("b", "c"))
    told = [(line["action"], line["columns"]["filename"], line["counter"]) for line in one.lines("files")[len(before) :]]
    assert told == [("removed", "a", 1), ("added", "c", 1)]
    assert one.end() == 0


def test_another_statement_goes_on(daemon: Make) -> None:
    one = watching(daemon).start()
    one.until_rows("files", *names("a", "b"))
    assert one.end() == 0
    one.configure(schedule(files=query(sql(one.folder / "watched") + " AND filename <> 'a'")))
    one.start().until_rows("files", *names("b"))
    line = one.lines("files")[-1]
    assert (line["action"], line["columns"], line["counter"]) == ("removed", {"filename": "a"}, 1)
    assert "Scheduled query has been updated: files" in one.status()
    assert one.end() == 0


def test_other_columns_go_on(daemon: Make) -> None:
    one = watching(daemon).start()
    one.until_rows("files", *names("a", "b"))
    assert one.end() == 0
    one.configure(schedule(files=query(sql(one.folder / "watched").replace("filename", "filename, size", 1))))
    one.start().until_rows("files", row(filename="a", size=0), row(filename="b", size=0))
    assert [line["action"] for line in one.lines("files")] == ["added"] * 2 + ["removed"] * 2 + ["added"] * 2
    assert one.end() == 0


def test_a_new_epoch_begins_anew(daemon: Make) -> None:
    one = watching(daemon).start()
    one.until_rows("files", *names("a", "b"))
    assert one.end() == 0
    one.flags["schedule_epoch"] = "5"
    one.start()
    one.until(lambda: len(one.lines("files")) == 4, "all rows once more")
    told = {(line["action"], line["epoch"], line["counter"]) for line in one.lines("files")[2:]}
    assert told == {("added", 5, 0)}
    (one.folder / "watched" / "a").unlink()
    one.until_rows("files", *names("b"))
    line = one.lines("files")[-1]
    assert (line["epoch"], line["counter"]) == (5, 1)
    assert one.end() == 0


def test_a_query_that_comes_back_is_remembered(daemon: Make) -> None:
    one = watching(daemon)
    whole = (one.folder / "osquery.conf").read_text()
    one.start().until_rows("files", *names("a", "b"))
    assert one.end() == 0
    one.configure(schedule(beat=query("SELECT 1 AS one", snapshot=True)))
    one.start()
    one.ran()
    assert one.end() == 0
    (one.folder / "watched" / "a").unlink()
    one.configure(whole)
    one.start().until_rows("files", *names("b"))
    assert one.lines("files")[-1]["counter"] == 1
    assert one.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1], ids=lambda number: number.name)
@pytest.mark.parametrize("watched", [False, True], ids=["alone", "watched"])
def test_signals_that_end(daemon: Make, number: signal.Signals, watched: bool) -> None:
    one = daemon(schedule(beat=query("SELECT 1 AS one", snapshot=True)), watched=watched).start()
    one.until(lambda: one.snapshots("beat"), "a run")
    assert one.pidfile.read_text() == str(one.pid)
    assert one.end(number) == 0
    assert not one.pidfile.exists()


@pytest.mark.parametrize(("watched", "kills"), [(False, 6), (True, 3)], ids=["alone", "watched"])
def test_killed_again_and_again(daemon: Make, watched: bool, kills: int) -> None:
    """Nothing is lost; nothing stands twice but a run that was logged right before the end, byte for byte."""
    one = daemon(watched=watched)
    folder = one.folder / "watched"
    folder.mkdir()
    # A query in which a daemon dies is left out for a day, unless it says otherwise.
    one.configure(schedule(files=query(sql(folder), denylist=False)))
    changes = 0

    def change() -> None:
        nonlocal changes
        changes += 1
        path = folder / str(changes % 7)
        if path.exists():
            path.unlink()
        else:
            path.touch()

    for kill in range(kills):
        size = len(one.texts("files"))
        one.start().ready()

        # The first kills come as soon as a line is there, the others some changes later.
        def some_news(size: int = size, more: int = kill) -> bool:
            change()
            return len(one.texts("files")) > size + more

        one.until(some_news, "something new")
        one.kill()
    # Something that only the last one can tell of: then it is at work.
    (folder / "last").touch()
    one.start().until_rows("files", *names(*[path.name for path in folder.iterdir()]), kills=kills)
    assert one.end() == 0
