//! Open files.

use super::regular;
use crate::api::{File, FileKind, Limit, Stat};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use std::io;
use std::mem::MaybeUninit;

/// The first read of a file that is not known to be large. Some files of `/proc/sys` make the kernel clear a buffer of
/// the size that is asked for.
const SMALL: usize = 4 << 10;
/// The largest read.
const LARGE: usize = 64 << 10;

/// A regular file.
#[derive(Debug)]
pub(crate) struct OpenFile {
    fd: OwnedFd,
    /// Its size when it was opened; kernel files say 0.
    size: u64,
}

impl OpenFile {
    #[cfg(target_os = "linux")]
    pub(crate) fn new(fd: OwnedFd, size: u64) -> Self {
        Self { fd, size }
    }

    /// Refuses what is not a regular file.
    pub(crate) fn checked(fd: OwnedFd) -> io::Result<Self> {
        let stat = rustix::fs::fstat(&fd)?;
        #[allow(clippy::unnecessary_cast, reason = "narrower on other systems")]
        regular(FileKind::from_mode(stat.st_mode as u32))?;
        Ok(Self { fd, size: u64::try_from(stat.st_size).unwrap_or(0) })
    }

    pub(crate) fn read_to_end(&self, buf: &mut Vec<u8>, limit: Limit<'_>) -> io::Result<bool> {
        read_to_end(&self.fd, self.size, buf, limit)
    }
}

impl File for OpenFile {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::retry_on_intr(|| rustix::io::read(&self.fd, &mut *buf))?)
    }

    fn stat(&self) -> io::Result<Stat> {
        super::stat_fd(&self.fd)
    }
}

/// Appends the rest of a file to `buf` under the limit; answers whether something was left unread. `size` is a guess.
pub(crate) fn read_to_end(fd: impl AsFd, size: u64, buf: &mut Vec<u8>, limit: Limit<'_>) -> io::Result<bool> {
    let mut chunk = [MaybeUninit::<u8>::uninit(); LARGE];
    let mut step = if size > SMALL as u64 { LARGE } else { SMALL };
    let mut left = limit.bytes;
    loop {
        if limit.cancel.is_cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        // One byte more than allowed tells whether there is more.
        let want = step.min(left.saturating_add(1));
        let got = match rustix::io::read(fd.as_fd(), chunk.get_mut(..want).unwrap_or_default()) {
            Ok((got, _)) => got,
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        };
        if got.is_empty() {
            return Ok(false);
        }
        buf.extend_from_slice(got.get(..left).unwrap_or(got));
        let Some(rest) = left.checked_sub(got.len()) else { return Ok(true) };
        left = rest;
        step = (step * 4).min(LARGE);
    }
}
