//! Files of `/proc/net` about interfaces, addresses, routes and neighbours (proc(5)), line by line. Heading lines are no
//! entries, and no line of another form is.
//!
//! The kernel prints IPv4 addresses of `route` as numbers of the machine's byte order; they are read as those of a
//! little-endian machine.

use crate::lines::{fields, int, split_once};
use std::net::{Ipv4Addr, Ipv6Addr};

/// A line of `/proc/net/arp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arp {
    /// IPv4 address.
    pub address: Vec<u8>,
    /// `ATF_*`.
    pub flags: u32,
    /// Hardware address; zeros while it is not known.
    pub mac: Vec<u8>,
    /// Interface.
    pub device: Vec<u8>,
}

/// A line of `/proc/net/dev`: an interface and its counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The interface.
    pub name: Vec<u8>,
    /// Received: bytes, packets, errors, drops, fifo, frame, compressed, multicast; sent: bytes, packets, errors, drops,
    /// fifo, collisions, carrier, compressed.
    pub counters: [i64; 16],
}

/// A line of `/proc/net/if_inet6`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inet6 {
    /// The address.
    pub address: Ipv6Addr,
    /// Length of the network's prefix.
    pub prefix: u8,
    /// Interface.
    pub device: Vec<u8>,
}

/// A line of `/proc/net/route`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Interface; `*` when the route has none.
    pub device: Vec<u8>,
    /// The prefix.
    pub destination: Ipv4Addr,
    /// The router; 0.0.0.0 when there is none.
    pub gateway: Ipv4Addr,
    /// `RTF_*`.
    pub flags: u32,
    /// Metric.
    pub metric: i64,
    /// Length of the prefix.
    pub prefix: u8,
    /// MTU; 0 when none is given.
    pub mtu: i64,
}

/// A line of `/proc/net/ipv6_route`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route6 {
    /// The prefix.
    pub destination: Ipv6Addr,
    /// Its length.
    pub prefix: u8,
    /// The router; :: when there is none.
    pub gateway: Ipv6Addr,
    /// Metric.
    pub metric: u32,
    /// `RTF_*`.
    pub flags: u32,
    /// Interface.
    pub device: Vec<u8>,
}

/// A route of `/proc/net/fib_trie`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leaf {
    /// The prefix.
    pub destination: Ipv4Addr,
    /// Its length.
    pub prefix: u8,
    /// `UNICAST`, `LOCAL`, `BROADCAST` …
    pub kind: Vec<u8>,
}

/// Reads a line of `/proc/net/arp`.
#[must_use]
pub fn arp(line: &[u8]) -> Option<Arp> {
    let [address, hardware, flags, mac, _mask, device] = exactly(line)?;
    hex(hardware.strip_prefix(b"0x")?)?;
    let flags = hex(flags.strip_prefix(b"0x")?)?;
    Some(Arp { address: address.to_vec(), flags, mac: mac.to_vec(), device: device.to_vec() })
}

/// Reads a line of `/proc/net/dev`.
#[must_use]
pub fn device(line: &[u8]) -> Option<Device> {
    let (name, rest) = split_once(line, b':')?;
    let mut counters = [0; 16];
    let mut fields = fields(rest);
    for counter in &mut counters {
        *counter = unsigned(fields.next()?)?;
    }
    Some(Device { name: Some(name.trim_ascii()).filter(|name| !name.is_empty())?.to_vec(), counters })
}

/// Reads a line of `/proc/net/if_inet6`.
#[must_use]
pub fn if_inet6(line: &[u8]) -> Option<Inet6> {
    let [address, _index, prefix, _scope, _flags, device] = exactly(line)?;
    Some(Inet6 { address: v6(address)?, prefix: prefix_of(prefix)?, device: device.to_vec() })
}

/// Reads a line of `/proc/net/route`.
#[must_use]
pub fn route(line: &[u8]) -> Option<Route> {
    let [device, destination, gateway, flags, _references, _use, metric, mask, mtu, _window, _rtt] = exactly(line)?;
    Some(Route {
        device: device.to_vec(),
        destination: v4(destination)?,
        gateway: v4(gateway)?,
        flags: hex(flags)?,
        metric: int(metric)?,
        prefix: u8::try_from(v4(mask)?.to_bits().leading_ones()).ok()?,
        mtu: int(mtu)?,
    })
}

/// Reads a line of `/proc/net/ipv6_route`.
#[must_use]
pub fn route6(line: &[u8]) -> Option<Route6> {
    let [destination, prefix, _source, _source_prefix, gateway, metric, _references, _use, flags, device] =
        exactly(line)?;
    Some(Route6 {
        destination: v6(destination)?,
        prefix: prefix_of(prefix)?,
        gateway: v6(gateway)?,
        metric: hex(metric)?,
        flags: hex(flags)?,
        device: device.to_vec(),
    })
}

/// Reads `/proc/net/fib_trie`: the routes of all IPv4 tables, sorted, each once (tables may share a tree, which is then
/// printed for each of them).
#[must_use]
pub fn fib_trie(bytes: &[u8]) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    let mut address = None;
    for line in crate::lines::lines(bytes) {
        let mut fields = fields(line);
        match fields.next() {
            Some(b"|--") => address = fields.next().and_then(dotted),
            Some(prefix) if prefix.starts_with(b"/") => {
                let prefix = prefix.get(1..).and_then(int).and_then(|prefix| u8::try_from(prefix).ok());
                if let (Some(destination), Some(prefix @ 0..=32), Some(kind)) = (address, prefix, fields.nth(1)) {
                    leaves.push(Leaf { destination, prefix, kind: kind.to_vec() });
                }
            }
            _ => {}
        }
    }
    leaves.sort_unstable();
    leaves.dedup();
    leaves
}

/// The fields of a line that has exactly so many.
fn exactly<const N: usize>(line: &[u8]) -> Option<[&[u8]; N]> {
    let mut fields = fields(line);
    let mut found = [&b""[..]; N];
    for place in &mut found {
        *place = fields.next()?;
    }
    fields.next().is_none().then_some(found)
}

/// A counter; counters of 64 bits beyond what SQL can count stand still.
fn unsigned(field: &[u8]) -> Option<i64> {
    let value: u64 = std::str::from_utf8(field).ok()?.parse().ok()?;
    Some(i64::try_from(value).unwrap_or(i64::MAX))
}

fn hex(field: &[u8]) -> Option<u32> {
    digits(field)?;
    u32::from_str_radix(std::str::from_utf8(field).ok()?, 16).ok()
}

/// Hexadecimal digits and nothing else: no sign.
fn digits(field: &[u8]) -> Option<()> {
    field.iter().all(u8::is_ascii_hexdigit).then_some(())
}

fn prefix_of(field: &[u8]) -> Option<u8> {
    u8::try_from(hex(field)?).ok().filter(|prefix| *prefix <= 128)
}

fn v4(field: &[u8]) -> Option<Ipv4Addr> {
    Some(hex(field)?.to_le_bytes().into())
}

fn v6(field: &[u8]) -> Option<Ipv6Addr> {
    digits(field)?;
    let text = std::str::from_utf8(field).ok().filter(|text| text.len() == 32)?;
    Some(u128::from_str_radix(text, 16).ok()?.into())
}

fn dotted(field: &[u8]) -> Option<Ipv4Addr> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arp_lines() {
        for (line, expect) in [
            ("192.0.2.1  0x1  0x6  00:00:5e:00:53:01  *  eth0", Some(("192.0.2.1", 6, "00:00:5e:00:53:01", "eth0"))),
            ("192.0.2.1  0x20 0xc  00:00 * ib%0", Some(("192.0.2.1", 12, "00:00", "ib%0"))),
            ("IP address       HW type     Flags       HW address            Mask     Device", None),
            ("192.0.2.1  0x1  0x6  00:00:5e:00:53:01  *", None),
            ("192.0.2.1  0x1  0xz  00:00:5e:00:53:01  * eth0", None),
            ("", None),
        ] {
            let got = arp(line.as_bytes());
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let got = got.map(|arp| (text(&arp.address), arp.flags, text(&arp.mac), text(&arp.device)));
            assert_eq!(got, expect.map(|(a, f, m, d)| (a.into(), f, m.into(), d.into())), "{line:?}");
        }
    }

    #[test]
    fn device_lines() {
        for (line, expect) in [
            ("    lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", Some(("lo", 1, 16))),
            ("eth0:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 18446744073709551615", Some(("eth0", 1, i64::MAX))),
            (": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", None),
            ("eth0: 1 2 3", None),
            ("Inter-|   Receive    |  Transmit", None),
            (" face |bytes    packets errs", None),
        ] {
            let got = device(line.as_bytes())
                .map(|device| (String::from_utf8(device.name).unwrap(), device.counters[0], device.counters[15]));
            assert_eq!(got, expect.map(|(name, first, last)| (name.to_owned(), first, last)), "{line:?}");
        }
    }

    #[test]
    fn address_lines() {
        let good = "fe8000000000000002005efffe005310 03 40 20 80     eth0";
        let found = if_inet6(good.as_bytes()).unwrap();
        assert_eq!((found.address.to_string().as_str(), found.prefix), ("fe80::200:5eff:fe00:5310", 64));
        assert_eq!(found.device, b"eth0");
        for bad in ["fe80 03 40 20 80 eth0", "fe8000000000000002005efffe005310 03 ff 20 80 eth0", "", "\u{fffd}"] {
            assert_eq!(if_inet6(bad.as_bytes()), None, "{bad:?}");
        }
        let sign = "+e8000000000000002005efffe005310 03 40 20 80 eth0";
        assert_eq!(if_inet6(sign.as_bytes()), None);
    }

    #[test]
    fn route_lines() {
        let line = "eth0\t006433C6\tFE0200C0\t0003\t0\t0\t50\t00FFFFFF\t1400\t0\t0      ";
        let found = route(line.as_bytes()).unwrap();
        assert_eq!((found.destination.to_string().as_str(), found.prefix), ("198.51.100.0", 24));
        assert_eq!((found.gateway.to_string().as_str(), found.flags), ("192.0.2.254", 3));
        assert_eq!((found.metric, found.mtu), (50, 1400));
        for bad in [
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
            "eth0\t006433C6\tFE0200C0\t0003\t0\t0\tx\t00FFFFFF\t0\t0\t0",
            "eth0\t006433C6\tFE0200C0",
            "",
        ] {
            assert_eq!(route(bad.as_bytes()), None, "{bad:?}");
        }
        let line = "20010db8000000000000000000000000 40 00000000000000000000000000000000 00 \
                    fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0";
        let found = route6(line.as_bytes()).unwrap();
        assert_eq!((found.destination.to_string().as_str(), found.prefix), ("2001:db8::", 64));
        assert_eq!((found.gateway.to_string().as_str(), found.metric, found.flags), ("fe80::1", 1024, 3));
        assert_eq!(route6(&line.as_bytes()[1..]), None);
    }

    #[test]
    fn a_trie() {
        let text = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     \
                    +-- 127.0.0.0/8 2 0 2\n        |-- 127.0.0.1\n           /8 host LOCAL\n           /32 host LOCAL tos=4\n\
                    Local:\n        |-- 127.0.0.1\n           /32 host LOCAL\n        |-- rubbish\n           /32 host LOCAL\n\
                    \x20       |-- 127.0.0.1\n /33 host LOCAL\n /32 host\n /x host LOCAL\n";
        let leaves: Vec<String> = fib_trie(text.as_bytes())
            .iter()
            .map(|leaf| format!("{}/{} {}", leaf.destination, leaf.prefix, String::from_utf8_lossy(&leaf.kind)))
            .collect();
        assert_eq!(leaves, ["0.0.0.0/0 UNICAST", "127.0.0.1/8 LOCAL", "127.0.0.1/32 LOCAL"]);
    }
}
