//! Routes as files tell them: `/proc/net/route`, `/proc/net/fib_trie` and `/proc/net/ipv6_route`. Source addresses, hop
//! limits and the flags of a route stand in none of them.

use super::super::{Draw, Question, cells};
use super::addresses::v4;
use super::interfaces::Interface;
use super::wire::LINKS;
use super::{broadcast, mask, network, number4, number6};
use arbitrary::Result;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A route that is connected to no network of an interface's own, or one of IPv6.
#[derive(Debug)]
pub(super) enum Route {
    V4 {
        to: Ipv4Addr,
        prefix: u8,
        gateway: Option<Ipv4Addr>,
        device: &'static str,
        metric: u32,
        mtu: u32,
    },
    /// Leads to an error.
    Reject4 {
        to: Ipv4Addr,
        prefix: u8,
    },
    V6 {
        to: Ipv6Addr,
        prefix: u8,
        gateway: Option<Ipv6Addr>,
        device: &'static str,
        metric: u32,
        kind: Kind6,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind6 {
    Unicast,
    Local,
    Anycast,
    Reject,
    /// A copy in the cache, which is no route.
    Cached,
}

pub(super) const ROUTE: &str = "/proc/net/route";
pub(super) const TRIE: &str = "/proc/net/fib_trie";
pub(super) const ROUTE6: &str = "/proc/net/ipv6_route";

/// The columns of a route.
pub(super) const COLUMNS: &[&str] =
    &["destination", "netmask", "gateway", "source", "flags", "interface", "mtu", "metric", "type", "hopcount"];

pub(super) fn route(draw: &mut Draw<'_, '_>, number: usize, names: &[&'static str]) -> Result<Route> {
    let number = u8::try_from(number).unwrap_or(0);
    let device = draw.pick(names)?;
    let metric = draw.pick(&[0, 100, 1024, u32::MAX >> 1])?;
    let to = Ipv6Addr::new(0x2001, 0xdb8, 0xff00 | u16::from(number), 0, 0, 0, 0, 0);
    let gateway = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x100 | u16::from(number));
    let (gateway, prefix) = if draw.chance(2)? { (Some(gateway), 48) } else { (None, 64) };
    let v6 = |kind| Route::V6 { to, prefix, gateway, device, metric, kind };
    let own = |kind| Route::V6 { to, prefix: 128, gateway: None, device, metric, kind };
    Ok(match draw.number(0, 7)? {
        0 => Route::V4 {
            to: Ipv4Addr::UNSPECIFIED,
            prefix: 0,
            gateway: Some(Ipv4Addr::new(10, 7, 0, 250)),
            device,
            metric: metric + u32::from(number),
            mtu: draw.pick(&[0, 1500])?,
        },
        1 => Route::V4 {
            to: Ipv4Addr::new(172, 16 + number, 0, 0),
            prefix: draw.pick(&[16, 20, 31])?,
            gateway: Some(Ipv4Addr::new(10, 7, 0, 251)),
            device,
            metric,
            mtu: 0,
        },
        2 => Route::Reject4 { to: Ipv4Addr::new(198, 51, 100 + number, 0), prefix: 24 },
        3 | 4 => v6(Kind6::Unicast),
        5 => own(draw.pick(&[Kind6::Local, Kind6::Anycast])?),
        6 => Route::V6 { to, prefix: 64, gateway: None, device: "lo", metric, kind: Kind6::Reject },
        _ => own(Kind6::Cached),
    })
}

/// `/proc/net/route`
pub(super) fn table(interfaces: &[Interface], routes: &[Route]) -> String {
    let mut lines =
        vec!["Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT".to_owned()];
    let line = |device: &str, to, gateway: Ipv4Addr, flags: u32, metric: u32, prefix, mtu: u32| {
        let (to, gateway, mask) = (number4(to), number4(gateway), number4(mask(prefix)));
        format!("{device}\t{to}\t{gateway}\t{flags:04X}\t0\t0\t{metric}\t{mask}\t{mtu}\t0\t0")
    };
    let none = Ipv4Addr::UNSPECIFIED;
    for route in routes {
        match route {
            Route::V4 { to, prefix, gateway, device, metric, mtu } => {
                let flags = if gateway.is_some() { 3 } else { 1 };
                lines.push(line(device, *to, gateway.unwrap_or(none), flags, *metric, *prefix, *mtu));
            }
            Route::Reject4 { to, prefix } => lines.push(line("*", *to, none, 0x201, 0, *prefix, 0)),
            Route::V6 { .. } => {}
        }
    }
    for (interface, address, prefix) in v4(interfaces).filter(|(interface, ..)| !interface.is_loopback()) {
        lines.push(line(interface.name, network(address, prefix), none, 1, 0, prefix, 0));
    }
    lines.iter().map(|line| format!("{line:<127}\n")).collect()
}

/// All prefixes of both tables, which share one tree and are told twice. The nodes between the leaves say nothing.
pub(super) fn trie(interfaces: &[Interface], routes: &[Route]) -> String {
    let mut leaves: Vec<(Ipv4Addr, u8, &str, &str)> = Vec::new();
    for (interface, address, prefix) in v4(interfaces) {
        leaves.push((address, 32, "host", "LOCAL"));
        match interface.is_loopback() {
            true => leaves.push((network(address, prefix), prefix, "host", "LOCAL")),
            false => leaves.push((network(address, prefix), prefix, "link", "UNICAST")),
        }
        leaves.extend(broadcast(address, prefix).map(|address| (address, 32, "link", "BROADCAST")));
    }
    for route in routes {
        match route {
            Route::V4 { to, prefix, gateway, .. } => {
                leaves.push((*to, *prefix, if gateway.is_some() { "universe" } else { "link" }, "UNICAST"));
            }
            Route::Reject4 { to, prefix } => leaves.push((*to, *prefix, "universe", "UNREACHABLE")),
            Route::V6 { .. } => {}
        }
    }
    leaves.sort_unstable();
    // Two ways to one place are aliases of one prefix, which is told for each; ours differ by metric alone.
    leaves.dedup();
    let mut tree = "  +-- 0.0.0.0/0 3 0 5\n".to_owned();
    let mut last = None;
    for (address, prefix, scope, kind) in leaves {
        if last.replace(address) != Some(address) {
            let _ = writeln!(tree, "     |-- {address}");
        }
        let _ = writeln!(tree, "        /{prefix} {scope} {kind}");
    }
    format!("Main:\n{tree}Local:\n{tree}")
}

/// `/proc/net/ipv6_route`
pub(super) fn table6(routes: &[Route]) -> String {
    let mut text = String::new();
    for route in routes {
        let Route::V6 { to, prefix, gateway, device, metric, kind } = route else { continue };
        let flags: u32 = match kind {
            Kind6::Unicast => 0x1 | if gateway.is_some() { 0x2 } else { 0 },
            Kind6::Local => 0x8020_0001,
            Kind6::Anycast => 0x0030_0001,
            Kind6::Reject => 0x200,
            Kind6::Cached => 0x0100_0001,
        };
        let (none, gateway) = (Ipv6Addr::UNSPECIFIED, gateway.unwrap_or(Ipv6Addr::UNSPECIFIED));
        let (to, none, gateway) = (number6(*to), number6(none), number6(gateway));
        let _ = writeln!(
            text,
            "{to} {prefix:02x} {none} 00 {gateway} {metric:08x} {:08x} {:08x} {flags:08x} {device:>8}",
            1, 0
        );
    }
    // The last resort, which is no route.
    let none = number6(Ipv6Addr::UNSPECIFIED);
    let _ = writeln!(text, "{none} 00 {none} 00 {none} ffffffff 00000001 00000000 00200200       lo");
    text
}

pub(super) fn ask(interfaces: &[Interface], routes: &[Route]) -> Question {
    let mut question = Question::of("routes", COLUMNS);
    let mut row = |to: String, prefix: u8, gateway: String, device: &str, mtu: u32, metric: u32, kind: &str| {
        let row = cells![to, i32::from(prefix), gateway, "", 0, device, mtu, metric, kind, 0];
        question.row(&[ROUTE.as_bytes(), TRIE.as_bytes(), ROUTE6.as_bytes(), LINKS], row);
    };
    for route in routes {
        match route {
            Route::V4 { to, prefix, gateway, device, metric, mtu } => {
                let gateway = gateway.map(|gateway| gateway.to_string()).unwrap_or_default();
                row(to.to_string(), *prefix, gateway, device, *mtu, *metric, "gateway");
            }
            Route::Reject4 { to, prefix } => row(to.to_string(), *prefix, String::new(), "", 0, 0, "other"),
            Route::V6 { kind: Kind6::Cached, .. } => {}
            Route::V6 { to, prefix, gateway, device, metric, kind } => {
                let kind = match kind {
                    Kind6::Unicast | Kind6::Cached => "gateway",
                    Kind6::Local => "local",
                    Kind6::Anycast => "anycast",
                    Kind6::Reject => "other",
                };
                let gateway = gateway.map(|gateway| gateway.to_string()).unwrap_or_default();
                row(to.to_string(), *prefix, gateway, device, 0, *metric, kind);
            }
        }
    }
    for (interface, address, prefix) in v4(interfaces) {
        let (name, none) = (interface.name, String::new);
        row(address.to_string(), 32, none(), name, 0, 0, "local");
        let kind = if interface.is_loopback() { "local" } else { "gateway" };
        row(network(address, prefix).to_string(), prefix, none(), name, 0, 0, kind);
        if let Some(last) = broadcast(address, prefix) {
            row(last.to_string(), 32, none(), name, 0, 0, "broadcast");
        }
    }
    question
}
