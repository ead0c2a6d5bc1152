//! Dumps of netlink in archives: a record for each, in whose value lengths stand before what varies.

use crate::netlink::Dump;

/// How the keys of such records begin.
pub(super) const KEY: &[u8] = b"PLUMB.netlink.";

/// A dump as the value of a record.
pub(super) fn write(dump: &Dump) -> Vec<u8> {
    let mut value = vec![dump.protocol];
    value.extend(dump.kind.to_le_bytes());
    for part in [&dump.body, &dump.namespace].into_iter().chain(&dump.datagrams) {
        // What is longer than a pax record can be is in no memory.
        value.extend((part.len() as u64).to_le_bytes());
        value.extend_from_slice(part);
    }
    value
}

/// The dump that a value says, if it says one.
pub(super) fn read(value: &[u8]) -> Option<Dump> {
    let (protocol, rest) = value.split_first()?;
    let (kind, rest) = rest.split_first_chunk()?;
    let (body, rest) = part(rest)?;
    let (namespace, mut rest) = part(rest)?;
    let mut datagrams = Vec::new();
    while !rest.is_empty() {
        let (datagram, after) = part(rest)?;
        datagrams.push(datagram);
        rest = after;
    }
    Some(Dump { protocol: *protocol, kind: u16::from_le_bytes(*kind), body, namespace, datagrams })
}

fn part(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (part, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    Some((part.to_vec(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_and_parts_of_them_do_not() {
        let dump = Dump {
            protocol: 4,
            kind: 0x1234,
            body: b"body".to_vec(),
            namespace: b"net:[1]".to_vec(),
            datagrams: vec![Vec::new(), b"\0\n one".to_vec(), b"two".to_vec()],
        };
        let value = write(&dump);
        assert_eq!(read(&value).as_ref(), Some(&dump));
        for length in 0..value.len() {
            let known = read(value.get(..length).unwrap_or_default());
            assert!(known.is_none_or(|part| dump.datagrams.starts_with(&part.datagrams) && part != dump), "{length}");
        }
        let mut endless = value;
        endless.extend(u64::MAX.to_le_bytes());
        assert_eq!(read(&endless), None);
    }
}
