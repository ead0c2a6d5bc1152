"""The shell suite catches faults: a shell that is spoiled fails the test that is there for it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import test_shell_editing
import test_shell_errors
import test_shell_flags
import test_shell_modes
import test_shell_pipes
from support.agents import Program
from support.shell import Shell

#: Runs a shell and spoils what it prints.
SPOILER = Path(__file__).parent / "support" / "faults" / "shell.py"

Test = Callable[[Shell], None]


def prints(mode: str, text: str) -> Test:
    """The test of the first statement that is printed so and has this in it."""
    row = next(row for row in test_shell_modes.PRINTED if row[0][:1] == [mode] and text in row[2])
    return lambda shell: test_shell_modes.test_an_argument_prints(shell, *row)


#: A fault, and the test that catches it.
FAULTS: tuple[tuple[str, Test], ...] = (
    ("always_well", lambda shell: test_shell_errors.test_a_statement_is_refused(shell, *test_shell_errors.REFUSED[0])),
    ("always_well", lambda shell: test_shell_flags.test_flags_are_refused(shell, *test_shell_flags.REFUSED[0])),
    ("lost_row", lambda shell: test_shell_modes.test_every_mode_prints_every_row(shell, ["--csv"])),
    ("no_newline", prints("--list", "plain")),
    ("empty_is_null", prints("--csv", '""')),
    ("other_reals", prints("--csv", "1.0e+20")),
    ("unescaped", prints("--json", "\\u00")),
    ("coloured", lambda shell: test_shell_editing.test_no_colours_in_a_pipe(shell, "SELECT 1")),
    ("greedy", lambda shell: test_shell_pipes.test_a_flood_does_not_grow_memory(shell, ["--list"], 25_000)),
    ("complains", lambda shell: test_shell_pipes.test_a_reader_that_has_enough(shell, ["--csv"])),
    ("errors_among_rows", lambda shell: test_shell_errors.test_what_came_before_the_error_is_printed(shell, ["--csv"], "a\n1\n")),
    ("forgets_history", test_shell_editing.test_history_over_sessions),
    ("loves_colours", lambda shell: test_shell_editing.test_colours(shell, *test_shell_editing.COLOURED[1])),
    ("colourless", lambda shell: test_shell_editing.test_colours(shell, *test_shell_editing.COLOURED[0])),
)


def spoiled(shell: Shell, fault: str) -> Shell:
    """The shell with a fault."""
    program = shell.program
    command = [sys.executable, "-S", str(SPOILER), fault, *program.command]
    return Shell(Program(command, program.trees, ours=program.ours), shell.home)


@pytest.mark.parametrize("number", range(len(FAULTS)), ids=[fault for fault, _ in FAULTS])
def test_a_fault_is_caught(shell: Shell, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # What does not come is not waited for.
    monkeypatch.setattr("support.wait.DEADLINE", 5.0)
    fault, test = FAULTS[number]
    with pytest.raises(AssertionError):
        test(spoiled(shell, fault))


@pytest.mark.parametrize("number", range(len(FAULTS)), ids=[fault for fault, _ in FAULTS])
def test_the_spoiler_itself_spoils_nothing(shell: Shell, number: int) -> None:
    FAULTS[number][1](spoiled(shell, "none"))
