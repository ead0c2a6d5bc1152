//! Where a path below the root leads to, and what can be done there.

use super::walk::{check, walk};
use crate::api::{FileKind, Follow, Stat};
use crate::{join, sys};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use std::borrow::Cow;
use std::io;
use sys::{Handle, OpenFile};

/// An inode below the root.
#[derive(Debug)]
pub(super) enum Place<'a> {
    /// An `O_PATH` descriptor.
    #[cfg(target_os = "linux")]
    Inode(OwnedFd),
    /// A name in a directory: `.`, or one that was no link when it was looked at, unless a link was wanted.
    Name(Holder<'a>, Cow<'a, [u8]>),
}

/// The directory of a name.
#[derive(Debug)]
pub(super) enum Holder<'a> {
    Own(OwnedFd),
    Lent(BorrowedFd<'a>),
}

impl AsFd for Holder<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Own(fd) => fd.as_fd(),
            Self::Lent(fd) => *fd,
        }
    }
}

impl Place<'_> {
    pub(super) fn stat(&self) -> io::Result<Stat> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Inode(fd) => sys::stat_fd(fd),
            Self::Name(dir, name) => sys::stat_at(dir, name, Follow::No),
        }
    }

    pub(super) fn read_link(&self) -> io::Result<Vec<u8>> {
        let text = match self {
            #[cfg(target_os = "linux")]
            Self::Inode(fd) => match rustix::fs::readlinkat(fd, "", Vec::new()) {
                // What readlinkat(2) says of a descriptor that is no link.
                Err(rustix::io::Errno::NOENT) => Err(rustix::io::Errno::INVAL),
                other => other,
            },
            Self::Name(dir, name) => rustix::fs::readlinkat(dir, &**name, Vec::new()),
        };
        Ok(text?.into_bytes())
    }

    pub(super) fn open_dir(&self) -> io::Result<OwnedFd> {
        let opened = match self {
            #[cfg(target_os = "linux")]
            Self::Inode(fd) => rustix::fs::openat(fd, ".", sys::DIRECTORY, Mode::empty()),
            Self::Name(dir, name) => rustix::fs::openat(dir, &**name, sys::DIRECTORY | OFlags::NOFOLLOW, Mode::empty()),
        };
        Ok(opened?)
    }

    /// Opens a regular file; `None` when only [`Place::open_named`] can.
    pub(super) fn open_file(&self) -> Option<io::Result<OpenFile>> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Inode(fd) => sys::reopen(fd),
            Self::Name(..) => Some(self.open_named()),
        }
    }

    /// Opens a regular file by its name.
    pub(super) fn open_named(&self) -> io::Result<OpenFile> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Inode(_) => Err(io::ErrorKind::Unsupported.into()),
            Self::Name(dir, name) => {
                sys::regular(sys::stat_at(dir, name, Follow::No)?.kind())?;
                sys::open_and_look(dir, name, OFlags::NOFOLLOW)
            }
        }
    }

    #[cfg(target_os = "linux")]
    pub(super) fn xattrs(&self) -> io::Result<Vec<crate::Xattr>> {
        match self {
            Self::Inode(fd) => sys::xattrs(&sys::magic_path(fd, b"")),
            Self::Name(dir, name) => {
                let fd = rustix::fs::openat(dir, &**name, sys::INODE | OFlags::NOFOLLOW, Mode::empty())?;
                sys::xattrs(&sys::magic_path(&fd, b""))
            }
        }
    }
}

/// A root directory and the ways to find something below it.
#[derive(Debug)]
pub(super) struct Base {
    fd: OwnedFd,
    #[cfg(target_os = "linux")]
    openat2: bool,
}

impl Base {
    pub(super) fn new(fd: OwnedFd) -> Self {
        #[cfg(target_os = "linux")]
        let openat2 = linux::in_root(&fd, b".", true).is_ok();
        Self {
            fd,
            #[cfg(target_os = "linux")]
            openat2,
        }
    }

    #[cfg(test)]
    pub(super) fn walking(fd: OwnedFd) -> Self {
        Self {
            fd,
            #[cfg(target_os = "linux")]
            openat2: false,
        }
    }

    /// The same ways with another root.
    pub(super) fn below(&self, fd: OwnedFd) -> Self {
        Self {
            fd,
            #[cfg(target_os = "linux")]
            openat2: self.openat2,
        }
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// The root directory, opened once more.
    pub(super) fn root(&self) -> io::Result<OwnedFd> {
        Ok(rustix::fs::openat(&self.fd, ".", sys::DIRECTORY, Mode::empty())?)
    }

    /// Finds a path from the open directory `dir`, whose own path from the root is `dir_path`.
    pub(super) fn find<'a>(
        &self,
        dir: &'a Handle,
        dir_path: &[u8],
        path: &'a [u8],
        follow: Follow,
    ) -> io::Result<Place<'a>> {
        check(path)?;
        let follow = follow == Follow::Yes;
        #[cfg(target_os = "linux")]
        if self.openat2 {
            return linux::find(&self.fd, dir, dir_path, path, follow);
        }
        if super::is_name(path) {
            let kind = sys::stat_at(dir, path, Follow::No)?.kind();
            if !follow || kind != FileKind::Symlink {
                return Ok(Place::Name(Holder::Lent(dir.as_fd()), Cow::Borrowed(path)));
            }
        }
        walk(self.fd(), &from_root(dir_path, path), follow)
    }
}

/// A path from a directory as a path from the root.
pub(super) fn from_root<'a>(dir_path: &[u8], path: &'a [u8]) -> Cow<'a, [u8]> {
    if path.starts_with(b"/") { Cow::Borrowed(path) } else { Cow::Owned(join(dir_path, path)) }
}

#[cfg(target_os = "linux")]
mod linux {
    use super::*;
    use rustix::fs::{ResolveFlags, openat2};
    use rustix::io::Errno;

    /// How often a path is tried again that was renamed meanwhile.
    const ATTEMPTS: usize = 4;
    /// statfs(2)'s number of procfs.
    const PROC: u64 = 0x9fa0;

    pub(super) fn find<'a>(
        root: &OwnedFd,
        dir: &Handle,
        dir_path: &[u8],
        path: &[u8],
        follow: bool,
    ) -> io::Result<Place<'a>> {
        if !path.starts_with(b"/") {
            // Without links and `..` a path can be followed from where the directory is now.
            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
            match openat2(dir, path, flags(follow), Mode::empty(), resolve) {
                Ok(fd) => return Ok(Place::Inode(fd)),
                Err(Errno::LOOP | Errno::XDEV | Errno::AGAIN) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let path = from_root(dir_path, path);
        match in_root(root, &path, follow) {
            Ok(fd) => Ok(Place::Inode(fd)),
            // Too long together, or renamed too often.
            Err(Errno::NAMETOOLONG | Errno::AGAIN) => walk(root.as_fd(), &path, follow),
            Err(Errno::LOOP) if has_procfs(root) => walk(root.as_fd(), &path, follow),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn in_root(root: &OwnedFd, path: &[u8], follow: bool) -> Result<OwnedFd, Errno> {
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        let mut result = Err(Errno::AGAIN);
        for _ in 0..ATTEMPTS {
            result = openat2(root, path, flags(follow), Mode::empty(), resolve);
            if !matches!(result, Err(Errno::AGAIN | Errno::INTR)) {
                break;
            }
        }
        result
    }

    fn flags(follow: bool) -> OFlags {
        if follow { sys::INODE } else { sys::INODE | OFlags::NOFOLLOW }
    }

    /// Whether the links below the root may be links of processes, which openat2(2) was told not to follow.
    fn has_procfs(root: &OwnedFd) -> bool {
        let statfs = in_root(root, b"proc", true).and_then(rustix::fs::fstatfs);
        #[allow(clippy::unnecessary_cast, clippy::cast_sign_loss, reason = "of another type on other processors")]
        statfs.is_ok_and(|statfs| statfs.f_type as u64 == PROC)
    }
}
