//! Addresses as files tell them. One's own: `/proc/net/if_inet6`, and what `/proc/net/fib_trie` and `/proc/net/route` tell of IPv4.
//! Those of others: `/proc/net/arp`, which no netlink is asked for.

use super::super::{Draw, Question, cells};
use super::interfaces::{DEV, Interface};
use super::routes::{ROUTE, TRIE};
use super::wire::LINKS;
use super::{mac, mask, number6};
use arbitrary::Result;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) const INET6: &str = "/proc/net/if_inet6";

/// `interface`, `address`, `mask`, `broadcast`, `point_to_point`, `type`.
pub(super) const COLUMNS: &[&str] = &["interface", "address", "mask", "broadcast", "point_to_point", "type"];

/// The addresses of IPv4, with their interfaces; those that are not up have none.
pub(super) fn v4(interfaces: &[Interface]) -> impl Iterator<Item = (&Interface, Ipv4Addr, u8)> {
    interfaces.iter().filter_map(|interface| interface.v4.map(|(address, prefix)| (interface, address, prefix)))
}

pub(super) fn inet6(interfaces: &[Interface]) -> String {
    let mut text = String::new();
    for interface in interfaces {
        for (address, prefix, scope) in &interface.v6 {
            let (address, index) = (number6(*address), interface.index);
            let _ = writeln!(text, "{address} {index:02x} {prefix:02x} {scope:02x} 80 {:>8}", interface.name);
        }
    }
    text
}

/// A netmask as an address of the same family.
pub(super) fn netmask(address: IpAddr, prefix: u8) -> String {
    match address {
        IpAddr::V4(_) => mask(prefix).to_string(),
        IpAddr::V6(_) => Ipv6Addr::from_bits(u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0)).to_string(),
    }
}

pub(super) fn ask(interfaces: &[Interface]) -> Question {
    let mut question = Question::of("interface_addresses", COLUMNS);
    let sources = [ROUTE, TRIE, INET6, "/sys", DEV].map(str::as_bytes).into_iter().chain([LINKS]).collect::<Vec<_>>();
    for (interface, address, prefix) in v4(interfaces) {
        // The kernel takes the loopback's own address for its other end.
        let text = |address: Option<Ipv4Addr>| address.map(|address| address.to_string()).unwrap_or_default();
        let peer = Some(address).filter(|_| interface.is_loopback());
        let mask = netmask(address.into(), prefix);
        let row = cells![interface.name, address.to_string(), mask, text(interface.last()), text(peer), "unknown"];
        question.row(&sources, row);
    }
    for interface in interfaces {
        for (address, prefix, scope) in &interface.v6 {
            let link = if *scope == 0x20 { format!("%{}", interface.name) } else { String::new() };
            let mask = netmask((*address).into(), *prefix);
            question.row(&sources, cells![interface.name, format!("{address}{link}"), mask, "", "", "unknown"]);
        }
    }
    question
}

#[derive(Debug)]
pub(super) struct Neighbour {
    address: Ipv4Addr,
    mac: [u8; 6],
    device: &'static str,
    /// `ATF_*`
    flags: u32,
}

pub(super) const ARP: &str = "/proc/net/arp";

const COMPLETE: u32 = 2;
const PERMANENT: u32 = 4;
const PUBLISHED: u32 = 8;

pub(super) fn neighbour(draw: &mut Draw<'_, '_>, number: usize, names: &[&'static str]) -> Result<Neighbour> {
    let number = u8::try_from(number).unwrap_or(0);
    let flags = draw.pick(&[COMPLETE, COMPLETE | PERMANENT, 0, PERMANENT | PUBLISHED])?;
    let known = flags & COMPLETE != 0;
    Ok(Neighbour {
        address: Ipv4Addr::new(10, 7, 0, 20 + number),
        mac: if known { [0x0a, 0, 0x5e, 0, 0x53, number] } else { [0; 6] },
        device: draw.pick(names)?,
        flags,
    })
}

pub(super) fn arp(neighbours: &[Neighbour]) -> String {
    let mut text = "IP address       HW type     Flags       HW address            Mask     Device\n".to_owned();
    for Neighbour { address, mac: bytes, device, flags } in neighbours {
        let _ = writeln!(
            text,
            "{:<16} 0x{:<10x}0x{flags:<10x}{:<17}     *        {device}",
            address.to_string(),
            1,
            mac(bytes)
        );
    }
    text
}

pub(super) fn ask_neighbours(neighbours: &[Neighbour]) -> Question {
    let mut question = Question::of("arp_cache", &["address", "mac", "interface", "permanent"]);
    for Neighbour { address, mac: bytes, device, flags } in neighbours {
        // An address that is answered for is permanent too, but no neighbour's.
        let permanent = if *flags == COMPLETE | PERMANENT { "1" } else { "0" };
        question.row(&[ARP.as_bytes()], cells![address.to_string(), mac(bytes), device, permanent]);
    }
    question
}
