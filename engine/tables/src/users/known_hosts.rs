//! `known_hosts`: host keys that users have accepted.
//!
//! Source: `.ssh/known_hosts` below the home directories (sshd(8)).

use crate::homes::{self, Home};
use crate::stream::Lines;
use plumb_schema::{Column, Cx, Platforms, Request, Rows, Table, text};
use std::sync::Arc;

/// A line of a file.
pub struct Row {
    uid: u32,
    key: Vec<u8>,
    file: Arc<[u8]>,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "known_hosts",
    doc: "Host keys that users have accepted, by default those of the user that asks.",
    on: Platforms::POSIX,
    columns: &[
        Col::bigint("uid",      "User to whom the file belongs",                        |r| Some(r.uid.into())).index(by_uid).optimized(),
        Col::text  ("key",      "The line: marker, hosts, type, key and comment",       |r| text(&r.key)),
        Col::text  ("key_file", "Path of the file",                                     |r| text(&r.file)),
    ],
    scan,
    user_data: true,
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _request: &Request) -> Rows<Row> {
    rows(cx, homes::own(cx))
}

fn by_uid(cx: &Arc<Cx>, uid: i64, _request: &Request) -> Rows<Row> {
    rows(cx, homes::of(cx, uid))
}

fn rows(cx: &Arc<Cx>, homes: Vec<Home>) -> Rows<Row> {
    let cx = Arc::clone(cx);
    Box::new(homes.into_iter().flat_map(move |home| {
        let path = home.path(b".ssh/known_hosts");
        let mut lines = Lines::open(&cx, &path);
        let file: Arc<[u8]> = path.into();
        std::iter::from_fn(move || {
            let lines = lines.as_mut()?;
            loop {
                let key = lines.advance()?.trim_ascii();
                if !matches!(key.first(), None | Some(b'#')) {
                    return Some(Row { uid: home.uid, key: key.to_vec(), file: Arc::clone(&file) });
                }
            }
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::homes::rows_of;
    use crate::testing::{check, check_seeks};
    use plumb_host::Mem;

    fn host() -> Mem {
        Mem::new()
            .file("/etc/passwd", "root:x:0:0::/root:\nal:x:1000:1000::/home/al:\n")
            .file("/root/.ssh/known_hosts", b"203.0.113.5 ssh-ed25519 A")
            .file(
                "/home/al/.ssh/known_hosts",
                b"|1|F1E=|398= ssh-ed25519 A\n\n # c\n#c\n  \t\n@revoked b ssh-rsa B two words \r\n\xff\n",
            )
    }

    #[test]
    fn lines() {
        let columns = ["uid", "key", "key_file"];
        check(&TABLE, host(), &columns, &[&["0", "203.0.113.5 ssh-ed25519 A", "/root/.ssh/known_hosts"]]);
        check_seeks(&TABLE, host());
        let file = "/home/al/.ssh/known_hosts";
        assert_eq!(
            rows_of(&TABLE, host(), 1000, &columns, Vec::new()).0,
            [
                ["1000", "|1|F1E=|398= ssh-ed25519 A", file],
                ["1000", "@revoked b ssh-rsa B two words", file],
                ["1000", "\u{fffd}", file],
            ]
        );
    }
}
