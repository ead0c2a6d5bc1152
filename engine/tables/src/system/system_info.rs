//! `system_info`: the machine: names, identity, processors, memory, maker.
//!
//! Sources: uname(2) or `/proc/sys/kernel`, `/etc/hostname`, `/etc/hosts`; `/proc/cpuinfo`, `/proc/meminfo`; the SMBIOS
//! tables in `/sys/firmware/dmi/tables/DMI`, and what everyone may read of them in `/sys/class/dmi/id`.

use super::machine::{architecture, canonical_name, cpus, firmware, hostname, line};
use plumb_formats::lines::before;
use plumb_formats::{meminfo, smbios};
use plumb_schema::{Collation, Column, Cost, Cx, Platforms, Request, Rows, Table, Type, owned, text};
use std::cell::OnceCell;
use std::sync::Arc;

/// The machine; what a column needs is read when it is asked for.
pub struct Machine {
    cx: Arc<Cx>,
    hardware: OnceCell<Hardware>,
}

/// Who made the machine and its board.
#[derive(Default)]
struct Hardware {
    uuid: Option<String>,
    system: Maker,
    board: Maker,
}

#[derive(Default)]
struct Maker {
    vendor: Option<Vec<u8>>,
    model: Option<Vec<u8>>,
    version: Option<Vec<u8>>,
    serial: Option<Vec<u8>>,
}

type Col = Column<Machine>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Machine> = Table {
    name: "system_info",
    doc: "The machine: its names, identity, processors, memory and maker.",
    on: Platforms::ALL,
    columns: &[
        Col::text   ("hostname",           "Host name, with the domain where /etc/hosts gives one",  |m| m.hostname().map(Into::into)),
        Col::text   ("uuid",               "UUID of the hardware; where it has none, of the installation", |m| m.uuid().map(Into::into)).collate(Collation::NoCase),
        Col::text   ("cpu_type",           "Architecture",                                           |m| architecture(&m.cx).map(Into::into)),
        Col::text   ("cpu_subtype",        "Model number of the processor; 0 where it has none",     |m| owned(cpus(&m.cx).model.clone().unwrap_or_else(|| b"0".to_vec()))),
        Col::text   ("cpu_brand",          "Marketing name of the processor",                        |m| cpus(&m.cx).brand.clone().map(Into::into)),
        Col::integer("cpu_physical_cores", "Cores of all processors",                                |m| known(cpus(&m.cx).cores)),
        Col::integer("cpu_logical_cores",  "Hardware threads of all processors",                     |m| known(cpus(&m.cx).logical)),
        Col::integer("cpu_sockets",        "Processor packages",                                     |m| known(cpus(&m.cx).sockets?)),
        Col::text   ("cpu_microcode",      "Revision of the processor's microcode",                  |m| cpus(&m.cx).microcode.clone().map(Into::into)),
        Col::bigint ("physical_memory",    "Bytes of usable memory",                                 |m| meminfo::bytes(&m.cx.read(b"/proc/meminfo")?, b"MemTotal")),
        Col::text   ("hardware_vendor",    "Maker of the machine",                                   |m| text(m.system().vendor.as_ref()?)),
        Col::text   ("hardware_model",     "Model of the machine",                                   |m| text(m.system().model.as_ref()?)),
        Col::text   ("hardware_version",   "Version of the machine",                                 |m| text(m.system().version.as_ref()?)),
        Col::text   ("hardware_serial",    "Serial number of the machine",                           |m| text(m.system().serial.as_ref()?)),
        Col::text   ("board_vendor",       "Maker of the main board",                                |m| text(m.board().vendor.as_ref()?)),
        Col::text   ("board_model",        "Model of the main board",                                |m| text(m.board().model.as_ref()?)),
        Col::text   ("board_version",      "Version of the main board",                              |m| text(m.board().version.as_ref()?)),
        Col::text   ("board_serial",       "Serial number of the main board",                        |m| text(m.board().serial.as_ref()?)),
        Col::text   ("computer_name",      "Host name as the kernel has it",                         |m| hostname(&m.cx).map(Into::into)),
        Col::text   ("local_hostname",     "The same as hostname (on macOS the name on the local network)", |m| m.hostname().map(Into::into)),
        Col::foreign(Platforms::WINDOWS, Type::Text, "emulated_cpu_type", "Architecture that the agent believes to run on, if that is emulated"),
    ],
    scan,
    cost: Cost { rows: 1, row: 50 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<Machine> {
    Box::new(std::iter::once(Machine { cx: Arc::clone(cx), hardware: OnceCell::new() }))
}

fn known(count: usize) -> Option<i64> {
    i64::try_from(count).ok().filter(|count| *count > 0)
}

/// What firmware says when its maker did not care, in lower case.
const PLACEHOLDERS: [&str; 4] = [
    "00000000-0000-0000-0000-000000000000",
    "03000200-0400-0500-0006-000700080009",
    "03020100-0504-0706-0809-0a0b0c0d0e0f",
    "10000000-0000-8000-0040-000000000000",
];

impl Machine {
    fn hostname(&self) -> Option<Vec<u8>> {
        hostname(&self.cx).map(|name| canonical_name(&self.cx, name))
    }

    fn uuid(&self) -> Option<Vec<u8>> {
        let genuine = |uuid: &Vec<u8>| {
            !uuid.is_empty() && !PLACEHOLDERS.iter().any(|known| uuid.eq_ignore_ascii_case(known.as_bytes()))
        };
        let shown = self.cx.read(b"/sys/class/dmi/id/product_uuid");
        let shown = shown.map(|text| before(&text, 0).trim_ascii().to_vec());
        shown.filter(genuine).or_else(|| self.hardware().uuid.clone().map(String::into_bytes).filter(genuine)).or_else(
            || {
                // The agent's own installation says nothing about a tree that it only looks at.
                let own = self.cx.host.is_live().then(|| self.cx.agent().info().uuid.into_bytes());
                own.filter(|uuid| !uuid.is_empty())
            },
        )
    }

    fn system(&self) -> &Maker {
        &self.hardware().system
    }

    fn board(&self) -> &Maker {
        &self.hardware().board
    }

    fn hardware(&self) -> &Hardware {
        self.hardware.get_or_init(|| {
            let mut hardware = match firmware(&self.cx) {
                Some(tables) => Hardware::of_tables(&tables),
                None => Hardware::of_sysfs(&self.cx),
            };
            hardware.system.unswap();
            hardware
        })
    }
}

impl Hardware {
    fn of_tables(tables: &[u8]) -> Self {
        // Of several structures of a type the last counts. No version of the standard has shorter ones.
        const SHORTEST: usize = 8;
        let mut hardware = Self::default();
        for structure in smbios::structures(tables).filter(|structure| structure.formatted.len() >= SHORTEST) {
            let string = |offset| structure.string(offset).map(<[u8]>::to_vec);
            let maker = || Maker { vendor: string(4), model: string(5), version: string(6), serial: string(7) };
            match structure.kind {
                1 => (hardware.uuid, hardware.system) = (smbios::uuid(&structure), maker()),
                2 => hardware.board = maker(),
                _ => {}
            }
        }
        hardware
    }

    fn of_sysfs(cx: &Cx) -> Self {
        let id = |name: &str| line(cx, format!("/sys/class/dmi/id/{name}").as_bytes());
        Self {
            uuid: None,
            system: Maker {
                vendor: id("sys_vendor"),
                model: id("product_name"),
                version: id("product_version"),
                serial: id("product_serial"),
            },
            board: Maker {
                vendor: id("board_vendor"),
                model: id("board_name"),
                version: id("board_version"),
                serial: id("board_serial"),
            },
        }
    }
}

impl Maker {
    /// Lenovo writes the name of the model where others write a version, and a product number where they write the
    /// model.
    fn unswap(&mut self) {
        if self.vendor.as_ref().is_some_and(|vendor| vendor.eq_ignore_ascii_case(b"lenovo")) {
            std::mem::swap(&mut self.model, &mut self.version);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::testing::Running;
    use crate::testing::check;
    use plumb_host::Mem;

    const MAKER: &[&str] =
        &["hardware_vendor", "hardware_model", "hardware_version", "hardware_serial", "board_serial"];

    fn dmi(vendor: &str) -> Vec<u8> {
        let uuid = [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff];
        let strings = format!("{vendor}\0Model \0Version\0\0");
        let board = b"\x02\x08\x02\0\x01\x02\0\x03B\0M\0Board serial\0\0\x7f\x04\0\0\0\0";
        [b"\x01\x1b\x01\0\x01\x02\x03\x04", uuid.as_slice(), b"\x06\0\0", strings.as_bytes(), board].concat()
    }

    #[test]
    fn makers() {
        let path = "/sys/firmware/dmi/tables/DMI";
        check(
            &TABLE,
            Mem::new().file(path, dmi("Example Corp")).file("/sys/class/dmi/id/sys_vendor", "not asked\n"),
            MAKER,
            &[&["Example Corp", "Model", "Version", "", "Board serial"]],
        );
        check(
            &TABLE,
            Mem::new().file(path, dmi("LENOVO")),
            MAKER,
            &[&["LENOVO", "Version", "Model", "", "Board serial"]],
        );
        let host = Mem::new()
            .fail(path, std::io::ErrorKind::PermissionDenied)
            .file("/sys/class/dmi/id/sys_vendor", "Lenovo\n")
            .file("/sys/class/dmi/id/product_name", "20ABC\n");
        check(&TABLE, host, MAKER, &[&["Lenovo", "NULL", "20ABC", "NULL", "NULL"]]);
        for broken in [&b""[..], b"\x01", b"\x01\x1b\x01\0\x01", b"\xff\xff\xff\xff\xff"] {
            check(&TABLE, Mem::new().file(path, broken), MAKER, &[&["NULL"; 5]]);
        }
    }

    #[test]
    fn identity() {
        let real = "33221100-5544-7766-8899-aabbccddeeff";
        let dmi = Mem::new().file("/sys/firmware/dmi/tables/DMI", dmi("x"));
        let product = "/sys/class/dmi/id/product_uuid";
        for (host, expect) in [
            (
                dmi.clone().file(product, "ABCDEF00-1111-2222-3333-444444444444\n\0"),
                "ABCDEF00-1111-2222-3333-444444444444",
            ),
            (dmi.clone().file(product, "03000200-0400-0500-0006-000700080009\n"), real),
            (dmi, real),
            (Mem::new().file(product, "\n"), "NULL"),
            (Mem::new(), "NULL"),
        ] {
            check(&TABLE, host, &["uuid"], &[&[expect]]);
        }
    }

    #[test]
    fn names() {
        let columns = &["hostname", "computer_name", "local_hostname"];
        let hosts = "127.0.0.1 localhost\n127.0.1.1\tWeb.example.org\tweb # comment\n1.1.1.1 other web\n# 1 no web\n";
        let kernel = Mem::new().file("/proc/sys/kernel/hostname", "web\n");
        check(&TABLE, kernel.clone(), columns, &[&["web"; 3]]);
        check(&TABLE, kernel.file("/etc/hosts", hosts), columns, &[&["Web.example.org", "web", "Web.example.org"]]);
        check(&TABLE, Mem::new().file("/etc/hostname", "# c\n\n web \n"), columns, &[&["web"; 3]]);
        check(&TABLE, Mem::new(), columns, &[&["NULL"; 3]]);
        check(&TABLE, Running::new(Mem::new()), columns, &[&["running"; 3]]);
        check(&TABLE, Running::new(Mem::new()), &["cpu_type"], &[&["riscv64"]]);
    }

    #[test]
    fn processors_and_memory() {
        let columns = &[
            "cpu_subtype",
            "cpu_brand",
            "cpu_physical_cores",
            "cpu_logical_cores",
            "cpu_sockets",
            "cpu_microcode",
            "physical_memory",
        ];
        let cpu = "processor\t: 0\nphysical id\t: 0\ncore id\t: 0\nmodel\t\t: 167\nmodel name\t: Example CPU\nmicrocode\t: 0x1\n\n";
        let host = Mem::new().file("/proc/cpuinfo", [cpu, cpu].concat()).file("/proc/meminfo", "MemTotal: 1024 kB\n");
        check(&TABLE, host, columns, &[&["167", "Example CPU", "1", "2", "1", "0x1", "1048576"]]);
        check(&TABLE, Mem::new(), columns, &[&["0", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL"]]);
    }
}
