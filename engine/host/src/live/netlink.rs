//! Netlink dumps (netlink(7)).

use crate::api::Netlink;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{self, AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType};
use std::io;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Bytes of a message's header.
const HEADER: usize = 16;
/// The kernel makes dumps in pieces of at most 32 KiB.
const BUFFER: usize = 64 << 10;
/// How long the kernel may think. It answers dumps at once; this is for a kernel in trouble.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a dump is asked for again that changed while it was made.
const ATTEMPTS: usize = 4;

const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLMSG_NOOP: u16 = 1;
const NLMSG_OVERRUN: u16 = 4;
const NLM_F_REQUEST: u16 = 0x1;
const NLM_F_DUMP: u16 = 0x300;
const NLM_F_DUMP_INTR: u16 = 0x10;

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
        let mut answer = Answer::default();
        for _ in 0..ATTEMPTS {
            answer = request(&socket, kind, body)?;
            if !answer.changed {
                break;
            }
        }
        for (kind, range) in &answer.messages {
            visit(*kind, answer.bytes.get(range.clone()).unwrap_or_default());
        }
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

/// A whole answer. It is kept until it is known to be consistent.
#[derive(Debug, Default)]
struct Answer {
    bytes: Vec<u8>,
    messages: Vec<(u16, Range<usize>)>,
    /// What was asked for changed while the kernel wrote it down.
    changed: bool,
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

fn message(kind: u16, flags: u16, sequence: u32, body: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(HEADER + body.len()).map_err(|_| invalid("netlink: a request of 4 GiB"))?;
    let mut message = Vec::with_capacity(HEADER + body.len());
    message.extend_from_slice(&length.to_ne_bytes());
    message.extend_from_slice(&kind.to_ne_bytes());
    message.extend_from_slice(&flags.to_ne_bytes());
    message.extend_from_slice(&sequence.to_ne_bytes());
    message.extend_from_slice(&0_u32.to_ne_bytes());
    message.extend_from_slice(body);
    Ok(message)
}

impl Answer {
    /// Takes the messages of a datagram; answers whether the dump is over.
    fn take(&mut self, mut datagram: &[u8], sequence: u32) -> io::Result<bool> {
        while let Some((message, rest)) = split(datagram)? {
            datagram = rest;
            if message.sequence != sequence {
                // The rest of an answer that was given up.
                continue;
            }
            self.changed |= message.flags & NLM_F_DUMP_INTR != 0;
            match message.kind {
                NLMSG_DONE => return status(message.body).map(|()| true),
                NLMSG_ERROR => {
                    status(message.body)?;
                    return Ok(true);
                }
                NLMSG_NOOP => {}
                NLMSG_OVERRUN => self.changed = true,
                kind => {
                    let start = self.bytes.len();
                    self.bytes.extend_from_slice(message.body);
                    self.messages.push((kind, start..self.bytes.len()));
                }
            }
        }
        Ok(false)
    }
}

struct Message<'a> {
    kind: u16,
    flags: u16,
    sequence: u32,
    body: &'a [u8],
}

/// Splits off the first message; `None` at the end.
fn split(datagram: &[u8]) -> io::Result<Option<(Message<'_>, &[u8])>> {
    let Some((header, _)) = datagram.split_first_chunk::<HEADER>() else {
        return if datagram.is_empty() { Ok(None) } else { Err(invalid("netlink: a message is cut off")) };
    };
    let [l0, l1, l2, l3, k0, k1, f0, f1, s0, s1, s2, s3, ..] = *header;
    let length = usize::try_from(u32::from_ne_bytes([l0, l1, l2, l3])).unwrap_or(usize::MAX);
    let body = datagram.get(HEADER..length).ok_or_else(|| invalid("netlink: a message has a wrong length"))?;
    let message = Message {
        kind: u16::from_ne_bytes([k0, k1]),
        flags: u16::from_ne_bytes([f0, f1]),
        sequence: u32::from_ne_bytes([s0, s1, s2, s3]),
        body,
    };
    // Messages begin at multiples of four; the last one need not be filled up.
    Ok(Some((message, datagram.get(length.next_multiple_of(4)..).unwrap_or_default())))
}

/// The error number at the beginning of the body of NLMSG_ERROR and NLMSG_DONE: 0, or negative.
fn status(body: &[u8]) -> io::Result<()> {
    match body.first_chunk::<4>().map(|number| i32::from_ne_bytes(*number)) {
        Some(number) if number < 0 => Err(io::Error::from_raw_os_error(number.saturating_neg())),
        _ => Ok(()),
    }
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MULTI: u16 = 2;

    fn padded(kind: u16, flags: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = message(kind, flags, sequence, body).unwrap();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn bodies(answer: &Answer) -> Vec<(u16, &[u8])> {
        answer.messages.iter().map(|(kind, range)| (*kind, &answer.bytes[range.clone()])).collect()
    }

    #[test]
    fn takes_messages_of_several_datagrams() {
        let mut answer = Answer::default();
        let first = [padded(20, MULTI, 7, b"one"), padded(20, MULTI, 6, b"old"), padded(21, MULTI, 7, b"")].concat();
        assert!(!answer.take(&first, 7).unwrap());
        assert!(!answer.changed);
        let second = [
            padded(NLMSG_NOOP, MULTI, 7, b"nothing"),
            padded(20, MULTI | NLM_F_DUMP_INTR, 7, b"three"),
            padded(NLMSG_DONE, MULTI, 7, &0_i32.to_ne_bytes()),
            padded(20, MULTI, 7, b"after the end"),
        ];
        assert!(answer.take(&second.concat(), 7).unwrap());
        assert!(answer.changed);
        assert_eq!(bodies(&answer), [(20, &b"one"[..]), (21, b""), (20, b"three")]);
    }

    #[test]
    fn the_last_message_need_not_be_filled_up() {
        let mut answer = Answer::default();
        assert!(!answer.take(&message(20, 0, 1, b"odd").unwrap(), 1).unwrap());
        assert_eq!(bodies(&answer), [(20, &b"odd"[..])]);
    }

    #[test]
    fn errors_of_the_kernel() {
        for (kind, number, expect) in [
            (NLMSG_ERROR, -1, Err(Some(1))),
            (NLMSG_DONE, -95, Err(Some(95))),
            (NLMSG_ERROR, 0, Ok(true)),
            (NLMSG_DONE, i32::MIN, Err(Some(i32::MAX))),
        ] {
            let got = Answer::default().take(&padded(kind, 0, 1, &i32::to_ne_bytes(number)), 1);
            assert_eq!(got.map_err(|error| error.raw_os_error()), expect, "{kind} {number}");
        }
    }

    #[test]
    fn broken_messages_are_refused() {
        let whole = padded(20, 0, 1, b"12345678");
        for length in 1..whole.len() {
            let error = Answer::default().take(&whole[..length], 1).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{length}");
        }
        for length in [0_u32, 15, u32::MAX] {
            let mut bad = whole.clone();
            bad[..4].copy_from_slice(&length.to_ne_bytes());
            assert!(Answer::default().take(&bad, 1).is_err(), "{length}");
        }
    }

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
