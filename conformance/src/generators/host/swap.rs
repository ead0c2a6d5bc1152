//! A host that can be exchanged under an engine that goes on: opening an engine costs more than most inputs.

use super::powers::Powers;
use plumb_host::{
    Dir, File, Follow, FsUsage, Host, InterfaceHw, Kernel, KernelName, Limit, List, Moment, Netlink, Stat, Xattr,
};
use std::io;
use std::sync::{Arc, PoisonError, RwLock};

/// See the module. Clones show the same host.
#[derive(Clone, Debug)]
pub struct Swap {
    now: Arc<RwLock<Arc<Powers>>>,
}

impl Swap {
    /// Begins with a host.
    #[must_use]
    pub fn new(host: Arc<Powers>) -> Self {
        Self { now: Arc::new(RwLock::new(host)) }
    }

    /// Shows another host from now on.
    pub fn show(&self, host: Arc<Powers>) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = host;
    }

    fn host(&self) -> Arc<Powers> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Host for Swap {
    fn root(&self) -> &dyn Dir {
        self
    }

    fn now(&self) -> Moment {
        self.host().now()
    }

    fn is_live(&self) -> bool {
        self.host().is_live()
    }

    fn own_pid(&self) -> Option<u32> {
        self.host().own_pid()
    }

    fn own_ids(&self) -> (u32, u32) {
        self.host().own_ids()
    }

    fn env(&self, name: &str) -> Option<Vec<u8>> {
        self.host().env(name)
    }

    fn inside_process(&self, pid: i64) -> io::Result<Arc<dyn Host>> {
        self.host().inside_process(pid)
    }

    fn kernel(&self) -> Option<&dyn Kernel> {
        self.host().kernel().is_some().then_some(self as &dyn Kernel)
    }

    fn netlink(&self) -> Option<&dyn Netlink> {
        self.host().netlink().is_some().then_some(self as &dyn Netlink)
    }
}

/// The root directory.
impl Dir for Swap {
    fn open(&self, path: &[u8]) -> io::Result<Box<dyn File>> {
        self.host().root().open(path)
    }

    fn open_dir(&self, path: &[u8]) -> io::Result<Box<dyn Dir>> {
        self.host().root().open_dir(path)
    }

    fn read(&self, path: &[u8], buf: &mut Vec<u8>, limit: Limit<'_>) -> io::Result<bool> {
        self.host().root().read(path, buf, limit)
    }

    fn read_link(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        self.host().root().read_link(path)
    }

    fn stat(&self, path: &[u8], follow: Follow) -> io::Result<Stat> {
        self.host().root().stat(path, follow)
    }

    fn list(&self) -> io::Result<Box<dyn List>> {
        self.host().root().list()
    }

    fn xattrs(&self, path: &[u8]) -> io::Result<Vec<Xattr>> {
        self.host().root().xattrs(path)
    }
}

/// What a host without a kernel would say; nobody asks, since [`Host::kernel`] then gives none.
const SILENT: io::ErrorKind = io::ErrorKind::Unsupported;

impl Swap {
    fn ask<T>(&self, ask: impl FnOnce(&dyn Kernel) -> T) -> Option<T> {
        self.host().kernel().map(ask)
    }
}

impl Kernel for Swap {
    fn name(&self) -> KernelName {
        let silent = || KernelName {
            sysname: Vec::new(),
            nodename: Vec::new(),
            release: Vec::new(),
            version: Vec::new(),
            machine: Vec::new(),
        };
        self.ask(|kernel| kernel.name()).unwrap_or_else(silent)
    }

    fn fs_usage(&self, path: &[u8]) -> io::Result<FsUsage> {
        self.ask(|kernel| kernel.fs_usage(path)).unwrap_or_else(|| Err(SILENT.into()))
    }

    fn load_average(&self) -> [f64; 3] {
        self.ask(|kernel| kernel.load_average()).unwrap_or_default()
    }

    fn uptime(&self) -> u64 {
        self.ask(|kernel| kernel.uptime()).unwrap_or_default()
    }

    fn ticks_per_second(&self) -> u64 {
        self.ask(|kernel| kernel.ticks_per_second()).unwrap_or_default()
    }

    fn page_size(&self) -> u64 {
        self.ask(|kernel| kernel.page_size()).unwrap_or_default()
    }

    fn interface_hw(&self, name: &[u8]) -> io::Result<InterfaceHw> {
        self.ask(|kernel| kernel.interface_hw(name)).unwrap_or_else(|| Err(SILENT.into()))
    }
}

impl Netlink for Swap {
    fn dump(
        &self,
        protocol: u8,
        kind: u16,
        body: &[u8],
        pid: Option<u32>,
        visit: &mut dyn FnMut(u16, &[u8]),
    ) -> io::Result<()> {
        match self.host().netlink() {
            Some(netlink) => netlink.dump(protocol, kind, body, pid, visit),
            None => Err(SILENT.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::dumps;
    use super::super::powers::Numbers;
    use super::*;
    use plumb_host::Mem;

    #[test]
    fn the_shown_host_answers() {
        let name = |swap: &Swap| swap.kernel().map(|kernel| kernel.name().release);
        let swap = Swap::new(Arc::new(Powers::new(Mem::new().file("/a", "1"))));
        assert!(swap.root().open(b"/a").is_ok() && swap.netlink().is_none());
        assert_eq!(name(&swap), None);
        let numbers = Numbers { name: b"6.1".to_vec(), count: 1, load: 0.5 };
        let other = Powers::new(Mem::new().file("/b", "2").dumped(dumps::valid()[0].clone()));
        swap.clone().show(Arc::new(Powers { numbers: Some(numbers), ..other }));
        assert!(swap.root().open(b"/a").is_err() && swap.root().open(b"/b").is_ok());
        assert_eq!(name(&swap), Some(b"6.1".to_vec()));
        let mut messages = 0;
        swap.netlink().unwrap().dump(0, 18, &[0; 16], None, &mut |_, _| messages += 1).unwrap();
        assert!(messages > 0);
    }
}
