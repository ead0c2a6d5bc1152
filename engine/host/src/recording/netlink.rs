//! Dumps of netlink that are remembered.

use super::kept::Shared;
use crate::api::Netlink;
use crate::netlink::{Dump, framed};
use std::io;

impl Netlink for Shared {
    fn dump(
        &self,
        protocol: u8,
        kind: u16,
        body: &[u8],
        net_namespace: Option<u32>,
        visit: &mut dyn FnMut(u16, &[u8]),
    ) -> io::Result<()> {
        let netlink = self.host.netlink().ok_or(io::ErrorKind::Unsupported)?;
        let mut messages = Vec::new();
        let end = netlink.dump(protocol, kind, body, net_namespace, &mut |kind, message| {
            messages.push((kind, message.to_vec()));
            visit(kind, message);
        });
        let dump = Dump { protocol, kind, body: body.to_vec(), datagrams: framed(&messages, &end)?, ..Dump::default() };
        // A fixture has no process of the agent: it is asked about the agent's own namespace by one that is there.
        if let Some(namespace) = net_namespace.or(self.host.own_pid()).and_then(|pid| self.namespace(pid)) {
            self.keep_dump(Dump { namespace, ..dump.clone() });
        }
        if net_namespace.is_none() {
            self.keep_dump(dump);
        }
        end
    }
}

impl Shared {
    /// The text of the link to the network namespace of a process.
    fn namespace(&self, pid: u32) -> Option<Vec<u8>> {
        let path = format!("/proc/{pid}/ns/net").into_bytes();
        let text = self.host.root().read_link(&path).ok()?;
        self.keep_link(&path, &text);
        Some(text)
    }
}
