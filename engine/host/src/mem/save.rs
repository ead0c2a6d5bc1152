//! Trees to tar archives.

use super::tree::{Content, Node, Tree};
use super::{Mem, dumps};
use crate::api::{FileKind, Stat};
use crate::join;
use crate::netlink::Dump;
use std::collections::HashMap;
use std::io::{self, Write};
use tar::{Builder, EntryType, Header};

impl Mem {
    /// Writes the tree as a tar archive with pax headers, for [`Mem::from_tar`] and for tar itself. Sockets are left
    /// out, because archives have none; so are injected errors, and sizes that are not those of the content.
    ///
    /// # Errors
    /// Those of writing.
    pub fn to_tar(&self, archive: impl Write) -> io::Result<()> {
        let tree = self.root.tree();
        let mut save = Save { tree, archive: Builder::new(archive), names: HashMap::new() };
        // Paths are relative, and end with a slash for directories.
        save.dumps(self.dumps())?;
        let mut todo = vec![(b"./".to_vec(), self.root.node())];
        while let Some((path, index)) = todo.pop() {
            let Some(node) = tree.get(index) else { continue };
            save.add(&path, index, node)?;
            if let Content::Dir(entries) = &node.content {
                todo.extend(entries.iter().rev().map(|(name, child)| (save.path(&path, name, *child), *child)));
            }
        }
        save.archive.into_inner()?.flush()
    }
}

struct Save<'t, W: Write> {
    tree: &'t Tree,
    archive: Builder<W>,
    /// The first name of each inode that has several.
    names: HashMap<usize, Vec<u8>>,
}

impl<W: Write> Save<'_, W> {
    fn path(&self, dir: &[u8], name: &[u8], node: usize) -> Vec<u8> {
        let mut path = join(dir, name);
        if self.tree.get(node).is_some_and(Node::is_dir) {
            path.push(b'/');
        }
        path
    }

    fn add(&mut self, path: &[u8], index: usize, node: &Node) -> io::Result<()> {
        let (kind, link, data): (_, &[u8], &[u8]) = match &node.content {
            Content::File(bytes) => (EntryType::Regular, b"", bytes),
            Content::Dir(_) => (EntryType::Directory, b"", b""),
            Content::Link(text) => (EntryType::Symlink, text, b""),
            Content::Special(FileKind::Fifo) => (EntryType::Fifo, b"", b""),
            Content::Special(FileKind::Character) => (EntryType::Char, b"", b""),
            Content::Special(FileKind::Block) => (EntryType::Block, b"", b""),
            Content::Special(_) => return Ok(()),
        };
        if !node.is_dir() && node.stat.nlink > 1 {
            if let Some(first) = self.names.get(&index).cloned() {
                return self.write(path, &first, EntryType::Link, node, b"");
            }
            self.names.insert(index, path.to_vec());
        }
        self.write(path, link, kind, node, data)
    }

    /// What belongs to no file stands in front of all, in a global header.
    fn dumps(&mut self, dumps: &[Dump]) -> io::Result<()> {
        let mut records = Vec::new();
        for (number, dump) in dumps.iter().enumerate() {
            // In a global header, one name has one value.
            let key = [dumps::KEY, number.to_string().as_bytes()].concat();
            record(&mut records, &key, &dumps::write(dump));
        }
        if records.is_empty() {
            return Ok(());
        }
        let mut header = header(EntryType::XGlobalHeader, &Stat::default(), records.len())?;
        self.archive.append(pax_name(&mut header), &records[..])
    }

    fn write(&mut self, path: &[u8], link: &[u8], kind: EntryType, node: &Node, data: &[u8]) -> io::Result<()> {
        let records = records(path, link, node);
        let mut pax = header(EntryType::XHeader, &Stat::default(), records.len())?;
        self.archive.append(pax_name(&mut pax), &records[..])?;
        let mut header = header(kind, &node.stat, data.len())?;
        self.archive.append(pax_name(&mut header), data)
    }
}

/// The pax records of an inode: what does not fit into every header, or may not.
fn records(path: &[u8], link: &[u8], node: &Node) -> Vec<u8> {
    let mut records = Vec::new();
    record(&mut records, b"path", path);
    if !link.is_empty() {
        record(&mut records, b"linkpath", link);
    }
    let Stat { uid, gid, atime, mtime, ctime, .. } = node.stat;
    let numbers = [("uid", uid.into()), ("gid", gid.into()), ("atime", atime), ("mtime", mtime), ("ctime", ctime)];
    for (key, number) in numbers {
        record(&mut records, key.as_bytes(), number.to_string().as_bytes());
    }
    for xattr in &node.xattrs {
        record(&mut records, &[b"SCHILY.xattr.", &xattr.name[..]].concat(), &xattr.value);
    }
    records
}

/// `LENGTH KEY=VALUE\n`, where the length counts itself.
fn record(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let body = key.len() + value.len() + 3;
    let digits = (1..=20).find(|digits| (body + digits).to_string().len() == *digits).unwrap_or(20);
    records.extend_from_slice((body + digits).to_string().as_bytes());
    for part in [b" ", key, b"=", value, b"\n"] {
        records.extend_from_slice(part);
    }
}

fn header(kind: EntryType, stat: &Stat, size: usize) -> io::Result<Header> {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_size(size as u64);
    header.set_mode(stat.mode & 0o7777);
    header.set_uid(stat.uid.min(0o7_777_777).into());
    header.set_gid(stat.gid.min(0o7_777_777).into());
    header.set_mtime(u64::try_from(stat.mtime).unwrap_or(0));
    if matches!(kind, EntryType::Char | EntryType::Block) {
        let (major, minor) = device(stat.rdev);
        header.set_device_major(major)?;
        header.set_device_minor(minor)?;
    }
    Ok(header)
}

/// The name for readers that do not know pax.
fn pax_name(header: &mut Header) -> &Header {
    header.as_old_mut().name[..3].copy_from_slice(b"pax");
    header.set_cksum();
    header
}

/// The reverse of `makedev`.
fn device(rdev: u64) -> (u32, u32) {
    let major = (rdev >> 32 & 0xffff_f000) | (rdev >> 8 & 0xfff);
    let minor = (rdev >> 12 & 0xffff_ff00) | (rdev & 0xff);
    (u32::try_from(major).unwrap_or(u32::MAX), u32::try_from(minor).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dir, Follow, Host};

    /// One line for each inode.
    fn all(dir: &dyn Dir, path: &[u8], found: &mut Vec<String>) {
        let (mut list, mut batch) = (dir.list().unwrap(), crate::Batch::new());
        while list.next_batch(&mut batch).unwrap() {
            for entry in batch.iter() {
                let stat = Stat { ino: 0, ..dir.stat(entry.name, Follow::No).unwrap() };
                let mut text = dir.read_link(entry.name).unwrap_or_default();
                let limit = crate::Limit { bytes: 1 << 20, cancel: &crate::Cancel::new() };
                let is_file = entry.kind == FileKind::Regular;
                assert!(!is_file || !dir.read(entry.name, &mut text, limit).unwrap());
                let xattrs = if is_file { dir.xattrs(entry.name).unwrap() } else { Vec::new() };
                let path = join(path, entry.name);
                let (name, text) = (path.escape_ascii(), text.escape_ascii());
                found.push(format!("{name} {stat:?} {text} {xattrs:?}"));
                if entry.kind == FileKind::Directory {
                    all(&*dir.open_dir(entry.name).unwrap(), &path, found);
                }
            }
        }
    }

    #[test]
    fn archives_give_the_tree_back() {
        let long = [&[b'/'][..], &[b'd'; 200], b"/", &[b'e'; 200], b"/\xff\n"].concat();
        let mem = Mem::new()
            .file("/etc/hosts", "text")
            .file(&long, vec![b'x'; 513])
            .link("/link", "t".repeat(300))
            .hard_link("/etc/again", "/etc/hosts")
            .hard_link("/a", "/link")
            .node("/fifo", FileKind::Fifo)
            .node("/null", FileKind::Character)
            .meta("/null", |stat| stat.rdev = 0xffff_ffff)
            .meta("/etc/hosts", |stat| {
                (stat.mode, stat.uid, stat.gid) = (0o4751, u32::MAX, 12);
                (stat.atime, stat.mtime, stat.ctime) = (1 << 40, -7, 3);
            })
            .meta("/etc", |stat| stat.mode = 0o1777)
            .xattr("/etc/hosts", "user.a", "x\n=\0\n")
            .xattr("/etc/hosts", b"user.\xfe", "");
        let mut archive = Vec::new();
        mem.to_tar(&mut archive).unwrap();
        let back = Mem::from_tar(&archive[..]).unwrap();
        let (mut before, mut after) = (Vec::new(), Vec::new());
        all(mem.root(), b"/", &mut before);
        all(back.root(), b"/", &mut after);
        assert_eq!(before.len(), 10);
        for (after, before) in after.iter().zip(&before) {
            assert_eq!(after, before);
        }
        assert_eq!(after.len(), before.len());
        let socket = Mem::new().node("/run/socket", FileKind::Socket);
        let mut archive = Vec::new();
        socket.to_tar(&mut archive).unwrap();
        assert!(Mem::from_tar(&archive[..]).unwrap().root().stat(b"/run/socket", Follow::No).is_err());
    }

    #[test]
    fn record_lengths_count_themselves() {
        for (value, expect) in [(1, "6 a="), (4, "9 a="), (5, "11 a="), (93, "99 a="), (94, "101 a=")] {
            let mut records = Vec::new();
            record(&mut records, b"a", &vec![b'v'; value]);
            assert!(records.starts_with(expect.as_bytes()), "{value}: {}", records.escape_ascii());
            let length: usize = expect.split(' ').next().unwrap().parse().unwrap();
            assert_eq!(records.len(), length);
        }
    }

    #[test]
    fn device_numbers() {
        for (rdev, expect) in [(0x103, (1, 3)), (0x11_032c, (259, 300)), (u64::MAX, (u32::MAX, u32::MAX))] {
            assert_eq!(device(rdev), expect, "{rdev:x}");
        }
    }
}
