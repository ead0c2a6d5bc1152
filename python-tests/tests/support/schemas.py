"""Schemas as data: those kept in the repository's snapshots, and the recorded ones of osquery."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache

from .agents import Spec
from .places import SCHEMAS, reference

PLATFORMS = ("linux", "macos", "windows")

TABLE = re.compile(r"CREATE TABLE (?P<name>\w+)\((?P<body>.*?)\)(?: WITHOUT ROWID)?;\n(?P<notes>(?:-- [^\n]*\n)*)", re.S)
COLUMN = re.compile(r"`(?P<name>\w+)` (?P<type>[A-Z ]+?)(?P<hidden> HIDDEN)?(?: COLLATE (?P<collation>\w+))?,?$", re.M)
KEY = re.compile(r"PRIMARY KEY \((?P<names>[^)]*)\)")


@dataclass(frozen=True)
class Declared:
    """A table as it was reviewed."""

    columns: tuple[Spec, ...]
    required: frozenset[str]
    unique: bool


@cache
def reviewed(platform: str) -> dict[str, Declared]:
    """The tables of a platform, from `snapshots/`."""
    text = (SCHEMAS / f"{platform}.snap").read_text()
    return {match["name"]: _read(match["body"], match["notes"]) for match in TABLE.finditer(text)}


def _read(body: str, notes: str) -> Declared:
    key = KEY.search(body)
    names = [name.strip("` ") for name in key["names"].split(",")] if key else []
    columns = tuple(
        Spec(
            match["name"],
            match["type"],
            names.index(match["name"]) + 1 if match["name"] in names else 0,
            bool(match["hidden"]),
        )
        for match in COLUMN.finditer(body)
    )
    required = re.findall(r"^-- (\w+): (?:.*, )?required\b", notes, re.M)
    return Declared(columns, frozenset(required), "-- keys never repeat" in notes)


@cache
def recorded(platform: str) -> dict[str, set[tuple[str, str]]]:
    """Names and types of osquery's columns by table; empty without the reference."""
    folder = reference()
    if folder is None:
        return {}
    tables = json.loads((folder / "schema.json").read_text())["tables"]
    return {
        table["name"]: {(column[0], column[1]) for column in table["columns"][platform]}
        for table in tables
        if platform in table["columns"]
    }


@cache
def observed() -> dict[str, list[Spec]]:
    """What osquery on Linux answers to PRAGMA table_xinfo; empty without the reference."""
    folder = reference()
    if folder is None:
        return {}
    tables = json.loads((folder / "observed_linux.json").read_text())["tables"]
    return {name: [Spec(c[0], c[1], c[2], bool(c[3])) for c in columns] for name, columns in tables.items()}
