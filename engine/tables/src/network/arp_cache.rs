//! `arp_cache`: hardware addresses of IPv4 neighbours.
//!
//! Source: `/proc/net/arp` (proc(5), arp(7)).

use super::text::entries;
use plumb_formats::proc_net::{Arp, arp};
use plumb_schema::{Collation, Column, Cost, Platforms, Table, text};

type Col = Column<Arp>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Arp> = Table {
    name: "arp_cache",
    doc: "Hardware addresses of neighbours on the local networks (IPv4).",
    on: Platforms::ALL,
    columns: &[
        Col::text("address",   "IPv4 address",                                            |n| text(&n.address)),
        Col::text("mac",       "Hardware address; zeros while it is not known",           |n| text(&n.mac)).collate(Collation::NoCase),
        Col::text("interface", "Interface that leads to the neighbour",                   |n| text(&n.device)),
        Col::text("permanent", "1 for a known hardware address that was set by hand, else 0", |n| text(if is_permanent(n) { "1" } else { "0" })),
    ],
    scan: |cx, _| Box::new(entries(cx, "/proc/net/arp", |line, _| arp(line))),
    cost: Cost { rows: 10, row: 1 },
    ..Table::EMPTY
};

/// Complete and permanent. An address that this machine answers for (proxy ARP) is permanent too, but has no hardware
/// address and does not count.
fn is_permanent(entry: &Arp) -> bool {
    const COMPLETE: u32 = 2;
    const PERMANENT: u32 = 4;
    entry.flags & (COMPLETE | PERMANENT) == COMPLETE | PERMANENT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;
    use plumb_host::Mem;

    #[test]
    fn lines() {
        let head = "IP address       HW type     Flags       HW address            Mask     Device\n";
        let line = |last: u8, flags: &str| format!("192.0.2.{last}  0x1  {flags}  00:00:5E:00:53:01  *  eth0\n");
        let lines = [line(1, "0x6"), line(2, "0x2"), line(3, "0xc"), line(4, "0x0"), "192.0.2.5 0x1".to_owned()];
        let host = Mem::new().file("/proc/net/arp", format!("{head}{}", lines.concat()));
        let expect: &[&[&str]] = &[
            &["192.0.2.1", "00:00:5E:00:53:01", "eth0", "1"],
            &["192.0.2.2", "00:00:5E:00:53:01", "eth0", "0"],
            &["192.0.2.3", "00:00:5E:00:53:01", "eth0", "0"],
            &["192.0.2.4", "00:00:5E:00:53:01", "eth0", "0"],
        ];
        check(&TABLE, host, &["address", "mac", "interface", "permanent"], expect);
        check(&TABLE, Mem::new(), &["address"], &[]);
    }
}
