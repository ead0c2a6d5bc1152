//! `process_open_pipes`: pipes between processes.
//!
//! Sources: the links in `/proc/PID/fd` (proc(5)): `pipe:[INODE]` for a pipe(7), a path that leads to a FIFO for
//! fifo(7). The permissions of such a link tell how the descriptor was opened. Two descriptors of one pipe are partners
//! if they are opened differently, or both for reading and writing. A descriptor without partners has a row too.

use super::subject::{self, Fd, Fds};
use plumb_host::{FileKind, Follow};
use plumb_schema::{Bytes, Column, Cost, Cx, Platforms, Request, Rows, Table, text};
use std::sync::Arc;

/// A descriptor on a pipe. Sorted by pipe, then by mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct End {
    pipe: Pipe,
    mode: Mode,
    pid: u32,
    fd: u32,
}

/// What makes a pipe that pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Pipe {
    Anonymous { inode: u64 },
    Named { dev: u64, inode: u64 },
}

/// How a descriptor was opened; unknown if its link cannot be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mode {
    Unknown,
    Neither,
    Read,
    Write,
    Both,
}

/// A descriptor and one of its partners.
pub struct Row {
    ends: Arc<[End]>,
    end: usize,
    partner: Option<usize>,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "process_open_pipes",
    doc: "Pipes and FIFOs that processes hold open, with who is at the other end.",
    on: Platforms::LINUX,
    columns: &[
        Col::bigint("pid",          "Process ID",                                   |p| Some(p.end()?.pid.into())),
        Col::bigint("fd",           "Number of the descriptor",                     |p| Some(p.end()?.fd.into())),
        Col::text  ("mode",         "How it is open: r, w or rw",                   |p| p.end()?.mode.text()),
        Col::bigint("inode",        "Inode of the pipe",                            |p| p.inode()),
        Col::text  ("type",         "named for a FIFO, otherwise anonymous",        |p| p.kind()),
        Col::bigint("partner_pid",  "Process ID of a partner",                      |p| Some(p.partner()?.pid.into())),
        Col::bigint("partner_fd",   "Number of the descriptor there",               |p| Some(p.partner()?.fd.into())),
        Col::text  ("partner_mode", "How it is open there",                         |p| p.partner()?.mode.text()),
    ],
    scan,
    cost: Cost { rows: 500, row: 50 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _request: &Request) -> Rows<Row> {
    let cx = Arc::clone(cx);
    Box::new(std::iter::once_with(move || ends(&cx)).flat_map(|ends| {
        let all = Arc::clone(&ends);
        (0..all.len()).flat_map(move |end| pairs(&ends, end))
    }))
}

/// Every descriptor on a pipe, sorted.
fn ends(cx: &Arc<Cx>) -> Arc<[End]> {
    let mut ends = Vec::new();
    for process in subject::all(cx, false) {
        let mut fds = process.fds();
        while let Some(fd) = fds.next() {
            if let Some(pipe) = pipe(&fds, &fd) {
                ends.push(End { pipe, mode: Mode::of(&fds, &fd), pid: fd.pid, fd: fd.number });
            }
        }
    }
    ends.sort_unstable();
    ends.into()
}

fn pipe(fds: &Fds, fd: &Fd) -> Option<Pipe> {
    if let Some(inode) = fd.inode(b"pipe") {
        return Some(Pipe::Anonymous { inode });
    }
    if !fd.link.starts_with(b"/") {
        return None;
    }
    let stat = fds.stat(fd, Follow::Yes).filter(|stat| stat.kind() == FileKind::Fifo)?;
    Some(Pipe::Named { dev: stat.dev, inode: stat.ino })
}

/// The rows of one descriptor.
fn pairs(ends: &Arc<[End]>, end: usize) -> impl Iterator<Item = Row> + use<> {
    let ends = Arc::clone(ends);
    let partners = partners(&ends, end);
    let alone = partners.is_empty().then_some(None);
    partners.into_iter().flatten().map(Some).chain(alone).map(move |partner| Row {
        ends: Arc::clone(&ends),
        end,
        partner,
    })
}

/// Where the partners of a descriptor stand: the descriptors of its pipe without those of its own mode, or without
/// itself if it is open for both.
fn partners(ends: &[End], end: usize) -> Vec<std::ops::Range<usize>> {
    let Some(this) = ends.get(end) else { return Vec::new() };
    let first = ends.partition_point(|other| other.pipe < this.pipe);
    let last = ends.partition_point(|other| other.pipe <= this.pipe);
    let (from, to) = match this.mode {
        Mode::Both => (end, end + 1),
        mode => (
            ends.partition_point(|other| (other.pipe, other.mode) < (this.pipe, mode)),
            ends.partition_point(|other| (other.pipe, other.mode) <= (this.pipe, mode)),
        ),
    };
    [first..from, to..last].into_iter().filter(|range| !range.is_empty()).collect()
}

impl Mode {
    fn of(fds: &Fds, fd: &Fd) -> Self {
        let Some(stat) = fds.stat(fd, Follow::No) else { return Self::Unknown };
        match (stat.mode & 0o444 != 0, stat.mode & 0o222 != 0) {
            (false, false) => Self::Neither,
            (true, false) => Self::Read,
            (false, true) => Self::Write,
            (true, true) => Self::Both,
        }
    }

    fn text<'a>(self) -> Option<Bytes<'a>> {
        match self {
            Self::Unknown => None,
            Self::Neither => text(""),
            Self::Read => text("r"),
            Self::Write => text("w"),
            Self::Both => text("rw"),
        }
    }
}

impl Row {
    fn end(&self) -> Option<&End> {
        self.ends.get(self.end)
    }

    fn partner(&self) -> Option<&End> {
        self.ends.get(self.partner?)
    }

    fn inode(&self) -> Option<i64> {
        let (Pipe::Anonymous { inode } | Pipe::Named { inode, .. }) = self.end()?.pipe;
        inode.try_into().ok()
    }

    fn kind(&self) -> Option<Bytes<'_>> {
        match self.end()?.pipe {
            Pipe::Anonymous { .. } => text("anonymous"),
            Pipe::Named { .. } => text("named"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;
    use plumb_host::Mem;

    /// Links with the permissions that the kernel would give them.
    fn host(fds: &[(&str, &str, u32)]) -> Mem {
        let host = Mem::new().node("/run/f", FileKind::Fifo).meta("/run/f", |stat| (stat.ino, stat.dev) = (77, 1));
        let host = host.node("/run/g", FileKind::Fifo).meta("/run/g", |stat| (stat.ino, stat.dev) = (77, 2));
        fds.iter().fold(host, |host, (fd, target, mode)| {
            let path = format!("/proc/{fd}");
            host.link(&path, target).meta(&path, |stat| stat.mode = *mode)
        })
    }

    const COLUMNS: [&str; 8] = ["pid", "fd", "mode", "inode", "type", "partner_pid", "partner_fd", "partner_mode"];

    #[test]
    fn readers_and_writers() {
        let host = host(&[
            ("1/fd/3", "pipe:[9]", 0o500),
            ("2/fd/4", "pipe:[9]", 0o300),
            ("3/fd/5", "pipe:[9]", 0o300),
            ("3/fd/6", "socket:[9]", 0o700),
            ("3/fd/7", "/etc/passwd", 0o500),
        ]);
        check(
            &TABLE,
            host,
            &COLUMNS,
            &[
                &["1", "3", "r", "9", "anonymous", "2", "4", "w"],
                &["1", "3", "r", "9", "anonymous", "3", "5", "w"],
                &["2", "4", "w", "9", "anonymous", "1", "3", "r"],
                &["3", "5", "w", "9", "anonymous", "1", "3", "r"],
            ],
        );
    }

    #[test]
    fn open_for_both() {
        let host = host(&[
            ("1/fd/3", "/run/f", 0o700),
            ("2/fd/4", "/run/f", 0o700),
            ("3/fd/5", "/run/f", 0o500),
            ("4/fd/6", "/run/g", 0o500),
        ]);
        check(
            &TABLE,
            host,
            &COLUMNS,
            &[
                &["3", "5", "r", "77", "named", "1", "3", "rw"],
                &["3", "5", "r", "77", "named", "2", "4", "rw"],
                &["1", "3", "rw", "77", "named", "3", "5", "r"],
                &["1", "3", "rw", "77", "named", "2", "4", "rw"],
                &["2", "4", "rw", "77", "named", "3", "5", "r"],
                &["2", "4", "rw", "77", "named", "1", "3", "rw"],
                &["4", "6", "r", "77", "named", "NULL", "NULL", "NULL"],
            ],
        );
    }

    #[test]
    fn writers_without_a_reader_are_not_lost() {
        let host = host(&[("1/fd/3", "pipe:[18446744073709551615]", 0o300), ("2/fd/3", "pipe:[x]", 0o300)]);
        check(&TABLE, host, &["pid", "inode", "mode", "partner_pid"], &[&["1", "NULL", "w", "NULL"]]);
        let host = self::host(&[("1/fd/3", "pipe:[5]", 0o300), ("2/fd/4", "pipe:[5]", 0o300)]);
        check(&TABLE, host, &["pid", "partner_pid"], &[&["1", "NULL"], &["2", "NULL"]]);
    }
}
