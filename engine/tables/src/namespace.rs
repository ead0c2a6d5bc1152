//! `pid_with_namespace`: the same question asked inside the mount namespaces of processes.

use plumb_schema::{Cx, Op, Request};
use std::sync::Arc;

/// The hosts that a request's `pid_with_namespace` names, each with the process that led there; without the
/// constraint the statement's own host, as process 0. What cannot be entered is a note and left out.
pub(crate) fn each(cx: &Arc<Cx>, request: &Request) -> impl Iterator<Item = (i64, Arc<Cx>)> + use<> {
    const COLUMN: &str = "pid_with_namespace";
    let pids = if request.constrains(COLUMN, Op::Eq) { request.ints(COLUMN).collect() } else { vec![0] };
    let cx = Arc::clone(cx);
    pids.into_iter().filter_map(move |pid| Some((pid, cx.inside(pid)?)))
}

/// The number of a process's mount namespace (its link says `mnt:[4026531841]`), for `mount_namespace_id`; empty for
/// process 0, which stands for the host itself, and where it cannot be read. `cx` is the context outside.
pub(crate) fn mount_id(cx: &Cx, pid: i64) -> Vec<u8> {
    let read = || {
        let link = cx.host.root().read_link(format!("/proc/{pid}/ns/mnt").as_bytes()).ok()?;
        Some(link.strip_prefix(b"mnt:[")?.strip_suffix(b"]")?.to_vec())
    };
    if pid == 0 { Vec::new() } else { read().unwrap_or_default() }
}
