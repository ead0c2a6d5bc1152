//! A host in memory that also has a kernel to ask, for the tests of this folder.

use plumb_host::{Dir, FsUsage, Host, InterfaceHw, Kernel, KernelName, Mem, Moment};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A tree and a kernel whose answers are constant.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    tree: Mem,
    asked: Arc<AtomicUsize>,
}

impl Running {
    pub(crate) fn new(tree: Mem) -> Self {
        Self { tree, asked: Arc::default() }
    }

    /// How often a file system was asked for its usage.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Host for Running {
    fn root(&self) -> &dyn Dir {
        self.tree.root()
    }
    fn now(&self) -> Moment {
        self.tree.now()
    }
    fn is_live(&self) -> bool {
        true
    }
    fn env(&self, name: &str) -> Option<Vec<u8>> {
        (name == "TZ").then(|| b"EST5EDT,M3.2.0,M11.1.0".to_vec())
    }
    fn kernel(&self) -> Option<&dyn Kernel> {
        Some(self)
    }
}

impl Kernel for Running {
    fn name(&self) -> KernelName {
        let name = |text: &str| text.as_bytes().to_vec();
        KernelName {
            sysname: name("Linux"),
            nodename: name("running"),
            release: name("6.9.9"),
            version: name("#1"),
            machine: name("riscv64"),
        }
    }
    fn fs_usage(&self, path: &[u8]) -> io::Result<FsUsage> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if path != b"/" {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(FsUsage { block_size: 4096, blocks: 9_000_000_000, free: 3, available: 2, inodes: 7, inodes_free: 5 })
    }
    fn load_average(&self) -> [f64; 3] {
        [0.5, 1.0, 12.25]
    }
    fn uptime(&self) -> u64 {
        61
    }
    fn ticks_per_second(&self) -> u64 {
        100
    }
    fn page_size(&self) -> u64 {
        4096
    }
    fn interface_hw(&self, _: &[u8]) -> io::Result<InterfaceHw> {
        Err(io::ErrorKind::NotFound.into())
    }
}
