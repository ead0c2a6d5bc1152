//! `deb_packages`: packages that dpkg has installed, or of which it still keeps something.
//!
//! Source: `status` and `updates/` in dpkg's database (dpkg(1)).

use super::dpkg;
use crate::namespace;
use plumb_formats::dpkg::Package;
use plumb_schema::{Collation, Column, Cost, Cx, Ops, Platforms, Request, Rows, Table, text};
use std::rc::Rc;
use std::sync::Arc;

/// A package, and where it was asked for.
pub struct Row {
    package: Package,
    admindir: Rc<[u8]>,
    namespace: i64,
    namespace_id: Rc<[u8]>,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "deb_packages",
    doc: "Debian packages that are installed, or of which something is left.",
    on: Platforms::LINUX,
    columns: &[
        Col::text   ("name",       "Name of the package",                              |r| text(&r.package.name)),
        Col::text   ("version",    "Version, with epoch and revision where it has them", |r| text(&r.package.version)).collate(Collation::VersionDpkg),
        Col::text   ("source",     "Source package, if its name or version differs",   |r| text(&r.package.source)),
        Col::bigint ("size",       "Size when installed, in KiB",                      |r| r.package.size),
        Col::text   ("arch",       "Architecture",                                     |r| text(&r.package.arch)),
        Col::text   ("revision",   "Revision of the packaging: what follows the last hyphen of the version", |r| text(&r.package.revision)),
        Col::text   ("status",     "What is wanted, whether something is wrong, and the state", |r| text(&r.package.status)),
        Col::text   ("maintainer", "Who maintains the package",                        |r| text(&r.package.maintainer)),
        Col::text   ("section",    "Section of the archive",                           |r| text(&r.package.section)),
        Col::text   ("priority",   "How much the system needs it; unknown if it does not say", |r| text(&r.package.priority)),
        Col::text   ("admindir",   "Directory of dpkg's database",                     |r| text(&r.admindir)).additional().optimized().parameter(Ops::EQ),
        Col::integer("pid_with_namespace", "Process in whose mount namespace the database is", |r| Some(r.namespace)).additional().hidden().parameter(Ops::EQ),
        Col::text   ("mount_namespace_id", "Number of that namespace",                 |r| text(&r.namespace_id)).hidden(),
    ],
    scan,
    cost: Cost { rows: 1000, row: 10 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, request: &Request) -> Rows<Row> {
    let databases = dpkg::databases(request);
    let outer = Arc::clone(cx);
    Box::new(namespace::each(cx, request).flat_map(move |(pid, cx)| {
        let id: Rc<[u8]> = namespace::mount_id(&outer, pid).into();
        databases.clone().into_iter().flat_map(move |admindir| {
            let packages = dpkg::packages(&cx, &admindir);
            let (admindir, id): (Rc<[u8]>, _) = (admindir.into(), Rc::clone(&id));
            packages.map(move |package| Row {
                package,
                admindir: Rc::clone(&admindir),
                namespace: pid,
                namespace_id: Rc::clone(&id),
            })
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, equals, rows};
    use plumb_host::Mem;

    const STATUS: &str = "\n\nPackage: bash\nStatus: install ok installed\nInstalled-Size: 7\nVersion: 5.2-2+b3\n\
        Architecture: amd64\nPriority: required\nSection: shells\nMaintainer: M\nSource: bash (5.2-2)\n\n\
        Package: gone\nStatus: purge ok not-installed\n\n \nPackage: kept\nStatus: deinstall ok config-files\nVersion: 1:2";

    fn host() -> Mem {
        Mem::new().file("/var/lib/dpkg/status", STATUS)
    }

    #[test]
    fn packages() {
        let bash = [
            "bash",
            "5.2-2+b3",
            "bash (5.2-2)",
            "7",
            "amd64",
            "2+b3",
            "install ok installed",
            "M",
            "shells",
            "required",
        ];
        let kept = ["kept", "1:2", "", "NULL", "", "", "deinstall ok config-files", "", "", "unknown"];
        let columns =
            ["name", "version", "source", "size", "arch", "revision", "status", "maintainer", "section", "priority"];
        check(&TABLE, host(), &columns, &[&bash, &kept]);
        check(
            &TABLE,
            host(),
            &["admindir", "pid_with_namespace", "mount_namespace_id"],
            &[&["/var/lib/dpkg", "0", ""][..]; 2],
        );
    }

    #[test]
    fn another_database() {
        let host = host()
            .file("/x/status", "Package: x\nStatus: install ok installed\n")
            .link("/proc/7/root", "/srv/c")
            .link("/proc/7/ns/mnt", "mnt:[42]")
            .file("/srv/c/var/lib/dpkg/status", "Package: y\nStatus: install ok installed\n");
        let columns = ["name", "admindir", "pid_with_namespace", "mount_namespace_id"];
        for (constraint, expect) in [
            (equals("admindir", "/x/"), &["x", "/x/", "0", ""][..]),
            (equals("admindir", "/none"), &[]),
            (equals("admindir", ""), &[]),
            (equals("pid_with_namespace", "7"), &["y", "/var/lib/dpkg", "7", "42"]),
        ] {
            let (found, notes) = rows(&TABLE, host.clone(), &columns, vec![constraint.clone()]);
            assert_eq!(
                (found.concat(), notes.len()),
                (expect.iter().map(ToString::to_string).collect(), 0),
                "{constraint:?}"
            );
        }
    }

    #[test]
    fn while_dpkg_works() {
        let host = host()
            .file("/var/lib/dpkg/updates/0000", "Package: kept\nStatus: install ok unpacked\nVersion: 2\n")
            .file("/var/lib/dpkg/updates/0001", "Package: kept\nStatus: install ok installed\nVersion: 3\n")
            .file("/var/lib/dpkg/updates/0002", "Package: bash\nArchitecture: amd64\nStatus: purge ok not-installed\n")
            .file("/var/lib/dpkg/updates/tmp.i", "Package: half\nStatus: install ok in");
        check(&TABLE, host, &["name", "version", "status"], &[&["kept", "3", "install ok installed"]]);
    }

    #[test]
    fn an_entry_without_end() {
        let long = format!(
            "Package: x\nStatus: install ok installed\n{}\n",
            format!("A: {}\n", "b".repeat(1 << 20)).repeat(20)
        );
        let host = Mem::new().file("/var/lib/dpkg/status", format!("{long}\n{STATUS}"));
        let (found, notes) = rows(&TABLE, host, &["name"], Vec::new());
        assert_eq!((found.concat(), notes.len()), (vec!["x".to_owned(), "bash".to_owned(), "kept".to_owned()], 1));
    }
}
