//! A host that writes down what it is asked, whether it is there or not.

use plumb_host::{Dir, File, Follow, Host, Kernel, List, Moment, Netlink, Stat, Xattr, join};
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// What was asked for, by the path that was named.
type Heard = Arc<Mutex<BTreeSet<Vec<u8>>>>;

/// See the module.
#[derive(Debug)]
pub struct Asked {
    host: Arc<dyn Host>,
    root: AskedDir,
    heard: Heard,
    prefix: Vec<u8>,
}

impl Asked {
    /// Listens to what a host is asked.
    #[must_use]
    pub fn new(host: Arc<dyn Host>) -> Self {
        Self::inside(host, Heard::default(), b"/".to_vec())
    }

    fn inside(host: Arc<dyn Host>, heard: Heard, prefix: Vec<u8>) -> Self {
        let root = AskedDir {
            inner: Inner::Root(Arc::clone(&host)),
            heard: Arc::clone(&heard),
            path: prefix.clone(),
            root: prefix.clone(),
        };
        Self { host, root, heard, prefix }
    }

    /// The paths that were asked for.
    #[must_use]
    pub fn paths(&self) -> Vec<Vec<u8>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Host for Asked {
    fn root(&self) -> &dyn Dir {
        &self.root
    }

    fn now(&self) -> Moment {
        self.host.now()
    }

    fn is_live(&self) -> bool {
        self.host.is_live()
    }

    fn own_pid(&self) -> Option<u32> {
        self.host.own_pid()
    }

    fn own_ids(&self) -> (u32, u32) {
        self.host.own_ids()
    }

    fn env(&self, name: &str) -> Option<Vec<u8>> {
        self.host.env(name)
    }

    fn inside_process(&self, pid: i64) -> io::Result<Arc<dyn Host>> {
        let prefix = join(&self.prefix, format!("proc/{pid}/root").as_bytes());
        Ok(Arc::new(Self::inside(self.host.inside_process(pid)?, Arc::clone(&self.heard), prefix)))
    }

    fn kernel(&self) -> Option<&dyn Kernel> {
        self.host.kernel()
    }

    fn netlink(&self) -> Option<&dyn Netlink> {
        self.host.netlink()
    }
}

enum Inner {
    Root(Arc<dyn Host>),
    Below(Box<dyn Dir>),
}

struct AskedDir {
    inner: Inner,
    heard: Heard,
    path: Vec<u8>,
    root: Vec<u8>,
}

impl fmt::Debug for AskedDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AskedDir({})", self.path.escape_ascii())
    }
}

impl AskedDir {
    fn inner(&self) -> &dyn Dir {
        match &self.inner {
            Inner::Root(host) => host.root(),
            Inner::Below(dir) => &**dir,
        }
    }

    fn hear(&self, path: &[u8]) -> Vec<u8> {
        let heard = match path.strip_prefix(b"/") {
            Some(below) => join(&self.root, below),
            None if path.is_empty() => self.path.clone(),
            None => join(&self.path, path),
        };
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).insert(heard.clone());
        heard
    }
}

impl Dir for AskedDir {
    fn open(&self, path: &[u8]) -> io::Result<Box<dyn File>> {
        self.hear(path);
        self.inner().open(path)
    }

    fn open_dir(&self, path: &[u8]) -> io::Result<Box<dyn Dir>> {
        let heard = self.hear(path);
        let inner = Inner::Below(self.inner().open_dir(path)?);
        Ok(Box::new(Self { inner, heard: Arc::clone(&self.heard), path: heard, root: self.root.clone() }))
    }

    fn read_link(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        self.hear(path);
        self.inner().read_link(path)
    }

    fn stat(&self, path: &[u8], follow: Follow) -> io::Result<Stat> {
        self.hear(path);
        self.inner().stat(path, follow)
    }

    fn list(&self) -> io::Result<Box<dyn List>> {
        self.hear(b"");
        self.inner().list()
    }

    fn xattrs(&self, path: &[u8]) -> io::Result<Vec<Xattr>> {
        self.hear(path);
        self.inner().xattrs(path)
    }
}
