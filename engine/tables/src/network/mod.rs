//! Tables about addresses, routes, sockets and names.

mod fib;
mod interface;
mod rtnl;
mod text;

pub mod arp_cache;
pub mod dns_resolvers;
pub mod etc_hosts;
pub mod etc_protocols;
pub mod etc_services;
pub mod interface_addresses;
pub mod interface_details;
pub mod interface_ipv6;
pub mod routes;

use plumb_schema::AnyTable;

/// The tables of this folder.
pub static TABLES: &[&dyn AnyTable] = &[
    &arp_cache::TABLE,
    &dns_resolvers::TABLE,
    &etc_hosts::TABLE,
    &etc_protocols::TABLE,
    &etc_services::TABLE,
    &interface_addresses::TABLE,
    &interface_details::TABLE,
    &interface_ipv6::TABLE,
    &routes::TABLE,
];
