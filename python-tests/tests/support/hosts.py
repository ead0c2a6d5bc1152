"""The hosts that agents are asked about."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path

from .places import FIXTURES

#: Seeds of generated hosts: few, since each is asked for every table.
SEEDS = (1, 7, 42)


@dataclass(frozen=True)
class Host:
    """A host by name; `kind` is live, fixture or generated."""

    name: str
    kind: str
    seed: int = 0

    @property
    def archive(self) -> Path:
        """The packed tree of a fixture."""
        return FIXTURES / self.name / "tree.tar.gz"

    def unpacked(self, under: Path) -> Path:
        """The tree of a fixture with its owners and modes, which takes root; unpacked once per run."""
        folder = under / self.name
        if not folder.exists():
            part = under / f"{self.name}.part"
            with tarfile.open(self.archive) as archive:
                archive.extractall(part, filter="fully_trusted", numeric_owner=True)
            part.rename(folder)
        return folder


LIVE = Host("live", "live")
FIXTURE_HOSTS = tuple(Host(path.parent.name, "fixture") for path in sorted(FIXTURES.glob("*/tree.tar.gz")))
GENERATED = tuple(Host(f"generated-{seed}", "generated", seed) for seed in SEEDS)
HOSTS = (LIVE, *FIXTURE_HOSTS, *GENERATED)
