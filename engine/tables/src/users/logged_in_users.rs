//! `logged_in_users`: who is logged in.
//!
//! Source: `/run/utmp` (utmp(5)): besides users it has the boot, the run level, consoles that wait for a login, and
//! records of logins that have ended.

use super::utmp;
use plumb_formats::utmp::Login;
use plumb_schema::{Column, Cx, Platforms, Request, Rows, Table, Type, text};
use std::sync::Arc;

type Col = Column<Login>;

const WINDOWS: Platforms = Platforms::WINDOWS;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Login> = Table {
    name: "logged_in_users",
    doc: "Users who are logged in, and the other current records of the login system.",
    on: Platforms::ALL,
    columns: &[
        Col::text   ("type", "Kind of record: user, dead, login, init, boot_time …", |l| text(type_name(l.kind))),
        Col::text   ("user", "Login name",                                  |l| text(&l.user)),
        Col::text   ("tty",  "Terminal",                                    |l| text(&l.line)),
        Col::text   ("host", "Host from which the user came; the kernel's release for a boot", |l| text(&l.host)),
        Col::bigint ("time", "Time of the record, in seconds since the epoch", |l| Some(l.time)),
        Col::integer("pid",  "Process of the login",                        |l| Some(l.pid)),
        Col::foreign(WINDOWS, Type::Text, "sid",           "Security identifier of the user"),
        Col::foreign(WINDOWS, Type::Text, "registry_hive", "Where the user's registry hive is loaded"),
    ],
    scan,
    ..Table::EMPTY
};

fn type_name(kind: i64) -> &'static str {
    match kind {
        0 => "empty",
        1 => "runlevel",
        2 => "boot_time",
        3 => "new_time",
        4 => "old_time",
        5 => "init",
        6 => "login",
        7 => "user",
        8 => "dead",
        9 => "accounting",
        _ => "unknown",
    }
}

/// Records of process 1 are init's own and tell of nobody.
fn scan(cx: &Arc<Cx>, _request: &Request) -> Rows<Login> {
    let paths: [&[u8]; 2] = [b"/var/run/utmp", b"/run/utmp"];
    let logins = paths.into_iter().find_map(|path| utmp::logins(cx, path)).into_iter().flatten();
    Box::new(logins.filter(|login| login.pid != 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, rows};
    use plumb_host::Mem;

    fn utmp() -> Vec<u8> {
        [
            utmp::record(2, 0, b"~", b"reboot", b"6.1.0", 5),
            utmp::record(1, 53, b"~", b"runlevel", b"6.1.0", 6),
            utmp::record(5, 1, b"", b"", b"", 7),
            utmp::record(6, 9, b"tty2", b"LOGIN", b"", 8),
            utmp::record(7, 11, &[b't'; 32], b"al\xffce", b"192.0.2.1", 9),
            utmp::record(77, 12, b"", b"", b"", 10),
            vec![0; 384],
        ]
        .concat()
    }

    #[test]
    fn records() {
        let tty = "t".repeat(32);
        let expect: &[&[&str]] = &[
            &["boot_time", "reboot", "~", "6.1.0", "5", "0", "NULL"],
            &["runlevel", "runlevel", "~", "6.1.0", "6", "53", "NULL"],
            &["login", "LOGIN", "tty2", "", "8", "9", "NULL"],
            &["user", "al\u{fffd}ce", &tty, "192.0.2.1", "9", "11", "NULL"],
            &["unknown", "", "", "", "10", "12", "NULL"],
            &["empty", "", "", "", "0", "0", "NULL"],
        ];
        let columns = ["type", "user", "tty", "host", "time", "pid", "sid"];
        check(&TABLE, Mem::new().file("/run/utmp", utmp()).link("/var/run", "/run"), &columns, expect);
        check(&TABLE, Mem::new().file("/run/utmp", utmp()), &columns, expect);
    }

    #[test]
    fn hostile_files() {
        for (content, count, notes) in [(&b""[..], 0, 0), (b"x", 0, 1), (&[0xff; 800], 2, 1)] {
            let (found, noted) = rows(&TABLE, Mem::new().file("/run/utmp", content), &["type"], Vec::new());
            assert_eq!((found.len(), noted.len()), (count, notes), "{} bytes", content.len());
        }
    }
}
