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
