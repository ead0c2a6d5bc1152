//! `process_open_files`: descriptors that are open on files.
//!
//! Source: the links in `/proc/PID/fd` (proc(5)). A file that was deleted keeps the mark ` (deleted)` that the kernel
//! appends to its path. Sockets and pipes have tables of their own.

use super::subject::{self, Fd};
use plumb_schema::{Column, Cost, Cx, Platforms, Request, Rows, Table, text};
use std::sync::Arc;

/// A descriptor.
pub struct Row(Fd);

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "process_open_files",
    doc: "Files that processes hold open.",
    on: Platforms::POSIX,
    columns: &[
        Col::bigint("pid",  "Process ID",                         |fd| Some(fd.0.pid.into())).index(by_pid),
        Col::bigint("fd",   "Number of the descriptor",           |fd| Some(fd.0.number.into())),
        Col::text  ("path", "Path of the file it is open on",     |fd| text(&fd.0.link)),
    ],
    scan,
    cost: Cost { rows: 3_000, row: 10 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _request: &Request) -> Rows<Row> {
    Box::new(subject::all(cx, false).flat_map(|process| files(process.fds())))
}

fn by_pid(cx: &Arc<Cx>, pid: i64, _request: &Request) -> Rows<Row> {
    Box::new(files(subject::fds(cx, pid)))
}

/// Whatever the kernel gives a name of another form (`net:[4026531833]`) counts as a file.
fn files(fds: impl Iterator<Item = Fd>) -> impl Iterator<Item = Row> {
    const OTHERS: [&[u8]; 3] = [b"socket:", b"pipe:", b"anon_inode:"];
    fds.filter(|fd| !OTHERS.iter().any(|kind| fd.link.starts_with(kind))).map(Row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_seeks, rows};
    use plumb_host::Mem;

    fn host() -> Mem {
        Mem::new()
            .link("/proc/7/fd/0", "/dev/null")
            .link("/proc/7/fd/1", "socket:[1]")
            .link("/proc/7/fd/2", "pipe:[2]")
            .link("/proc/7/fd/3", "anon_inode:[eventpoll]")
            .link("/proc/7/fd/4", "anon_inode:inotify")
            .link("/proc/7/fd/5", "/tmp/a b (deleted)")
            .link("/proc/7/fd/6", "/memfd:x (deleted)")
            .link("/proc/7/fd/7", b"/tmp/\xff\n")
            .link("/proc/7/fd/8", "/srv/socket:[1]")
            .link("/proc/7/fd/9", "net:[4026531833]")
            .link("/proc/7/fd/x", "/not/a/number")
            .link("/proc/9/fd/4294967296", "/too/large")
            .link("/proc/9/fd/12", "/x")
            .dir("/proc/10")
    }

    #[test]
    fn files_only() {
        check(
            &TABLE,
            host(),
            &["pid", "fd", "path"],
            &[
                &["7", "0", "/dev/null"],
                &["7", "5", "/tmp/a b (deleted)"],
                &["7", "6", "/memfd:x (deleted)"],
                &["7", "7", "/tmp/\u{fffd}\n"],
                &["7", "8", "/srv/socket:[1]"],
                &["7", "9", "net:[4026531833]"],
                &["9", "12", "/x"],
            ],
        );
        check_seeks(&TABLE, host());
    }

    #[test]
    fn an_unreadable_process_loses_only_itself() {
        let host = host().fail("/proc/7/fd", std::io::ErrorKind::PermissionDenied);
        let (found, notes) = rows(&TABLE, host, &["path"], Vec::new());
        assert_eq!(found, [["/x"]]);
        assert_eq!(notes.len(), 1);
    }
}
