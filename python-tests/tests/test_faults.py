"""The suites themselves: agents that are wrong on purpose are caught, each by the test that is there for it.

`liar` wraps the shell and lies about its answers; the suites hear it as they would anybody else's agent.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.places import program

#: A lie, the tables that are asked for, and the test that must catch it.
LIES = (
    ("wrong-type", "users", "test_outputs.py::test_values_have_the_declared_types"),
    # Nothing of it is always unknown but what nobody writes into /etc/shadow.
    ("empty-for-null", "shadow", "test_outputs.py::test_values_have_the_declared_types"),
    ("count-off-by-one", "users", "test_outputs.py::test_counts_are_counts_of_rows"),
    ("wrong-schema", "users", "test_schema.py::test_tables_are_as_reviewed"),
    ("hidden-in-star", "users", "test_schema.py::test_star_is_what_is_not_hidden"),
    ("ignored-constraint", "users", "test_relations.py::test_relation"),
)


def judge(lie: str, tables: str, *tests: str) -> tuple[int, str]:
    """What some tests of the suites say of an agent about this host: pytest's exit code, and what it printed."""
    agent = f"{program('liar')} --lie {lie} -- {program('plumbi')}"
    here = Path(__file__).parent
    places = [f"{here}/{test}" for test in tests]
    few = ["--agent", agent, "--tables", tables, "-k", "not server and not generated and not (relation and not user)"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *few, *places],
        cwd=here.parent,
        capture_output=True,
        text=True,
    )
    return run.returncode, run.stdout + run.stderr


@pytest.mark.parametrize(("lie", "tables", "test"), LIES, ids=lambda value: value.split("::")[-1])
def test_a_liar_is_caught(lie: str, tables: str, test: str) -> None:
    if tables == "shadow" and os.geteuid() != 0:
        pytest.skip("reading /etc/shadow needs root")
    code, said = judge(lie, tables, test)
    assert code == 1, f"{test} did not notice {lie}:\n{said}"
    assert "AssertionError" in said, said


def test_an_honest_agent_is_not_accused() -> None:
    code, said = judge("none", "users,shadow,processes", *sorted({test for _, _, test in LIES}))
    assert code == 0, said
