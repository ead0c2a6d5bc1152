//! `process_envs`: environment variables.
//!
//! Source: `/proc/PID/environ` (proc(5)): what the process was started with, unless it wrote over it. Entries end with
//! a NUL. An empty entry does not end the list: otherwise a process could hide all of its variables by clearing the
//! first byte.

use super::subject::{self, Process};
use plumb_formats::lines::split_once;
use plumb_schema::{Bytes, Column, Cost, Cx, Platforms, Request, Rows, Table, text};
use std::sync::Arc;

/// One entry of an environment.
pub struct Row {
    pid: u32,
    entry: Vec<u8>,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "process_envs",
    doc: "Environment variables of processes.",
    on: Platforms::POSIX,
    columns: &[
        Col::integer("pid",   "Process ID",                                  |v| Some(v.pid.into())).index(by_pid).optimized(),
        Col::text   ("key",   "Name of the variable",                        |v| Some(v.key())),
        Col::text   ("value", "Its value; unknown if the entry has no `=`",  |v| v.value()),
    ],
    scan,
    cost: Cost { rows: 5_000, row: 2 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _request: &Request) -> Rows<Row> {
    Box::new(subject::all(cx, false).flat_map(|process| entries(&process)))
}

fn by_pid(cx: &Arc<Cx>, pid: i64, _request: &Request) -> Rows<Row> {
    Box::new(subject::one(cx, pid, false).into_iter().flat_map(|process| entries(&process)))
}

fn entries(process: &Process) -> Vec<Row> {
    let environ = process.read("environ").unwrap_or_default();
    let entries = environ.split(|byte| *byte == 0).filter(|entry| !entry.is_empty());
    entries.map(|entry| Row { pid: process.pid, entry: entry.to_vec() }).collect()
}

impl Row {
    fn key(&self) -> Bytes<'_> {
        split_once(&self.entry, b'=').map_or(self.entry.as_slice(), |(key, _)| key).into()
    }

    fn value(&self) -> Option<Bytes<'_>> {
        text(split_once(&self.entry, b'=')?.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_seeks};
    use plumb_host::Mem;

    fn host() -> Mem {
        Mem::new()
            .file("/proc/7/environ", b"A=1\0B=x=y\0C=\0\0LD_PRELOAD=/x\0bare\0=odd\0M=a\nb\0U=\xff\0last=1")
            .file("/proc/9/environ", b"\0\0\0")
            .dir("/proc/10")
    }

    #[test]
    fn entries() {
        check(
            &TABLE,
            host(),
            &["pid", "key", "value"],
            &[
                &["7", "A", "1"],
                &["7", "B", "x=y"],
                &["7", "C", ""],
                &["7", "LD_PRELOAD", "/x"],
                &["7", "bare", "NULL"],
                &["7", "", "odd"],
                &["7", "M", "a\nb"],
                &["7", "U", "\u{fffd}"],
                &["7", "last", "1"],
            ],
        );
        check_seeks(&TABLE, host());
    }
}
