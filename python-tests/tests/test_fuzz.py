"""Hypothesis asks the engine questions about hosts that it makes up; what breaks a law becomes a case file.

`pytest --hypothesis-profile=long` searches for longer, and elsewhere each time.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

import plumb
from support import pictures
from support.fuzzing import LAWS, Ask, Broken, Cells, Wrap, honest, keep, search
from support.pictures import Entry
from support.places import program
from support.questions import Picture, literal, tables


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


@pytest.mark.parametrize("picture", [Picture(seed=1), Picture(seed=2), Picture(seed=3, hostile=True)], ids=str)
def test_a_host_is_its_files(picture: Picture) -> None:
    """What is made from a seed answers the same when only its files are taken: as cases do."""
    made, written = plumb.Engine(picture.host()), plumb.Engine(pictures.host(picture.as_files()))
    compared = 0
    # An archive keeps neither the numbers of inodes, of which pipes tell, nor that a link to a program may not be read.
    for table in tables().keys() - {"process_open_pipes", "processes"}:
        rows = [Counter(tuple(row.values()) for row in one.query(f"SELECT * FROM {table}")) for one in (made, written)]
        assert rows[0] == rows[1], table
        compared += len(rows[0])
    assert compared > 50


def test_a_host_is_written_as_it_is(tmp_path: Path) -> None:
    """Contents and names that no text can show, lines that look like headers, modes, owners, links: conform reads them again."""
    contents = (b"", b"x", b"x\n", b"=== file /y\n\\=== z\n", b"\xff\x00\r", "é\n".encode(), b"\t\n\n")
    files = {f"/d/{number}".encode(): Entry("file", content) for number, content in enumerate(contents)}
    files[b"/d/ odd\\\xff\n"] = Entry("file", b"1\n", 0o600, 7, 8, 1_000_000_000)
    files[b"/d/link"] = Entry("link", b"a b\\", 0o500)
    files[b"/d/folder"] = Entry("directory", mode=0o700)
    sql = "SELECT hex(path) AS path, size, mode, uid, gid, type, symlink_target_path FROM file WHERE directory = '/d'"
    rows = plumb.Engine(pictures.host(files)).query(sql)
    assert len(rows) == len(files)
    names = list(rows[0])
    answer = "\n".join(" | ".join([literal(row[name]) for name in names]) for row in rows)
    text = f"=== host linux\n{pictures.text(files)}=== query\n{sql}\n=== answer\n{' | '.join(names)}\n{answer}\n"
    file = tmp_path / "host.case"
    file.write_text(text)
    conform = built("conform")[0]
    run = subprocess.run([conform, "replay", file], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0 and "\nholds\n" in run.stdout, f"{run.stdout}{run.stderr}\n{text}"


def built(*names: str) -> list[Path]:
    """Programs of the harness, or a skip."""
    try:
        paths = [program(name) for name in names]
    except FileNotFoundError as error:
        pytest.skip(str(error))
    if missing := [path.name for path in paths if not path.is_file()]:
        pytest.skip(f"{', '.join(missing)} not built: cargo build -p plumb-conformance -p plumb")
    return paths


def test_a_case_replays(tmp_path: Path) -> None:
    """It fails for who lies, and holds for the agent itself; a case of a host that was made from a seed has its files."""
    conform, liar, plumbi = built("conform", "liar", "plumbi")
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
