//! Messages of rtnetlink(7): interfaces, addresses, routes. What a host's netlink power hands over: a message without
//! its netlink header, numbers in the machine's byte order.
//!
//! A message begins with a fixed structure; attributes follow, each a length, a kind and a value, padded to four bytes.
//! A broken attribute ends the message; attributes before it count.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Asks for all interfaces (`RTM_GETLINK`) …
pub const GET_LINK: u16 = 18;
/// … which come as `RTM_NEWLINK`.
pub const NEW_LINK: u16 = 16;
/// Asks for all addresses (`RTM_GETADDR`) …
pub const GET_ADDRESS: u16 = 22;
/// … which come as `RTM_NEWADDR`.
pub const NEW_ADDRESS: u16 = 20;
/// Asks for all routes (`RTM_GETROUTE`) …
pub const GET_ROUTE: u16 = 26;
/// … which come as `RTM_NEWROUTE`.
pub const NEW_ROUTE: u16 = 24;

/// The body of a request for everything: a structure of zeros (`ifinfomsg`, `ifaddrmsg`, `rtmsg`).
#[must_use]
pub fn request(kind: u16) -> &'static [u8] {
    match kind {
        GET_LINK => &[0; LINK_HEADER],
        GET_ADDRESS => &[0; ADDRESS_HEADER],
        _ => &[0; ROUTE_HEADER],
    }
}

const LINK_HEADER: usize = 16;
const ADDRESS_HEADER: usize = 8;
const ROUTE_HEADER: usize = 12;
const HOP_HEADER: usize = 8;

/// A network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub index: u32,
    /// Hardware type (`ARPHRD_*`).
    pub kind: u16,
    /// `IFF_*`.
    pub flags: u32,
    /// Its name.
    pub name: Vec<u8>,
    /// Hardware address; empty when it has none.
    pub mac: Vec<u8>,
    /// Largest packet.
    pub mtu: Option<u32>,
    /// Counters.
    pub stats: Option<Stats>,
}

/// What an interface has counted since it exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Packets received.
    pub rx_packets: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Bytes received.
    pub rx_bytes: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Bad packets received.
    pub rx_errors: u64,
    /// Failures to send.
    pub tx_errors: u64,
    /// Packets received and dropped.
    pub rx_dropped: u64,
    /// Packets dropped instead of sent.
    pub tx_dropped: u64,
    /// Collisions.
    pub collisions: u64,
}

/// An address of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Number of the interface.
    pub index: u32,
    /// Length of the network's prefix.
    pub prefix: u8,
    /// The address.
    pub local: IpAddr,
    /// The other end, or the same address again; `None` when the message has only one address.
    pub peer: Option<IpAddr>,
    /// Broadcast address.
    pub broadcast: Option<Ipv4Addr>,
    /// Name of the interface or of an alias of it (`eth0:1`).
    pub label: Option<Vec<u8>>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Where it leads: the prefix …
    pub destination: IpAddr,
    /// … and its length.
    pub prefix: u8,
    /// Route type (`RTN_*`).
    pub kind: u8,
    /// `RTNH_F_*` and `RTM_F_*`.
    pub flags: u32,
    /// Preferred source address.
    pub source: Option<IpAddr>,
    /// Metric; 0 when none is given.
    pub priority: u32,
    /// Path MTU; 0 when none is given.
    pub mtu: u32,
    /// Hop limit; 0 when none is given.
    pub hop_limit: u32,
    /// Next hops: at least one, which may say nothing.
    pub hops: Vec<Hop>,
}

/// A next hop of a route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hop {
    /// Number of the interface.
    pub index: Option<u32>,
    /// The router.
    pub gateway: Option<IpAddr>,
    /// `RTNH_F_*` of this hop.
    pub flags: u32,
}

/// Reads an interface; `None` when it is cut short or has no name.
#[must_use]
pub fn link(message: &[u8]) -> Option<Link> {
    const MAC: u16 = 1;
    const NAME: u16 = 3;
    const MTU: u16 = 4;
    const STATS: u16 = 7;
    const STATS64: u16 = 23;
    let mut link =
        Link { kind: u16_at(message, 2)?, index: u32_at(message, 4)?, flags: u32_at(message, 8)?, ..Link::default() };
    let mut wide = None;
    for (kind, value) in attributes(message.get(LINK_HEADER..)?) {
        match kind {
            MAC => link.mac = value.to_vec(),
            NAME => link.name = c_string(value),
            MTU => link.mtu = u32_at(value, 0),
            STATS => link.stats = stats(|place| u32_at(value, place * 4).map(u64::from)),
            STATS64 => wide = stats(|place| u64_at(value, place * 8)),
            _ => {}
        }
    }
    link.stats = wide.or(link.stats);
    (!link.name.is_empty()).then_some(link)
}

/// `rtnl_link_stats` and `rtnl_link_stats64` are the same counters in the same order.
fn stats(at: impl Fn(usize) -> Option<u64>) -> Option<Stats> {
    Some(Stats {
        rx_packets: at(0)?,
        tx_packets: at(1)?,
        rx_bytes: at(2)?,
        tx_bytes: at(3)?,
        rx_errors: at(4)?,
        tx_errors: at(5)?,
        rx_dropped: at(6)?,
        tx_dropped: at(7)?,
        collisions: at(9)?,
    })
}

/// Reads an address; `None` when it is cut short, has no address, or is of another family than IPv4 and IPv6.
#[must_use]
pub fn address(message: &[u8]) -> Option<Address> {
    const ADDRESS: u16 = 1;
    const LOCAL: u16 = 2;
    const LABEL: u16 = 3;
    const BROADCAST: u16 = 4;
    let family = *message.first()?;
    let (mut local, mut other, mut broadcast, mut label) = (None, None, None, None);
    for (kind, value) in attributes(message.get(ADDRESS_HEADER..)?) {
        match kind {
            ADDRESS => other = ip(family, value),
            LOCAL => local = ip(family, value),
            LABEL => label = Some(c_string(value)),
            BROADCAST => broadcast = ip(family, value),
            _ => {}
        }
    }
    Some(Address {
        index: u32_at(message, 4)?,
        prefix: *message.get(1)?,
        local: local.or(other)?,
        peer: local.and(other),
        broadcast: broadcast.and_then(|address| if let IpAddr::V4(v4) = address { Some(v4) } else { None }),
        label: label.filter(|label| !label.is_empty()),
    })
}

/// Reads a route; `None` when it is cut short or of another family than IPv4 and IPv6.
#[must_use]
pub fn route(message: &[u8]) -> Option<Route> {
    const DESTINATION: u16 = 1;
    const PRIORITY: u16 = 6;
    const SOURCE: u16 = 7;
    const METRICS: u16 = 8;
    const MULTIPATH: u16 = 9;
    let family = *message.first()?;
    let mut route = Route {
        destination: unspecified(family)?,
        prefix: *message.get(1)?,
        kind: *message.get(7)?,
        flags: u32_at(message, 8)?,
        source: None,
        priority: 0,
        mtu: 0,
        hop_limit: 0,
        hops: Vec::new(),
    };
    let rest = message.get(ROUTE_HEADER..)?;
    for (kind, value) in attributes(rest) {
        match kind {
            DESTINATION => route.destination = ip(family, value).unwrap_or(route.destination),
            PRIORITY => route.priority = u32_at(value, 0).unwrap_or(0),
            SOURCE => route.source = ip(family, value),
            METRICS => route.metrics(value),
            MULTIPATH => route.hops = hops(family, value),
            _ => {}
        }
    }
    if route.hops.is_empty() {
        route.hops.push(hop(family, rest));
    }
    Some(route)
}

impl Route {
    fn metrics(&mut self, value: &[u8]) {
        const MTU: u16 = 2;
        const HOP_LIMIT: u16 = 10;
        for (kind, value) in attributes(value) {
            match kind {
                MTU => self.mtu = u32_at(value, 0).unwrap_or(0),
                HOP_LIMIT => self.hop_limit = u32_at(value, 0).unwrap_or(0),
                _ => {}
            }
        }
    }
}

/// The attributes that say a next hop: of the route itself, or of one of several hops.
fn hop(family: u8, bytes: &[u8]) -> Hop {
    const INTERFACE: u16 = 4;
    const GATEWAY: u16 = 5;
    const VIA: u16 = 18;
    let mut hop = Hop::default();
    for (kind, value) in attributes(bytes) {
        match kind {
            INTERFACE => hop.index = u32_at(value, 0),
            GATEWAY => hop.gateway = ip(family, value),
            // A router of another family: the family stands before its address.
            VIA => hop.gateway = via(value),
            _ => {}
        }
    }
    hop
}

fn via(value: &[u8]) -> Option<IpAddr> {
    ip(u8::try_from(u16_at(value, 0)?).ok()?, value.get(2..)?)
}

/// `rtnexthop` structures, each followed by its attributes.
fn hops(family: u8, mut bytes: &[u8]) -> Vec<Hop> {
    let mut hops = Vec::new();
    while let Some((one, rest)) = u16_at(bytes, 0).and_then(|length| cut(bytes, length.into(), HOP_HEADER)) {
        let mut found = hop(family, one.get(HOP_HEADER..).unwrap_or_default());
        found.flags = one.get(2).copied().map_or(0, u32::from);
        found.index = u32_at(one, 4);
        hops.push(found);
        bytes = rest;
    }
    hops
}

/// Kinds and values of attributes, up to the first that is broken.
fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    const HEADER: usize = 4;
    const KIND: u16 = 0x3fff;
    std::iter::from_fn(move || {
        let (one, rest) = cut(bytes, u16_at(bytes, 0)?.into(), HEADER)?;
        bytes = rest;
        Some((u16_at(one, 2)? & KIND, one.get(HEADER..)?))
    })
}

/// Splits off the first `length` bytes, which must be at least `least`, and the padding to four bytes behind them.
fn cut(bytes: &[u8], length: usize, least: usize) -> Option<(&[u8], &[u8])> {
    if length < least {
        return None;
    }
    let padded = length.next_multiple_of(4).min(bytes.len());
    Some((bytes.get(..length)?, bytes.get(padded..)?))
}

const IPV4: u8 = 2;
const IPV6: u8 = 10;

fn unspecified(family: u8) -> Option<IpAddr> {
    match family {
        IPV4 => Some(Ipv4Addr::UNSPECIFIED.into()),
        IPV6 => Some(Ipv6Addr::UNSPECIFIED.into()),
        _ => None,
    }
}

fn ip(family: u8, value: &[u8]) -> Option<IpAddr> {
    match family {
        IPV4 => value.first_chunk::<4>().map(|octets| IpAddr::from(*octets)),
        IPV6 => value.first_chunk::<16>().map(|octets| IpAddr::from(*octets)),
        _ => None,
    }
}

fn c_string(value: &[u8]) -> Vec<u8> {
    value.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|raw| u16::from_ne_bytes(*raw))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|raw| u32::from_ne_bytes(*raw))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|raw| u64::from_ne_bytes(*raw))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(value.len() + 4).unwrap();
        let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
        bytes.extend_from_slice(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn words(values: &[u32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_ne_bytes()).collect()
    }

    fn link_message() -> Vec<u8> {
        let mut message = words(&[0, 2, 0x1_1043, 0]);
        message[2..4].copy_from_slice(&772_u16.to_ne_bytes());
        let wide: Vec<u8> = (1..=24_u64).flat_map(|n| (n << 33).to_ne_bytes()).collect();
        message.extend(attribute(3, b"eth0\0"));
        message.extend(attribute(1, &[2, 0, 0, 0, 0, 9]));
        message.extend(attribute(4, &words(&[1500])));
        message.extend(attribute(23, &wide));
        message.extend(attribute(7, &words(&(1..=24).collect::<Vec<_>>())));
        message
    }

    fn address_message() -> Vec<u8> {
        let mut message = vec![2, 24, 0x80, 0];
        message.extend(words(&[7]));
        message.extend(attribute(1, &[192, 0, 2, 1]));
        message.extend(attribute(2, &[192, 0, 2, 2]));
        message.extend(attribute(4, &[192, 0, 2, 255]));
        message.extend(attribute(3, b"eth0:1\0"));
        message
    }

    fn route_message() -> Vec<u8> {
        let mut message = vec![2, 24, 0, 0, 254, 4, 0, 1];
        message.extend(words(&[0x10]));
        message.extend(attribute(1, &[198, 51, 100, 0]));
        message.extend(attribute(6, &words(&[u32::MAX])));
        message.extend(attribute(7, &[192, 0, 2, 2]));
        message.extend(attribute(8 | 0x8000, &[attribute(2, &words(&[1400])), attribute(10, &words(&[64]))].concat()));
        let one = [vec![16, 0, 1, 0], words(&[3]), attribute(5, &[192, 0, 2, 1])].concat();
        let mut v6 = vec![28, 0, 0, 0];
        v6.extend([words(&[4]), attribute(18, &[&10_u16.to_ne_bytes()[..], &[0; 15], &[1]].concat())].concat());
        v6[..2].copy_from_slice(&32_u16.to_ne_bytes());
        message.extend(attribute(9, &[one, v6].concat()));
        message
    }

    #[test]
    fn a_link() {
        let link = link(&link_message()).unwrap();
        assert_eq!((link.index, link.kind, link.flags, link.mtu), (2, 772, 0x1_1043, Some(1500)));
        assert_eq!((link.name.as_slice(), link.mac.as_slice()), (&b"eth0"[..], &[2, 0, 0, 0, 0, 9][..]));
        let stats = link.stats.unwrap();
        assert_eq!((stats.rx_packets, stats.tx_dropped, stats.collisions), (1 << 33, 8 << 33, 10 << 33));
    }

    #[test]
    fn an_address() {
        let address = address(&address_message()).unwrap();
        assert_eq!((address.index, address.prefix), (7, 24));
        assert_eq!(address.local, IpAddr::from([192, 0, 2, 2]));
        assert_eq!(address.peer, Some(IpAddr::from([192, 0, 2, 1])));
        assert_eq!(address.broadcast, Some([192, 0, 2, 255].into()));
        assert_eq!(address.label.as_deref(), Some(&b"eth0:1"[..]));
        let mut only = vec![10, 64, 0, 0];
        only.extend([words(&[1]), attribute(1, &[0; 16])].concat());
        let address = super::address(&only).unwrap();
        assert_eq!((address.local, address.peer), (IpAddr::from([0; 16]), None));
    }

    #[test]
    fn a_route() {
        let route = route(&route_message()).unwrap();
        assert_eq!((route.destination, route.prefix), (IpAddr::from([198, 51, 100, 0]), 24));
        assert_eq!((route.kind, route.flags, route.priority), (1, 0x10, u32::MAX));
        assert_eq!((route.mtu, route.hop_limit, route.source), (1400, 64, Some(IpAddr::from([192, 0, 2, 2]))));
        let mut sixteen = [0; 16];
        sixteen[15] = 1;
        assert_eq!(
            route.hops,
            [
                Hop { index: Some(3), gateway: Some(IpAddr::from([192, 0, 2, 1])), flags: 1 },
                Hop { index: Some(4), gateway: Some(IpAddr::from(sixteen)), flags: 0 },
            ]
        );
    }

    #[test]
    fn a_default_route_with_one_hop() {
        let mut message = vec![10, 0, 0, 0, 254, 4, 0, 1];
        message.extend([words(&[0]), attribute(4, &words(&[5]))].concat());
        let route = route(&message).unwrap();
        assert_eq!((route.destination, route.prefix), (IpAddr::from([0; 16]), 0));
        assert_eq!(route.hops, [Hop { index: Some(5), ..Hop::default() }]);
    }

    /// Every message cut at every place, and with every byte turned over, is read without a panic; what was cut off the
    /// end never changes what stands before it.
    #[test]
    fn hostile_messages() {
        for message in [link_message(), address_message(), route_message()] {
            for end in 0..message.len() {
                let cut = &message[..end];
                let short = link(cut).is_some() || address(cut).is_some() || route(cut).is_some();
                assert!(end >= 8 || !short, "{end} bytes are no message");
                let mut turned = message.clone();
                turned[end] = !turned[end];
                let _ = (link(&turned), address(&turned), route(&turned));
            }
        }
        assert_eq!(route(&[28; 64]), None, "another family");
        assert_eq!(address(&[1; 64]), None, "another family");
    }
}
