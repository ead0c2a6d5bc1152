//! `routes`: how packets find their way.
//!
//! Sources: rtnetlink(7) where the kernel can be asked: every table of it. Else `/proc/net/route`, `/proc/net/fib_trie`
//! and `/proc/net/ipv6_route`, which do not tell the source address, the hop limit and the flags of next hops; there
//! they are what they are of a route that sets none.

use super::fib::Fib;
use super::interface::Interfaces;
use super::rtnl::dump;
use super::text::entries;
use plumb_formats::inet::text as ip_text;
use plumb_formats::proc_net::{self, Leaf, Route6};
use plumb_formats::rtnetlink::{self, GET_ROUTE, Hop, NEW_ROUTE};
use plumb_schema::{Column, Cost, Cx, Platforms, Request, Rows, Table, owned, text};
use std::net::IpAddr;
use std::sync::Arc;

/// A route by one next hop.
pub struct Row {
    destination: IpAddr,
    prefix: u8,
    gateway: Option<IpAddr>,
    source: Option<IpAddr>,
    flags: u32,
    interface: Vec<u8>,
    mtu: i64,
    metric: i64,
    kind: &'static str,
    hop_limit: u32,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "routes",
    doc: "The routing tables, one row for each next hop of a route.",
    on: Platforms::ALL,
    columns: &[
        Col::text   ("destination", "Where it leads; 0.0.0.0 or :: is everywhere",            |r| owned(ip_text(r.destination))),
        Col::integer("netmask",     "Length of the destination's prefix in bits",             |r| Some(r.prefix.into())),
        Col::text   ("gateway",     "Router that packets are sent to; empty when there is none", |r| owned(r.gateway.map(ip_text).unwrap_or_default())),
        Col::text   ("source",      "Source address that packets get; empty when none is set", |r| owned(r.source.map(ip_text).unwrap_or_default())),
        Col::integer("flags",       "Flags (RTM_F_* and RTNH_F_* on Linux)",                  |r| Some(r.flags.into())),
        Col::text   ("interface",   "Interface that packets leave by",                        |r| text(&r.interface)),
        Col::integer("mtu",         "Largest packet in bytes; 0 when the route sets none",    |r| Some(r.mtu)),
        Col::integer("metric",      "Cost: of several routes the lowest is taken",            |r| Some(r.metric)),
        Col::text   ("type",        "gateway (any unicast route), local, broadcast, anycast or other", |r| text(r.kind)).additional(),
        Col::integer("hopcount",    "Hop limit of packets; 0 when the route sets none",       |r| Some(r.hop_limit.into())).on(Platforms::POSIX),
    ],
    scan,
    cost: Cost { rows: 50, row: 2 },
    ..Table::EMPTY
};

const GATEWAY: &str = "gateway";
const LOCAL: &str = "local";
const BROADCAST: &str = "broadcast";
const ANYCAST: &str = "anycast";
const OTHER: &str = "other";

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<Row> {
    if let Some(routes) = dump(cx, GET_ROUTE, NEW_ROUTE, rtnetlink::route) {
        let interfaces = Interfaces::of(cx);
        let hops = routes.into_iter().flat_map(|mut route| {
            let hops = std::mem::take(&mut route.hops);
            hops.into_iter().map(move |hop| (route.clone(), hop))
        });
        return Box::new(hops.map(move |(route, hop)| from_kernel(&interfaces, &route, hop)));
    }
    let rows = from_files(cx);
    if rows.is_empty() {
        cx.note(b"/proc/net/route", "no routes: neither netlink nor files tell any");
    }
    Box::new(rows.into_iter())
}

fn from_kernel(interfaces: &Interfaces, route: &rtnetlink::Route, hop: Hop) -> Row {
    let interface = hop.index.and_then(|index| interfaces.by_index(index));
    Row {
        destination: route.destination,
        prefix: route.prefix,
        gateway: hop.gateway,
        source: route.source,
        flags: route.flags | hop.flags,
        interface: interface.map(|interface| interface.name.clone()).unwrap_or_default(),
        mtu: route.mtu.into(),
        metric: route.priority.into(),
        kind: match route.kind {
            1 => GATEWAY,
            2 => LOCAL,
            3 => BROADCAST,
            4 => ANYCAST,
            _ => OTHER,
        },
        hop_limit: route.hop_limit,
    }
}

fn from_files(cx: &Arc<Cx>) -> Vec<Row> {
    let fib = Fib::of(cx);
    let main = fib.routes.iter().map(from_route);
    let is_main = |leaf: &Leaf| {
        let same = |route: &proc_net::Route| route.destination == leaf.destination && route.prefix == leaf.prefix;
        !matches!(leaf.kind.as_slice(), b"LOCAL" | b"BROADCAST" | b"ANYCAST") && fib.routes.iter().any(same)
    };
    let others = fib.leaves.iter().filter(|leaf| !is_main(leaf)).map(|leaf| from_leaf(&fib, leaf));
    let v6 = entries(cx, "/proc/net/ipv6_route", |line, _| proc_net::route6(line)).filter_map(from_route6);
    main.chain(others).chain(v6).collect()
}

/// A route that leads to a reply instead of an interface (`RTF_REJECT`).
const REJECT: u32 = 0x200;

fn from_route(route: &proc_net::Route) -> Row {
    let leads_on = route.flags & REJECT == 0 && route.device != b"*";
    Row {
        prefix: route.prefix,
        gateway: Some(route.gateway).filter(|gateway| !gateway.is_unspecified()).map(IpAddr::from),
        interface: if route.device == b"*" { Vec::new() } else { route.device.clone() },
        mtu: route.mtu,
        metric: route.metric,
        kind: if leads_on { GATEWAY } else { OTHER },
        ..Row::to(route.destination.into())
    }
}

fn from_leaf(fib: &Fib, leaf: &Leaf) -> Row {
    let kind = match leaf.kind.as_slice() {
        b"UNICAST" => GATEWAY,
        b"LOCAL" => LOCAL,
        b"BROADCAST" => BROADCAST,
        b"ANYCAST" => ANYCAST,
        _ => OTHER,
    };
    let connected = fib.network(leaf.destination).filter(|_| matches!(kind, LOCAL | BROADCAST | ANYCAST));
    let interface = connected.map(|(device, _)| device.to_vec()).unwrap_or_default();
    Row { prefix: leaf.prefix, interface, kind, ..Row::to(leaf.destination.into()) }
}

/// `None` for what the kernel lists but does not call a route: copies in its cache, and its last resort.
fn from_route6(route: Route6) -> Option<Row> {
    const HAS_GATEWAY: u32 = 0x2;
    const NO_NEXT_HOP: u32 = 0x20_0000;
    const ANYCAST_FLAG: u32 = 0x10_0000;
    const CACHED: u32 = 0x100_0000;
    const LOCAL_FLAG: u32 = 0x8000_0000;
    let has = |flags: u32| route.flags & flags == flags;
    if has(CACHED) || (has(REJECT | NO_NEXT_HOP) && route.metric == u32::MAX) {
        return None;
    }
    let kind = if has(REJECT) || route.destination.is_multicast() {
        OTHER
    } else if has(ANYCAST_FLAG) {
        ANYCAST
    } else if has(LOCAL_FLAG) {
        LOCAL
    } else {
        GATEWAY
    };
    Some(Row {
        prefix: route.prefix,
        gateway: has(HAS_GATEWAY).then_some(route.gateway.into()),
        interface: route.device,
        metric: route.metric.into(),
        kind,
        ..Row::to(route.destination.into())
    })
}

impl Row {
    /// A route that sets nothing.
    fn to(destination: IpAddr) -> Self {
        Self {
            destination,
            prefix: 0,
            gateway: None,
            source: None,
            flags: 0,
            interface: Vec::new(),
            mtu: 0,
            metric: 0,
            kind: OTHER,
            hop_limit: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::fib::fixture;
    use crate::network::rtnl::wired::{Wired, message, two_links};
    use crate::testing::{check, rows};
    use plumb_host::Mem;

    const COLUMNS: [&str; 10] =
        ["destination", "netmask", "gateway", "source", "flags", "interface", "mtu", "metric", "type", "hopcount"];

    fn route(family: u8, prefix: u8, kind: u8, attributes: &[(u16, &[u8])]) -> (u16, u16, Vec<u8>) {
        let head = [&[family, prefix, 0, 0, 254, 4, 0, kind], &16_u32.to_ne_bytes()[..]].concat();
        (26, 24, message(&head, attributes))
    }

    #[test]
    fn from_the_kernel() {
        let eth0 = 2_u32.to_ne_bytes();
        let metric = 100_u32.to_ne_bytes();
        let metrics = message(&[], &[(2, &1400_u32.to_ne_bytes()), (10, &64_u32.to_ne_bytes())]);
        let hops = [&[16, 0, 1, 0][..], &eth0, &message(&[], &[(5, &[192, 0, 2, 3])]), &[8, 0, 0, 0], &[9, 0, 0, 0]];
        let mut answers = two_links();
        answers.extend([
            route(2, 0, 1, &[(5, &[192, 0, 2, 1]), (4, &eth0), (6, &metric), (8, &metrics)]),
            route(2, 32, 2, &[(1, &[192, 0, 2, 2]), (7, &[192, 0, 2, 2]), (4, &eth0)]),
            route(2, 32, 3, &[(1, &[192, 0, 2, 255]), (4, &eth0)]),
            route(2, 24, 6, &[(1, &[198, 51, 100, 0])]),
            route(2, 24, 1, &[(1, &[203, 0, 113, 0]), (9, &hops.concat())]),
            route(10, 0, 1, &[(4, &eth0), (6, &u32::MAX.to_ne_bytes())]),
            route(10, 128, 4, &[(1, &[0; 16]), (4, &eth0)]),
            route(28, 20, 1, &[(1, &[0; 4])]),
        ]);
        check(
            &TABLE,
            Wired { files: Mem::new(), answers },
            &COLUMNS,
            &[
                &["0.0.0.0", "0", "192.0.2.1", "", "16", "eth0", "1400", "100", "gateway", "64"],
                &["192.0.2.2", "32", "", "192.0.2.2", "16", "eth0", "0", "0", "local", "0"],
                &["192.0.2.255", "32", "", "", "16", "eth0", "0", "0", "broadcast", "0"],
                &["198.51.100.0", "24", "", "", "16", "", "0", "0", "other", "0"],
                &["203.0.113.0", "24", "192.0.2.3", "", "17", "eth0", "0", "0", "gateway", "0"],
                &["203.0.113.0", "24", "", "", "16", "", "0", "0", "gateway", "0"],
                &["::", "0", "", "", "16", "eth0", "0", "4294967295", "gateway", "0"],
                &["::", "128", "", "", "16", "eth0", "0", "0", "anycast", "0"],
            ],
        );
    }

    #[test]
    fn from_files() {
        check(
            &TABLE,
            fixture(Mem::new()),
            &["destination", "netmask", "gateway", "interface", "mtu", "metric", "type"],
            &[
                &["0.0.0.0", "0", "192.0.2.1", "eth0", "1440", "100", "gateway"],
                &["192.0.2.0", "24", "", "eth0", "0", "0", "gateway"],
                &["203.0.113.0", "24", "", "", "0", "0", "other"],
                &["127.0.0.0", "8", "", "lo", "0", "0", "local"],
                &["127.0.0.1", "32", "", "lo", "0", "0", "local"],
                &["127.255.255.255", "32", "", "lo", "0", "0", "broadcast"],
                &["192.0.2.2", "32", "", "eth0", "0", "0", "local"],
                &["192.0.2.255", "32", "", "eth0", "0", "0", "broadcast"],
                &["198.51.100.0", "24", "", "", "0", "0", "other"],
                &["203.0.113.9", "32", "", "", "0", "0", "local"],
                &["2001:db8::", "64", "", "eth0", "0", "256", "gateway"],
                &["::", "0", "fe80::1", "eth0", "0", "1024", "gateway"],
                &["::1", "128", "", "lo", "0", "0", "local"],
                &["2001:db8::", "128", "", "eth0", "0", "0", "anycast"],
                &["ff00::", "8", "", "eth0", "0", "256", "other"],
            ],
        );
    }

    #[test]
    fn a_kernel_that_refuses_and_nothing_at_all() {
        let (found, notes) = rows(&TABLE, Wired { files: fixture(Mem::new()), answers: vec![] }, &["type"], vec![]);
        assert_eq!((found.len(), notes.len()), (15, 1));
        let (found, notes) = rows(&TABLE, Mem::new(), &["type"], vec![]);
        assert_eq!((found.len(), notes.len()), (0, 1));
    }
}
