//! `process_memory_map`: what is mapped into processes.
//!
//! Source: `/proc/PID/maps` (proc(5)). The kernel appends ` (deleted)` to the path of a file that is gone; as in
//! `processes.path` the mark is taken off, unless a file is really called so.

use super::subject::{self, Process};
use plumb_formats::maps::{Mapping, maps};
use plumb_host::Follow;
use plumb_schema::{Column, Cost, Cx, Platforms, Request, Rows, Table, owned, text};
use std::sync::Arc;

/// A mapping of a process.
pub struct Row {
    pid: u32,
    start: u64,
    end: u64,
    permissions: [u8; 4],
    offset: u64,
    device: Vec<u8>,
    inode: u64,
    path: Vec<u8>,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "process_memory_map",
    doc: "Files and other memory mapped into processes.",
    on: Platforms::ALL,
    columns: &[
        Col::integer("pid",         "Process ID",                                     |m| Some(m.pid.into())).index(by_pid).optimized(),
        Col::text   ("start",       "First address, hexadecimal",                     |m| owned(format!("0x{:08x}", m.start))),
        Col::text   ("end",         "First address after it, hexadecimal",            |m| owned(format!("0x{:08x}", m.end))),
        Col::text   ("permissions", "r, w, x, and p for private or s for shared",     |m| text(&m.permissions)),
        Col::bigint ("offset",      "Offset in the file, in bytes",                   |m| i64::try_from(m.offset).ok()),
        Col::text   ("device",      "major:minor of the file's device, hexadecimal",  |m| text(&m.device)),
        Col::integer("inode",       "Inode of the file, 0 without a file",            |m| i64::try_from(m.inode).ok()),
        Col::text   ("path",        "Path of the file, or what else it is ([stack], [vdso] …)", |m| text(&m.path)),
        Col::integer("pseudo",      "1 if the path only names what it is",            |m| Some((m.inode == 0 && !m.path.is_empty()).into())),
    ],
    scan,
    cost: Cost { rows: 10_000, row: 3 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _request: &Request) -> Rows<Row> {
    Box::new(subject::all(cx, false).flat_map(|process| mappings(&process)))
}

fn by_pid(cx: &Arc<Cx>, pid: i64, _request: &Request) -> Rows<Row> {
    Box::new(subject::one(cx, pid, false).into_iter().flat_map(|process| mappings(&process)))
}

fn mappings(process: &Process) -> Vec<Row> {
    let bytes = process.read("maps").unwrap_or_default();
    let source = format!("/proc/{}/maps", process.pid);
    let found = maps(&bytes, &mut |odd| process.cx.note(source.as_bytes(), odd));
    found.into_iter().map(|mapping| row(process, mapping)).collect()
}

fn row(process: &Process, mapping: Mapping<'_>) -> Row {
    let Mapping { start, end, permissions, offset, device, inode, path } = mapping;
    Row {
        pid: process.pid,
        start,
        end,
        permissions: *permissions,
        offset,
        device: device.to_vec(),
        inode,
        path: existing(&process.cx, path.into_owned()),
    }
}

fn existing(cx: &Cx, mut path: Vec<u8>) -> Vec<u8> {
    if let Some(before) = path.strip_suffix(b" (deleted)")
        && cx.host.root().stat(&path, Follow::Yes).is_err()
    {
        path.truncate(before.len());
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_seeks, rows};
    use plumb_host::Mem;

    const MAPS: &str = "\
00400000-00401000 r-xp 00001000 fe:00 12                         /srv/a b
7f0000000000-7f0000001000 rw-s 00000000 00:01 9                  /tmp/gone (deleted)
7f0000001000-7f0000002000 r--p 00000000 00:01 8                  /tmp/really (deleted)
7f0000002000-7f0000003000 rw-p 00000000 00:00 0 
not a mapping
ffffffffff600000-ffffffffff601000 --xp ffffffffffffffff 00:00 0  [vsyscall]";

    fn host() -> Mem {
        Mem::new().file("/proc/7/maps", MAPS).file("/tmp/really (deleted)", "").dir("/proc/9")
    }

    #[test]
    fn mappings() {
        check(
            &TABLE,
            host(),
            &["start", "permissions", "offset", "device", "inode", "path", "pseudo"],
            &[
                &["0x00400000", "r-xp", "4096", "fe:00", "12", "/srv/a b", "0"],
                &["0x7f0000000000", "rw-s", "0", "00:01", "9", "/tmp/gone", "0"],
                &["0x7f0000001000", "r--p", "0", "00:01", "8", "/tmp/really (deleted)", "0"],
                &["0x7f0000002000", "rw-p", "0", "00:00", "0", "", "0"],
                &["0xffffffffff600000", "--xp", "NULL", "00:00", "0", "[vsyscall]", "1"],
            ],
        );
        check_seeks(&TABLE, host());
        assert_eq!(rows(&TABLE, host(), &["end"], Vec::new()).1.len(), 1, "one note for the one odd line");
    }
}
