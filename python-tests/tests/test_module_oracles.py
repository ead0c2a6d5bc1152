"""The oracles by name: each can be asked, really compares something, and notices what is wrong where that can be planted."""

from __future__ import annotations

import itertools
import json
import shutil
import threading
from pathlib import Path

import pytest

import plumb
from support import wait

PASSWD = "root:x:0:0:root:/root:/bin/sh\nal:x:1000:1000:Al:/home/al:/bin/sh\n"

#: Fixture hosts, with what osquery answered about them.
HOSTS = Path(__file__).parents[2] / "conformance/hosts"

ABOUT_HOSTS = ["tlp", "norec", "pushdown", "projection", "seek_subset", "types", "materialized"]
ABOUT_HOSTS += ["collation_affinity", "limit_prefix", "one_picture"]


@pytest.mark.parametrize("name", ABOUT_HOSTS)
def test_oracles_over_a_host(name: str) -> None:
    oracle = plumb.oracle(name, plumb.Host.generate(1))
    assert oracle.law.endswith(".")
    verdicts = [oracle.check(seed) for seed in range(20)]
    assert all(verdicts), [verdict.why for verdict in verdicts if not verdict]
    assert sum(verdict.outcome == "pass" for verdict in verdicts) >= 5
    assert any(verdict.sql for verdict in verdicts)
    assert oracle.check(3) == verdicts[3]
    assert oracle.trials is None


@pytest.mark.parametrize("name", ["determinism", "schema_truth"])
def test_oracles_over_tables(name: str) -> None:
    oracle = plumb.oracle(name, plumb.Host.generate(1))
    trials = oracle.trials
    assert trials is not None
    assert {"users", "processes", "mounts"} <= set(trials)
    verdicts = {table: oracle.check(seed) for seed, table in enumerate(trials)}
    assert all(verdicts.values()), [verdict.why for verdict in verdicts.values() if not verdict]
    assert sum(verdict.outcome == "pass" for verdict in verdicts.values()) > 30
    assert verdicts["users"].outcome == "pass"
    at = trials.index("users")
    assert oracle.check(at + len(trials)) == oracle.check(bytes([at])) == verdicts["users"]


def test_a_host_that_changes_is_not_deterministic(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    passwd = tmp_path / "etc/passwd"
    passwd.write_text(PASSWD)
    oracle = plumb.oracle("determinism", tmp_path)
    assert oracle.trials is not None
    users = oracle.trials.index("users")
    assert oracle.check(users).outcome == "pass"
    done = threading.Event()

    def change() -> None:
        for turn in itertools.count():
            if done.is_set():
                break
            (tmp_path / "new").write_text(PASSWD * (turn % 2 + 1))
            (tmp_path / "new").replace(passwd)

    writer = threading.Thread(target=change)
    writer.start()
    try:
        # A verdict of a broken law is not true, a list of one is.
        found = wait.until(lambda: [found for found in [oracle.check(users)] if not found], "a broken law")
    finally:
        done.set()
        writer.join()
    assert found[0].outcome == "fail"
    assert "users" in found[0].why


def test_runaways_are_stopped() -> None:
    oracle = plumb.oracle("budget", {"/etc/passwd": PASSWD})
    assert oracle.trials is not None
    for name in ("endless recursion", "endless rows", "a huge blob", "deep parentheses"):
        verdict = oracle.check(oracle.trials.index(name))
        assert (verdict.outcome, verdict.why) == ("pass", ""), name
        assert verdict.sql


@pytest.mark.parametrize("name", ["debian-server", "rpm-server"])
def test_recorded_answers(name: str) -> None:
    oracle = plumb.oracle("recorded", HOSTS / name)
    trials = oracle.trials
    assert trials is not None
    assert "users" in trials
    verdicts = [oracle.check(seed) for seed in range(len(trials))]
    assert all(verdicts), [verdict.why for verdict in verdicts if not verdict]
    assert sum(verdict.outcome == "pass" for verdict in verdicts) > 10
    assert "users" in str(verdicts[trials.index("users")].sql)


def test_a_wrong_recording_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "host"
    shutil.copytree(HOSTS / "debian-server", folder)
    golden = folder / "golden/users.json"
    rows = json.loads(golden.read_text())
    golden.write_text(json.dumps(rows[1:]))
    oracle = plumb.oracle("recorded", folder)
    assert oracle.trials is not None
    verdict = oracle.check(oracle.trials.index("users"))
    assert verdict.outcome == "fail"
    assert rows[0]["username"] in verdict.why
    golden.write_text("no JSON")
    with pytest.raises(ValueError, match=r"users\.json"):
        plumb.oracle("recorded", folder)
    with pytest.raises(FileNotFoundError) as raised:
        plumb.oracle("recorded", tmp_path / "nope")
    assert raised.value.filename == str(tmp_path / "nope/tree.tar.gz")
    wrongs: list[dict[str, str] | plumb.Host | None] = [None, {}, plumb.Host.generate(1)]
    for wrong in wrongs:
        with pytest.raises(TypeError, match="folder"):
            plumb.oracle("recorded", wrong)


def test_ground_truth() -> None:
    oracle = plumb.oracle("ground_truth", plumb.Host.live())
    trials = oracle.trials
    assert trials is not None
    assert trials == plumb.oracle("ground_truth").trials
    # Those of programs that are everywhere.
    chosen = ["users: getent passwd", "groups: getent group", "file: stat", "hash: sha256sum"]
    verdicts = {name: oracle.check(trials.index(name)) for name in chosen}
    assert all(verdicts.values()), [verdict.why for verdict in verdicts.values() if not verdict]
    assert sum(verdict.outcome == "pass" for verdict in verdicts.values()) >= 3, verdicts
    assert all(verdict.sql for verdict in verdicts.values())
    roots: list[str | dict[str, str] | plumb.Host] = ["/", {}, plumb.Host.generate(1)]
    for root in roots:
        with pytest.raises(TypeError, match="this machine"):
            plumb.oracle("ground_truth", root)


MAKE_ALL = ["model_roundtrip", "whole_rows", "parser_agreement", "sql_text", "tables", "config", "differ"]


@pytest.mark.parametrize("name", [*MAKE_ALL, "never_panics", "config_roundtrip", "diff_replay", "functions"])
def test_oracles_that_make_their_inputs(name: str) -> None:
    oracle = plumb.oracle(name)
    verdicts = [oracle.check(seed) for seed in range(5)]
    assert all(verdicts), [verdict.why for verdict in verdicts if not verdict]
    with pytest.raises(TypeError, match="root"):
        plumb.oracle(name, {})


def test_oracle_names() -> None:
    names = plumb.oracles()
    assert {"tlp", "materialized", "model_roundtrip", "ground_truth"} <= set(names)
    # Of all there is something that can be asked.
    roots = {"recorded": HOSTS / "rpm-server"}
    assert all(plumb.oracle(name, roots.get(name)).finds for name in names)
    with pytest.raises(KeyError):
        plumb.oracle("nope")
    with pytest.raises(OverflowError):
        plumb.oracle("sql_text").check(-1)
