"""`--profile_pack`: what the queries of a pack cost, as a table for people and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.shell import Shell

QUERIES = {"one": "SELECT 1 AS a", "three": "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3", "wrong": "SELEC"}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of these queries."""
    file = tmp_path / "mine.conf"
    file.write_text(json.dumps({"queries": {name: {"query": sql, "interval": 10} for name, sql in QUERIES.items()}}))
    return file


def test_what_queries_cost(shell: Shell, pack: Path) -> None:
    """Rows as they are, times and memory that are possible, a run each round; what fails is told, and is a failure."""
    run = shell.run(f"--profile_pack={pack}", "--profile_rounds=2", "--json")
    report = json.loads(run.text)
    assert (run.code, report["rounds"]) == (1, 2)
    rows = {query["query"]: query["rows"] for query in report["queries"]}
    assert rows == {QUERIES["one"]: 1, QUERIES["three"]: 3}
    for query in report["queries"]:
        assert len(query["runs"]) == 2
        for cost in query["runs"]:
            assert cost["wall"] > 0 and cost["user"] >= 0 and cost["system"] >= 0
            assert cost["memory"] > 1_000_000 and cost["fds"] >= 3
    (failed,) = report["failed"]
    assert failed["name"].endswith("wrong") and 'near "SELEC": syntax error' in failed["error"][0]


def test_a_table_for_people(shell: Shell, pack: Path) -> None:
    """No colours in a pipe; the same queries, in the order of their names."""
    run = shell.run(f"--profile_pack={pack}", "--profile_rounds=1")
    assert (run.code, b"\x1b" in run.out) == (1, False)
    names = [line.split()[0] for line in run.text.splitlines()[1:3]]
    assert [name.rsplit("_", 1)[1] for name in names] == ["one", "three"]
    assert run.text.splitlines()[-1] == "2 queries measured in 1 round, 1 failed, 0 left out"


def test_some_queries_only(shell: Shell, pack: Path) -> None:
    everything = json.loads(shell.run(f"--profile_pack={pack}", "--profile_rounds=1", "--json").text)
    name = everything["queries"][0]["name"]
    run = shell.run(f"--profile_pack={pack}", "--profile_rounds=1", f"--profile_query={name}", "--json")
    assert run.code == 0, run.complaint
    assert [query["name"] for query in json.loads(run.text)["queries"]] == [name]


def test_a_query_that_takes_too_long_is_ended(shell: Shell, tmp_path: Path) -> None:
    """It fails, and the others have their turn; on a busy machine they may take too long as well."""
    file = tmp_path / "slow.conf"
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    file.write_text(json.dumps({"queries": {"a": {"query": slow, "interval": 1}, "b": {"query": "SELECT 1", "interval": 1}}}))
    run = shell.run(f"--profile_pack={file}", "--profile_rounds=1", "--profile_timeout=2", "--json")
    report = json.loads(run.text)
    assert run.code == 1
    failed, measured = ([query["name"][-1] for query in report[part]] for part in ("failed", "queries"))
    assert failed[0] == "a" and failed[1:] + measured == ["b"]


@pytest.mark.parametrize("content", [None, "", "{", "[]"], ids=repr)
def test_a_pack_that_is_none(shell: Shell, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "pack.conf"
    if content is not None:
        file.write_text(content)
    run = shell.run(f"--profile_pack={file}", "--json")
    assert (run.out, run.code) == (b"", 1)
    assert str(file) in run.complaint
