"""The process: who runs, how it starts and ends, what it does where it may not or cannot."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import uuid
from pathlib import Path

import pytest

from support.daemon import Daemon, query, schedule
from support.daemons import Make
from support.logs import replay, row, whole_lines
from support.namespaces import NOBODY, disk, mounted, seen_by
from support.processes import lives, send

pytestmark = pytest.mark.daemon

# Some are killed, perhaps while it runs, which is no reason to leave it out.
BEAT = schedule(beat=query("SELECT 1 AS one", snapshot=True, denylist=False))
BOTH = pytest.mark.parametrize("watched", [False, True], ids=["alone", "watched"])


@BOTH
def test_one_at_a_time(daemon: Make, watched: bool) -> None:
    one = daemon(BEAT, watched=watched).start()
    one.until(lambda: one.snapshots("beat"), "a run")
    assert one.pidfile.stat().st_mode & 0o777 == 0o600
    second = one.run()
    assert second.code == 1
    assert "Pidfile check failed" in second.complaint
    one.ran()
    assert one.end() == 0


@BOTH
def test_the_pidfile_of_one_that_is_gone(daemon: Make, watched: bool) -> None:
    one = daemon(BEAT, watched=watched).start()
    one.until(lambda: one.snapshots("beat"), "a run")
    one.kill()
    assert one.pidfile.exists()
    one.start()
    one.ran()
    assert one.pidfile.read_text() == str(one.pid)
    assert one.end() == 0


def test_one_store_is_of_one_daemon(daemon: Make) -> None:
    one = daemon(BEAT).start()
    one.until(lambda: one.snapshots("beat"), "a run")
    second = one.run(f"--pidfile={one.folder}/other")
    assert second.code == 1
    one.ran()
    assert one.end() == 0


@BOTH
def test_one_takes_the_place_of_another(daemon: Make, watched: bool) -> None:
    """`--force` ends only what is called osqueryd: the old one is."""
    old = daemon(BEAT, watched=watched)
    name = old.folder / "osqueryd"
    name.symlink_to(shutil.which(old.command[0]) or old.command[0])
    old.command = [str(name), *old.command[1:]]
    old.start()
    old.until(lambda: old.snapshots("beat"), "a run")
    new = daemon(BEAT, watched=watched)
    new.flags |= {"pidfile": str(old.pidfile), "force": "true"}
    new.start()
    assert old.ended() == 0
    new.ran()
    assert old.pidfile.read_text() == str(new.pid)
    assert new.end() == 0


@BOTH
def test_in_the_background(daemon: Make, watched: bool) -> None:
    one = daemon(BEAT, watched=watched, daemonize=True).start()
    process = one.process
    assert process is not None
    assert process.wait(timeout=90) == 0
    one.until(lambda: one.pidfile.exists() and one.pidfile.read_text(), "the pidfile", up=False)
    one.until(lambda: len(one.snapshots("beat")) > 1, "some runs", up=False)
    pid = int(one.pidfile.read_text())
    assert pid != process.pid and lives(pid)
    send(pid, signal.SIGTERM)
    assert one.ended() == 0
    assert not one.pidfile.exists()


@BOTH
def test_the_service_manager_is_told(daemon: Make, watched: bool) -> None:
    one = daemon(BEAT, watched=watched)
    name = f"plumb-{uuid.uuid4().hex}"
    one.environment |= {"NOTIFY_SOCKET": f"@{name}", "WATCHDOG_USEC": "1000000"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        manager.settimeout(90)

        def told(line: str) -> None:
            while line not in manager.recv(4096).decode().splitlines():
                pass

        one.start()
        told("READY=1")
        for _ in range(3):
            told("WATCHDOG=1")
        one.send(signal.SIGTERM)
        told("STOPPING=1")
    assert one.ended() == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--there_is_no_such_flag"], 1, "there_is_no_such_flag"),
        (["--schedule_timeout=1"], 0, ""),
        (["--schedule_timeout=1", "a word that nobody asked for"], 0, ""),
        (["--pidfile=/there/is/no/folder/pid"], 1, "/there/is/no/folder/pid"),
        (["--database_path=/dev/null/db"], 1, "/dev/null/db"),
    ],
    ids=["unknown flag", "timeout", "extra word", "pidfile", "database"],
)
@BOTH
def test_codes(daemon: Make, watched: bool, arguments: list[str], code: int, says: str) -> None:
    run = daemon(BEAT, watched=watched).run(*arguments)
    assert run.code == code, run.complaint
    assert says in run.complaint


def test_help_and_version(daemon: Make) -> None:
    for flag, says in (("--help", "--config_path"), ("--version", "version")):
        run = daemon(BEAT).run(flag)
        assert run.code == 0, flag
        assert says in run.text, flag


@BOTH
def test_nobody_reads_what_it_says(daemon: Make, watched: bool) -> None:
    """Standard output and standard error are pipes that nobody reads any more: no reason to end."""
    one = daemon(schedule(beat=query("SELECT 1 AS one", snapshot=True), wrong=query("SELEC")), watched=watched, verbose=True)
    read, write = os.pipe()
    os.close(read)
    one.prefix = ("sh", "-c", f'exec "$@" >/proc/{os.getpid()}/fd/{write} 2>&1', "sh")
    try:
        one.start().ready()
    finally:
        os.close(write)
    one.ran()
    one.until(lambda: "Executing scheduled query wrong" in one.status(), "what it says in files")
    assert one.end() == 0


def files(daemon: Daemon) -> Path:
    """Lets a daemon watch a folder, which is answered."""
    folder = daemon.folder / "watched"
    folder.mkdir()
    daemon.configure(schedule(files=query(f"SELECT filename FROM file WHERE directory = '{folder}'")))
    return folder


@pytest.mark.root
def test_a_full_disk(daemon: Make) -> None:
    """Store and logs lie on a disk of three MiB that is full for a while; what happens meanwhile is not lost."""
    one = daemon()
    place = one.folder / "disk"
    place.mkdir()
    one.prefix = disk(place, 3)
    one.flags |= {"logger_path": str(place), "database_path": str(place / "db")}
    watched = files(one)
    (watched / "a").touch()
    one.start()
    log = _inside(one, place / "osqueryd.results.log")
    _until_rows(one, log, "a")
    filler = log.with_name("filler")
    with open(filler, "wb", buffering=0) as full, pytest.raises(OSError, match="No space left"):
        while full.write(b"\0" * 4096):
            pass
    (watched / "b").touch()
    (watched / "a").unlink()
    one.until(lambda: "disk is full" in one.stderr or "takes no lines" in one.stderr, "the trouble")
    (watched / "c").touch()
    filler.unlink()
    _until_rows(one, log, "b", "c")
    # All that is left of the disk goes with the process.
    lines = whole_lines(log)
    assert replay(lines) == {row(filename="b"): 1, row(filename="c"): 1}
    assert one.end() == 0


def _inside(daemon: Daemon, path: Path) -> Path:
    """A path in the daemon's own view of the file system, once it is there."""
    outside = seen_by(daemon.pid, path)
    daemon.until(outside.exists, f"{path}")
    return outside


def _until_rows(daemon: Daemon, log: Path, *names: str) -> None:
    rows = {row(filename=name): 1 for name in names}
    daemon.until(lambda: replay(whole_lines(log)) == rows, f"the files {names}")


def _only_reads(daemon: Daemon) -> Path:
    """A folder that the daemon may only read, which is answered."""
    place = daemon.folder / "reads"
    place.mkdir()
    daemon.prefix = mounted('mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"', str(place))
    return place


@pytest.mark.root
@pytest.mark.parametrize(("flag", "code"), [("logger_path", 78), ("pidfile", 1)], ids=["logs", "pidfile"])
def test_a_folder_that_only_reads(daemon: Make, flag: str, code: int) -> None:
    one = daemon(BEAT)
    place = _only_reads(one)
    one.flags[flag] = str(place if flag == "logger_path" else place / "inside")
    one.start()
    assert one.ended() == code
    assert str(place) in one.stderr
    assert "Read-only file system" in one.stderr


@pytest.mark.root
def test_a_store_that_only_reads(daemon: Make, ours: None) -> None:
    """It works on, and says that it will not remember."""
    one = daemon(schedule(one=query("SELECT 'told' AS word")))
    one.flags["database_path"] = str(_only_reads(one) / "db")
    one.start()
    one.until_rows("one", row(word="told"))
    one.until_said("remembers nothing")
    assert "Read-only file system" in one.stderr
    assert one.end() == 0


@pytest.mark.root
@BOTH
def test_as_another_user(daemon: Make, watched: bool) -> None:
    """Somebody who owns nothing but a folder for it runs the daemon, and sees what everybody sees."""
    if not shutil.which("setpriv"):
        pytest.skip("there is no setpriv(1)")
    one = daemon(watched=watched)
    program = shutil.which(one.command[0])
    assert program, one.command
    # Folders of a test are root's alone, and those of the program may be: both come into sight under another name.
    (one.folder / "osqueryd").touch()
    identity = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs", "--")
    one.prefix = (
        *mounted('mount --bind "$1" "$2/osqueryd"; mount --rbind "$2" /mnt; cd /', program, str(one.folder)),
        *identity,
    )
    inside = Path("/mnt")
    for name in ("config_path", "logger_path", "database_path", "pidfile"):
        one.flags[name] = str(inside / Path(one.flags[name]).relative_to(one.folder))
    one.command = [str(inside / "osqueryd"), *one.command[1:]]
    secret = one.folder / "secret"
    secret.write_text("for root")
    secret.chmod(0o600)
    own = "SELECT uid, gid FROM processes WHERE pid = (SELECT pid FROM osquery_info)"
    one.configure(
        schedule(
            own=query(own),
            users=query("SELECT username FROM users WHERE uid = 0"),
            open=query("SELECT size FROM file WHERE path = '/mnt/secret'"),
            closed=query("SELECT sha256 FROM hash WHERE path = '/mnt/secret' AND sha256 <> ''"),
            beat=query("SELECT 1 AS one", snapshot=True),
        )
    )
    for path in (one.folder, one.log):
        os.chown(path, NOBODY, NOBODY)
    one.start()
    one.until_rows("own", row(uid=NOBODY, gid=NOBODY))
    one.until_rows("users", row(username="root"))
    one.until_rows("open", row(size=8))
    one.ran()
    assert one.rows("closed") == {}
    assert one.end() == 0
