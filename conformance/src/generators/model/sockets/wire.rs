//! Sockets as netlink tells them: sock_diag(7), each message as the kernel fills it (`inet_diag_msg_common_fill`, `sk_diag_fill` of
//! `af_unix` and `af_packet`).

use super::super::Draw;
use super::super::manner::Manner;
use super::{Kind, Socket};
use crate::generators::netlink::{Message, attribute, refusal, request, words};
use arbitrary::Result;
use plumb_host::Dump;

/// What rows about sockets depend on.
pub(super) const SOURCE: &[u8] = b"netlink/4";

const BY_FAMILY: u16 = 20;
/// Families and protocols that are told, each by a module of the kernel; those of ICMP are not.
const KINDS: [(u8, u8); 10] =
    [(2, 6), (10, 6), (2, 17), (10, 17), (2, 136), (10, 136), (2, 255), (10, 255), (1, 0), (17, 0)];

/// See the module.
#[derive(Debug)]
pub(super) struct Wire {
    /// Whether files tell of the sockets too.
    files: bool,
    spaces: Vec<Space>,
}

/// How a namespace is told.
#[derive(Debug)]
struct Space {
    number: u64,
    manner: Manner,
    /// What the kernel has no module for.
    missing: Option<(u8, u8)>,
}

impl Wire {
    pub(super) fn draw(draw: &mut Draw<'_, '_>, spaces: &[u64]) -> Result<Self> {
        let files = !draw.chance(3)?;
        let mut spaces = spaces.to_vec();
        spaces.sort_unstable();
        spaces.dedup();
        let space = |number| {
            let missing = if files && draw.odd(3)? { Some(draw.pick(&KINDS)?) } else { None };
            Ok(Space { number, manner: Manner::draw(draw, files)?, missing })
        };
        Ok(Self { files, spaces: spaces.into_iter().map(space).collect::<Result<_>>()? })
    }

    pub(super) fn has_files(&self) -> bool {
        self.files
    }

    pub(super) fn dumps(&self, sockets: &[Socket]) -> Vec<Dump> {
        let mut dumps = Vec::new();
        for Space { number, manner, missing } in &self.spaces {
            let name = format!("net:[{number}]").into_bytes();
            for kind in KINDS {
                let request = |datagrams| request::sockets(kind, &name, datagrams);
                if *missing == Some(kind) {
                    /// ENOENT
                    const NO_MODULE: i32 = 2;
                    dumps.push(request(refusal(BY_FAMILY, NO_MODULE)));
                    continue;
                }
                let told = sockets.iter().filter(|socket| socket.network == *number && kind_of(socket) == kind);
                let messages: Vec<Message> = told.map(|socket| (BY_FAMILY, message(socket))).collect();
                dumps.extend(manner.dumps(request, &messages));
            }
        }
        dumps
    }
}

fn kind_of(socket: &Socket) -> (u8, u8) {
    let number = |number: u16| u8::try_from(number).unwrap_or(0);
    match &socket.kind {
        Kind::Inet(inet) => (number(inet.family), number(inet.protocol)),
        Kind::Unix(_) => (1, 0),
        Kind::Packet(_) => (17, 0),
    }
}

fn message(socket: &Socket) -> Vec<u8> {
    const SEQUENCED: u8 = 1;
    const RAW: u8 = 3;
    let cookie = words(&[0xc00c, 0]);
    let inode = socket.inode.to_ne_bytes();
    match &socket.kind {
        // `inet_diag_msg`
        Kind::Inet(inet) => {
            let state = u8::try_from(inet.state).unwrap_or(0);
            let mut body = vec![u8::try_from(inet.family).unwrap_or(0), state, 0, 0];
            body.extend([inet.local.1.to_be_bytes(), inet.remote.1.to_be_bytes()].concat());
            for (address, _) in [&inet.local, &inet.remote] {
                let mut bytes = address.0.clone();
                bytes.resize(16, 0);
                body.extend(bytes);
            }
            body.extend([words(&[0]), cookie, words(&[0, 1, 2, 1000]), inode.to_vec()].concat());
            body.extend([attribute(8, &[0]), attribute(21, &[1; 8]), attribute(22, &[0; 2])].concat());
            body
        }
        // `unix_diag_msg`; a path is told with the NUL that ends it.
        Kind::Unix(name) => {
            let mut body = [vec![1, SEQUENCED, 10, 0], inode.to_vec(), cookie].concat();
            let end: &[u8] = if name.starts_with(b"\0") { b"" } else { b"\0" };
            if !name.is_empty() {
                body.extend(attribute(0, &[name, end].concat()));
            }
            body.extend(attribute(6, &[0]));
            body
        }
        // `packet_diag_msg`
        Kind::Packet(protocol) => {
            [vec![17, RAW], protocol.to_ne_bytes().to_vec(), inode.to_vec(), cookie, attribute(6, &words(&[1000]))]
                .concat()
        }
    }
}
