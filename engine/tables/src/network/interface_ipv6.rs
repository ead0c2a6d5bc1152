//! `interface_ipv6`: how interfaces take part in IPv6.
//!
//! Source: `/proc/sys/net/ipv6/conf/NAME` (the kernel's ip-sysctl documentation).

use super::interface::Interfaces;
use plumb_formats::lines::int;
use plumb_schema::{Column, Cost, Cx, Platforms, Request, Rows, Table, text};
use std::sync::Arc;

const CONF: &str = "/proc/sys/net/ipv6/conf";

/// An interface.
pub struct Row {
    cx: Arc<Cx>,
    name: Vec<u8>,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "interface_ipv6",
    doc: "IPv6 settings of network interfaces; unknown where IPv6 is off.",
    on: Platforms::POSIX,
    columns: &[
        Col::text   ("interface",          "Name of the interface",                                   |i| text(&i.name)),
        Col::integer("hop_limit",          "Hop limit of packets that it sends",                      |i| i.setting("hop_limit")),
        Col::integer("forwarding_enabled", "1 when the interface forwards packets like a router",     |i| i.setting("forwarding")),
        Col::integer("redirect_accept",    "1 when ICMP redirects are heeded; a router heeds none",   |i| i.redirects()),
        Col::integer("rtadv_accept",       "1 when router advertisements are heeded",                 |i| i.advertisements()),
    ],
    scan,
    cost: Cost { rows: 10, row: 10 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<Row> {
    let mut names: Vec<Vec<u8>> = Interfaces::of(cx).0.iter().map(|interface| interface.name.clone()).collect();
    if names.is_empty()
        && let Some(dir) = cx.open_dir(CONF.as_bytes())
    {
        names = cx.names(&*dir, CONF.as_bytes()).into_iter().map(|(name, _)| name).collect();
        names.retain(|name| name != b"all" && name != b"default");
    }
    if names.is_empty() {
        cx.note(CONF.as_bytes(), "no network interfaces: neither netlink nor files tell any");
    }
    let cx = Arc::clone(cx);
    Box::new(names.into_iter().map(move |name| Row { cx: Arc::clone(&cx), name }))
}

impl Row {
    fn setting(&self, file: &str) -> Option<i64> {
        if self.name.contains(&b'/') || matches!(self.name.as_slice(), b"" | b"." | b"..") {
            return None;
        }
        let path = [CONF.as_bytes(), b"/", &self.name, b"/", file.as_bytes()].concat();
        int(self.cx.read(&path)?.trim_ascii())
    }

    fn redirects(&self) -> Option<i64> {
        let heeds = self.setting("accept_redirects")? != 0 && self.setting("forwarding")? == 0;
        Some(heeds.into())
    }

    /// 2 stands for "even if it forwards".
    fn advertisements(&self) -> Option<i64> {
        let heeds = match self.setting("accept_ra")? {
            0 => false,
            2 => true,
            _ => self.setting("forwarding")? == 0,
        };
        Some(heeds.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;
    use plumb_host::Mem;

    fn host(settings: &[(&str, [&str; 4])]) -> Mem {
        const FILES: [&str; 4] = ["hop_limit", "forwarding", "accept_redirects", "accept_ra"];
        settings.iter().fold(Mem::new(), |host, (name, values)| {
            FILES.iter().zip(values).fold(host, |host, (file, value)| host.file(format!("{CONF}/{name}/{file}"), value))
        })
    }

    #[test]
    fn settings() {
        let host = host(&[
            ("all", ["1", "1", "1", "1"]),
            ("default", ["1", "1", "1", "1"]),
            ("a", ["64\n", "0\n", "1\n", "1\n"]),
            ("b", ["255", "1", "1", "1"]),
            ("c", ["64", "1", "0", "2"]),
            ("d", ["64", "0", "0", "0"]),
            ("e", ["x", "", "1", "1"]),
        ]);
        check(
            &TABLE,
            host,
            &["interface", "hop_limit", "forwarding_enabled", "redirect_accept", "rtadv_accept"],
            &[
                &["a", "64", "0", "1", "1"],
                &["b", "255", "1", "0", "0"],
                &["c", "64", "1", "0", "1"],
                &["d", "64", "0", "0", "0"],
                &["e", "NULL", "NULL", "NULL", "NULL"],
            ],
        );
    }

    #[test]
    fn interfaces_without_ipv6() {
        let host = host(&[("a", ["64", "0", "1", "1"])])
            .file("/sys/class/net/a/ifindex", "1")
            .file("/sys/class/net/b/ifindex", "2");
        check(&TABLE, host, &["interface", "hop_limit"], &[&["a", "64"], &["b", "NULL"]]);
    }
}
