//! `processes`: every process of the machine.
//!
//! Sources: `/proc/PID/{stat,status,cmdline,io,cgroup,exe,cwd,root}` (proc(5)). Each is read only when a column of it
//! is asked for, at most once a row.

use super::subject::{self, Process};
use plumb_formats::procfs::{self, Stat, Status, boot_time, cgroup_path};
use plumb_host::Follow;
use plumb_schema::{Column, Cost, Cx, Platforms, Request, Rows, Table, Type, owned};
use std::cell::OnceCell;
use std::sync::Arc;

/// A process with what was read of it.
pub struct Row {
    process: Process,
    stat: OnceCell<Option<Stat>>,
    status: OnceCell<Status>,
    io: OnceCell<Option<Vec<u8>>>,
    exe: OnceCell<Option<Executable>>,
}

struct Executable {
    path: Vec<u8>,
    on_disk: bool,
}

type Col = Column<Row>;

const MACOS: Platforms = Platforms::MACOS;
const WINDOWS: Platforms = Platforms::WINDOWS;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "processes",
    doc: "Every running process.",
    on: Platforms::ALL,
    columns: &[
        Col::bigint ("pid",           "Process ID",                                          |p| Some(p.process.pid.into())).index(by_pid).optimized(),
        Col::text   ("name",          "Name of the executable as the kernel keeps it",       |p| p.stat().map(|s| s.comm.as_slice().into())),
        Col::text   ("path",          "Path of the executable",                              |p| p.exe().map(|exe| exe.path.as_slice().into())),
        Col::text   ("cmdline",       "Arguments, joined by spaces",                         |p| p.cmdline().map(Into::into)),
        Col::text   ("state",         "State, one letter (proc(5))",                         |p| owned([p.stat()?.state])),
        Col::text   ("cwd",           "Current directory",                                   |p| p.process.link("cwd").map(Into::into)),
        Col::text   ("root",          "Root directory",                                      |p| p.process.link("root").map(Into::into)),
        Col::bigint ("uid",           "User ID",                                             |p| p.status().uids[0]),
        Col::bigint ("gid",           "Group ID",                                            |p| p.status().gids[0]),
        Col::bigint ("euid",          "Effective user ID",                                   |p| p.status().uids[1]),
        Col::bigint ("egid",          "Effective group ID",                                  |p| p.status().gids[1]),
        Col::bigint ("suid",          "Saved user ID",                                       |p| p.status().uids[2]),
        Col::bigint ("sgid",          "Saved group ID",                                      |p| p.status().gids[2]),
        Col::integer("on_disk",       "Whether the executable still exists: 1, 0, or -1 if it has none", |p| Some(p.on_disk())),
        Col::bigint ("wired_size",    "Bytes that cannot be paged out (not kept by Linux: 0)", |_| Some(0)),
        Col::bigint ("resident_size", "Bytes in physical memory",                            |p| p.status().rss),
        Col::bigint ("total_size",    "Bytes of virtual memory",                             |p| p.status().size),
        Col::bigint ("user_time",     "Milliseconds of CPU in user mode",                    |p| p.millis(p.stat()?.utime)),
        Col::bigint ("system_time",   "Milliseconds of CPU in kernel mode",                  |p| p.millis(p.stat()?.stime)),
        Col::bigint ("disk_bytes_read",    "Bytes read from storage",                        |p| p.io(b"read_bytes")),
        Col::bigint ("disk_bytes_written", "Bytes written to storage, less those cancelled", |p| p.written()),
        Col::bigint ("start_time",    "Start, in seconds since the epoch",                   |p| p.start_time()),
        Col::bigint ("parent",        "Parent's process ID",                                 |p| Some(p.stat()?.ppid)),
        Col::bigint ("pgroup",        "Process group",                                       |p| Some(p.stat()?.pgrp)),
        Col::integer("threads",       "Number of threads",                                   |p| Some(p.stat()?.threads)),
        Col::integer("nice",          "Nice value, -20 to 19",                               |p| Some(p.stat()?.nice)),
        Col::foreign(WINDOWS, Type::Integer, "elevated_token",  "Whether the token is elevated"),
        Col::foreign(WINDOWS, Type::Integer, "secure_process",  "Whether it is an IUM process"),
        Col::foreign(WINDOWS, Type::Text,    "protection_type", "Kind of protection"),
        Col::foreign(WINDOWS, Type::Integer, "virtual_process", "Whether it is a virtual process (System, Registry …)"),
        Col::foreign(WINDOWS, Type::BigInt,  "elapsed_time",    "Seconds since its start"),
        Col::foreign(WINDOWS, Type::BigInt,  "handle_count",    "Open handles"),
        Col::foreign(WINDOWS, Type::BigInt,  "percent_processor_time", "CPU time in 100 ns ticks"),
        Col::foreign(MACOS,   Type::BigInt,  "upid",            "Unique process ID, never used again"),
        Col::foreign(MACOS,   Type::BigInt,  "uppid",           "Unique process ID of the parent"),
        Col::foreign(MACOS,   Type::Integer, "cpu_type",        "CPU type it runs on"),
        Col::foreign(MACOS,   Type::Integer, "cpu_subtype",     "CPU subtype it runs on"),
        Col::foreign(MACOS,   Type::Integer, "translated",      "Whether it runs under Rosetta"),
        Col::text   ("cgroup_path",   "Path in the unified control group hierarchy",         |p| p.cgroup().map(Into::into)).on(Platforms::LINUX),
    ],
    scan,
    unique: true,
    cost: Cost { rows: 300, row: 30 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, request: &Request) -> Rows<Row> {
    Box::new(subject::all(cx, wants_handle(request)).map(Row::new))
}

fn by_pid(cx: &Arc<Cx>, pid: i64, request: &Request) -> Rows<Row> {
    Box::new(subject::one(cx, pid, wants_handle(request)).map(Row::new).into_iter())
}

/// Whether the statement reads more than one file of each process.
fn wants_handle(request: &Request) -> bool {
    const FILES: [&[&str]; 7] = [
        &["name", "state", "user_time", "system_time", "start_time", "parent", "pgroup", "threads", "nice"],
        &["uid", "gid", "euid", "egid", "suid", "sgid", "resident_size", "total_size"],
        &["path", "on_disk"],
        &["cmdline"],
        &["cwd"],
        &["root"],
        &["disk_bytes_read", "disk_bytes_written"],
    ];
    FILES.iter().filter(|columns| request.wants_any(columns)).count() + usize::from(request.wants("cgroup_path")) > 1
}

/// What times are counted in; read once a statement.
struct Clock {
    boot: Option<i64>,
    ticks: i64,
}

impl Row {
    fn new(process: Process) -> Self {
        let (stat, status, io, exe) = Default::default();
        Self { process, stat, status, io, exe }
    }

    fn stat(&self) -> Option<&Stat> {
        self.stat.get_or_init(|| Stat::parse(&self.process.read("stat")?)).as_ref()
    }

    fn status(&self) -> &Status {
        self.status.get_or_init(|| Status::parse(&self.process.read("status").unwrap_or_default()))
    }

    fn clock(&self) -> Arc<Clock> {
        self.process.cx.memo(|cx| Clock {
            boot: cx.read(b"/proc/stat").as_deref().and_then(boot_time),
            ticks: cx.host.kernel().map_or(100, |kernel| kernel.ticks_per_second().max(1).cast_signed()),
        })
    }

    fn millis(&self, ticks: i64) -> Option<i64> {
        ticks.checked_mul(1000)?.checked_div(self.clock().ticks)
    }

    fn start_time(&self) -> Option<i64> {
        let clock = self.clock();
        self.stat()?.start.checked_div(clock.ticks)?.checked_add(clock.boot?)
    }

    fn io(&self, key: &[u8]) -> Option<i64> {
        let io = self.io.get_or_init(|| self.process.read("io")).as_deref()?;
        plumb_formats::lines::int(procfs::value(io, key)?)
    }

    fn written(&self) -> Option<i64> {
        let cancelled = self.io(b"cancelled_write_bytes").unwrap_or(0);
        self.io(b"write_bytes").map(|written| written.saturating_sub(cancelled))
    }

    fn cmdline(&self) -> Option<Vec<u8>> {
        let mut line = self.process.read("cmdline")?;
        line.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = b' ');
        line.pop_if(|last| *last == b' ');
        Some(line)
    }

    fn cgroup(&self) -> Option<Vec<u8>> {
        cgroup_path(&self.process.read("cgroup")?).map(<[u8]>::to_vec)
    }

    fn exe(&self) -> Option<&Executable> {
        self.exe.get_or_init(|| Some(self.executable(self.process.link("exe")?))).as_ref()
    }

    /// The kernel appends ` (deleted)` to the path of an executable that is gone; but a file may really be called so.
    fn executable(&self, path: Vec<u8>) -> Executable {
        let exists = |path: &[u8]| self.process.cx.host.root().stat(path, Follow::Yes).is_ok();
        if exists(&path) {
            return Executable { path, on_disk: true };
        }
        match path.strip_suffix(b" (deleted)") {
            Some(before) => Executable { on_disk: exists(before), path: before.to_vec() },
            None => Executable { path, on_disk: false },
        }
    }

    fn on_disk(&self) -> i64 {
        match self.exe() {
            Some(exe) if !exe.path.is_empty() => i64::from(exe.on_disk),
            _ => -1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_seeks};
    use plumb_host::Mem;

    fn host() -> Mem {
        Mem::new()
            .file("/proc/stat", "cpu 1 2 3\nbtime 1000\n")
            .file("/proc/7/stat", "7 () (a) S 1 7 7 0 -1 0 0 0 0 0 5 6 0 0 20 -5 2 0 250 4096 1")
            .file("/proc/7/status", "Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nVmRSS:\t 4 kB\n")
            .file("/proc/7/cmdline", b"a\0b c\0\xff\0")
            .file("/proc/7/io", "read_bytes: 9\nwrite_bytes: 8\ncancelled_write_bytes: 3\n")
            .link("/proc/7/exe", "/bin/a (deleted)")
            .link("/proc/7/cwd", "/tmp")
            .file("/proc/12x/stat", "")
            .dir("/proc/9")
    }

    #[test]
    fn columns() {
        check(
            &TABLE,
            host(),
            &["pid", "name", "state", "uid", "egid", "path", "on_disk", "start_time", "user_time"],
            &[
                &["7", ") (a", "S", "1", "6", "/bin/a", "0", "1002", "50"],
                &["9", "NULL", "NULL", "NULL", "NULL", "NULL", "-1", "NULL", "NULL"],
            ],
        );
        check(
            &TABLE,
            host(),
            &["cmdline", "disk_bytes_written", "resident_size", "total_size", "cwd", "root"],
            &[
                &["a b c \u{fffd}", "5", "4096", "NULL", "/tmp", "NULL"],
                &["NULL", "NULL", "NULL", "NULL", "NULL", "NULL"],
            ],
        );
        check_seeks(&TABLE, host());
    }

    #[test]
    fn an_executable_called_deleted() {
        let host = host().file("/bin/a (deleted)", "");
        check(&TABLE, host, &["path", "on_disk"], &[&["/bin/a (deleted)", "1"], &["NULL", "-1"]]);
    }
}
