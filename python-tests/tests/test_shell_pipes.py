"""Pipes: readers that have enough, disks that are full, floods of rows, closed descriptors, signals, and memory."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from support.shell import COUNT, ENDLESS, Shell, ended
from support.wait import until

#: Rows of about 4 KiB.
WIDE = "WITH w(x) AS MATERIALIZED (SELECT printf('%.4000c', 'x')) SELECT i, x FROM ({}), w"

MODES = [["--csv"], ["--list"], ["--line"], ["--json"], ["--json_pretty"]]


@pytest.mark.agent
@pytest.mark.parametrize("flags", [["--csv"], ["--json"], []], ids=str)
def test_a_reader_that_has_enough(shell: Shell, flags: list[str]) -> None:
    """As `| head -1`: the shell ends, soon and without a word, whatever is left."""
    usage = shell.read(*flags, COUNT.format(10**6 if flags == [] else 10**12), most=10)
    assert usage.read <= 10
    # Either it ends well, or by the signal that every program gets.
    assert usage.code in (0, -signal.SIGPIPE)
    assert usage.err == b""


def test_a_reader_that_has_enough_is_no_failure(shell: Shell) -> None:
    """Our exit code is 0, so that `set -o pipefail` does not stop a script."""
    script = 'set -o pipefail; "$0" --csv "$1" | head -1; echo "${PIPESTATUS[@]}"'
    command = [*shell.program.command, COUNT.format(10**12)]
    run = subprocess.run(["bash", "-c", script, *command], capture_output=True, env=shell.environment, timeout=120)
    assert (run.stdout, run.stderr, run.returncode) == (b"i\n0 0\n", b"", 0)


@pytest.mark.agent
def test_output_that_was_closed_before(shell: Shell) -> None:
    """Nobody reads from the beginning on: no word of it, and no hanging."""
    read, write = os.pipe()
    os.close(read)
    try:
        with shell.started("--csv", "SELECT 1 AS a", stdout=write, stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            err = process.stderr.read()
            code = ended(process)
    finally:
        os.close(write)
    assert code in (0, -signal.SIGPIPE) and err == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("flags", MODES, ids=str)
def test_a_full_disk_is_a_failure(shell: Shell, flags: list[str]) -> None:
    """What cannot be written is told once, and is no success."""
    for sql in ("SELECT 1 AS a", COUNT.format(100_000)):
        with open("/dev/full", "wb") as full, shell.started(*flags, sql, stdout=full.fileno(), stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            err = process.stderr.read().decode()
            code = ended(process)
        assert (code, err) == (1, "Error: cannot write the results: No space left on device\n")


@pytest.mark.parametrize(("flags", "rows"), [(["--list"], 100_000), (["--csv"], 25_000), (["--json"], 25_000)], ids=str)
def test_a_flood_does_not_grow_memory(shell: Shell, flags: list[str], rows: int) -> None:
    """Hundreds of megabytes go through a process that stays small."""
    small = shell.read(*flags, WIDE.format(COUNT.format(10)))
    flood = shell.read(*flags, WIDE.format(COUNT.format(rows)))
    assert (small.code, flood.code, flood.err) == (0, 0, b"")
    assert flood.read >= rows * 4_000
    assert flood.peak < small.peak + 16 * 1024, f"{small.peak} KiB for ten rows, {flood.peak} KiB for {flood.read} bytes"


def test_one_huge_value_is_kept_once_or_twice(shell: Shell) -> None:
    """A value of 50 MB is written whole; memory is some copies of it, not many."""
    size = 50_000_000
    usage = shell.read("--list", "--noheader", f"SELECT printf('%.{size}c', 'x')")
    assert (usage.code, usage.read) == (0, size + 1)
    assert usage.peak * 1024 < 6 * size


@pytest.mark.agent
def test_a_slow_reader_gets_everything(shell: Shell) -> None:
    """A full pipe is waited for."""
    with shell.started("--list", "--noheader", COUNT.format(50_000), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines = []
        for number, line in enumerate(process.stdout):
            lines.append(line)
            if number % 10_000 == 0:
                # The writer has come to the end of what the pipe holds before it goes on.
                until(lambda: waits(process.pid) or process.poll() is not None, "a full pipe")
        code = ended(process)
    assert (code, lines) == (0, [b"%d\n" % number for number in range(1, 50_001)])


def waits(pid: int) -> bool:
    """Whether a process sleeps."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] in ("S", "Z")
    except FileNotFoundError:
        return True


@pytest.mark.agent
def test_rows_of_a_script_come_as_they_are_ready(shell: Shell) -> None:
    """The answer to a statement does not wait for the end of the input: programs talk to a shell through two pipes."""
    with shell.started("--json", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        for number in range(1, 4):
            process.stdin.write(b"SELECT %d AS a;\n" % number)
            process.stdin.flush()
            assert [process.stdout.readline() for _ in range(3)] == [b"[\n", b'  {"a":"%d"}\n' % number, b"]\n"]
        process.stdin.close()
        assert process.stdout.read() == b""
        assert ended(process) == 0


@pytest.mark.agent
def test_a_long_script(shell: Shell) -> None:
    """Thousands of statements, each answered, in order."""
    run = shell.run("--list", "--noheader", stdin="".join(f"SELECT {number};\n" for number in range(3_000)))
    assert (run.text, run.code) == ("".join(f"{number}\n" for number in range(3_000)), 0)


@pytest.mark.agent
@pytest.mark.parametrize(
    "line", [b"\xff\xfe;\n", b"\x00\n", b"SELECT 'a\x00b';\n", b"\xef\xbb\xbf", b"\x1b[A;\n", b";;;\n", b"'\n"]
)
def test_bytes_that_are_no_statement(shell: Shell, line: bytes) -> None:
    """They are refused or passed over; the shell ends by itself."""
    assert shell.run("--csv", stdin=line + b"SELECT 1;\n").code in (0, 1)


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- 2>&-", ">&- 2>&- <&-"])
def test_closed_descriptors(shell: Shell, closed: str) -> None:
    """A shell that was started without some of its streams does its work with the others."""
    file = shell.home / "results"
    run = subprocess.run(
        ["sh", "-c", f'"$0" --csv --output="$1" "SELECT 1 AS a" {closed}', *shell.program.command, str(file)],
        capture_output=True,
        env=shell.environment,
        timeout=120,
    )
    assert (run.returncode, run.stdout, run.stderr, file.read_text()) == (0, b"", b"", "a\n1\n")


@pytest.mark.agent
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGKILL"])
def test_signals_end_a_query(shell: Shell, name: str) -> None:
    with shell.started("--csv", f"SELECT 1 AS a; {ENDLESS}", stdout=subprocess.PIPE) as process:
        assert busy(process)
        process.send_signal(signal.Signals[name])
        assert ended(process) == -signal.Signals[name]


def busy(process: subprocess.Popen[bytes]) -> bool:
    """Waits until a program computes: it has used some time of the processor."""

    def computes() -> bool:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return process.poll() is None and int(fields[11]) + int(fields[12]) > 20

    return until(computes, "a program that computes")


@pytest.mark.parametrize("flags", [["--json"], ["--csv"]], ids=str)
def test_ctrl_c_ends_a_query_in_order(shell: Shell, flags: list[str]) -> None:
    """What was found is printed, as complete JSON; the exit code is that of every program that Ctrl-C has ended."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with shell.started(*flags, f"SELECT 1 AS a; {ENDLESS}; SELECT 2 AS a", **streams) as process:
        assert busy(process)
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None and process.stderr is not None
        out, err = process.stdout.read(), process.stderr.read()
        code = ended(process)
    assert code == 130
    assert out == (b'[\n  {"a":"1"}\n]\n' if flags == ["--json"] else b"a\n1\n")
    assert b"Error: interrupted" in err


def test_little_memory_is_an_error_and_no_crash(shell: Shell) -> None:
    """A value that SQLite cannot make is refused; the shell says so, and ends with SQLite's code."""
    script = 'ulimit -v 700000; exec "$0" --list "SELECT length(printf(\'%.900000000c\', 1))"'
    command = [*shell.program.command]
    run = subprocess.run(["sh", "-c", script, *command], capture_output=True, env=shell.environment, timeout=120)
    assert (run.stdout, run.stderr, run.returncode) == (b"", b"Error: out of memory\n", 7)
