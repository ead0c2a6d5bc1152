//! A directory seen as a machine.

mod place;
mod walk;

use crate::api::{Dir, File, Follow, Host, Limit, List, Moment, Stat};
use crate::sys;
use place::{Base, Place};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use sys::{Handle, OpenFile};

/// A directory seen as a machine: a fixture, a mounted disk image, the root of a container.
///
/// No path and no link leads out of it: absolute links and `..` stay below the directory, by openat2(2) with
/// `RESOLVE_IN_ROOT` where the kernel has it, elsewhere by walking the names one by one. Where a real `/proc` is mounted
/// below the directory, links of processes (`exe`, `cwd`, `fd/3`) lead to what their text says, below the directory.
///
/// The clock is that of the running machine; there is no kernel to ask.
#[derive(Debug)]
pub struct Rooted {
    root: RootedDir,
}

impl Rooted {
    /// The machine whose root directory is `dir`.
    ///
    /// # Errors
    /// Those of opening the directory.
    pub fn open(dir: impl AsRef<Path>) -> io::Result<Self> {
        let fd = rustix::fs::open(dir.as_ref(), sys::DIRECTORY, rustix::fs::Mode::empty())?;
        Self::of(Base::new(fd))
    }

    /// As [`Rooted::open`], on a kernel without openat2(2).
    #[cfg(test)]
    pub(crate) fn open_walking(dir: impl AsRef<Path>) -> io::Result<Self> {
        let fd = rustix::fs::open(dir.as_ref(), sys::DIRECTORY, rustix::fs::Mode::empty())?;
        Self::of(Base::walking(fd))
    }

    fn of(base: Base) -> io::Result<Self> {
        let handle = base.root()?.into();
        Ok(Self { root: RootedDir { base: Arc::new(base), handle, path: Vec::new() } })
    }

    /// The directory that a link's text leads to, or the directory itself, as a machine of its own.
    fn below(&self, path: &[u8]) -> io::Result<Self> {
        let target = match self.root.read_link(path) {
            Ok(text) if text.starts_with(b"/") => text,
            Ok(_) => return Err(io::ErrorKind::NotFound.into()),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => path.to_vec(),
            Err(error) => return Err(error),
        };
        let fd = self.root.find(&target, Follow::Yes)?.open_dir()?;
        Self::of(self.root.base.below(fd))
    }
}

impl Host for Rooted {
    fn root(&self) -> &dyn Dir {
        &self.root
    }

    fn now(&self) -> Moment {
        sys::now()
    }

    fn is_live(&self) -> bool {
        false
    }

    fn inside_process(&self, pid: i64) -> io::Result<Arc<dyn Host>> {
        match self.below(format!("/proc/{pid}/root").as_bytes()) {
            Ok(host) => Ok(Arc::new(host)),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(io::ErrorKind::NotFound.into()),
            Err(error) => Err(error),
        }
    }
}

/// An open directory below the root.
struct RootedDir {
    base: Arc<Base>,
    handle: Handle,
    /// Its path from the root, for links and `..` in the paths that it is given.
    path: Vec<u8>,
}

impl fmt::Debug for RootedDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootedDir(/{})", self.path.escape_ascii())
    }
}

impl RootedDir {
    fn find<'a>(&'a self, path: &'a [u8], follow: Follow) -> io::Result<Place<'a>> {
        self.base.find(&self.handle, &self.path, path, follow)
    }

    fn open_file(&self, path: &[u8]) -> io::Result<OpenFile> {
        match self.find(path, Follow::Yes)?.open_file() {
            Some(opened) => opened,
            // Nothing to open the inode through: open it by its name.
            None => walk::walk(self.base.fd(), &place::from_root(&self.path, path), true)?.open_named(),
        }
    }
}

/// Whether a path is a name in the directory itself, so that only the last step may be a link.
fn is_name(path: &[u8]) -> bool {
    !matches!(path, b"" | b"." | b"..") && !path.contains(&b'/')
}

impl Dir for RootedDir {
    fn open(&self, path: &[u8]) -> io::Result<Box<dyn File>> {
        Ok(Box::new(self.open_file(path)?))
    }

    fn open_dir(&self, path: &[u8]) -> io::Result<Box<dyn Dir>> {
        let handle = self.find(path, Follow::Yes)?.open_dir()?.into();
        Ok(Box::new(Self {
            base: Arc::clone(&self.base),
            handle,
            path: place::from_root(&self.path, path).into_owned(),
        }))
    }

    fn read(&self, path: &[u8], buf: &mut Vec<u8>, limit: Limit<'_>) -> io::Result<bool> {
        self.open_file(path)?.read_to_end(buf, limit)
    }

    fn read_link(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        if is_name(path) {
            return Ok(rustix::fs::readlinkat(&self.handle, path, Vec::new())?.into_bytes());
        }
        self.find(path, Follow::No)?.read_link()
    }

    fn stat(&self, path: &[u8], follow: Follow) -> io::Result<Stat> {
        if path.is_empty() {
            return sys::stat_fd(&self.handle);
        }
        if is_name(path) {
            let stat = sys::stat_at(&self.handle, path, Follow::No)?;
            if follow == Follow::No || stat.kind() != crate::FileKind::Symlink {
                return Ok(stat);
            }
        }
        self.find(path, follow)?.stat()
    }

    fn list(&self) -> io::Result<Box<dyn List>> {
        self.handle.list()
    }

    #[cfg(target_os = "linux")]
    fn xattrs(&self, path: &[u8]) -> io::Result<Vec<crate::Xattr>> {
        self.find(path, Follow::Yes)?.xattrs()
    }
}

#[cfg(test)]
mod tests;
