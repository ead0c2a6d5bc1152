//! Networks as files tell them: `interface_details`, `interface_addresses`, `interface_ipv6`, `routes`, `arp_cache`.
//!
//! A host in memory has no netlink, so these are the answers of the second source: sysfs, `/proc/net` and the settings below
//! `/proc/sys/net/ipv6/conf`, each line as the kernel's own format strings write it (proc_net(5); `fib_trie.c`, `arp.c`,
//! `route.c` and `addrconf.c` of the kernel). Those files print an IPv4 address as the number that its bytes are in memory, an
//! IPv6 address as 32 digits. Source addresses, hop limits and the flags of a route stand in none of them.

use super::{Draw, Files, Part, Pool, Question, Subject, cells};
use arbitrary::Result;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

/// See the module.
pub static SUBJECT: Subject = Subject {
    name: "network",
    tables: &["interface_details", "interface_addresses", "interface_ipv6", "routes", "arp_cache"],
    needs: &[],
    generate,
};

#[derive(Debug)]
struct Network {
    /// The first one is the loopback.
    interfaces: Vec<Interface>,
    routes: Vec<Route>,
    neighbours: Vec<Neighbour>,
    shared: Vec<(String, Vec<u8>)>,
}

#[derive(Debug)]
struct Interface {
    index: usize,
    name: &'static str,
    /// `ARPHRD_*`
    kind: u32,
    mac: [u8; 6],
    mtu: u32,
    /// As sysfs has them, and what the state of the link adds.
    flags: [u32; 2],
    operstate: &'static str,
    carrier: bool,
    speed: i64,
    /// Where it is plugged in: the device's path, and the address of it.
    slot: Option<(&'static str, &'static str)>,
    /// As in `/proc/net/dev`: eight received, eight sent.
    counters: [u64; 16],
    v4: Option<(Ipv4Addr, u8)>,
    v6: Vec<(Ipv6Addr, u8, u8)>,
    /// Hop limit, forwarding, redirects, advertisements.
    settings: [u32; 4],
}

/// A route of the main table that is connected to no network of an interface's own, or one of IPv6.
#[derive(Debug)]
enum Route {
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
enum Kind6 {
    Unicast,
    Local,
    Anycast,
    Reject,
    /// A copy in the cache, which is no route.
    Cached,
}

#[derive(Debug)]
struct Neighbour {
    address: Ipv4Addr,
    mac: [u8; 6],
    device: &'static str,
    /// `ATF_*`
    flags: u32,
}

/// Where some of them are plugged in.
const SLOTS: [(&str, &str, &str); 2] = [
    ("eth0", "pci0000:00/0000:00:03.0/virtio0", "0000:00:03.0"),
    ("enp2s0f1", "pci0000:00/0000:00:1c.0/0000:02:00.1", "0000:02:00.1"),
];
const UP: u32 = 0x1;
const BROADCAST: u32 = 0x2;
const LOOPBACK: u32 = 0x8;
const POINT_TO_POINT: u32 = 0x10;
const RUNNING: u32 = 0x40;
const MULTICAST: u32 = 0x1000;
const LOWER_UP: u32 = 0x1_0000;
const COMPLETE: u32 = 2;
const PERMANENT: u32 = 4;
const PUBLISHED: u32 = 8;

fn generate(draw: &mut Draw<'_, '_>, pool: &mut Pool) -> Result<Box<dyn Part>> {
    let mut interfaces = Vec::new();
    for (place, (name, settings)) in pool.interfaces.iter().enumerate() {
        interfaces.push(match place {
            0 => loopback(draw, *settings)?,
            _ => interface(draw, name, place, *settings)?,
        });
    }
    let names: Vec<&'static str> = interfaces.iter().skip(1).map(|interface| interface.name).collect();
    let mut routes = Vec::new();
    for number in 0..draw.count(1, 4)? {
        routes.push(route(draw, number, &names)?);
    }
    let neighbours = (0..draw.count(1, 4)?).map(|number| neighbour(draw, number, &names)).collect::<Result<_>>()?;
    Ok(Box::new(Network { interfaces, routes, neighbours, shared: pool.proc_sys() }))
}

fn loopback(draw: &mut Draw<'_, '_>, settings: [u32; 4]) -> Result<Interface> {
    Ok(Interface {
        index: 1,
        name: "lo",
        kind: 772,
        mac: [0; 6],
        mtu: 65_536,
        flags: [UP | LOOPBACK, RUNNING | LOWER_UP],
        operstate: "unknown",
        carrier: true,
        speed: -1,
        slot: None,
        counters: counters(draw)?,
        v4: Some((Ipv4Addr::LOCALHOST, 8)),
        v6: if draw.chance(3)? { Vec::new() } else { vec![(Ipv6Addr::LOCALHOST, 128, 0x10)] },
        settings,
    })
}

fn interface(draw: &mut Draw<'_, '_>, name: &'static str, place: usize, settings: [u32; 4]) -> Result<Interface> {
    let index = place + 1;
    let place = u8::try_from(place).unwrap_or(0);
    let up = !draw.chance(4)?;
    let tunnel = name == "tun0";
    let carrier = up && !draw.odd(4)?;
    let own = if tunnel { POINT_TO_POINT } else { BROADCAST } | MULTICAST;
    let added = if carrier { RUNNING | LOWER_UP } else { 0 };
    let last = draw.small(1, 200)?.try_into().unwrap_or(1);
    let mut v6 = Vec::new();
    if carrier && !draw.chance(3)? {
        v6.push((Ipv6Addr::new(0xfe80, 0, 0, 0, 0x5054, 0xff, 0xfe00, place.into()), 64, 0x20));
        if draw.chance(2)? {
            v6.push((Ipv6Addr::new(0x2001, 0xdb8, place.into(), 0, 0, 0, 0, 0xabc), 64, 0));
        }
    }
    Ok(Interface {
        index,
        name,
        kind: if tunnel { 65_534 } else { 1 },
        mac: if tunnel { [0; 6] } else { [0x02, 0xab, 0, 0xff, place, last] },
        mtu: draw.pick(&[1500, 9000, 1280, 68])?,
        flags: [own | if up { UP } else { 0 }, added],
        operstate: if carrier { "up" } else { "down" },
        carrier,
        speed: draw.pick(&[1000, -1, 100_000, 0])?,
        slot: SLOTS.iter().find(|(of, ..)| *of == name).map(|(_, path, slot)| (*path, *slot)),
        counters: counters(draw)?,
        v4: if up { Some((Ipv4Addr::new(10, 7, place, last), draw.pick(&[24, 25, 31])?)) } else { None },
        v6,
        settings,
    })
}

fn counters(draw: &mut Draw<'_, '_>) -> Result<[u64; 16]> {
    let mut counters = [0; 16];
    for counter in &mut counters {
        *counter = draw.size(i64::MAX.unsigned_abs())?;
    }
    Ok(counters)
}

fn route(draw: &mut Draw<'_, '_>, number: usize, names: &[&'static str]) -> Result<Route> {
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

fn neighbour(draw: &mut Draw<'_, '_>, number: usize, names: &[&'static str]) -> Result<Neighbour> {
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

fn mac(bytes: [u8; 6]) -> String {
    bytes.map(|byte| format!("{byte:02x}")).join(":")
}

/// An address as the number that its bytes are in the memory of a machine with the lowest byte first.
fn number4(address: Ipv4Addr) -> String {
    format!("{:08X}", u32::from_le_bytes(address.octets()))
}

fn number6(address: Ipv6Addr) -> String {
    format!("{:032x}", address.to_bits())
}

fn mask(prefix: u8) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0))
}

fn network(address: Ipv4Addr, prefix: u8) -> Ipv4Addr {
    address & mask(prefix)
}

/// The broadcast address of a network that has one: of two addresses there is none.
fn broadcast(address: Ipv4Addr, prefix: u8) -> Option<Ipv4Addr> {
    (prefix < 31).then(|| address | !mask(prefix))
}

impl Interface {
    fn folder(&self) -> String {
        match self.slot {
            Some((path, _)) => format!("/sys/devices/{path}/net/{}", self.name),
            None => format!("/sys/devices/virtual/net/{}", self.name),
        }
    }

    fn render(&self, files: &mut Files) {
        let folder = self.folder();
        files.link(format!("/sys/class/net/{}", self.name), format!("../..{}", folder.trim_start_matches("/sys")));
        let mut file = |name: &str, text: String| files.file(format!("{folder}/{name}"), format!("{text}\n"));
        file("ifindex", self.index.to_string());
        file("address", mac(self.mac));
        file("type", self.kind.to_string());
        file("mtu", self.mtu.to_string());
        file("flags", format!("{:#x}", self.flags[0]));
        file("operstate", self.operstate.to_owned());
        file("carrier", u32::from(self.carrier).to_string());
        file("speed", self.speed.to_string());
        let counters = ["bytes", "packets", "errors", "dropped"];
        for (way, from) in [("rx", 0), ("tx", 8)] {
            for (name, counter) in counters.iter().zip(self.counters.iter().skip(from)) {
                file(&format!("statistics/{way}_{name}"), counter.to_string());
            }
        }
        file("statistics/collisions", self.counters[13].to_string());
    }

    fn conf(&self) -> String {
        format!("/proc/sys/net/ipv6/conf/{}", self.name)
    }

    /// A line of `/proc/net/dev`.
    fn line(&self) -> String {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = self.counters;
        format!(
            "{:>6}: {a:7} {b:7} {c:4} {d:4} {e:4} {f:5} {g:10} {h:9} {i:8} {j:7} {k:4} {l:4} {m:4} {n:5} {o:7} {p:10}\n",
            self.name
        )
    }

    fn is_loopback(&self) -> bool {
        self.flags[0] & LOOPBACK != 0
    }
}

const ARP: &str = "/proc/net/arp";
const DEV: &str = "/proc/net/dev";
const ROUTE: &str = "/proc/net/route";
const TRIE: &str = "/proc/net/fib_trie";
const ROUTE6: &str = "/proc/net/ipv6_route";
const INET6: &str = "/proc/net/if_inet6";

impl Part for Network {
    fn render(&self, files: &mut Files) {
        self.interfaces.iter().for_each(|interface| interface.render(files));
        // A file of the bonding driver, which is no interface.
        files.file("/sys/class/net/bonding_masters", "\n");
        Pool::render_proc_sys(&self.shared, files);
        let head = "Inter-|   Receive                                                |  Transmit\n \
                    face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo \
                    colls carrier compressed\n";
        let lines: Vec<String> = self.interfaces.iter().map(Interface::line).collect();
        files.file(DEV, format!("{head}{}", lines.concat()));
        files.file(ARP, self.arp());
        files.file(ROUTE, self.route());
        files.file(TRIE, self.trie());
        files.file(ROUTE6, self.route6());
        files.file(INET6, self.inet6());
    }

    fn ask(&self, table: &str) -> Vec<Question> {
        vec![match table {
            "interface_details" => self.ask_details(),
            "interface_addresses" => self.ask_addresses(),
            "interface_ipv6" => self.ask_settings(),
            "routes" => self.ask_routes(),
            _ => self.ask_neighbours(),
        }]
    }
}

impl Network {
    /// The addresses of IPv4, with their interfaces; those that are not up have none.
    fn addresses(&self) -> impl Iterator<Item = (&Interface, Ipv4Addr, u8)> {
        self.interfaces
            .iter()
            .filter_map(|interface| interface.v4.map(|(address, prefix)| (interface, address, prefix)))
    }

    fn arp(&self) -> String {
        let mut text = "IP address       HW type     Flags       HW address            Mask     Device\n".to_owned();
        for Neighbour { address, mac: bytes, device, flags } in &self.neighbours {
            let _ = writeln!(
                text,
                "{:<16} 0x{:<10x}0x{flags:<10x}{:<17}     *        {device}",
                address.to_string(),
                1,
                mac(*bytes)
            );
        }
        text
    }

    fn route(&self) -> String {
        let mut lines =
            vec!["Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT".to_owned()];
        let line = |device: &str, to, gateway: Ipv4Addr, flags: u32, metric: u32, prefix, mtu: u32| {
            let (to, gateway, mask) = (number4(to), number4(gateway), number4(mask(prefix)));
            format!("{device}\t{to}\t{gateway}\t{flags:04X}\t0\t0\t{metric}\t{mask}\t{mtu}\t0\t0")
        };
        let none = Ipv4Addr::UNSPECIFIED;
        for route in &self.routes {
            match route {
                Route::V4 { to, prefix, gateway, device, metric, mtu } => {
                    let flags = if gateway.is_some() { 3 } else { 1 };
                    lines.push(line(device, *to, gateway.unwrap_or(none), flags, *metric, *prefix, *mtu));
                }
                Route::Reject4 { to, prefix } => lines.push(line("*", *to, none, 0x201, 0, *prefix, 0)),
                Route::V6 { .. } => {}
            }
        }
        for (interface, address, prefix) in self.addresses().filter(|(interface, ..)| !interface.is_loopback()) {
            lines.push(line(interface.name, network(address, prefix), none, 1, 0, prefix, 0));
        }
        lines.iter().map(|line| format!("{line:<127}\n")).collect()
    }

    /// All prefixes of both tables, which share one tree and are told twice. The nodes between the leaves say nothing.
    fn trie(&self) -> String {
        let mut leaves: Vec<(Ipv4Addr, u8, &str, &str)> = Vec::new();
        for (interface, address, prefix) in self.addresses() {
            leaves.push((address, 32, "host", "LOCAL"));
            match interface.is_loopback() {
                true => leaves.push((network(address, prefix), prefix, "host", "LOCAL")),
                false => leaves.push((network(address, prefix), prefix, "link", "UNICAST")),
            }
            leaves.extend(broadcast(address, prefix).map(|address| (address, 32, "link", "BROADCAST")));
        }
        for route in &self.routes {
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

    fn route6(&self) -> String {
        let mut text = String::new();
        for route in &self.routes {
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

    fn inet6(&self) -> String {
        let mut text = String::new();
        for interface in &self.interfaces {
            for (address, prefix, scope) in &interface.v6 {
                let (address, index) = (number6(*address), interface.index);
                let _ = writeln!(text, "{address} {index:02x} {prefix:02x} {scope:02x} 80 {:>8}", interface.name);
            }
        }
        text
    }

    fn ask_details(&self) -> Question {
        let columns = &[
            "interface",
            "mac",
            "type",
            "mtu",
            "metric",
            "flags",
            "ibytes",
            "ipackets",
            "ierrors",
            "idrops",
            "obytes",
            "opackets",
            "oerrors",
            "odrops",
            "collisions",
            "last_change",
            "link_speed",
            "pci_slot",
        ];
        let mut question = Question::of("interface_details", columns);
        for interface in &self.interfaces {
            let Interface { name, kind, mac: bytes, mtu, flags, speed, slot, counters, .. } = interface;
            let slot = slot.map(|(_, slot)| slot);
            let [ib, ip, ie, id, .., ob, op, oe, od, _, collisions, _, _] = counters;
            let row = cells![
                name,
                mac(*bytes),
                kind,
                mtu,
                0,
                flags[0] | flags[1],
                ib,
                ip,
                ie,
                id,
                ob,
                op,
                oe,
                od,
                collisions,
                -1,
                (*speed).max(0),
                slot.unwrap_or("-1")
            ];
            let folder = interface.folder();
            let class = format!("/sys/class/net/{name}");
            question.row(&[folder.as_bytes(), class.as_bytes(), DEV.as_bytes()], row);
        }
        question
    }

    fn ask_addresses(&self) -> Question {
        let columns = &["interface", "address", "mask", "broadcast", "point_to_point", "type"];
        let mut question = Question::of("interface_addresses", columns);
        let sources = [ROUTE, TRIE, INET6, "/sys", DEV].map(str::as_bytes);
        for (interface, address, prefix) in self.addresses() {
            // The kernel gives the loopback's own address no broadcast, and takes it for its other end.
            let loopback = interface.is_loopback();
            let last = broadcast(address, prefix).filter(|_| !loopback);
            let text = |address: Option<Ipv4Addr>| address.map(|address| address.to_string()).unwrap_or_default();
            let (mask, peer) = (mask(prefix).to_string(), Some(address).filter(|_| loopback));
            let row = cells![interface.name, address.to_string(), mask, text(last), text(peer), "unknown"];
            question.row(&sources, row);
        }
        for interface in &self.interfaces {
            for (address, prefix, scope) in &interface.v6 {
                let link = if *scope == 0x20 { format!("%{}", interface.name) } else { String::new() };
                let bits = u128::MAX.checked_shl(128 - u32::from(*prefix)).unwrap_or(0);
                let row = cells![
                    interface.name,
                    format!("{address}{link}"),
                    Ipv6Addr::from_bits(bits).to_string(),
                    "",
                    "",
                    "unknown"
                ];
                question.row(&sources, row);
            }
        }
        question
    }

    fn ask_settings(&self) -> Question {
        let columns = &["interface", "hop_limit", "forwarding_enabled", "redirect_accept", "rtadv_accept"];
        let mut question = Question::of("interface_ipv6", columns);
        for interface in &self.interfaces {
            // ip-sysctl: a router heeds neither, unless it is told to heed advertisements all the same.
            let [hops, forwarding, redirects, advertisements] = interface.settings;
            let row = cells![
                interface.name,
                hops,
                forwarding,
                i32::from(redirects == 1 && forwarding == 0),
                i32::from(advertisements == 2 || advertisements == 1 && forwarding == 0)
            ];
            let (conf, folder) = (interface.conf(), interface.folder());
            let class = format!("/sys/class/net/{}", interface.name);
            question.row(&[conf.as_bytes(), folder.as_bytes(), class.as_bytes(), DEV.as_bytes()], row);
        }
        question
    }

    fn ask_routes(&self) -> Question {
        let columns =
            &["destination", "netmask", "gateway", "source", "flags", "interface", "mtu", "metric", "type", "hopcount"];
        let mut question = Question::of("routes", columns);
        let mut row = |to: String, prefix: u8, gateway: String, device: &str, mtu: u32, metric: u32, kind: &str| {
            let row = cells![to, i32::from(prefix), gateway, "", 0, device, mtu, metric, kind, 0];
            question.row(&[ROUTE, TRIE, ROUTE6].map(str::as_bytes), row);
        };
        for route in &self.routes {
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
        for (interface, address, prefix) in self.addresses() {
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

    fn ask_neighbours(&self) -> Question {
        let mut question = Question::of("arp_cache", &["address", "mac", "interface", "permanent"]);
        for Neighbour { address, mac: bytes, device, flags } in &self.neighbours {
            // An address that is answered for is permanent too, but no neighbour's.
            let permanent = if *flags == COMPLETE | PERMANENT { "1" } else { "0" };
            question.row(&[ARP.as_bytes()], cells![address.to_string(), mac(*bytes), device, permanent]);
        }
        question
    }
}
