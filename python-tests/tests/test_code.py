"""The suites' own code: formatted, free of the usual mistakes, typed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    "check",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy", "--strict", "tests", "python"]],
    ids=" ".join,
)
def test_code(check: list[str], tmp_path: Path) -> None:
    cache = f"--cache-dir={tmp_path}"
    run = subprocess.run([sys.executable, "-m", *check, cache], cwd=HERE, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
