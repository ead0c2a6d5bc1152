"""The terminal that the shell suite looks through shows what a real one would."""

from __future__ import annotations

import os
import sys

import pytest

from support.terminal import ENTER, PROMPT, Screen, Terminal


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("one\r\ntwo", ["one", "two"]),
        ("one\rtw", ["twe"]),
        ("abc\b\bX", ["aXc"]),
        ("abc\x1b[2DX\x1b[CY", ["aXcY"]),
        ("abc\x1b[1D\x1b[K", ["ab"]),
        ("abc\r\x1b[2K", [""]),
        ("a\r\nb\r\nc\x1b[2A\r\x1b[J!", ["!"]),
        ("0123456789ab", ["0123456789", "ab"]),
        # The last column is full, and the line goes on only with the next character.
        ("0123456789\r\nx", ["0123456789", "x"]),
        ("012345678漢", ["012345678", "漢"]),
        ("e\u0301x", ["ex"]),
        ("\x1b[?2004h\x1b[1;31mred\x1b[0m", ["red"]),
        ("\a", [""]),
    ],
    ids=ascii,
)
def test_the_screen(written: str, shown: list[str]) -> None:
    """Also when it is written byte by byte."""
    at_once, bit_by_bit = Screen(10), Screen(10)
    at_once.feed(written)
    for char in written:
        bit_by_bit.feed(char)
    assert at_once.lines == bit_by_bit.lines == shown


@pytest.mark.parametrize(
    ("line", "is_prompt"), [("plumb>", True), ("osquery> SELECT", True), ("  ...>", False), ("| plumb> |", False)]
)
def test_prompts(line: str, is_prompt: bool) -> None:
    assert bool(PROMPT.match(line)) == is_prompt


def test_a_program_has_a_terminal_of_its_own() -> None:
    """A controlling one, of the size that was asked for; what is typed is read, and nothing is left."""
    code = (
        "import os; print(os.get_terminal_size()); print(os.open('/dev/tty', os.O_RDWR) > 2, [os.isatty(n) for n in range(3)]);"
        " print('read', input()); raise SystemExit(5)"
    )
    terminal = Terminal([sys.executable, "-I", "-c", code], os.environ, rows=33, columns=77)
    try:
        terminal.sees(r"columns=77, lines=33")
        terminal.sees(r"True \[True, True, True\]")
        terminal.type("é漢" + ENTER)
        terminal.sees("^read é漢$")
        assert terminal.ends() == 5
    finally:
        terminal.close()


def test_what_does_not_come_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what was seen instead."""
    monkeypatch.setattr("support.wait.DEADLINE", 1.0)
    terminal = Terminal(["sh", "-c", "echo something else; sleep 1000"], os.environ)
    try:
        with pytest.raises(AssertionError, match=r"(?s)'nothing like it' did not come.*something else"):
            terminal.sees("nothing like it")
    finally:
        terminal.close()
