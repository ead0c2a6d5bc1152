//! Sockets, as ss(8) shows them: in the network namespace of this process.

use super::read::{cell, lines, row, text, words_and_rest};
use super::{Run, Truth};
use crate::answer::Row;

const SS: Truth = Truth { program: "ss", package: "iproute2", volatile: true, ..Truth::EMPTY };

pub(super) static TRUTHS: &[Truth] = &[
    Truth {
        name: "process_open_sockets: ss -tuw",
        table: "process_open_sockets",
        run: Run::Args(&["-HOanep", "-t", "-u", "-w"]),
        read: |out| lines(out).flat_map(internet).collect(),
        sql: "select pid, fd, socket, family, protocol, local_address, local_port, remote_address, remote_port, state \
              from process_open_sockets where family in (2, 10) and protocol in (6, 17, 255) \
              and net_namespace = (select net_namespace from process_namespaces where pid = {pid})",
        key: &["pid", "fd", "family", "protocol", "local_address", "local_port", "remote_address", "remote_port"],
        ..SS
    },
    Truth {
        name: "process_open_sockets: ss -x",
        table: "process_open_sockets",
        run: Run::Args(&["-HOanp", "-x"]),
        read: |out| lines(out).flat_map(local).collect(),
        sql: "select pid, fd, socket, path from process_open_sockets where family = 1 \
              and net_namespace = (select net_namespace from process_namespaces where pid = {pid})",
        key: &["pid", "fd", "socket"],
        ..SS
    },
    Truth {
        name: "listening_ports: ss -ltu",
        table: "listening_ports",
        run: Run::Args(&["-HOlnep", "-t", "-u"]),
        read: |out| {
            let waits = |row: &Row| row.get("port").is_some();
            lines(out).flat_map(internet).map(as_port).filter(waits).collect()
        },
        sql: "select pid, fd, socket, family, protocol, address, port from listening_ports where protocol in (6, 17) and family in (2, 10) \
              and net_namespace = (select net_namespace from process_namespaces where pid = {pid})",
        key: &["pid", "fd", "family", "protocol", "address", "port"],
        ..SS
    },
    Truth {
        name: "listening_ports: ss -lx",
        table: "listening_ports",
        run: Run::Args(&["-HOlnp", "-x"]),
        read: |out| {
            let is_named = |row: &Row| row.get("path").is_some_and(|path| path.as_deref() != Some(b""));
            lines(out).flat_map(local).filter(is_named).map(without_inode).collect()
        },
        sql: "select pid, fd, path from listening_ports where family = 1 \
              and net_namespace = (select net_namespace from process_namespaces where pid = {pid})",
        key: &["pid", "fd", "path"],
        // The table has every socket with a name, whether it listens or talks.
        partial: true,
        ..SS
    },
];

/// `users:(("name",pid=1,fd=2),("name",pid=3,fd=4))`, or nobody.
fn holders(line: &str) -> Vec<(String, String)> {
    let list = line.split_once("users:((").map(|(_, list)| list).unwrap_or_default();
    let number = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    let found =
        list.split(",pid=").skip(1).filter_map(|holder| Some((number(holder), number(holder.split_once(",fd=")?.1))));
    let found: Vec<_> = found.collect();
    if found.is_empty() { vec![("-1".to_owned(), "-1".to_owned())] } else { found }
}

/// `tcp LISTEN 0 128 [::1%lo]:80 [::]:* users:((…)) ino:123 sk:1 …`
fn internet(line: &[u8]) -> Vec<Row> {
    let line = text(line);
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [kind, state, _, _, near, far, more @ ..] = fields.as_slice() else { return Vec::new() };
    let (Some((near, port)), Some((far, far_port))) = (near.rsplit_once(':'), far.rsplit_once(':')) else {
        return Vec::new();
    };
    let is_v6 = near == "*" || near.starts_with('[');
    let address = |text: &str| {
        let text = text.trim_start_matches('[').split([']', '%']).next().unwrap_or_default().to_owned();
        if text == "*" { "::".to_owned() } else { text }
    };
    let number = |port: &str| if port == "*" { "0".to_owned() } else { port.to_owned() };
    let (protocol, state) = match *kind {
        "tcp" => ("6", tcp_state(state)),
        "udp" => ("17", ""),
        _ => ("255", ""),
    };
    let inode = more.iter().find_map(|field| field.strip_prefix("ino:"));
    let one = |(pid, fd)| {
        let mut found = row([
            ("pid", cell(pid)),
            ("fd", cell(fd)),
            ("family", cell(if is_v6 { "10" } else { "2" })),
            ("protocol", cell(protocol)),
            ("local_address", cell(address(near))),
            ("local_port", cell(number(port))),
            ("remote_address", cell(address(far))),
            ("remote_port", cell(number(far_port))),
            ("state", cell(state)),
        ]);
        found.extend(inode.map(|inode| ("socket".to_owned(), cell(inode))));
        found
    };
    holders(&line).into_iter().map(one).collect()
}

fn tcp_state(state: &str) -> &str {
    match state {
        "ESTAB" => "ESTABLISHED",
        "SYN-SENT" => "SYN_SENT",
        "SYN-RECV" => "SYN_RECV",
        "FIN-WAIT-1" => "FIN_WAIT1",
        "FIN-WAIT-2" => "FIN_WAIT2",
        "TIME-WAIT" => "TIME_WAIT",
        "UNCONN" => "CLOSED",
        "CLOSE-WAIT" => "CLOSE_WAIT",
        "LAST-ACK" => "LAST_ACK",
        other => other,
    }
}

/// What `listening_ports` calls otherwise, without what it leaves out.
fn as_port(mut found: Row) -> Row {
    let mut rename = |from: &str, to: &str| {
        if let Some(cell) = found.remove(from) {
            found.insert(to.to_owned(), cell);
        }
    };
    rename("local_address", "address");
    rename("local_port", "port");
    for name in ["remote_address", "remote_port", "state"] {
        found.remove(name);
    }
    found
}

/// Unix sockets have none in `listening_ports`.
fn without_inode(mut row: Row) -> Row {
    row.remove("socket");
    row
}

/// `u_str LISTEN 0 128 /a path 123 * 0 users:((…))`: the path can hold any bytes but line ends.
fn local(line: &[u8]) -> Vec<Row> {
    let (_, rest) = words_and_rest(line, 4);
    let list = find(rest, b" users:((").unwrap_or(rest.len());
    let (ends, users) = rest.split_at(list);
    let near = ends.windows(3).rposition(|part| part == b" * ").and_then(|place| ends.get(..place));
    let Some(near) = near.map(<[u8]>::trim_ascii_end) else { return Vec::new() };
    let Some(space) = near.iter().rposition(|byte| *byte == b' ') else { return Vec::new() };
    let (path, inode) = near.split_at(space);
    let path = if path == b"*" { b"" } else { path };
    let one = |(pid, fd)| {
        row([("pid", cell(pid)), ("fd", cell(fd)), ("socket", cell(inode.trim_ascii())), ("path", cell(path))])
    };
    holders(&text(users)).into_iter().map(one).collect()
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
