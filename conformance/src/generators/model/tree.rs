//! Trees of files: `file`, `hash`, `suid_bin`.
//!
//! stat(2) and readlink(2): of a link, all but the link itself is told of what it leads to. Digests are those that md5sum,
//! sha1sum and sha256sum give for the same contents. Programs with setuid or setgid (inode(7)) count wherever they lie below
//! the directories of programs and `/tmp`; `/bin` may be a link to `/usr/bin`.

use super::files::{Meta, Thing};
use super::{Draw, Files, Part, Pool, Question, Subject, Value, accounts, cells};
use crate::generators::host::literal;
use arbitrary::Result;
use plumb_host::FileKind;

/// See the module.
pub static SUBJECT: Subject =
    Subject { name: "tree", tables: &["file", "hash", "suid_bin"], needs: &[&accounts::SUBJECT], generate };

#[derive(Debug)]
struct Tree {
    entries: Vec<Entry>,
    programs: Vec<Program>,
    /// Whether `/bin` and `/sbin` are links.
    merged: bool,
    users: Vec<(u32, Vec<u8>)>,
    groups: Vec<(u32, Vec<u8>)>,
}

/// What stands in the directory.
#[derive(Debug)]
struct Entry {
    name: Vec<u8>,
    what: What,
    meta: Meta,
}

#[derive(Debug)]
enum What {
    Regular(&'static Content),
    Directory,
    Node(FileKind, &'static str),
    /// A link to the entry of that place, or nowhere.
    Link(Option<usize>),
}

#[derive(Debug)]
struct Program {
    path: Vec<u8>,
    meta: Meta,
}

/// A content, and its digests by MD5, SHA-1 and SHA-256.
type Content = (fn() -> Vec<u8>, [&'static str; 3]);

static CONTENTS: [Content; 6] = [
    (
        || b"#!/bin/sh\nexit 0\n".to_vec(),
        [
            "33e4fd94e2560e008e2c3b431d0e3419",
            "504519c842b7202250315ef562069e4ce10da99c",
            "306c6ca7407560340797866e077e053627ad409277d1b9da58106fce4cf717cb",
        ],
    ),
    (
        Vec::new,
        [
            "d41d8cd98f00b204e9800998ecf8427e",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ],
    ),
    (
        || vec![0],
        [
            "93b885adfe0da089cdf634904fd59f71",
            "5ba93c9db0cff93f52b521d7420e43f6eda2784f",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        ],
    ),
    (
        || (0..=255).collect(),
        [
            "e2c865db4162bed963bfaa9ef6ac18f0",
            "4916d6bdb7f78e6803698cab32d1586ea457dfc8",
            "40aff2e9d2d8922e47afd4648e6967497158785fbd1da870e7110266bf944880",
        ],
    ),
    (
        || vec![b'y'; 65_536],
        [
            "3e3b68be314e87d77379758cc7de5ed6",
            "6d73b8c081f8e5239f1521a84c73dee30340aaec",
            "0cf123b0126165f0de1c42fa66f11e82ff6f6d37d6bcfcbeb0f9cf7c7ad8733c",
        ],
    ),
    (
        || vec![b'x'; 70_000],
        [
            "bbe08e77a44b51de811b3d30272b9916",
            "c470329cc624dc097102eb4fc87a0ecfdf013186",
            "bca09f4a757d5571c7d9f3341d4301f3c391c090826acc1a3013c6bcb7c01722",
        ],
    ),
];

const NODES: [(FileKind, &str); 4] = [
    (FileKind::Fifo, "fifo"),
    (FileKind::Socket, "socket"),
    (FileKind::Character, "character"),
    (FileKind::Block, "block"),
];
/// Where everything stands that is asked for by its directory.
const TOP: &[u8] = b"/srv/tree";
const PROGRAMS: [&str; 6] =
    ["/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/deep/er/", "/tmp/", "/usr/bin/.hidden/"];

fn generate(draw: &mut Draw<'_, '_>, pool: &mut Pool) -> Result<Box<dyn Part>> {
    let mut entries: Vec<Entry> = Vec::new();
    for _ in 0..draw.count(2, 7)? {
        let mut name = draw.file_name(b"")?;
        // Names come once.
        while entries.iter().any(|entry| entry.name == name) {
            name.push(b'_');
        }
        let what = what(draw, entries.len())?;
        entries.push(Entry { name, what, meta: meta(draw, pool)? });
    }
    let mut programs: Vec<Program> = Vec::new();
    for _ in 0..draw.count(2, 6)? {
        let mut path = [draw.pick(&PROGRAMS)?.as_bytes(), &draw.file_name(b"")?].concat();
        while programs.iter().any(|program| program.path == path) || path.ends_with(b"/er") {
            path.push(b'_');
        }
        let bits = draw.pick(&[0o4000, 0o2000, 0o6000, 0, 0o1000])?;
        let meta = meta(draw, pool)?;
        programs.push(Program { path, meta: Meta { mode: meta.mode & 0o777 | bits, ..meta } });
    }
    let (users, groups) = (pool.user_names.clone(), pool.group_names.clone());
    Ok(Box::new(Tree { entries, programs, merged: draw.chance(2)?, users, groups }))
}

fn what(draw: &mut Draw<'_, '_>, before: usize) -> Result<What> {
    Ok(match draw.number(0, 7)? {
        0..=3 => What::Regular(draw.pick(&CONTENTS.iter().collect::<Vec<_>>())?),
        4 => What::Directory,
        5 => {
            let (kind, name) = draw.pick(&NODES)?;
            What::Node(kind, name)
        }
        6 if before > 0 => What::Link(Some(draw.count(0, before - 1)?)),
        _ => What::Link(None),
    })
}

fn meta(draw: &mut Draw<'_, '_>, pool: &Pool) -> Result<Meta> {
    let mut times = [0; 3];
    for time in &mut times {
        *time = match draw.odd(4)? {
            true => draw.pick(&[0, -1, 1 << 31, (1 << 32) + 1])?,
            false => pool.now - i64::from(draw.small(0, 10_000_000)?),
        };
    }
    Ok(Meta {
        mode: draw.pick(&[0o644, 0o755, 0o600, 0o7777, 0o1777, 0])?,
        uid: draw.pick(&pool.ids)?,
        gid: draw.pick(&pool.ids)?,
        times,
        inode: draw.pick(&pool.inodes)?,
        device: draw.number(0, 70_000)?,
    })
}

impl Tree {
    fn path(entry: &Entry) -> Vec<u8> {
        [TOP, b"/", &entry.name].concat()
    }

    /// What an entry leads to: itself, or what the links end at.
    fn target<'t>(&'t self, entry: &'t Entry) -> Option<&'t Entry> {
        match entry.what {
            // Links lead to entries before them, so this ends.
            What::Link(Some(place)) => self.entries.get(place).and_then(|next| self.target(next)),
            What::Link(None) => None,
            _ => Some(entry),
        }
    }

    fn link_text(&self, entry: &Entry) -> Option<Vec<u8>> {
        match entry.what {
            What::Link(Some(place)) => self.entries.get(place).map(|target| target.name.clone()),
            What::Link(None) => Some(b"../no where".to_vec()),
            _ => None,
        }
    }

    /// The paths without which what is told of an entry may change.
    fn sources(&self, entry: &Entry) -> Vec<Vec<u8>> {
        let mut sources = vec![Self::path(entry)];
        if let What::Link(Some(place)) = entry.what {
            sources.extend(self.entries.get(place).map(|next| self.sources(next)).unwrap_or_default());
        }
        sources
    }

    fn name(names: &[(u32, Vec<u8>)], id: u32) -> Vec<u8> {
        let known = names.iter().find(|(known, _)| *known == id).map(|(_, name)| name.clone());
        known.unwrap_or_else(|| id.to_string().into_bytes())
    }

    /// Everything of what is there, by directory and by path.
    fn ask_files(&self) -> Vec<Question> {
        let columns = &[
            "path",
            "directory",
            "filename",
            "inode",
            "uid",
            "gid",
            "mode",
            "device",
            "atime",
            "mtime",
            "ctime",
            "type",
        ];
        let links = &["path", "filename", "symlink", "symlink_target_path"];
        let by_directory = format!("file t WHERE t.directory = {}", text(TOP));
        let paths: Vec<String> = self.entries.iter().map(|entry| text(&Self::path(entry))).collect();
        let by_path = format!("file t WHERE t.path IN ({})", paths.join(", "));
        let ask = |columns, from: &str| Question { from: from.to_owned(), ..Question::of("file", columns) };
        let mut found = ask(columns, &format!("{by_directory} AND t.type <> 'unknown'"));
        let mut same = ask(columns, &format!("{by_path} AND t.type <> 'unknown'"));
        let mut sized = ask(&["path", "size"], &format!("{by_path} AND t.type = 'regular'"));
        let (mut linked, mut looked) = (ask(links, &by_directory), ask(links, &by_path));
        for entry in &self.entries {
            let (path, sources) = (Self::path(entry), self.sources(entry));
            let sources: Vec<&[u8]> = sources.iter().map(Vec::as_slice).collect();
            let link = self.link_text(entry);
            let row = cells![path, entry.name, i32::from(link.is_some()), link.unwrap_or_default()];
            linked.row(&sources, row.clone());
            looked.row(&sources, row);
            let Some(target) = self.target(entry) else { continue };
            let Meta { mode, uid, gid, times: [atime, mtime, ctime], inode, device } = target.meta;
            let (kind, mode) = (target.what.kind(), format!("{mode:04o}"));
            let row = cells![path, TOP, entry.name, inode, uid, gid, mode, device, atime, mtime, ctime, kind];
            found.row(&sources, row.clone());
            same.row(&sources, row);
            if let What::Regular(content) = target.what {
                sized.row(&sources, cells![path, (content.0)().len()]);
            }
        }
        vec![found, same, sized, linked, looked]
    }

    fn ask_digests(&self) -> Vec<Question> {
        let columns = &["path", "directory", "md5", "sha1", "sha256"];
        let from = format!("hash t WHERE t.directory = {}", text(TOP));
        let mut question = Question { from, ..Question::of("hash", columns) };
        for entry in &self.entries {
            let Some(What::Regular(content)) = self.target(entry).map(|target| &target.what) else { continue };
            let sources = self.sources(entry);
            let sources: Vec<&[u8]> = sources.iter().map(Vec::as_slice).collect();
            let [md5, sha1, sha256] = content.1;
            question.row(&sources, cells![Self::path(entry), TOP, md5, sha1, sha256]);
        }
        vec![question]
    }

    fn ask_programs(&self) -> Vec<Question> {
        let mut question = Question::of("suid_bin", &["path", "username", "groupname", "permissions"]);
        for Program { path, meta } in &self.programs {
            let letters = match (meta.mode & 0o4000 != 0, meta.mode & 0o2000 != 0) {
                (true, true) => "SG",
                (true, false) => "S",
                (false, true) => "G",
                (false, false) => continue,
            };
            let row = |path: &[u8]| {
                cells![path, Self::name(&self.users, meta.uid), Self::name(&self.groups, meta.gid), letters]
            };
            let sources: [&[u8]; 5] = [path, b"/etc/passwd", b"/etc/group", b"/bin", b"/sbin"];
            question.row(&sources, row(path));
            let merged =
                path.strip_prefix(b"/usr").filter(|rest| rest.starts_with(b"/bin/") || rest.starts_with(b"/sbin/"));
            if let Some(short) = merged.filter(|_| self.merged) {
                question.row(&sources, row(short));
            }
        }
        vec![question]
    }
}

impl What {
    fn kind(&self) -> &'static str {
        match self {
            Self::Regular(_) => "regular",
            Self::Directory => "directory",
            Self::Node(_, name) => name,
            Self::Link(_) => "unknown",
        }
    }
}

fn text(bytes: &[u8]) -> String {
    literal(&Value::Text(bytes.to_vec().into()))
}

impl Part for Tree {
    fn render(&self, files: &mut Files) {
        files.put(TOP, Thing::Dir);
        for entry in &self.entries {
            let path = Self::path(entry);
            match &entry.what {
                What::Regular(content) => files.file(&path[..], (content.0)()),
                What::Directory => files.put(&path[..], Thing::Dir),
                What::Node(kind, _) => files.put(&path[..], Thing::Node(*kind)),
                What::Link(_) => files.link(&path[..], self.link_text(entry).unwrap_or_default()),
            }
            files.meta(path, entry.meta);
        }
        for Program { path, meta } in &self.programs {
            files.file(&path[..], "\x7fELF");
            files.meta(&path[..], *meta);
        }
        if self.merged {
            files.link("/bin", "usr/bin");
            files.link("/sbin", "usr/sbin");
        }
    }

    fn ask(&self, table: &str) -> Vec<Question> {
        match table {
            "file" => self.ask_files(),
            "hash" => self.ask_digests(),
            _ => self.ask_programs(),
        }
    }
}
