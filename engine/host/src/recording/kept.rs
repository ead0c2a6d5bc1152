//! What a recording keeps.

use crate::api::{Dir, FileKind, Follow, Host, Stat, Xattr};
use crate::mem::{Access, Fault, Mem};
use crate::netlink::Dump;
use crate::{join, parent};
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What an item costs besides its bytes.
const ITEM: usize = 300;
/// The most links on the way to one file, as in the kernel.
const LINKS_MAX: usize = 40;

/// The room that is left, for a recording and those inside it.
#[derive(Debug)]
pub(super) struct Budget {
    left: AtomicUsize,
    refused: AtomicU64,
}

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        Self { left: AtomicUsize::new(bytes), refused: AtomicU64::new(0) }
    }

    pub(super) fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }

    pub(super) fn left_out(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    pub(super) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    fn take(&self, bytes: usize) -> bool {
        let taken =
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok();
        if !taken {
            self.refuse();
        }
        taken
    }
}

/// What is known of one path.
#[derive(Debug, Default)]
struct Item {
    kind: FileKind,
    link: Option<Vec<u8>>,
    content: Option<Arc<[u8]>>,
    stat: Option<Stat>,
    xattrs: Vec<Xattr>,
    faults: Vec<(Access, Fault)>,
}

#[derive(Debug, Default)]
struct Kept {
    items: BTreeMap<Vec<u8>, Item>,
    dumps: Vec<Dump>,
    inside: BTreeMap<i64, Arc<Shared>>,
}

/// A host and what is kept of it.
pub(super) struct Shared {
    pub(super) host: Arc<dyn Host>,
    pub(super) budget: Arc<Budget>,
    kept: Mutex<Kept>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("host", &self.host).field("budget", &self.budget).finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn new(host: Arc<dyn Host>, budget: Arc<Budget>) -> Self {
        Self { host, budget, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The recording inside a process: always the same one.
    pub(super) fn inside(&self, pid: i64) -> io::Result<Arc<Self>> {
        let host = self.host.inside_process(pid)?;
        let new = || Arc::new(Self::new(host, Arc::clone(&self.budget)));
        Ok(Arc::clone(self.kept().inside.entry(pid).or_insert_with(new)))
    }

    /// The path without links of what was reached by `path` from the open directory `dir` at `start`. Keeps the links on
    /// the way. `None` if it has no such path: links of processes lead elsewhere than their text says.
    pub(super) fn place(&self, dir: &dyn Dir, start: &[u8], path: &[u8], follow: Follow) -> Option<Vec<u8>> {
        if path.is_empty() {
            return Some(start.to_vec());
        }
        let (place, has_links) = self.resolve(start, path, follow)?;
        if !has_links {
            return Some(place);
        }
        let reached = dir.stat(path, follow).map(|stat| (stat.dev, stat.ino)).ok();
        let found = self.host.root().stat(&place, Follow::No).map(|stat| (stat.dev, stat.ino)).ok();
        (reached == found).then_some(place)
    }

    fn resolve(&self, start: &[u8], path: &[u8], follow: Follow) -> Option<(Vec<u8>, bool)> {
        let mut at = if path.starts_with(b"/") { b"/".to_vec() } else { start.to_vec() };
        let mut rest = path.to_vec();
        let mut links = 0;
        while let Some((name, after)) = next_name(&rest) {
            let next = match name {
                b"." => at.clone(),
                // Up from what is not there leads nowhere.
                b".." => self.is_dir(&at).then(|| parent(&at).to_vec())?,
                name => join(&at, name),
            };
            let is_last = after.is_empty();
            let link = if is_last && follow == Follow::No { None } else { self.host.root().read_link(&next).ok() };
            let Some(text) = link else {
                (at, rest) = (next, after.to_vec());
                continue;
            };
            self.keep_link(&next, &text);
            links += 1;
            if links > LINKS_MAX || text.is_empty() {
                return None;
            }
            if text.starts_with(b"/") {
                at = b"/".to_vec();
            }
            rest = if is_last { text } else { join(&text, after) };
        }
        Some((at, links > 0))
    }

    fn is_dir(&self, place: &[u8]) -> bool {
        self.host.root().stat(place, Follow::No).is_ok_and(|stat| stat.kind() == FileKind::Directory)
    }

    /// Changes what is kept of a path, if there is room for `bytes` more.
    fn keep(&self, place: &[u8], bytes: usize, change: impl FnOnce(&mut Item)) {
        let mut kept = self.kept();
        match kept.items.get_mut(place) {
            Some(item) if self.budget.take(bytes) => change(item),
            None if self.budget.take(ITEM + place.len() + bytes) => {
                change(kept.items.entry(place.to_vec()).or_default());
            }
            _ => {}
        }
    }

    pub(super) fn keep_dir(&self, place: &[u8]) {
        self.keep(place, 0, |item| {
            item.kind = FileKind::Directory;
            item.faults.retain(|(access, _)| *access != Access::Open);
        });
    }

    pub(super) fn keep_link(&self, place: &[u8], text: &[u8]) {
        self.keep(place, text.len(), |item| {
            item.kind = FileKind::Symlink;
            item.link = Some(text.to_vec());
        });
    }

    pub(super) fn keep_entry(&self, place: &[u8], kind: FileKind) {
        self.keep(place, 0, |item| {
            if kind != FileKind::Unknown {
                item.kind = kind;
            }
        });
        self.keep_text(place, kind);
    }

    pub(super) fn keep_stat(&self, place: &[u8], stat: Stat) {
        self.keep(place, 0, |item| {
            item.kind = stat.kind();
            item.stat = Some(stat);
        });
        self.keep_text(place, stat.kind());
    }

    /// A link without its text is none.
    fn keep_text(&self, place: &[u8], kind: FileKind) {
        let is_known = || self.kept().items.get(place).is_some_and(|item| item.link.is_some());
        if kind == FileKind::Symlink
            && !is_known()
            && let Ok(text) = self.host.root().read_link(place)
        {
            self.keep_link(place, &text);
        }
    }

    /// Keeps a content: the last one, but not the beginning of what is known already.
    pub(super) fn keep_content(&self, place: &[u8], bytes: &[u8], whole: bool) {
        self.keep(place, bytes.len(), |item| {
            let known = item.content.as_ref().map_or(0, |content| content.len());
            if whole || bytes.len() > known || item.content.is_none() {
                item.content = Some(Arc::from(bytes));
            }
            item.kind = FileKind::Regular;
            item.faults.retain(|(access, _)| ![Access::Open, Access::Read].contains(access));
        });
    }

    pub(super) fn keep_xattrs(&self, place: &[u8], xattrs: &[Xattr]) {
        let bytes = xattrs.iter().map(|xattr| xattr.name.len() + xattr.value.len()).sum();
        self.keep(place, bytes, |item| item.xattrs = xattrs.to_vec());
    }

    pub(super) fn keep_error(&self, place: &[u8], access: Access, error: &io::Error) {
        use io::ErrorKind::{Interrupted, InvalidFilename, InvalidInput, IsADirectory, NotADirectory};
        match error.kind() {
            // Of the question, not of the host.
            Interrupted | InvalidFilename => {}
            // These follow from what the inode is.
            InvalidInput | IsADirectory | NotADirectory => {
                if let Ok(stat) = self.host.root().stat(place, Follow::No) {
                    self.keep_stat(place, stat);
                }
            }
            kind => {
                let fault = error.raw_os_error().map_or(Fault::Kind(kind), Fault::Errno);
                self.keep(place, 0, |item| {
                    item.faults.retain(|(at, _)| *at != access);
                    item.faults.push((access, fault));
                });
            }
        }
    }

    /// Keeps what netlink answered: the last answer.
    pub(super) fn keep_dump(&self, dump: Dump) {
        let bytes = ITEM + dump.body.len() + dump.datagrams.iter().map(Vec::len).sum::<usize>();
        if self.budget.take(bytes) {
            let mut kept = self.kept();
            kept.dumps.retain(|known| !known.is_like(&dump));
            kept.dumps.push(dump);
        }
    }

    pub(super) fn to_mem(&self) -> Mem {
        let kept = self.kept();
        let known =
            |item: &&Item| item.kind != FileKind::Unknown || item.faults.iter().any(|(_, fault)| !missing(*fault));
        let items = || kept.items.iter().filter(|(_, item)| known(item));
        let mem = items().fold(Mem::new().clock(self.host.now()), |mem, (path, item)| add(mem, path, item));
        // Later names change the link counts of directories, so stats come last.
        let mem = items().fold(mem, |mem, (path, item)| match item.stat {
            Some(stat) => mem.meta(path, |to| *to = stat),
            None => mem,
        });
        let mem = kept.dumps.iter().cloned().fold(mem, Mem::dumped);
        kept.inside.iter().fold(mem, |mem, (pid, inside)| mem.inside(*pid, inside.to_mem()))
    }
}

fn missing(fault: Fault) -> bool {
    fault.error().kind() == io::ErrorKind::NotFound
}

fn add(mem: Mem, path: &[u8], item: &Item) -> Mem {
    let mem = match item {
        Item { kind: FileKind::Symlink, link: Some(text), .. } => mem.link(path, text),
        Item { kind: FileKind::Regular, content: Some(content), .. } => mem.shared(path, Arc::clone(content)),
        Item { kind, .. } => mem.node(path, *kind),
    };
    let mem = item.xattrs.iter().fold(mem, |mem, xattr| mem.xattr(path, &xattr.name, &xattr.value));
    item.faults.iter().fold(mem, |mem, (access, fault)| mem.fail_on(path, *access, *fault))
}

/// Splits off the first name. `None` if there are only slashes.
fn next_name(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = path.iter().position(|byte| *byte != b'/')?;
    let path = path.get(start..)?;
    let end = path.iter().position(|byte| *byte == b'/').unwrap_or(path.len());
    path.split_at_checked(end)
}
