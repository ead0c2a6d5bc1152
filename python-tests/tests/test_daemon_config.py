"""The configuration at work: read again, broken, gone, spread over files; and looked at by commands."""

from __future__ import annotations

import json
import signal

import pytest

from support.daemon import Daemon, query, schedule
from support.daemons import Make
from support.logs import row

pytestmark = pytest.mark.daemon


def shot(word: str) -> dict[str, object]:
    """A query that tells a word again and again."""
    return query(f"SELECT '{word}' AS word", snapshot=True)


def words(daemon: Daemon) -> list[str]:
    """The words that were told."""
    return [line["snapshot"][0]["word"] for line in daemon.lines(file="snapshots")]


def until_only(daemon: Daemon, *expected: str) -> None:
    """Waits until these words are told and no others, twice."""

    def only() -> bool:
        told = words(daemon)[before:][-2 * len(expected) :]
        return len(told) == 2 * len(expected) and set(told) == set(expected)

    before = len(words(daemon))
    daemon.until(only, f"the words {expected}")


BROKEN = {
    "cut off": '{"schedule": {"one": ',
    "empty": "",
    "a list": "[]",
    "a comma": '{"schedule": {},}',
    "no text": "\udcff\udcfe",
}


def test_a_broken_one_changes_nothing(daemon: Make, ours: None) -> None:
    one = daemon(schedule(one=shot("first"))).start()
    one.until(lambda: words(one), "a run")
    for number, broken in enumerate(BROKEN.values(), 1):
        (one.folder / "part").write_bytes(broken.encode(errors="surrogateescape"))
        (one.folder / "part").rename(one.folder / "osquery.conf")
        one.send(signal.SIGHUP)
        one.until_said("Error reading config", number)
    until_only(one, "first")
    one.configure(schedule(two=shot("second")))
    one.send(signal.SIGHUP)
    one.until(lambda: "second" in words(one), "the new configuration")
    assert one.end() == 0


@pytest.mark.parametrize("watched", [False, True], ids=["alone", "watched"])
def test_read_again_at_a_signal(daemon: Make, ours: None, watched: bool) -> None:
    one = daemon(schedule(one=shot("first")), watched=watched).start()
    one.until(lambda: words(one), "a run")
    one.configure(schedule(one=shot("changed"), two=shot("second")))
    one.send(signal.SIGHUP)
    until_only(one, "changed", "second")
    # One after another, as fast as they come: they are heard, and nobody dies.
    one.configure(schedule(two=shot("second")))
    for _ in range(20):
        one.send(signal.SIGHUP)
    until_only(one, "second")
    assert one.end() == 0


def test_read_again_by_itself(daemon: Make) -> None:
    one = daemon(schedule(one=shot("first")), config_refresh=1).start()
    one.until(lambda: words(one), "a run")
    one.configure({"options": {"logger_numerics": True}, "schedule": {"two": shot("second")}})
    until_only(one, "second")
    one.until(lambda: one.lines(file="snapshots")[-1]["numerics"], "the option")
    assert one.end() == 0


def test_there_is_none_at_first(daemon: Make) -> None:
    one = daemon(config_refresh=1, config_accelerated_refresh=1).start()
    one.until_said("config file does not exist")
    one.configure(schedule(one=shot("late")))
    until_only(one, "late")
    assert one.end() == 0


def test_one_that_goes_away_stays_at_work(daemon: Make, ours: None) -> None:
    one = daemon(schedule(one=shot("first")), config_refresh=1).start()
    one.until(lambda: words(one), "a run")
    (one.folder / "osquery.conf").unlink()
    one.until_said("config file does not exist", times=2)
    until_only(one, "first")
    assert one.end() == 0


def test_a_kept_one(daemon: Make) -> None:
    """`--config_enable_backup`: a start without the file has what was read before."""
    one = daemon(schedule(one=shot("kept")), config_enable_backup=True).start()
    until_only(one, "kept")
    assert one.end() == 0
    (one.folder / "osquery.conf").unlink()
    one.start()
    until_only(one, "kept")
    assert one.end() == 0


def test_a_folder_of_more(daemon: Make) -> None:
    one = daemon(schedule(main=shot("main")), config_refresh=1)
    one.configure(schedule(first=shot("first")), "osquery.conf.d/10.conf")
    one.configure(schedule(other=shot("not read")), "osquery.conf.d/20.json")
    one.start()
    until_only(one, "main", "first")
    one.configure(schedule(second=shot("second")), "osquery.conf.d/30.conf")
    until_only(one, "main", "first", "second")
    (one.folder / "osquery.conf.d" / "10.conf").unlink()
    until_only(one, "main", "second")
    assert one.end() == 0


def test_options_win_over_the_command_line(daemon: Make) -> None:
    options = {"host_identifier": "specified", "specified_identifier": "by-config", "pidfile": "/there/is/no/folder/pid"}
    one = daemon({"options": options, "schedule": {"one": shot("told")}})
    one.flags |= {"host_identifier": "hostname", "specified_identifier": "by-flag"}
    one.start()
    until_only(one, "told")
    assert {line["hostIdentifier"] for line in one.lines(file="snapshots")} == {"by-config"}
    assert "The CLI only flag --pidfile set via config file will be ignored" in one.stderr
    assert one.pidfile.read_text() == str(one.pid)
    assert one.end() == 0


def test_a_file_of_flags(daemon: Make) -> None:
    one = daemon(schedule(one=shot("told")))
    flags = {name: one.flags.pop(name) for name in ("logger_path", "database_path", "pidfile")}
    text = "\n".join(["# comment", "", *[f"--{name}={value}" for name, value in flags.items()], "--logger_numerics"])
    (one.folder / "flags").write_text(text + "\n")
    one.flags["flagfile"] = str(one.folder / "flags")
    one.start()
    until_only(one, "told")
    assert one.lines(file="snapshots")[0]["numerics"] is True
    assert one.end() == 0


GOOD = '{\n# a comment\n"schedule": {"one": {"query": "SELECT 1", \\\n"interval": 1}}\n// another\n}'


@pytest.mark.parametrize(
    ("text", "code"),
    [(GOOD, 0), ("{}", 0), *[(text, 1) for name, text in BROKEN.items() if name != "no text"]],
    ids=["good", "nothing", *[name for name in BROKEN if name != "no text"]],
)
def test_looking_at_one(daemon: Make, text: str, code: int) -> None:
    one = daemon(text)
    run = one.run("--config_check")
    assert run.code == code, run.complaint
    assert bool(run.complaint) == bool(code)
    assert not (one.folder / "db").exists()


def test_looking_at_statements(daemon: Make, ours: None) -> None:
    one = daemon(schedule(good=query("SELECT pid FROM processes"), bad=query("SELECT pidd FROM processes")))
    run = one.run("--config_check")
    assert run.code == 1
    assert "pidd" in run.complaint and "good" not in run.complaint
    report = json.loads(one.run("--config_check", "--json").text)
    assert report["valid"] is False and report["queries"] == 2
    assert [found["severity"] for found in report["diagnostics"]] == ["error"]
    assert sorted(path.name for path in one.folder.iterdir()) == ["log", "osquery.conf"]


def test_printing_it(daemon: Make) -> None:
    one = daemon(schedule(one=shot("dumped")))
    run = one.run("--config_dump")
    assert run.code == 0
    assert json.loads(run.text) == {one.flags["config_path"]: json.loads((one.folder / "osquery.conf").read_text())}


def test_printing_what_is_remembered(daemon: Make) -> None:
    """Beside the daemon, and after it."""
    one = daemon(schedule(one=query("SELECT 'kept' AS word"), beat=shot("b")), schedule_epoch=3).start()
    one.until_rows("one", row(word="kept"))
    for running in (True, False):
        run = one.run("--database_dump")
        assert run.code == 0, run.complaint
        lines = run.text.splitlines()
        for line in ('queries[one]: [{"word":"kept"}]', "queries[onecounter]: 0", "queries[oneepoch]: 3"):
            assert line in lines
        if running:
            assert one.end() == 0
