//! Debian packages: `deb_packages`, `deb_package_files`.
//!
//! dpkg(1) keeps a paragraph (deb-control(5)) for every package in `/var/lib/dpkg/status`: the name of a field is the same in
//! any case, a line that begins with a blank goes on with the field before, whatever it looks like. What dpkg has done since
//! it last wrote that file is in numbered files of `updates`, a later paragraph in place of an earlier one. `info` has the
//! paths of a package, a line each; of packages that may be there for several architectures in a file for each of these.

use super::names::ended;
use super::{Draw, Files, Part, Pool, Question, Subject, cells};
use arbitrary::Result;
use std::collections::BTreeSet;

/// See the module.
pub static SUBJECT: Subject =
    Subject { name: "deb", tables: &["deb_packages", "deb_package_files"], needs: &[], generate };

#[derive(Debug)]
struct Packages {
    /// As of the last time that dpkg wrote all of it.
    written: Vec<Package>,
    /// Since then; of a package the last one counts.
    since: Vec<Package>,
    spelling: Spelling,
}

/// How the database is written.
#[derive(Debug)]
struct Spelling {
    lower: bool,
    colon: &'static str,
    blank_lines: usize,
    last_newline: bool,
}

/// A package in one state.
#[derive(Clone, Debug)]
struct Package {
    name: &'static str,
    arch: &'static str,
    want: &'static str,
    flag: &'static str,
    state: &'static str,
    /// As written, as dpkg says it, and the revision.
    version: (&'static str, &'static str, &'static str),
    source: Option<&'static str>,
    size: Option<u64>,
    maintainer: Vec<u8>,
    section: Option<&'static str>,
    priority: Option<&'static str>,
    /// `Multi-Arch`
    multi: Option<&'static str>,
    description: Vec<Vec<u8>>,
    /// What the list of its files says; nothing if the list is lost.
    paths: Option<Vec<Vec<u8>>>,
}

const STATUS: &[u8] = b"/var/lib/dpkg/status";
const UPDATES: &[u8] = b"/var/lib/dpkg/updates";
const NAMES: [&str; 7] = ["bash", "libc6", "lib32gcc-s1", "g++", "0ad", "python3.11", "libstdc++6"];
const STATES: [&str; 8] = [
    "installed",
    "installed",
    "config-files",
    "unpacked",
    "half-installed",
    "half-configured",
    "triggers-pending",
    "triggers-awaited",
];
const VERSIONS: [(&str, &str, &str); 6] = [
    ("5.2.15-2+b7", "5.2.15-2+b7", "2+b7"),
    ("1:1.2.13.dfsg-1", "1:1.2.13.dfsg-1", "1"),
    ("2024a", "2024a", ""),
    ("1.0~rc1-0.1~deb12u3", "1.0~rc1-0.1~deb12u3", "0.1~deb12u3"),
    ("2:4.13+dfsg1-1-2", "2:4.13+dfsg1-1-2", "2"),
    // An epoch of zero says nothing.
    ("0:3-4", "3-4", "4"),
];
/// Lines of descriptions that look like something else.
const TRAPS: [&[u8]; 6] = [b".", b"Status: purge ok not-installed", b"Package: x", b"Version: 9", b"\tText:", b"# a"];

fn generate(draw: &mut Draw<'_, '_>, pool: &mut Pool) -> Result<Box<dyn Part>> {
    let mut written: Vec<Package> = Vec::new();
    for _ in 0..draw.count(2, 6)? {
        let package = package(draw, pool)?;
        if !written.iter().any(|other| other.is(&package)) {
            written.push(package);
        }
    }
    let busy = draw.chance(3)?;
    let since = if busy { draw.count(1, 3)? } else { 0 };
    let since = (0..since).map(|_| package(draw, pool)).collect::<Result<_>>()?;
    let spelling = Spelling {
        lower: draw.odd(4)?,
        colon: if draw.odd(4)? { draw.pick(&[":", ":\t", ":  "])? } else { ": " },
        blank_lines: if draw.odd(4)? { 3 } else { 1 },
        last_newline: !draw.odd(4)?,
    };
    Ok(Box::new(Packages { written, since, spelling }))
}

fn package(draw: &mut Draw<'_, '_>, pool: &Pool) -> Result<Package> {
    let multi = draw.pick(&[Some("same"), Some("foreign"), None])?;
    let name = draw.pick(&NAMES)?;
    let gone = draw.chance(6)?;
    let state = if gone { "not-installed" } else { draw.pick(&STATES)? };
    let mut description = vec![draw.text(b"\n\r\x0b\x0c")?];
    for _ in 0..draw.count(0, 2)? {
        description.push(if draw.odd(2)? { draw.pick(&TRAPS)?.to_vec() } else { draw.word(b"\n\r\x0b\x0c")? });
    }
    let mut paths = vec![b"/.".to_vec()];
    for _ in 0..draw.count(0, 4)? {
        paths.push(if draw.chance(2)? { draw.pick(&pool.paths)? } else { draw.path(b"\n")? });
    }
    // No file system of this machine is written through a list, so newlines cannot be.
    paths.retain(|path| !path.contains(&b'\n'));
    Ok(Package {
        name,
        // Of the others there is one architecture only.
        arch: if multi == Some("same") { draw.pick(&["amd64", "i386"])? } else { "amd64" },
        want: draw.pick(&["install", "install", "deinstall", "purge", "hold", "unknown"])?,
        flag: draw.pick(&["ok", "ok", "reinstreq"])?,
        state,
        version: draw.pick(&VERSIONS)?,
        source: draw.pick(&[None, Some("glibc"), Some("gcc-12 (12.2.0-14)")])?,
        size: if draw.chance(4)? { None } else { Some(draw.size(i64::MAX.unsigned_abs())?) },
        maintainer: draw.text(b"\n\r\x0b\x0c")?.trim_ascii().to_vec(),
        section: draw.pick(&[Some("libs"), Some("non-free/utils"), None])?,
        priority: draw.pick(&[Some("required"), Some("important"), Some("standard"), Some("optional"), None])?,
        multi,
        description,
        paths: if draw.chance(5)? { None } else { Some(paths) },
    })
}

impl Package {
    fn is(&self, other: &Self) -> bool {
        self.name == other.name && self.arch == other.arch
    }

    fn is_there(&self) -> bool {
        self.state != "not-installed"
    }

    fn status(&self) -> String {
        format!("{} {} {}", self.want, self.flag, self.state)
    }

    fn paragraph(&self, spelling: &Spelling) -> Vec<u8> {
        let mut text = Vec::new();
        let mut field = |name: &str, value: Option<&[u8]>| {
            let Some(value) = value.filter(|value| !value.is_empty()) else { return };
            let name = if spelling.lower { name.to_ascii_lowercase() } else { name.to_owned() };
            text.extend([name.as_bytes(), spelling.colon.as_bytes(), value, b"\n"].concat());
        };
        let bytes = |text: Option<&'static str>| text.map(str::as_bytes);
        field("Package", Some(self.name.as_bytes()));
        field("Status", Some(self.status().as_bytes()));
        field("Priority", bytes(self.priority));
        field("Section", bytes(self.section));
        field("Installed-Size", self.size.map(|size| size.to_string()).as_deref().map(str::as_bytes));
        field("Maintainer", Some(&self.maintainer));
        field("Architecture", Some(self.arch.as_bytes()));
        field("Multi-Arch", bytes(self.multi));
        field("Source", bytes(self.source));
        field("Version", Some(self.version.0.as_bytes()));
        field("Depends", Some(b"libc6 (>= 2.36), x:any | y (= 1-2)"));
        text.extend(b"Conffiles:\n /etc/x 0123456789abcdef0123456789abcdef\n /etc/y newconffile obsolete\n");
        text.extend([b"Description: ", &self.description.join(&b"\n "[..])[..], b"\n"].concat());
        text
    }

    /// The file with its paths: by architecture where there may be several.
    fn list(&self) -> Vec<u8> {
        let arch = if self.multi == Some("same") { format!(":{}", self.arch) } else { String::new() };
        format!("/var/lib/dpkg/info/{}{arch}.list", self.name).into_bytes()
    }
}

impl Packages {
    /// The packages as they are now.
    fn now(&self) -> Vec<&Package> {
        let mut found: Vec<&Package> = Vec::new();
        for package in self.written.iter().chain(&self.since) {
            match found.iter_mut().find(|other| other.is(package)) {
                Some(other) => *other = package,
                None => found.push(package),
            }
        }
        found.retain(|package| package.is_there());
        found
    }
}

impl Part for Packages {
    fn render(&self, files: &mut Files) {
        let between = b"\n".repeat(self.spelling.blank_lines);
        let paragraphs = self.written.iter().map(|package| package.paragraph(&self.spelling));
        let mut status = paragraphs.collect::<Vec<_>>().join(&between[..]);
        if !self.spelling.last_newline {
            status.pop();
        }
        files.file(STATUS, status);
        for (number, package) in self.since.iter().enumerate() {
            files.file(format!("/var/lib/dpkg/updates/{number:04}"), package.paragraph(&self.spelling));
        }
        if !self.since.is_empty() {
            files.file("/var/lib/dpkg/updates/tmp.i", "Package: half\nStatus: install ok inst");
        }
        for package in self.now() {
            if let Some(paths) = &package.paths {
                files.file(package.list(), ended(paths.iter().cloned(), self.spelling.last_newline));
            }
        }
        files.file("/var/lib/dpkg/info/never-heard-of.list", "/no\n");
    }

    fn ask(&self, table: &str) -> Vec<Question> {
        vec![if table == "deb_packages" { self.ask_packages() } else { self.ask_files() }]
    }
}

const ADMINDIR: &str = "/var/lib/dpkg";

impl Packages {
    fn ask_packages(&self) -> Question {
        let columns = &[
            "name",
            "version",
            "source",
            "size",
            "arch",
            "revision",
            "status",
            "maintainer",
            "section",
            "priority",
            "admindir",
        ];
        let mut question = Question::of("deb_packages", columns);
        for package in self.now() {
            let Package { name, version, arch, size, maintainer, .. } = package;
            let row = cells![
                *name,
                version.1,
                package.source.unwrap_or_default(),
                size,
                *arch,
                version.2,
                package.status(),
                maintainer,
                package.section.unwrap_or_default(),
                // dpkg's word for it.
                package.priority.unwrap_or("unknown"),
                ADMINDIR,
            ];
            question.row(&[STATUS, UPDATES], row);
        }
        question
    }

    /// What the architectures of a package have in common is there once.
    fn ask_files(&self) -> Question {
        let mut question = Question::of("deb_package_files", &["package", "path", "admindir"]);
        let now = self.now();
        let mut seen = BTreeSet::new();
        for package in &now {
            let lists: Vec<Vec<u8>> =
                now.iter().filter(|other| other.name == package.name).map(|other| other.list()).collect();
            let sources: Vec<&[u8]> = lists.iter().map(Vec::as_slice).chain([STATUS, UPDATES]).collect();
            for path in package.paths.iter().flatten().filter(|path| seen.insert((package.name, *path))) {
                question.row(&sources, cells![package.name, path, ADMINDIR]);
            }
        }
        question
    }
}
