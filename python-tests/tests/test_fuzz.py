"""Hypothesis asks the engine questions about hosts that it makes up; what breaks a law becomes a case file.

`pytest --hypothesis-profile=long` searches for longer, and elsewhere each time.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import plumb
from support.fuzzing import LAWS, Ask, Broken, Cells, Wrap, honest, keep, search
from support.places import program


def found(law: str, wrap: Wrap, folder: Path) -> tuple[Broken, Path] | None:
    """The smallest example that breaks a law, and its case."""
    try:
        tally = search(law, wrap)
    except Broken as broken:
        return broken, keep(broken, wrap, folder)
    # Laws over nothing prove nothing.
    assert tally.told > tally.all // 10 > 5, tally
    assert len(tally.tables) > 5, tally
    return None


@pytest.mark.parametrize("law", LAWS)
def test_laws_hold(law: str, tmp_path: Path) -> None:
    finding = found(law, honest, tmp_path)
    if finding:
        broken, file = finding
        pytest.fail(f"{broken}\nreplay it: cargo conform replay {file}")


def forgets(engine: plumb.Engine) -> Ask:
    """An engine that loses the last row under a condition."""
    ask = honest(engine)

    def forgetful(sql: str) -> list[Cells]:
        rows = ask(sql)
        return rows[:-1] if "WHERE" in sql and len(rows) > 1 else rows

    return forgetful


def miscounts(engine: plumb.Engine) -> Ask:
    """An engine that counts one row more than there are."""
    ask = honest(engine)
    return lambda sql: ask(sql.replace("count(*)", "count(*) + 1"))


def finds_once(engine: plumb.Engine) -> Ask:
    """An engine that finds equal rows once, where it does not look at every row."""
    ask = honest(engine)
    return lambda sql: ask(sql) if "CASE" in sql else list(dict.fromkeys(ask(sql)))


def flickers(engine: plumb.Engine) -> Ask:
    """An engine that loses a row every second time."""
    ask, times = honest(engine), [0]

    def flickering(sql: str) -> list[Cells]:
        times[0] += 1
        return ask(sql)[times[0] % 2 :]

    return flickering


def limits_first(engine: plumb.Engine) -> Ask:
    """An engine that gives one row too many under a LIMIT."""
    ask = honest(engine)
    return lambda sql: ask(sql.split(" LIMIT ")[0]) if " LIMIT " in sql else ask(sql)


@pytest.mark.parametrize(
    ("law", "liar"),
    [
        ("tlp", forgets),
        ("norec", miscounts),
        ("pushdown", finds_once),
        ("determinism", flickers),
        ("limit_prefix", limits_first),
    ],
)
def test_a_liar_is_caught(law: str, liar: Wrap, tmp_path: Path) -> None:
    """Soon, and by little: few lines of a host, one column, one comparison."""
    finding = found(law, liar, tmp_path)
    assert finding is not None, "the lie was not seen"
    broken, file = finding
    assert len(broken.question.columns) == 1
    assert len(broken.question.condition) < 60, broken.question
    lines = file.read_text().splitlines()
    assert sum(line.startswith("=== ") for line in lines) < 10, lines
    assert len(lines) < 30, lines


def test_a_case_replays(tmp_path: Path) -> None:
    """It fails for who lies, and holds for the agent itself; a case of a host that was made from a seed has its files."""
    conform, liar, plumbi = (program(name) for name in ("conform", "liar", "plumbi"))
    missing = [path.name for path in (conform, liar, plumbi) if not path.is_file()]
    if missing:
        pytest.skip(f"{', '.join(missing)} not built: cargo build -p plumb-conformance -p plumb")
    finding = found("tlp", forgets, tmp_path)
    assert finding is not None
    _, file = finding
    run = subprocess.run([conform, "replay", file], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0 and "\nholds\n" in run.stdout, run.stdout + run.stderr
    if shutil.which("tar") is None:
        pytest.skip("unpacking a host takes tar")
    command = f"'{liar}' --lie dropped-row -- '{plumbi}' --root {{root}}"
    run = subprocess.run([conform, "replay", file, "--agent", command], capture_output=True, text=True, timeout=120)
    if "needs root" in run.stdout:
        pytest.skip("unpacking a host with its owners needs root")
    assert run.returncode == 1 and "does not hold" in run.stdout, run.stdout + run.stderr
