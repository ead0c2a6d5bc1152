//! Dumps of rtnetlink(7), for hosts that have it.

use plumb_formats::rtnetlink::request;
use plumb_schema::Cx;

/// Asks the kernel for everything of one sort, and reads the messages of that sort in its answer. `None` when the host
/// has no netlink, or (with a note) when the kernel refuses: then files have to tell.
pub(crate) fn dump<T>(cx: &Cx, ask: u16, answer: u16, parse: fn(&[u8]) -> Option<T>) -> Option<Vec<T>> {
    const ROUTE: u8 = 0;
    let mut found = Vec::new();
    let dumped = cx.host.netlink()?.dump(ROUTE, ask, request(ask), None, &mut |kind, message| {
        if kind == answer {
            found.extend(parse(message));
        }
    });
    dumped.map_err(|error| cx.note(format!("netlink request {ask}").as_bytes(), error)).ok()?;
    Some(found)
}

/// A host in memory that has netlink too.
#[cfg(test)]
pub(crate) mod wired {
    use plumb_host::{Dir, Host, Mem, Moment, Netlink};
    use std::io;

    /// The answers, each under the kind of its request, with its own kind. Without any, the kernel refuses.
    #[derive(Debug)]
    pub(crate) struct Wired {
        pub(crate) files: Mem,
        pub(crate) answers: Vec<(u16, u16, Vec<u8>)>,
    }

    impl Host for Wired {
        fn root(&self) -> &dyn Dir {
            self.files.root()
        }
        fn now(&self) -> Moment {
            self.files.now()
        }
        fn is_live(&self) -> bool {
            false
        }
        fn netlink(&self) -> Option<&dyn Netlink> {
            Some(self)
        }
    }

    impl Netlink for Wired {
        fn dump(
            &self,
            _: u8,
            kind: u16,
            _: &[u8],
            _: Option<u32>,
            visit: &mut dyn FnMut(u16, &[u8]),
        ) -> io::Result<()> {
            if self.answers.is_empty() {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            for (_, kind, message) in self.answers.iter().filter(|(asked, _, _)| *asked == kind) {
                visit(*kind, message);
            }
            Ok(())
        }
    }

    /// A structure of bytes, then attributes.
    pub(crate) fn message(head: &[u8], attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut message = head.to_vec();
        for (kind, value) in attributes {
            message.extend(u16::try_from(value.len() + 4).unwrap().to_ne_bytes());
            message.extend(kind.to_ne_bytes());
            message.extend_from_slice(value);
            message.resize(message.len().next_multiple_of(4), 0);
        }
        message
    }

    /// An interface: number, type, flags, name, further attributes.
    pub(crate) fn link(index: u32, kind: u16, flags: u32, attributes: &[(u16, &[u8])]) -> (u16, u16, Vec<u8>) {
        let head = [&[0, 0], &kind.to_ne_bytes()[..], &index.to_ne_bytes(), &flags.to_ne_bytes(), &[0; 4]].concat();
        (18, 16, message(&head, attributes))
    }

    /// A loopback and an Ethernet interface.
    pub(crate) fn two_links() -> Vec<(u16, u16, Vec<u8>)> {
        let counters: Vec<u8> = (1..=24_u64).flat_map(|count| (count << 32).to_ne_bytes()).collect();
        vec![
            link(1, 772, 0x1_0049, &[(3, b"lo\0"), (1, &[0; 6]), (4, &65_536_u32.to_ne_bytes())]),
            link(
                2,
                1,
                0x1_1043,
                &[(3, b"eth0\0"), (1, &[2, 0, 0, 0, 0, 9]), (4, &1500_u32.to_ne_bytes()), (23, &counters)],
            ),
        ]
    }
}
