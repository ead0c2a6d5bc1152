//! `apt_sources`: where apt gets packages from, as far as it has fetched what is there.
//!
//! Sources: `/etc/apt/sources.list` and `/etc/apt/sources.list.d/` (sources.list(5)), and the Release files in
//! `/var/lib/apt/lists`.

use crate::namespace;
use plumb_formats::apt::{Release, Source, deb822, one_line};
use plumb_host::{FileKind, join};
use plumb_schema::{Collation, Column, Cost, Cx, Ops, Platforms, Request, Rows, Table, text};
use std::sync::Arc;

/// A source, and what it says of itself.
pub struct Row {
    source: Source,
    file: Vec<u8>,
    release: Release,
    namespace: i64,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "apt_sources",
    doc: "Archives of binary packages that apt uses and has asked for news at least once.",
    on: Platforms::LINUX,
    columns: &[
        Col::text   ("name",          "URI without its scheme, and the suite",     |r| Some(r.source.name().into())),
        Col::text   ("source",        "File that names the archive",               |r| text(&r.file)),
        Col::text   ("base_uri",      "URI of the archive",                        |r| text(&r.source.uri)),
        Col::text   ("release",       "Code name of the release",                  |r| text(&r.release.codename)),
        Col::text   ("version",       "Version of the release",                    |r| text(&r.release.version)).collate(Collation::VersionDpkg),
        Col::text   ("maintainer",    "Who runs the archive (its origin)",         |r| text(&r.release.origin)),
        Col::text   ("components",    "Components of the archive",                 |r| text(&r.release.components)),
        Col::text   ("architectures", "Architectures of the archive",              |r| text(&r.release.architectures)),
        Col::integer("pid_with_namespace", "Process in whose mount namespace the files are", |r| Some(r.namespace)).additional().hidden().parameter(Ops::EQ),
    ],
    scan,
    cost: Cost { rows: 20, row: 100 },
    ..Table::EMPTY
};

const LIST: &[u8] = b"/etc/apt/sources.list";
const DIRECTORY: &[u8] = b"/etc/apt/sources.list.d";
const FETCHED: &[u8] = b"/var/lib/apt/lists";

fn scan(cx: &Arc<Cx>, request: &Request) -> Rows<Row> {
    Box::new(namespace::each(cx, request).flat_map(|(namespace, cx)| {
        let sources = files(&cx).into_iter().flat_map({
            let cx = Arc::clone(&cx);
            move |file| sources(&cx, file)
        });
        sources.filter_map(move |(source, file)| {
            let release = release(&cx, &source)?;
            Some(Row { source, file, release, namespace })
        })
    }))
}

/// The files that name sources: first those of the one-line form.
fn files(cx: &Cx) -> Vec<Vec<u8>> {
    let mut files = vec![LIST.to_vec()];
    if let Some(dir) = cx.open_dir(DIRECTORY) {
        let names = cx.names(&*dir, DIRECTORY);
        for ending in [&b".list"[..], b".sources"] {
            let found = names
                .iter()
                .filter(|(name, kind)| *kind != FileKind::Directory && name.ends_with(ending) && counts(name));
            files.extend(found.map(|(name, _)| join(DIRECTORY, name)));
        }
    }
    files
}

/// Whether apt reads a file of that name: it passes over hidden ones, and those with anything else than letters, digits,
/// `_`, `-` and `.` in their names.
fn counts(name: &[u8]) -> bool {
    !name.starts_with(b".") && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte))
}

fn sources(cx: &Cx, file: Vec<u8>) -> Vec<(Source, Vec<u8>)> {
    let Some(bytes) = cx.read(&file) else { return Vec::new() };
    let parse = if file.ends_with(b".sources") { deb822 } else { one_line };
    let found = parse(&bytes, &mut |odd| cx.note(&file, odd));
    found.into_iter().map(|source| (source, file.clone())).collect()
}

/// What apt has fetched last of a source.
fn release(cx: &Cx, source: &Source) -> Option<Release> {
    let read = |name: &[u8], kind: &str| cx.read(&[FETCHED, b"/", name, kind.as_bytes()].concat());
    let bytes =
        source.list_names().iter().find_map(|name| read(name, "InRelease").or_else(|| read(name, "Release")))?;
    Some(Release::parse(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, equals, rows};
    use plumb_host::Mem;

    const RELEASE: &str = "Origin: O\nVersion: 12\nCodename: c\nComponents: main\nArchitectures: all amd64\n";

    fn host() -> Mem {
        Mem::new()
            .file("/etc/apt/sources.list", "nonsense\ndeb http://h/d s main\ndeb-src http://h/d s\ndeb http://new s")
            .file("/etc/apt/sources.list.d/b.list", "deb file:/srv/my_repo ./\n")
            .file("/etc/apt/sources.list.d/a.sources", "Types: deb\nURIs: http://h/d\nSuites: s s-updates\n")
            .file("/etc/apt/sources.list.d/.hid.list", "deb http://h/d s")
            .file("/etc/apt/sources.list.d/b.list.save", "deb http://h/d s")
            .file("/etc/apt/sources.list.d/my own.list", "deb http://h/d s")
            .file("/etc/apt/sources.list.d/a+b.sources", "Types: deb\nURIs: http://h/d\nSuites: s\n")
            .dir("/etc/apt/sources.list.d/dir.list")
            .file("/var/lib/apt/lists/h_d_dists_s_InRelease", RELEASE)
            .file("/var/lib/apt/lists/h_d_dists_s_Release", "Codename: old\n")
            .file("/var/lib/apt/lists/_srv_my%5frepo_._Release", "Codename: flat")
    }

    #[test]
    fn archives() {
        check(
            &TABLE,
            host(),
            &["name", "source", "base_uri", "release", "version", "maintainer", "components", "architectures"],
            &[
                &["h/d s", "/etc/apt/sources.list", "http://h/d", "c", "12", "O", "main", "all amd64"],
                &["/srv/my_repo ./", "/etc/apt/sources.list.d/b.list", "file:/srv/my_repo", "flat", "", "", "", ""],
                &["h/d s", "/etc/apt/sources.list.d/a.sources", "http://h/d", "c", "12", "O", "main", "all amd64"],
            ],
        );
        let (_, notes) = rows(&TABLE, host(), &["name"], Vec::new());
        assert_eq!(notes.len(), 1, "{notes:?}");
        let (found, _) =
            rows(&TABLE, host().link("/proc/7/root", "/srv"), &["name"], vec![equals("pid_with_namespace", "7")]);
        assert_eq!(found, [[""; 0]; 0]);
    }
}
