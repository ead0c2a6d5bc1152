//! `/etc/hosts` (hosts(5)): an address and its names, separated by blanks; `#` begins a comment.

use crate::lines::{before, fields};

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The first field, as written.
    pub address: Vec<u8>,
    /// The other fields, separated by single spaces; empty when there are none.
    pub names: Vec<u8>,
}

/// The entry of a line; `None` for a blank line or a comment.
#[must_use]
pub fn host(line: &[u8]) -> Option<Host> {
    let mut fields = fields(before(line, b'#'));
    let address = fields.next()?.to_vec();
    let names: Vec<&[u8]> = fields.collect();
    Some(Host { address, names: names.join(&b' ') })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries() {
        for (line, expect) in [
            (&b"127.0.0.1\tlocalhost"[..], Some((&b"127.0.0.1"[..], &b"localhost"[..]))),
            (b"  ::1  a\t b   # c d", Some((b"::1", b"a b"))),
            (b"192.0.2.1 a#b c", Some((b"192.0.2.1", b"a"))),
            (b"192.0.2.99", Some((b"192.0.2.99", b""))),
            (b"192.0.2.99 a\r", Some((b"192.0.2.99", b"a"))),
            (b"\xff \xfe\0", Some((b"\xff", b"\xfe\0"))),
            (b"#192.0.2.1 a", None),
            (b" \t\r", None),
            (b"", None),
        ] {
            let got = host(line);
            assert_eq!(got.as_ref().map(|host| (host.address.as_slice(), host.names.as_slice())), expect, "{line:?}");
        }
    }
}
