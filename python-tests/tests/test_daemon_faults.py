"""The daemon suite catches faults: a spoiled daemon, and logs that cannot be true."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import test_daemon_restart
from support import wait
from support.daemon import Daemon, query, schedule
from support.daemons import Make
from support.logs import BrokenLog, replay

#: Runs a daemon and spoils what it does.
SPOILER = Path(__file__).parent / "support" / "faults" / "daemon.py"

#: What a log is looked at with: rows come and go.
looks_at_rows = test_daemon_restart.test_a_new_epoch_begins_anew


def spoiled(make: Make, fault: str) -> Make:
    """Makes daemons that have a fault."""

    def made(*words: Any, **flags: Any) -> Daemon:
        daemon = make(*words, **flags)
        daemon.command = [sys.executable, "-S", str(SPOILER), fault, *daemon.command]
        return daemon

    return made


def test_the_spoiler_itself_spoils_nothing(daemon: Make) -> None:
    looks_at_rows(spoiled(daemon, "none"))


@pytest.mark.parametrize("fault", ["lose_removed", "lose_a_line", "double_a_line"])
def test_spoiled_lines(daemon: Make, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    # What never comes is not waited for as long as what does.
    monkeypatch.setattr(wait, "DEADLINE", 2.5)
    with pytest.raises(AssertionError, match="the rows"):
        looks_at_rows(spoiled(daemon, fault))


def test_a_wrong_code(daemon: Make) -> None:
    assert spoiled(daemon, "wrong_code")({}).start().ready().end() == 3


@pytest.mark.parametrize("fault", ["leak", "deaf"])
def test_what_does_not_end(daemon: Make, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """A process that is left, and a daemon that does not hear."""
    one = spoiled(daemon, fault)(schedule(beat=query("SELECT 1 AS one", snapshot=True))).start()
    one.until(lambda: one.snapshots("beat"), "a run")
    monkeypatch.setattr(wait, "DEADLINE", 2.0)
    with pytest.raises(AssertionError, match="the end"):
        one.end()
    assert one.owner.pids()


def test_nothing_is_left_in_the_end(daemon: Make) -> None:
    """Whatever a test leaves behind, in whatever session: the fixture ends it."""
    one = spoiled(daemon, "leak")({}).start().ready()
    assert len(one.owner.pids()) >= 3
    one.kill()
    assert one.owner.pids() == []


def line(action: str, name: str, counter: int, epoch: int = 0, time: int = 0) -> str:
    """A line of a result log."""
    return json.dumps({"action": action, "columns": {"name": name}, "counter": counter, "epoch": epoch, "unixTime": time})


A0, B0, B1 = line("added", "a", 0), line("added", "b", 0), line("added", "b", 1)
GONE = line("removed", "a", 1)

#: Logs and the rows that are there in the end; None where the log cannot be true.
LOGS: dict[str, tuple[list[str], int, dict[str, int] | None]] = {
    "nothing": ([], 0, {}),
    "two rows": ([A0, B0], 0, {"a": 1, "b": 1}),
    "a row twice": ([A0, A0], 0, {"a": 2}),
    "a row goes": ([A0, GONE], 0, {}),
    "a first run without a line": ([B1], 0, {"b": 1}),
    "a new epoch": ([A0, line("added", "b", 0, epoch=1)], 0, {"b": 1}),
    "a row goes that is not there": ([B0, GONE], 0, None),
    "a row goes twice": ([A0, GONE, GONE], 0, None),
    "a counter is left out": ([A0, line("added", "b", 2)], 0, None),
    "a counter comes back": ([A0, B1, line("added", "c", 0)], 0, None),
    "it begins too late": ([line("added", "a", 2)], 0, None),
    "a run twice after a kill": ([A0, B0, A0, B0, GONE], 1, {"b": 1}),
    "a run three times after a kill": ([A0, A0, A0], 1, None),
    "half a run twice after a kill": ([A0, B0, A0], 1, None),
    "a run twice, but not the same": ([A0, line("added", "a", 0, time=1)], 1, None),
}


@pytest.mark.parametrize(("lines", "kills", "rows"), LOGS.values(), ids=LOGS)
def test_logs(lines: list[str], kills: int, rows: dict[str, int] | None) -> None:
    if rows is None:
        with pytest.raises(BrokenLog):
            replay(lines, kills)
    else:
        assert {json.loads(row)["name"]: count for row, count in replay(lines, kills).items()} == rows
