"""How a table is asked for rows when it gives none, or too many, without a condition."""

from __future__ import annotations

from .agents import Agent
from .schemas import reviewed

#: The tables that are asked about, if only some are.
CHOSEN: set[str] = set()

#: Conditions that tables need, or that keep them from walking the whole disk.
CONDITIONS = {
    "file": "WHERE path LIKE '/etc/%'",
    "hash": "WHERE path LIKE '/etc/%'",
    "suid_bin": "LIMIT 200",
    "authorized_keys": "WHERE uid IN (SELECT uid FROM users)",
    "known_hosts": "WHERE uid IN (SELECT uid FROM users)",
    "shell_history": "WHERE uid IN (SELECT uid FROM users)",
    "deb_package_files": "LIMIT 20000",
}


def select(table: str, what: str = "*") -> str:
    """A statement that reads a table's rows."""
    return f"SELECT {what} FROM {table} {CONDITIONS.get(table, '')}".rstrip()


def known(agent: Agent) -> list[str]:
    """The agent's tables that were reviewed, of those chosen; another agent may have more."""
    return [table for table in agent.tables() if table in reviewed("linux") and (not CHOSEN or table in CHOSEN)]
