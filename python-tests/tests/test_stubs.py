"""The typed stubs against the module."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import plumb
from plumb import _plumb

STUB = Path(_plumb.__file__).with_name("_plumb.pyi")


def test_stubtest(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "plumb"], cwd=tmp_path, capture_output=True, text=True, timeout=150, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def stubs() -> dict[str, ast.stmt]:
    """What the stub declares, by name; members of classes as `Class.member`."""
    found: dict[str, ast.stmt] = {}
    for item in ast.parse(STUB.read_text()).body:
        if isinstance(item, ast.ClassDef):
            found[item.name] = item
            found |= {f"{item.name}.{of(member)}": member for member in item.body if of(member)}
        elif of(item):
            found[of(item)] = item
    return found


def of(item: ast.stmt) -> str:
    """The name of a declaration."""
    if isinstance(item, ast.FunctionDef):
        return item.name
    if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
        return item.target.id
    return ""


def public(name: str) -> bool:
    return not name.startswith("_")


def test_the_same_names() -> None:
    declared = {name for name in stubs() if all(map(public, name.split(".")))}
    there = {name for name in vars(_plumb) if public(name)}
    for name in list(there):
        thing = getattr(_plumb, name)
        if inspect.isclass(thing):
            there |= {f"{name}.{member}" for member in vars(thing) if public(member)}
    assert declared == there
    assert set(plumb.__all__) == {name for name in there if "." not in name} | {"__version__"}


def test_the_same_parameters() -> None:
    compared = 0
    for name, item in stubs().items():
        if not isinstance(item, ast.FunctionDef) or of_property(item) or name.endswith(("__eq__", "__ne__")):
            continue
        owner, _, member = name.rpartition(".")
        thing: Any = getattr(_plumb, owner) if owner else _plumb
        if member == "__new__":
            signature = inspect.signature(thing)
            given = [argument.arg for argument in item.args.args[1:] + item.args.kwonlyargs]
        else:
            signature = inspect.signature(getattr(thing, member))
            given = [argument.arg for argument in item.args.args + item.args.kwonlyargs]
            given += [item.args.vararg.arg] if item.args.vararg else []
        assert sorted(signature.parameters) == sorted(given), name
        compared += 1
    assert compared > 15


def of_property(item: ast.FunctionDef) -> bool:
    return any(isinstance(decorator, ast.Name) and decorator.id == "property" for decorator in item.decorator_list)


@pytest.mark.parametrize("name", [name for name in plumb.__all__ if public(name)])
def test_everything_is_documented(name: str) -> None:
    thing = getattr(plumb, name)
    assert len(inspect.getdoc(thing) or "") > 40
    for member, value in vars(thing).items() if inspect.isclass(thing) and not issubclass(thing, Exception) else []:
        if not public(member):
            continue
        if inspect.isgetsetdescriptor(value) and not value.__doc__:
            assert member in (thing.__doc__ or ""), f"{name}.{member} is documented nowhere"
        else:
            assert inspect.getdoc(value), f"{name}.{member}"
