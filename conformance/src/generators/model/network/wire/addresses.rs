//! Addresses (`RTM_NEWADDR`).

use super::super::super::{Draw, Question, cells};
use super::super::addresses::{COLUMNS, netmask};
use super::super::interfaces::Interface;
use super::{ADDRESSES, GONE, LINKS, by_index, octets};
use crate::generators::netlink::{Message, attribute, number, text, words};
use arbitrary::Result;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const NEW_ADDRESS: u16 = 20;
const HOST: u8 = 254;
const PERMANENT: u32 = 0x80;

/// An address, and what netlink tells of it.
#[derive(Debug)]
pub(super) struct Address {
    /// The number of the interface.
    index: u32,
    local: IpAddr,
    prefix: u8,
    /// The other end.
    peer: Option<IpAddr>,
    broadcast: Option<Ipv4Addr>,
    /// The name of the interface or of an alias; of IPv4 only.
    label: Option<String>,
    scope: u8,
    /// `IFA_F_*`: more than the eight bits of old.
    flags: u32,
}

pub(super) fn all(draw: &mut Draw<'_, '_>, interfaces: &[Interface]) -> Result<Vec<Address>> {
    let mut all = Vec::new();
    for interface in interfaces {
        all.extend(own4(draw, interface)?);
        if !interface.is_loopback() && draw.chance(3)? {
            all.push(second(draw, interface)?);
        }
    }
    for interface in interfaces {
        for (address, prefix, scope) in &interface.v6 {
            let scope = if *scope == 0x10 { HOST } else { *scope };
            let flags = draw.pick(&[PERMANENT, 0x01, 0x40, PERMANENT | 0x200, 0x920])?;
            let (peer, label) = (peer6(draw, interface)?, None);
            let (index, local, prefix) = (interface.index, (*address).into(), *prefix);
            all.push(Address { index, local, prefix, peer, broadcast: None, label, scope, flags });
        }
    }
    if draw.odd(4)? {
        all.push(of_what_is_gone(draw)?);
    }
    Ok(all)
}

fn own4(draw: &mut Draw<'_, '_>, interface: &Interface) -> Result<Option<Address>> {
    let Some((local, prefix)) = interface.v4 else { return Ok(None) };
    let other = Ipv4Addr::new(10, 99, 0, u8::try_from(draw.small(1, 250)?).unwrap_or(1));
    let peer = if !interface.is_loopback() && draw.chance(3)? { Some(other.into()) } else { None };
    Ok(Some(Address {
        index: interface.index,
        local: local.into(),
        prefix: if peer.is_some() { 32 } else { prefix },
        peer,
        broadcast: interface.last().filter(|_| interface.broadcasts() && peer.is_none()),
        label: Some(interface.name.to_owned()),
        scope: if interface.is_loopback() { HOST } else { 0 },
        flags: PERMANENT,
    }))
}

/// A second address of an interface, under the name of an alias where there is room for it.
fn second(draw: &mut Draw<'_, '_>, interface: &Interface) -> Result<Address> {
    const LONGEST: usize = 15;
    let last = u8::try_from(draw.small(1, 250)?).unwrap_or(1);
    let local = Ipv4Addr::new(172, 31, u8::try_from(interface.index).unwrap_or(0), last);
    let alias = format!("{}:{}", interface.name, draw.pick(&["1", "0", "a.b"])?);
    let label = Some(if alias.len() <= LONGEST { alias } else { interface.name.to_owned() });
    let broadcast = if draw.chance(2)? { Some(local | Ipv4Addr::new(0, 0, 0, 255)) } else { None };
    let (index, local) = (interface.index, local.into());
    Ok(Address { index, local, prefix: 24, peer: None, broadcast, label, scope: 0, flags: PERMANENT | 0x1 })
}

fn peer6(draw: &mut Draw<'_, '_>, interface: &Interface) -> Result<Option<IpAddr>> {
    let peer = Ipv6Addr::new(0x2001, 0xdb8, 0xee, 0, 0, 0, 0, u16::try_from(draw.small(1, 9)?).unwrap_or(1));
    Ok(if !interface.is_loopback() && draw.chance(4)? { Some(peer.into()) } else { None })
}

/// An address of an interface that was gone when the interfaces were told.
fn of_what_is_gone(draw: &mut Draw<'_, '_>) -> Result<Address> {
    let local: IpAddr = match draw.number(0, 2)? {
        0 => Ipv4Addr::new(192, 0, 2, 99).into(),
        1 => Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x99).into(),
        _ => Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0x99).into(),
    };
    let label = local.is_ipv4().then(|| "gone0".to_owned());
    Ok(Address { index: GONE, local, prefix: 31, peer: None, broadcast: None, label, scope: 0, flags: PERMANENT })
}

impl Address {
    pub(super) fn message(&self) -> Message {
        let [old_flags, ..] = self.flags.to_le_bytes();
        let family = if self.local.is_ipv4() { 2 } else { 10 };
        let mut body = vec![family, self.prefix, old_flags, self.scope];
        body.extend(words(&[self.index]));
        let (address, local) = (|of| attribute(1, &octets(of)), || attribute(2, &octets(self.local)));
        let end: Vec<u8> = match (self.local, self.peer) {
            (IpAddr::V4(_), peer) => [address(peer.unwrap_or(self.local)), local()].concat(),
            (IpAddr::V6(_), Some(peer)) => [local(), address(peer)].concat(),
            (IpAddr::V6(_), None) => address(self.local),
        };
        body.extend(end);
        body.extend(self.broadcast.map(|last| attribute(4, &last.octets())).unwrap_or_default());
        body.extend(self.label.as_ref().map(|label| text(3, label.as_bytes())).unwrap_or_default());
        body.extend([attribute(11, &[2]), number(8, self.flags), number(9, 256)].concat());
        body.extend(attribute(6, &words(&[u32::MAX, u32::MAX, 17, 18])));
        (NEW_ADDRESS, body)
    }

    /// As getifaddrs(3) has it: where nothing is broadcast, an address of IPv4 is its own other end.
    fn shown_peer(&self, interface: Option<&Interface>) -> Option<IpAddr> {
        let own = self.local.is_ipv4() && interface.is_some_and(|interface| !interface.broadcasts());
        self.peer.or(own.then_some(self.local))
    }
}

pub(super) fn ask(addresses: &[Address], interfaces: &[Interface]) -> Question {
    let mut question = Question::of("interface_addresses", COLUMNS);
    for address in addresses {
        let interface = by_index(interfaces, address.index);
        let name = interface.map(|interface| interface.name);
        // fe80::/10: the address says nothing without its link.
        let local = match (address.local, name) {
            (IpAddr::V6(v6), Some(name)) if v6.segments()[0] & 0xffc0 == 0xfe80 => format!("{v6}%{name}"),
            (other, _) => other.to_string(),
        };
        let text = |address: Option<IpAddr>| address.map(|address| address.to_string()).unwrap_or_default();
        let row = cells![
            address.label.as_deref().or(name),
            local,
            netmask(address.local, address.prefix),
            text(address.broadcast.map(IpAddr::V4)),
            text(address.shown_peer(interface)),
            "unknown"
        ];
        // Whether an interface broadcasts, sysfs tells where netlink does not.
        question.row(&[ADDRESSES, LINKS, b"/sys"], row);
    }
    question
}
