"""Processes that a test owns: all that descend from what it started are known by a word in their environment."""

from __future__ import annotations

import os
import shutil
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

from .wait import until

#: The variable that processes hand down.
MARK = "PLUMB_TEST_OWNER"

#: Ends what it runs when the thread that started it is gone, so that a test run that is killed leaves nothing behind.
LEASH = [found, "--pdeathsig", "KILL"] if (found := shutil.which("setpriv")) else []


class Owner:
    """Owns the processes that have its word, in whatever session and group they are."""

    def __init__(self) -> None:
        self.word = uuid.uuid4().hex

    @property
    def environment(self) -> dict[str, str]:
        """What a process has to be started with."""
        return {MARK: self.word}

    def pids(self) -> list[int]:
        """Those that live."""
        wanted = f"{MARK}={self.word}".encode()
        return [pid for pid in _pids() if wanted in _read(pid, "environ").split(b"\0")]

    def tell(self) -> str:
        """Those that live, with their command lines."""
        words = ((pid, _read(pid, "cmdline").replace(b"\0", b" ")) for pid in self.pids())
        return "\n".join(f"process {pid}: {line.decode(errors='replace')}" for pid, line in words)

    def reap(self) -> None:
        """Kills all of them, also those that are born meanwhile."""

        def gone() -> bool:
            pids = self.pids()
            for pid in pids:
                send(pid, signal.SIGKILL)
            return not pids

        until(gone, "the end of all processes", self.tell)


def _pids() -> Iterator[int]:
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        # It has ended, or is somebody else's.
        return b""


def send(pid: int, number: int) -> None:
    """Sends a signal to a process, which may have ended."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def lives(pid: int) -> bool:
    """Whether a process is there and is more than an entry that waits for its parent."""
    stat = _read(pid, "stat")
    return bool(stat) and stat.rpartition(b") ")[2][:1] not in (b"Z", b"X")


def children(pid: int) -> list[int]:
    """The processes whose parent is this one and that live."""
    found = []
    for child in _pids():
        fields = _read(child, "stat").rpartition(b") ")[2].split()
        if len(fields) > 1 and fields[0] not in (b"Z", b"X") and int(fields[1]) == pid:
            found.append(child)
    return found
