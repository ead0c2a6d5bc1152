//! `authorized_keys`: keys with which users may log in.
//!
//! Sources: `.ssh/authorized_keys` and `.ssh/authorized_keys2` below the home directories (sshd(8)).

use crate::homes::{self, Home};
use crate::namespace;
use crate::stream::Lines;
use plumb_formats::Odd;
use plumb_formats::authorized_keys::authorized_key;
use plumb_schema::{Column, Cx, Ops, Platforms, Request, Rows, Table, text};
use std::sync::Arc;

/// A key.
pub struct Row {
    uid: u32,
    algorithm: Vec<u8>,
    key: Vec<u8>,
    options: Vec<u8>,
    comment: Vec<u8>,
    file: Arc<[u8]>,
    namespace: i64,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "authorized_keys",
    doc: "Keys with which users may log in over SSH, by default those of the user that asks.",
    on: Platforms::POSIX,
    columns: &[
        Col::bigint ("uid",       "User who may log in",                       |r| Some(r.uid.into())).additional().seek(by_uid),
        Col::text   ("algorithm", "Type of the key",                           |r| text(&r.algorithm)),
        Col::text   ("key",       "The key in base64",                         |r| text(&r.key)),
        Col::text   ("options",   "Options before the key, as they are written", |r| text(&r.options)),
        Col::text   ("comment",   "What follows the key",                      |r| text(&r.comment)),
        Col::text   ("key_file",  "Path of the file",                          |r| text(&r.file)),
        Col::integer("pid_with_namespace", "Process in whose mount namespace the files are read", |r| Some(r.namespace))
            .on(Platforms::LINUX).additional().hidden().parameter(Ops::EQ),
    ],
    scan,
    user_data: true,
    ..Table::EMPTY
};

const FILES: [&[u8]; 2] = [b".ssh/authorized_keys", b".ssh/authorized_keys2"];

fn scan(cx: &Arc<Cx>, request: &Request) -> Rows<Row> {
    rows(cx, request, homes::own)
}

fn by_uid(cx: &Arc<Cx>, uid: i64, request: &Request) -> Rows<Row> {
    rows(cx, request, move |cx| homes::of(cx, uid))
}

fn rows(cx: &Arc<Cx>, request: &Request, homes: impl Fn(&Cx) -> Vec<Home> + 'static) -> Rows<Row> {
    Box::new(namespace::each(cx, request).flat_map(move |(namespace, cx)| {
        homes(&cx).into_iter().flat_map(move |home| {
            let cx = Arc::clone(&cx);
            FILES.iter().flat_map(move |name| keys(&cx, &home, name, namespace))
        })
    }))
}

fn keys(cx: &Arc<Cx>, home: &Home, name: &[u8], namespace: i64) -> impl Iterator<Item = Row> + use<> {
    let (cx, uid, path) = (Arc::clone(cx), home.uid, home.path(name));
    let mut lines = Lines::open(&cx, &path);
    let mut number = 0;
    let file: Arc<[u8]> = path.into();
    std::iter::from_fn(move || {
        let lines = lines.as_mut()?;
        loop {
            number += 1;
            match authorized_key(lines.advance()?) {
                Ok(Some(key)) => {
                    return Some(Row {
                        uid,
                        algorithm: key.algorithm.to_vec(),
                        key: key.key.to_vec(),
                        options: key.options.to_vec(),
                        comment: key.comment.to_vec(),
                        file: Arc::clone(&file),
                        namespace,
                    });
                }
                Ok(None) => {}
                Err(odd) => cx.note(&file, Odd { line: number, ..odd }),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::homes::rows_of;
    use crate::testing::{check_seeks, equals, rows};
    use plumb_host::Mem;

    fn host() -> Mem {
        Mem::new()
            .file("/etc/passwd", "root:x:0:0::/root:\nal:x:1000:1000::/home/al:\ndup0:x:0:0::/root:\n")
            .file("/root/.ssh/authorized_keys", "no-pty,command=\"echo 'a b'\" ssh-ed25519 K c d")
            .file("/home/al/.ssh/authorized_keys", b"# c\n\nssh-rsa K1\n\xff junk\n  ssh-rsa K2 \xff\n")
            .file("/home/al/.ssh/authorized_keys2", "restrict ssh-rsa K3 c\r\n")
            .link("/proc/7/root", "/srv/c")
            .file("/srv/c/etc/passwd", "r:x:0:0::/r:\nu:x:5:5::/u:\n")
            .file("/srv/c/u/.ssh/authorized_keys", "ssh-rsa U\n")
            .file("/srv/c/r/.ssh/authorized_keys", "ssh-rsa IN\n")
    }

    const COLUMNS: [&str; 6] = ["uid", "algorithm", "key", "options", "comment", "key_file"];

    #[test]
    fn of_the_user_that_asks() {
        let row = ["0", "ssh-ed25519", "K", "no-pty,command=\"echo 'a b'\"", "c d", "/root/.ssh/authorized_keys"];
        assert_eq!(rows(&TABLE, host(), &COLUMNS, Vec::new()).0, [row, row]);
        check_seeks(&TABLE, host());
    }

    #[test]
    fn of_a_user_asked_for() {
        let (found, notes) = rows_of(&TABLE, host(), 1000, &COLUMNS, Vec::new());
        let (one, two) = ("/home/al/.ssh/authorized_keys", "/home/al/.ssh/authorized_keys2");
        assert_eq!(
            found,
            [
                ["1000", "ssh-rsa", "K1", "", "", one],
                ["1000", "ssh-rsa", "K2", "", "\u{fffd}", one],
                ["1000", "ssh-rsa", "K3", "restrict", "c", two],
            ]
        );
        assert_eq!(
            notes.iter().map(|note| note.reason.as_str()).collect::<Vec<_>>(),
            ["line 4: no key is in the line"]
        );
    }

    #[test]
    fn inside_a_container() {
        let inside = vec![equals("pid_with_namespace", "7")];
        let columns = ["key", "key_file", "pid_with_namespace"];
        let own = rows(&TABLE, host(), &columns, inside.clone()).0;
        assert_eq!(own, [["IN", "/r/.ssh/authorized_keys", "7"]]);
        let other = rows_of(&TABLE, host(), 5, &columns, inside).0;
        assert_eq!(other, [["U", "/u/.ssh/authorized_keys", "7"]]);
    }
}
