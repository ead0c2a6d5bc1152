//! `interface_details`: network interfaces and what they have counted.
//!
//! Sources: rtnetlink(7) where the kernel can be asked, else `/proc/net/dev`; and `/sys/class/net/NAME`.

use super::interface::{Counter, Interface, Interfaces};
use plumb_schema::{Collation, Column, Cost, Cx, Platforms, Request, Rows, Table, Type, text};
use std::sync::Arc;

/// An interface.
pub struct Row {
    cx: Arc<Cx>,
    interface: Arc<Interface>,
}

type Col = Column<Row>;

const WINDOWS: Platforms = Platforms::WINDOWS;

const RX_PACKETS: Counter = Counter { of: |stats| stats.rx_packets, file: "rx_packets", place: 1 };
const TX_PACKETS: Counter = Counter { of: |stats| stats.tx_packets, file: "tx_packets", place: 9 };
const RX_BYTES: Counter = Counter { of: |stats| stats.rx_bytes, file: "rx_bytes", place: 0 };
const TX_BYTES: Counter = Counter { of: |stats| stats.tx_bytes, file: "tx_bytes", place: 8 };
const RX_ERRORS: Counter = Counter { of: |stats| stats.rx_errors, file: "rx_errors", place: 2 };
const TX_ERRORS: Counter = Counter { of: |stats| stats.tx_errors, file: "tx_errors", place: 10 };
const RX_DROPPED: Counter = Counter { of: |stats| stats.rx_dropped, file: "rx_dropped", place: 3 };
const TX_DROPPED: Counter = Counter { of: |stats| stats.tx_dropped, file: "tx_dropped", place: 11 };
const COLLISIONS: Counter = Counter { of: |stats| stats.collisions, file: "collisions", place: 13 };

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "interface_details",
    doc: "Network interfaces, their properties and counters.",
    on: Platforms::ALL,
    columns: &[
        Col::text   ("interface",   "Name of the interface",                                   |i| text(&i.interface.name)),
        Col::text   ("mac",         "Hardware address; zeros when it has none",                |i| i.interface.mac(&i.cx).map(Into::into)).collate(Collation::NoCase),
        Col::integer("type",        "Hardware type (ARPHRD_* on Linux: 1 Ethernet, 772 loopback)", |i| i.interface.kind(&i.cx)),
        Col::integer("mtu",         "Bytes of the largest packet",                             |i| i.interface.mtu(&i.cx)),
        Col::integer("metric",      "Metric of the interface; Linux keeps none: 0",            |_| Some(0)),
        Col::integer("flags",       "Flags (IFF_*, netdevice(7))",                             |i| i.interface.flags(&i.cx).map(i64::from)),
        Col::bigint ("ipackets",    "Packets received",                                        |i| i.count(&RX_PACKETS)),
        Col::bigint ("opackets",    "Packets sent",                                            |i| i.count(&TX_PACKETS)),
        Col::bigint ("ibytes",      "Bytes received",                                          |i| i.count(&RX_BYTES)),
        Col::bigint ("obytes",      "Bytes sent",                                              |i| i.count(&TX_BYTES)),
        Col::bigint ("ierrors",     "Bad packets received",                                    |i| i.count(&RX_ERRORS)),
        Col::bigint ("oerrors",     "Failures to send",                                        |i| i.count(&TX_ERRORS)),
        Col::bigint ("idrops",      "Packets received and dropped",                            |i| i.count(&RX_DROPPED)),
        Col::bigint ("odrops",      "Packets dropped instead of sent",                         |i| i.count(&TX_DROPPED)),
        Col::bigint ("collisions",  "Collisions seen while sending",                           |i| i.count(&COLLISIONS)),
        Col::bigint ("last_change", "Last change in seconds since the epoch; Linux keeps none: -1", |_| Some(-1)),
        Col::bigint ("link_speed",  "Mbit/s; 0 when it is not known",                          |i| Some(i.interface.speed(&i.cx))).on(Platforms::POSIX),
        Col::text   ("pci_slot",    "PCI address of the device; -1 when it is no PCI device",  |i| Some(i.pci_slot().into())).on(Platforms::LINUX),
        Col::foreign(WINDOWS, Type::Text,    "friendly_name",      "Name given by the user"),
        Col::foreign(WINDOWS, Type::Text,    "description",        "Short description of the adapter"),
        Col::foreign(WINDOWS, Type::Text,    "manufacturer",       "Maker of the adapter"),
        Col::foreign(WINDOWS, Type::Text,    "connection_id",      "Name of the network connection"),
        Col::foreign(WINDOWS, Type::Text,    "connection_status",  "State of the network connection"),
        Col::foreign(WINDOWS, Type::Integer, "enabled",            "Whether the adapter is enabled"),
        Col::foreign(WINDOWS, Type::Integer, "physical_adapter",   "Whether it is hardware"),
        Col::foreign(WINDOWS, Type::Integer, "speed",              "Estimated bandwidth in bits a second"),
        Col::foreign(WINDOWS, Type::Text,    "service",            "Service that drives the adapter"),
        Col::foreign(WINDOWS, Type::Integer, "dhcp_enabled",       "Whether addresses come from DHCP"),
        Col::foreign(WINDOWS, Type::Text,    "dhcp_lease_expires", "End of the DHCP lease"),
        Col::foreign(WINDOWS, Type::Text,    "dhcp_lease_obtained", "Begin of the DHCP lease"),
        Col::foreign(WINDOWS, Type::Text,    "dhcp_server",        "Address of the DHCP server"),
        Col::foreign(WINDOWS, Type::Text,    "dns_domain",         "Domain name of the interface"),
        Col::foreign(WINDOWS, Type::Text,    "dns_domain_suffix_search_order", "Domains that complete names, in order"),
        Col::foreign(WINDOWS, Type::Text,    "dns_host_name",      "Host name in DNS"),
        Col::foreign(WINDOWS, Type::Text,    "dns_server_search_order", "DNS servers, in order"),
    ],
    scan,
    cost: Cost { rows: 10, row: 20 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<Row> {
    let interfaces = Interfaces::expected(cx);
    let cx = Arc::clone(cx);
    let all: Vec<Arc<Interface>> = interfaces.0.clone();
    Box::new(all.into_iter().map(move |interface| Row { cx: Arc::clone(&cx), interface }))
}

impl Row {
    fn count(&self, counter: &Counter) -> Option<i64> {
        self.interface.count(&self.cx, counter)
    }

    /// The last PCI address on the device's path: `…/pci0000:00/0000:00:1c.0/0000:02:00.0/net/eth0`.
    fn pci_slot(&self) -> Vec<u8> {
        ["", "device"]
            .into_iter()
            .filter_map(|link| self.interface.read_link(&self.cx, link))
            .find_map(|path| path.split(|byte| *byte == b'/').rfind(|part| is_pci_address(part)).map(<[u8]>::to_vec))
            .unwrap_or_else(|| b"-1".to_vec())
    }
}

/// `0000:02:00.0`: domain, bus, device, function.
fn is_pci_address(part: &[u8]) -> bool {
    let lengths: Vec<usize> = part.split(|byte| matches!(byte, b':' | b'.')).map(<[u8]>::len).collect();
    let digits = part.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'));
    digits && matches!(lengths.as_slice(), [domain, 2, 2, 1] if *domain >= 4) && part.iter().rev().nth(1) == Some(&b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::rtnl::wired::{Wired, link, two_links};
    use crate::testing::{check, rows};
    use plumb_host::Mem;

    fn files() -> Mem {
        Mem::new()
            .file("/sys/class/net/bonding_masters", "")
            .file("/sys/class/net/eth0/ifindex", "2\n")
            .file("/sys/class/net/eth0/type", "1\n")
            .file("/sys/class/net/eth0/flags", "0x1103\n")
            .file("/sys/class/net/eth0/operstate", "up\n")
            .file("/sys/class/net/eth0/carrier", "1\n")
            .file("/sys/class/net/eth0/mtu", "1400\n")
            .file("/sys/class/net/eth0/speed", "1000\n")
            .file("/sys/class/net/eth0/address", "02:00:00:00:00:09\n")
            .link("/sys/class/net/eth0/device", "../../../0000:02:00.0")
            .file("/sys/class/net/eth0/statistics/rx_bytes", "5000000000\n")
            .file("/sys/class/net/tun0/ifindex", "1\n")
            .file("/sys/class/net/tun0/address", "\n")
            .file("/sys/class/net/tun0/speed", "-1\n")
            .file("/proc/net/dev", "Inter-|\n face |\n  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n veth\u{e9}: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n")
    }

    #[test]
    fn from_the_kernel() {
        let host = Wired { files: Mem::new().file("/sys/class/net/eth0/flags", "0x1103\n"), answers: two_links() };
        check(
            &TABLE,
            host,
            &["interface", "mac", "type", "mtu", "metric", "flags", "ipackets", "collisions", "link_speed"],
            &[
                &["lo", "00:00:00:00:00:00", "772", "65536", "0", "65609", "NULL", "NULL", "0"],
                &["eth0", "02:00:00:00:00:09", "1", "1500", "0", "69955", "4294967296", "42949672960", "0"],
            ],
        );
    }

    #[test]
    fn from_files() {
        check(
            &TABLE,
            files(),
            &["interface", "mac", "type", "mtu", "flags", "ibytes", "obytes", "collisions", "link_speed", "pci_slot"],
            &[
                &["tun0", "00:00:00:00:00:00", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "0", "-1"],
                &["eth0", "02:00:00:00:00:09", "1", "1400", "69955", "5000000000", "9", "14", "1000", "0000:02:00.0"],
                &["veth\u{e9}", "NULL", "NULL", "NULL", "NULL", "1", "9", "14", "0", "-1"],
            ],
        );
    }

    #[test]
    fn a_kernel_that_refuses_and_nothing_at_all() {
        let (found, notes) = rows(&TABLE, Wired { files: files(), answers: vec![] }, &["interface"], vec![]);
        assert_eq!((found.len(), notes.len()), (3, 1));
        let (found, notes) = rows(&TABLE, Mem::new(), &["interface"], vec![]);
        assert_eq!((found.len(), notes.len()), (0, 1));
    }

    #[test]
    fn odd_names_and_addresses() {
        let long: Vec<u8> = (0..20).collect();
        let answers = vec![
            link(3, 32, 0, &[(3, b"../../etc\0"), (1, &long)]),
            link(4, 1, 0, &[(1, &[0; 6])]),
            link(5, 768, 0, &[(3, b"\xff\0"), (1, &[10, 0, 0, 1])]),
        ];
        let files = Mem::new().file("/etc/flags", "0x1\n");
        check(
            &TABLE,
            Wired { files, answers },
            &["interface", "mac", "flags"],
            &[
                &["../../etc", "00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13", "0"],
                &["\u{fffd}", "0a:00:00:01", "0"],
            ],
        );
    }

    #[test]
    fn pci_addresses() {
        for (part, expect) in [
            ("0000:02:00.0", true),
            ("10000:e1:00.7", true),
            ("pci0000:00", false),
            ("1-1:1.0", false),
            ("0000:02.00:0", false),
            ("virtio0", false),
            ("", false),
        ] {
            assert_eq!(is_pci_address(part.as_bytes()), expect, "{part}");
        }
    }
}
