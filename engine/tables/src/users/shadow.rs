//! `shadow`: ageing and state of local passwords, never their hashes.
//!
//! Source: `/etc/shadow` (shadow(5)), which only root may read.

use plumb_formats::shadow::{Shadow, shadow};
use plumb_schema::{Column, Cx, Platforms, Request, Rows, Table, text};
use std::collections::HashMap;
use std::sync::Arc;

/// A line of the file.
pub struct Row {
    file: Arc<File>,
    place: usize,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "shadow",
    doc: "Ageing and state of local passwords.",
    on: Platforms::LINUX,
    columns: &[
        Col::text  ("password_status", "active, locked, empty, or not_set (`!!`)",           |r| text(r.line()?.status())),
        Col::text  ("hash_alg",        "Method of the hash, as crypt(5) marks it: 6, y, 2b …", |r| text(r.line()?.algorithm()?)),
        Col::bigint("last_change",     "Day of the last change, in days since the epoch; 0 forces one, -1 if empty", |r| Some(r.line()?.last_change)),
        Col::bigint("min",             "Least days between changes, -1 if empty",            |r| Some(r.line()?.min)),
        Col::bigint("max",             "Most days between changes, -1 if empty",             |r| Some(r.line()?.max)),
        Col::bigint("warning",         "Days of warning before the password expires, -1 if empty", |r| Some(r.line()?.warning)),
        Col::bigint("inactive",        "Days after that until the account is disabled, -1 if empty", |r| Some(r.line()?.inactive)),
        Col::bigint("expire",          "Day on which the account expires, in days since the epoch; -1 if empty", |r| Some(r.line()?.expire)),
        Col::bigint("flag",            "The reserved last field",                            |r| r.line()?.flag),
        Col::text  ("username",        "Login name",                                         |r| text(&r.line()?.name)).index_text(by_name).optimized(),
    ],
    scan,
    ..Table::EMPTY
};

/// The file, read once a statement, since joins ask name by name.
struct File {
    lines: Vec<Shadow>,
    by_name: HashMap<Vec<u8>, Vec<usize>>,
}

impl File {
    fn new(cx: &Cx) -> Self {
        const PATH: &[u8] = b"/etc/shadow";
        let lines = shadow(&cx.read(PATH).unwrap_or_default(), &mut |odd| cx.note(PATH, odd));
        let mut by_name: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        for (place, line) in lines.iter().enumerate() {
            by_name.entry(line.name.clone()).or_default().push(place);
        }
        Self { lines, by_name }
    }
}

impl Row {
    fn line(&self) -> Option<&Shadow> {
        self.file.lines.get(self.place)
    }
}

fn scan(cx: &Arc<Cx>, _request: &Request) -> Rows<Row> {
    let file = cx.memo(File::new);
    Box::new((0..file.lines.len()).map(move |place| Row { file: Arc::clone(&file), place }))
}

fn by_name(cx: &Arc<Cx>, name: &[u8], _request: &Request) -> Rows<Row> {
    let file = cx.memo(File::new);
    let places = file.by_name.get(name).cloned().unwrap_or_default();
    Box::new(places.into_iter().map(move |place| Row { file: Arc::clone(&file), place }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_seeks, rows};
    use plumb_host::Mem;

    fn host() -> Mem {
        Mem::new().file(
            "/etc/shadow",
            b"root:*:19700:0:99999:7:::\nbob:$6$s$h:20000:1:90:14:30:21000:9\nodd:$1$f$F:1:0:9:7::-1:\n\
              svc big:!*:20102::::::\nbob:!!:1::::::\n\xff::0:0:1:7:::\n",
        )
    }

    #[test]
    fn passwords() {
        check(
            &TABLE,
            host(),
            &["username", "password_status", "hash_alg", "last_change", "min", "max"],
            &[
                &["root", "locked", "NULL", "19700", "0", "99999"],
                &["bob", "active", "6", "20000", "1", "90"],
                &["svc big", "locked", "NULL", "20102", "-1", "-1"],
                &["bob", "not_set", "NULL", "1", "-1", "-1"],
                &["\u{fffd}", "empty", "NULL", "0", "0", "1"],
            ],
        );
        let (found, notes) = rows(&TABLE, host(), &["warning", "inactive", "expire", "flag"], Vec::new());
        assert_eq!(found[1], ["14", "30", "21000", "9"]);
        assert_eq!(found[0], ["7", "-1", "-1", "NULL"]);
        assert_eq!(notes.len(), 1, "the line with -1");
        check_seeks(&TABLE, host());
    }

    #[test]
    fn not_for_everybody() {
        let host = host().fail("/etc/shadow", std::io::ErrorKind::PermissionDenied);
        let (found, notes) = rows(&TABLE, host, &["username"], Vec::new());
        assert_eq!((found.len(), notes.len()), (0, 1));
    }
}
