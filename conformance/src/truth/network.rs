//! Interfaces, addresses, routes, neighbours, and the files that name things of the network.

use super::read::{cell, columns, json, json_cell, lines, named, row, text, words, words_and_rest};
use super::{Rule, Run, Truth};
use crate::answer::{Cell, Row};
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const IP: Truth = Truth { program: "ip", package: "iproute2", ..Truth::EMPTY };
const GETENT: Truth = Truth { program: "getent", package: "libc-bin", ..Truth::EMPTY };

pub(super) static TRUTHS: &[Truth] = &[
    Truth {
        name: "interface_addresses: ip addr",
        table: "interface_addresses",
        run: Run::Args(&["-j", "addr"]),
        read: addresses,
        sql: "select interface, address, mask, broadcast, point_to_point from interface_addresses",
        key: &["interface", "address"],
        ..IP
    },
    Truth {
        name: "interface_details: ip link",
        table: "interface_details",
        run: Run::Args(&["-j", "-s", "link"]),
        read: links,
        // Without what ip(8) shows otherwise: IFF_RUNNING, and the kernel's own flags.
        sql: "select interface, mac, type, mtu, flags & 0x1fbf as flags, ipackets, opackets, ibytes, obytes, ierrors, \
              oerrors, idrops, odrops, collisions from interface_details",
        key: &["interface"],
        loose: &[
            ("ipackets", Rule::Within(0.0)),
            ("opackets", Rule::Within(0.0)),
            ("ibytes", Rule::Within(0.0)),
            ("obytes", Rule::Within(0.0)),
            ("idrops", Rule::Within(0.0)),
            ("odrops", Rule::Within(0.0)),
        ],
        volatile: true,
        ..IP
    },
    Truth {
        name: "interface_ipv6: sysctl",
        table: "interface_ipv6",
        program: "sysctl",
        package: "procps",
        run: Run::Args(&["-e", "-a", "-r", r"^net\.ipv6\.conf\..*\.(hop_limit|forwarding)$"]),
        read: ipv6_settings,
        sql: "select interface, 'hop_limit' as setting, hop_limit as value from interface_ipv6 \
              union all select interface, 'forwarding', forwarding_enabled from interface_ipv6",
        key: &["interface", "setting"],
        // Settings of no interface: `all` and `default` are left out here by the reader.
        ..Truth::EMPTY
    },
    Truth {
        name: "routes: ip -4 route",
        table: "routes",
        run: Run::Args(&["-4", "-j", "-N", "route", "show", "table", "all"]),
        read: |out| routes(out, Ipv4Addr::UNSPECIFIED.into()),
        sql: "select destination, netmask, gateway, source, flags, interface, metric, mtu, hopcount, type from routes where destination not like '%:%'",
        key: &["destination", "netmask", "interface", "metric", "type", "gateway"],
        ..IP
    },
    Truth {
        name: "routes: ip -6 route",
        table: "routes",
        run: Run::Args(&["-6", "-j", "-N", "route", "show", "table", "all"]),
        read: |out| routes(out, Ipv6Addr::UNSPECIFIED.into()),
        sql: "select destination, netmask, gateway, source, flags, interface, metric, mtu, hopcount, type from routes where destination like '%:%'",
        key: &["destination", "netmask", "interface", "metric", "type", "gateway"],
        ..IP
    },
    Truth {
        name: "arp_cache: ip neigh",
        table: "arp_cache",
        run: Run::Script("ip -4 -j neigh show nud all; ip -4 -j neigh show proxy"),
        read: |out| lines(out).flat_map(neighbours).collect(),
        sql: "select address, mac, interface, permanent from arp_cache",
        key: &["interface", "address"],
        volatile: true,
        ..IP
    },
    Truth {
        name: "etc_hosts: getent hosts",
        table: "etc_hosts",
        run: Run::Args(&["-s", "files", "hosts"]),
        read: |out| columns(out, &["address", "hostnames"]),
        // It lists IPv4 only, and what it can take for that.
        sql: "select case address when '::1' then '127.0.0.1' else replace(lower(address), '::ffff:', '') end as address, hostnames \
              from etc_hosts where address not like '%:%' or address = '::1' or address like '::ffff:%.%'",
        key: &["address", "hostnames"],
        ..GETENT
    },
    Truth {
        name: "etc_hosts: getent ahostsv6",
        table: "etc_hosts",
        // An address and the first of its names are told if the name leads to the address.
        run: Run::Script(
            "sed 's/#.*//' /etc/hosts | grep : | while read -r address name rest; do \
             wanted=$(getent ahostsv6 \"$address\" | head -n 1 | cut -d' ' -f1); \
             getent -s files ahostsv6 \"$name\" | grep -q \"^$wanted \" && echo \"$address $name\"; done",
        ),
        read: |out| columns(out, &["address", "name"]),
        sql: "select address, substr(hostnames || ' ', 1, instr(hostnames || ' ', ' ') - 1) as name from etc_hosts where address like '%:%'",
        key: &["address", "name"],
        // It need not understand each address.
        partial: true,
        ..GETENT
    },
    Truth {
        name: "etc_services: getent services",
        table: "etc_services",
        run: Run::Args(&["-s", "files", "services"]),
        read: services,
        sql: "select name, port, protocol, aliases from etc_services",
        key: &["name", "port", "protocol"],
        ..GETENT
    },
    Truth {
        name: "etc_protocols: getent protocols",
        table: "etc_protocols",
        run: Run::Args(&["-s", "files", "protocols"]),
        read: |out| lines(out).map(|line| named(&["name", "number", "alias"], words(line).chain([&b""[..]]))).collect(),
        sql: "select name, number, alias from etc_protocols",
        key: &["name", "number"],
        ..GETENT
    },
    Truth {
        name: "dns_resolvers: awk",
        table: "dns_resolvers",
        program: "awk",
        package: "mawk",
        run: Run::Args(&["/^nameserver[ \\t]/ && n < 3 { print n++, $2 }", "/etc/resolv.conf"]),
        read: |out| columns(out, &["id", "address"]),
        sql: "select id, address from dns_resolvers where type = 'nameserver'",
        key: &["id"],
        ..Truth::EMPTY
    },
];

fn at(value: &Value, name: &str) -> Cell {
    json_cell(&value[name])
}

fn number(value: &Value, name: &str) -> Cell {
    cell(value[name].as_i64().unwrap_or(0).to_string())
}

fn addresses(out: &[u8]) -> Vec<Row> {
    let mut rows = Vec::new();
    for link in json(out) {
        let device = link["ifname"].as_str().unwrap_or_default();
        let broadcasts = link["flags"].as_array().is_some_and(|flags| flags.iter().any(|flag| flag == "BROADCAST"));
        for address in link["addr_info"].as_array().into_iter().flatten() {
            let Some(local) = address["local"].as_str() else { continue };
            let scope = if local.starts_with("fe80:") { format!("%{device}") } else { String::new() };
            // Where nothing is broadcast, an address without another end is its own, as in getifaddrs(3).
            let own = (local.contains('.') && !broadcasts).then_some(local);
            let peer = address["address"].as_str().or(own);
            rows.push(row([
                ("interface", cell(address["label"].as_str().unwrap_or(device))),
                ("address", cell(format!("{local}{scope}"))),
                ("mask", mask(local, address["prefixlen"].as_u64().unwrap_or(0)).map(String::into_bytes)),
                ("broadcast", at(address, "broadcast")),
                ("point_to_point", peer.and_then(cell)),
            ]));
        }
    }
    rows
}

fn mask(address: &str, prefix: u64) -> Option<String> {
    Some(match address.parse().ok()? {
        IpAddr::V4(_) => {
            Ipv4Addr::from(u32::MAX.checked_shl(32 - u32::try_from(prefix).ok()?).unwrap_or(0)).to_string()
        }
        IpAddr::V6(_) => {
            Ipv6Addr::from(u128::MAX.checked_shl(128 - u32::try_from(prefix).ok()?).unwrap_or(0)).to_string()
        }
    })
}

/// Names of flags and their numbers (netdevice(7)).
const FLAGS: [(&str, u32); 12] = [
    ("UP", 1),
    ("BROADCAST", 2),
    ("DEBUG", 4),
    ("LOOPBACK", 8),
    ("POINTOPOINT", 0x10),
    ("NOTRAILERS", 0x20),
    ("NOARP", 0x80),
    ("PROMISC", 0x100),
    ("ALLMULTI", 0x200),
    ("MASTER", 0x400),
    ("SLAVE", 0x800),
    ("MULTICAST", 0x1000),
];

/// Names of hardware types and their numbers (`linux/if_arp.h`).
const KINDS: [(&str, &str); 6] =
    [("ether", "1"), ("loopback", "772"), ("none", "65534"), ("ipip", "768"), ("sit", "776"), ("tunnel6", "769")];

fn links(out: &[u8]) -> Vec<Row> {
    let one = |link: &Value| {
        let names: Vec<&str> = link["flags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let flags: u32 = FLAGS.iter().filter(|(name, _)| names.contains(name)).map(|(_, bit)| bit).sum();
        let (rx, tx) = (&link["stats64"]["rx"], &link["stats64"]["tx"]);
        let mut found = row([
            ("interface", at(link, "ifname")),
            ("mtu", at(link, "mtu")),
            ("flags", cell(flags.to_string())),
            ("ipackets", at(rx, "packets")),
            ("opackets", at(tx, "packets")),
            ("ibytes", at(rx, "bytes")),
            ("obytes", at(tx, "bytes")),
            ("ierrors", at(rx, "errors")),
            ("oerrors", at(tx, "errors")),
            ("idrops", at(rx, "dropped")),
            ("odrops", at(tx, "dropped")),
            ("collisions", at(tx, "collisions")),
        ]);
        // A tunnel's "address" is its end.
        if link["link_type"] == "ether" || link["link_type"] == "loopback" {
            found.insert("mac".to_owned(), at(link, "address"));
        }
        let kind = KINDS.iter().find(|(name, _)| link["link_type"] == **name);
        found.extend(kind.map(|(_, kind)| ("type".to_owned(), cell(kind))));
        found
    };
    json(out).iter().map(one).collect()
}

/// `net.ipv6.conf.eth0.hop_limit = 64`; sysctl(8) writes a dot in an interface's name as a slash.
fn ipv6_settings(out: &[u8]) -> Vec<Row> {
    let one = |line: &[u8]| {
        let line = text(line);
        let (name, value) = line.split_once(" = ")?;
        let (interface, setting) = name.strip_prefix("net.ipv6.conf.")?.rsplit_once('.')?;
        let interface = interface.replace('/', ".");
        let real = interface != "all" && interface != "default";
        real.then(|| row([("interface", cell(interface)), ("setting", cell(setting)), ("value", cell(value))]))
    };
    lines(out).filter_map(one).collect()
}

/// Names of the flags of routes and of next hops, and their numbers (`linux/rtnetlink.h`).
const ROUTE_FLAGS: [(&str, u32); 11] = [
    ("dead", 1),
    ("pervasive", 2),
    ("onlink", 4),
    ("offload", 8),
    ("linkdown", 16),
    ("unresolved", 32),
    ("trap", 64),
    ("notify", 0x100),
    ("rt_offload", 0x4000),
    ("rt_trap", 0x8000),
    ("rt_offload_failed", 0x2000_0000),
];

fn route_flags(route: &Value) -> u32 {
    let names: Vec<&str> = route["flags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    ROUTE_FLAGS.iter().filter(|(name, _)| names.contains(name)).map(|(_, bit)| bit).sum()
}

fn routes(out: &[u8], anywhere: IpAddr) -> Vec<Row> {
    let mut rows = Vec::new();
    for route in json(out) {
        let whole = if anywhere.is_ipv4() { 32 } else { 128 };
        let (destination, prefix) = match route["dst"].as_str().unwrap_or_default() {
            "default" => (anywhere.to_string(), 0),
            dst => match dst.split_once('/') {
                Some((address, prefix)) => (address.to_owned(), prefix.parse().unwrap_or(whole)),
                None => (dst.to_owned(), whole),
            },
        };
        let kind = match route["type"].as_str().unwrap_or("1") {
            "1" => "gateway",
            "2" => "local",
            "3" => "broadcast",
            "4" => "anycast",
            _ => "other",
        };
        let hops = route["nexthops"].as_array().cloned().unwrap_or_else(|| vec![route.clone()]);
        for hop in hops {
            let metrics = &route["metrics"][0];
            let via = hop["via"]["host"].as_str().or(hop["gateway"].as_str());
            rows.push(row([
                ("destination", cell(&destination)),
                ("netmask", cell(prefix.to_string())),
                ("gateway", via.and_then(cell)),
                ("source", at(&route, "prefsrc")),
                ("flags", cell((route_flags(&route) | route_flags(&hop)).to_string())),
                ("interface", at(&hop, "dev")),
                ("metric", number(&route, "metric")),
                ("mtu", number(metrics, "mtu")),
                ("hopcount", number(metrics, "hoplimit")),
                ("type", cell(kind)),
            ]));
        }
    }
    rows
}

/// The kernel's file has what it needs, or needed: not what it need not look up (`NOARP`). It also has those in whose
/// place the host answers.
fn neighbours(out: &[u8]) -> Vec<Row> {
    let one = |entry: &Value| {
        let state: Vec<&str> = entry["state"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if state.contains(&"NOARP") || (state.is_empty() && entry.get("proxy").is_none()) {
            return None;
        }
        let permanent = if state.contains(&"PERMANENT") { "1" } else { "0" };
        let mac = entry["lladdr"].as_str().unwrap_or("00:00:00:00:00:00");
        Some(row([
            ("address", at(entry, "dst")),
            ("interface", at(entry, "dev")),
            ("mac", cell(mac)),
            ("permanent", cell(permanent)),
        ]))
    };
    json(out).iter().filter_map(one).collect()
}

/// `name  port/protocol alias alias`
fn services(out: &[u8]) -> Vec<Row> {
    let one = |line| {
        let (words, aliases) = words_and_rest(line, 2);
        let [name, port] = words.as_slice() else { return None };
        let port = text(port);
        let (port, protocol) = port.split_once('/')?;
        Some(row([
            ("name", cell(name)),
            ("port", cell(port)),
            ("protocol", cell(protocol)),
            ("aliases", cell(aliases.trim_ascii())),
        ]))
    };
    lines(out).filter_map(one).collect()
}
