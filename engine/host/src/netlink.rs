//! How netlink(7) answers a dump: messages in datagrams, up to the one that says that all has been told. What the kernel
//! of a live host sends and what a host in memory has kept is read here.

use std::io;
use std::ops::Range;

/// Bytes of a message's header.
const HEADER: usize = 16;
/// How often a dump is asked for again that changed while it was made.
const ATTEMPTS: usize = 4;
/// The kernel makes dumps in pieces of at most 32 KiB.
pub(crate) const PIECE: usize = 32 << 10;

const NLMSG_NOOP: u16 = 1;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLMSG_OVERRUN: u16 = 4;
const NLM_F_MULTI: u16 = 0x2;
const NLM_F_DUMP_INTR: u16 = 0x10;

/// A dump request, and what the kernel sent in return: what a host in memory knows of netlink.
///
/// All numbers are in the byte order of this machine, as on the wire of netlink.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dump {
    /// `NETLINK_ROUTE` (0) or `NETLINK_SOCK_DIAG` (4).
    pub protocol: u8,
    /// The type of the request.
    pub kind: u16,
    /// What follows its header.
    pub body: Vec<u8>,
    /// The network namespace that is asked, by the text of the link `/proc/PID/ns/net` of a process in it; empty for the
    /// agent's own.
    pub namespace: Vec<u8>,
    /// The datagrams of the answer, with the headers of their messages. Those have the number [`Dump::SEQUENCE`]; others
    /// belong to another answer.
    pub datagrams: Vec<Vec<u8>>,
}

impl Dump {
    /// The sequence number of the request.
    pub const SEQUENCE: u32 = 1;

    /// Whether two dumps answer the same request.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.answers(other.protocol, other.kind, &other.body, &other.namespace)
    }

    pub(crate) fn answers(&self, protocol: u8, kind: u16, body: &[u8], namespace: &[u8]) -> bool {
        (self.protocol, self.kind, self.body.as_slice(), self.namespace.as_slice()) == (protocol, kind, body, namespace)
    }

    /// What the datagrams say.
    pub(crate) fn read(&self) -> io::Result<Answer> {
        let mut answer = Answer::default();
        for datagram in &self.datagrams {
            if answer.take(datagram, Self::SEQUENCE)? {
                return Ok(answer);
            }
        }
        // Whoever asked would wait for more.
        Err(io::ErrorKind::TimedOut.into())
    }
}

/// A whole answer. It is kept until it is known to be consistent.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    bytes: Vec<u8>,
    messages: Vec<(u16, Range<usize>)>,
    /// What was asked for changed while the kernel wrote it down.
    changed: bool,
}

/// The first answer that did not change while it was made, or else the last of a few. There are as many as are asked for.
pub(crate) fn consistent(answers: impl Iterator<Item = io::Result<Answer>>) -> io::Result<Answer> {
    let mut last = Err(io::ErrorKind::Unsupported.into());
    for answer in answers.take(ATTEMPTS) {
        let answer = answer?;
        let changed = answer.changed;
        last = Ok(answer);
        if !changed {
            break;
        }
    }
    last
}

/// A message with its header.
pub(crate) fn message(kind: u16, flags: u16, sequence: u32, body: &[u8]) -> io::Result<Vec<u8>> {
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
    /// Tells the messages, with their types.
    pub(crate) fn tell(&self, visit: &mut dyn FnMut(u16, &[u8])) {
        for (kind, range) in &self.messages {
            visit(*kind, self.bytes.get(range.clone()).unwrap_or_default());
        }
    }

    /// Takes the messages of a datagram; answers whether the dump is over.
    pub(crate) fn take(&mut self, mut datagram: &[u8], sequence: u32) -> io::Result<bool> {
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

/// An answer that says what was told already, as the kernel would have sent it: with how it ended. What ended without the
/// kernel's word does so again: the end is missing.
pub(crate) fn framed(messages: &[(u16, Vec<u8>)], end: &io::Result<()>) -> io::Result<Vec<Vec<u8>>> {
    let mut datagrams = vec![Vec::new()];
    let mut add = |kind, body: &[u8]| -> io::Result<()> {
        let mut message = message(kind, NLM_F_MULTI, Dump::SEQUENCE, body)?;
        message.resize(message.len().next_multiple_of(4), 0);
        match datagrams.last_mut().filter(|last| last.is_empty() || last.len() + message.len() <= PIECE) {
            Some(last) => last.append(&mut message),
            None => datagrams.push(message),
        }
        Ok(())
    };
    messages.iter().try_for_each(|(kind, body)| add(*kind, body))?;
    match end.as_ref().map_err(io::Error::raw_os_error) {
        Ok(()) => add(NLMSG_DONE, &0_i32.to_ne_bytes())?,
        Err(Some(errno)) => add(NLMSG_ERROR, &errno.saturating_neg().to_ne_bytes())?,
        Err(None) => {}
    }
    Ok(datagrams)
}

pub(crate) fn invalid(why: &'static str) -> io::Error {
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

    fn dump(datagrams: Vec<Vec<u8>>) -> Dump {
        Dump { datagrams, ..Dump::default() }
    }

    #[test]
    fn what_was_told_is_told_again() {
        let large = |number| (20, vec![number; PIECE - 30]);
        let messages = [(16, b"one".to_vec()), large(1), large(2), (16, Vec::new())];
        let datagrams = framed(&messages, &Ok(())).unwrap();
        assert_eq!(datagrams.len(), 4);
        let again = dump(datagrams).read().unwrap();
        let told: Vec<_> =
            again.messages.iter().map(|(kind, range)| (*kind, again.bytes[range.clone()].to_vec())).collect();
        assert_eq!(told, messages);
        let refused = framed(&[], &Err(io::Error::from_raw_os_error(1))).unwrap();
        assert_eq!(dump(refused).read().unwrap_err().raw_os_error(), Some(1));
        let endless = framed(&messages, &Err(io::ErrorKind::TimedOut.into())).unwrap();
        assert_eq!(dump(endless).read().unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn what_changed_is_asked_for_again() {
        let answer = |name: &[u8], flags| {
            let bytes = [padded(16, MULTI | flags, 1, name), padded(NLMSG_DONE, MULTI, 1, &[0; 4])].concat();
            dump(vec![bytes]).read()
        };
        let first = |answers: Vec<io::Result<Answer>>| {
            let answer = consistent(answers.into_iter()).map_err(|error| error.kind())?;
            Ok::<_, io::ErrorKind>(bodies(&answer)[0].1.to_vec())
        };
        let changed = || answer(b"changed", NLM_F_DUMP_INTR);
        assert_eq!(first(vec![answer(b"a", 0), answer(b"b", 0)]), Ok(b"a".to_vec()));
        assert_eq!(first(vec![changed(), changed(), answer(b"a", 0)]), Ok(b"a".to_vec()));
        assert_eq!(first(vec![answer(b"a", NLM_F_DUMP_INTR), changed()]), Ok(b"changed".to_vec()));
        let four = (0..4).map(|_| changed()).chain([answer(b"too late", 0)]).collect();
        assert_eq!(first(four), Ok(b"changed".to_vec()));
        assert_eq!(first(vec![changed(), Err(io::ErrorKind::NotFound.into())]), Err(io::ErrorKind::NotFound));
        assert_eq!(first(Vec::new()), Err(io::ErrorKind::Unsupported));
    }
}
