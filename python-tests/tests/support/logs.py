"""What the lines of a result log say: parsed, and played back to the rows that are there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

Line = dict[str, Any]


def whole_lines(path: Path) -> list[str]:
    """The lines of a log as it is now, without one that is being written; none if there is no file."""
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [line.decode() for line in text.split(b"\n")[:-1]]


def parse(text: str) -> Line:
    """A line, which is a JSON object without a key twice."""
    line = json.loads(text, object_pairs_hook=_once)
    assert isinstance(line, dict), text
    return line


def _once(pairs: list[tuple[str, Any]]) -> Line:
    line = dict(pairs)
    assert len(line) == len(pairs), f"a key stands twice: {pairs}"
    return line


def row(**columns: object) -> str:
    """A row as `replay` answers it."""
    return json.dumps({name: str(value) for name, value in columns.items()}, sort_keys=True)


class BrokenLog(AssertionError):
    """The log tells what cannot have happened."""


def replay(lines: Iterable[str], kills: int = 0) -> Counter[str]:
    """The rows that are there after all lines of one differential query, as `row` makes them, with how often each is there.

    A row goes only if it is there; counters have no gaps; a new epoch begins with nothing. A daemon that was
    killed so many times may have logged as many runs once more, byte for byte: then no two rows may be equal.
    """
    rows: Counter[str] = Counter()
    doubled = 0
    last: tuple[int, int] | None = None
    for (epoch, counter), group in groupby(map(str, lines), key=_epoch_and_counter):
        run = list(group)
        if last is None or epoch != last[0]:
            # A first run without rows has the counter 0, and no line.
            _expect(counter in (0, 1), f"a first run has the counter {counter}: {run[0]}")
            rows.clear()
        else:
            _expect(counter == last[1] + 1, f"a run with the counter {counter} follows one with {last[1]}: {run[0]}")
        last = (epoch, counter)
        if kills:
            once = list(dict.fromkeys(run))
            doubled += len(run) // len(once) - 1
            _expect(run == once * (len(run) // len(once)), f"a run stands twice, and is not the same: {run}")
            run = once
        for text in run:
            line = parse(text)
            key = json.dumps(line["columns"], sort_keys=True)
            rows[key] += {"added": 1, "removed": -1}[line["action"]]
            _expect(rows[key] >= 0, f"a row goes that is not there: {text}")
            _expect(rows[key] <= 1 or not kills, f"a row comes that is there: {text}")
    _expect(doubled <= kills, f"{doubled} runs stand twice after {kills} kills")
    return +rows


def _epoch_and_counter(text: str) -> tuple[int, int]:
    line = json.loads(text)
    return int(line["epoch"]), int(line["counter"])


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise BrokenLog(what)
