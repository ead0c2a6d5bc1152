//! A host that remembers what was read of it.

mod dir;
mod kept;
mod netlink;

use crate::api::{Dir, Host, Kernel, Moment, Netlink};
use crate::mem::Mem;
use dir::RecordingDir;
use kept::{Budget, Shared};
use std::io;
use std::sync::Arc;

/// Wraps a host and keeps what is read of it, to become a fixture.
///
/// ```
/// use plumb_host::{Cancel, Host, Limit, Mem, Recording};
/// use std::sync::Arc;
///
/// let host = Mem::new().file("/etc/hosts", "127.0.0.1 localhost\n").file("/etc/shadow", "secret");
/// let recording = Recording::new(Arc::new(host), 1 << 20);
/// let limit = Limit { bytes: 1 << 20, cancel: &Cancel::new() };
/// recording.root().read(b"/etc/hosts", &mut Vec::new(), limit)?;
/// assert_eq!(recording.left_out(), 0);
///
/// let fixture = recording.into_mem();
/// assert!(fixture.root().open(b"/etc/hosts").is_ok());
/// assert!(fixture.root().open(b"/etc/shadow").is_err());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Kept are contents, links (also those on the way to a file), listings, stats, extended attributes and errors, all
/// under the path that a file has without links, and answers of netlink. Not kept are answers of the kernel, the environment,
/// and what is reached only through a link of `/proc` whose text does not lead there (a deleted file, a pipe).
#[derive(Debug)]
pub struct Recording {
    root: RecordingDir,
    shared: Arc<Shared>,
}

impl Recording {
    /// Records a host, keeping at most about `bytes` bytes of memory.
    #[must_use]
    pub fn new(host: Arc<dyn Host>, bytes: usize) -> Self {
        Self::with(host, Arc::new(Budget::new(bytes)))
    }

    fn with(host: Arc<dyn Host>, budget: Arc<Budget>) -> Self {
        Self::of(Arc::new(Shared::new(host, budget)))
    }

    fn of(shared: Arc<Shared>) -> Self {
        Self { root: RecordingDir::root(Arc::clone(&shared)), shared }
    }

    /// How many contents, names, stats … were not kept because there was no room for them. The fixture is complete if
    /// this is 0.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.shared.budget.left_out()
    }

    /// What was kept so far, as a host whose clock stands at this moment. A file that is open counts once it is closed.
    #[must_use]
    pub fn into_mem(self) -> Mem {
        self.shared.to_mem()
    }
}

impl Host for Recording {
    fn root(&self) -> &dyn Dir {
        &self.root
    }

    fn now(&self) -> Moment {
        self.shared.host.now()
    }

    fn is_live(&self) -> bool {
        self.shared.host.is_live()
    }

    fn own_pid(&self) -> Option<u32> {
        self.shared.host.own_pid()
    }

    fn own_ids(&self) -> (u32, u32) {
        self.shared.host.own_ids()
    }

    fn env(&self, name: &str) -> Option<Vec<u8>> {
        self.shared.host.env(name)
    }

    fn inside_process(&self, pid: i64) -> io::Result<Arc<dyn Host>> {
        Ok(Arc::new(Self::of(self.shared.inside(pid)?)))
    }

    fn kernel(&self) -> Option<&dyn Kernel> {
        self.shared.host.kernel()
    }

    fn netlink(&self) -> Option<&dyn Netlink> {
        self.shared.host.netlink().map(|_| &*self.shared as &dyn Netlink)
    }
}

#[cfg(test)]
mod tests;
