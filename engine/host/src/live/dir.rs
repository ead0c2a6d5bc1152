//! Directories of the running machine.

#[cfg(target_os = "linux")]
use super::plain::Plain;
use crate::api::{Dir, File, Follow, Limit, List, Stat};
use crate::sys::{self, Handle, OpenFile};
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags};
use std::io;

/// An open directory.
#[derive(Debug)]
pub(super) struct LiveDir {
    handle: Handle,
    #[cfg(target_os = "linux")]
    plain: Plain,
}

impl LiveDir {
    pub(super) fn root() -> io::Result<Self> {
        let fd = rustix::fs::open("/", sys::DIRECTORY, Mode::empty())?;
        Ok(Self {
            handle: fd.into(),
            #[cfg(target_os = "linux")]
            plain: Plain::of_root(),
        })
    }

    /// Opens a file or a directory of a file system without devices; `None` when it is not known to be one.
    #[cfg(target_os = "linux")]
    fn open_plain(&self, path: &[u8], flags: OFlags) -> Option<io::Result<OwnedFd>> {
        self.plain.open(&self.handle, path, flags)
    }

    #[cfg(not(target_os = "linux"))]
    #[allow(clippy::unused_self, reason = "as on Linux")]
    fn open_plain(&self, _: &[u8], _: OFlags) -> Option<io::Result<OwnedFd>> {
        None
    }

    /// Opens a file that may be anything, anywhere.
    #[cfg(target_os = "linux")]
    fn open_any(&self, path: &[u8]) -> io::Result<OpenFile> {
        let inode = rustix::fs::openat(&self.handle, path, sys::INODE, Mode::empty())?;
        match sys::reopen(&inode) {
            Some(opened) => opened,
            None => sys::open_and_look(&self.handle, path, OFlags::empty()),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn open_any(&self, path: &[u8]) -> io::Result<OpenFile> {
        if !path.is_empty() {
            sys::regular(sys::stat_at(&self.handle, path, Follow::Yes)?.kind())?;
        }
        sys::open_and_look(&self.handle, path, OFlags::empty())
    }
}

impl Dir for LiveDir {
    fn open(&self, path: &[u8]) -> io::Result<Box<dyn File>> {
        Ok(Box::new(match self.open_plain(path, sys::FILE) {
            Some(fd) => OpenFile::checked(fd?)?,
            None => self.open_any(path)?,
        }))
    }

    fn open_dir(&self, path: &[u8]) -> io::Result<Box<dyn Dir>> {
        let plain = self.open_plain(path, sys::DIRECTORY).transpose()?;
        #[cfg(target_os = "linux")]
        let inherited = if plain.is_some() { Plain::Inside } else { Plain::Outside };
        let fd = match plain {
            Some(fd) => fd,
            None => rustix::fs::openat(&self.handle, path, sys::DIRECTORY, Mode::empty())?,
        };
        Ok(Box::new(Self {
            handle: fd.into(),
            #[cfg(target_os = "linux")]
            plain: inherited,
        }))
    }

    fn read(&self, path: &[u8], buf: &mut Vec<u8>, limit: Limit<'_>) -> io::Result<bool> {
        match self.open_plain(path, sys::FILE) {
            // Kernel files do not know their size, and a directory fails to be read: nothing to look at.
            Some(fd) => sys::read_to_end(&fd?, 0, buf, limit),
            None => self.open_any(path)?.read_to_end(buf, limit),
        }
    }

    fn read_link(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        Ok(rustix::fs::readlinkat(&self.handle, path, Vec::new())?.into_bytes())
    }

    fn stat(&self, path: &[u8], follow: Follow) -> io::Result<Stat> {
        sys::stat_at(&self.handle, path, follow)
    }

    fn list(&self) -> io::Result<Box<dyn List>> {
        self.handle.list()
    }

    #[cfg(target_os = "linux")]
    fn xattrs(&self, path: &[u8]) -> io::Result<Vec<crate::Xattr>> {
        match path {
            [] => Err(io::ErrorKind::NotFound.into()),
            [b'/', ..] => sys::xattrs(path),
            _ => sys::xattrs(&sys::magic_path(&self.handle, path)),
        }
    }
}
