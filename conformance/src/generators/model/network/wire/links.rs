//! Interfaces (`RTM_NEWLINK`).

use super::super::super::Draw;
use super::super::interfaces::{Interface, PROMISCUOUS};
use crate::generators::netlink::{Message, attribute, number, text, words};
use arbitrary::Result;

const NEW_LINK: u16 = 16;
/// What an attribute of attributes may carry in its type (`NLA_F_NESTED`).
const NESTED: u16 = 0x8000;

/// What netlink alone tells of an interface.
#[derive(Debug)]
pub(super) struct More {
    /// The number of the bridge or bond that it is a part of.
    master: Option<u32>,
    /// The number of its other end, and of the namespace that it is in.
    other_end: Option<(u32, Option<u32>)>,
    /// `veth`, `bridge` …
    driver: Option<&'static str>,
    alias: Option<Vec<u8>>,
    names: Vec<Vec<u8>>,
    /// Whether the kernel says what is new in it.
    recent: bool,
}

pub(super) fn more(draw: &mut Draw<'_, '_>, interface: &Interface) -> Result<More> {
    const DRIVERS: [Option<&str>; 5] = [None, Some("veth"), Some("bridge"), Some("bond"), Some("vlan")];
    let numbers = [1, 2, interface.index, 77, super::GONE];
    let other_end = match draw.number(0, 2)? {
        0 => None,
        1 => Some((draw.pick(&numbers)?, None)),
        _ => Some((draw.pick(&numbers)?, Some(draw.small(0, 3)?))),
    };
    let master = if draw.chance(4)? { Some(draw.pick(&numbers)?) } else { None };
    let alias = if draw.odd(4)? { Some(draw.text(b"")?) } else { None };
    let names = (0..draw.count(0, 2)?).map(|_| draw.word(b"/ ")).collect::<Result<_>>()?;
    Ok(More { master, other_end, driver: draw.pick(&DRIVERS)?, alias, names, recent: draw.chance(2)? })
}

impl More {
    pub(super) fn message(&self, interface: &Interface) -> Message {
        let Interface { index, name, kind, mac, mtu, flags, operstate, carrier, counters, .. } = interface;
        // It leaves out that a program listens: that is no wish of the administrator.
        let shown = flags[0] & !PROMISCUOUS | flags[1];
        let mut body = [&[0, 0], &kind.to_ne_bytes()[..]].concat();
        body.extend(words(&[*index, shown, 0]));
        let state = match *operstate {
            "up" => 6,
            "down" => 2,
            _ => 0,
        };
        body.extend(
            [text(3, name.as_bytes()), number(13, 1000), attribute(16, &[state]), attribute(17, &[0])].concat(),
        );
        body.extend([number(4, *mtu), number(50, 68), number(51, 65_535), number(27, 0)].concat());
        body.extend(number(30, u32::from(flags[0] & PROMISCUOUS != 0)));
        body.extend([number(31, 1), number(32, 4)].concat());
        body.extend(self.master.map(|master| number(10, master)).unwrap_or_default());
        body.extend([attribute(33, &[u8::from(*carrier)]), text(6, b"noqueue")].concat());
        body.extend(self.alias.as_ref().map(|alias| attribute(20, alias)).unwrap_or_default());
        body.extend([number(35, 2), attribute(14, &[0; 32])].concat());
        if !mac.is_empty() {
            body.extend([attribute(1, mac), attribute(2, &vec![0xff; mac.len()])].concat());
        }
        body.extend([attribute(23, &self.stats64(counters)), attribute(7, &stats32(counters))].concat());
        body.extend(attribute(43, &attribute(2, &[0])));
        body.extend(self.driver.map(|driver| attribute(18, &driver_info(driver))).unwrap_or_default());
        if let Some((other, namespace)) = self.other_end {
            body.extend(number(5, other));
            body.extend(namespace.map(|namespace| number(37, namespace)).unwrap_or_default());
        }
        body.extend(attribute(26, &families()));
        if !self.names.is_empty() {
            let names: Vec<u8> = self.names.iter().flat_map(|name| text(53, name)).collect();
            body.extend(attribute(52 | NESTED, &names));
        }
        (NEW_LINK, body)
    }

    /// `rtnl_link_stats64`, which has grown.
    fn stats64(&self, counters: &[u64; 16]) -> Vec<u8> {
        let mut all = stats(counters).to_vec();
        all.extend(self.recent.then_some(98));
        all.iter().flat_map(|counter| counter.to_ne_bytes()).collect()
    }
}

/// `rtnl_link_stats`: the same cut to 32 bits.
fn stats32(counters: &[u64; 16]) -> Vec<u8> {
    let low = |counter: u64| u32::try_from(counter & u64::from(u32::MAX)).unwrap_or(0);
    words(&stats(counters).map(low))
}

/// The counters of `/proc/net/dev` in the order of netlink.
fn stats(counters: &[u64; 16]) -> [u64; 24] {
    let [ib, ip, ie, id, fifo, frame, icomp, multi, ob, op, oe, od, ofifo, coll, carrier, ocomp] = *counters;
    [
        ip, op, ib, ob, ie, oe, id, od, multi, coll, 91, 92, 93, frame, fifo, 94, 95, carrier, ofifo, 96, 97, icomp,
        ocomp, 99,
    ]
}

/// What the driver says, in attributes of its own.
fn driver_info(driver: &str) -> Vec<u8> {
    [text(1, driver.as_bytes()), attribute(2, &[number(1, 4), attribute(4, b"eth9\0"), number(3, 7)].concat())].concat()
}

/// The settings of the families: their types are numbers of families.
fn families() -> Vec<u8> {
    let v4 = attribute(2, &attribute(1, &words(&[1; 33])));
    let v6 = attribute(
        10,
        &[number(1, 0x8000_0000), attribute(5, &words(&[65_535, 1, 2, 3])), attribute(7, &[0xfe; 16])].concat(),
    );
    [v4, v6].concat()
}
