//! A host in memory with all the powers of a running machine: a kernel, netlink, an environment, a process of its own.

use plumb_host::{Dir, FsUsage, Host, InterfaceHw, Kernel, KernelName, Mem, Moment, Netlink};
use std::io;
use std::sync::Arc;

/// Files, the netlink that goes with them, and what else is not a file.
#[derive(Clone, Debug)]
pub struct Powers {
    /// The files.
    pub files: Mem,
    /// Whether it says that it runs.
    pub live: bool,
    /// The process this agent runs in, on a host that runs.
    pub own_pid: Option<u32>,
    /// The user and group this agent runs as.
    pub own_ids: (u32, u32),
    /// The value of every variable of the environment.
    pub env: Option<Vec<u8>>,
    /// What the kernel says, if there is one to ask.
    pub numbers: Option<Numbers>,
}

/// What a kernel says of itself.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// Every name.
    pub name: Vec<u8>,
    /// Every count and size.
    pub count: u64,
    /// Every load average.
    pub load: f64,
}

impl Powers {
    /// Files and nothing else.
    #[must_use]
    pub fn new(files: Mem) -> Self {
        Self { files, live: false, own_pid: None, own_ids: (0, 0), env: None, numbers: None }
    }
}

impl Host for Powers {
    fn root(&self) -> &dyn Dir {
        self.files.root()
    }

    fn now(&self) -> Moment {
        self.files.now()
    }

    fn is_live(&self) -> bool {
        self.live
    }

    fn own_pid(&self) -> Option<u32> {
        self.own_pid.filter(|_| self.live)
    }

    fn own_ids(&self) -> (u32, u32) {
        self.own_ids
    }

    fn env(&self, _: &str) -> Option<Vec<u8>> {
        self.env.clone()
    }

    fn inside_process(&self, pid: i64) -> io::Result<Arc<dyn Host>> {
        self.files.inside_process(pid)
    }

    fn kernel(&self) -> Option<&dyn Kernel> {
        self.numbers.as_ref().map(|numbers| numbers as &dyn Kernel)
    }

    fn netlink(&self) -> Option<&dyn Netlink> {
        self.files.netlink()
    }
}

impl Kernel for Numbers {
    fn name(&self) -> KernelName {
        let name = || self.name.clone();
        KernelName { sysname: name(), nodename: name(), release: name(), version: name(), machine: name() }
    }

    fn fs_usage(&self, _: &[u8]) -> io::Result<FsUsage> {
        let n = self.count;
        Ok(FsUsage { block_size: n, blocks: n, free: n, available: n, inodes: n, inodes_free: n })
    }

    fn load_average(&self) -> [f64; 3] {
        [self.load; 3]
    }

    fn uptime(&self) -> u64 {
        self.count
    }

    fn ticks_per_second(&self) -> u64 {
        self.count
    }

    fn page_size(&self) -> u64 {
        self.count
    }

    fn interface_hw(&self, _: &[u8]) -> io::Result<InterfaceHw> {
        Ok(InterfaceHw { speed: u32::try_from(self.count).ok(), full_duplex: Some(self.count & 1 == 0) })
    }
}
