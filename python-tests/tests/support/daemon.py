"""A daemon with files of its own: started, watched, told, ended and always reaped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from .agents import Run
from .logs import Line, parse, replay, whole_lines
from .processes import LEASH, Owner, children, lives, send
from .wait import DEADLINE, until

T = TypeVar("T")
Config = Mapping[str, Any] | str

#: Bytes of each log that a failed test shows.
SHOWN = 6_000


def query(sql: str, interval: int = 1, **more: object) -> dict[str, object]:
    """An entry of a schedule."""
    return {"query": sql, "interval": interval, **more}


def schedule(**queries: dict[str, object]) -> dict[str, object]:
    """A configuration that is a schedule alone."""
    return {"schedule": queries}


#: The query that `Daemon.ran_again` looks at.
RUNS = query("SELECT name, executions FROM osquery_schedule", snapshot=True)


class Daemon:
    """One daemon, or several after another, over the same files."""

    def __init__(self, command: list[str], folder: Path, watched: bool = False, prefix: tuple[str, ...] = ()) -> None:
        self.command = command
        self.folder = folder
        self.owner = Owner()
        self.environment: dict[str, str] = {}
        #: What runs the daemon's command and becomes it.
        self.prefix = prefix
        self.process: subprocess.Popen[bytes] | None = None
        self.log.mkdir(parents=True, exist_ok=True)
        self.flags = {
            "config_path": str(folder / "osquery.conf"),
            "logger_path": str(self.log),
            "database_path": str(folder / "db"),
            "pidfile": str(self.pidfile),
            "disable_extensions": "true",
            "schedule_splay_percent": "0",
        }
        if not watched:
            self.flags["disable_watchdog"] = "true"

    @property
    def log(self) -> Path:
        """The folder of its logs."""
        return self.folder / "log"

    @property
    def pidfile(self) -> Path:
        """The file with its number."""
        return self.folder / "pidfile"

    # What it is told.

    def configure(self, config: Config, name: str = "osquery.conf") -> None:
        """Puts a configuration into place, which is never seen half."""
        text = config if isinstance(config, str) else json.dumps(config)
        part = self.folder / f"{name}.part"
        part.parent.mkdir(exist_ok=True)
        part.write_text(text)
        part.rename(self.folder / name)

    def arguments(self, *more: str) -> list[str]:
        """Its whole command line."""
        flags = [f"--{name}={value}" for name, value in self.flags.items()]
        return [*self.prefix, *self.command, *flags, *more]

    def start(self, *more: str) -> Daemon:
        """Starts it, in a group of its own."""
        assert self.process is None or self.process.poll() is not None, "it runs already"
        with open(self.folder / "stdout", "ab") as out, open(self.folder / "stderr", "ab") as err:
            self.process = subprocess.Popen(
                [*LEASH, *self.arguments(*more)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
                env=self._environment(),
            )
        return self

    def run(self, *more: str, deadline: float = DEADLINE) -> Run:
        """Runs the command once to its end, beside the daemon, and answers what it printed."""
        process = subprocess.Popen(
            [*LEASH, *self.arguments(*more)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=self._environment(),
        )
        with process:
            try:
                out, err = process.communicate(timeout=deadline)
            except subprocess.TimeoutExpired as error:
                raise AssertionError(f"{more} did not end within {deadline:.0f} s") from error
            finally:
                process.kill()
        return Run(process.returncode, out, err)

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in ("NOTIFY_SOCKET", "WATCHDOG_USEC")}
        return {**inherited, "TZ": "UTC", **self.owner.environment, **self.environment}

    def send(self, number: int) -> None:
        """Sends it a signal."""
        send(self.pid, number)

    # How it ends.

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ends it by a signal; answers its code. Nothing of it may be left."""
        self.send(number)
        return self.ended()

    def ended(self) -> int:
        """Waits for its end; answers its code. Nothing of it may be left."""
        process = self._process()
        until(lambda: process.poll() is not None, "the end")
        until(lambda: not self.owner.pids(), "the end of all its processes", self.owner.tell)
        assert process.returncode is not None
        return process.returncode

    def kill(self) -> None:
        """Kills it and all that it has started, as a power failure would."""
        self.owner.reap()
        if self.process is not None:
            self.process.wait()

    @property
    def pid(self) -> int:
        """The number of the process that was started."""
        return self._process().pid

    def _process(self) -> subprocess.Popen[bytes]:
        assert self.process is not None, "it was not started"
        return self.process

    def is_up(self) -> bool:
        """Whether the process that was started runs."""
        return self.process is not None and self.process.poll() is None

    def workers(self) -> list[int]:
        """The processes that do the work of a watched daemon: one, but for moments."""
        return [pid for pid in children(self.pid) if pid in self.owner.pids()]

    def worker(self, other_than: int = 0) -> int:
        """The process that does the work of a watched daemon, once there is one that is not this one."""
        return self.until(lambda: next((pid for pid in self.workers() if pid != other_than and lives(pid)), 0), "a worker")

    # What it says.

    def until(self, condition: Callable[[], T], what: str, up: bool = True) -> T:
        """Waits for something while it runs; fails at once when it has ended unless `up` is false."""

        def look() -> T:
            runs = not up or self.is_up()
            answer = condition()
            assert answer or runs, f"it ended with {self._process().returncode} before {what} came"
            return answer

        return until(look, what)

    def ready(self) -> Daemon:
        """Waits until it logs for the first time: of one that has logged before this tells nothing."""
        self.until((self.log / "osqueryd.results.log").exists, "the log of results")
        return self

    def texts(self, name: str | None = None, file: str = "results", log: Path | None = None) -> list[str]:
        """The lines of a log as they are, of one query or all."""
        lines = whole_lines((log or self.log) / f"osqueryd.{file}.log")
        return [line for line in lines if name is None or json.loads(line)["name"] == name]

    def lines(self, name: str | None = None, file: str = "results") -> list[Line]:
        """The lines of a log, of one query or all."""
        return [parse(line) for line in self.texts(name, file)]

    def snapshots(self, name: str) -> list[Line]:
        """The snapshots of a query."""
        return self.lines(name, "snapshots")

    def rows(self, name: str, kills: int = 0) -> Counter[str]:
        """The rows that a differential query has by its log."""
        return replay(self.texts(name), kills)

    def until_rows(self, name: str, *rows: str, kills: int = 0) -> None:
        """Waits until a differential query has these rows and no others."""
        self.until(lambda: self.rows(name, kills) == Counter(rows), f"the rows {rows} of {name}")

    def ran(self, name: str = "beat") -> None:
        """Waits for a run of a query each second that begins after this."""
        now = int(time.time())
        # The last line is the latest: a query never runs twice at once.
        self.until(lambda: [line for line in self.snapshots(name)[-1:] if line["unixTime"] > now], f"a run of {name}")

    def ran_again(self, name: str) -> None:
        """Waits for the end of a run of a query that begins after this. Takes RUNS, as a query `runs`."""

        def count() -> int:
            return next(int(row["executions"]) for row in self.snapshots("runs")[-1]["snapshot"] if row["name"] == name)

        self.ran("runs")
        # One may have been about to end.
        wanted = count() + 2
        self.until(lambda: count() >= wanted, f"another run of {name}")

    def until_counter(self, name: str, counter: int) -> None:
        """Waits until a query has logged its run of this number."""
        self.until(lambda: any(line["counter"] == counter for line in self.lines(name)), f"run {counter} of {name}")

    def status(self, level: str = "INFO") -> str:
        """The text of all status files of a level, which have their time in their names: links to them come and go."""
        paths = sorted(self.log.glob(f"osqueryd.{level}.[0-9]*"))
        return "".join(path.read_text(errors="replace") for path in paths)

    @property
    def stderr(self) -> str:
        """What it has written to standard error."""
        return self._text("stderr")

    @property
    def stdout(self) -> str:
        """What it has written to standard output."""
        return self._text("stdout")

    def _text(self, name: str) -> str:
        try:
            return (self.folder / name).read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def until_said(self, text: str, times: int = 1) -> None:
        """Waits until it has said this so many times on standard error."""
        self.until(lambda: self.stderr.count(text) >= times, f"{text!r}")

    def tell(self) -> str:
        """All that is known of it, for a test that failed."""
        code = self.process.returncode if self.process is not None else None
        parts = [f"daemon {self.command}, exit code {code}; {self.owner.tell() or 'no processes'}"]
        files = [self.folder / name for name in ("osquery.conf", "stderr", "stdout")]
        logs = (path for path in self.log.iterdir() if not path.is_symlink()) if self.log.is_dir() else ()
        for path in [*files, *sorted(logs)]:
            if path.is_file() and path.suffix != ".zst":
                text = path.read_bytes()[-SHOWN:].decode(errors="replace")
                parts.append(f"--- {path.name}\n{text}")
        return "\n".join(parts)
