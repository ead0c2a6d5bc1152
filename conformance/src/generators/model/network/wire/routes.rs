//! Routes (`RTM_NEWROUTE`).

use super::super::super::{Draw, Question, cells};
use super::super::addresses::v4;
use super::super::interfaces::Interface;
use super::super::routes::{COLUMNS, Kind6, Route as Simple};
use super::super::{broadcast, network};
use super::{GONE, LINKS, ROUTES, by_index, octets};
use crate::generators::netlink::{Message, attribute, number, words};
use arbitrary::Result;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const NEW_ROUTE: u16 = 24;
const UNICAST: u8 = 1;
const LOCAL: u8 = 2;
const BROADCAST: u8 = 3;
const ANYCAST: u8 = 4;
const UNREACHABLE: u8 = 7;
const MAIN: u32 = 254;
const LOCAL_TABLE: u32 = 255;
const METRIC_MTU: u16 = 2;
const METRIC_HOP_LIMIT: u16 = 10;

/// A route, and what netlink tells of it.
#[derive(Clone, Debug)]
pub(super) struct Route {
    to: IpAddr,
    prefix: u8,
    /// `RTN_*`
    kind: u8,
    table: u32,
    source: Option<IpAddr>,
    priority: u32,
    /// `RTAX_*` and values, in the order of their types.
    metrics: Vec<(u16, u32)>,
    /// `RTM_F_*`
    flags: u32,
    /// More than one are told as a list.
    hops: Vec<Hop>,
    /// The name of how congestion is controlled, between the other metrics.
    congestion: bool,
}

#[derive(Clone, Debug, Default)]
struct Hop {
    index: Option<u32>,
    /// Of the route's family, or of the other one.
    gateway: Option<IpAddr>,
    /// `RTNH_F_*`
    flags: u8,
}

/// All routes: those that the kernel makes of addresses, those that files tell too, and others.
pub(super) fn all(draw: &mut Draw<'_, '_>, interfaces: &[Interface], simple: &[Simple]) -> Result<Vec<Route>> {
    let mut all: Vec<Route> =
        v4(interfaces).flat_map(|(interface, address, prefix)| own(interface, address, prefix)).collect();
    all.extend(simple.iter().filter_map(|route| known(interfaces, route)));
    for number in 0..draw.count(1, 4)? {
        all.push(other(draw, interfaces, number)?);
    }
    Ok(all)
}

impl Route {
    fn to(to: impl Into<IpAddr>, prefix: u8, kind: u8, index: Option<u32>) -> Self {
        let table = if kind == UNICAST || kind > ANYCAST { MAIN } else { LOCAL_TABLE };
        Self {
            to: to.into(),
            prefix,
            kind,
            table,
            source: None,
            priority: 0,
            metrics: Vec::new(),
            flags: 0,
            hops: vec![Hop { index, ..Hop::default() }],
            congestion: false,
        }
    }

    fn with_gateway(mut self, gateway: Option<IpAddr>) -> Self {
        self.hops.iter_mut().for_each(|hop| hop.gateway = gateway);
        self
    }
}

/// What the kernel makes of an address: the way to oneself, to the network, and to all of it.
fn own(interface: &Interface, address: Ipv4Addr, prefix: u8) -> Vec<Route> {
    let kind = if interface.is_loopback() { LOCAL } else { UNICAST };
    let mut routes = vec![(address, 32, LOCAL), (network(address, prefix), prefix, kind)];
    routes.extend(broadcast(address, prefix).map(|last| (last, 32, BROADCAST)));
    let index = Some(interface.index);
    let route = |(to, prefix, kind)| Route { source: Some(address.into()), ..Route::to(to, prefix, kind, index) };
    routes.into_iter().map(route).collect()
}

/// What files tell too.
fn known(interfaces: &[Interface], route: &Simple) -> Option<Route> {
    let index = |name: &str| interfaces.iter().find(|interface| interface.name == name).map(|found| found.index);
    Some(match route {
        Simple::V4 { to, prefix, gateway, device, metric, mtu } => Route {
            priority: *metric,
            metrics: if *mtu == 0 { Vec::new() } else { vec![(METRIC_MTU, *mtu)] },
            ..Route::to(*to, *prefix, UNICAST, index(device)).with_gateway(gateway.map(IpAddr::from))
        },
        Simple::Reject4 { to, prefix } => Route::to(*to, *prefix, UNREACHABLE, None),
        // Copies are told only if they are asked for.
        Simple::V6 { kind: Kind6::Cached, .. } => return None,
        Simple::V6 { to, prefix, gateway, device, metric, kind } => {
            let kind = match kind {
                Kind6::Unicast | Kind6::Cached => UNICAST,
                Kind6::Local => LOCAL,
                Kind6::Anycast => ANYCAST,
                Kind6::Reject => UNREACHABLE,
            };
            let route = Route::to(*to, *prefix, kind, index(device)).with_gateway(gateway.map(IpAddr::from));
            Route { priority: *metric, ..route }
        }
    })
}

/// What no file tells, or not so.
fn other(draw: &mut Draw<'_, '_>, interfaces: &[Interface], number: usize) -> Result<Route> {
    const MULTICAST: u8 = 5;
    const BLACKHOLE: u8 = 6;
    const PROHIBIT: u8 = 8;
    const THROW: u8 = 9;
    let is_v4 = draw.chance(2)?;
    let number = u8::try_from(number).unwrap_or(0);
    let (to, prefix): (IpAddr, u8) = match is_v4 {
        true => (Ipv4Addr::new(100, 64 + number, 0, 0).into(), draw.pick(&[16, 10, 32])?),
        false => (Ipv6Addr::new(0xfd00, number.into(), 0, 0, 0, 0, 0, 0).into(), draw.pick(&[64, 32, 128])?),
    };
    // Everywhere needs no name.
    let anywhere: IpAddr = if is_v4 { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let (to, prefix) = if draw.chance(4)? { (anywhere, 0) } else { (to, prefix) };
    let kind = draw.pick(&[UNICAST, UNICAST, UNICAST, MULTICAST, BLACKHOLE, PROHIBIT, THROW])?;
    let mut metrics = Vec::new();
    for metric in [1, METRIC_MTU, 3, METRIC_HOP_LIMIT, 13] {
        if draw.chance(2)? {
            metrics.push((metric, draw.pick(&[64, 255, 1400, 1, u32::MAX])?));
        }
    }
    let source: IpAddr = match is_v4 {
        true => Ipv4Addr::new(10, 7, 0, 200).into(),
        false => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x200).into(),
    };
    let hops = match kind {
        UNICAST => (0..draw.count(1, 3)?).map(|_| hop(draw, interfaces, is_v4)).collect::<Result<_>>()?,
        _ => vec![Hop::default()],
    };
    Ok(Route {
        table: draw.pick(&[MAIN, 253, 1000, LOCAL_TABLE, 70_000, u32::MAX])?,
        source: if draw.chance(2)? { Some(source) } else { None },
        priority: draw.pick(&[0, 1024, u32::MAX])?,
        metrics,
        flags: draw.pick(&[0, 0x4000, 0x8000, 0x2000_0000])?,
        hops,
        congestion: draw.chance(4)?,
        ..Route::to(to, prefix, kind, None)
    })
}

fn hop(draw: &mut Draw<'_, '_>, interfaces: &[Interface], is_v4: bool) -> Result<Hop> {
    let mut numbers: Vec<u32> = interfaces.iter().map(|interface| interface.index).collect();
    numbers.push(if draw.odd(3)? { GONE } else { 1 });
    let last = u8::try_from(draw.small(1, 250)?).unwrap_or(1);
    let v4: IpAddr = Ipv4Addr::new(10, 7, 0, last).into();
    let v6: IpAddr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, last.into()).into();
    let gateway = match draw.number(0, 2)? {
        0 => None,
        1 => Some(if is_v4 { v4 } else { v6 }),
        // A router of IPv6 on the way of IPv4; not the other way round.
        _ => Some(v6),
    };
    // Dead, pervasive, on the link, offloaded, without a link.
    let flags = draw.pick(&[0, 0x4, 0x11, 0x10, 0x8, 0x2])?;
    Ok(Hop { index: Some(draw.pick(&numbers)?), gateway, flags })
}

/// The messages of a dump: of every family that has routes, those of labels and of groups too.
pub(super) fn messages(routes: &[Route]) -> Vec<Message> {
    const LABELS: u8 = 28;
    const GROUPS: u8 = 128;
    let (v4, v6): (Vec<&Route>, Vec<&Route>) = routes.iter().partition(|route| route.to.is_ipv4());
    let mut all: Vec<Message> = v4.into_iter().map(Route::message).collect();
    all.push((NEW_ROUTE, foreign(LABELS, 20, &[0, 6, 0x41, 0])));
    all.extend(v6.into_iter().map(Route::message));
    all.push((NEW_ROUTE, foreign(GROUPS, 32, &[224, 0, 0, 9])));
    all
}

/// What is no route of IPv4 or IPv6.
fn foreign(family: u8, prefix: u8, to: &[u8]) -> Vec<u8> {
    [vec![family, prefix, 0, 0, 254, 4, 0, 1], words(&[0]), attribute(1, to), number(4, 2)].concat()
}

impl Route {
    fn message(&self) -> Message {
        const COMPATIBLE: u8 = 252;
        const KERNEL: u8 = 2;
        let family = if self.to.is_ipv4() { 2 } else { 10 };
        let table = u8::try_from(self.table).unwrap_or(COMPATIBLE);
        let [alone] = &self.hops[..] else { return (NEW_ROUTE, self.listed(family, table)) };
        let mut body = vec![family, self.prefix, 0, 0, table, KERNEL, 0, self.kind];
        body.extend(words(&[self.flags | u32::from(alone.flags)]));
        body.extend(self.attributes());
        body.extend(alone.attributes(self.to.is_ipv4()));
        body.extend(alone.index.map(|index| number(4, index)).unwrap_or_default());
        body.extend(self.end());
        (NEW_ROUTE, body)
    }

    /// The body with a list of hops (`rtnexthop`).
    fn listed(&self, family: u8, table: u8) -> Vec<u8> {
        const STATIC: u8 = 4;
        let mut body = vec![family, self.prefix, 0, 0, table, STATIC, 0, self.kind];
        body.extend(words(&[self.flags]));
        body.extend(self.attributes());
        let mut list = Vec::new();
        for (weight, hop) in (0_u8..).zip(&self.hops) {
            let attributes = hop.attributes(self.to.is_ipv4());
            let length = u16::try_from(attributes.len() + 8).unwrap_or(u16::MAX);
            list.extend(length.to_ne_bytes());
            list.extend([hop.flags, weight]);
            list.extend(words(&[hop.index.unwrap_or(0)]));
            list.extend(attributes);
        }
        body.extend(attribute(9, &list));
        body.extend(self.end());
        body
    }

    /// What stands before the hops.
    fn attributes(&self) -> Vec<u8> {
        let mut all = number(15, self.table);
        if self.prefix > 0 {
            all.extend(attribute(1, &octets(self.to)));
        }
        if self.priority > 0 || self.to.is_ipv6() {
            all.extend(number(6, self.priority));
        }
        let mut metrics: Vec<u8> = self.metrics.iter().flat_map(|(kind, value)| number(*kind, *value)).collect();
        if self.congestion {
            metrics.extend(attribute(16, b"bbr\0"));
        }
        if !metrics.is_empty() {
            all.extend(attribute(8, &metrics));
        }
        all.extend(self.source.map(|source| attribute(7, &octets(source))).unwrap_or_default());
        all
    }

    /// What stands behind them: how long it lives and how much it is liked.
    fn end(&self) -> Vec<u8> {
        if self.to.is_ipv4() {
            return Vec::new();
        }
        [attribute(12, &words(&[0; 8])), attribute(20, &[0])].concat()
    }

    fn metric(&self, wanted: u16) -> u32 {
        self.metrics.iter().find(|(kind, _)| *kind == wanted).map_or(0, |(_, value)| *value)
    }
}

impl Hop {
    fn attributes(&self, is_v4: bool) -> Vec<u8> {
        match self.gateway {
            Some(IpAddr::V6(v6)) if is_v4 => attribute(18, &[&10_u16.to_ne_bytes()[..], &v6.octets()].concat()),
            Some(gateway) => attribute(5, &octets(gateway)),
            None => Vec::new(),
        }
    }
}

pub(super) fn ask(routes: &[Route], interfaces: &[Interface]) -> Question {
    let mut question = Question::of("routes", COLUMNS);
    for route in routes {
        let kind = match route.kind {
            UNICAST => "gateway",
            LOCAL => "local",
            BROADCAST => "broadcast",
            ANYCAST => "anycast",
            _ => "other",
        };
        let text = |address: Option<IpAddr>| address.map(|address| address.to_string()).unwrap_or_default();
        for hop in &route.hops {
            let device = hop.index.and_then(|index| by_index(interfaces, index)).map_or("", |found| found.name);
            let row = cells![
                route.to.to_string(),
                i32::from(route.prefix),
                text(hop.gateway),
                text(route.source),
                route.flags | u32::from(hop.flags),
                device,
                route.metric(METRIC_MTU),
                route.priority,
                kind,
                route.metric(METRIC_HOP_LIMIT)
            ];
            question.row(&[ROUTES, LINKS], row);
        }
    }
    question
}
