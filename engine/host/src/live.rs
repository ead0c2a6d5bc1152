//! This machine.

mod dir;
#[cfg(target_os = "linux")]
mod kernel;
#[cfg(target_os = "linux")]
mod netlink;
#[cfg(target_os = "linux")]
mod patience;
#[cfg(target_os = "linux")]
mod plain;

use crate::api::{Dir, Host, Moment};
use crate::{Rooted, sys};
use dir::LiveDir;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::sync::Arc;

/// The running machine.
///
/// FIFOs, sockets and devices are never opened: what a path leads to is looked at first. `/proc` and `/sys`, which have
/// none, are read without that detour.
#[derive(Debug)]
pub struct Live {
    root: LiveDir,
    #[cfg(target_os = "linux")]
    kernel: kernel::LiveKernel,
    #[cfg(target_os = "linux")]
    netlink: netlink::LiveNetlink,
}

impl Live {
    /// The machine on which this runs.
    ///
    /// # Errors
    /// Those of opening the root directory.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            root: LiveDir::root()?,
            #[cfg(target_os = "linux")]
            kernel: kernel::LiveKernel,
            #[cfg(target_os = "linux")]
            netlink: netlink::LiveNetlink,
        })
    }
}

impl Host for Live {
    fn root(&self) -> &dyn Dir {
        &self.root
    }

    fn now(&self) -> Moment {
        sys::now()
    }

    fn is_live(&self) -> bool {
        true
    }

    fn own_pid(&self) -> Option<u32> {
        Some(rustix::process::getpid().as_raw_nonzero().get().unsigned_abs())
    }

    fn own_ids(&self) -> (u32, u32) {
        (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw())
    }

    #[allow(clippy::disallowed_methods, reason = "here is where the environment is read")]
    fn env(&self, name: &str) -> Option<Vec<u8>> {
        std::env::var_os(name).map(OsStringExt::into_vec)
    }

    fn inside_process(&self, pid: i64) -> io::Result<Arc<dyn Host>> {
        Ok(Arc::new(Rooted::open(format!("/proc/{pid}/root"))?))
    }

    #[cfg(target_os = "linux")]
    fn kernel(&self) -> Option<&dyn crate::Kernel> {
        Some(&self.kernel)
    }

    #[cfg(target_os = "linux")]
    fn netlink(&self) -> Option<&dyn crate::Netlink> {
        Some(&self.netlink)
    }
}

#[cfg(test)]
mod tests;
