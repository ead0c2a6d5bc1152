//! `os_version`: the operating system's name and version.
//!
//! Sources: `/etc/os-release`, else `/usr/lib/os-release` (os-release(5)); where there is one, `/etc/redhat-release` or
//! `/etc/gentoo-release` has the last word.

use super::machine::architecture;
use crate::namespace;
use plumb_formats::lines::lines;
use plumb_formats::os_release::{os_release, release_line, squeeze, version_numbers};
use plumb_schema::{Collation, Column, Cost, Cx, Ops, Platforms, Request, Rows, Table, Type, text};
use std::sync::Arc;

/// What the release files say. Every column is part of the key: text is empty where it is unknown.
pub struct Release {
    name: Vec<u8>,
    version: Vec<u8>,
    numbers: [Option<i64>; 3],
    build: Vec<u8>,
    platform: Vec<u8>,
    like: Vec<u8>,
    codename: Vec<u8>,
    arch: Vec<u8>,
    pid: i64,
    mount_namespace: Vec<u8>,
}

type Col = Column<Release>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Release> = Table {
    name: "os_version",
    doc: "Name and version of the operating system.",
    on: Platforms::ALL,
    columns: &[
        Col::text   ("name",          "Name of the distribution or product",               |r| text(&r.name)),
        Col::text   ("version",       "Version as it is written for people",               |r| text(&r.version)).collate(Collation::Version),
        Col::integer("major",         "First number of the version",                       |r| r.numbers[0]),
        Col::integer("minor",         "Second number of the version",                      |r| r.numbers[1]),
        Col::integer("patch",         "Third number of the version",                       |r| r.numbers[2]),
        Col::text   ("build",         "Build, where the distribution numbers them",        |r| text(&r.build)),
        Col::text   ("platform",      "Short name: debian, ubuntu, rhel, arch …",          |r| text(&r.platform)),
        Col::text   ("platform_like", "Short names of what it is derived from",            |r| text(&r.like)),
        Col::text   ("codename",      "Code name of the release",                          |r| text(&r.codename)),
        Col::text   ("arch",          "Architecture of the kernel",                        |r| text(&r.arch)),
        Col::foreign(Platforms::MACOS,   Type::Text,    "extra",        "Suffix of a rapid security response"),
        Col::foreign(Platforms::WINDOWS, Type::BigInt,  "install_date", "Installation, in seconds since the epoch"),
        Col::foreign(Platforms::WINDOWS, Type::Integer, "revision",     "Update build revision"),
        Col::integer("pid_with_namespace", "Process in whose mount namespace the files are read", |r| Some(r.pid))
            .on(Platforms::LINUX).additional().hidden().parameter(Ops::EQ),
        Col::text   ("mount_namespace_id", "Mount namespace that the files are from, if one was asked for", |r| text(&r.mount_namespace))
            .on(Platforms::LINUX).hidden(),
    ],
    scan,
    cost: Cost { rows: 1, row: 20 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, request: &Request) -> Rows<Release> {
    let outside = Arc::clone(cx);
    Box::new(namespace::each(cx, request).map(move |(pid, cx)| Release {
        // The kernel is the same everywhere on the machine.
        arch: architecture(&outside).unwrap_or_default(),
        pid,
        mount_namespace: namespace::mount_id(&outside, pid),
        ..Release::of(&cx)
    }))
}

impl Release {
    fn of(cx: &Cx) -> Self {
        let mut release = Self {
            name: b"Unknown".to_vec(),
            platform: b"posix".to_vec(),
            numbers: [Some(0); 3],
            version: Vec::new(),
            build: Vec::new(),
            like: Vec::new(),
            codename: Vec::new(),
            arch: Vec::new(),
            pid: 0,
            mount_namespace: Vec::new(),
        };
        let sources: [&[u8]; 2] = [b"/etc/os-release", b"/usr/lib/os-release"];
        if let Some((path, file)) = sources.into_iter().find_map(|path| Some((path, cx.read(path)?))) {
            release.assign(os_release(&file, &mut |odd| cx.note(path, odd)));
        }
        if let Some(line) = cx.read(b"/etc/redhat-release") {
            release.older(&line, b"rhel");
        } else if let Some(line) = cx.read(b"/etc/gentoo-release") {
            release.older(&line, b"gentoo");
        }
        release
    }

    fn assign(&mut self, pairs: Vec<(Vec<u8>, Vec<u8>)>) {
        let mut other_codename = Vec::new();
        for (key, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            match key.as_slice() {
                b"NAME" => self.name = value,
                b"VERSION" => self.version = value,
                b"VERSION_ID" => self.numbers = version_numbers(&value),
                b"BUILD_ID" => self.build = value,
                b"ID" => self.platform = value,
                b"ID_LIKE" => self.like = value,
                b"VERSION_CODENAME" => self.codename = value,
                // Some have only a key of their own making: UBUNTU_CODENAME.
                key if key.ends_with(b"CODENAME") => other_codename = value,
                _ => {}
            }
        }
        if self.codename.is_empty() {
            self.codename = other_codename;
        }
    }

    /// The file of one line that there was before os-release, and that these families still keep.
    fn older(&mut self, text: &[u8], family: &[u8]) {
        (self.platform, self.like) = (family.to_vec(), family.to_vec());
        self.version = squeeze(text);
        self.build = Vec::new();
        if let Some(found) = lines(&self.version).find_map(release_line) {
            self.name = found.name;
            self.numbers = [found.major, found.minor, found.patch];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, equals, rows};
    use plumb_host::Mem;

    const COLUMNS: &[&str] =
        &["name", "version", "major", "minor", "patch", "build", "platform", "platform_like", "codename", "arch"];

    #[test]
    fn distributions() {
        let debian = "PRETTY_NAME=\"x\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\n";
        let mint = "NAME='Linux Mint'\nVERSION_ID=21.3.1.9\nVERSION_CODENAME=virginia\nUBUNTU_CODENAME=jammy\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n";
        let arch = "NAME=\"Arch Linux\nID=arch\nBUILD_ID=rolling\nVERSION_ID=rolling\nX_CODENAME=x\nVERSION=\n";
        for (file, expect) in [
            (debian, ["Debian GNU/Linux", "12 (bookworm)", "12", "0", "0", "", "debian", "", "bookworm", "ppc64le"]),
            (mint, ["Linux Mint", "", "21", "3", "1", "", "linuxmint", "ubuntu debian", "virginia", "ppc64le"]),
            (arch, ["Arch Linux", "", "NULL", "0", "0", "rolling", "arch", "", "x", "ppc64le"]),
            ("", ["Unknown", "", "0", "0", "0", "", "posix", "", "", "ppc64le"]),
        ] {
            let host = Mem::new()
                .file("/usr/lib/os-release", file)
                .link("/etc/os-release", "../usr/lib/os-release")
                .file("/proc/sys/kernel/arch", "ppc64le\n");
            check(&TABLE, host, COLUMNS, &[&expect]);
        }
        let host = Mem::new().file("/usr/lib/os-release", "NAME=only here");
        check(&TABLE, host, &["name", "arch"], &[&["only here", ""]]);
        check(&TABLE, Mem::new(), &["name", "platform"], &[&["Unknown", "posix"]]);
    }

    #[test]
    fn older_files() {
        let new = Mem::new().file("/etc/os-release", "NAME=\"Fedora Linux\"\nID=fedora\nVERSION_ID=40\nBUILD_ID=1\n");
        for (file, expect) in [
            (
                "Fedora release 40 (Forty)\n",
                ["Fedora Linux", "Fedora release 40 (Forty)", "40", "0", "", "rhel", "rhel"],
            ),
            (
                " CentOS  Linux release 7.9.2009 (Core)\n\n",
                ["CentOS Linux", "CentOS Linux release 7.9.2009 (Core)", "7", "9", "", "rhel", "rhel"],
            ),
        ] {
            let host = new.clone().file("/etc/redhat-release", file).file("/etc/gentoo-release", "no");
            check(
                &TABLE,
                host,
                &["name", "version", "major", "minor", "build", "platform", "platform_like"],
                &[&expect],
            );
        }
        let host = new.file("/etc/gentoo-release", "Gentoo Base System release 2.14\n");
        check(&TABLE, host, &["name", "platform", "patch"], &[&["Gentoo Base System", "gentoo", "0"]]);
    }

    #[test]
    fn inside_a_container() {
        let host = Mem::new()
            .file("/etc/os-release", "ID=outer")
            .link("/proc/7/root", "/srv/c")
            .link("/proc/7/ns/mnt", "mnt:[4026532001]")
            .file("/srv/c/etc/os-release", "ID=inner")
            .file("/proc/sys/kernel/arch", "x86_64");
        let columns = &["platform", "arch", "pid_with_namespace", "mount_namespace_id"];
        check(&TABLE, host.clone(), columns, &[&["outer", "x86_64", "0", ""]]);
        let ask = |pid: &str| rows(&TABLE, host.clone(), columns, vec![equals("pid_with_namespace", pid)]);
        assert_eq!(ask("7").0, [["inner", "x86_64", "7", "4026532001"]]);
        let (found, notes) = ask("8");
        assert_eq!((found.len(), notes.len()), (0, 1));
    }
}
