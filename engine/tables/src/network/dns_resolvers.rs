//! `dns_resolvers`: how this machine's C library resolves names.
//!
//! Source: `/etc/resolv.conf` (resolv.conf(5)), and the host name where the file has no search list. The environment
//! variables that change it for one program (`LOCALDOMAIN`, `RES_OPTIONS`) say nothing about the machine and do not
//! count.

use crate::namespace;
use plumb_formats::inet;
use plumb_formats::resolv::{Resolver, Server, resolv_conf};
use plumb_schema::{Column, Cost, Cx, Ops, Platforms, Request, Rows, Table, text};
use std::net::Ipv4Addr;
use std::sync::Arc;

/// An entry of one of the resolver's lists.
pub struct Row {
    id: i64,
    kind: &'static str,
    address: Vec<u8>,
    netmask: String,
    options: i64,
    namespace: i64,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "dns_resolvers",
    doc: "Name servers, preferred networks and search domains of the C library's resolver.",
    on: Platforms::POSIX,
    columns: &[
        Col::integer("id",      "Place in the list of its type, from 0",             |r| Some(r.id)),
        Col::text   ("type",    "nameserver, sortlist or search",                    |r| text(r.kind)),
        Col::text   ("address", "Address of the server or network; domain of a search entry", |r| text(&r.address)),
        Col::text   ("netmask", "Length of the address's prefix in bits; empty for a search entry", |r| text(&r.netmask)),
        Col::bigint ("options", "Bits of the resolver's options (RES_* in resolv.h)", |r| Some(r.options)),
        Col::integer("pid_with_namespace", "Process in whose mount namespace the file is read", |r| Some(r.namespace))
            .on(Platforms::LINUX).additional().hidden().parameter(Ops::EQ),
    ],
    scan,
    cost: Cost { rows: 5, row: 5 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, request: &Request) -> Rows<Row> {
    Box::new(namespace::each(cx, request).flat_map(|(namespace, cx)| resolver_rows(&cx, namespace)))
}

fn resolver_rows(cx: &Cx, namespace: i64) -> Vec<Row> {
    const PATH: &[u8] = b"/etc/resolv.conf";
    let file = cx.read(PATH).unwrap_or_default();
    let Resolver { servers, sortlist, search, options } =
        resolv_conf(&file, &host_name(cx), &mut |odd| cx.note(PATH, odd));
    let servers = servers.into_iter().map(|server| {
        let bits = if server.address.is_ipv4() { "32" } else { "128" };
        (server_address(server), bits.to_owned())
    });
    let sortlist = sortlist.into_iter().map(|(network, mask)| (network.to_string().into_bytes(), mask_bits(mask)));
    let search = search.into_iter().map(|domain| (domain, String::new()));
    let number = |kind: &'static str, list: &mut dyn Iterator<Item = (Vec<u8>, String)>| -> Vec<Row> {
        list.zip(0..).map(|((address, netmask), id)| Row { id, kind, address, netmask, options, namespace }).collect()
    };
    let mut rows = number("nameserver", &mut { servers });
    rows.extend(number("sortlist", &mut { sortlist }));
    rows.extend(number("search", &mut { search }));
    rows
}

fn server_address(server: Server) -> Vec<u8> {
    let mut address = inet::text(server.address).into_bytes();
    if let Some(scope) = server.scope {
        address.push(b'%');
        address.extend(scope);
    }
    address
}

/// The length of a prefix; a mask with holes as it is.
fn mask_bits(mask: Ipv4Addr) -> String {
    let bits = mask.to_bits();
    if bits.leading_ones() == bits.count_ones() { bits.count_ones().to_string() } else { mask.to_string() }
}

/// What gethostname(2) would say.
fn host_name(cx: &Cx) -> Vec<u8> {
    if let Some(kernel) = cx.host.kernel() {
        return kernel.name().nodename;
    }
    let line = |path: &[u8]| cx.read(path).map(|text| text.trim_ascii().to_vec()).filter(|name| !name.is_empty());
    line(b"/proc/sys/kernel/hostname").or_else(|| line(b"/etc/hostname")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, equals, rows};
    use plumb_host::Mem;

    const COLUMNS: [&str; 5] = ["id", "type", "address", "netmask", "options"];

    #[test]
    fn lists() {
        let file = "domain a.example\nsearch b.example c.example\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n\
                    nameserver fe80::1%eth0\n  nameserver 198.51.100.53\noptions rotate edns0\n\
                    sortlist 192.0.2.0/255.255.255.0 203.0.113.0 10.0.0.0/255.0.255.0\n";
        let expect: &[&[&str]] = &[
            &["0", "nameserver", "192.0.2.53", "32", "1065665"],
            &["1", "nameserver", "2001:db8::53", "128", "1065665"],
            &["2", "nameserver", "fe80::1%eth0", "128", "1065665"],
            &["0", "sortlist", "192.0.2.0", "24", "1065665"],
            &["1", "sortlist", "203.0.113.0", "24", "1065665"],
            &["2", "sortlist", "10.0.0.0", "255.0.255.0", "1065665"],
            &["0", "search", "b.example", "", "1065665"],
            &["1", "search", "c.example", "", "1065665"],
        ];
        check(&TABLE, Mem::new().file("/etc/resolv.conf", file), &COLUMNS, expect);
    }

    #[test]
    fn without_a_file() {
        let nobody: &[&[&str]] = &[&["0", "nameserver", "127.0.0.1", "32", "705"]];
        check(&TABLE, Mem::new(), &COLUMNS, nobody);
        let named: &[&[&str]] = &[nobody[0], &["0", "search", "example.org", "", "705"]];
        check(&TABLE, Mem::new().file("/etc/hostname", "box.example.org\n"), &COLUMNS, named);
        let kernel = Mem::new().file("/etc/hostname", "box.example.org\n").file("/proc/sys/kernel/hostname", "box\n");
        check(&TABLE, kernel, &COLUMNS, nobody);
    }

    #[test]
    fn inside_a_container() {
        let host = Mem::new().link("/proc/7/root", "/srv/c").file("/srv/c/etc/resolv.conf", "nameserver 192.0.2.1");
        let (found, _) =
            rows(&TABLE, host, &["address", "pid_with_namespace"], vec![equals("pid_with_namespace", "7")]);
        assert_eq!(found, [["192.0.2.1", "7"]]);
    }
}
