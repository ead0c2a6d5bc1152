//! Two namespaces on a host without netlink, and one with.

use super::*;
use crate::testing::{check, check_seeks, cx, rows};
use plumb_host::{Dir, Host, Mem, Moment, Netlink};
use plumb_schema::{AnyTable, Value};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

const HEADING: &str =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

/// Namespace 50 with processes 7, 8 and the zombie 70, namespace 60 with process 9.
pub(crate) fn host() -> Mem {
    let inet = |lines: &str| format!("{HEADING}{lines}");
    Mem::new()
        .link("/proc/7/ns/net", "net:[50]")
        .link("/proc/8/ns/net", "net:[50]")
        .dir("/proc/70")
        .link("/proc/9/ns/net", "net:[60]")
        .file(
            "/proc/7/net/tcp",
            inet(
                "0: 00000000:0016 00000000:0000 0A 0:0 0:0 0 0 0 101 1
                 1: 0100007F:0016 0100007F:C30C 01 0:0 0:0 0 0 0 102 1
                 2: 0100007F:0016 0100007F:C30D 06 0:0 0:0 0 0 0 0 1
                 broken",
            ),
        )
        .file(
            "/proc/7/net/icmp6",
            inet(
                "0: 00000000000000000000000000000000:003A 00000000000000000000000000000000:0000 07 0:0 0:0 0 0 0 109 1",
            ),
        )
        .file("/proc/7/net/unix", "Num\n0: 2 0 0 1 1   105 /run/a b\n0: 3 0 0 1 3   106\n")
        .file("/proc/7/net/packet", "sk\n0 3 2 0806 0 1 0 0 107\n")
        .file("/proc/9/net/tcp", inet("0: 0100007F:0050 00000000:0000 0A 0:0 0:0 0 0 0 201 1\n"))
        .link("/proc/7/fd/3", "socket:[101]")
        .link("/proc/8/fd/3", "socket:[101]")
        .link("/proc/8/fd/4", "socket:[102]")
        .link("/proc/7/fd/5", "socket:[105]")
        .link("/proc/7/fd/7", "socket:[107]")
        .link("/proc/7/fd/8", "socket:[999]")
        .link("/proc/7/fd/9", "socket:[109]")
        .link("/proc/9/fd/3", "socket:[106]")
        .link("/proc/9/fd/4", "socket:[0]")
}

const ENDS: [&str; 8] =
    ["pid", "fd", "socket", "protocol", "local_address", "local_port", "remote_port", "net_namespace"];

#[test]
#[cfg(target_endian = "little")]
fn every_socket_and_every_owner() {
    check(
        &TABLE,
        host(),
        &ENDS,
        &[
            &["7", "9", "109", "1", "::", "58", "0", "50"],
            &["7", "3", "101", "6", "0.0.0.0", "22", "0", "50"],
            &["8", "3", "101", "6", "0.0.0.0", "22", "0", "50"],
            &["8", "4", "102", "6", "127.0.0.1", "22", "49932", "50"],
            &["-1", "-1", "0", "6", "127.0.0.1", "22", "49933", "50"],
            &["7", "5", "105", "0", "", "0", "0", "50"],
            &["9", "3", "106", "0", "", "0", "0", "50"],
            &["7", "7", "107", "2054", "", "0", "0", "50"],
            &["-1", "-1", "201", "6", "127.0.0.1", "80", "0", "60"],
        ],
    );
    check_seeks(&TABLE, host());
    let (found, notes) = rows(&TABLE, host(), &["family", "path", "state"], Vec::new());
    assert_eq!(found[1], ["2", "", "LISTEN"]);
    assert_eq!(found[4], ["2", "", "TIME_WAIT"]);
    assert_eq!(found[5], ["1", "/run/a b", ""]);
    assert_eq!(found[7], ["17", "", "NONE"]);
    assert_eq!(notes.len(), 1, "one note for the one odd line: {notes:?}");
}

#[test]
fn a_host_that_does_not_tell_namespaces() {
    let host = Mem::new()
        .file("/proc/10/net/unix", "Num\n0: 2 0 0 1 1 5 /ten\n")
        .file("/proc/9/net/unix", "Num\n0: 2 0 0 1 1 5 /nine\n")
        .link("/proc/9/fd/3", "socket:[5]");
    check(&TABLE, host, &["pid", "path", "net_namespace"], &[&["9", "/ten", "0"]]);
}

#[test]
fn a_host_that_tells_nothing() {
    for host in [Mem::new(), Mem::new().link("/proc/7/ns/net", "net:[50]").link("/proc/7/fd/3", "socket:[5]")] {
        let (found, notes) = rows(&TABLE, host, &ENDS, Vec::new());
        assert_eq!((found.len(), notes.len()), (0, 1), "{notes:?}");
    }
}

/// A live host whose kernel answers for unix sockets only.
#[derive(Debug)]
struct Asked {
    files: Mem,
    dumps: AtomicUsize,
}

impl Host for Asked {
    fn root(&self) -> &dyn Dir {
        self.files.root()
    }
    fn now(&self) -> Moment {
        self.files.now()
    }
    fn is_live(&self) -> bool {
        true
    }
    fn own_pid(&self) -> Option<u32> {
        Some(8)
    }
    fn netlink(&self) -> Option<&dyn Netlink> {
        Some(self)
    }
}

impl Netlink for Asked {
    fn dump(
        &self,
        protocol: u8,
        kind: u16,
        body: &[u8],
        net_namespace: Option<u32>,
        visit: &mut dyn FnMut(u16, &[u8]),
    ) -> io::Result<()> {
        self.dumps.fetch_add(1, Ordering::Relaxed);
        assert_eq!((protocol, kind), (4, 20));
        if body.first() != Some(&1) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut message = vec![1, 1, 10, 0];
        // The kernel of namespace 60 (asked through process 9) knows another socket than that of our own.
        let inode: u32 = if net_namespace == Some(9) { 301 } else { 105 };
        assert!(matches!(net_namespace, None | Some(9)), "our own namespace needs no member");
        message.extend(inode.to_ne_bytes());
        message.resize(16, 0);
        visit(20, &message);
        visit(3, &message);
        visit(20, b"\x01");
        Ok(())
    }
}

#[test]
#[cfg(target_endian = "little")]
fn the_kernel_is_asked_first_and_once() {
    let host = Asked { files: host(), dumps: AtomicUsize::new(0) };
    let dumps_of_a_scan = 2 * 10;
    let (cx, statement) = cx(TABLE.name(), host);
    let request = Request::all((&TABLE as &dyn AnyTable).specs());
    let mut unix = Vec::new();
    let mut scan = AnyTable::scan(&TABLE, &cx, &request);
    while scan.advance() {
        if scan.value(3) == Value::Int(1) {
            unix.push((scan.value(2).into_owned(), scan.value(9).into_owned()));
        }
    }
    let unnamed = |inode| (Value::Int(inode), Value::Text(b"".as_slice().into()));
    assert_eq!(unix, [unnamed(105), unnamed(301)]);
    for pid in [7, 8, -1] {
        let mut seek = TABLE.pick(&cx, 0, &Value::Int(pid), &request).unwrap();
        assert!(seek.advance(), "{pid}: what the kernel does not tell comes from the files");
    }
    assert!(format!("{:?}", statement.host).contains(&format!("dumps: {dumps_of_a_scan}")));
}
