"""A pseudo-terminal: a program in it, what is typed, and the screen as a person would see it.

The program gets a session, a process group and a controlling terminal of its own, so that Ctrl-C is the terminal's and not the
test's. What it writes goes through a small emulator: tests ask what is *seen*, however it was drawn.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import unicodedata
from collections.abc import Mapping, Sequence

from .wait import until

CTRL_A, CTRL_C, CTRL_D, CTRL_E, CTRL_K, CTRL_R, CTRL_U, CTRL_W = (chr(ord(key) - 64) for key in "ACDEKRUW")
ENTER, TAB, UP, DOWN, LEFT = "\r", "\t", "\x1b[A", "\x1b[B", "\x1b[D"

TOKEN = re.compile(r"\x1b\[(?P<arguments>[?0-9;]*)(?P<final>[@-~])|\x1b[^\[]|(?P<plain>[^\x1b])", re.S)

#: What stands where a statement, or the rest of one, is awaited: by us, or by osquery.
PROMPT = re.compile(r"(?:plumb|osquery)>(?: |$)")
CONTINUED = re.compile(r" +\.\.\.>(?: |$)")

#: Opens the terminal as the controlling one of its new session, and becomes the program.
TRAMPOLINE = 'exec 3<>"$0" 3>&- && exec "$@"'


class Screen:
    """What a terminal of so many columns shows, with everything that has scrolled away above."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.cells: list[list[str]] = [[]]
        self.row = self.column = 0
        self.bells = 0
        self._rest = ""

    @property
    def lines(self) -> list[str]:
        """The lines without the blanks at their ends."""
        return ["".join(line).rstrip() for line in self.cells]

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)

    def feed(self, text: str) -> None:
        """Takes what the program wrote; the beginning of a sequence waits for its end."""
        text, self._rest = self._rest + text, ""
        at = 0
        while at < len(text):
            token = TOKEN.match(text, at)
            if token is None:
                self._rest = text[at:]
                return
            at = token.end()
            if token["plain"]:
                self._plain(token["plain"])
            elif token["final"]:
                self._sequence(token["final"], token["arguments"])

    def _plain(self, char: str) -> None:
        match char:
            case "\n":
                self._to(self.row + 1, self.column)
            case "\r":
                self.column = 0
            case "\b":
                self.column = max(0, self.column - 1)
            case "\a":
                self.bells += 1
            case _ if not unicodedata.combining(char):
                self._put(char)

    def _put(self, char: str) -> None:
        wide = unicodedata.east_asian_width(char) in "WF"
        if self.column + wide >= self.columns:
            self._to(self.row + 1, 0)
        line = self.cells[self.row]
        line.extend(" " * (self.column + 1 + wide - len(line)))
        line[self.column] = char
        if wide:
            line[self.column + 1] = ""
        self.column += 1 + wide

    def _to(self, row: int, column: int) -> None:
        self.row, self.column = max(0, row), max(0, column)
        while len(self.cells) <= self.row:
            self.cells.append([])

    def _sequence(self, final: str, arguments: str) -> None:
        # Behind the last column the cursor stands upon it.
        self.column = min(self.column, self.columns - 1)
        number = int(arguments) if arguments.isdigit() else 0
        step = max(1, number)
        match final:
            case "A":
                self._to(self.row - step, self.column)
            case "B":
                self._to(self.row + step, self.column)
            case "C":
                self._to(self.row, min(self.columns - 1, self.column + step))
            case "D":
                self._to(self.row, self.column - step)
            case "K":
                del self.cells[self.row][0 if number == 2 else self.column :]
            case "J":
                del self.cells[self.row][self.column :], self.cells[self.row + 1 :]


class Terminal:
    """A program at a terminal; whoever starts it closes it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], rows: int = 24, columns: int = 80) -> None:
        self.raw = b""
        self.screen = Screen(columns)
        self._master, slave = os.openpty()
        self.resize(rows, columns)
        try:
            self._process = subprocess.Popen(
                ["sh", "-c", TRAMPOLINE, os.ttyname(slave), *command],
                stdin=slave,
                stdout=slave,
                stderr=slave,
                start_new_session=True,
                env=dict(environment),
            )
        except BaseException:
            os.close(self._master)
            raise
        finally:
            os.close(slave)
        self.pid = self._process.pid
        # A character may be cut in two.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def close(self) -> None:
        """Ends the program and all of its group, and takes the terminal away."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        os.close(self._master)

    def resize(self, rows: int, columns: int) -> None:
        """Another size; the program is told by a signal, if it is there already."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.columns = columns

    def type(self, keys: str) -> None:
        """Presses keys."""
        os.write(self._master, keys.encode())

    def look(self) -> bool:
        """Takes what the program has written by now, or some of it if it is a lot; false at its end."""
        for _ in range(64):
            if not select.select([self._master], [], [], 0)[0]:
                break
            try:
                piece = os.read(self._master, 65536)
            except OSError:
                # The other side is closed.
                return False
            if not piece:
                return False
            self.raw += piece
            self.screen.feed(self._decoder.decode(piece))
        return True

    def sees(self, pattern: str) -> str:
        """Waits until a regular expression matches what is shown; what it matched."""

        def seen() -> str | None:
            self.look()
            found = re.search(pattern, self.screen.text, re.M)
            return found[0] if found else None

        return str(until(seen, f"{pattern!r}", self.told))

    @property
    def prompts(self) -> int:
        """How many lines begin with a prompt."""
        return sum(bool(PROMPT.match(line)) for line in self.screen.lines)

    def ready(self, prompts: int = 0) -> None:
        """Waits for an empty prompt in the last line, when there are more prompts than that."""

        def waits() -> bool:
            self.look()
            return self.prompts > prompts and bool(PROMPT.fullmatch(self.screen.lines[-1]))

        until(waits, f"prompt number {prompts + 1}", self.told)

    def enter(self, line: str, keys: str = ENTER) -> list[str]:
        """Types a line and waits for the next prompt; the lines between."""
        before, row = self.prompts, len(self.screen.lines)
        self.type(line + keys)
        self.ready(before)
        return self.screen.lines[row:-1]

    def continues(self, line: str) -> None:
        """Types a line that does not end its statement, and waits until the rest is asked for."""
        row = len(self.screen.lines)
        self.type(line + ENTER)

        def waits() -> bool:
            self.look()
            return len(self.screen.lines) > row and bool(CONTINUED.fullmatch(self.screen.lines[-1]))

        until(waits, "the prompt for more", self.told)

    def ends(self) -> int:
        """Waits until the program has ended; its exit code."""

        def ended() -> bool:
            self.look()
            return self._process.poll() is not None

        until(ended, "the end of the program", self.told)
        self.look()
        return self._process.returncode

    def told(self) -> str:
        """What is known when something does not come."""
        return f"--- the screen\n{self.screen.text}\n--- the last bytes\n{self.raw[-500:]!r}"
