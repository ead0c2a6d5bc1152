//! The sockets of every network namespace, and which descriptors are open on them: what `process_open_sockets` and
//! `listening_ports` share.
//!
//! On a live host the kernel is asked (sock_diag(7)); where it cannot be, and for what it does not tell (ICMP sockets),
//! `/proc/PID/net` of a process in the namespace is read (proc(5)). The sockets are collected once a statement.

use super::subject::{self, Fd, bracketed};
use plumb_formats::proc_sockets::{self, AF_INET, AF_INET6, AF_PACKET, AF_UNIX, Socket, TCP};
use plumb_formats::{Odd, sock_diag};
use plumb_host::{Dir, Netlink};
use plumb_schema::{Cx, Rows};
use std::collections::BTreeMap;
use std::sync::Arc;

const ICMP: u16 = 1;
const UDP: u16 = 17;
const UDPLITE: u16 = 136;
const RAW: u16 = 255;

/// What is asked in each namespace: family, protocol, and the file that tells the same. IPv6 sockets of ping(8) have
/// the protocol number of their file, as osquery has it.
const KINDS: [(u8, u16, &str); 12] = [
    (AF_INET, ICMP, "icmp"),
    (AF_INET6, ICMP, "icmp6"),
    (AF_INET, TCP, "tcp"),
    (AF_INET6, TCP, "tcp6"),
    (AF_INET, UDP, "udp"),
    (AF_INET6, UDP, "udp6"),
    (AF_INET, UDPLITE, "udplite"),
    (AF_INET6, UDPLITE, "udplite6"),
    (AF_INET, RAW, "raw"),
    (AF_INET6, RAW, "raw6"),
    (AF_UNIX, 0, "unix"),
    (AF_PACKET, 0, "packet"),
];

/// A descriptor, or none, on a socket.
pub struct OpenSocket {
    sockets: Arc<Sockets>,
    place: u32,
    owner: Option<Owner>,
}

/// A descriptor on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Owner {
    inode: u64,
    pid: u32,
    fd: u32,
}

impl OpenSocket {
    /// The socket.
    pub(crate) fn socket(&self) -> Option<&Socket> {
        self.sockets.all.get(self.place as usize).map(|(socket, _)| socket)
    }

    /// Inode of its network namespace, 0 if that is unknown.
    pub(crate) fn namespace(&self) -> Option<u64> {
        self.sockets.all.get(self.place as usize).map(|(_, namespace)| *namespace)
    }

    /// The process, -1 if no process is known to have it open.
    pub(crate) fn pid(&self) -> i64 {
        self.owner.map_or(-1, |owner| owner.pid.into())
    }

    /// The descriptor, -1 if no process is known to have it open.
    pub(crate) fn fd(&self) -> i64 {
        self.owner.map_or(-1, |owner| owner.fd.into())
    }
}

/// Every socket with every descriptor on it; once with none if there are none.
pub(crate) fn all(cx: &Arc<Cx>) -> Rows<OpenSocket> {
    let cx = Arc::clone(cx);
    Box::new(std::iter::once_with(move || Sockets::of(&cx).zip_owners(Owners::of(&cx))).flatten())
}

/// The sockets that one process has open; with pid -1 those that none has.
pub(crate) fn of_process(cx: &Arc<Cx>, pid: i64) -> Rows<OpenSocket> {
    if pid < 0 {
        return Box::new(all(cx).filter(move |socket| socket.pid() == pid));
    }
    let fds = subject::fds(cx, pid);
    let cx = Arc::clone(cx);
    Box::new(owners(fds).flat_map(move |owner| {
        let sockets = Sockets::of(&cx);
        let places = sockets.places(owner.inode);
        places.into_iter().map(move |place| OpenSocket { sockets: Arc::clone(&sockets), place, owner: Some(owner) })
    }))
}

fn owners(fds: impl Iterator<Item = Fd>) -> impl Iterator<Item = Owner> {
    fds.filter_map(|fd| Some(Owner { inode: fd.inode(b"socket")?, pid: fd.pid, fd: fd.number }))
}

/// The descriptors on sockets of all processes, by inode.
struct Owners(Vec<Owner>);

impl Owners {
    fn of(cx: &Arc<Cx>) -> Arc<Self> {
        cx.memo(|_| {
            let mut owners: Vec<Owner> = subject::all(cx, false).flat_map(|process| owners(process.fds())).collect();
            owners.sort_unstable();
            Self(owners)
        })
    }

    fn on(&self, inode: u64) -> std::ops::Range<usize> {
        self.0.partition_point(|owner| owner.inode < inode)..self.0.partition_point(|owner| owner.inode <= inode)
    }
}

/// The sockets of all namespaces.
struct Sockets {
    /// With the inode of the namespace.
    all: Vec<(Socket, u64)>,
    /// Inodes and places of those that have an inode, sorted.
    by_inode: Vec<(u64, u32)>,
}

impl Sockets {
    fn of(cx: &Arc<Cx>) -> Arc<Self> {
        cx.memo(|_| {
            let mut all = Vec::new();
            let mut told = cx.host.netlink().is_some();
            for (namespace, pids) in namespaces(cx) {
                if cx.is_cancelled() {
                    break;
                }
                let mut space = Space { cx, pids, files: None };
                let sockets = KINDS.iter().flat_map(|kind| space.sockets(*kind));
                all.extend(sockets.map(|socket| (socket, namespace)));
                told |= matches!(space.files, Some(Some(_)));
            }
            if !told {
                cx.note(b"/proc/PID/net", "neither these files nor the kernel tell of sockets");
            }
            Self::new(all)
        })
    }

    fn new(all: Vec<(Socket, u64)>) -> Self {
        let places = all.iter().zip(0_u32..).map(|((socket, _), place)| (socket.inode, place));
        let mut by_inode: Vec<(u64, u32)> = places.filter(|(inode, _)| *inode != 0).collect();
        by_inode.sort_unstable();
        Self { all, by_inode }
    }

    fn places(&self, inode: u64) -> Vec<u32> {
        let from = self.by_inode.partition_point(|(other, _)| *other < inode);
        let found = self.by_inode.get(from..).unwrap_or_default().iter();
        found.take_while(|(other, _)| *other == inode).map(|(_, place)| *place).collect()
    }

    fn zip_owners(self: Arc<Self>, owners: Arc<Owners>) -> impl Iterator<Item = OpenSocket> {
        let places = 0..u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        places.flat_map(move |place| {
            let inode = self.all.get(place as usize).map_or(0, |(socket, _)| socket.inode);
            let range = if inode == 0 { 0..0 } else { owners.on(inode) };
            let nobody = range.is_empty().then_some(None);
            let (sockets, owners) = (Arc::clone(&self), Arc::clone(&owners));
            let found = range.map(move |index| owners.0.get(index).copied());
            found.chain(nobody).map(move |owner| OpenSocket { sockets: Arc::clone(&sockets), place, owner })
        })
    }
}

/// The network namespaces of all processes, each with its processes. Those whose namespace cannot be told are left
/// out, unless it can be told of none: then they count as one namespace, 0.
fn namespaces(cx: &Arc<Cx>) -> BTreeMap<u64, Vec<u32>> {
    let mut spaces: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for process in subject::all(cx, false) {
        let namespace = process.link("ns/net").and_then(|link| bracketed(&link, b"net"));
        spaces.entry(namespace.unwrap_or(0)).or_default().push(process.pid);
    }
    if spaces.len() > 1 {
        spaces.remove(&0);
    }
    spaces
}

/// A network namespace that is being asked.
struct Space<'a> {
    cx: &'a Arc<Cx>,
    pids: Vec<u32>,
    /// The files of a process in it, once they are needed.
    files: Option<Option<Box<dyn Dir>>>,
}

impl Space<'_> {
    fn sockets(&mut self, (family, protocol, file): (u8, u16, &str)) -> Vec<Socket> {
        self.ask(family, protocol).unwrap_or_else(|| self.read(family, protocol, file))
    }

    /// The kernel's answer, if it gives one.
    fn ask(&self, family: u8, protocol: u16) -> Option<Vec<Socket>> {
        let netlink = self.cx.host.netlink()?;
        let own = self.cx.host.own_pid().is_some_and(|pid| self.pids.contains(&pid));
        let member = if own { None } else { Some(*self.pids.first()?) };
        let ask = |body: &[u8], read: &dyn Fn(&[u8]) -> Option<Socket>| ask(netlink, member, body, read);
        match (family, u8::try_from(protocol).ok()?) {
            (AF_UNIX, _) => ask(&sock_diag::unix_request(), &sock_diag::unix_answer),
            (AF_PACKET, _) => ask(&sock_diag::packet_request(), &sock_diag::packet_answer),
            (_, 1) => None,
            (_, number) => {
                ask(&sock_diag::inet_request(family, number), &|payload| sock_diag::inet_answer(payload, protocol))
            }
        }
    }

    fn read(&mut self, family: u8, protocol: u16, file: &str) -> Vec<Socket> {
        let (cx, pids) = (self.cx, &self.pids);
        let Some(dir) = self.files.get_or_insert_with(|| files(cx, pids)) else { return Vec::new() };
        let Some(bytes) = cx.read_in(&**dir, file.as_bytes()) else { return Vec::new() };
        let source = format!("/proc/net/{file}");
        let mut odd = |odd: Odd| cx.note(source.as_bytes(), odd);
        match family {
            AF_UNIX => proc_sockets::unix(&bytes, &mut odd),
            AF_PACKET => proc_sockets::packet(&bytes, &mut odd),
            _ => proc_sockets::inet(&bytes, family, protocol, &mut odd),
        }
    }
}

fn ask(
    netlink: &dyn Netlink,
    member: Option<u32>,
    body: &[u8],
    read: &dyn Fn(&[u8]) -> Option<Socket>,
) -> Option<Vec<Socket>> {
    const NETLINK_SOCK_DIAG: u8 = 4;
    let mut sockets = Vec::new();
    let mut visit = |kind, payload: &[u8]| {
        if kind == sock_diag::BY_FAMILY {
            sockets.extend(read(payload));
        }
    };
    // A kernel without the module for a family answers with an error; its files may still tell.
    netlink.dump(NETLINK_SOCK_DIAG, sock_diag::BY_FAMILY, body, member, &mut visit).ok()?;
    Some(sockets)
}

/// The `net` directory of the first process that still has one. All of a namespace see the same; the first by name is
/// what osquery reads.
fn files(cx: &Cx, pids: &[u32]) -> Option<Box<dyn Dir>> {
    let mut names: Vec<String> = pids.iter().map(u32::to_string).collect();
    names.sort_unstable();
    names.iter().find_map(|pid| cx.open_dir(format!("/proc/{pid}/net").as_bytes()))
}
