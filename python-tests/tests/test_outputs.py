"""Every table over every host: values are of the declared type and mean what their column says, keys do not repeat."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable

import pytest

from support.agents import Agent, Row, Spec, Value
from support.hosts import Host
from support.schemas import reviewed
from support.tables import CHOSEN, known, select

pytestmark = pytest.mark.agent

#: Rows of a table on a host, read once for all tests.
Rows = Callable[[str], list[Row]]

TYPES: dict[str, tuple[type, ...]] = {
    "INTEGER": (int,),
    "BIGINT": (int,),
    "UNSIGNED BIGINT": (int,),
    "DOUBLE": (float, int),
    # A TEXT that is not UTF-8 comes as its bytes.
    "TEXT": (str, bytes),
    "BLOB": (bytes, str),
}


def fits(value: Value, spec: Spec) -> bool:
    """Whether a value is of its column's type: NULL always is, an empty text instead of a number never."""
    return value is None or isinstance(value, TYPES[spec.type])


def address(value: Value) -> bool:
    """An IP address, with a zone or a prefix length perhaps, or nothing for a socket of another family."""
    try:
        ipaddress.ip_interface(str(value).split("%")[0])
    except ValueError:
        return value == ""
    return True


def between(least: int, most: int) -> Callable[[Value], bool]:
    """A number in a range."""
    return lambda value: isinstance(value, int) and least <= value <= most


def digest(length: int) -> Callable[[Value], bool]:
    """A digest in lower-case hexadecimal digits, or nothing where there is nothing to read."""
    pattern = re.compile(rf"[0-9a-f]{{{length}}}|")
    return lambda value: isinstance(value, str) and bool(pattern.fullmatch(value))


def path(value: Value) -> bool:
    """An absolute path, what the kernel writes instead of one in brackets or by a name and a colon, or nothing."""
    text = value if isinstance(value, bytes) else str(value).encode(errors="surrogateescape")
    return text == b"" or text[:1] in (b"/", b"[", b"@", b"(") or b":" in text


def flag(value: Value) -> bool:
    """0 or 1, -1 where it is not known."""
    return value in (-1, 0, 1)


#: Seconds since 1970: no clock of a host that runs is past the year 2200; damaged files may say anything else.
instant = between(0, 7_258_118_400)
port = between(0, 65_535)
user = between(0, 2**32 - 1)

#: What a column's values are, by its name in any table, or in one. Hosts that are made hold extremes where files may.
RULES: dict[str, Callable[[Value], bool]] = {
    "md5": digest(32),
    "sha1": digest(40),
    "sha256": digest(64),
    "processes.pid": between(0, 2**31 - 1),
    "processes.parent": between(-1, 2**31 - 1),
    "processes.on_disk": flag,
    "processes.state": lambda value: isinstance(value, str) and len(value) == 1,
    "processes.threads": between(0, 2**31 - 1),
    "processes.path": path,
    "processes.cwd": path,
    "processes.root": path,
    "process_open_files.fd": between(0, 2**31 - 1),
    "process_open_sockets.local_address": address,
    "process_open_sockets.remote_address": address,
    "process_open_sockets.local_port": port,
    "process_open_sockets.remote_port": port,
    "listening_ports.address": address,
    "listening_ports.port": port,
    "interface_addresses.address": address,
    "routes.source": address,
    "users.uid": user,
    "users.gid": user,
    "users.uid_signed": between(-(2**31), 2**31 - 1),
    "users.gid_signed": between(-(2**31), 2**31 - 1),
    "groups.gid": user,
    # Signed, as osquery has it.
    "user_groups.uid": between(-(2**31), 2**31 - 1),
    "user_groups.gid": user,
    "file.path": path,
    "file.inode": between(0, 2**63 - 1),
    "file.size": between(0, 2**63 - 1),
    "file.mode": lambda value: isinstance(value, str) and bool(re.fullmatch("[0-7]{4,5}", value)),
    "file.type": lambda value: value in ("regular", "directory", "fifo", "socket", "character", "block", "symlink", "unknown"),
    "suid_bin.path": path,
    "suid_bin.permissions": lambda value: isinstance(value, str) and bool(re.fullmatch("[SG]{1,2}", value)),
    "hash.path": path,
    "time.hour": between(0, 23),
    "time.minutes": between(0, 59),
    "time.seconds": between(0, 60),
    "time.month": between(1, 12),
    "time.day": between(1, 31),
    "time.unix_time": instant,
    "uptime.total_seconds": between(0, 2**40),
    "load_average.period": lambda value: value in ("1m", "5m", "15m"),
    "memory_info.memory_total": between(0, 2**63 - 1),
    "system_info.cpu_logical_cores": between(0, 2**20),
    "system_info.physical_memory": between(-1, 2**63 - 1),
    "mounts.path": path,
    "logged_in_users.pid": between(-(2**31), 2**31 - 1),
    "kernel_modules.size": between(0, 2**63 - 1),
}

#: Rules that hold on hosts that are as a kernel and honest tools left them; a generated host has files that say anything.
HONEST: dict[str, Callable[[Value], bool]] = {
    "file.atime": instant,
    "file.mtime": instant,
    "file.ctime": instant,
    "processes.start_time": between(-1, 7_258_118_400),
    "deb_packages.status": lambda value: isinstance(value, str) and len(value.split()) >= 2,
    "deb_packages.size": between(0, 2**50),
    "etc_protocols.number": between(0, 65_535),
    "etc_services.port": port,
    "etc_hosts.address": address,
    "arp_cache.address": address,
    "arp_cache.mac": lambda value: isinstance(value, str) and bool(re.fullmatch("([0-9a-f]{2}:){5}[0-9a-f]{2}", value)),
    # A number in a file that its owner may edit.
    "shell_history.time": between(0, 2**63 - 1),
    "users.directory": path,
    "users.shell": path,
    "last.time": instant,
    "process_open_files.path": path,
    "process_memory_map.start": lambda value: isinstance(value, str) and bool(re.fullmatch("0x[0-9a-f]+", value)),
}


@pytest.fixture(scope="session")
def kept() -> dict[tuple[str, str, str], list[Row]]:
    """Rows by agent, host and table."""
    return {}


@pytest.fixture
def rows(asked: tuple[Agent, Host], kept: dict[tuple[str, str, str], list[Row]]) -> Rows:
    """The rows of a table on the host, asked for once."""
    agent, host = asked

    def read(table: str) -> list[Row]:
        key = (agent.name, host.name, table)
        if key not in kept:
            shown = [spec.name for spec in agent.declared(table) if not spec.hidden]
            kept[key] = agent.query(select(table, ", ".join(f'"{column}"' for column in shown)), shown, host)
        return kept[key]

    return read


def test_values_have_the_declared_types(asked: tuple[Agent, Host], rows: Rows) -> None:
    """A number is a number or NULL, never an empty text."""
    agent, _ = asked
    wrong: Counter[str] = Counter()
    seen = 0
    for table in known(agent):
        specs = {spec.name: spec for spec in agent.declared(table)}
        for row in rows(table):
            seen += 1
            for column, value in row.items():
                if not fits(value, specs[column]):
                    wrong[f"{table}.{column} is {specs[column].type}, not {value!r}"] += 1
    assert not wrong
    assert seen > 50 or CHOSEN, "hardly any rows were looked at"


def test_values_mean_what_the_column_says(asked: tuple[Agent, Host], rows: Rows) -> None:
    """Paths are paths, digests digests, addresses parse, times are in range."""
    agent, host = asked
    rules = {**RULES, **({} if host.kind == "generated" else HONEST)}
    wrong: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for table in known(agent):
        specs = [spec.name for spec in agent.declared(table) if not spec.hidden]
        here = {column: rule for column in specs if (rule := rules.get(f"{table}.{column}") or rules.get(column))}
        for row in rows(table) if here else []:
            for column, rule in here.items():
                value = row[column]
                if value is None:
                    continue
                used[f"{table}.{column}"] += 1
                if not rule(value):
                    wrong[f"{table}.{column}: {value!r}"] += 1
    assert not wrong
    assert len(used) > 15 or CHOSEN, f"rules that found values: {sorted(used)}"


def test_rules_name_columns() -> None:
    """No rule is for a column that does not exist."""
    columns = {f"{table}.{spec.name}" for table, declared in reviewed("linux").items() for spec in declared.columns}
    names = {column.split(".")[1] for column in columns}
    assert {rule for rule in (*RULES, *HONEST) if rule not in columns and rule not in names} == set()


def test_keys_do_not_repeat(asked: tuple[Agent, Host], rows: Rows) -> None:
    """A table that says so has no two rows of one key."""
    agent, host = asked
    if not agent.ours:
        pytest.skip("osquery declares keys that repeat")
    compared = 0
    for table, declared in reviewed("linux").items():
        key = [spec.name for spec in declared.columns if spec.key and not spec.hidden]
        if not declared.unique or not key or table not in known(agent):
            continue
        counts = Counter(tuple(row[column] for column in key) for row in rows(table))
        compared += len(counts)
        assert [value for value, count in counts.items() if count > 1] == [], f"{table} by {key}"
    assert compared > 5 or CHOSEN, host.name


def test_counts_are_counts_of_rows(asked: tuple[Agent, Host]) -> None:
    """`count(*)` of what does not change is how many rows there are."""
    agent, host = asked
    compared = 0
    for table in ("users", "groups", "etc_services", "etc_protocols", "deb_packages", "etc_hosts", "osquery_registry"):
        if table not in known(agent):
            continue
        column = agent.declared(table)[0].name
        rows = agent.query(select(table, f'"{column}"'), [column], host)
        assert agent.count(select(table, "count(*) AS n"), host) == len(rows), table
        compared += len(rows)
    assert compared > 20 or CHOSEN


#: Tables that show what a tree on a disk cannot keep: modes of links, inodes, times of change, the clock.
UNPACKED = {"file", "process_open_pipes", "time"}


def test_answers_are_what_the_host_was_made_of(asked: tuple[Agent, Host]) -> None:
    """The rows about a generated host are those of the model behind its files."""
    agent, host = asked
    if host.kind != "generated":
        pytest.skip("only a generated host has a model")
    compared = 0
    for question in host.opened().questions():
        if question.table in UNPACKED and agent.name != "embedded":
            continue
        if question.rows and question.table in agent.tables() and not CHOSEN:
            got = agent.query(question.sql, list(question.rows[0]), host)
            assert counted(got) == counted(question.rows), question.sql
            compared += len(got)
    assert compared > 20 or CHOSEN


def counted(rows: list[Row]) -> Counter[tuple[tuple[str, Value], ...]]:
    """Rows as a multiset."""
    return Counter(tuple(sorted(row.items())) for row in rows)
