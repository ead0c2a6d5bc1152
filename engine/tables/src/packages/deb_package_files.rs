//! `deb_package_files`: the files that Debian packages have brought.
//!
//! Source: `info/NAME.list` in dpkg's database; `info/NAME:ARCH.list` for packages of which several architectures may
//! be installed together.

use super::dpkg;
use plumb_host::join;
use plumb_schema::{Column, Cost, Cx, Ops, Platforms, Request, Rows, Table, text};
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

/// A line of a package's list.
pub struct File {
    lists: Rc<Lists>,
    line: Range<usize>,
}

/// The lists of one package, all architectures together.
struct Lists {
    package: Vec<u8>,
    admindir: Rc<[u8]>,
    bytes: Vec<u8>,
}

type Col = Column<File>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<File> = Table {
    name: "deb_package_files",
    doc: "Files and directories that installed Debian packages have brought.",
    on: Platforms::LINUX,
    columns: &[
        Col::text("package",  "Name of the package",          |f| text(&f.lists.package)).index_text(by_package).optimized(),
        Col::text("path",     "Path, as dpkg lists it",       |f| text(f.path())).key(),
        Col::text("admindir", "Directory of dpkg's database", |f| text(&f.lists.admindir)).additional().optimized().parameter(Ops::EQ),
    ],
    scan,
    unique: true,
    cost: Cost { rows: 100_000, row: 1 },
    ..Table::EMPTY
};

impl File {
    fn path(&self) -> &[u8] {
        self.lists.bytes.get(self.line.clone()).unwrap_or_default()
    }
}

fn scan(cx: &Arc<Cx>, request: &Request) -> Rows<File> {
    let cx = Arc::clone(cx);
    Box::new(dpkg::databases(request).into_iter().flat_map(move |admindir| {
        let installed = Installed::of(&cx, &admindir);
        let (cx, admindir): (_, Rc<[u8]>) = (Arc::clone(&cx), admindir.into());
        let names: Vec<Vec<u8>> = installed.0.keys().cloned().collect();
        names.into_iter().flat_map(move |name| files(&cx, &admindir, &installed, name))
    }))
}

fn by_package(cx: &Arc<Cx>, package: &[u8], request: &Request) -> Rows<File> {
    let (cx, package) = (Arc::clone(cx), package.to_vec());
    Box::new(dpkg::databases(request).into_iter().flat_map(move |admindir| {
        let installed = Installed::of(&cx, &admindir);
        files(&cx, &admindir.into(), &installed, package.clone())
    }))
}

/// Architecture, and whether others may be installed beside it, of the packages that are there.
struct Installed(BTreeMap<Vec<u8>, Vec<(Vec<u8>, bool)>>);

impl Installed {
    fn of(cx: &Arc<Cx>, admindir: &[u8]) -> Arc<Self> {
        let read = || {
            let mut found: BTreeMap<Vec<u8>, Vec<_>> = BTreeMap::new();
            for package in dpkg::packages(cx, admindir).filter(|package| is_name(&package.name)) {
                found.entry(package.name).or_default().push((package.arch, package.same));
            }
            Self(found)
        };
        if dpkg::is_default(admindir) { cx.memo(|_| read()) } else { Arc::new(read()) }
    }
}

/// Whether it can be part of a file's name.
fn is_name(name: &[u8]) -> bool {
    !name.iter().any(|byte| matches!(byte, b'/' | 0))
}

/// The files of one package. What several architectures share is there once.
fn files(cx: &Cx, admindir: &Rc<[u8]>, installed: &Installed, package: Vec<u8>) -> impl Iterator<Item = File> + use<> {
    let mut bytes = Vec::new();
    let info = join(admindir, b"info/");
    for (arch, same) in installed.0.get(&package).into_iter().flatten() {
        let plain = [&info, &package, &b".list"[..]].concat();
        let with_arch = [&info, &package, &b":"[..], arch, b".list"].concat();
        let (first, second) = if *same && is_name(arch) { (with_arch, plain) } else { (plain, with_arch) };
        match cx.read(&first).or_else(|| cx.read(&second)) {
            Some(list) => bytes.extend(list),
            None => cx.note(&first, "the list of the package's files is missing"),
        }
        bytes.push(b'\n');
    }
    let lines = lines(&bytes);
    let lists = Rc::new(Lists { package, admindir: Rc::clone(admindir), bytes });
    lines.into_iter().map(move |line| File { lists: Rc::clone(&lists), line })
}

/// Where the lines are that are not empty, each once.
fn lines(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut seen = HashSet::new();
    let mut start = 0;
    let mut found = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        if !line.is_empty() && seen.insert(line) {
            found.push(start..start + line.len());
        }
        start += line.len() + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_seeks, cx, equals, rows};
    use plumb_host::Mem;
    use plumb_schema::{AnyTable, Value};

    fn host() -> Mem {
        let status = "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: foreign\n\n\
            Package: lib\nStatus: install ok installed\nArchitecture: i386\nMulti-Arch: same\n\n\
            Package: lib\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: same\n\n\
            Package: listless\nStatus: install ok installed\nArchitecture: all\n\n\
            Package: ../../../secret\nStatus: install ok installed\nArchitecture: all\n\n\
            Package: gone\nStatus: purge ok not-installed\n";
        Mem::new()
            .file("/var/lib/dpkg/status", status)
            .file("/var/lib/dpkg/info/bash.list", "/.\n/bin\n/bin/bash\n/bin\n\n/last")
            .file("/var/lib/dpkg/info/lib:i386.list", "/usr\n/usr/i386.so\n")
            .file("/var/lib/dpkg/info/lib:amd64.list", "/usr\n/usr/amd64.so\n")
            .file("/var/lib/dpkg/info/gone.list", "/gone\n")
            .file("/var/secret.list", "/secret\n")
            .file("/x/status", "Package: lib\nStatus: install ok installed\nArchitecture: amd64\n")
            .file("/x/info/lib:amd64.list", b"/x\xff")
    }

    #[test]
    fn lists() {
        check(
            &TABLE,
            host(),
            &["package", "path", "admindir"],
            &[
                &["bash", "/.", "/var/lib/dpkg"],
                &["bash", "/bin", "/var/lib/dpkg"],
                &["bash", "/bin/bash", "/var/lib/dpkg"],
                &["bash", "/last", "/var/lib/dpkg"],
                &["lib", "/usr", "/var/lib/dpkg"],
                &["lib", "/usr/i386.so", "/var/lib/dpkg"],
                &["lib", "/usr/amd64.so", "/var/lib/dpkg"],
            ],
        );
        check_seeks(&TABLE, host());
        let (found, notes) = rows(&TABLE, host(), &["path", "admindir"], vec![equals("admindir", "/x")]);
        assert_eq!((found, notes.len()), (vec![vec!["/x\u{fffd}".to_owned(), "/x".to_owned()]], 0));
    }

    #[test]
    fn of_a_package() {
        let (cx, _) = cx("deb_package_files", host());
        let table: &dyn AnyTable = &TABLE;
        for (package, expect) in [("lib", 3), ("gone", 0), ("none", 0), ("../../../secret", 0), ("listless", 0)] {
            let value = Value::Text(package.as_bytes().into());
            let mut rows = table.pick(&cx, 0, &value, &Request::all(table.specs())).expect("text");
            let mut count = 0;
            while rows.advance() {
                count += 1;
            }
            assert_eq!(count, expect, "{package}");
        }
    }
}
