//! The inodes of a tree in memory, and how it is built.

use super::walk::Walk;
use crate::api::{FileKind, Stat, Xattr};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// The index of the root directory.
pub(super) const ROOT: usize = 0;
/// The longest name of a file, as on Linux.
pub(super) const NAME_MAX: usize = 255;
/// `makedev(8, 1)`.
const DEVICE: u64 = 0x801;
const BLOCK: u64 = 4096;

/// A kind of access that can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Opening a file or a directory.
    Open,
    /// Reading from an open file; reading the text of a link.
    Read,
    /// Listing a directory that is open.
    List,
    /// stat(2) and lstat(2).
    Stat,
    /// Passing through a directory or a link on the way to something else.
    Walk,
    /// Reading extended attributes.
    Xattrs,
}

impl Access {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Open, Self::Read, Self::List, Self::Stat, Self::Walk, Self::Xattrs];
}

/// An error to be injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An error of this kind.
    Kind(io::ErrorKind),
    /// An error with this number of the system on which this runs.
    Errno(i32),
}

impl Fault {
    pub(crate) fn error(self) -> io::Error {
        match self {
            Self::Kind(kind) => kind.into(),
            Self::Errno(errno) => io::Error::from_raw_os_error(errno),
        }
    }
}

impl From<io::ErrorKind> for Fault {
    fn from(kind: io::ErrorKind) -> Self {
        Self::Kind(kind)
    }
}

impl From<i32> for Fault {
    fn from(errno: i32) -> Self {
        Self::Errno(errno)
    }
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    File(Arc<[u8]>),
    Dir(BTreeMap<Box<[u8]>, usize>),
    Link(Box<[u8]>),
    Special(FileKind),
}

impl Content {
    fn kind(&self) -> FileKind {
        match self {
            Self::File(_) => FileKind::Regular,
            Self::Dir(_) => FileKind::Directory,
            Self::Link(_) => FileKind::Symlink,
            Self::Special(kind) => *kind,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) content: Content,
    pub(super) stat: Stat,
    pub(super) xattrs: Vec<Xattr>,
    /// The directory that holds this directory; the root's is itself.
    pub(super) parent: usize,
    /// At most one for each access.
    faults: Vec<(Access, Fault)>,
}

impl Node {
    fn new(content: Content, index: usize, parent: usize) -> Self {
        let kind = content.kind();
        let permissions = match kind {
            FileKind::Directory => 0o755,
            FileKind::Symlink => 0o777,
            _ => 0o644,
        };
        let now = super::Mem::CLOCK.secs;
        let mut stat = Stat {
            dev: DEVICE,
            ino: index as u64 + 2,
            mode: kind.mode_bits() | permissions,
            nlink: if kind == FileKind::Directory { 2 } else { 1 },
            blksize: BLOCK,
            atime: now,
            mtime: now,
            ctime: now,
            ..Stat::default()
        };
        set_size(&mut stat, &content);
        Self { content, stat, xattrs: Vec::new(), parent, faults: Vec::new() }
    }

    pub(super) fn kind(&self) -> FileKind {
        self.content.kind()
    }

    pub(super) fn is_dir(&self) -> bool {
        matches!(self.content, Content::Dir(_))
    }

    /// Fails where an error was injected.
    pub(super) fn check(&self, access: Access) -> io::Result<()> {
        match self.faults.iter().find(|(at, _)| *at == access) {
            Some((_, fault)) => Err(fault.error()),
            None => Ok(()),
        }
    }

    pub(super) fn set_fault(&mut self, access: Access, fault: Fault) {
        self.faults.retain(|(at, _)| *at != access);
        self.faults.push((access, fault));
    }

    pub(super) fn set_xattr(&mut self, xattr: Xattr) {
        self.xattrs.retain(|old| old.name != xattr.name);
        self.xattrs.push(xattr);
    }

    pub(super) fn change_stat(&mut self, change: impl FnOnce(&mut Stat)) {
        change(&mut self.stat);
        self.stat.mode = self.kind().mode_bits() | (self.stat.mode & 0o7777);
    }

    fn set_content(&mut self, content: Content) {
        set_size(&mut self.stat, &content);
        self.content = content;
    }
}

fn set_size(stat: &mut Stat, content: &Content) {
    (stat.size, stat.blocks) = match content {
        Content::File(bytes) => {
            let size = bytes.len() as u64;
            (size, size.div_ceil(BLOCK) * (BLOCK / 512))
        }
        Content::Dir(_) => (BLOCK, BLOCK / 512),
        Content::Link(text) => (text.len() as u64, 0),
        Content::Special(_) => (0, 0),
    };
}

/// All inodes. Those that have lost their last name stay in the vector, out of reach.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    pub(super) fn new() -> Self {
        Self { nodes: vec![Node::new(Content::Dir(BTreeMap::new()), ROOT, ROOT)] }
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Node> {
        self.nodes.get(index)
    }

    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut Node> {
        self.nodes.get_mut(index)
    }

    /// Puts something at a path below `root`; answers its index, or `None` for a path that cannot be.
    pub(super) fn put(&mut self, root: usize, path: &[u8], content: Content) -> Option<usize> {
        let (dir, name) = self.prepare(root, path, &content)?;
        let Some(name) = name else { return Some(dir) };
        if let Some(found) = self.child(dir, name) {
            let node = self.nodes.get_mut(found)?;
            match (&node.content, &content) {
                (Content::Dir(_), Content::Dir(_)) => return Some(found),
                (Content::File(_), Content::File(_)) => {
                    node.set_content(content);
                    return Some(found);
                }
                _ => {}
            }
        }
        self.replace(dir, name, content)
    }

    /// Gives an inode another name.
    pub(super) fn hard_link(&mut self, root: usize, path: &[u8], node: usize) {
        if self.get(node).is_none_or(Node::is_dir) {
            return;
        }
        let Some((dir, Some(name))) = self.prepare(root, path, &Content::Special(FileKind::Unknown)) else { return };
        // The inode may have become unreachable while parents were made: then the new name is its only one.
        self.remove(dir, name);
        if let Some(node) = self.get_mut(node) {
            node.stat.nlink = node.stat.nlink.saturating_add(1);
        }
        self.enter(dir, name, node);
    }

    /// What is at a path, with links followed on the way and not at the end.
    pub(super) fn place(&self, root: usize, path: &[u8]) -> Option<usize> {
        let names = names(path);
        let Some((last, parents)) = names.split_last() else { return Some(root) };
        let mut dir = root;
        for name in parents {
            dir = self.existing(root, dir, name, true)?;
        }
        self.existing(root, dir, last, false)
    }

    /// The directory in which a path ends, made if necessary, and the last name; no name if the path is that
    /// directory itself and `content` is a directory. Nothing is made for a path that cannot be.
    fn prepare<'p>(&mut self, root: usize, path: &'p [u8], content: &Content) -> Option<(usize, Option<&'p [u8]>)> {
        let names = names(path);
        if names.iter().any(|name| name.len() > NAME_MAX || name.contains(&0)) {
            return None;
        }
        let (last, parents) = match names.split_last() {
            Some((last, parents)) if *last != b".." => (Some(*last), parents),
            // `/`, `/a/..`: a directory that is there already, or is made on the way.
            _ if matches!(content, Content::Dir(_)) => (None, names.as_slice()),
            _ => return None,
        };
        let mut dir = root;
        for name in parents {
            dir = self.step(root, dir, name)?;
        }
        Some((dir, last))
    }

    /// The directory that a name in a directory leads to; made where there is none.
    fn step(&mut self, root: usize, dir: usize, name: &[u8]) -> Option<usize> {
        if let Some(found) = self.existing(root, dir, name, true)
            && self.get(found)?.is_dir()
        {
            return Some(found);
        }
        self.replace(dir, name, Content::Dir(BTreeMap::new()))
    }

    fn existing(&self, root: usize, dir: usize, name: &[u8], follow: bool) -> Option<usize> {
        self.resolve(Walk { root, start: dir, follow, faults: false }, name).ok()
    }

    fn child(&self, dir: usize, name: &[u8]) -> Option<usize> {
        match &self.get(dir)?.content {
            Content::Dir(entries) => entries.get(name).copied(),
            _ => None,
        }
    }

    /// A new inode under a name. What had the name before leaves its injected errors, so that they may be said before
    /// it is known what fails.
    fn replace(&mut self, dir: usize, name: &[u8], content: Content) -> Option<usize> {
        let index = self.nodes.len();
        let mut node = Node::new(content, index, dir);
        if let Some(old) = self.child(dir, name).and_then(|old| self.get(old)) {
            node.faults.clone_from(&old.faults);
            self.remove(dir, name);
        }
        self.nodes.push(node);
        self.enter(dir, name, index);
        Some(index)
    }

    fn enter(&mut self, dir: usize, name: &[u8], node: usize) {
        let is_dir = self.get(node).is_some_and(Node::is_dir);
        let Some(Node { content: Content::Dir(entries), stat, .. }) = self.get_mut(dir) else { return };
        entries.insert(Box::from(name), node);
        // A sub-directory's `..` is a name of its parent.
        stat.nlink = stat.nlink.saturating_add(u64::from(is_dir));
    }

    fn remove(&mut self, dir: usize, name: &[u8]) {
        let Some(Node { content: Content::Dir(entries), .. }) = self.get_mut(dir) else { return };
        let Some(gone) = entries.remove(name).and_then(|gone| self.get_mut(gone)) else { return };
        let was_dir = gone.is_dir();
        gone.stat.nlink = gone.stat.nlink.saturating_sub(1);
        if was_dir && let Some(dir) = self.get_mut(dir) {
            dir.stat.nlink = dir.stat.nlink.saturating_sub(1);
        }
    }
}

/// The names of a path, without those that lead nowhere.
fn names(path: &[u8]) -> Vec<&[u8]> {
    path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".").collect()
}
