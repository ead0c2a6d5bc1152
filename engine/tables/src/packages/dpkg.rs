//! dpkg's database, of which the tables about Debian packages are views.

use crate::stream::Lines;
use plumb_formats::dpkg::Package;
use plumb_host::join;
use plumb_schema::{Cx, Op, Request};
use std::sync::Arc;

/// Where the database is unless a statement says otherwise.
const ADMINDIR: &[u8] = b"/var/lib/dpkg";
/// The longest entry; what goes beyond is left out, with a note.
const LONGEST: usize = 16 << 20;

/// The databases that a request names (`admindir`), without one that of the host.
pub(super) fn databases(request: &Request) -> Vec<Vec<u8>> {
    if !request.constrains("admindir", Op::Eq) {
        return vec![ADMINDIR.to_vec()];
    }
    let mut found: Vec<Vec<u8>> = Vec::new();
    for directory in request.texts("admindir", Op::Eq).filter(|text| !text.is_empty()) {
        if !found.iter().any(|known| known == directory) {
            found.push(directory.to_vec());
        }
    }
    found
}

/// Whether it is the database of the host.
pub(super) fn is_default(admindir: &[u8]) -> bool {
    admindir == ADMINDIR
}

/// The packages of a database of which anything is present, in its order, one at a time.
///
/// While dpkg works, what it has done so far is in the files of `updates`: entries there come in place of those in
/// `status`.
pub(super) fn packages(cx: &Arc<Cx>, admindir: &[u8]) -> impl Iterator<Item = Package> + use<> {
    let status = Stanzas::open(cx, join(admindir, b"status"));
    let updates = if status.is_some() { updates(cx, &join(admindir, b"updates")) } else { Vec::new() };
    let is_updated = {
        let updated: Vec<_> = updates.iter().map(|package| (package.name.clone(), package.arch.clone())).collect();
        move |package: &Package| updated.iter().any(|(name, arch)| *name == package.name && *arch == package.arch)
    };
    let status = status.into_iter().flatten().filter_map(|stanza| Package::parse(&stanza));
    status.filter(move |package| !is_updated(package)).chain(updates).filter(Package::is_present)
}

fn updates(cx: &Arc<Cx>, path: &[u8]) -> Vec<Package> {
    let Some(dir) = cx.open_dir(path) else { return Vec::new() };
    let mut found: Vec<Package> = Vec::new();
    // All names have the same length: their order is that of their numbers.
    for (name, _) in cx.names(&*dir, path).iter().filter(|(name, _)| name.iter().all(u8::is_ascii_digit)) {
        for package in Stanzas::open(cx, join(path, name)).into_iter().flatten().filter_map(|s| Package::parse(&s)) {
            found.retain(|old| old.name != package.name || old.arch != package.arch);
            found.push(package);
        }
    }
    found
}

/// The entries of a file, as bytes. One is in memory at a time.
struct Stanzas {
    cx: Arc<Cx>,
    path: Vec<u8>,
    lines: Lines,
}

impl Stanzas {
    fn open(cx: &Arc<Cx>, path: Vec<u8>) -> Option<Self> {
        Some(Self { cx: Arc::clone(cx), lines: Lines::open(cx, &path)?, path })
    }
}

impl Iterator for Stanzas {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut stanza = Vec::new();
        let mut cut = false;
        while let Some(line) = self.lines.advance() {
            match line.trim_ascii().is_empty() {
                true if stanza.is_empty() => {}
                true => break,
                false if stanza.len() + line.len() > LONGEST => cut = true,
                false => {
                    stanza.extend_from_slice(line);
                    stanza.push(b'\n');
                }
            }
        }
        if cut {
            self.cx.note(&self.path, format_args!("an entry beyond {LONGEST} bytes is cut"));
        }
        (!stanza.is_empty()).then_some(stanza)
    }
}
