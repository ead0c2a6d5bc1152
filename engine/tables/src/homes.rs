//! The accounts whose own files a user-data table reads: a scan those of [`own`], a lookup by uid those [`of`] that id.

use crate::account::Accounts;
use plumb_host::join;
use plumb_schema::Cx;
use std::collections::HashMap;

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

/// The accounts of the user that this agent runs as: what a scan of a user-data table is about. Several accounts may
/// share an id: each counts. Those without an absolute home directory are left out.
pub(crate) fn own(cx: &Cx) -> Vec<Home> {
    of(cx, cx.host.own_ids().0.into())
}

/// The accounts with an id: what a lookup by `uid` in a user-data table is about.
pub(crate) fn of(cx: &Cx, uid: i64) -> Vec<Home> {
    let all = cx.memo(ByUid::new);
    u32::try_from(uid).ok().and_then(|uid| all.0.get(&uid).cloned()).unwrap_or_default()
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

/// For tests of user-data tables: the rows that a lookup by `uid` finds, as text, the named columns only; and the notes.
#[cfg(test)]
pub(crate) fn rows_of(
    table: &dyn plumb_schema::AnyTable,
    host: impl plumb_host::Host + 'static,
    uid: i64,
    columns: &[&str],
    constraints: Vec<plumb_schema::Constraint>,
) -> (Vec<Vec<String>>, Vec<plumb_schema::Note>) {
    let (cx, statement) = crate::testing::cx(table.name(), host);
    let place = |name: &str| table.specs().position(|spec| spec.name == name).expect("a column");
    let names = columns.iter().map(|name| table.spec(place(name)).name).collect();
    let request = plumb_schema::Request::new(names, constraints);
    let found = table.pick(&cx, place("uid"), &plumb_schema::Value::Int(uid), &request);
    let mut found = found.expect("finds rows by uid");
    let mut rows = Vec::new();
    while found.advance() {
        rows.push(columns.iter().map(|name| crate::testing::cell(&found.value(place(name)))).collect());
    }
    (rows, statement.notes.take())
}
