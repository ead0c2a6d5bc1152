//! A file of login records as a stream of rows: what `last` and `logged_in_users` share.

use crate::stream::Records;
use plumb_formats::utmp::{Layout, Login};
use plumb_schema::Cx;
use std::sync::Arc;

/// The records of a file, in file order; `None` if it is not there or cannot be read.
pub(super) fn logins(cx: &Arc<Cx>, path: &[u8]) -> Option<impl Iterator<Item = Login> + use<>> {
    let mut records = Records::open(cx, path)?;
    let layout = Layout::guess(records.head());
    Some(std::iter::from_fn(move || Login::parse(records.advance(layout.size())?, layout)))
}

#[cfg(test)]
pub(super) fn record(kind: i16, pid: i32, line: &[u8], user: &[u8], host: &[u8], time: i32) -> Vec<u8> {
    let mut bytes = vec![0; 384];
    let mut put = |place: usize, what: &[u8]| bytes[place..place + what.len()].copy_from_slice(what);
    put(0, &kind.to_le_bytes());
    put(4, &pid.to_le_bytes());
    put(8, line);
    put(40, b"s/99");
    put(44, user);
    put(76, host);
    put(340, &time.to_le_bytes());
    bytes
}
