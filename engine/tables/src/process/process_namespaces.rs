//! `process_namespaces`: the namespaces of every process.
//!
//! Source: the links in `/proc/PID/ns` (namespaces(7)). A zombie has left most of its namespaces.

use super::subject::{self, Process, bracketed};
use plumb_schema::{Bytes, Column, Cost, Cx, Platforms, Request, Rows, Table, owned};
use std::sync::Arc;

/// A process.
pub struct Row(Process);

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "process_namespaces",
    doc: "The namespaces that processes live in, as inode numbers.",
    on: Platforms::LINUX,
    columns: &[
        Col::integer("pid",              "Process ID",                 |p| Some(p.0.pid.into())).index(by_pid).optimized(),
        Col::text   ("cgroup_namespace", "Control group namespace",    |p| p.namespace("ns/cgroup")),
        Col::text   ("ipc_namespace",    "System V IPC and message queue namespace", |p| p.namespace("ns/ipc")),
        Col::text   ("mnt_namespace",    "Mount namespace",            |p| p.namespace("ns/mnt")),
        Col::text   ("net_namespace",    "Network namespace",          |p| p.namespace("ns/net")),
        Col::text   ("pid_namespace",    "Process ID namespace",       |p| p.namespace("ns/pid")),
        Col::text   ("user_namespace",   "User ID namespace",          |p| p.namespace("ns/user")),
        Col::text   ("uts_namespace",    "Host name namespace",        |p| p.namespace("ns/uts")),
    ],
    scan,
    unique: true,
    cost: Cost { rows: 300, row: 10 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, request: &Request) -> Rows<Row> {
    Box::new(subject::all(cx, wants_handle(request)).map(Row))
}

fn by_pid(cx: &Arc<Cx>, pid: i64, request: &Request) -> Rows<Row> {
    Box::new(subject::one(cx, pid, wants_handle(request)).map(Row).into_iter())
}

/// Whether the statement reads more than two links of each process.
fn wants_handle(request: &Request) -> bool {
    TABLE.columns.iter().filter(|column| request.wants(column.spec.name)).count() > 3
}

impl Row {
    fn namespace<'a>(&self, link: &str) -> Option<Bytes<'a>> {
        let kind = link.strip_prefix("ns/")?;
        owned(bracketed(&self.0.link(link)?, kind.as_bytes())?.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_seeks};
    use plumb_host::Mem;

    fn host() -> Mem {
        Mem::new()
            .link("/proc/7/ns/net", "net:[4026531833]")
            .link("/proc/7/ns/user", "user:[4026531837]")
            .link("/proc/7/ns/uts", "/elsewhere")
            .link("/proc/7/ns/mnt", "net:[1]")
            .link("/proc/7/ns/pid", "pid:[99999999999999999999999]")
            .link("/proc/7/ns/ipc", "ipc:[+5]")
            .dir("/proc/9")
    }

    #[test]
    fn links() {
        let columns: Vec<&str> = TABLE.columns.iter().map(|column| column.spec.name).collect();
        let null = "NULL";
        check(
            &TABLE,
            host(),
            &columns,
            &[
                &["7", null, null, null, "4026531833", null, "4026531837", null],
                &["9", null, null, null, null, null, null, null],
            ],
        );
        check(&TABLE, host(), &["net_namespace"], &[&["4026531833"], &[null]]);
        check_seeks(&TABLE, host());
    }
}
