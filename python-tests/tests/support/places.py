"""Where things lie: the repository, its fixture hosts and snapshots, the built programs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
FIXTURES = REPOSITORY / "conformance" / "hosts"
SCHEMAS = REPOSITORY / "snapshots" / "snap" / "schemas"


def reference() -> Path | None:
    """The recorded schemas of osquery, if they lie beside the repository or where PLUMB_REFERENCE says."""
    named = os.environ.get("PLUMB_REFERENCE")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "reference"
    return folder if (folder / "schema.json").is_file() else None


def program(name: str) -> Path:
    """`plumbi` or `plumbd`: from PLUMB_PROGRAMS, else what was built last in this repository, else from PATH.

    Raises FileNotFoundError with the remedy.
    """
    named = os.environ.get("PLUMB_PROGRAMS")
    if named:
        return Path(named) / name
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    built = [path for profile in ("release", "debug") if (path := target / profile / name).is_file()]
    if built:
        return max(built, key=lambda path: path.stat().st_mtime)
    found = shutil.which(name)
    if found:
        return Path(found)
    raise FileNotFoundError(f"{name} is not built: run `cargo build --release -p plumb`, or set PLUMB_PROGRAMS to its folder")
