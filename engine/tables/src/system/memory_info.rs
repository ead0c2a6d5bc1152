//! `memory_info`: how the memory is used.
//!
//! Source: `/proc/meminfo` (proc_meminfo(5)).

use plumb_formats::meminfo::bytes;
use plumb_schema::{Column, Cost, Cx, Platforms, Request, Rows, Table};
use std::sync::Arc;

/// The file.
pub struct Memory(Vec<u8>);

type Col = Column<Memory>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Memory> = Table {
    name: "memory_info",
    doc: "Memory and swap space, and what they are used for, in bytes.",
    on: Platforms::LINUX,
    columns: &[
        Col::bigint("memory_total",     "Usable memory",                                      |m| bytes(&m.0, b"MemTotal")),
        Col::bigint("memory_free",      "Memory that nothing uses",                           |m| bytes(&m.0, b"MemFree")),
        Col::bigint("memory_available", "Estimate of what programs can get without swapping", |m| bytes(&m.0, b"MemAvailable")),
        Col::bigint("buffers",          "Cache of block devices",                             |m| bytes(&m.0, b"Buffers")),
        Col::bigint("cached",           "Cache of files",                                     |m| bytes(&m.0, b"Cached")),
        Col::bigint("swap_cached",      "Swapped in again, and still in swap space",          |m| bytes(&m.0, b"SwapCached")),
        Col::bigint("active",           "Used recently, reclaimed last",                      |m| bytes(&m.0, b"Active")),
        Col::bigint("inactive",         "Not used recently, reclaimed first",                 |m| bytes(&m.0, b"Inactive")),
        Col::bigint("swap_total",       "Swap space",                                         |m| bytes(&m.0, b"SwapTotal")),
        Col::bigint("swap_free",        "Swap space that nothing uses",                       |m| bytes(&m.0, b"SwapFree")),
    ],
    scan,
    cost: Cost { rows: 1, row: 20 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<Memory> {
    const PATH: &[u8] = b"/proc/meminfo";
    let file = cx.read(PATH);
    if file.is_none() {
        cx.note(PATH, "not there");
    }
    Box::new(file.map(Memory).into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, rows};
    use plumb_host::Mem;

    #[test]
    fn amounts() {
        let host = Mem::new().file(
            "/proc/meminfo",
            "MemTotal: 24684084 kB\nMemFree: 1 kB\nActive(anon): 9 kB\nActive: 2 kB\nSwapTotal: x kB\n",
        );
        check(
            &TABLE,
            host,
            &["memory_total", "memory_free", "memory_available", "active", "swap_total"],
            &[&["25276502016", "1024", "NULL", "2048", "NULL"]],
        );
        let (found, notes) = rows(&TABLE, Mem::new(), &["memory_total"], vec![]);
        assert_eq!((found.len(), notes.len()), (0, 1));
    }
}
