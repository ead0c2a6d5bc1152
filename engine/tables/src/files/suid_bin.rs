//! `suid_bin`: programs that run with other rights than those of whoever starts them.
//!
//! Sources: the directories of programs and `/tmp`, with all that is below them, and `/etc/passwd` and `/etc/group` for
//! the names.

use super::place::{Found, View};
use super::walk::Walk;
use crate::account::Accounts;
use crate::namespace;
use plumb_host::FileKind;
use plumb_schema::{Bytes, Column, Cost, Cx, Ops, Platforms, Request, Rows, Table, owned, text};
use std::rc::Rc;
use std::sync::Arc;

/// Where programs are looked for. Links to directories are followed here, and not below.
const DIRECTORIES: [&[u8]; 7] =
    [b"/bin", b"/sbin", b"/usr/bin", b"/usr/sbin", b"/usr/local/bin", b"/usr/local/sbin", b"/tmp"];

const SETUID: u32 = 0o4000;
const SETGID: u32 = 0o2000;

/// A regular file, or a link to one, with one of the bits set.
pub struct Program {
    file: Found,
    accounts: Arc<Accounts>,
    uid: u32,
    gid: u32,
    mode: u32,
}

type Col = Column<Program>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Program> = Table {
    name: "suid_bin",
    doc: "Programs with the setuid or setgid bit, in the directories of programs and in /tmp.",
    on: Platforms::LINUX.and(Platforms::MACOS),
    columns: &[
        Col::text   ("path",        "Path of the program",                         |p| text(p.file.path())),
        Col::text   ("username",    "Owner, as a number if it has no name",        |p| name(p.accounts.user_name(p.uid), p.uid)),
        Col::text   ("groupname",   "Group, as a number if it has no name",        |p| name(p.accounts.group_name(p.gid), p.gid)),
        Col::text   ("permissions", "S for setuid, G for setgid, SG for both",     |p| text(letters(p.mode))),
        Col::integer("pid_with_namespace", "Process in whose mount namespace the program is", |p| Some(p.file.view().pid)).on(Platforms::LINUX).additional().hidden().parameter(Ops::EQ),
    ],
    scan,
    unique: true,
    cost: Cost { rows: 30, row: 1000 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, request: &Request) -> Rows<Program> {
    Box::new(namespace::each(cx, request).flat_map(|(pid, cx)| {
        let accounts = Accounts::of(&cx);
        let view = Rc::new(View::new(cx, pid, Vec::new()));
        let files = DIRECTORIES.into_iter().flat_map(move |directory| Walk::below(&view, directory));
        files.filter_map(move |file| program(file, &accounts))
    }))
}

fn program(file: Found, accounts: &Arc<Accounts>) -> Option<Program> {
    if file.kind() != FileKind::Regular {
        return None;
    }
    let stat = *file.stat().filter(|stat| stat.mode & (SETUID | SETGID) != 0)?;
    Some(Program { file, accounts: Arc::clone(accounts), uid: stat.uid, gid: stat.gid, mode: stat.mode })
}

fn name(name: Option<&[u8]>, id: u32) -> Option<Bytes<'_>> {
    match name {
        Some(name) => text(name),
        None => owned(id.to_string()),
    }
}

fn letters(mode: u32) -> &'static str {
    match (mode & SETUID != 0, mode & SETGID != 0) {
        (true, true) => "SG",
        (true, false) => "S",
        _ => "G",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, equals, rows};
    use plumb_host::Mem;

    fn host() -> Mem {
        let set =
            |uid, gid, mode| move |stat: &mut plumb_host::Stat| (stat.uid, stat.gid, stat.mode) = (uid, gid, mode);
        Mem::new()
            .file("/etc/passwd", "root:x:0:0:::\nalice:x:7:7:::\n")
            .file("/etc/group", "root:x:0:\n")
            .link("/bin", "usr/bin")
            .file("/usr/bin/plain", "")
            .file("/usr/bin/su", "")
            .meta("/usr/bin/su", set(0, 0, 0o4755))
            .link("/usr/local/bin/link", "/usr/bin/su")
            .file("/usr/local/sbin/deep/.er", "")
            .meta("/usr/local/sbin/deep/.er", set(7, 5, 0o6755))
            .meta("/usr/local/sbin/deep", set(0, 0, 0o6755))
            .link("/usr/local/sbin/round", "/usr/bin")
            .file("/tmp/g", "")
            .meta("/tmp/g", set(0, 0, 0o2755))
            .node("/tmp/fifo", FileKind::Fifo)
            .meta("/tmp/fifo", set(0, 0, 0o4755))
            .file("/opt/su", "")
            .meta("/opt/su", set(0, 0, 0o4755))
            .link("/proc/7/root", "/srv/c")
            .file("/srv/c/bin/su", "")
            .meta("/srv/c/bin/su", set(7, 7, 0o4755))
    }

    #[test]
    fn programs() {
        check(
            &TABLE,
            host(),
            &["path", "username", "groupname", "permissions", "pid_with_namespace"],
            &[
                &["/bin/su", "root", "root", "S", "0"],
                &["/usr/bin/su", "root", "root", "S", "0"],
                &["/usr/local/bin/link", "root", "root", "S", "0"],
                &["/usr/local/sbin/deep/.er", "alice", "5", "SG", "0"],
                &["/tmp/g", "root", "root", "G", "0"],
            ],
        );
    }

    #[test]
    fn inside_a_container() {
        let (found, notes) = rows(&TABLE, host(), &["path", "username"], vec![equals("pid_with_namespace", "7")]);
        assert_eq!((found, notes.len()), (vec![vec!["/bin/su".to_owned(), "7".to_owned()]], 0));
    }
}
