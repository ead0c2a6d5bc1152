//! What files tell of IPv4 addresses and routes, for hosts whose kernel cannot be asked.
//!
//! `/proc/net/route` has the routes of the main table with their interfaces; `/proc/net/fib_trie` has the prefixes of
//! all tables, this machine's own addresses among them, but no interfaces: those follow from the networks that an
//! interface is connected to.

use super::text::entries;
use plumb_formats::proc_net::{Leaf, Route, fib_trie, route};
use plumb_schema::Cx;
use std::net::Ipv4Addr;
use std::sync::Arc;

/// The two files.
#[derive(Debug, Default)]
pub(crate) struct Fib {
    /// `/proc/net/route`
    pub(crate) routes: Vec<Route>,
    /// `/proc/net/fib_trie`
    pub(crate) leaves: Vec<Leaf>,
}

impl Fib {
    /// The files of the context's host.
    pub(crate) fn of(cx: &Arc<Cx>) -> Self {
        let leaves = cx.read(b"/proc/net/fib_trie").map(|bytes| fib_trie(&bytes)).unwrap_or_default();
        Self { routes: entries(cx, "/proc/net/route", |line, _| route(line)).collect(), leaves }
    }

    /// The interface that is connected to the network of an address, and the length of the network's prefix.
    pub(crate) fn network(&self, address: Ipv4Addr) -> Option<(&[u8], u8)> {
        let connected = self.routes.iter().filter(|route| {
            route.device != b"*"
                && route.gateway.is_unspecified()
                && route.prefix > 0
                && contains(route.destination, route.prefix, address)
        });
        let connected = connected.max_by_key(|route| route.prefix).map(|route| (route.device.as_slice(), route.prefix));
        connected.or_else(|| self.loopback(address))
    }

    /// The loopback network has no route in the main table: it is a local prefix.
    fn loopback(&self, address: Ipv4Addr) -> Option<(&[u8], u8)> {
        let prefixes = self.leaves.iter().filter(|leaf| {
            leaf.kind == b"LOCAL" && leaf.prefix < 32 && contains(leaf.destination, leaf.prefix, address)
        });
        let prefix = prefixes.map(|leaf| leaf.prefix).max()?;
        address.is_loopback().then_some((&b"lo"[..], prefix))
    }

    /// This machine's own addresses.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> {
        self.leaves.iter().filter(|leaf| leaf.kind == b"LOCAL" && leaf.prefix == 32).map(|leaf| leaf.destination)
    }

    /// The broadcast address of a network, if it is one.
    pub(crate) fn broadcast(&self, address: Ipv4Addr, prefix: u8) -> Option<Ipv4Addr> {
        let host = u32::MAX.checked_shr(prefix.into()).unwrap_or(0);
        let last = Ipv4Addr::from(address.to_bits() | host);
        let is_broadcast = |leaf: &Leaf| leaf.kind == b"BROADCAST" && leaf.prefix == 32 && leaf.destination == last;
        self.leaves.iter().any(is_broadcast).then_some(last)
    }
}

fn contains(network: Ipv4Addr, prefix: u8, address: Ipv4Addr) -> bool {
    let mask = u32::MAX.checked_shl(32_u32.saturating_sub(prefix.into())).unwrap_or(0);
    (network.to_bits() ^ address.to_bits()) & mask == 0
}

/// A machine with one network, for tests.
#[cfg(test)]
pub(crate) fn fixture(host: plumb_host::Mem) -> plumb_host::Mem {
    let trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     |-- 127.0.0.0\n        \
                /8 host LOCAL\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 127.255.255.255\n        \
                /32 link BROADCAST\n     |-- 192.0.2.0\n        /24 link UNICAST\n     |-- 192.0.2.2\n        \
                /32 host LOCAL\n     |-- 192.0.2.255\n        /32 link BROADCAST\n     |-- 203.0.113.9\n        \
                /32 host LOCAL\nId 7:\n     |-- 198.51.100.0\n        /24 universe BLACKHOLE\n";
    let route = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
                 eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t1440\t0\t0\n\
                 eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
                 *\t007100CB\t00000000\t0200\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
    let route6 = "20010db8000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n\
                  00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n\
                  00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n\
                  00000000000000000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000004 00000000 80200001       lo\n\
                  20010db8000000000000000000000000 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000004 00000000 00300001     eth0\n\
                  20010db8000000000000000000000007 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000004 00000000 01000001     eth0\n\
                  ff000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000003 00000000 00000001     eth0\n";
    host.file("/proc/net/fib_trie", trie).file("/proc/net/route", route).file("/proc/net/ipv6_route", route6).file(
        "/proc/net/if_inet6",
        "20010db8000000000000000000000010 02 40 00 82     eth0\nfe8000000000000002005efffe005310 02 40 20 80     eth0\n\
             00000000000000000000000000000001 01 80 10 80       lo\n",
    )
}
