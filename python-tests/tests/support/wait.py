"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: Seconds that anything may take on a machine that does a lot else.
DEADLINE = 90.0


def until(condition: Callable[[], T], what: str, why: Callable[[], str] = str, deadline: float | None = None) -> T:
    """What `condition` answers as soon as it is true.

    Looks every ten milliseconds. After `deadline` seconds, or DEADLINE, it fails, and names `what` did not come; `why()` says
    what is known instead: logs, standard error.
    """
    if deadline is None:
        deadline = DEADLINE
    end = time.monotonic() + deadline
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come within {deadline:.0f} s\n{why()}")
        time.sleep(0.01)
