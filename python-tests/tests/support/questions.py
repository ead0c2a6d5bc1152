"""Questions that hypothesis draws, and the hosts that they are about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from hypothesis import settings
from hypothesis import strategies as st

import plumb

from . import pictures
from .agents import Value, quoted
from .pictures import Files

NAMES = ("root", "al", "Al", "bo", "x y", "é", "", "-", "+", "#")
NUMBERS = ("0", "1", "1000", "4294967295", "-1", "2147483648", "00", "x", "", "18446744073709551616")
ADDRESSES = ("127.0.0.1", "::1", "10.0.0.1", "fe80::1%eth0", "nowhere", "")
PATHS = ("/", "/root", "/home/al", "/bin/sh", "", "relative")
JUNK = ("", "#", "junk", ":::", "\t", "::::::::::", "=== file /x")

#: Tables that say something else each time, or something about the agent itself.
LEFT_OUT = {"time", "uptime", "osquery_info", "osquery_registry", "osquery_flags", "plumb_schema", "load_average"}

#: Tables that have rows on every host here.
FEW = ("users", "groups", "user_groups", "etc_hosts", "etc_services", "processes")

#: Values that no host need have.
ODD: tuple[Value, ...] = (0, 1, -1, 2**31, 2**63 - 1, -(2**63), 1.5, "", "0", "01", "root", "ROOT", "%", None, b"\x00")

#: Two tables in one question, and columns of theirs.
JOINS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("users AS u JOIN user_groups AS g ON g.uid = u.uid", ("u.uid", "u.username", "u.shell", "g.gid")),
    ("users AS u LEFT JOIN groups AS g ON g.gid = u.gid", ("u.uid", "u.username", "g.gid", "g.groupname")),
    ("processes AS p JOIN users AS u ON u.uid = p.uid", ("p.pid", "p.name", "u.username", "u.uid")),
    ("processes AS p JOIN processes AS q ON q.pid = p.parent", ("p.pid", "p.name", "q.pid", "q.state")),
    ("processes AS p LEFT JOIN process_open_files AS f ON f.pid = p.pid", ("p.pid", "p.name", "f.fd", "f.path")),
)


@dataclass(frozen=True)
class Picture:
    """A host: of files that were drawn, or made from a seed."""

    files: tuple[tuple[str, str], ...] = ()
    seed: int | None = None
    odd: bool = False
    hostile: bool = False

    def host(self) -> plumb.Host:
        """The host itself."""
        if self.seed is not None:
            return plumb.Host.generate(self.seed, odd=self.odd, hostile=self.hostile, netlink=False)
        return pictures.host(self.as_files())

    def as_files(self) -> Files:
        """What it consists of."""
        if self.seed is not None:
            return pictures.of_tar(self.host().to_tar())
        return {path.encode(): pictures.file(content) for path, content in self.files}


@dataclass(frozen=True)
class Question:
    """A statement in its parts."""

    columns: tuple[str, ...]
    source: str
    condition: str
    limit: int = 1
    offset: int = 0

    @property
    def whole(self) -> str:
        """Without its condition."""
        return f"SELECT {', '.join(self.columns)} FROM {self.source}"

    @property
    def sql(self) -> str:
        """With it."""
        return f"{self.whole} WHERE {self.condition}"

    @property
    def limited(self) -> str:
        """And with LIMIT."""
        return f"{self.sql} LIMIT {self.limit} OFFSET {self.offset}"


def literal(value: Value) -> str:
    """A value as SQL writes it."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"CAST(x'{value.hex()}' AS TEXT)"
    if isinstance(value, str):
        if "\0" in value:
            return f"CAST(x'{value.encode(errors='surrogateescape').hex()}' AS TEXT)"
        return "'" + value.replace("'", "''") + "'"
    # The least integer is no literal, but a minus and one too large.
    return "(-9223372036854775807 - 1)" if value == -(2**63) else repr(value)


def _lines(draw: st.DrawFn, *fields: tuple[str, ...], between: str = ":") -> str:
    line = st.one_of(st.tuples(*map(st.sampled_from, fields)).map(between.join), st.sampled_from(JUNK))
    return "".join(f"{one}\n" for one in draw(st.lists(line, min_size=1, max_size=4)))


@st.composite
def drawn(draw: st.DrawFn) -> Picture:
    """A host of a few files, of lines that are right or nearly so; values repeat."""
    files = {
        "/etc/passwd": _lines(draw, NAMES, ("x",), NUMBERS, NUMBERS, NAMES, PATHS, PATHS),
        "/etc/group": _lines(draw, NAMES, ("x",), NUMBERS, ("", "al", "al,bo", "root,,x")),
        "/etc/hosts": _lines(draw, ADDRESSES, ("localhost", "a b", "A", "# c"), between=" "),
        "/etc/services": _lines(draw, ("ssh", "a-b"), ("22/tcp", "22/udp", "70000/tcp", "x/tcp", "1"), between="\t"),
    }
    for pid in draw(st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True)):
        title, parent, state = draw(st.tuples(st.sampled_from(NAMES), st.integers(0, 4), st.sampled_from("SRZ")))
        owner = draw(st.sampled_from(("0", "1000", "4294967295")))
        numbers = f"{pid} {pid} 0 -1 0 10 0 0 0 5 7 0 0 20 0 1 0 100 4096000 25 18446744073709551615"
        files[f"/proc/{pid}/stat"] = f"{pid} ({title}) {state} {parent} {numbers}\n"
        files[f"/proc/{pid}/status"] = (
            f"Name:\t{title}\nPid:\t{pid}\nPPid:\t{parent}\nUid:\t{(owner + chr(9)) * 4}\nGid:\t{'0 ' * 4}\n"
        )
    return Picture(tuple(files.items()))


@st.composite
def made(draw: st.DrawFn) -> Picture:
    """A host from a seed."""
    # Few of them in a short search, so that they are made once each.
    most = 2**32 if settings().max_examples > 1_000 else 31
    return Picture((), draw(st.integers(0, most)), draw(st.booleans()), draw(st.integers(0, 3)) == 3)


def pictures_drawn() -> st.SearchStrategy[Picture]:
    """Hosts: smaller ones are those of drawn files."""
    return st.one_of(drawn(), made())


@lru_cache(maxsize=128)
def engine(picture: Picture) -> plumb.Engine:
    """The engine over a host; one is used for many questions."""
    return plumb.Engine(picture.host())


@lru_cache(maxsize=1)
def tables() -> dict[str, tuple[str, ...]]:
    """Tables that can be asked without a condition, and their columns, those left out that choose other rows."""
    return {
        table: tuple(quoted(column.name) for column in told.columns if not column.hidden)
        for table, told in plumb.schema("linux").items()
        if table not in LEFT_OUT and not any(column.required for column in told.columns)
    }


@lru_cache(maxsize=4096)
def values(picture: Picture, source: str, column: str) -> tuple[Value, ...]:
    """The values of a column on a host, each once."""
    rows = engine(picture).query(f"SELECT DISTINCT {column} AS v FROM {source}")
    return tuple(sorted((row["v"] for row in rows), key=lambda value: (type(value).__name__, len(str(value)), str(value))))


@st.composite
def conditions(draw: st.DrawFn, picture: Picture, source: str, columns: tuple[str, ...], depth: int = 2) -> str:
    """A condition over these columns: comparisons with values that occur and with others, combined."""
    shape = draw(st.integers(0, 9 if depth else 5))
    if shape >= 6:
        left = draw(conditions(picture, source, columns, depth - 1))
        if shape == 9:
            return f"NOT ({left})"
        right = draw(conditions(picture, source, columns, depth - 1))
        return f"({left}) {'OR' if shape == 8 else 'AND'} ({right})"
    column = draw(st.sampled_from(columns))
    known = st.sampled_from(values(picture, source, column) or ODD)
    value = st.one_of(known, known, st.sampled_from(ODD))
    match shape:
        case 1:
            some = draw(st.lists(value, min_size=1, max_size=3))
            return f"{column} {draw(st.sampled_from(('IN', 'NOT IN')))} ({', '.join(map(literal, some))})"
        case 2:
            return f"{column} IS {draw(st.sampled_from(('NOT NULL', 'NULL')))}"
        case 3:
            return f"{column} {draw(st.sampled_from(('LIKE', 'GLOB')))} {literal(draw(value))}"
        case 4:
            return f"{column} BETWEEN {literal(draw(value))} AND {literal(draw(value))}"
        case 5:
            return f"{column} {draw(st.sampled_from(('=', '<>', '<=')))} {draw(st.sampled_from(columns))}"
        case _:
            return f"{column} {draw(st.sampled_from(('=', '<', '>', '<=', '>=', '<>', 'IS')))} {literal(draw(value))}"


@st.composite
def questions(draw: st.DrawFn) -> tuple[Picture, Question]:
    """A host and a question about it."""
    picture = draw(pictures_drawn())
    known = tables()
    if draw(st.integers(0, 7)) == 7:
        source, columns = draw(st.sampled_from(JOINS))
    else:
        # A host of drawn files has rows in few tables; they come first, so that findings shrink to them.
        source = draw(st.sampled_from(FEW if picture.seed is None else (*FEW, *(table for table in known if table not in FEW))))
        columns = known[source]
    chosen = draw(st.lists(st.sampled_from(columns), min_size=1, max_size=3, unique=True))
    condition = draw(conditions(picture, source, columns))
    return picture, Question(
        tuple(chosen), source, condition, draw(st.sampled_from((1, 2, 3, 5, 0))), draw(st.sampled_from((0, 0, 1, 2)))
    )
