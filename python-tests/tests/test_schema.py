"""Every table of every platform: names, types, keys, what is hidden, what is required, what is said of it."""

from __future__ import annotations

import re

import pytest

from support.agents import Agent, Refused, Spec, quoted
from support.schemas import PLATFORMS, observed, recorded, reviewed
from support.tables import CHOSEN, known, select

#: The tables that only we have.
OWN = {"plumb_schema"}

ABOUT = (
    'SELECT table_name, "position", column_name, type, hidden, required, description FROM plumb_schema'
    " WHERE platform = '{}' ORDER BY table_name, \"position\""
)
WORDS = ["table_name", "position", "column_name", "type", "hidden", "required", "description"]


def described(agent: Agent, platform: str) -> dict[str, list[dict[str, object]]]:
    """The rows of plumb_schema about a platform, by table."""
    if not agent.ours:
        pytest.skip("only our own agents tell the schemas of all platforms")
    tables: dict[str, list[dict[str, object]]] = {}
    for row in agent.query(ABOUT.format(platform), WORDS):
        tables.setdefault(str(row["table_name"]), []).append(dict(row))
    assert len(tables) > 20
    return tables


@pytest.mark.agent
def test_tables_are_as_reviewed(agent: Agent) -> None:
    """What the agent declares on this system is what was reviewed: columns in order, with type, key and hiding."""
    wanted = reviewed("linux")
    assert len(wanted) > 40
    if not agent.ours:
        wanted = {name: declared for name, declared in wanted.items() if name not in OWN}
    if CHOSEN:
        wanted = {name: wanted[name] for name in CHOSEN}
    missing = sorted(set(wanted) - set(agent.tables()))
    assert not missing
    differing = {
        name: compare(list(declared.columns), agent.declared(name))
        for name, declared in wanted.items()
        if list(declared.columns) != agent.declared(name)
    }
    assert not differing
    if agent.ours and not CHOSEN:
        assert set(agent.tables()) == set(wanted), "a table that nobody reviewed"


def compare(wanted: list[Spec], got: list[Spec]) -> list[str]:
    """What differs, by column."""
    ours, theirs = {spec.name: spec for spec in wanted}, {spec.name: spec for spec in got}
    return (
        [f"{name} is missing" for name in ours if name not in theirs]
        + [f"{name} is new" for name in theirs if name not in ours]
        + [f"{theirs[name]}, not {ours[name]}" for name in ours if name in theirs and ours[name] != theirs[name]]
    ) or ["the columns stand in another order"]


@pytest.mark.agent
def test_required_columns_are_required(agent: Agent) -> None:
    """A table that needs a condition says so by name, and answers with one."""
    needing = {name: declared for name in known(agent) if (declared := reviewed("linux")[name]).required}
    assert needing or CHOSEN
    for name, declared in needing.items():
        with pytest.raises(Refused, match=name):
            agent.query(f"SELECT count(*) AS n FROM {name}", ["n"])
        for column in declared.required:
            assert agent.count(f"SELECT count(*) AS n FROM {name} WHERE {column} = '/etc/passwd' OR {column} = '/etc'") > 0


@pytest.mark.agent
def test_star_is_what_is_not_hidden(agent: Agent) -> None:
    """`SELECT *` has the columns that are not hidden; the hidden ones can be named."""
    seen = 0
    for table in known(agent):
        specs = agent.declared(table)
        shown = [spec.name for spec in specs if not spec.hidden]
        columns = agent.columns(f"SELECT * FROM ({select(table)}) LIMIT 1")
        if columns is not None:
            seen += 1
            # A program tells them by name, the module in order.
            assert columns in (shown, sorted(shown)), table
        for spec in specs:
            if spec.hidden:
                agent.query(f"SELECT {quoted(spec.name)} FROM ({select(table, quoted(spec.name))}) LIMIT 1", [spec.name])
    assert seen > 20 or CHOSEN


@pytest.mark.parametrize("platform", PLATFORMS)
def test_schemas_of_all_platforms(agent: Agent, platform: str) -> None:
    """What is told about a platform is what was reviewed."""
    tables, wanted = described(agent, platform), reviewed(platform)
    assert set(tables) == set(wanted)
    for table, declared in wanted.items():
        got = [(row["column_name"], row["type"], bool(row["hidden"])) for row in tables[table]]
        # A declaration has the columns of other platforms too, hidden; what is told leaves them out.
        own = {column for column, _, _ in got}
        assert got == [(spec.name, spec.type, spec.hidden) for spec in declared.columns if spec.name in own], table
        assert all(spec.hidden for spec in declared.columns if spec.name not in own), table
        assert {row["column_name"] for row in tables[table] if row["required"]} == declared.required, table
        places = [int(str(row["position"])) for row in tables[table]]
        assert places == sorted(set(places)), table


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_column_is_documented(agent: Agent, platform: str) -> None:
    """A text for a person: it says more than the name, and is plain."""
    for name, rows in described(agent, platform).items():
        for row in rows:
            words, where = str(row["description"]), f"{name}.{row['column_name']} on {platform}: {row['description']}"
            assert len(words) >= 4 and words.strip() == words, where
            assert re.sub(r"\W", "", words.lower()) != str(row["column_name"]).replace("_", ""), where
            assert "  " not in words and "TODO" not in words and words.isprintable(), where


@pytest.mark.parametrize("platform", PLATFORMS)
def test_names_and_types_are_osquerys(agent: Agent, platform: str) -> None:
    """Columns of every platform have osquery's names and types."""
    osquerys = recorded(platform)
    if not osquerys:
        pytest.skip("the recorded schemas are not beside the repository; PLUMB_REFERENCE names their folder")
    compared = 0
    for name, rows in described(agent, platform).items():
        if name not in OWN:
            compared += 1
            assert {(row["column_name"], row["type"]) for row in rows} == osquerys[name], name
    assert compared > 20


def test_declarations_are_osquerys(agent: Agent) -> None:
    """Keys, order and hidden columns on Linux are osquery's."""
    osquerys = observed()
    if not osquerys:
        pytest.skip("the recorded schemas are not beside the repository; PLUMB_REFERENCE names their folder")
    compared = [name for name in agent.tables() if name in osquerys]
    assert len(compared) > 40
    assert {
        name: compare(osquerys[name], agent.declared(name)) for name in compared if osquerys[name] != agent.declared(name)
    } == {}
