"""The clock is set forward and back while the daemon runs."""

from __future__ import annotations

import pytest

from support.clocks import Clock
from support.daemon import Daemon, query, schedule
from support.daemons import Make
from support.logs import Line, row

pytestmark = pytest.mark.daemon

DAY = 86_400
NOW = query("SELECT unix_time FROM time", snapshot=True)


def watching(make: Make, **flags: object) -> tuple[Daemon, Clock]:
    """A daemon with a clock that watches a folder; it is not started."""
    one = make(**flags)
    folder = one.folder / "watched"
    folder.mkdir()
    (folder / "a").touch()
    files = query(f"SELECT filename FROM file WHERE directory = '{folder}'")
    one.configure(schedule(files=files, now=NOW))
    return one, Clock(one)


def until_time(daemon: Daemon, clock: Clock, ahead: int) -> None:
    """Waits for a run under a clock that is set anew. What tables say then is what lines say."""
    clock.ahead = ahead

    def ran() -> list[Line]:
        return [line for line in daemon.snapshots("now")[-1:] if abs(line["unixTime"] - clock.now()) < 1800]

    (line,) = daemon.until(ran, f"a run {ahead} s ahead")
    assert abs(int(line["snapshot"][0]["unix_time"]) - line["unixTime"]) < 1800


@pytest.mark.parametrize("ahead", [DAY, -400 * DAY], ids=["a day", "a year back"])
def test_the_clock_is_set(daemon: Make, ahead: int) -> None:
    """The schedule goes on at once; no change is lost, and none is logged twice."""
    one, clock = watching(daemon)
    one.start().until_rows("files", row(filename="a"))
    (one.folder / "watched" / "b").touch()
    until_time(one, clock, ahead)
    one.until_rows("files", row(filename="a"), row(filename="b"))
    (one.folder / "watched" / "a").unlink()
    one.until_rows("files", row(filename="b"))
    until_time(one, clock, 0)
    (one.folder / "watched" / "b").unlink()
    one.until_rows("files")
    assert one.end() == 0


def test_it_is_another_day_at_the_next_start(daemon: Make) -> None:
    one, clock = watching(daemon)
    for ahead in (0, 10 * DAY, -10 * DAY):
        clock.ahead = ahead
        one.start()
        until_time(one, clock, ahead)
        one.until_rows("files", row(filename="a"))
        assert len(one.lines("files")) == 1
        assert one.end() == 0


def test_it_is_told(daemon: Make, ours: None) -> None:
    one, clock = watching(daemon)
    one.start()
    until_time(one, clock, 0)
    until_time(one, clock, DAY)
    one.until_said("what was due is left out")
    until_time(one, clock, 0)
    one.until_said("The clock was set back by")
    assert one.end() == 0


def test_what_was_missed_is_made_up_for(daemon: Make, ours: None) -> None:
    """Within `--schedule_max_drift` nothing is left out: a query that is due once a minute is not forgotten."""
    one, clock = watching(daemon, schedule_max_drift=600)
    one.configure(schedule(minute=query("SELECT 1 AS one", 60, snapshot=True), now=NOW))
    one.start()
    until_time(one, clock, 0)
    before = len(one.snapshots("minute"))
    clock.ahead += 61
    one.until(lambda: len(one.snapshots("minute")) > before, "the run of the minute that was left out")
    assert "what was due is left out" not in one.stderr
    assert one.end() == 0


def test_decorators_of_a_minute(daemon: Make) -> None:
    """Those with an interval are asked when the minute is full, and are in all lines after that."""
    one = daemon(
        {
            "schedule": {"beat": query("SELECT 1 AS one", snapshot=True)},
            "decorators": {"interval": {"60": ["SELECT 'each minute' AS word"]}},
        }
    )
    clock = Clock(one)
    # Some seconds of a minute have passed, so that there are lines before it is full.
    clock.ahead = 20 - clock.now() % 60
    minute = clock.now() // 60
    one.start()
    one.until(lambda: one.snapshots("beat"), "a line")
    # Not further than what is made up for.
    clock.ahead += 50
    one.until(lambda: one.snapshots("beat")[-1].get("decorations") == {"word": "each minute"}, "the decoration")
    assert not [line for line in one.snapshots("beat") if line["unixTime"] // 60 == minute and "decorations" in line]
    assert one.end() == 0


@pytest.mark.parametrize("ahead", [DAY + 60, -DAY], ids=["a day later", "a day back"])
def test_a_query_is_left_out_for_a_day_and_no_longer(daemon: Make, ours: None, ahead: int) -> None:
    """A clock that was set back does not make the day longer."""
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    one = daemon(
        schedule(hog=query(endless), beat=query("SELECT 1 AS one", snapshot=True)), query_time_limit=1, schedule_lognames=True
    )
    clock = Clock(one)
    one.start()
    one.until_said("it is left out for a day")
    assert one.stderr.count("Executing scheduled query hog") == 1
    one.ran()
    assert one.stderr.count("Executing scheduled query hog") == 1
    clock.ahead = ahead
    one.until_said("Executing scheduled query hog", times=2)
    assert one.end() == 0
