"""What changes on the host comes into the log, once: files, processes, sockets. The rows of the log are those of the host."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from support.daemon import RUNS, Daemon, query, schedule
from support.daemons import Make
from support.logs import row

pytestmark = pytest.mark.daemon

#: A program that ends when its standard input does.
WAITS = "import sys; sys.stdin.read()"


def configuration(folder: Path) -> dict[str, object]:
    """A query for each kind of change; each asks for what one test alone changes."""

    def files(name: str, columns: str = "filename, size") -> str:
        return f"SELECT {columns} FROM file WHERE directory = '{folder}/{name}'"

    started = f"SELECT pid, parent, state <> '' AS has_state FROM processes WHERE cmdline LIKE '%{folder}/process%'"
    sockets = f"SELECT port, protocol, family, address FROM listening_ports WHERE pid = {os.getpid()} AND family IN (2, 10)"
    owners = (
        "SELECT f.filename, f.uid, u.username FROM file f LEFT JOIN users u ON u.uid_signed = f.uid"
        f" WHERE f.directory = '{folder}/owned'"
    )
    return schedule(
        files=query(files("files")),
        sizes=query(files("sizes", "size")),
        only_added=query(files("only_added"), removed=False),
        names=query(files("names", "filename")),
        modes=query(files("modes", "filename, mode, type, symlink")),
        started=query(started),
        sockets=query(sockets),
        owners=query(owners),
        contents=query(
            f"SELECT f.filename, h.sha256 FROM file f JOIN hash h USING (path) WHERE f.directory = '{folder}/contents'"
        ),
        runs=RUNS,
    )


@pytest.fixture(scope="module")
def running(shared_daemon: Make) -> Daemon:
    daemon = shared_daemon()
    for name in ("files", "sizes", "only_added", "names", "modes", "owned", "contents"):
        (daemon.folder / name).mkdir()
    daemon.configure(configuration(daemon.folder))
    return daemon.start()


def put(path: Path, text: bytes) -> None:
    """Puts a file into place whole, under a name that nobody watches before."""
    part = path.parent.parent / "part"
    part.write_bytes(text)
    part.rename(path)


def test_files(running: Daemon) -> None:
    folder = running.folder / "files"
    put(folder / "a", b"1")
    running.until_rows("files", row(filename="a", size=1))
    put(folder / "a", b"22")
    put(folder / "b", b"")
    running.until_rows("files", row(filename="a", size=2), row(filename="b", size=0))
    (folder / "b").rename(folder / "c")
    (folder / "a").unlink()
    running.until_rows("files", row(filename="c", size=0))
    # Both sides of a change are of one run, and what goes is told first.
    lines = [line for line in running.lines("files") if line["columns"]["filename"] == "a"]
    told = [(line["action"], line["columns"]["size"]) for line in lines]
    assert told == [("added", "1"), ("removed", "1"), ("added", "2"), ("removed", "2")]
    assert lines[1]["counter"] == lines[2]["counter"]
    # Nothing new is no news.
    before = running.texts("files")
    running.ran_again("files")
    assert running.texts("files") == before


def test_equal_rows_are_counted(running: Daemon) -> None:
    folder = running.folder / "sizes"
    for names in ("ab", "c"):
        for name in names:
            put(folder / name, b"123")
        running.until_rows("sizes", *[row(size=3)] * len(list(folder.iterdir())))
    (folder / "b").unlink()
    running.until_rows("sizes", *[row(size=3)] * 2)
    assert Counter(line["action"] for line in running.lines("sizes")) == {"added": 3, "removed": 1}


def test_only_what_is_added(running: Daemon) -> None:
    folder = running.folder / "only_added"

    def told() -> list[tuple[str, str]]:
        return [(line["action"], line["columns"]["size"]) for line in running.lines("only_added")]

    put(folder / "a", b"1")
    running.until(lambda: told() == [("added", "1")], "the file")
    (folder / "a").unlink()
    running.ran_again("only_added")
    put(folder / "a", b"1")
    running.until(lambda: told() == [("added", "1")] * 2, "the file that came back")
    # The run that saw it go has a number too.
    first, second = [line["counter"] for line in running.lines("only_added")]
    assert second == first + 2


def test_odd_names(running: Daemon) -> None:
    """Every name comes into valid JSON, and two names never look the same."""
    folder = running.folder / "names"
    names = {
        b"two words": "two words",
        b"'quote\"": "'quote\"",
        "grün".encode(): "grün",
        b"new\nline": "new\\x0Aline",
        b"\xff\xfe": "\\xFF\\xFE",
        b"%_%": "%_%",
        "\N{FAMILY}".encode(): "\N{FAMILY}",
    }
    for name in names:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).touch()
    running.until_rows("names", *[row(filename=name) for name in names.values()])
    for name in names:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).unlink()
    running.until_rows("names")


def test_kinds_and_permissions(running: Daemon) -> None:
    folder = running.folder / "modes"
    path = folder / "file"
    path.touch(0o600)
    os.mkfifo(folder / "pipe", 0o600)
    (folder / "link").symlink_to("nowhere")
    rows = (
        row(filename="pipe", mode="0600", type="fifo", symlink=0),
        row(filename="link", mode="0777", type="symlink", symlink=1),
    )
    running.until(lambda: running.rows("modes")[rows[0]], "the pipe")
    running.until(lambda: running.rows("modes")[row(filename="file", mode="0600", type="regular", symlink=0)], "the file")
    path.chmod(0o4755)
    running.until(lambda: running.rows("modes")[row(filename="file", mode="4755", type="regular", symlink=0)], "another mode")
    assert sum(running.rows("modes").values()) >= 2


def test_a_process(running: Daemon) -> None:
    arguments = [sys.executable, "-S", "-c", WAITS, f"{running.folder}/process"]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, start_new_session=True) as process:
        running.until_rows("started", row(pid=process.pid, parent=os.getpid(), has_state=1))
        assert process.stdin is not None
        process.stdin.close()
    running.until_rows("started")


@pytest.mark.parametrize(
    ("family", "kind", "address", "number"),
    [
        (socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1", 6),
        (socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.1", 17),
        (socket.AF_INET6, socket.SOCK_STREAM, "::1", 6),
    ],
    ids=["tcp", "udp", "tcp6"],
)
def test_a_socket(running: Daemon, family: socket.AddressFamily, kind: socket.SocketKind, address: str, number: int) -> None:
    with socket.socket(family, kind) as listener:
        try:
            listener.bind((address, 0))
        except OSError as error:
            pytest.skip(f"no {address} here: {error}")
        if kind == socket.SOCK_STREAM:
            listener.listen()
        there = row(port=listener.getsockname()[1], protocol=number, family=int(family), address=address)
        running.until(lambda: running.rows("sockets")[there], "the socket")
    running.until(lambda: not running.rows("sockets")[there], "its end")


@pytest.mark.root
def test_a_file_of_nobody_that_is_known(running: Daemon) -> None:
    path = running.folder / "owned" / "file"
    path.touch()
    running.until_rows("owners", row(filename="file", uid=0, username="root"))
    os.chown(path, 54_321, 54_321)
    running.until_rows("owners", row(filename="file", uid=54_321, username=""))
    path.unlink()
    running.until_rows("owners")


def test_contents(running: Daemon) -> None:
    import hashlib

    path = running.folder / "contents" / "file"
    for text in (b"before", b"after!"):
        put(path, text)
        running.until_rows("contents", row(filename="file", sha256=hashlib.sha256(text).hexdigest()))


def test_all_at_once(daemon: Make) -> None:
    """Files come and go while the daemon looks again and again: in the end the log says what is there."""
    one = daemon()
    folder = one.folder / "busy"
    folder.mkdir()
    one.configure(schedule(busy=query(f"SELECT filename, size FROM file WHERE directory = '{folder}'")))
    one.start()
    changes = 0

    def change() -> bool:
        nonlocal changes
        changes += 1
        path = folder / str(changes * 7 % 11)
        if changes % 3:
            path.write_bytes(b"x" * (changes % 5))
        else:
            path.unlink(missing_ok=True)
        return len({line["counter"] for line in one.lines("busy")}) >= 3

    one.until(change, "three changes")
    one.until_rows("busy", *[row(filename=path.name, size=path.stat().st_size) for path in folder.iterdir()])
    assert one.end() == 0
