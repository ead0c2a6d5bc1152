"""The fixtures that start daemons, and what a failed test shows of them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from .daemon import Config, Daemon
from .places import program

DAEMONS = pytest.StashKey[list[Daemon]]()

#: Makes a daemon in a folder of its own; the flags are those besides the usual.
Make = Callable[..., Daemon]


def command(config: pytest.Config) -> list[str]:
    """The command of `--daemon`, or ours."""
    foreign = config.getoption("--daemon")
    return shlex.split(foreign) if foreign else [str(program("plumbd"))]


def maker(node: pytest.Item | pytest.Collector, folder: Path) -> Iterator[Make]:
    """Makes daemons that end with a test, or with a module's tests."""
    daemons = node.stash.setdefault(DAEMONS, [])

    def make(config: Config | None = None, *, watched: bool = False, prefix: tuple[str, ...] = (), **flags: object) -> Daemon:
        place = folder / f"daemon{len(daemons)}"
        daemon = Daemon(command(node.config), place, watched, prefix)
        daemon.flags.update(
            {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in flags.items()}
        )
        if config is not None:
            daemon.configure(config)
        daemons.append(daemon)
        # One that cannot be killed keeps nobody from killing the others.
        ends.callback(daemon.kill)
        return daemon

    with ExitStack() as ends:
        yield make


@pytest.fixture
def daemon(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Makes daemons for one test."""
    yield from maker(request.node, tmp_path)


@pytest.fixture(scope="module")
def shared_daemon(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Makes daemons that the tests of a module look at together."""
    yield from maker(request.node, tmp_path_factory.mktemp("shared"))


@pytest.fixture
def ours(request: pytest.FixtureRequest) -> None:
    """Skips what another daemon does in another way, which is none the worse by osquery's book."""
    if request.config.getoption("--daemon"):
        pytest.skip("this is what our daemon does better, or alone")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Puts what the daemons said into the report of a test that failed."""
    report = yield
    if report.failed and report.when in ("setup", "call"):
        for node in item.listchain():
            for daemon in node.stash.get(DAEMONS, []):
                report.sections.append((f"daemon in {daemon.folder.name}", daemon.tell()))
    return report
