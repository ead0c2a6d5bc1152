//! Hosts to text.

use super::escape::{escape, hex, is_plain};
use super::{HostText, Item, Thing, blocks};
use plumb_host::{Access, Dump, FileKind};
use std::fmt::Write as _;

/// The kind of block that says what netlink answers.
pub(super) const NETLINK: &str = "netlink";

/// Bytes on a line of hexadecimal digits.
const WIDTH: usize = 32;

pub(crate) fn host(host: &HostText, out: &mut String) {
    if let Some(now) = host.clock {
        let nanos = if now.nanos == 0 { String::new() } else { format!(".{:09}", now.nanos) };
        blocks::write(out, &format!("clock {}{nanos}", now.secs), "");
    }
    host.items.iter().for_each(|one| item(one, out));
    host.dumps.iter().for_each(|one| dump(one, out));
}

fn dump(dump: &Dump, out: &mut String) {
    let body = if dump.body.is_empty() { "-".to_owned() } else { hex(&dump.body) };
    let header = format!("{NETLINK} {} {} {body} {}", dump.protocol, dump.kind, word(&dump.namespace));
    // An empty datagram says nothing.
    let datagrams = dump.datagrams.iter().filter(|datagram| !datagram.is_empty());
    let texts: Vec<String> = datagrams.map(|datagram| digits(datagram)).collect();
    blocks::write(out, header.trim_end(), &texts.join("\n"));
}

/// Lines of hexadecimal digits.
fn digits(bytes: &[u8]) -> String {
    bytes.chunks(WIDTH).flat_map(|line| [hex(line), "\n".to_owned()]).collect()
}

/// A word of a header.
pub(crate) fn word(bytes: &[u8]) -> String {
    escape(bytes, &|c| c.is_whitespace())
}

fn item(item: &Item, out: &mut String) {
    let path = word(&item.path);
    let mode = item.mode().map_or(String::new(), |mode| format!(" {mode:o}"));
    match &item.thing {
        Some(Thing::File(bytes)) => {
            let content = content(bytes);
            let unended = if content.unended { " unended" } else { "" };
            blocks::write(out, &format!("{} {path}{mode}{unended}", content.kind), &content.text);
        }
        Some(Thing::Dir) => blocks::write(out, &format!("dir {path}{mode}"), ""),
        // The target is the rest of the line, so that only blanks at its ends are in doubt.
        Some(Thing::Link(target)) => {
            let blank = target.first().is_some_and(u8::is_ascii_whitespace)
                || target.last().is_some_and(u8::is_ascii_whitespace);
            let target = escape(target, &|c| c == '\n' || c == '\t' || blank && c.is_whitespace());
            blocks::write(out, format!("link {path} {target}").trim_end(), "");
        }
        Some(Thing::Node(kind)) => blocks::write(out, &format!("{} {path}{mode}", kind_name(*kind)), ""),
        None => {}
    }
    let in_header = matches!(item.thing, Some(Thing::File(_) | Thing::Dir | Thing::Node(_)));
    let mut fields = String::new();
    for (field, value) in item.stat.iter().filter(|(field, _)| !(in_header && field.name() == "mode")) {
        let _ = match field.name() {
            "mode" => write!(fields, " mode={value:o}"),
            name => write!(fields, " {name}={value}"),
        };
    }
    if !fields.is_empty() {
        blocks::write(out, &format!("stat {path}{fields}"), "");
    }
    for (name, value) in &item.xattrs {
        blocks::write(out, format!("xattr {path} {} {}", word(name), word(value)).trim_end(), "");
    }
    faults(&path, &item.faults, out);
}

fn faults(path: &str, faults: &[(Access, i32)], out: &mut String) {
    let same = |errno: i32| Access::ALL.iter().all(|access| faults.contains(&(*access, errno)));
    if let Some((_, errno)) = faults.first().filter(|(_, errno)| faults.len() == Access::ALL.len() && same(*errno)) {
        blocks::write(out, &format!("fail {path} all {}", errno_name(*errno)), "");
        return;
    }
    for (access, errno) in faults {
        blocks::write(out, &format!("fail {path} {} {}", access_name(*access), errno_name(*errno)), "");
    }
}

pub(crate) struct Content {
    /// The word that begins the block.
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    pub(crate) unended: bool,
}

/// The kind of block in which a content is easiest to read.
pub(crate) fn content(bytes: &[u8]) -> Content {
    let shows = |text: &str| text.chars().all(|c| is_plain(c) || c == '\n' || c == '\t');
    let plain = |bytes: Vec<u8>| String::from_utf8(bytes).ok().filter(|text| shows(text));
    let new = |kind, text: String| {
        let unended = !text.is_empty() && !text.ends_with('\n');
        Content { kind, text, unended }
    };
    if let Some(text) = plain(bytes.to_vec()) {
        return new("file", text);
    }
    if !bytes.contains(&b'\n')
        && let Some(text) = plain(bytes.iter().map(|byte| if *byte == 0 { b'\n' } else { *byte }).collect())
    {
        return new("nul", text);
    }
    let escaped = escape(bytes, &|_| false);
    if escaped.len() <= bytes.len() * 2 {
        return new("escaped", escaped);
    }
    Content { kind: "hex", text: digits(bytes), unended: false }
}

/// Names of inodes that are neither file nor directory nor link.
pub(super) const KINDS: [(&str, FileKind); 5] = [
    ("fifo", FileKind::Fifo),
    ("socket", FileKind::Socket),
    ("character", FileKind::Character),
    ("block", FileKind::Block),
    ("unknown", FileKind::Unknown),
];

fn kind_name(kind: FileKind) -> &'static str {
    KINDS.iter().find(|(_, known)| *known == kind).map_or("unknown", |(name, _)| name)
}

/// Names of accesses.
pub(super) const ACCESSES: [(&str, Access); 6] = [
    ("open", Access::Open),
    ("read", Access::Read),
    ("list", Access::List),
    ("stat", Access::Stat),
    ("walk", Access::Walk),
    ("xattrs", Access::Xattrs),
];

fn access_name(access: Access) -> &'static str {
    ACCESSES.iter().find(|(_, known)| *known == access).map_or("all", |(name, _)| name)
}

/// Names of errors that hosts have, and Linux's numbers of them.
pub(super) const ERRORS: [(&str, i32); 14] = [
    ("EPERM", 1),
    ("ENOENT", 2),
    ("ESRCH", 3),
    ("EINTR", 4),
    ("EIO", 5),
    ("EACCES", 13),
    ("ENODEV", 19),
    ("ENOTDIR", 20),
    ("EISDIR", 21),
    ("EINVAL", 22),
    ("ENAMETOOLONG", 36),
    ("ELOOP", 40),
    ("EOPNOTSUPP", 95),
    ("ESTALE", 116),
];

fn errno_name(errno: i32) -> String {
    let known = ERRORS.iter().find(|(_, known)| *known == errno);
    known.map_or_else(|| errno.to_string(), |(name, _)| (*name).to_owned())
}
