//! The accounts whose own files a user-data table reads.

use crate::account::Accounts;
use plumb_schema::{Cx, Op, Request};
use std::collections::{HashMap, HashSet};

/// An account and its home directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    pub(crate) uid: u32,
    pub(crate) dir: Vec<u8>,
}

impl Home {
    /// The path of a file below the home directory.
    pub(crate) fn path(&self, name: &[u8]) -> Vec<u8> {
        join(&self.dir, name)
    }
}

/// A directory and a name below it as one path.
pub(crate) fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    let slash: &[u8] = if dir.ends_with(b"/") { b"" } else { b"/" };
    [dir, slash, name].concat()
}

/// The accounts that `uid = …` or `uid IN (…)` names; without such a constraint the accounts of the user that this
/// agent runs as. Several accounts may share an id: each counts. Those without an absolute home directory are left
/// out.
pub(crate) fn homes(cx: &Cx, request: &Request) -> Vec<Home> {
    let all = cx.memo(ByUid::new);
    let uids: Vec<u32> = if request.constrains("uid", Op::Eq) {
        let mut seen = HashSet::new();
        request.ints("uid").filter_map(|uid| u32::try_from(uid).ok()).filter(|uid| seen.insert(*uid)).collect()
    } else {
        vec![cx.host.own_ids().0]
    };
    uids.iter().filter_map(|uid| all.0.get(uid)).flatten().cloned().collect()
}

/// Joins ask user by user, so the accounts are sorted by id once a statement.
struct ByUid(HashMap<u32, Vec<Home>>);

impl ByUid {
    fn new(cx: &Cx) -> Self {
        let mut by_uid: HashMap<u32, Vec<Home>> = HashMap::new();
        for user in &Accounts::of(cx).users {
            if user.home.starts_with(b"/") {
                by_uid.entry(user.uid).or_default().push(Home { uid: user.uid, dir: user.home.clone() });
            }
        }
        Self(by_uid)
    }
}
