//! `process_open_sockets`: sockets, and the processes that have them open.
//!
//! Sources: see [`super::sockets`]. A socket that several descriptors share has a row for each. One that none of the
//! processes seen has open (a connection in TIME_WAIT, the kernel's own) has a row with pid and fd -1.

use super::sockets::{self, OpenSocket};
use plumb_formats::proc_sockets::address_text;
use plumb_schema::{Bytes, Column, Cost, Cx, Platforms, Request, Rows, Table, owned, text};
use std::net::IpAddr;
use std::sync::Arc;

type Col = Column<OpenSocket>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<OpenSocket> = Table {
    name: "process_open_sockets",
    doc: "Sockets, and the processes that have them open.",
    on: Platforms::ALL,
    columns: &[
        Col::integer("pid",            "Process ID, -1 if no process has it open",           |s| Some(s.pid())).additional().seek(by_pid),
        Col::bigint ("fd",             "Number of the descriptor, -1 without a process",     |s| Some(s.fd())),
        Col::bigint ("socket",         "Inode, 0 if no descriptor can be open on it",        |s| s.socket()?.inode.try_into().ok()),
        Col::integer("family",         "Address family: 1 unix, 2 IPv4, 10 IPv6, 17 packet", |s| Some(s.socket()?.family.into())),
        Col::integer("protocol",       "IP protocol (255 for raw sockets), Ethernet protocol of a packet socket", |s| Some(s.socket()?.protocol.into())),
        Col::text   ("local_address",  "Local IP address",                                   |s| ip(s.socket()?.local)),
        Col::text   ("remote_address", "Remote IP address",                                  |s| ip(s.socket()?.remote)),
        Col::integer("local_port",     "Local port; the IP protocol of a raw socket",        |s| Some(s.socket()?.local_port.into())),
        Col::integer("remote_port",    "Remote port, 0 if not connected",                    |s| Some(s.socket()?.remote_port.into())),
        Col::text   ("path",           "Path of a unix socket, or @ and its abstract name",  |s| text(&s.socket()?.path)),
        Col::text   ("state",          "State of a TCP connection",                          |s| text(s.socket()?.state)),
        Col::text   ("net_namespace",  "Inode of the network namespace",                     |s| owned(s.namespace()?.to_string())).on(Platforms::LINUX),
    ],
    scan,
    cost: Cost { rows: 500, row: 60 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _request: &Request) -> Rows<OpenSocket> {
    sockets::all(cx)
}

fn by_pid(cx: &Arc<Cx>, pid: i64, _request: &Request) -> Rows<OpenSocket> {
    sockets::of_process(cx, pid)
}

fn ip<'a>(address: Option<IpAddr>) -> Option<Bytes<'a>> {
    owned(address.map(address_text).unwrap_or_default())
}

#[cfg(test)]
pub(crate) mod tests;
