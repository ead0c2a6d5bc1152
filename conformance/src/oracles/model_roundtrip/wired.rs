//! What netlink alone tells is really compared, and slips in its messages are seen.

use super::*;
use crate::generators::netlink::{HEADER, apart};
use std::collections::BTreeMap;

/// Machines of a table.
const MACHINES: u64 = 400;

/// A machine of a table that has netlink, and its files.
fn wired(table: &str, seed: u64) -> Option<(Machine, Files)> {
    let bytes = bytes(seed, 1500);
    let machine = Machine::for_table(&mut Unstructured::new(&bytes), &Settings::odd(), table).unwrap();
    let files = machine.files();
    (!files.dumps().is_empty()).then_some((machine, files))
}

/// Something that a row says, and in how many rows of all machines it must be found.
type Telling = (&'static str, &'static str, fn(&str) -> bool, usize);

#[rustfmt::skip]
const TELLING: &[Telling] = &[
    ("routes", "source", |text| text.contains('.'), 200),
    ("routes", "source", |text| text.contains(':'), 20),
    ("routes", "flags", |text| text != "0", 100),
    ("routes", "hopcount", |text| text != "0", 50),
    ("routes", "mtu", |text| text == "4294967295", 5),
    ("routes", "metric", |text| text == "4294967295", 10),
    ("routes", "gateway", |text| text.contains(':'), 60),
    ("routes", "interface", str::is_empty, 50),
    ("interface_addresses", "interface", |text| text.contains(':'), 20),
    ("interface_addresses", "interface", |text| text == "NULL", 5),
    ("interface_addresses", "broadcast", |text| text.contains('.'), 50),
    ("interface_addresses", "point_to_point", |text| text.starts_with("10.99."), 20),
    ("interface_addresses", "point_to_point", |text| text.contains(':'), 10),
    ("interface_details", "mac", |text| text.len() > 17, 10),
    ("interface_details", "type", |text| text == "65534", 3),
    ("interface_details", "mtu", |text| text == "9000", 15),
    ("interface_details", "ibytes", |text| text == "NULL", 10),
    ("interface_details", "collisions", |text| text.len() > 10, 3),
    ("interface_details", "flags", |text| text.parse::<u32>().is_ok_and(|flags| flags & 0x1_0000 != 0), 100),
    ("interface_ipv6", "interface", |text| text == "tun0", 3),
    ("process_open_sockets", "state", |text| text == "LISTEN", 10),
    ("process_open_sockets", "path", |text| text.starts_with('@'), 20),
    ("process_open_sockets", "protocol", |text| text == "35020", 5),
    ("listening_ports", "address", |text| text.contains(':'), 20),
];

/// Counted are rows of machines on which no file tells the same, so that they came through netlink.
#[test]
fn rows_that_only_netlink_tells_are_compared() {
    let mut found: BTreeMap<&str, Vec<BTreeMap<&str, String>>> = BTreeMap::new();
    for table in [
        "routes",
        "interface_addresses",
        "interface_details",
        "interface_ipv6",
        "process_open_sockets",
        "listening_ports",
    ] {
        for seed in 0..MACHINES {
            let Some((machine, files)) = wired(table, seed) else { continue };
            let others = |path: &[u8]| path.starts_with(b"/sys/class/net") || path.ends_with(b"/net/tcp");
            if files.paths().any(others) {
                continue;
            }
            let verdict = judge(&mut Unstructured::new(&[]), &machine, &files, table, None);
            assert!(!matches!(verdict, Verdict::Fail(_)), "{table}, seed {seed}: {verdict:?}");
            for question in machine.expect(table) {
                let cells =
                    |row: &Expected| question.columns.iter().copied().zip(row.cells.iter().map(shown)).collect();
                found.entry(table).or_default().extend(question.rows.iter().map(cells));
            }
        }
    }
    let mut few = Vec::new();
    for (table, column, says, least) in TELLING {
        let count = found[table].iter().filter(|row| says(&row[column])).count();
        if count < *least {
            few.push(format!("{table}.{column}: {count} of {} rows, {least} wanted", found[table].len()));
        }
    }
    assert!(few.is_empty(), "{}", few.join("\n"));
}

fn shown(value: &Value) -> String {
    cell(value).map_or_else(|| "NULL".to_owned(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// What a slip does to a message.
enum Slip {
    /// An attribute, by the types on the way to it, gets another type: nobody reads it any more, or as something else.
    Type(&'static [u16], u16),
    /// A byte of the fixed structure changes.
    Byte(usize),
}

/// A table, the request, the size of the fixed structure, and the slip.
#[rustfmt::skip]
const SLIPS: &[(&str, u16, usize, Slip)] = &[
    ("routes", 26, 12, Slip::Type(&[7], 1000)),
    ("routes", 26, 12, Slip::Type(&[1], 1000)),
    ("routes", 26, 12, Slip::Type(&[6], 1000)),
    ("routes", 26, 12, Slip::Type(&[8, 10], 9)),
    ("routes", 26, 12, Slip::Type(&[8, 2], 3)),
    ("routes", 26, 12, Slip::Type(&[5], 1000)),
    ("routes", 26, 12, Slip::Type(&[4], 1000)),
    ("routes", 26, 12, Slip::Type(&[9], 1000)),
    ("routes", 26, 12, Slip::Type(&[18], 1000)),
    ("routes", 26, 12, Slip::Byte(1)),
    ("routes", 26, 12, Slip::Byte(7)),
    ("routes", 26, 12, Slip::Byte(8)),
    ("routes", 18, 16, Slip::Byte(4)),
    ("interface_addresses", 22, 8, Slip::Type(&[1], 1000)),
    ("interface_addresses", 22, 8, Slip::Type(&[2], 1000)),
    ("interface_addresses", 22, 8, Slip::Type(&[3], 1000)),
    ("interface_addresses", 22, 8, Slip::Type(&[4], 1000)),
    ("interface_addresses", 22, 8, Slip::Byte(1)),
    ("interface_addresses", 22, 8, Slip::Byte(4)),
    ("interface_addresses", 18, 16, Slip::Byte(8)),
    ("interface_details", 18, 16, Slip::Type(&[1], 1000)),
    ("interface_details", 18, 16, Slip::Type(&[3], 1000)),
    ("interface_details", 18, 16, Slip::Type(&[4], 1000)),
    ("interface_details", 18, 16, Slip::Type(&[23], 1000)),
    ("interface_details", 18, 16, Slip::Byte(2)),
    ("interface_details", 18, 16, Slip::Byte(10)),
    ("interface_ipv6", 18, 16, Slip::Type(&[13], 3)),
    ("process_open_sockets", 20, 72, Slip::Byte(1)),
    ("process_open_sockets", 20, 72, Slip::Byte(4)),
    ("process_open_sockets", 20, 72, Slip::Byte(24)),
    ("process_open_sockets", 20, 16, Slip::Type(&[0], 1000)),
    ("listening_ports", 20, 72, Slip::Byte(5)),
    ("listening_ports", 20, 72, Slip::Byte(8)),
];

impl Slip {
    fn change(&self, body: &mut [u8], header: usize) {
        match self {
            Self::Type(way, to) => retype(body.get_mut(header..).unwrap_or_default(), way, *to),
            Self::Byte(at) => body[*at] ^= 0x23,
        }
    }
}

/// Changes the type of attributes.
fn retype(mut attributes: &mut [u8], way: &[u16], to: u16) {
    while attributes.len() >= 4 {
        let number = |at: usize, bytes: &[u8]| u16::from_ne_bytes([bytes[at], bytes[at + 1]]);
        let length = usize::from(number(0, attributes));
        if length < 4 || length > attributes.len() {
            return;
        }
        let end = length.next_multiple_of(4).min(attributes.len());
        let (one, rest) = attributes.split_at_mut(end);
        if number(2, one) == way[0] {
            match &way[1..] {
                [] => one[2..4].copy_from_slice(&to.to_ne_bytes()),
                deeper => retype(&mut one[4..length], deeper, to),
            }
        }
        attributes = rest;
    }
}

#[test]
fn slips_in_messages_are_caught() {
    let mut missed = Vec::new();
    for (number, (table, kind, header, slip)) in SLIPS.iter().enumerate() {
        let mut count = 0;
        for seed in 0..60 {
            let Some((machine, mut files)) = wired(table, seed) else { continue };
            for dump in files.dumps_mut().iter_mut().filter(|dump| dump.kind == *kind) {
                for datagram in &mut dump.datagrams {
                    let mut messages = apart(datagram);
                    for message in messages.iter_mut().filter(|message| message.len() >= HEADER + header) {
                        // The end of a dump, and errors, are no such messages.
                        if u16::from_ne_bytes([message[4], message[5]]) > 15 {
                            slip.change(&mut message[HEADER..], *header);
                        }
                    }
                    *datagram = messages.concat();
                }
            }
            let verdict = judge(&mut Unstructured::new(&[]), &machine, &files, table, None);
            count += usize::from(matches!(verdict, Verdict::Fail(_)));
        }
        if count < 2 {
            missed.push(format!("slip {number}, {table}: {count}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
