"""The logs as files and streams: turned over, taken away, refused, several at once."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
from pathlib import Path

import pyarrow  # type: ignore[import-untyped]
import pytest

from support.daemon import Daemon, query, schedule
from support.daemons import Make
from support.logs import BrokenLog, parse, replay, row
from support.namespaces import mounted

pytestmark = pytest.mark.daemon

#: A result of forty rows, all of which are others in another second.
TURNING = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)"
    " SELECT i, i * (SELECT unix_time FROM time) AS product FROM n"
)
BEAT = query("SELECT 1 AS one", snapshot=True)
HEAD = re.compile(
    r"Log file created at: \d{4}/\d\d/\d\d \d\d:\d\d:\d\d\n"
    r"Running on machine: .+\n"
    r"Running duration \(h:mm:ss\): 0:00:00\n"
    r"Log line format: \[IWEF\]yyyymmdd hh:mm:ss\.uuuuuu threadid file:line\] msg\n"
)
STATUS = re.compile(r"[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ [\w.]+:\d+\] ")


def turned_over(log: Path) -> list[str]:
    """The lines of a log and of all that it was before, the oldest first, when nobody writes any more."""
    kept = sorted(log.parent.glob(f"{log.name}.*.zst"), key=lambda path: int(path.name.split(".")[-2]), reverse=True)
    texts = [pyarrow.input_stream(str(path), compression="zstd").read() for path in kept]
    plain = [path.read_bytes() for path in (log.with_name(f"{log.name}.1"), log) if path.exists()]
    lines = b"".join(texts + plain).decode().split("\n")
    assert lines.pop() == "", "the last line is whole"
    return lines


def test_no_line_is_lost_when_a_log_is_turned_over(daemon: Make) -> None:
    one = daemon(schedule(turning=query(TURNING)), logger_rotate=True, logger_rotate_size=2000, logger_rotate_max_files=25)
    log = one.log / "osqueryd.results.log"
    one.start()
    one.until((one.log / "osqueryd.results.log.3.zst").exists, "a third old log")
    assert one.end() == 0
    lines = turned_over(log)
    rows = replay(lines)
    assert len(rows) == 40 and set(rows.values()) == {1}
    # And the other way round: a line that is missing is found out, wherever it was.
    for place in (0, len(lines) // 2, len(lines) - 1):
        broken = [line for number, line in enumerate(lines) if number != place]
        try:
            assert replay(broken) != rows
        except BrokenLog:
            pass


def test_old_logs_go(daemon: Make) -> None:
    queries = {f"beat{number}": BEAT for number in range(4)}
    one = daemon(schedule(**queries), logger_rotate=True, logger_rotate_size=1, logger_rotate_max_files=2, logger_mode="0600")
    one.start()
    log = one.log / "osqueryd.snapshots.log"
    old = [one.log / f"osqueryd.snapshots.log{end}" for end in (".1", ".2.zst", ".3.zst")]
    first = one.until(lambda: one.texts(file="snapshots"), "a snapshot")[0]
    # Each file holds one line, and four are written in each second.
    one.until(lambda: any(line["unixTime"] > parse(first)["unixTime"] + 1 for line in one.lines(file="snapshots")), "more lines")
    one.until(old[1].exists, "two old logs")
    assert one.end() == 0
    lines = turned_over(log)
    times = [parse(line)["unixTime"] for line in lines]
    assert len(lines) == 3 and times == sorted(times) and first not in lines
    assert [path.exists() for path in old] == [True, True, False]
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_permissions_and_links(daemon: Make) -> None:
    one = daemon(schedule(beat=BEAT, wrong=query("SELEC"))).start()
    one.until(lambda: one.snapshots("beat"), "a snapshot")
    one.until(lambda: "Error executing scheduled query wrong" in one.status("ERROR"), "an error")
    for name in ("results", "snapshots"):
        assert stat.S_IMODE((one.log / f"osqueryd.{name}.log").stat().st_mode) == 0o640
    assert one.end() == 0
    for level in ("INFO", "WARNING", "ERROR"):
        link = one.log / f"osqueryd.{level}"
        assert re.fullmatch(rf"osqueryd\.{level}\.\d{{8}}-\d{{6}}\.{one.pid}", os.readlink(link))
        text = link.read_text()
        head = HEAD.match(text)
        assert head, text
        lines = text[head.end() :].splitlines()
        assert lines and all(STATUS.match(line) for line in lines), lines
        # A file has its own level and what is worse.
        assert {line[0] for line in lines} <= set("IWEF"["IWEF".index(level[0]) :]), lines


@pytest.mark.parametrize(
    ("flags", "levels", "stderr"),
    [
        ({"logger_min_status": 2}, {"INFO": "E", "ERROR": "E"}, True),
        ({"logger_stderr": False}, {"INFO": "IE", "ERROR": "E"}, False),
        ({"logger_min_stderr": 3}, {"INFO": "IE", "ERROR": "E"}, False),
    ],
    ids=["errors alone", "no stderr", "nothing for stderr"],
)
def test_which_status_lines_are_written(daemon: Make, flags: dict[str, object], levels: dict[str, str], stderr: bool) -> None:
    one = daemon(schedule(one=query("SELECT 1 AS one"), beat=BEAT, wrong=query("SELEC")), **flags).start()
    one.until(lambda: "Error executing scheduled query wrong" in one.status("ERROR") and one.lines("one"), "both")
    assert one.end() == 0
    for level in ("INFO", "ERROR"):
        found = {line[0] for line in one.status(level).splitlines() if STATUS.match(line)}
        assert found >= set(levels[level]), (level, found)
        assert levels[level] != "E" or found == {"E"}, (level, found)
    assert ("Error executing scheduled query wrong" in one.stderr) == stderr


def test_without_logs(daemon: Make) -> None:
    one = daemon(schedule(beat=BEAT, wrong=query("SELEC")), disable_logging=True).start()
    one.until_said("Error executing scheduled query wrong", times=2)
    assert one.end() == 0
    assert list(one.log.iterdir()) == []


def test_standard_output(daemon: Make) -> None:
    one = daemon(schedule(beat=BEAT, one=query("SELECT 1 AS one"), wrong=query("SELEC")), logger_plugin="stdout").start()
    one.until(lambda: one.stdout.count('"name":"beat"') > 1 and "severity=2" in one.stdout, "all kinds of lines")
    assert one.end() == 0
    lines = one.stdout.splitlines()
    results = [json.loads(line) for line in lines if line.startswith("{")]
    assert {line["name"] for line in results} == {"beat", "one"}
    others = [line for line in lines if not line.startswith("{")]
    assert all(re.match(r"severity=[012] location=[\w.]+:\d+ message=", line) for line in others), others
    assert list(one.log.iterdir()) == []


def test_two_loggers_have_the_same_lines(daemon: Make) -> None:
    one = daemon(schedule(beat=BEAT, one=query("SELECT 1 AS one")), logger_plugin="filesystem,stdout").start()
    one.until(lambda: len(one.snapshots("beat")) > 1 and one.lines("one"), "both logs")
    assert one.end() == 0
    written = one.texts() + one.texts(file="snapshots")
    assert sorted(written) == sorted(line for line in one.stdout.splitlines() if line.startswith("{"))


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"logger_plugin": "nope"}, "Cannot activate nope logger plugin: Unknown registry plugin: nope"),
        ({"logger_plugin": "filesystem,nope"}, "Cannot activate nope logger plugin"),
        ({"logger_path": "/there/is/no/such/folder"}, "Cannot activate filesystem logger plugin"),
        ({"config_plugin": "nope"}, "nope"),
    ],
    ids=lambda value: next(iter(value.items()))[1].replace("/", "_") if isinstance(value, dict) else "",
)
@pytest.mark.parametrize("watched", [False, True], ids=["alone", "watched"])
def test_what_cannot_work_ends_at_once(daemon: Make, flags: dict[str, str], says: str, watched: bool) -> None:
    one = daemon({}, watched=watched, **flags).start()
    assert one.ended() == 78
    assert says in one.stderr
    assert not one.pidfile.exists()


def test_somebody_else_turns_logs_over(daemon: Make) -> None:
    """As logrotate does it: a rename, and a signal if one is sent."""
    one = watching(daemon)
    log = one.log / "osqueryd.results.log"
    log.rename(one.folder / "old.results.log")
    (one.folder / "watched" / "b").touch()
    one.until(lambda: log.exists() and one.texts("files"), "a new log")
    assert one.end() == 0
    old = (one.folder / "old.results.log").read_text().splitlines()
    assert replay([*old, *one.texts("files")]) == {row(filename="a"): 1, row(filename="b"): 1}


def test_a_folder_that_goes_away_and_comes_back(daemon: Make) -> None:
    one = watching(daemon)
    gone = one.folder / "gone"
    one.log.rename(gone)
    (one.folder / "watched" / "b").touch()
    (one.folder / "watched" / "a").unlink()
    one.until_said("takes no lines")
    one.log.mkdir()
    old = one.texts("files", log=gone)
    now = {row(filename="b"): 1}
    one.until(lambda: replay(old + one.texts("files")) == now, "what waited")
    one.send(signal.SIGHUP)
    assert one.end() == 0
    assert replay(old + one.texts("files")) == now


def watching(make: Make) -> Daemon:
    """A daemon that has logged a file a."""
    one = make()
    folder = one.folder / "watched"
    folder.mkdir()
    (folder / "a").touch()
    one.configure(schedule(files=query(f"SELECT filename FROM file WHERE directory = '{folder}'")))
    one.start().until_rows("files", row(filename="a"))
    return one


@pytest.mark.root
def test_the_log_of_the_system(daemon: Make) -> None:
    """Over the real path, /dev/log, in a /dev of the daemon's own."""
    one = daemon(schedule(one=query("SELECT 'ä' AS word"), wrong=query("SELEC")), logger_plugin="syslog")
    devices = one.folder / "dev"
    devices.mkdir()
    one.flags["logger_syslog_facility"] = "17"
    bind = 'for name in null zero random urandom; do touch "$1/$name"; mount --bind "/dev/$name" "$1/$name"; done'
    one.prefix = mounted(f'{bind}; mount --rbind "$1" /dev', str(devices))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as system:
        # By its descriptor, since the path may be longer than addresses are.
        descriptor = os.open(devices, os.O_PATH | os.O_DIRECTORY)
        try:
            system.bind(f"/proc/self/fd/{descriptor}/log")
        finally:
            os.close(descriptor)
        system.settimeout(90)
        one.start()
        results: list[str] = []
        errors: list[str] = []
        while not (results and errors):
            message = system.recv(65536).decode()
            match = re.fullmatch(r"<(\d+)>(?:.* )?\w+\[\d+\]: (.*)", message, re.S)
            assert match, message
            (results if match[2].startswith("{") else errors if int(match[1]) & 7 == 3 else []).append(message)
            assert int(match[1]) >> 3 == 17, message
        assert one.end() == 0
    line = json.loads(results[0][results[0].index("{") :])
    assert (line["name"], line["columns"]) == ("one", {"word": "ä"})
    assert results[0].startswith(f"<{17 * 8 + 6}>")
    assert "Error executing scheduled query wrong" in errors[0]
