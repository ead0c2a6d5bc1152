//! `groups`: local groups.
//!
//! Source: `/etc/group` (group(5)). Of several groups with one id the first counts, as in getgrgid(3).

use crate::account::{Accounts, signed};
use crate::namespace;
use plumb_schema::{Column, Cx, Ops, Platforms, Request, Rows, Table, Type, text};
use std::collections::HashMap;
use std::sync::Arc;

/// A group, and the process in whose namespace it was found.
pub struct Row {
    groups: Arc<Groups>,
    place: usize,
    namespace: i64,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "groups",
    doc: "Local groups.",
    on: Platforms::ALL,
    columns: &[
        Col::bigint ("gid",        "Group ID, unsigned",                     |g| Some(g.gid()?.into())).index(by_gid),
        Col::bigint ("gid_signed", "Group ID as a signed 32-bit number",     |g| g.gid().map(signed)),
        Col::text   ("groupname",  "Name",                                   |g| text(&g.groups.list.get(g.place)?.1)),
        Col::text   ("group_sid",  "Windows security identifier",            |_| text("")).on(Platforms::WINDOWS).key(),
        Col::foreign(Platforms::WINDOWS, Type::Text,    "comment",   "What the group is for"),
        Col::foreign(Platforms::MACOS,   Type::Integer, "is_hidden", "Whether the group is kept out of the directory's lists"),
        Col::integer("pid_with_namespace", "Process in whose mount namespace the groups are read", |g| Some(g.namespace))
            .on(Platforms::LINUX).additional().hidden().parameter(Ops::EQ),
    ],
    scan,
    unique: true,
    ..Table::EMPTY
};

/// Groups with distinct ids, in file order; made once a statement, since joins ask id by id.
struct Groups {
    list: Vec<(u32, Vec<u8>)>,
    places: HashMap<u32, usize>,
}

impl Groups {
    fn new(cx: &Cx) -> Self {
        let mut groups = Self { list: Vec::new(), places: HashMap::new() };
        for group in &Accounts::of(cx).groups {
            let place = groups.list.len();
            if *groups.places.entry(group.gid).or_insert(place) == place {
                groups.list.push((group.gid, group.name.clone()));
            }
        }
        groups
    }
}

impl Row {
    fn gid(&self) -> Option<u32> {
        Some(self.groups.list.get(self.place)?.0)
    }
}

fn scan(cx: &Arc<Cx>, request: &Request) -> Rows<Row> {
    collect(cx, request, |groups| 0..groups.list.len())
}

fn by_gid(cx: &Arc<Cx>, gid: i64, request: &Request) -> Rows<Row> {
    collect(cx, request, move |groups| {
        let place = u32::try_from(gid).ok().and_then(|gid| groups.places.get(&gid).copied());
        place.map_or(0..0, |place| place..place + 1)
    })
}

fn collect(cx: &Arc<Cx>, request: &Request, places: impl Fn(&Groups) -> std::ops::Range<usize> + 'static) -> Rows<Row> {
    Box::new(namespace::each(cx, request).flat_map(move |(namespace, cx)| {
        let groups = cx.memo(Groups::new);
        places(&groups).map(move |place| Row { groups: Arc::clone(&groups), place, namespace })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_seeks, equals, rows};
    use plumb_host::Mem;

    fn host() -> Mem {
        Mem::new()
            .file("/etc/group", b"root:x:0:\nbad\nbig:x:4294967294:a\nempty members:x:2:,,\nalias:x:0:b\n\xff:x:7")
            .link("/proc/7/root", "/srv/c")
            .file("/srv/c/etc/group", "inner:x:5:\n")
    }

    #[test]
    fn groups() {
        check(
            &TABLE,
            host(),
            &["gid", "gid_signed", "groupname", "group_sid", "comment", "pid_with_namespace"],
            &[
                &["0", "0", "root", "", "NULL", "0"],
                &["4294967294", "-2", "big", "", "NULL", "0"],
                &["2", "2", "empty members", "", "NULL", "0"],
                &["7", "7", "\u{fffd}", "", "NULL", "0"],
            ],
        );
        check_seeks(&TABLE, host());
        assert_eq!(rows(&TABLE, host(), &["gid"], Vec::new()).1.len(), 1, "one bad line");
    }

    #[test]
    fn inside_a_container() {
        let inside = vec![equals("pid_with_namespace", "7")];
        assert_eq!(rows(&TABLE, host(), &["groupname", "pid_with_namespace"], inside).0, [["inner", "7"]]);
        let (found, notes) = rows(&TABLE, host(), &["groupname"], vec![equals("pid_with_namespace", "8")]);
        assert_eq!((found.len(), notes.len()), (0, 1));
    }
}
