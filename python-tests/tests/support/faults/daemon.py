"""A daemon with a planted fault: `python daemon.py FAULT COMMAND ARGUMENT...` runs the command, and spoils what it does.

The daemon writes its logs into a folder that nobody else knows; its lines are copied from there to where they belong, but for
those that the fault spoils. The fault `none` spoils nothing: with it, tests pass.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

#: A line, and its number among the lines of its kind; what is written in its place.
Spoil = Callable[[str, int], list[str]]


def keep(line: str, _number: int) -> list[str]:
    """As it is."""
    return [line]


def lose_removed(line: str, _number: int) -> list[str]:
    """Nothing goes."""
    return [] if '"action":"removed"' in line else [line]


def lose_a_line(line: str, number: int) -> list[str]:
    """The second one is lost."""
    return [] if number == 1 else [line]


def double_a_line(line: str, number: int) -> list[str]:
    """The second one stands twice."""
    return [line, line] if number == 1 else [line]


LINES: dict[str, Spoil] = {
    "none": keep,
    "lose_removed": lose_removed,
    "lose_a_line": lose_a_line,
    "double_a_line": double_a_line,
}


class Copy:
    """Copies the lines of a log as they come."""

    def __init__(self, source: Path, target: Path, spoil: Spoil) -> None:
        self.source, self.target, self.spoil = source, target, spoil
        # Not what one before it has copied.
        self.done = source.stat().st_size if source.exists() else 0
        self.number = source.read_bytes().count(b"\n") if self.done else 0

    def go(self) -> None:
        """Copies what is new and whole."""
        if not self.source.exists():
            return
        with open(self.source, "rb") as opened:
            opened.seek(self.done)
            text = opened.read()
        text = text[: text.rfind(b"\n") + 1]
        self.done += len(text)
        lines: list[str] = []
        for line in text.decode().splitlines():
            lines += self.spoil(line, self.number)
            self.number += 1
        with open(self.target, "a") as opened_target:
            opened_target.write("".join(f"{line}\n" for line in lines))


def main(fault: str, command: list[str]) -> int:
    """Runs the command to its end; answers its code, or another."""
    place = next(word for word in command if word.startswith("--logger_path="))
    target = Path(place.partition("=")[2])
    hidden = target.with_name("hidden")
    hidden.mkdir(exist_ok=True)
    spoil = LINES.get(fault, keep)
    names = ("osqueryd.results.log", "osqueryd.snapshots.log")
    copies = [Copy(hidden / name, target / name, spoil) for name in names]
    process = subprocess.Popen([f"--logger_path={hidden}" if word == place else word for word in command])

    def pass_on(number: int, _frame: object) -> None:
        if fault != "deaf":
            process.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, pass_on)
    if fault == "leak":
        subprocess.Popen(["sleep", "1000"], start_new_session=True)
    while process.poll() is None:
        for copy in copies:
            copy.go()
        time.sleep(0.01)
    for copy in copies:
        copy.go()
    return process.returncode + (3 if fault == "wrong_code" else 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
