//! `users`: local accounts.
//!
//! Source: `/etc/passwd` (passwd(5)). Remote directories (`include_remote`) are not asked: libc's way to them, getpwent(3), loads
//! any module that nsswitch.conf(5) names into the agent, and knows no other root.

use crate::account::{Accounts, signed};
use crate::namespace;
use plumb_formats::accounts::Passwd;
use plumb_schema::{Collation, Column, Cx, Op, Ops, Platforms, Request, Rows, Table, Type, text};
use std::sync::Arc;

/// An account, and the constraints that chose it.
pub struct User {
    account: Passwd,
    namespace: i64,
    remote: i64,
}

type Col = Column<User>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<User> = Table {
    name: "users",
    doc: "Local accounts, and domain accounts that have logged on here.",
    on: Platforms::ALL,
    columns: &[
        Col::bigint("uid",         "User ID",                                  |u| Some(u.account.uid.into())).index(by_uid),
        Col::bigint("gid",         "ID of the primary group, unsigned",        |u| Some(u.account.gid.into())),
        Col::bigint("uid_signed",  "User ID as a signed 32-bit number",        |u| Some(signed(u.account.uid))),
        Col::bigint("gid_signed",  "Primary group ID as a signed 32-bit number", |u| Some(signed(u.account.gid))),
        Col::text  ("username",    "Login name",                               |u| text(&u.account.name)).additional().seek_text(by_name),
        Col::text  ("description", "Comment, usually the full name",           |u| text(&u.account.gecos)),
        Col::text  ("directory",   "Home directory",                           |u| text(&u.account.home)),
        Col::text  ("shell",       "Login shell",                              |u| text(&u.account.shell)),
        Col::text  ("uuid",        "Directory services UUID or Windows SID",   |_| text("")).collate(Collation::NoCase).key(),
        Col::foreign(Platforms::WINDOWS, Type::Text,    "type",      "Whether the account is local, roaming or special"),
        Col::foreign(Platforms::MACOS,   Type::Integer, "is_hidden", "Whether the account is kept out of the login window"),
        Col::integer("pid_with_namespace", "Process in whose mount namespace the accounts are read", |u| Some(u.namespace))
            .on(Platforms::LINUX).additional().hidden().parameter(Ops::EQ),
        Col::integer("include_remote", "1 asks remote directories too",        |u| Some(u.remote))
            .on(Platforms::LINUX).additional().hidden().parameter(Ops::EQ),
    ],
    scan,
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, request: &Request) -> Rows<User> {
    collect(cx, request, |_| true)
}

fn by_uid(cx: &Arc<Cx>, uid: i64, request: &Request) -> Rows<User> {
    collect(cx, request, move |account| i64::from(account.uid) == uid)
}

fn by_name(cx: &Arc<Cx>, name: &[u8], request: &Request) -> Rows<User> {
    let name = name.to_vec();
    collect(cx, request, move |account| account.name == name)
}

fn collect(cx: &Arc<Cx>, request: &Request, like: impl Fn(&Passwd) -> bool + 'static) -> Rows<User> {
    const REMOTE: &str = "include_remote";
    // Each value that is asked for is a question of its own.
    let remotes = if request.constrains(REMOTE, Op::Eq) { request.ints(REMOTE).collect() } else { vec![0] };
    if remotes.contains(&1) {
        cx.note(REMOTE.as_bytes(), "no remote directory is asked: these are the accounts of /etc/passwd");
    }
    Box::new(namespace::each(cx, request).flat_map(move |(namespace, cx)| {
        let accounts = Accounts::of(&cx);
        let chosen: Vec<&Passwd> = accounts.users.iter().filter(|account| like(account)).collect();
        let of = |remote: &i64| {
            let remote = *remote;
            chosen.iter().map(move |account| User { account: (*account).clone(), namespace, remote })
        };
        remotes.iter().flat_map(of).collect::<Vec<_>>()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_seeks, equals, rows};
    use plumb_host::Mem;

    fn host() -> Mem {
        Mem::new()
            .file("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nbig:x:4294967294:4294967294::/:\n")
            .link("/proc/7/root", "/srv/c")
            .file("/srv/c/etc/passwd", "inner:x:0:0:::\n")
    }

    #[test]
    fn accounts() {
        check(
            &TABLE,
            host(),
            &["uid", "uid_signed", "username", "uuid", "type"],
            &[&["0", "0", "root", "", "NULL"], &["4294967294", "-2", "big", "", "NULL"]],
        );
        check_seeks(&TABLE, host());
    }

    #[test]
    fn every_value_of_include_remote_is_answered() {
        let both = vec![equals("include_remote", "0"), equals("include_remote", "1")];
        let (found, _) = rows(&TABLE, host(), &["username", "include_remote"], both);
        assert_eq!(found, [["root", "0"], ["big", "0"], ["root", "1"], ["big", "1"]]);
        for (remote, notes) in [("0", 0), ("1", 1)] {
            let (_, told) = rows(&TABLE, host(), &["username"], vec![equals("include_remote", remote)]);
            assert_eq!(told.len(), notes, "include_remote = {remote}: {told:?}");
        }
    }

    #[test]
    fn inside_a_container() {
        let (found, _) =
            rows(&TABLE, host(), &["username", "pid_with_namespace"], vec![equals("pid_with_namespace", "7")]);
        assert_eq!(found, [["inner", "7"]]);
    }
}
