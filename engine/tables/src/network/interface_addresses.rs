//! `interface_addresses`: the addresses of network interfaces.
//!
//! Sources: rtnetlink(7) where the kernel can be asked, else `/proc/net/if_inet6`, `/proc/net/fib_trie` and
//! `/proc/net/route`. Those files do not tell the other end of a point-to-point link.

use super::fib::Fib;
use super::interface::{Interface, Interfaces};
use super::rtnl::dump;
use super::text::entries;
use plumb_formats::inet::{mask, text as ip_text};
use plumb_formats::proc_net::if_inet6;
use plumb_formats::rtnetlink::{self, Address, GET_ADDRESS, NEW_ADDRESS};
use plumb_schema::{Column, Cost, Cx, Platforms, Request, Rows, Table, Type, owned, text};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

const LOOPBACK: u32 = 0x8;
const BROADCAST: u32 = 0x2;

/// An address of an interface.
pub struct Row {
    interface: Option<Vec<u8>>,
    address: Vec<u8>,
    mask: Option<IpAddr>,
    broadcast: Option<IpAddr>,
    peer: Option<IpAddr>,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "interface_addresses",
    doc: "Addresses of network interfaces.",
    on: Platforms::ALL,
    columns: &[
        Col::text("interface",      "Name of the interface, or of an alias of it",              |a| text(a.interface.as_ref()?)),
        Col::text("address",        "Address; with the interface (%eth0) if it is link-local",  |a| text(&a.address)),
        Col::text("mask",           "Netmask as an address",                                    |a| owned(ip_text(a.mask?))),
        Col::text("broadcast",      "Broadcast address; empty when there is none",              |a| owned(a.broadcast.map(ip_text).unwrap_or_default())),
        Col::text("point_to_point", "Address of the other end; empty when there is none",       |a| owned(a.peer.map(ip_text).unwrap_or_default())),
        Col::text("type",           "How the address was given; Linux does not tell: unknown",  |_| text("unknown")),
        Col::foreign(Platforms::WINDOWS, Type::Text, "friendly_name", "Name of the interface for people"),
    ],
    scan,
    cost: Cost { rows: 10, row: 5 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<Row> {
    let interfaces = Interfaces::of(cx);
    let rows: Vec<Row> = match dump(cx, GET_ADDRESS, NEW_ADDRESS, rtnetlink::address) {
        Some(found) => found.into_iter().map(|address| from_kernel(cx, &interfaces, address)).collect(),
        None => from_files(cx, &interfaces),
    };
    if rows.is_empty() && interfaces.0.is_empty() {
        cx.note(b"/proc/net", "no addresses: neither netlink nor files tell any");
    }
    Box::new(rows.into_iter())
}

fn from_kernel(cx: &Cx, interfaces: &Interfaces, address: Address) -> Row {
    let interface = interfaces.by_index(address.index);
    let name = interface.map(|interface| interface.name.clone());
    // Where nothing is broadcast, even the address itself counts as the other end, as in getifaddrs(3).
    let broadcasts = interface.is_none_or(|interface| interface.is(cx, BROADCAST));
    Row {
        address: scoped(address.local, name.as_deref()),
        interface: address.label.or(name),
        mask: Some(mask(address.local, address.prefix)),
        broadcast: address.broadcast.map(IpAddr::from),
        peer: address.peer.filter(|peer| !broadcasts || *peer != address.local),
    }
}

fn from_files(cx: &Arc<Cx>, interfaces: &Interfaces) -> Vec<Row> {
    let fib = Fib::of(cx);
    let v4 = fib.addresses().map(|address| {
        let network = fib.network(address);
        let interface = network.map(|(device, _)| device.to_vec());
        let known = interface.as_deref().and_then(|name| interfaces.by_name(name));
        let is_loopback = |interface: &Interface| interface.is(cx, LOOPBACK);
        Row {
            address: ip_text(address.into()).into_bytes(),
            interface,
            mask: network.map(|(_, prefix)| mask(address.into(), prefix)),
            // As the kernel has it: the loopback network's broadcast address belongs to the routes alone.
            broadcast: network
                .filter(|_| !address.is_loopback())
                .and_then(|(_, prefix)| fib.broadcast(address, prefix))
                .map(IpAddr::from),
            peer: known.filter(|found| is_loopback(found)).map(|_| address.into()),
        }
    });
    let v6 = entries(cx, "/proc/net/if_inet6", |line, _| if_inet6(line)).map(|found| Row {
        address: scoped(found.address.into(), Some(&found.device)),
        mask: Some(mask(found.address.into(), found.prefix)),
        interface: Some(found.device),
        broadcast: None,
        peer: None,
    });
    v4.chain(v6).collect()
}

/// A link-local address means something only together with its link.
fn scoped(address: IpAddr, interface: Option<&[u8]>) -> Vec<u8> {
    let mut text = ip_text(address).into_bytes();
    if let (IpAddr::V6(v6), Some(interface)) = (address, interface)
        && is_link_local(v6)
    {
        text.push(b'%');
        text.extend_from_slice(interface);
    }
    text
}

fn is_link_local(address: Ipv6Addr) -> bool {
    let [first, ..] = address.segments();
    first & 0xffc0 == 0xfe80 || first & 0xff0f == 0xff02
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::fib::fixture;
    use crate::network::rtnl::wired::{Wired, link, message, two_links};
    use crate::testing::{check, rows};
    use plumb_host::Mem;

    const COLUMNS: [&str; 6] = ["interface", "address", "mask", "broadcast", "point_to_point", "type"];

    fn address(family: u8, prefix: u8, index: u32, attributes: &[(u16, &[u8])]) -> (u16, u16, Vec<u8>) {
        (22, 20, message(&[&[family, prefix, 0, 0], &index.to_ne_bytes()[..]].concat(), attributes))
    }

    #[test]
    fn from_the_kernel() {
        let mut answers = two_links();
        answers.push(link(3, 65_534, 0x1_10d1, &[(3, b"tun0\0")]));
        let loopback = [127, 0, 0, 1];
        let own = [192, 0, 2, 2];
        let mut link_local = [0; 16];
        link_local[..2].copy_from_slice(&[0xfe, 0x80]);
        answers.extend([
            address(2, 8, 1, &[(1, &loopback), (2, &loopback), (3, b"lo\0")]),
            address(2, 24, 2, &[(1, &own), (2, &own), (4, &[192, 0, 2, 255]), (3, b"eth0:1\0")]),
            address(2, 24, 2, &[(1, &own), (2, &own), (3, b"eth0\0")]),
            address(2, 32, 3, &[(1, &[10, 0, 0, 2]), (2, &[10, 0, 0, 1])]),
            address(2, 32, 2, &[(1, &[10, 0, 0, 2]), (2, &[10, 0, 0, 1])]),
            address(10, 64, 2, &[(1, &link_local)]),
            address(10, 128, 1, &[(1, &[0; 16])]),
            address(2, 24, 99, &[(1, &own), (2, &own)]),
            address(17, 24, 2, &[(1, &own)]),
        ]);
        check(
            &TABLE,
            Wired { files: Mem::new(), answers },
            &COLUMNS,
            &[
                &["lo", "127.0.0.1", "255.0.0.0", "", "127.0.0.1", "unknown"],
                &["eth0:1", "192.0.2.2", "255.255.255.0", "192.0.2.255", "", "unknown"],
                &["eth0", "192.0.2.2", "255.255.255.0", "", "", "unknown"],
                &["tun0", "10.0.0.1", "255.255.255.255", "", "10.0.0.2", "unknown"],
                &["eth0", "10.0.0.1", "255.255.255.255", "", "10.0.0.2", "unknown"],
                &["eth0", "fe80::%eth0", "ffff:ffff:ffff:ffff::", "", "", "unknown"],
                &["lo", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", "", "unknown"],
                &["NULL", "192.0.2.2", "255.255.255.0", "", "", "unknown"],
            ],
        );
    }

    #[test]
    fn from_files() {
        let host = fixture(Mem::new()).file("/sys/class/net/lo/ifindex", "1").file("/sys/class/net/lo/flags", "0x9");
        check(
            &TABLE,
            host,
            &COLUMNS[..5],
            &[
                &["lo", "127.0.0.1", "255.0.0.0", "", "127.0.0.1"],
                &["eth0", "192.0.2.2", "255.255.255.0", "192.0.2.255", ""],
                &["NULL", "203.0.113.9", "NULL", "", ""],
                &["eth0", "2001:db8::10", "ffff:ffff:ffff:ffff::", "", ""],
                &["eth0", "fe80::200:5eff:fe00:5310%eth0", "ffff:ffff:ffff:ffff::", "", ""],
                &["lo", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", ""],
            ],
        );
    }

    #[test]
    fn nothing_at_all() {
        let (found, notes) = rows(&TABLE, Mem::new(), &["address"], vec![]);
        assert_eq!((found.len(), notes.len()), (0, 1));
    }
}
