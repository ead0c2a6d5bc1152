//! Open directories and their listings.

use super::{DIRECTORY, kind_of};
use crate::api::{Batch, Entry, List};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::Mode;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The descriptor of an open directory.
#[derive(Debug)]
pub(crate) struct Handle {
    fd: Arc<OwnedFd>,
    /// Whether the descriptor's own position has been given to a listing. Later ones open the directory again.
    listed: AtomicBool,
}

impl From<OwnedFd> for Handle {
    fn from(fd: OwnedFd) -> Self {
        Self { fd: Arc::new(fd), listed: AtomicBool::new(false) }
    }
}

impl AsFd for Handle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Handle {
    pub(crate) fn list(&self) -> io::Result<Box<dyn List>> {
        let fd = if self.listed.swap(true, Ordering::Relaxed) {
            Arc::new(rustix::fs::openat(&self.fd, ".", DIRECTORY, Mode::empty())?)
        } else {
            Arc::clone(&self.fd)
        };
        Ok(Box::new(listing(fd)?))
    }
}

#[cfg(target_os = "linux")]
use linux::listing;

#[cfg(target_os = "linux")]
mod linux {
    use super::*;
    use std::fmt;

    /// As much as the C library asks for at once: about a thousand entries.
    const BUFFER: usize = 32 << 10;

    pub(super) fn listing(fd: Arc<OwnedFd>) -> io::Result<Listing> {
        Ok(Listing { fd, buffer: Vec::with_capacity(BUFFER), over: false })
    }

    pub(super) struct Listing {
        fd: Arc<OwnedFd>,
        buffer: Vec<u8>,
        over: bool,
    }

    impl fmt::Debug for Listing {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "Listing({:?})", self.fd)
        }
    }

    impl List for Listing {
        fn next_batch(&mut self, batch: &mut Batch) -> io::Result<bool> {
            batch.clear();
            while batch.is_empty() && !self.over {
                self.fill(batch).inspect_err(|_| self.over = true)?;
            }
            Ok(!batch.is_empty())
        }
    }

    impl Listing {
        /// One getdents64(2).
        fn fill(&mut self, batch: &mut Batch) -> io::Result<()> {
            let mut raw = rustix::fs::RawDir::new(&self.fd, self.buffer.spare_capacity_mut());
            loop {
                let Some(entry) = raw.next() else {
                    self.over = true;
                    return Ok(());
                };
                let entry = entry?;
                let name = entry.file_name().to_bytes();
                if name != b"." && name != b".." {
                    batch.push(Entry { name, kind: kind_of(entry.file_type()), inode: entry.ino() });
                }
                if raw.is_buffer_empty() {
                    return Ok(());
                }
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
use portable::listing;

#[cfg(not(target_os = "linux"))]
mod portable {
    use super::*;

    /// Entries of a batch.
    const BATCH: usize = 256;

    pub(super) fn listing(fd: Arc<OwnedFd>) -> io::Result<Listing> {
        Ok(Listing(Some(rustix::fs::Dir::read_from(fd)?)))
    }

    #[derive(Debug)]
    pub(super) struct Listing(Option<rustix::fs::Dir>);

    impl List for Listing {
        fn next_batch(&mut self, batch: &mut Batch) -> io::Result<bool> {
            batch.clear();
            let Some(dir) = &mut self.0 else { return Ok(false) };
            while batch.len() < BATCH {
                match dir.read() {
                    Some(Ok(entry)) => push(batch, &entry),
                    Some(Err(error)) => {
                        self.0 = None;
                        return Err(error.into());
                    }
                    None => {
                        self.0 = None;
                        break;
                    }
                }
            }
            Ok(!batch.is_empty())
        }
    }

    fn push(batch: &mut Batch, entry: &rustix::fs::DirEntry) {
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            batch.push(Entry { name, kind: kind_of(entry.file_type()), inode: entry.ino() });
        }
    }
}
