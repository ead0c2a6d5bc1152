"""A shell to be tried from outside: with a home of its own, through pipes or at a terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .agents import PATIENCE, Program, Run, end
from .terminal import Terminal

#: Counts to a number, one row each.
COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT i FROM n"
#: Runs until it is stopped, without a row.
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@dataclass
class Usage:
    """What a program took, and how it ended."""

    code: int
    #: Bytes that were read of what it printed.
    read: int
    #: The most memory it had while it printed, in KiB.
    peak: int
    err: bytes


@dataclass
class Shell:
    """A program with osquery's command line, and a home."""

    program: Program
    home: Path

    @property
    def ours(self) -> bool:
        """Whether it is ours, with what only we do."""
        return self.program.ours

    @property
    def environment(self) -> dict[str, str]:
        """Without what the person who runs the tests prefers."""
        own = {"HOME": str(self.home), "XDG_STATE_HOME": "", "NO_COLOR": "", "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        return {**os.environ, **own, **self.program.environment}

    def run(self, *arguments: str, stdin: bytes | str = b"") -> Run:
        """Runs it once."""
        program = Program(self.program.command, self.program.trees, environment=self.environment)
        return program.run(*arguments, stdin=stdin.encode() if isinstance(stdin, str) else stdin)

    @contextmanager
    def terminal(
        self, *arguments: str, rows: int = 24, columns: int = 80, environment: Mapping[str, str] | None = None
    ) -> Iterator[Terminal]:
        """Starts it at a terminal; it and its group are gone afterwards."""
        terminal = Terminal([*self.program.command, *arguments], {**self.environment, **(environment or {})}, rows, columns)
        try:
            yield terminal
        finally:
            terminal.close()

    @contextmanager
    def started(self, *arguments: str, **streams: int) -> Iterator[subprocess.Popen[bytes]]:
        """Starts it with these streams, the others nothing; it and its group are gone afterwards.

        It gets SIGPIPE as any program does: what Python ignores is restored.
        """
        given = {name: streams.get(name, subprocess.DEVNULL) for name in ("stdin", "stdout", "stderr")}
        process = subprocess.Popen(
            [*self.program.command, *arguments],
            start_new_session=True,
            env=self.environment,
            **given,  # type: ignore[call-overload]
        )
        try:
            yield process
        finally:
            end(process)

    def read(self, *arguments: str, most: int | None = None) -> Usage:
        """Runs it and reads what it prints, up to `most` bytes; then its output is closed."""
        with self.started(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            # Whoever hangs is ended, and is seen by the exit code.
            timer = threading.Timer(PATIENCE, lambda: os.killpg(process.pid, signal.SIGKILL))
            timer.start()
            try:
                assert process.stdout is not None and process.stderr is not None
                read = peak = 0
                while most is None or read < most:
                    piece = os.read(process.stdout.fileno(), 1 << 20 if most is None else most - read)
                    if not piece:
                        break
                    read += len(piece)
                    peak = max(peak, most_memory(process.pid))
                process.stdout.close()
                err = process.stderr.read()
                code = ended(process)
            finally:
                timer.cancel()
                timer.join()
            return Usage(code, read, peak, err)


def ended(process: subprocess.Popen[bytes]) -> int:
    """Waits for the end of a process; its exit code, negative for a signal."""
    return process.wait(PATIENCE)


def most_memory(pid: int) -> int:
    """The most memory that a process had since it became the program it is, in KiB; 0 of one that is gone.

    What wait4 tells begins with the memory of who started it, so that a big Python hides what a small program takes.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except ProcessLookupError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)
