//! `cpu_info`: processors as the firmware describes them.
//!
//! Source: the SMBIOS tables in `/sys/firmware/dmi/tables/DMI`, structures of type 4. What tables before version 2.5 do
//! not tell is taken from `/proc/cpuinfo`.

use super::machine::{architecture, cpus, firmware};
use plumb_formats::smbios::{Structure, structures};
use plumb_schema::{Bytes, Column, Cost, Cx, Platforms, Request, Rows, Table, Type, owned, text};
use std::sync::Arc;

/// A processor socket.
pub struct Socket {
    device_id: Option<String>,
    model: Option<Vec<u8>>,
    manufacturer: Option<Vec<u8>>,
    designation: Option<Vec<u8>>,
    kind: Option<u8>,
    status: Option<u8>,
    cores: Option<i64>,
    threads: Option<i64>,
    width: Option<u8>,
    speed: Option<u16>,
    max_speed: Option<u16>,
}

type Col = Column<Socket>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Socket> = Table {
    name: "cpu_info",
    doc: "Processor sockets and what is in them, as the firmware describes them.",
    on: Platforms::ALL,
    columns: &[
        Col::text   ("device_id",           "CPU, MATH, DSP or GPU, and a number from 0",              |s| text(s.device_id.as_ref()?)),
        Col::text   ("model",               "Name of the processor",                                   |s| text(s.model.as_ref()?)),
        Col::text   ("manufacturer",        "Maker of the processor",                                  |s| text(s.manufacturer.as_ref()?)),
        Col::text   ("processor_type",      "Type by number: 3 central, 4 math, 5 signal, 6 video",    |s| number(s.kind?)),
        Col::integer("cpu_status",          "Status byte of SMBIOS: bit 6 socket populated, bits 0-2 state", |s| s.status.map(Into::into)),
        Col::text   ("number_of_cores",     "Cores; 0 if the firmware does not know",                  |s| number(s.cores?)),
        Col::integer("logical_processors",  "Threads; 0 if the firmware does not know",                |s| s.threads),
        Col::text   ("address_width",       "64 or 32 bits",                                           |s| number(s.width?)),
        Col::integer("current_clock_speed", "Speed at start in MHz",                                   |s| s.speed.map(Into::into)),
        Col::integer("max_clock_speed",     "Highest speed that the board supports in MHz",            |s| s.max_speed.map(Into::into)),
        Col::text   ("socket_designation",  "Name of the socket on the board",                         |s| text(s.designation.as_ref()?)),
        Col::foreign(Platforms::WINDOWS, Type::Text,    "availability",    "Availability and status, by number"),
        Col::foreign(Platforms::WINDOWS, Type::Integer, "load_percentage", "Load over the last second, in percent"),
        Col::foreign(Platforms::MACOS,   Type::Integer, "number_of_efficiency_cores",  "Cores made for low power (Apple silicon)"),
        Col::foreign(Platforms::MACOS,   Type::Integer, "number_of_performance_cores", "Cores made for speed (Apple silicon)"),
    ],
    scan,
    cost: Cost { rows: 2, row: 20 },
    ..Table::EMPTY
};

fn number<'a>(value: impl ToString) -> Option<Bytes<'a>> {
    owned(value.to_string())
}

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<Socket> {
    const PROCESSOR: u8 = 4;
    let Some(tables) = firmware(cx) else {
        cx.note(b"/sys/firmware/dmi/tables/DMI", "cannot be read, or there is no SMBIOS");
        return Box::new(std::iter::empty());
    };
    let processors = structures(&tables).filter(|structure| structure.kind == PROCESSOR);
    let mut sockets: Vec<Socket> = processors.map(|structure| Socket::new(cx, &structure)).collect();
    let named = sockets.iter_mut().filter_map(|socket| Some((socket.prefix()?, socket)));
    for (place, (prefix, socket)) in named.enumerate() {
        socket.device_id = Some(format!("{prefix}{place}"));
    }
    Box::new(sockets.into_iter())
}

impl Socket {
    fn new(cx: &Cx, structure: &Structure<'_>) -> Self {
        // Since version 3.0 a count that does not fit into its byte is 255 there, and stands in a word further on.
        let count = |byte, word| match structure.byte(byte)? {
            0xff => structure.word(word).map_or(Some(0xff), |count| Some(count.into())),
            count => Some(i64::from(count)),
        };
        let string = |offset| structure.string(offset).map(<[u8]>::to_vec);
        // Version 2.5 brought the counts and the characteristics, of which bit 2 says 64-bit.
        let (cores, threads, width) = match structure.word(0x26) {
            Some(bits) => (count(0x23, 0x2a), count(0x25, 0x2e), Some(if bits & 4 != 0 { 64 } else { 32 })),
            None => Self::from_the_system(cx),
        };
        Self {
            device_id: None,
            model: string(0x10),
            manufacturer: string(0x07),
            designation: string(0x04),
            kind: structure.byte(0x05),
            status: structure.byte(0x18),
            cores,
            threads,
            width,
            speed: structure.word(0x16),
            max_speed: structure.word(0x14),
        }
    }

    fn from_the_system(cx: &Cx) -> (Option<i64>, Option<i64>, Option<u8>) {
        let cpus = cpus(cx);
        let each = |count: usize| {
            let share = count.checked_div(cpus.sockets.unwrap_or(1))?;
            i64::try_from(share).ok().filter(|share| *share > 0)
        };
        let width = architecture(cx).map(|name| if name.windows(2).any(|pair| pair == b"64") { 64 } else { 32 });
        (each(cpus.cores), each(cpus.logical), width)
    }

    fn prefix(&self) -> Option<&'static str> {
        match self.kind? {
            3 => Some("CPU"),
            4 => Some("MATH"),
            5 => Some("DSP"),
            6 => Some("GPU"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, rows};
    use plumb_host::Mem;

    /// A structure of type 4 of a length, with bytes put at offsets.
    fn processor(length: u8, bytes: &[(usize, u8)]) -> Vec<u8> {
        let mut structure = vec![0; length.into()];
        (structure[0], structure[1]) = (4, length);
        for (offset, byte) in [(0x04, 1), (0x05, 3), (0x07, 2), (0x10, 3)].iter().chain(bytes) {
            structure[*offset] = *byte;
        }
        [&structure, &b"CPU0\0Maker Inc\0Model X  \0\0"[..]].concat()
    }

    fn host(tables: &[Vec<u8>]) -> Mem {
        let cpuinfo =
            "processor\t: 0\nphysical id\t: 0\ncore id\t: 0\n\nprocessor\t: 1\nphysical id\t: 1\ncore id\t: 0\n";
        Mem::new()
            .file("/sys/firmware/dmi/tables/DMI", tables.concat())
            .file("/proc/cpuinfo", cpuinfo)
            .file("/proc/sys/kernel/arch", "x86_64\n")
    }

    #[test]
    fn sockets() {
        let tables = [
            processor(
                0x30,
                &[
                    (0x14, 0xa0),
                    (0x15, 0x0f),
                    (0x16, 0x28),
                    (0x17, 0x0a),
                    (0x18, 0x41),
                    (0x23, 16),
                    (0x25, 32),
                    (0x26, 4),
                ],
            ),
            processor(0x30, &[(0x05, 1), (0x23, 255), (0x25, 255), (0x2a, 0x80), (0x2e, 0), (0x2f, 1)]),
            processor(0x28, &[(0x05, 6), (0x23, 255), (0x25, 2)]),
            processor(0x23, &[]),
            b"\x04\x06\0\0\0\x05\0\0".to_vec(),
        ];
        check(
            &TABLE,
            host(&tables),
            &["device_id", "processor_type", "cpu_status", "number_of_cores", "logical_processors", "address_width"],
            &[
                &["CPU0", "3", "65", "16", "32", "64"],
                &["NULL", "1", "0", "128", "256", "32"],
                &["GPU1", "6", "0", "255", "2", "32"],
                &["CPU2", "3", "0", "1", "1", "64"],
                &["DSP3", "5", "NULL", "1", "1", "64"],
            ],
        );
        check(
            &TABLE,
            host(&tables[..1]),
            &["model", "manufacturer", "socket_designation", "current_clock_speed", "max_clock_speed"],
            &[&["Model X", "Maker Inc", "CPU0", "2600", "4000"]],
        );
    }

    #[test]
    fn without_tables() {
        for host in
            [Mem::new(), host(&[]), Mem::new().fail("/sys/firmware/dmi/tables/DMI", std::io::ErrorKind::NotFound)]
        {
            let (found, notes) = rows(&TABLE, host, &["model"], vec![]);
            assert_eq!((found.len(), notes.len()), (0, 1));
        }
    }
}
