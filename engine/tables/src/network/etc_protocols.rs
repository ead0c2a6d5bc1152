//! `etc_protocols`: names of the protocols that IP carries.
//!
//! Source: `/etc/protocols` (protocols(5)).

use super::text::entries;
use plumb_formats::services::{Protocol, protocol};
use plumb_schema::{Column, Cost, Platforms, Table, text};

type Col = Column<Protocol>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Protocol> = Table {
    name: "etc_protocols",
    doc: "Names of internet protocols and their numbers.",
    on: Platforms::ALL,
    columns: &[
        Col::text   ("name",    "Official name of the protocol",   |p| text(&p.name)),
        Col::integer("number",  "Number, as the file gives it",    |p| p.number),
        Col::text   ("alias",   "First other name",                |p| text(&p.alias)),
        Col::text   ("comment", "Comment on the line",             |p| text(&p.comment)),
    ],
    scan: |cx, _| Box::new(entries(cx, "/etc/protocols", protocol)),
    cost: Cost { rows: 60, row: 1 },
    ..Table::EMPTY
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;
    use plumb_host::Mem;

    #[test]
    fn lines() {
        let host = Mem::new().file("/etc/protocols", b"ip\t0\tIP A\t# pseudo\n#\t99\nbig 99999999999\n\xffx 1");
        check(
            &TABLE,
            host,
            &["name", "number", "alias", "comment"],
            &[&["ip", "0", "IP", "pseudo"], &["big", "99999999999", "", ""], &["\u{fffd}x", "1", "", ""]],
        );
    }
}
