//! `hash`: digests of files, chosen by path, by pattern, or by directory as in `file`.
//!
//! A file is read once for all the digests that a statement wants, and not at all if it wants none. There is no limit
//! to its size.

use super::chosen::chosen;
use super::digest::{self, Digests, Wanted};
use super::file::PATHS;
use super::place::Found;
use plumb_host::FileKind;
use plumb_schema::{Bytes, Collation, Column, Cost, Cx, Ops, Platforms, Request, Rows, Table, text};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// A regular file, and its digests once a column has asked for one.
pub struct Row {
    file: Found,
    wanted: Wanted,
    digests: OnceCell<Option<Digests>>,
    /// Working memory that all rows of a scan share.
    buf: Rc<RefCell<Vec<u8>>>,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "hash",
    doc: "Digests of regular files, chosen by path, by pattern or by directory as in `file`.",
    on: Platforms::ALL,
    columns: &[
        Col::text   ("path",      "Path as asked for",                             |r| text(r.file.path())).key().optimized().required(PATHS),
        Col::text   ("directory", "Directory that holds the file, as asked for",   |r| text(r.file.directory())).optimized().required(PATHS),
        Col::text   ("md5",       "MD5 digest of the content, hexadecimal",        |r| digest(r, |d| &d.md5)).collate(Collation::NoCase),
        Col::text   ("sha1",      "SHA-1 digest of the content, hexadecimal",      |r| digest(r, |d| &d.sha1)).collate(Collation::NoCase),
        Col::text   ("sha256",    "SHA-256 digest of the content, hexadecimal",    |r| digest(r, |d| &d.sha256)).collate(Collation::NoCase),
        Col::integer("pid_with_namespace", "Process in whose mount namespace the file is", |r| Some(r.file.view().pid)).on(Platforms::LINUX).additional().hidden().parameter(Ops::EQ),
        Col::text   ("mount_namespace_id", "Number of that namespace",             |r| text(&r.file.view().namespace)).on(Platforms::LINUX).hidden(),
    ],
    scan,
    // By one request a path comes once, or in several spellings of `directory`: OR removes duplicates by path.
    unique: true,
    cost: Cost { rows: 1000, row: 1000 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, request: &Request) -> Rows<Row> {
    let wanted = Wanted { md5: request.wants("md5"), sha1: request.wants("sha1"), sha256: request.wants("sha256") };
    let buf = Rc::default();
    let files = chosen(cx, request).filter(|file| file.kind() == FileKind::Regular);
    Box::new(files.map(move |file| Row { file, wanted, digests: OnceCell::new(), buf: Rc::clone(&buf) }))
}

fn digest(row: &Row, which: fn(&Digests) -> &Option<String>) -> Option<Bytes<'_>> {
    text(which(row.digests.get_or_init(|| row.read()).as_ref()?).as_ref()?)
}

impl Row {
    fn read(&self) -> Option<Digests> {
        let (cx, path) = (self.file.cx(), self.file.path());
        let opened = self.file.dir().open(self.file.name());
        let mut file = opened.map_err(|error| cx.note_error(path, &error)).ok()?;
        digest::of(cx, path, &mut *file, self.wanted, &mut self.buf.borrow_mut())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cx, equals, like, rows};
    use plumb_host::{Access, Mem};
    use std::io::ErrorKind;

    const ABC: [&str; 3] = [
        "900150983cd24fb0d6963f7d28e17f72",
        "a9993e364706816aba3e25717850c26c9cd0d89d",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ];

    fn host() -> Mem {
        Mem::new()
            .file("/d/abc", "abc")
            .file("/d/.hid", "abc")
            .file("/d/sub/empty", "")
            .link("/d/link", "abc")
            .link("/d/dangling", "nope")
            .link("/d/lnk", "sub")
            .node("/d/fifo", FileKind::Fifo)
    }

    #[test]
    fn digests() {
        let columns = ["path", "directory", "md5", "sha1", "sha256"];
        for path in ["/d/abc", "/d/link", "/d/../d/abc"] {
            let (found, notes) = rows(&TABLE, host(), &columns, vec![equals("path", path)]);
            let directory = path.rsplit_once('/').unwrap().0;
            assert_eq!(
                (found, notes.len()),
                (vec![[&[path, directory][..], &ABC].concat().iter().map(ToString::to_string).collect()], 0)
            );
        }
        let (found, _) = rows(&TABLE, host(), &["sha256"], vec![equals("path", "/d/sub/empty")]);
        assert_eq!(found, [["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]]);
    }

    #[test]
    fn regular_files_only() {
        for (constraint, expect) in [
            (equals("path", "/d"), &[][..]),
            (equals("path", "/d/none"), &[]),
            (equals("path", "/d/fifo"), &[]),
            (equals("path", "/d/dangling"), &[]),
            (equals("path", "/d/lnk"), &[]),
            (equals("directory", "/d"), &["/d/.hid", "/d/abc", "/d/link"]),
            (equals("directory", "/d/abc"), &[]),
            (like("path", "/d/%"), &["/d/abc", "/d/link"]),
            (like("path", "/d/%%"), &["/d/abc", "/d/link", "/d/sub/empty"]),
            (like("directory", "/d/s%"), &["/d/sub/empty"]),
        ] {
            let (found, notes) = rows(&TABLE, host(), &["path"], vec![constraint.clone()]);
            assert_eq!(
                (found.concat(), notes.len()),
                (expect.iter().map(ToString::to_string).collect(), 0),
                "{constraint:?}"
            );
        }
    }

    #[test]
    fn sizes_around_the_pieces_that_are_read() {
        const MIB: usize = 1 << 20;
        for size in [1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, MIB, MIB + 1, 3 * MIB + 7] {
            use sha2::Digest;
            let content: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            let expect: String = sha2::Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
            let (found, _) = rows(&TABLE, Mem::new().file("/f", content), &["sha256"], vec![equals("path", "/f")]);
            assert_eq!(found, [[expect]], "{size}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        for (access, size) in [(Some(Access::Open), 3), (Some(Access::Read), 3), (None, 1 << 47)] {
            let mut host = host().meta("/d/abc", |stat| (stat.size, stat.blocks) = (size, 0));
            if let Some(access) = access {
                host = host.fail_on("/d/abc", access, ErrorKind::PermissionDenied);
            }
            let (found, notes) = rows(&TABLE, host, &["path", "md5"], vec![equals("path", "/d/abc")]);
            assert_eq!((found, notes.len()), (vec![vec!["/d/abc".to_owned(), "NULL".to_owned()]], 1), "{access:?}");
        }
    }

    #[test]
    fn nothing_is_read_unless_wanted() {
        let host = host().fail_on("/d/abc", Access::Open, ErrorKind::PermissionDenied);
        let (found, notes) = rows(&TABLE, host, &["path"], vec![equals("path", "/d/abc")]);
        assert_eq!((found.len(), notes.len()), (1, 0));
    }

    #[test]
    fn stops_when_told() {
        let (cx, statement) = cx("hash", host());
        let request = Request::new(vec!["md5"], vec![equals("path", "/d/abc")]);
        let row = (TABLE.scan)(&cx, &request).next().expect("is there");
        statement.cancel.cancel();
        assert_eq!(digest(&row, |digests| &digests.md5), None);
    }
}
