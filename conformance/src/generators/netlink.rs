//! Messages of netlink(7), as the kernel writes them.

pub mod harm;

use plumb_host::Dump;

/// Nothing: to be passed over.
pub const NOOP: u16 = 1;
/// An error number instead of an answer.
pub const ERROR: u16 = 2;
/// The end of a dump.
pub const DONE: u16 = 3;
/// One of several messages.
pub const MULTI: u16 = 0x2;
/// What is told changed while it was told.
pub const INTERRUPTED: u16 = 0x10;

/// Bytes of a message's header.
pub const HEADER: usize = 16;

/// A message: its type and what follows its header.
pub type Message = (u16, Vec<u8>);

/// Fills up to a multiple of four bytes.
pub fn fill(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

/// An attribute: its length, its type, its value.
#[must_use]
pub fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
    let mut bytes = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), value].concat();
    fill(&mut bytes);
    bytes
}

/// An attribute of one number.
#[must_use]
pub fn number(kind: u16, value: u32) -> Vec<u8> {
    attribute(kind, &value.to_ne_bytes())
}

/// An attribute of text, which ends with a NUL.
#[must_use]
pub fn text(kind: u16, value: &[u8]) -> Vec<u8> {
    attribute(kind, &[value, b"\0"].concat())
}

/// 32-bit numbers.
#[must_use]
pub fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_ne_bytes()).collect()
}

/// A message with its header, filled up.
#[must_use]
pub fn framed((kind, body): &Message, flags: u16, sequence: u32) -> Vec<u8> {
    let length = u32::try_from(HEADER + body.len()).unwrap_or(u32::MAX);
    let mut bytes = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &flags.to_ne_bytes()].concat();
    // The last word is the port of whoever asked.
    bytes.extend(words(&[sequence, 4242]));
    bytes.extend_from_slice(body);
    fill(&mut bytes);
    bytes
}

/// The datagrams of a dump, of so many messages each; the last one says that it is the end.
#[must_use]
pub fn datagrams(messages: &[Message], each: usize, flags: u16) -> Vec<Vec<u8>> {
    let framed = |message: &Message| framed(message, MULTI | flags, Dump::SEQUENCE);
    let mut all: Vec<Vec<u8>> =
        messages.chunks(each.max(1)).map(|some| some.iter().flat_map(framed).collect()).collect();
    // The kernel puts it behind the others if there is room.
    let done = framed(&(DONE, words(&[0])));
    match all.last_mut().filter(|_| each > 1) {
        Some(last) => last.extend(done),
        None => all.push(done),
    }
    all
}

/// The answer of a kernel that refuses: the error, and the header of the request.
#[must_use]
pub fn refusal(kind: u16, errno: i32) -> Vec<Vec<u8>> {
    let request = framed(&(kind, Vec::new()), 0x301, Dump::SEQUENCE);
    let body = [&errno.saturating_neg().to_ne_bytes()[..], &request].concat();
    vec![framed(&(ERROR, body), 0, Dump::SEQUENCE)]
}

/// The requests of rtnetlink(7), and of sock_diag(7).
pub mod request {
    use plumb_host::Dump;

    /// For all interfaces (`ifinfomsg`).
    pub const LINKS: (u16, usize) = (18, 16);
    /// For all addresses (`ifaddrmsg`).
    pub const ADDRESSES: (u16, usize) = (22, 8);
    /// For all routes (`rtmsg`).
    pub const ROUTES: (u16, usize) = (26, 12);
    const SOCK_DIAG: u8 = 4;
    const BY_FAMILY: u16 = 20;

    /// For everything of one sort, in the agent's own namespace.
    #[must_use]
    pub fn all((kind, header): (u16, usize), datagrams: Vec<Vec<u8>>) -> Dump {
        Dump { protocol: 0, kind, body: vec![0; header], namespace: Vec::new(), datagrams }
    }

    /// For the sockets of a family: of IP those of a protocol, in all states but `CLOSE` that was never open.
    #[must_use]
    pub fn sockets((family, protocol): (u8, u8), namespace: &[u8], datagrams: Vec<Vec<u8>>) -> Dump {
        const UNIX: u8 = 1;
        const PACKET: u8 = 17;
        let (states, length): (u32, usize) = match family {
            UNIX => (u32::MAX, 24),
            PACKET => (0, 20),
            _ => (0x1ffe, 56),
        };
        let mut body = vec![family, protocol, 0, 0];
        body.extend(states.to_ne_bytes());
        body.resize(length, 0);
        if family == UNIX {
            // UDIAG_SHOW_NAME
            body[12..16].copy_from_slice(&1_u32.to_ne_bytes());
        }
        Dump { protocol: SOCK_DIAG, kind: BY_FAMILY, body, namespace: namespace.to_vec(), datagrams }
    }
}

/// The messages of a datagram, each with its header: as far as their lengths are possible.
#[must_use]
pub fn apart(mut datagram: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while let Some((length, _)) = datagram.split_first_chunk() {
        let length = usize::try_from(u32::from_ne_bytes(*length)).unwrap_or(usize::MAX).max(HEADER);
        let end = length.checked_next_multiple_of(4).unwrap_or(usize::MAX).min(datagram.len());
        let (message, rest) = datagram.split_at(end);
        messages.push(message.to_vec());
        datagram = rest;
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_host::{Host, Mem};

    fn told(dump: Dump) -> std::io::Result<Vec<Message>> {
        let mut all = Vec::new();
        let host = Mem::new().dumped(dump);
        let netlink = Host::netlink(&host).expect("it was told");
        netlink.dump(0, 18, &[0; 16], None, &mut |kind, body| all.push((kind, body.to_vec())))?;
        Ok(all)
    }

    #[test]
    fn hosts_read_what_is_written() {
        let messages = [(16, b"abcd".to_vec()), (16, b"12345".to_vec()), (17, Vec::new())];
        for each in 0..5 {
            let all = datagrams(&messages, each, 0);
            assert_eq!(told(request::all(request::LINKS, all.clone())).expect("a dump"), messages, "{each} a datagram");
            let count: usize = all.iter().map(|datagram| apart(datagram).len()).sum();
            assert_eq!(count, 4);
        }
        let refused = told(request::all(request::LINKS, refusal(18, 13)));
        assert_eq!(refused.expect_err("a refusal").raw_os_error(), Some(13));
    }

    #[test]
    fn requests_are_those_that_the_tables_make() {
        use plumb_formats::{rtnetlink, sock_diag};
        for (sort, kind) in [
            (request::LINKS, rtnetlink::GET_LINK),
            (request::ADDRESSES, rtnetlink::GET_ADDRESS),
            (request::ROUTES, rtnetlink::GET_ROUTE),
        ] {
            let dump = request::all(sort, Vec::new());
            assert_eq!((dump.protocol, dump.kind, &dump.body[..]), (0, kind, rtnetlink::request(kind)));
        }
        for (kind, body) in [
            ((2, 6), sock_diag::inet_request(2, 6)),
            ((10, 17), sock_diag::inet_request(10, 17)),
            ((1, 0), sock_diag::unix_request()),
            ((17, 0), sock_diag::packet_request()),
        ] {
            let dump = request::sockets(kind, b"", Vec::new());
            assert_eq!((dump.protocol, dump.kind, dump.body), (4, sock_diag::BY_FAMILY, body));
        }
    }
}
