"""A person at a terminal: the prompt, its continuation, leaving, Ctrl-C, what is typed and what is seen of it."""

from __future__ import annotations

import os
import signal

import pytest

from support.shell import COUNT, ENDLESS, Shell
from support.terminal import CTRL_C, CTRL_D

BOX = ["+---+", "| a |", "+---+", "| 1 |", "+---+"]


@pytest.mark.agent
def test_a_statement(shell: Shell) -> None:
    with shell.terminal() as terminal:
        terminal.ready()
        assert terminal.enter("SELECT 1 AS a;") == BOX
        assert terminal.enter("") == []
        assert terminal.enter("-- a comment") == []
        assert terminal.enter("SELECT 1 AS a WHERE 0;") == []
        terminal.type(CTRL_D)
        assert terminal.ends() == 0


@pytest.mark.agent
def test_a_statement_of_several_lines(shell: Shell) -> None:
    with shell.terminal() as terminal:
        terminal.ready()
        terminal.continues("SELECT 1")
        # A line that would be a command if no statement had begun.
        terminal.continues("/* ; */ -- ;")
        assert terminal.enter("AS a;") == BOX
        terminal.continues("SELECT ';")
        edge = "+-------------+"
        assert terminal.enter(".mode csv' AS a;") == [edge, "| a           |", edge, "| ;", ".mode csv |", edge]


@pytest.mark.agent
def test_several_statements_in_a_line(shell: Shell) -> None:
    with shell.terminal("--csv") as terminal:
        terminal.ready()
        assert terminal.enter("SELECT 1 AS a; SELECT 2 AS b;") == ["a", "1", "b", "2"]


@pytest.mark.agent
@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([], 0),
        (["SELECT 1;"], 0),
        (["SELEC;"], 1),
        (["SELEC;", "SELECT 1;"], 1),
        ([".nope"], 1),
        (["SELECT * FROM hash;"], 1),
    ],
    ids=str,
)
def test_the_exit_code_at_ctrl_d(shell: Shell, lines: list[str], code: int) -> None:
    """1 if anything failed, whatever its own code; the line is ended, so that the next prompt stands alone."""
    with shell.terminal() as terminal:
        terminal.ready()
        for line in lines:
            terminal.enter(line)
        terminal.type(CTRL_D)
        assert terminal.ends() == code
        assert terminal.raw.endswith(b"\n")


@pytest.mark.agent
@pytest.mark.parametrize(("line", "code"), [(".exit", 0), (".quit", 0), (".exit 7", 7), (".exit 0", 0), (".ex 3", 3)])
def test_leaving_by_a_command(shell: Shell, line: str, code: int) -> None:
    with shell.terminal() as terminal:
        terminal.ready()
        terminal.type(f"{line}\r")
        assert terminal.ends() == code


@pytest.mark.agent
def test_errors_do_not_end_the_session(shell: Shell) -> None:
    with shell.terminal() as terminal:
        terminal.ready()
        for sql, message in (
            ("SELEC 1;", 'Error: near "SELEC": syntax error'),
            ("SELECT * FROM nope_at_all;", "Error: no such table: nope_at_all"),
            ("SELECT nope FROM users;", "Error: no such column: nope"),
        ):
            assert message in terminal.enter(sql)
        assert terminal.enter("SELECT 1 AS a;") == BOX


def test_an_error_points_at_its_place(shell: Shell) -> None:
    """The excerpt stands below the message as in a pipe, without the line's number, which a person sees."""
    with shell.terminal() as terminal:
        terminal.ready()
        assert terminal.enter("SELECT nope FROM users;") == [
            "Error: no such column: nope",
            "  SELECT nope FROM users;",
            "         ^^^^",
        ]


def test_ctrl_c_drops_what_was_typed(shell: Shell) -> None:
    """The line, and the lines above that belong to it; the session goes on, and nothing has failed."""
    with shell.terminal() as terminal:
        terminal.ready()
        terminal.enter("SELECT nope", CTRL_C)
        assert terminal.enter("SELECT 1 AS a;") == BOX
        terminal.continues("SELECT 7,")
        terminal.enter("8", CTRL_C)
        assert terminal.enter("SELECT 1 AS a;") == BOX
        terminal.type(CTRL_D)
        assert terminal.ends() == 0


def test_ctrl_c_stops_a_query(shell: Shell) -> None:
    with shell.terminal() as terminal:
        terminal.ready()
        for _ in range(2):
            before = terminal.prompts
            terminal.type(f"{ENDLESS};\r")
            # It tells that it is at work after a while, and how to stop it.
            terminal.sees(r"Ctrl-C stops")
            terminal.type(CTRL_C)
            terminal.ready(before)
            assert "Error: interrupted" in terminal.screen.lines
            assert "stops" not in terminal.screen.text, "the line that told is gone"
        assert terminal.enter("SELECT 1 AS a;") == BOX
        terminal.type(CTRL_D)
        assert terminal.ends() == 1


def test_ctrl_c_stops_rows_that_pour(shell: Shell) -> None:
    with shell.terminal("--list") as terminal:
        terminal.ready()
        before = terminal.prompts
        # Few rows in all the time, so that what is shown stays small.
        terminal.type(f"SELECT i / 100000 AS i FROM ({COUNT.format(10**12)}) WHERE i % 100000 = 0;\r")
        terminal.sees(r"^2$")
        terminal.type(CTRL_C)
        terminal.ready(before)
        # The terminal itself shows the key, on the same line.
        assert terminal.screen.lines[-2].endswith("Error: interrupted")
        assert terminal.enter("SELECT 1 AS a;") == ["a", "1"]


def test_a_terminal_that_goes_away_ends_the_shell(shell: Shell) -> None:
    """A window that is closed sends SIGHUP, and takes the terminal away."""
    with shell.terminal() as terminal:
        terminal.ready()
        os.killpg(terminal.pid, signal.SIGHUP)
        assert terminal.ends() == -signal.SIGHUP


@pytest.mark.parametrize("name", ["SIGTERM", "SIGQUIT"])
def test_signals_end_the_shell_and_leave_nothing(shell: Shell, name: str) -> None:
    with shell.terminal() as terminal:
        terminal.ready()
        os.kill(terminal.pid, signal.Signals[name])
        assert terminal.ends() == -signal.Signals[name]
