"""Fuzzing from Python: laws that hold for every question, a search that breaks them, and cases of what it finds.

The laws are those of `conform`, of the same names, so that a case replays there: `cargo conform replay FILE`.
"""

from __future__ import annotations

import os
import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import given

import plumb

from . import pictures
from .agents import Value
from .pictures import Entry, Files
from .questions import Picture, Question, engine, questions

#: A row by the kinds of its values too: 1 is not 1.0.
Cells = tuple[tuple[str, Value], ...]
Ask = Callable[[str], list[Cells]]
#: Makes an engine into somebody who answers.
Wrap = Callable[[plumb.Engine], Ask]


class Broken(AssertionError):
    """A law does not hold: for whom, and how it shows."""

    def __init__(self, law: str, picture: Picture, question: Question, how: str) -> None:
        super().__init__(f"{law}: {how}\n{question}\n{picture}")
        self.law, self.picture, self.question, self.how = law, picture, question, how


class Violation(Exception):
    """How a law is broken by the answers."""


def honest(engine: plumb.Engine) -> Ask:
    """What the engine answers."""

    def ask(sql: str) -> list[Cells]:
        return [tuple((type(value).__name__, value) for value in row.values()) for row in engine.query(sql)]

    return ask


def _same(wanted: Sequence[Cells], got: Sequence[Cells], form: str) -> None:
    missing, extra = Counter(wanted) - Counter(got), Counter(got) - Counter(wanted)
    if missing or extra:
        raise Violation(f"{form}\n  missing: {list(missing.elements())[:3]}\n  too many: {list(extra.elements())[:3]}")


def tlp(ask: Ask, question: Question) -> int:
    """The rows for which the condition is true, false and unknown are together all rows."""
    wanted, parts = ask(question.whole), []
    for test in (f"({question.condition})", f"NOT ({question.condition})", f"({question.condition}) IS NULL"):
        parts += ask(f"{question.whole} WHERE {test}")
    _same(wanted, parts, question.sql)
    return len(wanted)


def pushdown(ask: Ask, question: Question) -> int:
    """The same rows whether a lookup may find them or every row is looked at."""
    computed = ask(f"{question.whole} WHERE CASE WHEN {question.condition} THEN 1 END")
    twice = f"{question.whole} WHERE ({question.condition}) OR ({question.condition})"
    for form in (question.sql, twice, f"{question.sql} UNION ALL {question.whole} WHERE ({question.condition}) AND 0"):
        _same(computed, ask(form), form)
    return len(computed)


def norec(ask: Ask, question: Question) -> int:
    """As many rows pass the condition as fulfil it when it is computed for each."""
    computed = ask(f"SELECT CAST(total(({question.condition}) IS TRUE) AS INTEGER) FROM {question.source}")
    counted = ask(f"SELECT count(*) FROM {question.source} WHERE {question.condition}")
    _same(computed, counted, question.sql)
    return int(str(computed[0][0][1]))


def limit_prefix(ask: Ask, question: Question) -> int:
    """LIMIT gives as many rows as it says, of those that there are without it."""
    whole, part = ask(question.sql), ask(question.limited)
    wanted = min(max(len(whole) - question.offset, 0), question.limit)
    if len(part) != wanted:
        raise Violation(f"{question.limited}\n  {len(part)} rows instead of {wanted}")
    if Counter(part) - Counter(whole):
        raise Violation(f"{question.limited}\n  rows that are not there without LIMIT")
    return wanted


def determinism(ask: Ask, question: Question) -> int:
    """Asked twice, answered twice the same."""
    first = ask(question.sql)
    _same(first, ask(question.sql), question.sql)
    return len(first)


Law = Callable[[Ask, Question], int]
LAWS: dict[str, Law] = {law.__name__: law for law in (tlp, pushdown, norec, limit_prefix, determinism)}


@dataclass
class Tally:
    """What a search has seen."""

    #: Questions in which rows were compared, and all.
    told: int = 0
    all: int = 0
    tables: set[str] = field(default_factory=set)


def search(law: str, wrap: Wrap = honest) -> Tally:
    """Asks many questions about many hosts; raises Broken with the smallest that breaks the law."""
    tally = Tally()

    @given(questions())
    def holds(example: tuple[Picture, Question]) -> None:
        picture, question = example
        try:
            rows = LAWS[law](wrap(engine(picture)), question)
        except Violation as violation:
            raise Broken(law, picture, question, str(violation)) from None
        except plumb.SqlError as error:
            raise Broken(law, picture, question, f"a form of it is refused: {error}") from None
        tally.all += 1
        tally.told += rows > 0
        tally.tables |= {question.source.split()[0]} if rows else set()

    holds()
    return tally


def breaks(law: str, wrap: Wrap, files: Files, question: Question) -> bool:
    """Whether the law is broken on the host of these files."""
    try:
        LAWS[law](wrap(plumb.Engine(pictures.host(files))), question)
    except (Violation, plumb.SqlError):
        return True
    return False


def fewer(files: Files, still: Callable[[Files], bool]) -> Files:
    """The host without what does not matter: folders, then files, then lines, and what is said of owners and times."""
    plain = {path: Entry(entry.kind, entry.content, pictures.MODES.get(entry.kind, 0o644)) for path, entry in files.items()}
    files = plain if still(plain) else files
    folders = {b"/".join(path.split(b"/")[:depth]) for path in files for depth in range(2, path.count(b"/") + 2)}
    for folder in sorted(folders, key=lambda folder: (folder.count(b"/"), folder)):
        rest = {path: entry for path, entry in files.items() if path != folder and not path.startswith(folder + b"/")}
        if len(rest) < len(files) and still(rest):
            files = rest
    # Folders on the way to something need not be named.
    for path in [path for path, entry in files.items() if entry.kind == "directory"]:
        rest = {other: entry for other, entry in files.items() if other != path}
        files = rest if still(rest) else files
    for path, entry in files.items():
        lines = entry.content.splitlines(keepends=True)
        for number in reversed(range(len(lines) if entry.kind == "file" else 0)):
            shorter = lines[:number] + lines[number + 1 :]
            rest = {**files, path: replace(files[path], content=b"".join(shorter))}
            if still(rest):
                files, lines = rest, shorter
    return files


def case(broken: Broken, wrap: Wrap) -> str:
    """The text of a case for what was found, with no more files than it takes."""
    files = broken.picture.as_files()
    note = "Found by hypothesis."
    if breaks(broken.law, wrap, files, broken.question):
        files = fewer(files, lambda rest: breaks(broken.law, wrap, rest, broken.question))
    else:
        note += f" Its files alone do not show it: {broken.picture}"
    about = re.sub(r"^(\\*=== )", r"\\\1", f"{note}\n{broken.how}", flags=re.M)
    sql = broken.question.limited if broken.law == "limit_prefix" else broken.question.sql
    return f"=== about\n{about}\n=== oracle {broken.law}\n=== host linux\n{pictures.text(files)}=== query\n{sql}\n"


def keep(broken: Broken, wrap: Wrap, folder: Path) -> Path:
    """Writes the case into PLUMB_CASES, or into a folder of the test's own."""
    folder = Path(os.environ.get("PLUMB_CASES") or folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = case(broken, wrap)
    file = folder / f"{broken.law}-{zlib.crc32(text.encode()):08x}.case"
    file.write_text(text)
    return file
