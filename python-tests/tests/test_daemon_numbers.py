"""Numbers about the daemon's own work, and the tables that tell of it."""

from __future__ import annotations

import pytest

from support.daemon import Daemon, query, schedule
from support.daemons import Make

pytestmark = pytest.mark.daemon

COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT count(*) AS n FROM n"


def recorded(daemon: Daemon) -> dict[str, list[tuple[int, int]]]:
    """The numbers by their paths: value and microseconds of each."""
    found: dict[str, list[tuple[int, int]]] = {}
    path = daemon.folder / "numbers"
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    for line in lines:
        name, value, micros = line.split("\t")
        found.setdefault(name, []).append((int(value), int(micros)))
    return found


def test_numeric_monitoring(daemon: Make) -> None:
    one = daemon(enable_numeric_monitoring=True, numeric_monitoring_pre_aggregation_time=0)
    one.flags["numeric_monitoring_filesystem_path"] = str(one.folder / "numbers")
    packs = {"p": {"oncall": "owners", "queries": {"q": query("SELECT 1 AS one", snapshot=True)}}}
    one.configure({**schedule(good=query(COUNT), bad=query("SELEC")), "packs": packs})
    one.start()
    wanted = (
        "scheduler.query.main.good.status.success",
        "scheduler.query.main.bad.status.failure",
        "scheduler.query.p.q.status.success",
        "scheduler.global.query.main.good.time.wall.millis",
        "scheduler.assigned.query.owners.p.q.time.wall.millis",
    )
    one.until(lambda: all(len(recorded(one).get(name, [])) > 1 for name in wanted), "numbers of all kinds")
    assert one.end() == 0
    numbers = recorded(one)
    times = [line["unixTime"] for line in one.lines()]
    for name, values in numbers.items():
        # In order of time, and of the time at which the daemon ran.
        assert [micros for _, micros in values] == sorted(micros for _, micros in values), name
        assert all(abs(micros / 1_000_000 - times[0]) < 3600 for _, micros in values), name
        assert all(value >= 0 for value, _ in values), name
    assert "scheduler.query.main.bad.status.success" not in numbers
    assert "scheduler.query.main.good.status.failure" not in numbers


def test_without_being_asked_there_are_none(daemon: Make) -> None:
    one = daemon(schedule(good=query(COUNT), beat=query("SELECT 1 AS one", snapshot=True)))
    one.flags["numeric_monitoring_filesystem_path"] = str(one.folder / "numbers")
    one.start()
    one.until(lambda: one.lines("good") and one.snapshots("beat"), "a run")
    assert one.end() == 0
    assert not (one.folder / "numbers").exists()


def test_figures_in_tables(daemon: Make) -> None:
    """`osquery_schedule` counts runs and bytes, over restarts too."""
    sql = "SELECT executions, output_size, last_executed, wall_time_ms FROM osquery_schedule WHERE name = 'counted'"
    one = daemon(schedule(counted=query(COUNT, snapshot=True), figures=query(sql, snapshot=True)))

    def figures() -> dict[str, int]:
        shots = one.snapshots("figures")
        row = shots[-1]["snapshot"][0] if shots and shots[-1]["snapshot"] else {}
        return {name: int(value) for name, value in row.items()}

    one.start()
    one.until(lambda: figures().get("executions", 0) > 2, "some runs")
    assert one.end() == 0
    before = figures()
    # A name of one character and a number of eight bytes in each run.
    assert before["output_size"] == before["executions"] * 9
    assert before["executions"] <= len(one.snapshots("counted"))
    shots = len(one.snapshots("figures"))
    one.start()
    one.until(lambda: len(one.snapshots("figures")) > shots, "the figures after the start")
    assert figures()["executions"] >= before["executions"]
    assert one.end() == 0
