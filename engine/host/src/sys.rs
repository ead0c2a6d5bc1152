//! System calls, as `Live` and `Rooted` share them.

mod list;
mod read;
mod stat;
#[cfg(target_os = "linux")]
mod xattr;

pub(crate) use list::Handle;
pub(crate) use read::{OpenFile, read_to_end};
pub(crate) use stat::{kind_of, stat_at, stat_fd};
#[cfg(target_os = "linux")]
pub(crate) use xattr::xattrs;

use crate::api::{FileKind, Moment, special_file};
use rustix::fd::AsFd;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::io;

/// How directories are opened.
pub(crate) const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// How files are opened: without waiting for the other end of a FIFO, without taking a terminal.
pub(crate) const FILE: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
/// How inodes are held without opening them.
#[cfg(target_os = "linux")]
pub(crate) const INODE: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);

/// The clock of the running machine.
pub(crate) fn now() -> Moment {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    Moment { secs: now.tv_sec, nanos: u32::try_from(now.tv_nsec).unwrap_or(0) }
}

/// Lets regular files pass.
pub(crate) fn regular(kind: FileKind) -> io::Result<()> {
    match kind {
        FileKind::Regular => Ok(()),
        FileKind::Directory => Err(Errno::ISDIR.into()),
        _ => Err(special_file()),
    }
}

/// Opens a file by name and looks what it is afterwards: for file systems without devices, and where there is no better
/// way. `flags` are added.
pub(crate) fn open_and_look(dir: impl AsFd, path: &[u8], flags: OFlags) -> io::Result<OpenFile> {
    let fd = match rustix::fs::openat(dir, path, FILE | flags, Mode::empty()) {
        // A socket, or a device without a driver.
        Err(Errno::NXIO) => return Err(special_file()),
        other => other?,
    };
    OpenFile::checked(fd)
}

/// Opens what an `O_PATH` descriptor holds, once it is known to be a regular file: opening a device may already do
/// something (rewind a tape, arm a watchdog). `None` where there is no `/proc` to open it through.
#[cfg(target_os = "linux")]
pub(crate) fn reopen(inode: &impl AsFd) -> Option<io::Result<OpenFile>> {
    let stat = match rustix::fs::fstat(inode) {
        Ok(stat) => stat,
        Err(error) => return Some(Err(error.into())),
    };
    if let Err(error) = regular(FileKind::from_mode(stat.st_mode)) {
        return Some(Err(error));
    }
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    match rustix::fs::open(magic_path(inode, b""), FILE, Mode::empty()) {
        Ok(fd) => Some(Ok(OpenFile::new(fd, size))),
        Err(Errno::NOENT) => None,
        Err(error) => Some(Err(error.into())),
    }
}

/// `/proc/self/fd/N/path`: a descriptor as a path, for the calls that take nothing else.
#[cfg(target_os = "linux")]
pub(crate) fn magic_path(fd: &impl AsFd, path: &[u8]) -> Vec<u8> {
    use rustix::fd::AsRawFd;
    let own = format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd()).into_bytes();
    // A slash at the end would ask for a directory.
    if path.is_empty() { own } else { crate::join(&own, path) }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::fs::{CWD, openat};

    #[test]
    fn inodes_are_opened() -> io::Result<()> {
        let exe = std::env::current_exe()?;
        let inode = openat(CWD, &exe, INODE, Mode::empty())?;
        assert!(matches!(reopen(&inode), Some(Ok(_))));
        let null = openat(CWD, "/dev/null", INODE, Mode::empty())?;
        assert!(matches!(reopen(&null), Some(Err(error)) if error.kind() == io::ErrorKind::InvalidInput));
        Ok(())
    }
}
