"""Options, and the fixtures that all suites share."""

from __future__ import annotations

import os
import shlex
import signal
from pathlib import Path

import pytest

from support.agents import Agent, Embedded, Program
from support.hosts import HOSTS, Host
from support.places import program
from support.schemas import reviewed
from support.shell import Shell
from support.tables import CHOSEN

pytest_plugins = ("support.daemons", "support.profiles")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("plumb")
    group.addoption(
        "--agent",
        metavar="CMD",
        help="judge this agent, any command with osquery's flags, instead of ours: by the tests that need nothing but its SQL",
    )
    group.addoption(
        "--tables", metavar="T,T", default="", help="ask about these tables only, where every table would be asked for"
    )
    group.addoption("--daemon", metavar="CMD", help="the daemon that the daemon suite starts, instead of ours")


def pytest_configure(config: pytest.Config) -> None:
    unknown = (chosen := set(filter(None, config.getoption("--tables").split(",")))) - set(reviewed("linux"))
    if unknown:
        raise pytest.UsageError(f"--tables: there is no {', '.join(sorted(unknown))}")
    CHOSEN.update(chosen)
    # Who starts the tests in the background may have told them not to hear these, and every program would inherit that.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    foreign, daemon = config.getoption("--agent"), config.getoption("--daemon")
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        judged = (foreign and item.get_closest_marker("agent")) or (daemon and item.get_closest_marker("daemon"))
        (kept if judged or not (foreign or daemon) else dropped).append(item)
        if item.get_closest_marker("root") and os.geteuid() != 0:
            item.add_marker(pytest.mark.skip(reason="needs root"))
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "agent" in metafunc.fixturenames:
        foreign = metafunc.config.getoption("--agent")
        names = [foreign] if foreign else ["embedded", "program"]
        metafunc.parametrize("agent", names, indirect=True, scope="session")
    if "shells" in metafunc.fixturenames:
        foreign = metafunc.config.getoption("--agent")
        metafunc.parametrize("shells", [foreign or "program"], indirect=True, scope="session")
    if "host" in metafunc.fixturenames:
        metafunc.parametrize("host", HOSTS, ids=[host.name for host in HOSTS], scope="session")


@pytest.fixture(scope="session")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where fixture hosts are unpacked."""
    return tmp_path_factory.mktemp("trees")


@pytest.fixture(scope="session")
def agents(trees: Path) -> dict[str, Agent]:
    """The agents that were asked for, by name, each made once."""
    return {}


@pytest.fixture(scope="session")
def agent(request: pytest.FixtureRequest, agents: dict[str, Agent], trees: Path) -> Agent:
    """Each agent in turn."""
    if request.param not in agents:
        agents[request.param] = _make(request.param, trees)
    return agents[request.param]


def _make(which: str, trees: Path) -> Agent:
    if which == "embedded":
        return Embedded()
    if which == "program":
        return Program([str(program("plumbi"))], trees, ours=True)
    return Program(shlex.split(which), trees, name=which)


@pytest.fixture(scope="session")
def shells(request: pytest.FixtureRequest, agents: dict[str, Agent], trees: Path) -> Program:
    """The agents that are programs; the module has no command line."""
    if request.param not in agents:
        agents[request.param] = _make(request.param, trees)
    program = agents[request.param]
    assert isinstance(program, Program)
    return program


@pytest.fixture
def shell(shells: Program, tmp_path: Path) -> Shell:
    """The command line of each agent that has one, with a home of its own."""
    home = tmp_path / "home"
    home.mkdir()
    return Shell(shells, home)


@pytest.fixture
def asked(agent: Agent, host: Host) -> tuple[Agent, Host]:
    """An agent and a host that it can be asked about."""
    why = agent.can(host)
    if why:
        pytest.skip(why)
    return agent, host
