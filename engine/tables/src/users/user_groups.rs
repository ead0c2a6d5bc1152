//! `user_groups`: which users are in which groups.
//!
//! Sources: `/etc/passwd` for the users and their primary groups, `/etc/group` for the members. As getgrouplist(3)
//! does it: the primary group first, then every group that lists the user's name, each once. Of several accounts with
//! one id the first counts.

use crate::account::{Accounts, signed};
use plumb_schema::{Column, Cx, Platforms, Request, Rows, Table};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A user in a group.
#[derive(Clone, Copy)]
pub struct Member {
    uid: u32,
    gid: u32,
}

type Col = Column<Member>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Member> = Table {
    name: "user_groups",
    doc: "Groups of each local user.",
    on: Platforms::ALL,
    columns: &[
        Col::bigint("uid", "User ID as a signed 32-bit number", |m| Some(signed(m.uid))).index(by_uid).optimized(),
        Col::bigint("gid", "Group ID, unsigned",                |m| Some(m.gid.into())).index(by_gid),
    ],
    scan,
    unique: true,
    ..Table::EMPTY
};

/// All memberships, sorted out once a statement in time linear in users and memberships.
struct Members {
    all: Vec<Member>,
    by_uid: HashMap<u32, std::ops::Range<usize>>,
    by_gid: HashMap<u32, Vec<usize>>,
}

impl Members {
    fn new(cx: &Cx) -> Self {
        let accounts = Accounts::of(cx);
        let mut listed: HashMap<&[u8], Vec<u32>> = HashMap::new();
        for group in &accounts.groups {
            for name in &group.members {
                listed.entry(name).or_default().push(group.gid);
            }
        }
        let mut members = Self { all: Vec::new(), by_uid: HashMap::new(), by_gid: HashMap::new() };
        for user in &accounts.users {
            if !members.by_uid.contains_key(&user.uid) {
                let others = listed.get(user.name.as_slice()).into_iter().flatten().copied();
                members.add(user.uid, std::iter::once(user.gid).chain(others));
            }
        }
        members
    }

    fn add(&mut self, uid: u32, gids: impl Iterator<Item = u32>) {
        let start = self.all.len();
        let mut seen = HashSet::new();
        for gid in gids.filter(|gid| seen.insert(*gid)) {
            self.by_gid.entry(gid).or_default().push(self.all.len());
            self.all.push(Member { uid, gid });
        }
        self.by_uid.insert(uid, start..self.all.len());
    }
}

fn scan(cx: &Arc<Cx>, _request: &Request) -> Rows<Member> {
    let members = cx.memo(Members::new);
    Box::new((0..members.all.len()).map_while(move |place| members.all.get(place).copied()))
}

fn by_uid(cx: &Arc<Cx>, uid: i64, _request: &Request) -> Rows<Member> {
    let members = cx.memo(Members::new);
    let places = i32::try_from(uid).ok().and_then(|uid| members.by_uid.get(&uid.cast_unsigned()).cloned());
    Box::new(places.unwrap_or_default().map_while(move |place| members.all.get(place).copied()))
}

fn by_gid(cx: &Arc<Cx>, gid: i64, _request: &Request) -> Rows<Member> {
    let members = cx.memo(Members::new);
    let Ok(gid) = u32::try_from(gid) else { return Box::new(std::iter::empty()) };
    let mut next = 0;
    Box::new(std::iter::from_fn(move || {
        let place = *members.by_gid.get(&gid)?.get(next)?;
        next += 1;
        members.all.get(place).copied()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_seeks};
    use plumb_host::Mem;
    use std::fmt::Write;

    fn host() -> Mem {
        Mem::new()
            .file(
                "/etc/passwd",
                "root:x:0:0:::\na:x:1000:1000:::\nsvc big:x:4294967294:4294967294:::\ndup0:x:0:5:::\nb:x:1001:27:::\n",
            )
            .file("/etc/group", "root:x:0:\nsudo:x:27:a,b,dup0\na:x:1000:a\ndocker:x:998:b,a,ghost,a\nsudo2:x:27:a\n")
    }

    #[test]
    fn memberships() {
        check(
            &TABLE,
            host(),
            &["uid", "gid"],
            &[
                &["0", "0"],
                &["1000", "1000"],
                &["1000", "27"],
                &["1000", "998"],
                &["-2", "4294967294"],
                &["1001", "27"],
                &["1001", "998"],
            ],
        );
        check_seeks(&TABLE, host());
    }

    #[test]
    fn many_users_in_one_group() {
        const USERS: u32 = 20_000;
        let (mut passwd, mut group) = (String::new(), "all:x:7:".to_owned());
        for uid in 0..USERS {
            let _ = writeln!(passwd, "u{uid}:x:{uid}:{uid}:::");
            let _ = write!(group, "u{uid},");
        }
        let host = Mem::new().file("/etc/passwd", passwd).file("/etc/group", group);
        let found = crate::testing::rows(&TABLE, host, &["uid", "gid"], Vec::new()).0;
        assert_eq!(found.len(), 2 * USERS as usize - 1, "u7's primary group is 7 already");
    }
}
