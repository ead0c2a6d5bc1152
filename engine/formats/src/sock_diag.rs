//! Requests and answers of `NETLINK_SOCK_DIAG` (sock_diag(7)): what ss(8) asks. Numbers are in the host's byte order,
//! ports and addresses in the network's.

use crate::proc_sockets::{AF_INET, AF_INET6, AF_PACKET, AF_UNIX, Socket, TCP, tcp_state};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The type of requests and answers.
pub const BY_FAMILY: u16 = 20;

/// TCP states 1 to 12: everything but sockets that are only bound, which `/proc/net/tcp` leaves out too.
const STATES: u32 = 0x1ffe;
/// `UDIAG_SHOW_NAME`.
const SHOW_NAME: u32 = 1;
/// `UNIX_DIAG_NAME`.
const NAME: u16 = 0;

/// Asks for all IP sockets of a family and protocol (`struct inet_diag_req_v2`).
#[must_use]
pub fn inet_request(family: u8, protocol: u8) -> Vec<u8> {
    let mut body = vec![family, protocol, 0, 0];
    body.extend(STATES.to_ne_bytes());
    body.resize(56, 0);
    body
}

/// Asks for all unix sockets, with their names (`struct unix_diag_req`).
#[must_use]
pub fn unix_request() -> Vec<u8> {
    let mut body = vec![AF_UNIX, 0, 0, 0];
    for number in [u32::MAX, 0, SHOW_NAME, 0, 0] {
        body.extend(number.to_ne_bytes());
    }
    body
}

/// Asks for all packet sockets (`struct packet_diag_req`).
#[must_use]
pub fn packet_request() -> Vec<u8> {
    let mut body = vec![AF_PACKET, 0, 0, 0];
    body.resize(20, 0);
    body
}

/// Reads an answer to [`inet_request`] (`struct inet_diag_msg`).
#[must_use]
pub fn inet_answer(payload: &[u8], protocol: u16) -> Option<Socket> {
    let family = *payload.first()?;
    let state = *payload.get(1)?;
    Some(Socket {
        family,
        protocol,
        inode: u32::from_ne_bytes(*array(payload, 68)?).into(),
        local: Some(address(payload, 8, family)?),
        local_port: u16::from_be_bytes(*array(payload, 4)?),
        remote: Some(address(payload, 24, family)?),
        remote_port: u16::from_be_bytes(*array(payload, 6)?),
        state: if protocol == TCP { tcp_state(state) } else { "" },
        path: Vec::new(),
    })
}

/// Reads an answer to [`unix_request`] (`struct unix_diag_msg` and attributes).
#[must_use]
pub fn unix_answer(payload: &[u8]) -> Option<Socket> {
    let family = *payload.first().filter(|family| **family == AF_UNIX)?;
    let inode = u32::from_ne_bytes(*array(payload, 4)?).into();
    let path = attribute(payload.get(16..)?, NAME).map(unix_name).unwrap_or_default();
    Some(Socket { family, inode, path, ..Socket::default() })
}

/// Reads an answer to [`packet_request`] (`struct packet_diag_msg`).
#[must_use]
pub fn packet_answer(payload: &[u8]) -> Option<Socket> {
    let family = *payload.first().filter(|family| **family == AF_PACKET)?;
    let protocol = u16::from_ne_bytes(*array(payload, 2)?);
    let inode = u32::from_ne_bytes(*array(payload, 4)?).into();
    Some(Socket { family, protocol, inode, state: "NONE", ..Socket::default() })
}

/// A path ends with a NUL; an abstract name begins with one and may contain more: they are shown as `@`, as in
/// `/proc/net/unix`.
fn unix_name(name: &[u8]) -> Vec<u8> {
    match name.first() {
        Some(0) => name.iter().map(|byte| if *byte == 0 { b'@' } else { *byte }).collect(),
        _ => name.split(|byte| *byte == 0).next().unwrap_or_default().to_vec(),
    }
}

/// The value of the first attribute of a type (`struct nlattr`, padded to four bytes).
fn attribute(mut attributes: &[u8], kind: u16) -> Option<&[u8]> {
    loop {
        let length = usize::from(u16::from_ne_bytes(*array(attributes, 0)?));
        let value = attributes.get(4..length)?;
        if u16::from_ne_bytes(*array(attributes, 2)?) == kind {
            return Some(value);
        }
        attributes = attributes.get(length.next_multiple_of(4)..)?;
    }
}

fn address(payload: &[u8], at: usize, family: u8) -> Option<IpAddr> {
    match family {
        AF_INET => Some(Ipv4Addr::from(*array::<4>(payload, at)?).into()),
        AF_INET6 => Some(Ipv6Addr::from(*array::<16>(payload, at)?).into()),
        _ => None,
    }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<&[u8; N]> {
    bytes.get(at..)?.first_chunk()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inet_message(family: u8, state: u8, local: &[u8], remote: &[u8]) -> Vec<u8> {
        let mut message = vec![family, state, 0, 0];
        message.extend(22_u16.to_be_bytes());
        message.extend(51_000_u16.to_be_bytes());
        message.extend(local);
        message.resize(24, 0);
        message.extend(remote);
        message.resize(68, 0);
        message.extend(4_000_000_000_u32.to_ne_bytes());
        message
    }

    #[test]
    fn internet_sockets() {
        let v6: [u8; 16] = "2001:db8::1".parse::<Ipv6Addr>().unwrap().octets();
        for (message, protocol, local, remote, state) in [
            (inet_message(AF_INET, 1, &[127, 0, 0, 1], &[192, 0, 2, 1]), TCP, "127.0.0.1", "192.0.2.1", "ESTABLISHED"),
            (inet_message(AF_INET6, 10, &v6, &[]), TCP, "2001:db8::1", "::", "LISTEN"),
            (inet_message(AF_INET, 7, &[0; 4], &[0; 4]), 17, "0.0.0.0", "0.0.0.0", ""),
        ] {
            let socket = inet_answer(&message, protocol).unwrap();
            assert_eq!(
                (socket.local.unwrap().to_string(), socket.remote.unwrap().to_string()),
                (local.into(), remote.into())
            );
            assert_eq!((socket.local_port, socket.remote_port), (22, 51_000));
            assert_eq!((socket.state, socket.inode), (state, 4_000_000_000));
            for cut in 0..message.len() {
                assert_eq!(inet_answer(&message[..cut], protocol), None, "cut to {cut} bytes");
            }
        }
        assert_eq!(inet_answer(&inet_message(AF_UNIX, 1, &[], &[]), TCP), None);
    }

    #[test]
    fn unix_sockets() {
        let message = |attributes: &[(u16, &[u8])]| {
            let mut message = vec![AF_UNIX, 1, 10, 0];
            message.extend(242_152_u32.to_ne_bytes());
            message.resize(16, 0);
            for (kind, value) in attributes {
                message.extend(u16::try_from(value.len() + 4).unwrap().to_ne_bytes());
                message.extend(kind.to_ne_bytes());
                message.extend(*value);
                message.resize(message.len().next_multiple_of(4), 0);
            }
            message
        };
        for (attributes, path) in [
            (vec![], ""),
            (vec![(NAME, b"/run/a b\0".as_slice())], "/run/a b"),
            (vec![(3, b"12345"), (NAME, b"/run/x")], "/run/x"),
            (vec![(NAME, b"\0abs\0tract")], "@abs@tract"),
            (vec![(NAME, b"")], ""),
        ] {
            let socket = unix_answer(&message(&attributes)).unwrap();
            assert_eq!((socket.inode, socket.path.as_slice()), (242_152, path.as_bytes()));
        }
        // A length that leads nowhere, or beyond the end.
        for length in [0_u16, 3, 5, 4000] {
            let mut broken = message(&[]);
            broken.extend(length.to_ne_bytes());
            broken.extend([9, 0]);
            assert_eq!(unix_answer(&broken).unwrap().path, b"");
        }
        assert_eq!(unix_answer(&[AF_UNIX; 15]), None);
    }

    #[test]
    fn packet_sockets() {
        let mut message = vec![AF_PACKET, 3];
        message.extend(0x0806_u16.to_ne_bytes());
        message.extend(7_u32.to_ne_bytes());
        let socket = packet_answer(&message).unwrap();
        assert_eq!((socket.protocol, socket.inode, socket.state), (0x0806, 7, "NONE"));
        assert_eq!(packet_answer(&message[..7]), None);
    }

    #[test]
    fn requests_have_the_kernels_sizes() {
        assert_eq!((inet_request(2, 6).len(), unix_request().len(), packet_request().len()), (56, 24, 20));
    }
}
