//! `listening_ports`: sockets that wait for others.
//!
//! Sources: see [`super::sockets`]. Listed are IP and packet sockets without a remote port and unix sockets with a path
//! or an abstract name.

use super::sockets::{self, OpenSocket};
use plumb_formats::proc_sockets::{AF_UNIX, Socket, address_text};
use plumb_schema::{Bytes, Column, Cost, Cx, Platforms, Request, Rows, Table, owned, text};
use std::sync::Arc;

type Col = Column<OpenSocket>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<OpenSocket> = Table {
    name: "listening_ports",
    doc: "Ports and local sockets that processes listen on.",
    on: Platforms::ALL,
    columns: &[
        Col::integer("pid",           "Process ID, -1 if no process has the socket open",   |s| Some(s.pid())).seek(by_pid),
        Col::integer("port",          "Port; the IP protocol of a raw socket; 0 otherwise", |s| Some(s.socket()?.local_port.into())),
        Col::integer("protocol",      "IP protocol (255 for raw sockets), Ethernet protocol of a packet socket", |s| Some(s.socket()?.protocol.into())),
        Col::integer("family",        "Address family: 1 unix, 2 IPv4, 10 IPv6, 17 packet", |s| Some(s.socket()?.family.into())),
        Col::text   ("address",       "IP address; empty for other sockets, as path is for IP", |s| address(s.socket()?)),
        Col::bigint ("fd",            "Number of the descriptor, -1 without a process",     |s| Some(s.fd())),
        Col::bigint ("socket",        "Inode of the socket, 0 for a unix socket",           |s| inode(s.socket()?)),
        Col::text   ("path",          "Path of a unix socket, or @ and its abstract name",  |s| text(&s.socket()?.path)),
        Col::text   ("net_namespace", "Inode of the network namespace",                     |s| owned(s.namespace()?.to_string())).on(Platforms::LINUX),
    ],
    scan,
    cost: Cost { rows: 200, row: 100 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _request: &Request) -> Rows<OpenSocket> {
    Box::new(sockets::all(cx).filter(listens))
}

fn by_pid(cx: &Arc<Cx>, pid: i64, _request: &Request) -> Rows<OpenSocket> {
    Box::new(sockets::of_process(cx, pid).filter(listens))
}

fn listens(open: &OpenSocket) -> bool {
    open.socket().is_some_and(|socket| match socket.family {
        AF_UNIX => !socket.path.is_empty(),
        _ => socket.remote_port == 0,
    })
}

fn address(socket: &Socket) -> Option<Bytes<'_>> {
    owned(socket.local.map(address_text).unwrap_or_default())
}

/// Unix sockets have 0 here, as in osquery: they are told apart by their path.
fn inode(socket: &Socket) -> Option<i64> {
    if socket.family == AF_UNIX { Some(0) } else { socket.inode.try_into().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::process_open_sockets::tests::host;
    use crate::testing::{check, check_seeks};

    #[test]
    fn those_that_wait() {
        check(
            &TABLE,
            host(),
            &["pid", "port", "protocol", "family", "address", "fd", "socket", "path", "net_namespace"],
            &[
                &["7", "58", "1", "10", "::", "9", "109", "", "50"],
                &["7", "22", "6", "2", "0.0.0.0", "3", "101", "", "50"],
                &["8", "22", "6", "2", "0.0.0.0", "3", "101", "", "50"],
                &["7", "0", "0", "1", "", "5", "0", "/run/a b", "50"],
                &["7", "0", "2054", "17", "", "7", "107", "", "50"],
                &["-1", "80", "6", "2", "127.0.0.1", "-1", "201", "", "60"],
            ],
        );
        check_seeks(&TABLE, host());
    }
}
