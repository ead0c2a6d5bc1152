//! Networks: `interface_details`, `interface_addresses`, `interface_ipv6`, `routes`, `arp_cache`.
//!
//! A kernel that answers netlink is asked first (`wire`); what it refuses, files tell: sysfs, `/proc/net` and the settings
//! below `/proc/sys/net/ipv6/conf`, each line as the kernel's own format strings write it (proc_net(5); `fib_trie.c`, `arp.c`,
//! `route.c` and `addrconf.c` of the kernel). Those files print an IPv4 address as the number that its bytes are in memory, an
//! IPv6 address as 32 digits.

mod addresses;
mod interfaces;
mod routes;
mod wire;

use super::{Draw, Files, Part, Pool, Question, Subject};
use addresses::Neighbour;
use arbitrary::Result;
use interfaces::Interface;
use routes::Route;
use std::net::{Ipv4Addr, Ipv6Addr};
use wire::{Sort, Wire};

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
    /// What netlink tells, if it is there.
    wire: Option<Wire>,
}

fn generate(draw: &mut Draw<'_, '_>, pool: &mut Pool) -> Result<Box<dyn Part>> {
    let mut wire = if draw.has_netlink()? { Some(Wire::draw(draw)?) } else { None };
    // Files tell no counters that are larger than what a column holds.
    let told = wire.as_ref().is_some_and(|wire| wire.answers(Sort::Links));
    let most = if told { u64::MAX } else { i64::MAX.unsigned_abs() };
    let mut interfaces = Vec::new();
    for (place, (name, settings)) in pool.interfaces.iter().enumerate() {
        interfaces.push(match place {
            0 => interfaces::loopback(draw, *settings, most)?,
            _ => interfaces::interface(draw, (place, name), *settings, most)?,
        });
    }
    let names: Vec<&'static str> = interfaces.iter().skip(1).map(|interface| interface.name).collect();
    let mut routes = Vec::new();
    for number in 0..draw.count(1, 4)? {
        routes.push(routes::route(draw, number, &names)?);
    }
    let count = draw.count(1, 4)?;
    let neighbours = (0..count).map(|number| addresses::neighbour(draw, number, &names)).collect::<Result<_>>()?;
    if let Some(wire) = &mut wire {
        wire.learn(draw, &interfaces, &routes)?;
    }
    Ok(Box::new(Network { interfaces, routes, neighbours, shared: pool.proc_sys(), wire }))
}

/// An address of hardware: as many bytes as it has.
fn mac(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
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

impl Part for Network {
    fn render(&self, files: &mut Files) {
        let (interfaces, routes) = (&self.interfaces, &self.routes);
        files.file(addresses::ARP, addresses::arp(&self.neighbours));
        Pool::render_proc_sys(&self.shared, files);
        if let Some(wire) = &self.wire {
            wire.dumps(interfaces).into_iter().for_each(|dump| files.dump(dump));
            if !wire.has_files() {
                return;
            }
        }
        interfaces.iter().for_each(|interface| interface.render(files));
        // A file of the bonding driver, which is no interface.
        files.file("/sys/class/net/bonding_masters", "\n");
        files.file(interfaces::DEV, interfaces::dev(interfaces));
        files.file(routes::ROUTE, routes::table(interfaces, routes));
        files.file(routes::TRIE, routes::trie(interfaces, routes));
        files.file(routes::ROUTE6, routes::table6(routes));
        files.file(addresses::INET6, addresses::inet6(interfaces));
    }

    fn ask(&self, table: &str) -> Vec<Question> {
        let (interfaces, routes) = (&self.interfaces, &self.routes);
        let told = |sort| self.wire.as_ref().filter(|wire| wire.answers(sort));
        vec![match table {
            "interface_details" => interfaces::ask_details(interfaces, self.wire.as_ref()),
            "interface_addresses" => {
                told(Sort::Addresses).map_or_else(|| addresses::ask(interfaces), |wire| wire.ask_addresses(interfaces))
            }
            "interface_ipv6" => interfaces::ask_settings(interfaces),
            "routes" => {
                told(Sort::Routes).map_or_else(|| routes::ask(interfaces, routes), |wire| wire.ask_routes(interfaces))
            }
            _ => addresses::ask_neighbours(&self.neighbours),
        }]
    }
}
