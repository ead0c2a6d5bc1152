//! How a path leads to an inode: as path_resolution(7), with the host's root as the root.

use super::tree::{Access, Content, NAME_MAX, Node, Tree};
use std::io;

/// The most links on the way to one file, as on Linux.
const LINKS_MAX: usize = 40;
/// The longest path, with its NUL, as on Linux.
const PATH_MAX: usize = 4096;
/// Linux's number for too many links: there is no stable `io::ErrorKind` for it.
const ELOOP: i32 = 40;

/// How to walk.
#[derive(Clone, Copy)]
pub(super) struct Walk {
    /// Where absolute paths and links begin, and what `..` never leaves.
    pub(super) root: usize,
    /// Where other paths begin.
    pub(super) start: usize,
    /// Whether a link at the end is followed.
    pub(super) follow: bool,
    /// Whether injected errors count.
    pub(super) faults: bool,
}

impl Tree {
    /// The inode that a path leads to.
    pub(super) fn resolve(&self, walk: Walk, path: &[u8]) -> io::Result<usize> {
        let Walk { root, start, follow, faults } = walk;
        check(path)?;
        let mut at = start;
        let mut rest = path;
        // What is left to do after the target of a link has been walked.
        let mut pending: Vec<&[u8]> = Vec::new();
        let mut links = 0;
        if path.starts_with(b"/") {
            at = root;
        }
        loop {
            if rest.is_empty() {
                match pending.pop() {
                    Some(next) => rest = next,
                    None => return Ok(at),
                }
                continue;
            }
            let dir = self.directory(at)?;
            let name;
            (name, rest) = next_name(rest);
            let child = match name {
                b"" | b"." => at,
                b".." if at == root => at,
                b".." => dir.parent,
                name => lookup(dir, name, faults)?,
            };
            let is_last = rest.is_empty() && pending.is_empty();
            match self.get(child).map(|node| (node, &node.content)) {
                Some((node, Content::Link(target))) if follow || !is_last => {
                    if faults {
                        node.check(Access::Walk)?;
                    }
                    links += 1;
                    if links > LINKS_MAX {
                        return Err(io::Error::from_raw_os_error(ELOOP));
                    }
                    if !rest.is_empty() {
                        pending.push(rest);
                    }
                    rest = target;
                    check(rest)?;
                    if rest.starts_with(b"/") {
                        at = root;
                    }
                }
                _ => at = child,
            }
        }
    }

    fn directory(&self, index: usize) -> io::Result<&Node> {
        match self.get(index) {
            Some(node) if node.is_dir() => Ok(node),
            _ => Err(io::ErrorKind::NotADirectory.into()),
        }
    }
}

fn lookup(dir: &Node, name: &[u8], faults: bool) -> io::Result<usize> {
    if faults {
        dir.check(Access::Walk)?;
    }
    if name.len() > NAME_MAX {
        return Err(io::ErrorKind::InvalidFilename.into());
    }
    match &dir.content {
        Content::Dir(entries) => entries.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into()),
        _ => Err(io::ErrorKind::NotADirectory.into()),
    }
}

fn check(path: &[u8]) -> io::Result<()> {
    if path.is_empty() {
        Err(io::ErrorKind::NotFound.into())
    } else if path.contains(&0) {
        Err(io::ErrorKind::InvalidInput.into())
    } else if path.len() >= PATH_MAX {
        Err(io::ErrorKind::InvalidFilename.into())
    } else {
        Ok(())
    }
}

/// Splits off the first name; it is empty when the path begins with slashes, which are then eaten.
fn next_name(path: &[u8]) -> (&[u8], &[u8]) {
    let slashes = path.iter().take_while(|byte| **byte == b'/').count();
    if slashes > 0 {
        return (b"", path.get(slashes..).unwrap_or_default());
    }
    let end = path.iter().position(|byte| *byte == b'/').unwrap_or(path.len());
    path.split_at_checked(end).unwrap_or((path, b""))
}
