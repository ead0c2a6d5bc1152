"""Plumb in Python: SQL about a machine, and the harness that proves the answers."""

from ._plumb import Engine

__all__ = ["Engine"]
