//! Packages and where they come from.

use super::read::{lines, row, separated, text};
use super::{Run, Truth, read::cell};
use crate::answer::Row;

pub(super) static TRUTHS: &[Truth] = &[
    Truth {
        name: "deb_packages: dpkg-query -W",
        table: "deb_packages",
        program: "dpkg-query",
        package: "dpkg",
        run: Run::Args(&[
            "-W",
            "-f",
            "${Package}\\t${Version}\\t${Source}\\t${Installed-Size}\\t${Architecture}\\t${Status}\\t${Maintainer}\\t${Section}\\t${Priority}\\n",
        ]),
        read: |out| {
            separated(
                out,
                b'\t',
                &["name", "version", "source", "size", "arch", "status", "maintainer", "section", "priority"],
            )
        },
        sql: "select name, version, source, size, arch, status, maintainer, section, priority from deb_packages",
        key: &["name", "arch"],
        ..Truth::EMPTY
    },
    Truth {
        name: "deb_package_files: dpkg-query -L",
        table: "deb_package_files",
        program: "dpkg-query",
        package: "dpkg",
        run: Run::Script(
            "for package in base-files bash coreutils dpkg libc-bin perl-base util-linux; do \
             dpkg-query -L \"$package\" | sed \"s/^/$package\\t/\"; done",
        ),
        read: package_files,
        sql: "select package, path from deb_package_files where package in \
              ('base-files', 'bash', 'coreutils', 'dpkg', 'libc-bin', 'perl-base', 'util-linux')",
        key: &["package", "path"],
        ..Truth::EMPTY
    },
    Truth {
        name: "apt_sources: apt-get indextargets",
        table: "apt_sources",
        program: "apt-get",
        package: "apt",
        run: Run::Args(&[
            "indextargets",
            "--format",
            "$(SITE)\t$(RELEASE)\t$(CODENAME)\t$(VERSION)\t$(ORIGIN)",
            "Identifier: Packages",
        ]),
        read: archives,
        sql: "select base_uri, name, release, version, maintainer from apt_sources",
        key: &["name"],
        ..Truth::EMPTY
    },
];

/// Paths, without the lines about diversions.
fn package_files(out: &[u8]) -> Vec<Row> {
    separated(out, b'\t', &["package", "path"])
        .into_iter()
        .filter(|row| row.get("path").and_then(Option::as_deref).is_some_and(|path| path.starts_with(b"/")))
        .collect()
}

/// One line for each component and architecture; archives are told apart by name.
fn archives(out: &[u8]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for line in lines(out) {
        let line = text(line);
        let [site, suite, codename, version, origin] = *line.split('\t').collect::<Vec<_>>() else { continue };
        let place = site.split_once("://").map_or(site, |(_, place)| place);
        let found = row([
            ("base_uri", cell(site)),
            ("name", cell(format!("{place} {suite}"))),
            ("release", cell(codename)),
            ("version", cell(version)),
            ("maintainer", cell(origin)),
        ]);
        if !rows.contains(&found) {
            rows.push(found);
        }
    }
    rows
}
