//! A machine in memory, for fuzzers, unit tests and fixtures.

mod archive;
mod dir;
mod dumps;
mod save;
mod tree;
mod walk;

pub use tree::{Access, Fault};

use crate::api::{Dir, FileKind, Host, Moment, Netlink, Stat, Xattr};
use crate::netlink::{Dump, consistent};
use dir::MemDir;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;
use tree::{Content, Tree};

/// A tree in memory that looks like a machine.
///
/// ```
/// use plumb_host::{Cancel, Host, Limit, Mem};
///
/// let host = Mem::new()
///     .file("/usr/lib/os-release", "ID=debian\n")
///     .link("/etc/os-release", "../usr/lib/os-release")
///     .meta("/usr/lib/os-release", |stat| stat.mtime = 1_700_000_000);
/// let mut text = Vec::new();
/// let limit = Limit { bytes: 1 << 20, cancel: &Cancel::new() };
/// host.root().read(b"/etc/os-release", &mut text, limit)?;
/// assert_eq!(text, b"ID=debian\n");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// It is built by value, path by path. Missing parents are made, links on the way are followed, and whatever else stands
/// in the way is replaced, so that building never fails. A path that no kernel would take (with a NUL, or with a name
/// of more than 255 bytes) is left out.
///
/// Everything is owned by root, files have mode 0644, directories 0755, and all times are [`Mem::CLOCK`] until
/// [`Mem::meta`] says otherwise. Modes are shown but never enforced: what cannot be read is said with [`Mem::fail`].
/// Listings are in byte order. Errors are plain [`io::ErrorKind`]s, except for a link loop, which is Linux's `ELOOP`.
#[derive(Clone)]
pub struct Mem {
    root: MemDir,
    clock: Moment,
    inside: BTreeMap<i64, Arc<Mem>>,
    dumps: Arc<Vec<Dump>>,
}

impl Default for Mem {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Mem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mem").field("root", &self.root).field("clock", &self.clock).finish()
    }
}

impl Mem {
    /// What the clock says until [`Mem::clock`] sets it, and all times of new files: 2023-11-14T22:13:20Z.
    pub const CLOCK: Moment = Moment { secs: 1_700_000_000, nanos: 0 };

    /// A machine with an empty root directory.
    #[must_use]
    pub fn new() -> Self {
        Self {
            root: MemDir::root_of(Arc::new(Tree::new())),
            clock: Self::CLOCK,
            inside: BTreeMap::new(),
            dumps: Arc::default(),
        }
    }

    /// A regular file. An existing one gets the new content under all its names.
    #[must_use]
    pub fn file(self, path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        self.shared(path, Arc::from(content.as_ref()))
    }

    /// A regular file whose bytes are shared, not copied.
    #[must_use]
    pub fn shared(mut self, path: impl AsRef<[u8]>, content: Arc<[u8]>) -> Self {
        self.put(path.as_ref(), Content::File(content));
        self
    }

    /// A directory; an existing one is left as it is.
    #[must_use]
    pub fn dir(mut self, path: impl AsRef<[u8]>) -> Self {
        self.put(path.as_ref(), Content::Dir(Default::default()));
        self
    }

    /// A symbolic link.
    #[must_use]
    pub fn link(mut self, path: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        self.put(path.as_ref(), Content::Link(Box::from(target.as_ref())));
        self
    }

    /// Another name for what is at `existing` (not followed if it is a link). Nothing happens when that is a directory
    /// or is not there.
    #[must_use]
    pub fn hard_link(mut self, path: impl AsRef<[u8]>, existing: impl AsRef<[u8]>) -> Self {
        let start = self.root.node();
        if let Some(node) = self.root.tree().place(start, existing.as_ref()) {
            self.tree().hard_link(start, path.as_ref(), node);
        }
        self
    }

    /// An inode of any kind: a FIFO, a socket, a device; a regular file is empty, a link leads nowhere.
    #[must_use]
    pub fn node(self, path: impl AsRef<[u8]>, kind: FileKind) -> Self {
        match kind {
            FileKind::Regular => self.file(path, b""),
            FileKind::Directory => self.dir(path),
            FileKind::Symlink => self.link(path, b""),
            special => {
                let mut this = self;
                this.put(path.as_ref(), Content::Special(special));
                this
            }
        }
    }

    /// Changes what stat says of a path (not followed if it is a link); what is missing is made, as an empty file. The
    /// file type bits of the mode stay what they are.
    #[must_use]
    pub fn meta(mut self, path: impl AsRef<[u8]>, change: impl FnOnce(&mut Stat)) -> Self {
        self.with(path.as_ref(), |node| node.change_stat(change));
        self
    }

    /// Sets an extended attribute of a path (not followed if it is a link); what is missing is made, as an empty file.
    #[must_use]
    pub fn xattr(mut self, path: impl AsRef<[u8]>, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        let xattr = Xattr { name: name.as_ref().to_vec(), value: value.as_ref().to_vec() };
        self.with(path.as_ref(), |node| node.set_xattr(xattr));
        self
    }

    /// Makes every access to a path fail, and with a directory to all that is below it. It is still listed by its
    /// parent. What is missing is made, as an empty file.
    #[must_use]
    pub fn fail(mut self, path: impl AsRef<[u8]>, error: impl Into<Fault>) -> Self {
        let fault = error.into();
        self.with(path.as_ref(), |node| Access::ALL.iter().for_each(|access| node.set_fault(*access, fault)));
        self
    }

    /// Makes one kind of access to a path fail; what is missing is made, as an empty file.
    #[must_use]
    pub fn fail_on(mut self, path: impl AsRef<[u8]>, access: Access, error: impl Into<Fault>) -> Self {
        let fault = error.into();
        self.with(path.as_ref(), |node| node.set_fault(access, fault));
        self
    }

    /// What [`Host::inside_process`] gives for a process, instead of the directory at `/proc/PID/root`.
    #[must_use]
    pub fn inside(mut self, pid: i64, host: Self) -> Self {
        self.inside.insert(pid, Arc::new(host));
        self
    }

    /// What netlink answers to a request; without any, the host has no netlink. Said again of the same request, it is the
    /// answer when that is asked once more, since the one before changed while it was made (`NLM_F_DUMP_INTR`). Other
    /// requests are refused.
    #[must_use]
    pub fn dumped(mut self, dump: Dump) -> Self {
        Arc::make_mut(&mut self.dumps).push(dump);
        self
    }

    /// All that netlink answers, in the order in which it was said.
    #[must_use]
    pub fn dumps(&self) -> &[Dump] {
        &self.dumps
    }

    /// Sets the clock.
    #[must_use]
    pub fn clock(mut self, now: Moment) -> Self {
        self.clock = now;
        self
    }

    /// The tree, to change it: copied first if another host, directory or file shares it.
    fn tree(&mut self) -> &mut Tree {
        self.root.tree_mut()
    }

    fn put(&mut self, path: &[u8], content: Content) -> Option<usize> {
        let start = self.root.node();
        self.tree().put(start, path, content)
    }

    fn with(&mut self, path: &[u8], change: impl FnOnce(&mut tree::Node)) {
        let start = self.root.node();
        let found = self.root.tree().place(start, path);
        let found = match found {
            Some(found) => Some(found),
            None => self.put(path, Content::File(Arc::from([]))),
        };
        if let Some(node) = found.and_then(|found| self.tree().get_mut(found)) {
            change(node);
        }
    }
}

impl Host for Mem {
    fn root(&self) -> &dyn Dir {
        &self.root
    }

    fn now(&self) -> Moment {
        self.clock
    }

    fn is_live(&self) -> bool {
        false
    }

    fn inside_process(&self, pid: i64) -> io::Result<Arc<dyn Host>> {
        if let Some(inside) = self.inside.get(&pid) {
            return Ok(Arc::clone(inside) as Arc<dyn Host>);
        }
        let path = format!("/proc/{pid}/root");
        let root = self.root.chroot(path.as_bytes()).map_err(|_| io::ErrorKind::NotFound)?;
        Ok(Arc::new(Self { root, clock: self.clock, ..Self::new() }))
    }

    fn netlink(&self) -> Option<&dyn Netlink> {
        (!self.dumps.is_empty()).then_some(self)
    }
}

impl Netlink for Mem {
    fn dump(
        &self,
        protocol: u8,
        kind: u16,
        body: &[u8],
        net_namespace: Option<u32>,
        visit: &mut dyn FnMut(u16, &[u8]),
    ) -> io::Result<()> {
        let namespace = match net_namespace {
            Some(pid) => self.root.read_link(format!("/proc/{pid}/ns/net").as_bytes())?,
            None => Vec::new(),
        };
        let answers = self.dumps.iter().filter(|dump| dump.answers(protocol, kind, body, &namespace));
        consistent(answers.map(Dump::read))?.tell(visit);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
