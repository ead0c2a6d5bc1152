//! What netlink says on the small host: one interface, one address, a route of two hops, and sockets of every family.

use crate::generators::netlink::{Message, attribute, datagrams, refusal, request, words};
use plumb_host::Dump;
use std::sync::OnceLock;

/// The network namespace of the processes of the small host.
const NAMESPACE: &[u8] = b"net:[4026531833]";

/// Families and protocols of which the tables ask for sockets: of ICMP ones no kernel tells.
const SOCKETS: [(u8, u8); 10] =
    [(2, 6), (10, 6), (2, 17), (10, 17), (2, 136), (10, 136), (2, 255), (10, 255), (1, 0), (17, 0)];

/// The answers to all requests.
#[must_use]
pub fn valid() -> &'static [Dump] {
    static VALID: OnceLock<Vec<Dump>> = OnceLock::new();
    VALID.get_or_init(|| all(&|told| datagrams(told, 8, 0)))
}

/// The answers to all requests, as they are written down.
fn all(answer: &dyn Fn(&[Message]) -> Vec<Vec<u8>>) -> Vec<Dump> {
    let mut dumps = vec![
        request::all(request::LINKS, answer(&[link()])),
        request::all(request::ADDRESSES, answer(&[address()])),
        request::all(request::ROUTES, answer(&[route()])),
    ];
    for kind in SOCKETS {
        let told = match kind {
            (2, 6) => vec![inet(2, 4)],
            (10, 6) => vec![inet(10, 16)],
            // Datagrams of which the kernel knows the protocol and has no module that tells of them.
            (_, 136) => {
                dumps.extend([&b""[..], NAMESPACE].map(|namespace| request::sockets(kind, namespace, refusal(20, 2))));
                continue;
            }
            (1, _) => vec![unix()],
            (17, _) => vec![packet()],
            _ => Vec::new(),
        };
        // The agent's own namespace is asked without a process where the agent runs on the host.
        dumps.extend([&b""[..], NAMESPACE].map(|namespace| request::sockets(kind, namespace, answer(&told))));
    }
    dumps
}

/// One of each kind of messages.
#[must_use]
pub fn messages() -> Vec<Message> {
    vec![link(), address(), route(), inet(2, 4), inet(10, 16), unix(), packet()]
}

/// `ifinfomsg` (rtnetlink(7)).
fn link() -> (u16, Vec<u8>) {
    let body = [
        words(&[0x0001_0000, 2, 0x1_1043, 0]),
        attribute(3, b"eth0\0"),
        attribute(1, &[2, 0, 0, 0, 0, 9]),
        attribute(4, &words(&[1500])),
        attribute(23, &(1..=24_u64).flat_map(u64::to_ne_bytes).collect::<Vec<_>>()),
    ];
    (16, body.concat())
}

/// `ifaddrmsg`.
fn address() -> (u16, Vec<u8>) {
    let body = [
        vec![2, 24, 0x80, 0],
        words(&[2]),
        attribute(1, &[192, 0, 2, 1]),
        attribute(2, &[192, 0, 2, 2]),
        attribute(4, &[192, 0, 2, 255]),
        attribute(3, b"eth0\0"),
    ];
    (20, body.concat())
}

/// `rtmsg` with two hops.
fn route() -> (u16, Vec<u8>) {
    let hop = |index, last| [vec![16, 0, 1, 0], words(&[index]), attribute(5, &[192, 0, 2, last])].concat();
    let body = [
        vec![2, 24, 0, 0, 254, 4, 0, 1],
        words(&[0x10]),
        attribute(1, &[198, 51, 100, 0]),
        attribute(7, &[192, 0, 2, 2]),
        attribute(8, &attribute(2, &words(&[1400]))),
        attribute(9, &[hop(2, 1), hop(7, 2)].concat()),
    ];
    (24, body.concat())
}

/// `inet_diag_msg` (sock_diag(7)).
fn inet(family: u8, width: usize) -> (u16, Vec<u8>) {
    let mut body = vec![family, 1, 0, 0, 0, 22, 0, 99];
    body.extend(&[1_u8; 16][..width]);
    body.resize(24, 0);
    body.extend(&[2_u8; 16][..width]);
    body.resize(68, 0);
    body.extend(words(&[242_160]));
    (20, body)
}

/// `unix_diag_msg`.
fn unix() -> (u16, Vec<u8>) {
    (20, [vec![1, 1, 10, 0], words(&[242_161, 0, 0]), attribute(0, b"/run/a b\0")].concat())
}

/// `packet_diag_msg`.
fn packet() -> (u16, Vec<u8>) {
    (20, [vec![17, 3], 3_u16.to_ne_bytes().to_vec(), words(&[242_160, 0, 0])].concat())
}
