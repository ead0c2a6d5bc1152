//! A path followed name by name, for kernels that cannot keep it below a root by themselves.

use super::place::{Holder, Place};
use crate::api::{FileKind, Follow};
use crate::{join, sys};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::borrow::Cow;
use std::io;

/// The most links on the way to one file, as in the kernel.
const LINKS_MAX: usize = 40;
/// The longest path, with its NUL.
const PATH_MAX: usize = 4096;
/// The most directories opened for one path. Links full of `..` could ask for millions.
const STEPS_MAX: usize = 20_000;

/// How directories on the way are held.
#[cfg(target_os = "linux")]
const STEP: OFlags = sys::INODE.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW);
#[cfg(not(target_os = "linux"))]
const STEP: OFlags = sys::DIRECTORY.union(OFlags::NOFOLLOW);

/// What every path must satisfy, however it is followed.
pub(super) fn check(path: &[u8]) -> io::Result<()> {
    if path.is_empty() {
        Err(Errno::NOENT.into())
    } else if path.contains(&0) {
        Err(Errno::INVAL.into())
    } else if path.len() >= PATH_MAX {
        Err(Errno::NAMETOOLONG.into())
    } else {
        Ok(())
    }
}

/// Finds a path from the root. It never opens a link: it reads the text and goes on with that.
pub(super) fn walk(root: BorrowedFd<'_>, path: &[u8], follow: bool) -> io::Result<Place<'static>> {
    let mut at = Position { root, names: Vec::new(), fd: None, steps: 0 };
    let mut rest = path.to_vec();
    let mut links = 0;
    loop {
        let Some((name, after)) = next_name(&rest) else {
            at.directory()?;
            return Ok(Place::Name(at.into_holder()?, Cow::Borrowed(b".")));
        };
        if name == b"." || name == b".." {
            if name == b".." {
                at.up();
            }
            rest = after.to_vec();
            continue;
        }
        let dir = at.directory()?;
        let kind = sys::stat_at(dir, name, Follow::No)?.kind();
        if kind == FileKind::Symlink && (follow || !after.is_empty()) {
            links += 1;
            if links > LINKS_MAX {
                return Err(Errno::LOOP.into());
            }
            let text = rustix::fs::readlinkat(dir, name, Vec::new())?.into_bytes();
            check(&text)?;
            if text.starts_with(b"/") {
                at.restart();
            }
            rest = if after.is_empty() { text } else { join(&text, after) };
        } else if after.is_empty() {
            let name = name.to_vec();
            return Ok(Place::Name(at.into_holder()?, Cow::Owned(name)));
        } else {
            at.down(name)?;
            rest = after.to_vec();
        }
    }
}

/// Splits off the first name; what follows it begins with a slash. `None` if there are only slashes.
fn next_name(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = path.iter().position(|byte| *byte != b'/')?;
    let path = path.get(start..)?;
    let end = path.iter().position(|byte| *byte == b'/').unwrap_or(path.len());
    path.split_at_checked(end)
}

/// A directory on the way, by the names that lead to it from the root; none of them is a link.
struct Position<'r> {
    root: BorrowedFd<'r>,
    names: Vec<Vec<u8>>,
    /// Its descriptor, unless it has to be found again from the root: going up by the `..` of a directory that was moved
    /// out of the root would lead out.
    fd: Option<OwnedFd>,
    steps: usize,
}

impl Position<'_> {
    fn directory(&mut self) -> io::Result<BorrowedFd<'_>> {
        if self.fd.is_none() {
            let mut fd = step(&mut self.steps, self.root, b".")?;
            for name in &self.names {
                fd = step(&mut self.steps, fd.as_fd(), name)?;
            }
            self.fd = Some(fd);
        }
        self.fd.as_ref().map(AsFd::as_fd).ok_or_else(|| Errno::BADF.into())
    }

    fn into_holder(mut self) -> io::Result<Holder<'static>> {
        self.directory()?;
        self.fd.map(Holder::Own).ok_or_else(|| Errno::BADF.into())
    }

    fn down(&mut self, name: &[u8]) -> io::Result<()> {
        self.directory()?;
        if let Some(dir) = &self.fd {
            self.fd = Some(step(&mut self.steps, dir.as_fd(), name)?);
            self.names.push(name.to_vec());
        }
        Ok(())
    }

    fn up(&mut self) {
        if self.names.pop().is_some() {
            self.fd = None;
        }
    }

    fn restart(&mut self) {
        self.names.clear();
        self.fd = None;
    }
}

fn step(steps: &mut usize, dir: BorrowedFd<'_>, name: &[u8]) -> io::Result<OwnedFd> {
    *steps += 1;
    if *steps > STEPS_MAX {
        return Err(Errno::LOOP.into());
    }
    Ok(rustix::fs::openat(dir, name, STEP, Mode::empty())?)
}
