"""What the keys do at the prompt: completion, history, editing, pasting, and terminals of other sizes and powers."""

from __future__ import annotations

import stat

import pytest

from support.shell import Shell
from support.terminal import (
    CTRL_A,
    CTRL_C,
    CTRL_D,
    CTRL_E,
    CTRL_K,
    CTRL_R,
    CTRL_U,
    CTRL_W,
    DOWN,
    LEFT,
    TAB,
    UP,
    Terminal,
)
from support.wait import until

#: What begins the drawing of colours.
COLOUR = b"\x1b[3"
PASTE = "\x1b[200~{}\x1b[201~"


def line_is(terminal: Terminal, line: str) -> None:
    """Waits until the last line is the prompt and this."""

    def shown() -> bool:
        terminal.look()
        return terminal.screen.lines[-1] == f"plumb> {line}".rstrip()

    until(shown, f"the line {line!r}", terminal.told)


def offered(terminal: Terminal) -> list[str]:
    """The words of the list that Tab has shown, read down its columns; the prompt stands below it again."""
    lines = terminal.screen.lines
    first = max(number for number, line in enumerate(lines[:-1]) if line.startswith("plumb> ") or line.startswith("  ...> "))
    return sorted(word for line in lines[first + 1 : -1] for word in line.split())


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("sel", "select"),
        ("SEL", "SELECT"),
        (".vers", ".version"),
        ("select * from os_v", "select * from os_version"),
        (".schema kernel_i", ".schema kernel_info"),
        (".tables shel", ".tables shell_history"),
        ("select * from proc", "select * from process"),
        ("select * from users where usern", "select * from users where username"),
        ("select u.usern from users u", "select u.usern from users u"),
        ("select 1 from users u where u.direc", "select 1 from users u where u.directory"),
        ("select (desc", "select (desc"),
        ("select nothing_begins_so", "select nothing_begins_so"),
    ],
)
def test_one_tab_completes(shell: Shell, typed: str, completed: str) -> None:
    """The word at the cursor, as far as all candidates agree; a bell where there is nothing to add."""
    with shell.terminal() as terminal:
        terminal.ready()
        terminal.type(typed + TAB + "!")
        line_is(terminal, f"{completed}!")


@pytest.mark.parametrize(
    ("typed", "has", "lacks"),
    [
        ("select * from user", {"users", "user_groups"}, {"uid", "using"}),
        ("select uid from users where u", {"uid", "uid_signed", "username", "uuid", "users", "using"}, {"pid"}),
        ("select * from users u where u.", {"uid", "username", "directory"}, {"users", "where", "pid"}),
        (".", {"tables", "mode", "quit", "schema"}, {"users", "select"}),
        (".all user", {"users", "user_groups"}, {"using", "uid"}),
        ("select ", {"users", "processes"}, {"uid"}),
    ],
)
def test_two_tabs_list(shell: Shell, typed: str, has: set[str], lacks: set[str]) -> None:
    with shell.terminal(rows=60) as terminal:
        terminal.ready()
        terminal.type(typed + TAB + TAB)
        until(lambda: terminal.look() and terminal.prompts == 2, "the prompt below the list", terminal.told)
        line_is(terminal, typed)
        words = offered(terminal)
        assert has <= set(words) and not lacks & set(words), words
        assert len(words) == len(set(words))


def test_columns_of_the_lines_above_are_offered(shell: Shell) -> None:
    with shell.terminal() as terminal:
        terminal.ready()
        terminal.continues("select count(*) AS n from os_version")
        terminal.type("where codena" + TAB)
        terminal.sees(r"\.\.\.> where codename$")


def test_a_completed_statement_runs(shell: Shell) -> None:
    with shell.terminal("--list") as terminal:
        terminal.ready()
        assert terminal.enter(f"sel{TAB} count(*) > 0 as a fr{TAB} users wher{TAB} usern{TAB} <> '';") == ["a", "1"]


def test_lists_are_as_wide_as_the_terminal(shell: Shell) -> None:
    """Also after the terminal was made wider."""
    with shell.terminal(rows=60, columns=30) as terminal:
        terminal.ready()
        terminal.type("select * from process" + TAB + TAB)
        until(lambda: terminal.look() and terminal.prompts == 2, "the list", terminal.told)
        narrow = [line for line in terminal.screen.lines if line.startswith("process_")]
        assert all(len(line.split()) == 1 for line in narrow) and len(narrow) >= 6
        terminal.resize(60, 200)
        terminal.enter("", CTRL_C)
        terminal.type("select * from process" + TAB + TAB)
        terminal.sees(r"^process_\w+ +process_\w+ +process_\w+ +process")


@pytest.mark.parametrize("columns", [20, 30, 80])
def test_a_line_longer_than_the_terminal_can_be_edited(shell: Shell, columns: int) -> None:
    """Seen whole, wherever it is broken, and run whole."""
    long = "x" * 70
    with shell.terminal("--list", columns=columns) as terminal:
        terminal.ready()
        terminal.type(f"elect '{long}' AS a" + CTRL_A + "s" + CTRL_E + ";")

        def shown() -> bool:
            terminal.look()
            # Without blanks: one at the end of a line is not seen.
            return "".join(terminal.screen.lines).replace(" ", "").endswith(f"plumb>select'{long}'ASa;")

        until(shown, "the line", terminal.told)
        before = terminal.prompts
        terminal.type("\r")
        terminal.ready(before)
        assert f"\r\na\r\n{long}\r\n".encode() in terminal.raw


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("abc" + LEFT + "X", "abXc"),
        ("one two" + CTRL_W + "2", "one 2"),
        ("one two" + CTRL_A + CTRL_K + "x", "x"),
        ("one two" + LEFT + LEFT + LEFT + CTRL_U + "x", "xtwo"),
        ("abc\x7fd", "abd"),
        ("äé漢😀" + LEFT + LEFT + "x", "äéx漢😀"),
        ("é\x7f漢\x7f😀\x7fx", "x"),
    ],
    ids=ascii,
)
def test_editing_keys(shell: Shell, keys: str, line: str) -> None:
    with shell.terminal() as terminal:
        terminal.ready()
        terminal.type(keys)
        line_is(terminal, line)


def test_ctrl_d_in_a_line_does_not_leave(shell: Shell) -> None:
    with shell.terminal("--list") as terminal:
        terminal.ready()
        assert terminal.enter("SELECT 1 AS aX;" + LEFT + LEFT + CTRL_D) == ["a", "1"]


def test_pasted_lines_run_together(shell: Shell) -> None:
    """A terminal tells what is pasted: nothing runs before Enter, and Tab in it is a blank, not a question."""
    with shell.terminal("--list") as terminal:
        terminal.ready()
        terminal.type(PASTE.format("SELECT 1\tAS a;\nSELECT\n2 AS b;"))
        terminal.sees(r"^2 AS b;$")
        before = terminal.prompts
        terminal.type("\r")
        terminal.ready(before)
        assert b"\r\na\r\n1\r\nb\r\n2\r\n" in terminal.raw


def history(shell: Shell) -> str:
    return (shell.home / ".local/state/plumb/history").read_text()


def test_history_within_a_session(shell: Shell) -> None:
    with shell.terminal("--list") as terminal:
        terminal.ready()
        terminal.enter("SELECT 1 AS a;")
        terminal.enter("SELECT 2 AS a;")
        terminal.type(UP + UP)
        line_is(terminal, "SELECT 1 AS a;")
        terminal.type(DOWN)
        line_is(terminal, "SELECT 2 AS a;")
        assert terminal.enter("") == ["a", "2"]
        terminal.type(CTRL_R + "1 AS")
        terminal.sees(r"search\).*SELECT 1 AS a;$")
        terminal.type("\r")
        terminal.sees(r"^a\n1\n(?:.*\n)*a\n1\nplumb>")


def test_history_over_sessions(shell: Shell) -> None:
    """Written at once, so that a session that is killed leaves it; nobody else may read it."""
    with shell.terminal() as terminal:
        terminal.ready()
        terminal.enter("SELECT 1 AS first;")
        terminal.enter(".print é漢")
        terminal.type("SELECT 2 AS second;\r")
        terminal.ready(3)
    with shell.terminal() as terminal:
        terminal.ready()
        terminal.type(UP)
        line_is(terminal, "SELECT 2 AS second;")
        terminal.type(UP)
        line_is(terminal, ".print é漢")
        terminal.type(UP)
        line_is(terminal, "SELECT 1 AS first;")
    file = shell.home / ".local/state/plumb/history"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_history_leaves_out(shell: Shell) -> None:
    """Empty lines, what begins with a blank, and the same again."""
    with shell.terminal() as terminal:
        terminal.ready()
        for line in ("SELECT 1;", "SELECT 1;", "", "  ", " SELECT 'secret';", "SELECT 2;"):
            terminal.enter(line)
    lines = history(shell).splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["SELECT 1;", "SELECT 2;"]


def test_history_is_where_the_user_wants_it(shell: Shell) -> None:
    state = shell.home / "other"
    with shell.terminal(environment={"XDG_STATE_HOME": str(state)}) as terminal:
        terminal.ready()
        terminal.enter("SELECT 1;")
    assert "SELECT 1;" in (state / "plumb/history").read_text()
    assert not (shell.home / ".local").exists()


@pytest.mark.parametrize("home", ["", "/proc/nowhere"])
def test_without_a_place_for_history_it_runs_all_the_same(shell: Shell, home: str) -> None:
    with shell.terminal("--list", environment={"HOME": home}) as terminal:
        terminal.ready()
        assert terminal.enter("SELECT 1 AS a;") == ["a", "1"]


@pytest.mark.parametrize("content", [b"\xff\xfe\n\x00\x01junk\n", b"#V2\n\\\n\\n\n", b"SELECT 1;"], ids=repr)
def test_a_damaged_history_is_survived(shell: Shell, content: bytes) -> None:
    file = shell.home / ".local/state/plumb/history"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    with shell.terminal("--list") as terminal:
        terminal.ready()
        terminal.type(UP + UP + CTRL_U)
        terminal.enter("", CTRL_C)
        assert terminal.enter("SELECT 1 AS a;") == ["a", "1"]


def test_two_sessions_share_a_history(shell: Shell) -> None:
    """Neither loses what the other remembers."""
    with shell.terminal() as one, shell.terminal() as other:
        one.ready()
        other.ready()
        one.enter("SELECT 'one';")
        other.enter("SELECT 'other';")
        one.enter("SELECT 'again';")
    assert [line for line in history(shell).splitlines() if line.startswith("SELECT")] == [
        "SELECT 'one';",
        "SELECT 'other';",
        "SELECT 'again';",
    ]


@pytest.mark.parametrize("term", ["dumb", "", "xterm", "vt100", "no-such-terminal"])
def test_any_terminal_will_do(shell: Shell, term: str) -> None:
    """Also one that cannot move its cursor: lines are read as the terminal gives them. History needs more."""
    with shell.terminal("--list", environment={"TERM": term}) as terminal:
        terminal.ready()
        before = terminal.prompts
        terminal.type("SELECT 1 AS a;\r")
        terminal.sees(r"^a\n1\n")
        terminal.ready(before)
        terminal.type("SELECT 2 AS b;\r")
        terminal.sees(r"^b\n2\n")
        terminal.ready(before + 1)
        terminal.type(CTRL_D)
        assert terminal.ends() == 0
        assert COLOUR not in terminal.raw


#: Arguments, variables, and whether colours are seen.
COLOURED: list[tuple[list[str], dict[str, str], bool]] = [
    ([], {}, True),
    ([], {"NO_COLOR": "1"}, False),
    ([], {"TERM": "xterm"}, False),
    (["--check-query", "SELECT nope FROM users"], {}, True),
    (["--check-query", "SELECT nope FROM users"], {"NO_COLOR": "1"}, False),
    (["--check-query", "SELECT nope FROM users"], {"TERM": "dumb"}, False),
    (["--config_check", "--config_path=/nope"], {"NO_COLOR": "1"}, False),
]


@pytest.mark.parametrize(("arguments", "environment", "coloured"), COLOURED, ids=str)
def test_colours(shell: Shell, arguments: list[str], environment: dict[str, str], coloured: bool) -> None:
    """On a terminal that has them, unless they are not wanted."""
    with shell.terminal(*arguments, environment=environment) as terminal:
        if not arguments:
            terminal.ready()
            terminal.enter("SELECT 1;")
            terminal.type(CTRL_D)
        terminal.ends()
        assert (COLOUR in terminal.raw or b"\x1b[1;3" in terminal.raw) == coloured


@pytest.mark.parametrize("sql", ["SELECT nope FROM users", "SELECT 1"])
def test_no_colours_in_a_pipe(shell: Shell, sql: str) -> None:
    for arguments in (["--check-query", sql], [sql], ["--csv", sql]):
        run = shell.run(*arguments)
        assert b"\x1b" not in run.out + run.err
        assert run.out + run.err
