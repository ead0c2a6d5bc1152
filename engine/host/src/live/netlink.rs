//! Netlink dumps of the running kernel (netlink(7)).

use crate::api::Netlink;
use crate::netlink::{Answer, PIECE, consistent, invalid, message};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{self, AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType};
use std::io;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The kernel makes dumps in pieces of at most half of this.
const BUFFER: usize = 2 * PIECE;
/// How long the kernel may think. It answers dumps at once; this is for a kernel in trouble.
const PATIENCE: Duration = Duration::from_secs(5);

const NLM_F_REQUEST: u16 = 0x1;
const NLM_F_DUMP: u16 = 0x300;

#[derive(Debug)]
pub(super) struct LiveNetlink;

impl Netlink for LiveNetlink {
    fn dump(
        &self,
        protocol: u8,
        kind: u16,
        body: &[u8],
        net_namespace: Option<u32>,
        visit: &mut dyn FnMut(u16, &[u8]),
    ) -> io::Result<()> {
        let socket = match net_namespace {
            Some(pid) => socket_of(protocol, pid)?,
            None => socket(protocol)?,
        };
        consistent(std::iter::repeat_with(|| request(&socket, kind, body)))?.tell(visit);
        Ok(())
    }
}

fn socket(protocol: u8) -> io::Result<OwnedFd> {
    let protocol = rustix::net::RawProtocol::new(protocol.into()).map(Protocol::from_raw);
    let socket = net::socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, protocol)?;
    set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
    set_socket_timeout(&socket, Timeout::Send, Some(PATIENCE))?;
    Ok(socket)
}

/// A socket in the network namespace of a process. It belongs to that namespace for good, so that only the thread that
/// makes it has to go there.
fn socket_of(protocol: u8, pid: u32) -> io::Result<OwnedFd> {
    let open = |path: &str| rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    let wanted = open(&format!("/proc/{pid}/ns/net"))?;
    let is_own = open("/proc/thread-self/ns/net")
        .and_then(|own| Ok((rustix::fs::fstat(&own)?, rustix::fs::fstat(&wanted)?)))
        .is_ok_and(|(own, wanted)| (own.st_dev, own.st_ino) == (wanted.st_dev, wanted.st_ino));
    if is_own {
        // No privilege is needed for what is already there.
        return socket(protocol);
    }
    std::thread::scope(|scope| {
        let made = std::thread::Builder::new().name("netlink-namespace".to_owned()).spawn_scoped(scope, || {
            let network = rustix::thread::LinkNameSpaceType::Network;
            rustix::thread::move_into_link_name_space(wanted.as_fd(), Some(network))?;
            socket(protocol)
        })?;
        made.join().unwrap_or_else(|_| Err(io::Error::other("the thread in the namespace ended early")))
    })
}

fn request(socket: &OwnedFd, kind: u16, body: &[u8]) -> io::Result<Answer> {
    static SEQUENCE: AtomicU32 = AtomicU32::new(1);
    let sequence = SEQUENCE.fetch_add(1, Ordering::Relaxed);
    let message = message(kind, NLM_F_REQUEST | NLM_F_DUMP, sequence, body)?;
    rustix::io::retry_on_intr(|| net::sendto(socket, &message, SendFlags::empty(), &SocketAddrNetlink::new(0, 0)))?;
    let mut answer = Answer::default();
    let mut buffer = [MaybeUninit::uninit(); BUFFER];
    loop {
        let (datagram, length, from) = match net::recvfrom(socket, &mut buffer, RecvFlags::TRUNC) {
            Ok(((datagram, _), length, from)) => (datagram, length, from),
            Err(Errno::INTR) => continue,
            Err(Errno::AGAIN) => return Err(io::ErrorKind::TimedOut.into()),
            Err(error) => return Err(error.into()),
        };
        // Any process may write to this socket; the kernel is number 0.
        let from = from.and_then(|from| SocketAddrNetlink::try_from(from).ok());
        if from.is_some_and(|from| from.pid() != 0) {
            continue;
        }
        if length > datagram.len() {
            return Err(invalid("netlink: a message is larger than 64 KiB"));
        }
        if answer.take(datagram, sequence)? {
            return Ok(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_the_kernel() {
        const RTM_NEWLINK: u16 = 16;
        const RTM_GETLINK: u16 = 18;
        for namespace in [None, Some(std::process::id())] {
            let mut links = Vec::new();
            LiveNetlink
                .dump(0, RTM_GETLINK, &[0; 16], namespace, &mut |kind, body| links.push((kind, body.to_vec())))
                .unwrap();
            assert!(links.iter().all(|(kind, _)| *kind == RTM_NEWLINK));
            // IFLA_IFNAME of the loopback interface, which every network namespace has.
            let name = [&7_u16.to_ne_bytes()[..], &3_u16.to_ne_bytes(), b"lo\0"].concat();
            assert!(links.iter().any(|(_, body)| body.windows(name.len()).any(|window| window == name)));
        }
        let gone = LiveNetlink.dump(0, RTM_GETLINK, &[0; 16], Some(u32::MAX), &mut |_, _| {});
        assert_eq!(gone.unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(LiveNetlink.dump(0, 0xfff, &[], None, &mut |_, _| {}).is_err(), "no such request");
    }
}
