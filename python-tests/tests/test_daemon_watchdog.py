"""The watchdog: workers that are killed, that hang, that use too much; queries that are to blame."""

from __future__ import annotations

import signal

import pytest

from support.daemon import Daemon, query, schedule
from support.daemons import Make
from support.logs import row
from support.processes import lives, send

pytestmark = pytest.mark.daemon

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
#: A text of some hundred MiB, which has to be in memory as a whole.
LARGE = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)"
    " SELECT length(group_concat(hex(zeroblob(500000)))) AS length FROM n"
)
#: Not to be left out because the daemon dies while they run.
BEAT = query("SELECT 1 AS one", snapshot=True, denylist=False)
DENIED = query("SELECT name, denylisted FROM osquery_schedule WHERE name IN ('hog', 'spared')", snapshot=True, denylist=False)

#: Whoever dies young is followed soon.
SOON = {"watchdog_max_delay": 1}


def denied(daemon: Daemon) -> dict[str, str]:
    """Which queries are left out, as the last snapshot says."""
    shots = daemon.snapshots("denied")
    return {line["name"]: line["denylisted"] for line in shots[-1]["snapshot"]} if shots else {}


def test_two_processes(daemon: Make) -> None:
    info = query("SELECT pid, watcher FROM osquery_info")
    one = daemon(schedule(info=info), watched=True).start()
    worker = one.worker()
    one.until_rows("info", row(pid=worker, watcher=one.pid))
    assert one.end() == 0
    alone = daemon(schedule(info=info)).start()
    alone.until_rows("info", row(pid=alone.pid, watcher=-1))
    assert alone.workers() == []
    assert alone.end() == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_worker_that_ends_is_replaced(daemon: Make, number: signal.Signals) -> None:
    one = daemon(watched=True, **SOON)
    folder = one.folder / "watched"
    folder.mkdir()
    files = query(f"SELECT filename FROM file WHERE directory = '{folder}'", denylist=False)
    one.configure(schedule(files=files, beat=BEAT))
    (folder / "a").touch()
    one.start().until_rows("files", row(filename="a"))
    first = one.worker()
    send(first, number)
    (folder / "b").touch()
    assert one.worker(other_than=first) != first
    one.until_rows("files", row(filename="a"), row(filename="b"), kills=1)
    assert one.pidfile.read_text() == str(one.pid)
    assert one.end() == 0


def test_a_worker_ends_with_its_watcher(daemon: Make) -> None:
    one = daemon(schedule(beat=BEAT), watched=True).start()
    worker = one.worker()
    one.ran()
    one.send(signal.SIGKILL)
    assert one.ended() == -signal.SIGKILL
    assert not lives(worker)


def test_a_worker_that_hangs_does_not_keep_the_daemon(daemon: Make) -> None:
    """It cannot hear that it is to end, and is killed when its time is over."""
    one = daemon(schedule(beat=BEAT), watched=True, alarm_timeout=10).start()
    one.ran()
    worker = one.worker()
    send(worker, signal.SIGSTOP)
    code = one.end()
    assert code in (0, 1)
    assert not lives(worker)


def test_a_worker_that_hangs_goes_on_when_it_can(daemon: Make) -> None:
    one = daemon(schedule(beat=BEAT), watched=True).start()
    one.ran()
    worker = one.worker()
    send(worker, signal.SIGSTOP)
    send(worker, signal.SIGCONT)
    one.ran()
    assert one.worker() == worker
    assert one.end() == 0


def test_a_worker_that_uses_too_much_memory(daemon: Make) -> None:
    """A limit that every worker is over: it is stopped, and another one comes."""
    one = daemon(schedule(beat=BEAT), watched=True, watchdog_memory_limit=1, watchdog_delay=0, **SOON).start()
    first = one.worker()
    one.until_said(f"({first}) stopping: Memory limits exceeded: ")
    assert "(limit is 1MB)" in one.stderr
    assert one.worker(other_than=first) != first
    assert one.end() == 0


def test_a_worker_that_does_not_stop_is_killed(daemon: Make) -> None:
    one = daemon(
        schedule(beat=BEAT), watched=True, watchdog_memory_limit=1, watchdog_delay=0, watchdog_forced_shutdown_delay=1, **SOON
    ).start()
    first = one.worker()
    one.ran()
    send(first, signal.SIGSTOP)
    one.until_said(f"({first}) stopping: Memory limits exceeded: ")
    assert one.worker(other_than=first) != first
    assert not lives(first)
    assert one.end() == 0


@pytest.mark.parametrize(
    ("sql", "flags"),
    [
        (ENDLESS, {"query_cpu_limit": 1, "watchdog_utilization_limit": 100}),
        (LARGE, {"watchdog_memory_limit": 150}),
        (ENDLESS, {"query_time_limit": 1}),
    ],
    ids=["processor", "memory", "time"],
)
def test_a_query_that_uses_too_much(daemon: Make, ours: None, sql: str, flags: dict[str, object]) -> None:
    """The worker lives on: the query alone is stopped, and left out for a day; also after a new start."""
    one = daemon(schedule(hog=query(sql), beat=BEAT, denied=DENIED), watched=True, watchdog_delay=0, **flags)
    one.start()
    one.until(lambda: denied(one).get("hog") == "1", "the query being left out")
    worker = one.worker()
    assert "Error executing scheduled query hog" in one.stderr
    assert one.lines("hog") == []
    one.ran()
    assert one.end() == 0
    one.start()
    one.ran("denied")
    assert one.worker() != worker
    assert denied(one)["hog"] == "1"
    assert one.stderr.count("Error executing scheduled query hog") == 1
    assert one.end() == 0


@pytest.mark.parametrize("watched", [False, True], ids=["alone", "watched"])
def test_a_query_in_which_the_daemon_dies(daemon: Make, watched: bool) -> None:
    """Left out from then on, unless it says otherwise; the others run."""
    one = daemon(schedule(hog=query(ENDLESS), beat=BEAT, denied=DENIED), watched=watched, schedule_lognames=True, **SOON).start()
    one.until_said("Executing scheduled query hog")
    one.ran()
    if watched:
        first = one.worker()
        send(first, signal.SIGKILL)
        one.worker(other_than=first)
    else:
        one.kill()
        one.start()
    one.until_said("Scheduled query may have failed: hog")
    one.until(lambda: denied(one).get("hog") == "1", "the query being left out")
    one.ran()
    assert one.stderr.count("Executing scheduled query hog") == 1
    assert one.end() == 0


def test_a_query_that_may_always_run(daemon: Make) -> None:
    hog = query(ENDLESS, denylist=False)
    one = daemon(schedule(spared=hog, beat=BEAT, denied=DENIED), schedule_lognames=True).start()
    for times in (1, 2):
        one.until_said("Executing scheduled query spared", times)
        one.kill()
        one.start()
    one.until_said("Executing scheduled query spared", times=3)
    one.until(lambda: denied(one).get("spared") == "0", "the schedule")
    assert one.end() == 0
