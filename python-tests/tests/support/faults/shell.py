"""A shell with a planted fault: `python shell.py FAULT COMMAND ARGUMENT...` runs the command, and spoils what it prints.

The fault `none` passes everything on as it comes; with it, tests pass.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator

Lines = Iterable[bytes]


def lost_row(lines: Lines) -> Iterator[bytes]:
    """A row is lost where a buffer is full."""
    for number, line in enumerate(lines):
        if number != 1_000:
            yield line


def no_newline(lines: Lines) -> Iterator[bytes]:
    """The last line has no end."""
    kept = b""
    for line in lines:
        yield kept
        kept = line
    yield kept.rstrip(b"\n")


def greedy(lines: Lines) -> Iterator[bytes]:
    """All rows are gathered before the first is printed."""
    yield from list(lines)


def each(change: Callable[[bytes], bytes]) -> Callable[[Lines], Iterator[bytes]]:
    """Changes every line."""
    return lambda lines: (change(line) for line in lines)


SPOILED: dict[str, Callable[[Lines], Iterator[bytes]]] = {
    "lost_row": lost_row,
    "no_newline": no_newline,
    "greedy": greedy,
    "empty_is_null": each(lambda line: line.replace(b'""', b"")),
    "other_reals": each(lambda line: line.replace(b"1.0e+20", b"1e+20")),
    "unescaped": each(lambda line: line.replace(b"\\u00", b"\\x")),
    "coloured": each(lambda line: b"\x1b[0m" + line),
}


def become(fault: str, command: list[str]) -> None:
    """Becomes the shell itself, in surroundings that are not those it was given."""
    if fault == "forgets_history":
        os.environ["XDG_STATE_HOME"] = f"{os.environ['HOME']}/{os.getpid()}"
    elif fault == "loves_colours":
        os.environ["NO_COLOR"] = ""
    elif fault == "colourless":
        os.environ["NO_COLOR"] = "1"
    elif fault != "none":
        return
    if fault != "none" or os.isatty(1):
        os.execvp(command[0], command)


def main(fault: str, command: list[str]) -> int:
    """Runs the command to its end; answers its code, or another."""
    become(fault, command)
    errors = subprocess.STDOUT if fault == "errors_among_rows" else None
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
    assert process.stdout is not None
    spoil = SPOILED.get(fault, iter)
    try:
        for line in spoil(process.stdout):
            sys.stdout.buffer.write(line)
        sys.stdout.flush()
    except BrokenPipeError:
        process.stdout.close()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if fault == "complains":
            print("Error: Broken pipe", file=sys.stderr)
    code = process.wait()
    return 0 if fault == "always_well" else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
