"""The hosts that agents are asked about."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

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

    def opened(self) -> Any:
        """The host for an engine in this process, which needs no tree: this one, a packed one, one that is made."""
        import plumb

        if self.kind == "live":
            return None
        # Agents that are programs see the same machine as a directory, which holds no answers of netlink.
        return plumb.Host.generate(self.seed, netlink=False) if self.kind == "generated" else plumb.Host.open(self.archive)

    def unpacked(self, under: Path) -> Path:
        """The host as a tree with its owners and modes, which takes root; unpacked once per run."""
        folder = under / self.name
        if not folder.exists():
            part = under / f"{self.name}.part"
            with self._packed() as packed, tarfile.open(fileobj=packed) as archive:
                archive.extractall(part, filter="fully_trusted", numeric_owner=True)
            part.rename(folder)
        return folder

    def _packed(self) -> BinaryIO:
        return self.archive.open("rb") if self.kind == "fixture" else io.BytesIO(self.opened().to_tar())


LIVE = Host("live", "live")
FIXTURE_HOSTS = tuple(Host(path.parent.name, "fixture") for path in sorted(FIXTURES.glob("*/tree.tar.gz")))
GENERATED = tuple(Host(f"generated-{seed}", "generated", seed) for seed in SEEDS)
HOSTS = (LIVE, *FIXTURE_HOSTS, *GENERATED)
