//! The account files of a host, read once a statement: what several tables ask.

use plumb_formats::accounts::{Group, Passwd, group, passwd};
use plumb_schema::Cx;
use std::sync::Arc;

/// `/etc/passwd` and `/etc/group`.
#[derive(Debug)]
pub(crate) struct Accounts {
    pub(crate) users: Vec<Passwd>,
    pub(crate) groups: Vec<Group>,
}

impl Accounts {
    /// The accounts of the context's host.
    pub(crate) fn of(cx: &Cx) -> Arc<Self> {
        cx.memo(|cx| {
            let read = |path: &[u8]| cx.read(path).unwrap_or_default();
            Self {
                users: passwd(&read(b"/etc/passwd"), &mut |odd| cx.note(b"/etc/passwd", odd)),
                groups: group(&read(b"/etc/group"), &mut |odd| cx.note(b"/etc/group", odd)),
            }
        })
    }

    /// The name of a user; of several with one id the first counts, as in getpwuid(3).
    pub(crate) fn user_name(&self, uid: u32) -> Option<&[u8]> {
        self.users.iter().find(|user| user.uid == uid).map(|user| user.name.as_slice())
    }

    /// The name of a group.
    pub(crate) fn group_name(&self, gid: u32) -> Option<&[u8]> {
        self.groups.iter().find(|group| group.gid == gid).map(|group| group.name.as_slice())
    }
}

/// An id as the kernel's C programs see it when they forget that it is unsigned: 4294967294 is -2.
pub(crate) fn signed(id: u32) -> i64 {
    i64::from(id.cast_signed())
}
