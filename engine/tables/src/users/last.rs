//! `last`: logins and their ends.
//!
//! Source: `/var/log/wtmp` (utmp(5)), read in pieces: it grows for years.

use super::utmp;
use plumb_formats::utmp::Login;
use plumb_schema::{Column, Cost, Cx, Platforms, Request, Rows, Table, text};
use std::sync::Arc;

type Col = Column<Login>;

const USER: i64 = 7;
const DEAD: i64 = 8;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Login> = Table {
    name: "last",
    doc: "Logins and their ends, oldest first.",
    on: Platforms::POSIX,
    columns: &[
        Col::text   ("username",  "User who logged in; empty at the end of a login", |l| text(&l.user)),
        Col::text   ("tty",       "Terminal",                                   |l| text(&l.line)),
        Col::integer("pid",       "Process of the login",                       |l| Some(l.pid)),
        Col::integer("type",      "Kind of record: 7 a login, 8 its end (utmp(5))", |l| Some(l.kind)),
        Col::text   ("type_name", "Name of the kind: user-process or dead-process", |l| text(type_name(l.kind))),
        Col::integer("time",      "Seconds since the epoch",                    |l| Some(l.time)),
        Col::text   ("host",      "Host from which the user came",              |l| text(&l.host)),
    ],
    scan,
    cost: Cost { rows: 1000, row: 1 },
    ..Table::EMPTY
};

fn type_name(kind: i64) -> &'static str {
    if kind == USER { "user-process" } else { "dead-process" }
}

fn scan(cx: &Arc<Cx>, _request: &Request) -> Rows<Login> {
    let logins = utmp::logins(cx, b"/var/log/wtmp").into_iter().flatten();
    Box::new(logins.filter(|login| login.kind == USER || login.kind == DEAD))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, rows};
    use plumb_host::Mem;

    fn wtmp() -> Vec<u8> {
        [
            utmp::record(2, 0, b"~", b"reboot", b"6.1.0", 1),
            utmp::record(7, 11, b"tty1", b"root", b"", 1_690_000_100),
            utmp::record(8, 11, b"tty1", b"", b"", 1_690_000_200),
            utmp::record(7, -1, &[b'p'; 32], &[b'u'; 32], &[b'h'; 256], -1),
        ]
        .concat()
    }

    #[test]
    fn logins() {
        let full = ["u".repeat(32), "p".repeat(32), "h".repeat(256)];
        check(
            &TABLE,
            Mem::new().file("/var/log/wtmp", wtmp()),
            &["username", "tty", "host", "pid", "type", "type_name", "time"],
            &[
                &["root", "tty1", "", "11", "7", "user-process", "1690000100"],
                &["", "tty1", "", "11", "8", "dead-process", "1690000200"],
                &[&full[0], &full[1], &full[2], "-1", "7", "user-process", "-1"],
            ],
        );
    }

    #[test]
    fn a_record_cut_off() {
        let cut = [&wtmp()[..], &[7; 100]].concat();
        let (found, notes) = rows(&TABLE, Mem::new().file("/var/log/wtmp", cut), &["pid"], Vec::new());
        assert_eq!((found.len(), notes.len()), (3, 1));
        assert_eq!(rows(&TABLE, Mem::new(), &["pid"], Vec::new()), (vec![], vec![]));
    }
}
