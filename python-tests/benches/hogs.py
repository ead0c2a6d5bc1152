"""How late quick queries are beside hogs: a daemon under its watchdog, 22 hogs and 20 quick queries that are all due at once.

    cargo build --release --bin plumbd
    python python-tests/benches/hogs.py target/release/plumbd --seconds 2700

Late is the time from the second in which a quick query is due until its line stands in the log. Of each hog it says when it was
stopped, in seconds after the first of them was due, and when it was left out for a day. Hogs that end in `_spared` never are.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ENDLESS = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)"
#: DIR is a folder with a hundred small files and a sparse one of 10 GiB.
HOGS = {
    "cartesian": "SELECT count(*) AS n FROM file a, file b, file c, file d"
    " WHERE a.directory = 'DIR' AND b.directory = 'DIR' AND c.directory = 'DIR' AND d.directory = 'DIR'",
    "cartesian_processes": "SELECT count(*) AS n FROM processes a, processes b, processes c, processes d"
    " WHERE a.pid + b.pid + c.pid + d.pid < 0",
    "endless": f"{ENDLESS} SELECT count(*) AS n FROM r",
    "hash_all": "SELECT path, sha256 FROM hash WHERE path LIKE '/%%'",
    "walk_all": "SELECT path, size FROM file WHERE path LIKE '/%%' ORDER BY size",
    "sparse": "SELECT sha256 FROM hash WHERE path = 'DIR/sparse'",
    "regexes": f"{ENDLESS} SELECT count(*) AS n FROM r"
    " WHERE regex_match(printf('%.*c', 2000 + n % 2, 'a'), '(a*)*(a*)*(a+)+b', 0) NOTNULL",
    "backtracks": r"SELECT regex_match(printf('%.*c', 5000, 'a'), '^(a+)+\1$x', 0) AS n",
    "backtracks_ever": f"{ENDLESS} SELECT count(regex_match(printf('%.*c', 10 + n % 2, 'a'), '^(?:(?=a)a|a)+b', 0)) AS n FROM r",
    "doubles": "WITH RECURSIVE t(x) AS (SELECT 'x' UNION ALL SELECT x || x FROM t) SELECT max(length(x)) AS n FROM t",
    "sorts": f"{ENDLESS} SELECT n, printf('%.1000c', 'x') AS t FROM r ORDER BY t DESC, n",
}
QUICK = (
    "SELECT 1 AS n",
    "SELECT filename FROM file WHERE path = 'DIR/7'",
    "SELECT sha256 FROM hash WHERE path = 'DIR/7'",
    "SELECT pid FROM processes WHERE pid = 1",
    "SELECT username FROM users WHERE uid = 0",
)
#: Seconds between two runs: of hogs, and of quick queries, which are half of these and half of those.
OFTEN, SELDOM = 5, 30
TIME = re.compile(r"[IWE]\d{4} (\d\d):(\d\d):(\d\d)")


def intervals() -> dict[str, int]:
    """The quick queries, before and after the hogs by their names."""
    return {f"{'az'[number % 2]}_{number:02}": OFTEN if number < 10 else SELDOM for number in range(20)}


def config(folder: Path) -> dict[str, object]:
    """The whole schedule."""
    schedule: dict[str, object] = {}
    for name, sql in HOGS.items():
        query = {"query": sql.replace("DIR", str(folder)), "interval": SELDOM}
        schedule |= {f"m_{name}": query, f"m_{name}_spared": query | {"denylist": False}}
    for number, (name, interval) in enumerate(intervals().items()):
        sql = QUICK[number % len(QUICK)].replace("DIR", str(folder))
        schedule[name] = {"query": sql, "interval": interval, "snapshot": True}
    return {"schedule": schedule}


class Log:
    """The lines of quick queries: in which second each was asked, and when its line was seen."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.read, self.rest = 0, b""
        self.seen: dict[str, list[tuple[int, float]]] = defaultdict(list)

    def follow(self) -> None:
        """Takes what is new."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self.read)
            data = file.read()
        self.read += len(data)
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in map(json.loads, lines):
            self.seen[line["name"]].append((line["unixTime"], time.time()))

    def late(self, first: int, end: float) -> Iterator[tuple[float, int]]:
        """How late each run was, and in which second it was due."""
        for name, interval in intervals().items():
            for due in range(first, int(end) - 3, interval):
                yield min((seen for asked, seen in self.seen[name] if asked >= due), default=end) - due, due - first


def memory(watcher: int) -> int:
    """The most that the worker had in memory, in KiB."""
    most = 0
    try:
        for worker in Path(f"/proc/{watcher}/task/{watcher}/children").read_text().split():
            found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{worker}/status").read_text())
            most = max(most, int(found[1]) if found else 0)
    except OSError:
        pass  # It has just ended.
    return most


def run(plumbd: Path, seconds: int, root: Path) -> None:
    """Runs the daemon for so long and tells what came of it."""
    folder = root / "watch"
    folder.mkdir()
    (root / "log").mkdir()
    for number in range(100):
        (folder / str(number)).write_text("content")
    (folder / "sparse").touch()
    os.truncate(folder / "sparse", 10 << 30)
    (root / "conf").write_text(json.dumps(config(folder)))
    flags = [f"--config_path={root}/conf", f"--logger_path={root}/log", f"--database_path={root}/db", f"--pidfile={root}/pid"]
    # All are due in the same second, soon after the start.
    first = (int(time.time()) // SELDOM + 1) * SELDOM
    while time.time() < first - 3:
        time.sleep(0.05)
    log, peak = Log(root / "log/osqueryd.snapshots.log"), 0
    with (root / "stderr").open("w") as stderr:
        daemon = subprocess.Popen([plumbd, *flags, "--schedule_splay_percent=0", "--schedule_lognames"], stderr=stderr)
        try:
            for _ in range(seconds * 20):
                time.sleep(0.05)
                log.follow()
                peak = max(peak, memory(daemon.pid))
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(60)
    log.follow()
    tell(list(log.late(first, time.time())), (root / "stderr").read_text(), first)
    print(f"memory of a worker at most: {peak // 1024} MiB")


def tell(late: list[tuple[float, int]], stderr: str, first: int) -> None:
    """Prints how late quick queries were, and what became of hogs."""
    seconds = [one for one, _ in late]
    at_first = max(one for one, due in late if due == 0)
    later = max((one for one, due in late if due), default=0.0)
    print(f"{len(late)} runs of quick queries: {at_first:.2f} s late at most in the first second, {later:.2f} s later,", end=" ")
    print(f"{statistics.median(seconds):.3f} s in the middle; {sum(one > 1 for one in seconds)} more than a second")
    for name in (f"m_{hog}{spared}" for hog in HOGS for spared in ("", "_spared")):
        stopped = [after(line, first) for line in stderr.splitlines() if f"Error executing scheduled query {name}: " in line]
        denied = [after(line, first) for line in stderr.splitlines() if f"Scheduled query {name} cost more" in line]
        print(f"{name:30} stopped after {stopped[:1]}, {len(stopped)} times; left out after {denied}")
    print(f"workers that the watchdog stopped: {stderr.count('stopping:')}")


def after(line: str, first: int) -> int:
    """When a line of the status log was written, in UTC as the daemon writes it."""
    found = TIME.match(line)
    hours, minutes, seconds = map(int, found.groups()) if found else (0, 0, 0)
    return (hours * 3600 + minutes * 60 + seconds - first) % 86_400


def main() -> None:
    """Asks for the program and the time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plumbd", type=Path)
    parser.add_argument("--seconds", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        run(options.plumbd.resolve(), options.seconds, Path(root))


if __name__ == "__main__":
    main()
