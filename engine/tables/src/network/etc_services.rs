//! `etc_services`: names of well-known ports.
//!
//! Source: `/etc/services` (services(5)).

use super::text::entries;
use plumb_formats::services::{Service, service};
use plumb_schema::{Column, Cost, Platforms, Table, text};

type Col = Column<Service>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Service> = Table {
    name: "etc_services",
    doc: "Names of network services and their ports.",
    on: Platforms::ALL,
    columns: &[
        Col::text   ("name",     "Official name of the service",      |s| text(&s.name)),
        Col::integer("port",     "Port number",                       |s| s.port),
        Col::text   ("protocol", "Transport protocol (tcp, udp …)",   |s| text(&s.protocol)),
        Col::text   ("aliases",  "Other names, separated by spaces",  |s| text(&s.aliases)),
        Col::text   ("comment",  "Comment on the line",               |s| text(&s.comment)),
    ],
    scan: |cx, _| Box::new(entries(cx, "/etc/services", service)),
    cost: Cost { rows: 300, row: 1 },
    ..Table::EMPTY
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rows;
    use plumb_host::Mem;

    #[test]
    fn lines() {
        let host = Mem::new().file("/etc/services", "# c\nssh\t22/tcp\t# SSH\nnoproto 40002\nx www/udp y z");
        let (found, notes) = rows(&TABLE, host, &["name", "port", "protocol", "aliases", "comment"], Vec::new());
        assert_eq!(found, [["ssh", "22", "tcp", "", "SSH"], ["x", "NULL", "udp", "y z", ""]]);
        let reasons: Vec<&str> = notes.iter().map(|note| note.reason.as_str()).collect();
        assert_eq!(reasons, ["line 3: no PORT/PROTOCOL", "line 4: not a number that means something"]);
    }
}
