//! `etc_hosts`: names that need no DNS.
//!
//! Source: `/etc/hosts` (hosts(5)).

use super::text::entries;
use crate::namespace;
use plumb_formats::hosts::{Host, host};
use plumb_schema::{Column, Cx, Ops, Platforms, Request, Rows, Table, text};
use std::sync::Arc;

/// A line of the file, and the process in whose mount namespace it was read.
pub struct Row {
    host: Host,
    namespace: i64,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "etc_hosts",
    doc: "Names that are resolved without DNS.",
    on: Platforms::ALL,
    columns: &[
        Col::text   ("address",   "IP address, as written",                 |h| text(&h.host.address)),
        Col::text   ("hostnames", "Names of the address, separated by spaces", |h| text(&h.host.names)),
        Col::integer("pid_with_namespace", "Process in whose mount namespace the file is read", |h| Some(h.namespace))
            .on(Platforms::LINUX).additional().hidden().parameter(Ops::EQ),
    ],
    aliases: &["hosts"],
    scan,
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, request: &Request) -> Rows<Row> {
    let rows = namespace::each(cx, request).flat_map(|(namespace, cx)| {
        entries(&cx, "/etc/hosts", |line, _| host(line)).map(move |host| Row { host, namespace })
    });
    Box::new(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, equals, rows};
    use plumb_host::Mem;

    const COLUMNS: [&str; 3] = ["address", "hostnames", "pid_with_namespace"];

    #[test]
    fn lines() {
        let file = b"127.0.0.1\tlocalhost\n# c\n\n  203.0.113.5  a b # c\n192.0.2.99\n203.0.113.5 a b\n\xff\t\xfe";
        let expect: &[&[&str]] = &[
            &["127.0.0.1", "localhost", "0"],
            &["203.0.113.5", "a b", "0"],
            &["192.0.2.99", "", "0"],
            &["203.0.113.5", "a b", "0"],
            &["\u{fffd}", "\u{fffd}", "0"],
        ];
        check(&TABLE, Mem::new().file("/etc/hosts", file), &COLUMNS, expect);
        check(&TABLE, Mem::new(), &COLUMNS, &[]);
        check(&TABLE, Mem::new().dir("/etc/hosts"), &COLUMNS, &[]);
    }

    #[test]
    fn inside_a_container() {
        let host = || Mem::new().link("/proc/7/root", "/srv/c").file("/srv/c/etc/hosts", "::1 inner\n");
        let inside = |pid| rows(&TABLE, host(), &COLUMNS, vec![equals("pid_with_namespace", pid)]).0;
        assert_eq!(inside("7"), [["::1", "inner", "7"]]);
        assert!(inside("8").is_empty());
        assert!(inside("0").is_empty());
    }
}
