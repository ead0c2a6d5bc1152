"""Hosts as files: what a host in memory consists of, and how cases write it."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import plumb

Kind = Literal["file", "directory", "link", "fifo", "char", "block"]

#: Kinds of tar, by ours.
KINDS: dict[bytes, Kind] = {
    tarfile.REGTYPE: "file",
    tarfile.DIRTYPE: "directory",
    tarfile.SYMTYPE: "link",
    tarfile.FIFOTYPE: "fifo",
    tarfile.CHRTYPE: "char",
    tarfile.BLKTYPE: "block",
}

#: How a case calls them.
WORDS: dict[Kind, str] = {"directory": "dir", "char": "character"}

#: Modes that need not be told; others are 644.
MODES: dict[Kind, int] = {"directory": 0o755, "link": 0o777}

#: What cannot stand in a text for people as it is.
STRANGE = re.compile(r"[^\n\t\x20-\x7e]")


@dataclass(frozen=True)
class Entry:
    """What is at a path: a content, the target of a link, or a node."""

    kind: Kind
    content: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: int | None = None


#: Entries by their paths, those on the way left out or before.
Files = dict[bytes, Entry]


def file(content: str) -> Entry:
    """A file of this content."""
    return Entry("file", content.encode(errors="surrogateescape"))


def of_tar(archive: bytes) -> Files:
    """The files of a host in memory, by its archive."""
    files: Files = {}
    with tarfile.open(fileobj=io.BytesIO(archive), errors="surrogateescape", encoding="utf-8") as tar:
        for member in tar:
            path = b"/" + member.name.removeprefix(".").strip("/").encode(errors="surrogateescape")
            if path == b"/" or member.type not in KINDS:
                continue
            opened = tar.extractfile(member) if member.isreg() else None
            content = opened.read() if opened else member.linkname.encode(errors="surrogateescape")
            files[path] = Entry(KINDS[member.type], content, member.mode & 0o7777, member.uid, member.gid, int(member.mtime))
    return files


def host(files: Files) -> plumb.Host:
    """The host of these files."""
    return plumb.Host.files({path: _given(entry) for path, entry in files.items()})


def _given(entry: Entry) -> plumb.File:
    if entry.kind == "link":
        return plumb.File(link=entry.content, mode=entry.mode, uid=entry.uid, gid=entry.gid, mtime=entry.mtime)
    what: dict[str, Any] = {"content": entry.content} if entry.kind == "file" else {"kind": entry.kind}
    return plumb.File(**what, mode=entry.mode, uid=entry.uid, gid=entry.gid, mtime=entry.mtime)


def text(files: Files) -> str:
    """The blocks of a case that make these files."""
    return "".join(block for path, entry in files.items() for block in _blocks(path, entry))


def _blocks(path: bytes, entry: Entry) -> Iterator[str]:
    name = "".join(chr(byte) if 0x20 < byte < 0x7F and byte != 0x5C else f"\\x{byte:02x}" for byte in path)
    if entry.kind == "file":
        yield from _file(name, entry)
    elif entry.kind == "link":
        target = "".join(chr(byte) if 0x20 < byte < 0x7F and byte != 0x5C else f"\\x{byte:02x}" for byte in entry.content)
        yield f"=== link {name} {target}".rstrip() + "\n"
    else:
        usual = entry.mode == MODES.get(entry.kind, 0o644)
        yield f"=== {WORDS.get(entry.kind, entry.kind)} {name}{'' if usual else f' {entry.mode:o}'}\n"
    said = {"uid": entry.uid or None, "gid": entry.gid or None, "mtime": entry.mtime, "mode": None}
    if entry.kind == "link" and entry.mode != MODES["link"]:
        # The kernel tells by it how a descriptor was opened.
        said["mode"] = int(f"{entry.mode:o}")
    fields = " ".join(f"{field}={value}" for field, value in said.items() if value is not None)
    if fields:
        yield f"=== stat {name} {fields}\n"


def _file(name: str, entry: Entry) -> Iterator[str]:
    mode = "" if entry.mode == 0o644 else f" {entry.mode:o}"
    try:
        shown = entry.content.decode("ascii")
    except UnicodeDecodeError:
        shown = "\x00"
    if STRANGE.search(shown):
        digits = entry.content.hex()
        lines = "".join(f"{digits[at : at + 64]}\n" for at in range(0, len(digits), 64))
        yield f"=== hex {name}{mode}\n{lines}"
        return
    unended = " unended" if shown and not shown.endswith("\n") else ""
    # A line that looks like a header has a backslash before it.
    body = re.sub(r"^(\\*=== )", r"\\\1", shown, flags=re.M)
    yield f"=== file {name}{mode}{unended}\n{body}{chr(10) if unended else ''}"
