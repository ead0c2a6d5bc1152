//! Directories, files and listings of a tree in memory.

use super::tree::{Access, Content, Node, ROOT, Tree};
use super::walk::Walk;
use crate::api::{Batch, Dir, Entry, File, FileKind, Follow, Limit, List, Stat, Xattr, special_file};
use std::fmt;
use std::io;
use std::ops::Bound;
use std::sync::Arc;

/// Entries of a batch.
const BATCH: usize = 256;
/// What [`Dir::xattrs`] gives of one attribute.
const XATTR_MAX: usize = 64 << 10;

/// A directory of a tree, seen from a root in that tree.
#[derive(Clone)]
pub(super) struct MemDir {
    tree: Arc<Tree>,
    root: usize,
    node: usize,
}

impl fmt::Debug for MemDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemDir(inode {} of {})", self.node, self.tree.len())
    }
}

impl MemDir {
    pub(super) fn root_of(tree: Arc<Tree>) -> Self {
        Self { tree, root: ROOT, node: ROOT }
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    pub(super) fn tree_mut(&mut self) -> &mut Tree {
        Arc::make_mut(&mut self.tree)
    }

    pub(super) fn node(&self) -> usize {
        self.node
    }

    /// The same tree with another root.
    pub(super) fn chroot(&self, path: &[u8]) -> io::Result<Self> {
        let node = self.resolve(path, Follow::Yes)?;
        if !self.get(node)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { tree: Arc::clone(&self.tree), root: node, node })
    }

    fn resolve(&self, path: &[u8], follow: Follow) -> io::Result<usize> {
        let follow = follow == Follow::Yes;
        self.tree.resolve(Walk { root: self.root, start: self.node, follow, faults: true }, path)
    }

    fn get(&self, node: usize) -> io::Result<&Node> {
        self.tree.get(node).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn at(&self, path: &[u8], follow: Follow) -> io::Result<&Node> {
        self.get(self.resolve(path, follow)?)
    }

    /// The index, the inode and the bytes of a regular file.
    fn file(&self, path: &[u8]) -> io::Result<(usize, &Node, &[u8])> {
        let index = self.resolve(path, Follow::Yes)?;
        let node = self.get(index)?;
        node.check(Access::Open)?;
        match &node.content {
            Content::File(bytes) => Ok((index, node, bytes)),
            Content::Dir(_) => Err(io::ErrorKind::IsADirectory.into()),
            Content::Link(_) | Content::Special(_) => Err(special_file()),
        }
    }
}

impl Dir for MemDir {
    fn open(&self, path: &[u8]) -> io::Result<Box<dyn File>> {
        let (node, _, _) = self.file(path)?;
        Ok(Box::new(MemFile { tree: Arc::clone(&self.tree), node, at: 0 }))
    }

    fn open_dir(&self, path: &[u8]) -> io::Result<Box<dyn Dir>> {
        let node = self.resolve(path, Follow::Yes)?;
        let found = self.get(node)?;
        found.check(Access::Open)?;
        if !found.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Box::new(Self { tree: Arc::clone(&self.tree), root: self.root, node }))
    }

    fn read(&self, path: &[u8], buf: &mut Vec<u8>, limit: Limit<'_>) -> io::Result<bool> {
        let (_, node, bytes) = self.file(path)?;
        node.check(Access::Read)?;
        if limit.cancel.is_cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        buf.extend_from_slice(bytes.get(..limit.bytes).unwrap_or(bytes));
        Ok(bytes.len() > limit.bytes)
    }

    fn read_link(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        let node = self.at(path, Follow::No)?;
        node.check(Access::Read)?;
        match &node.content {
            Content::Link(text) => Ok(text.to_vec()),
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    fn stat(&self, path: &[u8], follow: Follow) -> io::Result<Stat> {
        let node = if path.is_empty() { self.get(self.node)? } else { self.at(path, follow)? };
        node.check(Access::Stat)?;
        Ok(node.stat)
    }

    fn list(&self) -> io::Result<Box<dyn List>> {
        self.get(self.node)?.check(Access::List)?;
        Ok(Box::new(MemList { tree: Arc::clone(&self.tree), dir: self.node, last: None }))
    }

    fn xattrs(&self, path: &[u8]) -> io::Result<Vec<Xattr>> {
        let node = self.at(path, Follow::Yes)?;
        node.check(Access::Xattrs)?;
        let mut xattrs = node.xattrs.clone();
        xattrs.iter_mut().for_each(|xattr| xattr.value.truncate(XATTR_MAX));
        Ok(xattrs)
    }
}

struct MemFile {
    tree: Arc<Tree>,
    node: usize,
    at: usize,
}

impl fmt::Debug for MemFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemFile(inode {} at byte {})", self.node, self.at)
    }
}

impl MemFile {
    fn inode(&self) -> io::Result<&Node> {
        self.tree.get(self.node).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl File for MemFile {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let inode = self.inode()?;
        inode.check(Access::Read)?;
        let Content::File(bytes) = &inode.content else { return Ok(0) };
        let rest = bytes.get(self.at..).unwrap_or_default();
        let got = rest.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..got), rest.get(..got)) {
            to.copy_from_slice(from);
        }
        self.at += got;
        Ok(got)
    }

    fn stat(&self) -> io::Result<Stat> {
        let inode = self.inode()?;
        inode.check(Access::Stat)?;
        Ok(inode.stat)
    }
}

struct MemList {
    tree: Arc<Tree>,
    dir: usize,
    /// The last name that was given.
    last: Option<Box<[u8]>>,
}

impl fmt::Debug for MemList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemList(inode {})", self.dir)
    }
}

impl List for MemList {
    fn next_batch(&mut self, batch: &mut Batch) -> io::Result<bool> {
        batch.clear();
        let Some(Content::Dir(entries)) = self.tree.get(self.dir).map(|node| &node.content) else {
            return Ok(false);
        };
        let from = self.last.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut last = None;
        for (name, node) in entries.range::<[u8], _>((from, Bound::Unbounded)).take(BATCH) {
            let (kind, inode) =
                self.tree.get(*node).map_or((FileKind::Unknown, 0), |node| (node.kind(), node.stat.ino));
            batch.push(Entry { name, kind, inode });
            last = Some(name.clone());
        }
        let more = last.is_some();
        self.last = last.or(self.last.take());
        Ok(more)
    }
}
