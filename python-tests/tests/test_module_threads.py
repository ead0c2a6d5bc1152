"""The module with several threads, with signals, and how long it takes to be imported."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import plumb

ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) AS n FROM c"
PASSWD = "".join(f"u{uid}:x:{uid}:{uid}::/:/bin/sh\n" for uid in range(200))


def test_many_threads_ask_one_engine() -> None:
    engine = plumb.Engine({"/etc/passwd": PASSWD})
    barrier = threading.Barrier(8)

    def work(thread: int) -> int:
        barrier.wait()
        for turn in range(30):
            uid = (thread * 31 + turn) % 200
            assert engine.query("SELECT username FROM users WHERE uid = ?", [uid]) == [{"username": f"u{uid}"}]
        return len(engine.query("SELECT a.uid FROM users AS a JOIN users AS b USING (uid)"))

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(work, range(8))) == [200] * 8


def test_a_connection_for_each_thread() -> None:
    engine = plumb.Engine({})
    engine.query("CREATE VIEW mine AS SELECT 1 AS a")
    with ThreadPoolExecutor(1) as other:
        with pytest.raises(plumb.SqlError, match="no such table: mine"):
            other.submit(engine.query, "SELECT * FROM mine").result()
        assert engine.query("SELECT * FROM mine") == [{"a": 1}]


def test_notes_are_of_the_thread() -> None:
    engine = plumb.Engine({"/etc/passwd": "nonsense\n"})
    engine.query("SELECT * FROM users")
    with ThreadPoolExecutor(1) as other:
        other.submit(engine.query, "SELECT 1").result()
        assert other.submit(lambda: engine.note_count).result() == 0
    assert engine.note_count == 1


def test_others_run_while_sql_runs() -> None:
    """Statements that end only when they are stopped: by this thread, which would wait for ever if they held the GIL."""
    engine = plumb.Engine({})
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(engine.query, ENDLESS) for _ in range(2)]
        assert engine.query("SELECT 1 AS a") == [{"a": 1}]
        while not all(future.done() for future in running):
            engine.cancel()
        for future in running:
            with pytest.raises(plumb.SqlError, match="interrupted"):
                future.result()
    assert engine.query("SELECT 1 AS a") == [{"a": 1}]


#: Says when it is ready, and is then interrupted by its parent.
CHILD = """
import sys, plumb, pyarrow
def read(stream):
    try:
        pyarrow.table(stream)
    except pyarrow.ArrowInvalid as error:
        raise KeyboardInterrupt if "interrupted: KeyboardInterrupt" in str(error) else error
engine = plumb.Engine({{}})
engine.query("SELECT 1")
try:
    print("ready", flush=True)
    {statement}
except KeyboardInterrupt:
    print("interrupted", engine.query("SELECT 2 AS a"), flush=True)
"""


#: Statements that work for ever, in different ways.
BUSY = {
    "silent": f'engine.query("{ENDLESS}")',
    "rows": f'engine.query("{ENDLESS.replace("count(*) AS n", "x")} WHERE x % 1000 = 0")',
    "arrow": f'engine.arrow("{ENDLESS}")',
    "read": f'read(engine.arrow("{ENDLESS.replace("count(*) AS n", "x")} WHERE x < 70000"))',
    "oracle": "while True: plumb.oracle('tlp', plumb.Host.generate(1)).check(1)",
}


def ticks(pid: int) -> int:
    """CPU time of a process in its own code, in ticks."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11])


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see that a statement works")
@pytest.mark.parametrize("statement", BUSY.values(), ids=BUSY.keys())
def test_ctrl_c(statement: str) -> None:
    command = [sys.executable, "-c", CHILD.format(statement=statement)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            before = ticks(child.pid)
            # What it uses from now on it uses for the statement.
            while ticks(child.pid) < before + 20:
                with pytest.raises(subprocess.TimeoutExpired):
                    child.wait(0.01)
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=60)
        finally:
            child.kill()
    assert out == "interrupted [{'a': 2}]\n", err
    assert child.returncode == 0


def test_a_handler_that_returns_stops_nothing() -> None:
    engine = plumb.Engine({}, timeout=0.3)
    heard: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _frame: heard.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(plumb.BudgetError):
            engine.query(ENDLESS)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert heard == [signal.SIGALRM]


FORKED = """
import os, plumb
engine = plumb.Engine({})
engine.query("SELECT 1")
child = os.fork()
if child == 0:
    os._exit(engine.query("SELECT 7 AS a")[0]["a"])
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), engine.query("SELECT 8 AS a")[0]["a"])
"""


def test_fork() -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("7 8\n", "")


def test_import_makes_no_tables() -> None:
    """What is imported is the package and its library, nothing of the standard library beside them."""
    code = "import sys; before = set(sys.modules); import plumb; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "['plumb', 'plumb._plumb']\n"
