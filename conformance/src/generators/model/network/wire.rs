//! Networks as netlink tells them: rtnetlink(7), each message as the kernel fills it (`rtnl_fill_ifinfo`, `inet_fill_ifaddr`,
//! `inet6_fill_ifaddr`, `fib_dump_info` and `rt6_fill_node` of the kernel), with attributes that no table reads among the others.

mod addresses;
mod links;
mod routes;

use super::super::manner::Manner;
use super::super::{Draw, Question};
use super::interfaces::Interface;
use super::routes::Route as Simple;
use crate::generators::netlink::request;
use addresses::Address;
use arbitrary::Result;
use links::More;
use plumb_host::Dump;
use routes::Route;
use std::net::IpAddr;

/// A sort of facts, and the request for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Links,
    Addresses,
    Routes,
}

/// What a row depends on that is told of interfaces: see [`crate::generators::model::files::name_of`].
pub(super) const LINKS: &[u8] = b"netlink/0/18";
const ADDRESSES: &[u8] = b"netlink/0/22";
const ROUTES: &[u8] = b"netlink/0/26";

/// The number of an interface that was gone when they were told.
const GONE: u32 = 4_000_000;

/// See the module.
#[derive(Debug)]
pub(super) struct Wire {
    /// Whether files tell of the network too: not where neither sysfs nor `/proc/net` is mounted.
    files: bool,
    /// Of links, addresses and routes.
    manners: [Manner; 3],
    /// What netlink alone tells of the interfaces, in their order.
    more: Vec<More>,
    addresses: Vec<Address>,
    routes: Vec<Route>,
}

impl Wire {
    /// Draws what it is like.
    pub(super) fn draw(draw: &mut Draw<'_, '_>) -> Result<Self> {
        let files = !draw.chance(3)?;
        let manners = [Manner::draw(draw, files)?, Manner::draw(draw, files)?, Manner::draw(draw, files)?];
        Ok(Self { files, manners, more: Vec::new(), addresses: Vec::new(), routes: Vec::new() })
    }

    /// Draws what it tells beside what files tell.
    pub(super) fn learn(&mut self, draw: &mut Draw<'_, '_>, interfaces: &[Interface], simple: &[Simple]) -> Result<()> {
        self.more = interfaces.iter().map(|interface| links::more(draw, interface)).collect::<Result<_>>()?;
        self.addresses = addresses::all(draw, interfaces)?;
        self.routes = routes::all(draw, interfaces, simple)?;
        Ok(())
    }

    pub(super) fn has_files(&self) -> bool {
        self.files
    }

    fn manner(&self, sort: Sort) -> &Manner {
        let [links, addresses, routes] = &self.manners;
        match sort {
            Sort::Links => links,
            Sort::Addresses => addresses,
            Sort::Routes => routes,
        }
    }

    /// Whether a request is answered, and not refused.
    pub(super) fn answers(&self, sort: Sort) -> bool {
        self.manner(sort).answers()
    }

    pub(super) fn dumps(&self, interfaces: &[Interface]) -> Vec<Dump> {
        let links: Vec<_> =
            interfaces.iter().zip(&self.more).map(|(interface, more)| more.message(interface)).collect();
        let addresses: Vec<_> = self.addresses.iter().map(Address::message).collect();
        let told = [
            (Sort::Links, request::LINKS, links),
            (Sort::Addresses, request::ADDRESSES, addresses),
            (Sort::Routes, request::ROUTES, routes::messages(&self.routes)),
        ];
        told.iter()
            .flat_map(|(sort, kind, messages)| {
                self.manner(*sort).dumps(|datagrams| request::all(*kind, datagrams), messages)
            })
            .collect()
    }

    pub(super) fn ask_addresses(&self, interfaces: &[Interface]) -> Question {
        addresses::ask(&self.addresses, interfaces)
    }

    pub(super) fn ask_routes(&self, interfaces: &[Interface]) -> Question {
        routes::ask(&self.routes, interfaces)
    }
}

/// The interface of a number.
fn by_index(interfaces: &[Interface], index: u32) -> Option<&Interface> {
    interfaces.iter().find(|interface| interface.index == index)
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}
