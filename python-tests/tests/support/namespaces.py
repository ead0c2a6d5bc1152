"""Private views of the file system for one process: root only, and gone with the process."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

#: The user and group that own nothing.
NOBODY = 65_534


@cache
def _why_not() -> str | None:
    """Why there can be no private mounts here."""
    if not shutil.which("unshare"):
        return "there is no unshare(1)"
    tried = subprocess.run(
        ["unshare", "--mount", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"], capture_output=True, text=True, check=False
    )
    return None if tried.returncode == 0 else f"no private mounts here: {tried.stderr.strip()}"


def mounted(script: str, *words: str) -> tuple[str, ...]:
    """Words before a command that run it where a shell script has mounted things; `words` are $1, $2 … of the script.

    What the script mounts nobody else sees. Skips the test where that is not allowed.
    """
    why = _why_not()
    if why:
        pytest.skip(why)
    whole = f'set -e; {script}\nshift {len(words)}; exec "$@"'
    return ("unshare", "--mount", "--propagation", "private", "sh", "-c", whole, "sh", *words)


def disk(at: Path, mebibytes: int) -> tuple[str, ...]:
    """A file system of its own at a folder, in memory. From outside it is under `/proc/PID/root`."""
    return mounted('mount -t tmpfs -o "size=$2m" tmpfs "$1"', str(at), str(mebibytes))


def seen_by(pid: int, path: Path) -> Path:
    """A path as another process sees it."""
    return Path(f"/proc/{pid}/root{path}")
