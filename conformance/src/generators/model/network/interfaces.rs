//! Interfaces: what sysfs and `/proc/net/dev` tell of them, and what `interface_details` and `interface_ipv6` must.

use super::super::{Draw, Files, Question, cells};
use super::wire::{LINKS, Wire};
use super::{broadcast, mac};
use arbitrary::Result;
use std::net::{Ipv4Addr, Ipv6Addr};

#[derive(Debug)]
pub(super) struct Interface {
    pub(super) index: u32,
    pub(super) name: &'static str,
    /// `ARPHRD_*`
    pub(super) kind: u16,
    /// As many bytes as such hardware has.
    pub(super) mac: Vec<u8>,
    pub(super) mtu: u32,
    /// As sysfs has them, and what the state of the link adds.
    pub(super) flags: [u32; 2],
    pub(super) operstate: &'static str,
    pub(super) carrier: bool,
    speed: i64,
    /// Where it is plugged in: the device's path, and the address of it.
    slot: Option<(&'static str, &'static str)>,
    /// As in `/proc/net/dev`: eight received, eight sent.
    pub(super) counters: [u64; 16],
    pub(super) v4: Option<(Ipv4Addr, u8)>,
    /// With their scopes.
    pub(super) v6: Vec<(Ipv6Addr, u8, u8)>,
    /// Hop limit, forwarding, redirects, advertisements.
    settings: [u32; 4],
}

pub(super) const DEV: &str = "/proc/net/dev";

/// Where some of them are plugged in.
const SLOTS: [(&str, &str, &str); 2] = [
    ("eth0", "pci0000:00/0000:00:03.0/virtio0", "0000:00:03.0"),
    ("enp2s0f1", "pci0000:00/0000:00:1c.0/0000:02:00.1", "0000:02:00.1"),
];
const UP: u32 = 0x1;
pub(super) const BROADCAST: u32 = 0x2;
const LOOPBACK: u32 = 0x8;
const POINT_TO_POINT: u32 = 0x10;
const RUNNING: u32 = 0x40;
const NO_ARP: u32 = 0x80;
/// A program listens to what is not for this machine.
pub(super) const PROMISCUOUS: u32 = 0x100;
const MULTICAST: u32 = 0x1000;
const LOWER_UP: u32 = 0x1_0000;

pub(super) fn loopback(draw: &mut Draw<'_, '_>, settings: [u32; 4], most: u64) -> Result<Interface> {
    Ok(Interface {
        index: 1,
        name: "lo",
        kind: 772,
        mac: vec![0; 6],
        mtu: 65_536,
        flags: [UP | LOOPBACK, RUNNING | LOWER_UP],
        operstate: "unknown",
        carrier: true,
        speed: -1,
        slot: None,
        counters: counters(draw, most)?,
        v4: Some((Ipv4Addr::LOCALHOST, 8)),
        v6: if draw.chance(3)? { Vec::new() } else { vec![(Ipv6Addr::LOCALHOST, 128, 0x10)] },
        settings,
    })
}

/// Draws one that stands at a place in the list; counters are at most so large.
pub(super) fn interface(
    draw: &mut Draw<'_, '_>,
    (place, name): (usize, &'static str),
    settings: [u32; 4],
    most: u64,
) -> Result<Interface> {
    let place = u8::try_from(place).unwrap_or(0);
    let up = !draw.chance(4)?;
    let tunnel = name == "tun0";
    let carrier = up && !draw.odd(4)?;
    let sniffed = if draw.odd(4)? { PROMISCUOUS } else { 0 };
    let own = if tunnel { POINT_TO_POINT | NO_ARP } else { BROADCAST } | MULTICAST | sniffed;
    let added = if carrier { RUNNING | LOWER_UP } else { 0 };
    let last = draw.small(1, 200)?.try_into().unwrap_or(1);
    let mut v6 = Vec::new();
    if carrier && !draw.chance(3)? {
        v6.push((Ipv6Addr::new(0xfe80, 0, 0, 0, 0x5054, 0xff, 0xfe00, place.into()), 64, 0x20));
        if draw.chance(2)? {
            v6.push((Ipv6Addr::new(0x2001, 0xdb8, place.into(), 0, 0, 0, 0, 0xabc), 64, 0));
        }
    }
    let (kind, mac) = hardware(draw, tunnel, [0x02, 0xab, 0, 0xff, place, last])?;
    Ok(Interface {
        index: u32::from(place) + 1,
        name,
        kind,
        mac,
        mtu: draw.pick(&[1500, 9000, 1280, 68])?,
        flags: [own | if up { UP } else { 0 }, added],
        operstate: if carrier { "up" } else { "down" },
        carrier,
        speed: draw.pick(&[1000, -1, 100_000, 0])?,
        slot: SLOTS.iter().find(|(of, ..)| *of == name).map(|(_, path, slot)| (*path, *slot)),
        counters: counters(draw, most)?,
        v4: if up { Some((Ipv4Addr::new(10, 7, place, last), draw.pick(&[24, 25, 31])?)) } else { None },
        v6,
        settings,
    })
}

/// Ethernet or a tunnel; now and then what has longer addresses (InfiniBand), or those of IPv4 (an IP tunnel).
fn hardware(draw: &mut Draw<'_, '_>, tunnel: bool, mac: [u8; 6]) -> Result<(u16, Vec<u8>)> {
    const ETHERNET: u16 = 1;
    const INFINIBAND: u16 = 32;
    const IP_TUNNEL: u16 = 768;
    const NONE: u16 = 65_534;
    Ok(match (tunnel, draw.odd(5)?) {
        (false, false) => (ETHERNET, mac.to_vec()),
        (false, true) => (INFINIBAND, [&[0x80, 0, 0, 0x48, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x11][..], &mac].concat()),
        (true, false) => (NONE, Vec::new()),
        (true, true) => (IP_TUNNEL, vec![192, 0, 2, 77]),
    })
}

fn counters(draw: &mut Draw<'_, '_>, most: u64) -> Result<[u64; 16]> {
    let mut counters = [0; 16];
    for counter in &mut counters {
        *counter = draw.size(most)?;
    }
    Ok(counters)
}

impl Interface {
    fn folder(&self) -> String {
        match self.slot {
            Some((path, _)) => format!("/sys/devices/{path}/net/{}", self.name),
            None => format!("/sys/devices/virtual/net/{}", self.name),
        }
    }

    pub(super) fn render(&self, files: &mut Files) {
        let folder = self.folder();
        files.link(format!("/sys/class/net/{}", self.name), format!("../..{}", folder.trim_start_matches("/sys")));
        let mut file = |name: &str, text: String| files.file(format!("{folder}/{name}"), format!("{text}\n"));
        file("ifindex", self.index.to_string());
        file("address", mac(&self.mac));
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

    pub(super) fn is_loopback(&self) -> bool {
        self.flags[0] & LOOPBACK != 0
    }

    pub(super) fn broadcasts(&self) -> bool {
        self.flags[0] & BROADCAST != 0
    }

    /// The broadcast address that the kernel gives to an address: none to the loopback's own.
    pub(super) fn last(&self) -> Option<Ipv4Addr> {
        let (address, prefix) = self.v4.filter(|_| !self.is_loopback())?;
        broadcast(address, prefix)
    }

    /// The paths of all that files tell of it.
    fn sources(&self) -> [String; 4] {
        [self.conf(), self.folder(), format!("/sys/class/net/{}", self.name), DEV.to_owned()]
    }
}

/// `/proc/net/dev`
pub(super) fn dev(interfaces: &[Interface]) -> String {
    let head = "Inter-|   Receive                                                |  Transmit\n \
                face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo \
                colls carrier compressed\n";
    let lines: Vec<String> = interfaces.iter().map(Interface::line).collect();
    format!("{head}{}", lines.concat())
}

pub(super) fn ask_details(interfaces: &[Interface], wire: Option<&Wire>) -> Question {
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
    let has_files = wire.is_none_or(Wire::has_files);
    for interface in interfaces {
        let Interface { name, kind, mac: bytes, mtu, flags, speed, slot, counters, .. } = interface;
        let [ib, ip, ie, id, .., ob, op, oe, od, _, collisions, _, _] = counters;
        // That somebody listens, how fast it is and where it is plugged in, sysfs alone tells.
        let (own, speed, slot) = match has_files {
            true => (flags[0], (*speed).max(0), slot.map_or("-1", |(_, slot)| slot)),
            false => (flags[0] & !PROMISCUOUS, 0, "-1"),
        };
        let mac = if bytes.is_empty() { mac(&[0; 6]) } else { mac(bytes) };
        let row = cells![
            name,
            mac,
            kind,
            mtu,
            0,
            own | flags[1],
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
            speed,
            slot
        ];
        question.row(&paths(&interface.sources()), row);
    }
    question
}

pub(super) fn ask_settings(interfaces: &[Interface]) -> Question {
    let columns = &["interface", "hop_limit", "forwarding_enabled", "redirect_accept", "rtadv_accept"];
    let mut question = Question::of("interface_ipv6", columns);
    for interface in interfaces {
        // ip-sysctl: a router heeds neither, unless it is told to heed advertisements all the same.
        let [hops, forwarding, redirects, advertisements] = interface.settings;
        let row = cells![
            interface.name,
            hops,
            forwarding,
            i32::from(redirects == 1 && forwarding == 0),
            i32::from(advertisements == 2 || advertisements == 1 && forwarding == 0)
        ];
        question.row(&paths(&interface.sources()), row);
    }
    question
}

/// What a row about an interface depends on, whoever tells it.
fn paths(files: &[String]) -> Vec<&[u8]> {
    files.iter().map(String::as_bytes).chain([LINKS]).collect()
}
