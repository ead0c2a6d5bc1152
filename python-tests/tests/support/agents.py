"""Agents: whoever answers SQL about a host. The suites ask all of them by the same words.

`Embedded` is the module `plumb` in this very process, `Program` anything with osquery's command line. A program tells all
values as text, so it is asked for `quote(column)`, which tells a number from a text and NULL from an empty one.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .hosts import LIVE, Host

if TYPE_CHECKING:
    import plumb

#: NULL, an INTEGER, a REAL, a TEXT, a BLOB; a TEXT that is not UTF-8 comes as bytes.
Value = None | int | float | str | bytes
Row = dict[str, Value]

#: Seconds a question may take, the slowest table on a busy machine included.
PATIENCE = 120


class Refused(Exception):
    """The agent does not answer this; the text is what it said."""


@dataclass(frozen=True)
class Spec:
    """A column as the agent declares it; `key` is its place in the primary key from 1 on, or 0."""

    name: str
    type: str
    key: int
    hidden: bool


class Agent:
    """What the suites need of one."""

    name: str
    #: Whether it is ours, and answers `plumb_schema` and model hosts too.
    ours = False

    def can(self, host: Host) -> str | None:
        """Why it cannot be asked about a host, or None if it can."""
        raise NotImplementedError

    def query(self, sql: str, columns: Sequence[str], host: Host = LIVE) -> list[Row]:
        """The rows of a statement, whose columns are named; raises Refused."""
        raise NotImplementedError

    def columns(self, sql: str) -> list[str] | None:
        """The columns that a statement gives by itself, not those it is asked for; None if it has no rows here."""
        raise NotImplementedError

    def count(self, sql: str, host: Host = LIVE) -> int:
        """The number that a statement of one column `n` answers."""
        (row,) = self.query(sql, ["n"], host)
        assert isinstance(row["n"], int), row
        return row["n"]

    def tables(self) -> list[str]:
        """All tables, by name."""
        return sorted(self._declared)

    def declared(self, table: str) -> list[Spec]:
        """The columns of a table in order."""
        return self._declared[table]

    @cached_property
    def _declared(self) -> dict[str, list[Spec]]:
        return {name: self._table_info(name) for name in self._names()}

    def _names(self) -> list[str]:
        raise NotImplementedError

    def _table_info(self, table: str) -> list[Spec]:
        rows = self.query(f"PRAGMA table_xinfo({quoted(table)})", ["name", "type", "pk", "hidden"])
        return [Spec(str(row["name"]), str(row["type"]), int(row["pk"] or 0), row["hidden"] not in (0, "0")) for row in rows]


class Embedded(Agent):
    """The module, in this process."""

    name = "embedded"
    ours = True

    def __init__(self) -> None:
        import plumb

        self._plumb = plumb
        self._engines: dict[Host, plumb.Engine] = {}

    def can(self, host: Host) -> str | None:
        return None

    def engine(self, host: Host = LIVE) -> plumb.Engine:
        """The engine over a host, made once."""
        if host not in self._engines:
            self._engines[host] = self._plumb.Engine(host.opened())
        return self._engines[host]

    def query(self, sql: str, columns: Sequence[str], host: Host = LIVE) -> list[Row]:
        try:
            return self.engine(host).query(sql)
        except self._plumb.Error as error:
            raise Refused(str(error)) from error

    def columns(self, sql: str) -> list[str] | None:
        rows = self.query(sql, [])
        return list(rows[0]) if rows else None

    def _names(self) -> list[str]:
        rows = self.query("SELECT DISTINCT table_name FROM plumb_schema WHERE platform = 'linux'", ["table_name"])
        return [str(row["table_name"]) for row in rows]


@dataclass
class Run:
    """How a program ended, and what it printed."""

    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        """What it printed; bytes that are not UTF-8 are kept as surrogates."""
        return self.out.decode(errors="surrogateescape")

    @property
    def complaint(self) -> str:
        """What it said on standard error."""
        return self.err.decode(errors="replace")


@dataclass
class Program(Agent):
    """A command with osquery's flags."""

    command: list[str]
    trees: Path
    name: str = "program"
    ours: bool = False
    environment: dict[str, str] = field(default_factory=dict)

    def can(self, host: Host) -> str | None:
        if host.kind == "live":
            return None
        if not self.ours:
            return "only our own agents answer about another host than this"
        return None if os.geteuid() == 0 else "unpacking a host with its owners takes root"

    def run(self, *arguments: str, stdin: bytes = b"", host: Host = LIVE, patience: float = PATIENCE) -> Run:
        """Runs it once, in a process group of its own, which is gone afterwards."""
        root = [] if host.kind == "live" else [f"--root={host.unpacked(self.trees)}"]
        process = subprocess.Popen(
            [*self.command, *root, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, **self.environment},
        )
        try:
            out, err = process.communicate(stdin, timeout=patience)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"{self.name} did not answer within {patience:.0f} s: {arguments}") from error
        finally:
            end(process)
        return Run(process.returncode, out, err)

    def query(self, sql: str, columns: Sequence[str], host: Host = LIVE) -> list[Row]:
        texts = ", ".join(f"quote({quoted(column)}) AS {quoted(column)}" for column in columns)
        if not sql.upper().startswith("PRAGMA"):
            return self._ask(f"SELECT {texts} FROM ({sql})", host, unquote)
        return self._ask(sql, host, lambda text: int(text) if text.lstrip("-").isdigit() else text)

    def columns(self, sql: str) -> list[str] | None:
        rows = self._ask(sql, LIVE, str)
        return list(rows[0]) if rows else None

    def _ask(self, sql: str, host: Host, read: Any) -> list[Row]:
        run = self.run("--json", sql, host=host)
        if run.code != 0:
            raise Refused(run.complaint.strip())
        rows = json.loads(run.text or "[]", strict=False)
        return [{column: read(value) for column, value in row.items()} for row in rows]

    def _names(self) -> list[str]:
        rows = self.query("SELECT name FROM osquery_registry WHERE registry = 'table'", ["name"])
        return [str(row["name"]) for row in rows]


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process that leads a group, with its group, and closes its pipes."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def quoted(word: str) -> str:
    """A name as SQL takes any."""
    return '"' + word.replace('"', '""') + '"'


INTEGER = re.compile(r"-?\d+")


def unquote(text: str) -> Value:
    """A value from what SQLite's quote() makes of it."""
    if text == "NULL":
        return None
    if text.startswith("'"):
        inner = text[1:-1].replace("''", "'")
        raw = inner.encode(errors="surrogateescape")
        return inner if raw.isascii() or _is_utf8(raw) else raw
    if text[:1] in ("X", "x"):
        return bytes.fromhex(text[2:-1])
    return int(text) if INTEGER.fullmatch(text) else float(text)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
