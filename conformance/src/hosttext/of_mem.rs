//! Hosts in memory to text.

use super::stat::{Field, OWNERS, PLACES, TIMES};
use super::{HostText, Item, Thing};
use plumb_host::{Access, Batch, Cancel, Dir, FileKind, Follow, Host, Limit, Mem, Stat, join};
use std::io;
use std::sync::Arc;

/// How much of what stat says is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Permissions and owners.
    Owners,
    /// Times too.
    Times,
    /// Everything: inode numbers, link counts, sizes that are not those of the content.
    All,
}

impl Detail {
    fn fields(self) -> impl Iterator<Item = &'static Field> {
        let times: &[Field] = if self >= Self::Times { &TIMES } else { &[] };
        let places: &[Field] = if self >= Self::All { &PLACES } else { &[] };
        OWNERS.iter().chain(times).chain(places)
    }
}

/// The files of a host in memory. What other processes' roots show is not kept unless it lies in this tree, nor is the
/// content of what cannot be read.
#[must_use]
pub fn of_mem(mem: &Mem, detail: Detail) -> HostText {
    let mut found = Found { root: mem.root(), items: Vec::new() };
    found.below(b"/");
    let items = found.items;
    let clock = Some(mem.now()).filter(|now| *now != Mem::CLOCK);
    let dumps = mem.dumps().to_vec();
    let mut text = HostText { clock, items, dumps };
    said(&mut text, mem, detail);
    // A directory on the way to something is made by itself.
    let is_needed = |item: &Item, next: Option<&Item>| {
        let below = join(&item.path, b"");
        let implied = next.is_some_and(|next| next.path.starts_with(&below));
        item.thing != Some(Thing::Dir) || !implied || !item.stat.is_empty() || !item.faults.is_empty()
    };
    let needed: Vec<bool> =
        text.items.iter().enumerate().map(|(place, item)| is_needed(item, text.items.get(place + 1))).collect();
    let mut needed = needed.into_iter();
    text.items.retain(|_| needed.next().unwrap_or(true));
    text
}

/// Adds what stat says differently from what it would say by itself.
fn said(text: &mut HostText, mem: &Mem, detail: Detail) {
    let plain = text.mem();
    let stat = |mem: &Mem, path: &[u8]| mem.root().stat(path, Follow::No).ok();
    let root = Item::new(b"/".to_vec(), Thing::Dir);
    if differs(mem, &plain, b"/", detail) {
        text.items.insert(0, root);
    }
    for item in &mut text.items {
        let (Some(is), Some(would)) = (stat(mem, &item.path), stat(&plain, &item.path)) else { continue };
        item.stat = different(&is, &would, detail);
    }
}

fn differs(mem: &Mem, plain: &Mem, path: &[u8], detail: Detail) -> bool {
    let stat = |mem: &Mem| mem.root().stat(path, Follow::No).ok();
    stat(mem).zip(stat(plain)).is_some_and(|(is, would)| !different(&is, &would, detail).is_empty())
}

fn different(is: &Stat, would: &Stat, detail: Detail) -> Vec<(Field, i128)> {
    let changed = detail.fields().filter(|field| field.get(is) != field.get(would));
    changed.filter_map(|field| Some((*field, field.get(is)?))).collect()
}

struct Found<'m> {
    root: &'m dyn Dir,
    items: Vec<Item>,
}

impl Found<'_> {
    /// Adds all that a directory holds.
    fn below(&mut self, start: &[u8]) {
        let mut todo = vec![(start.to_vec(), FileKind::Directory)];
        while let Some((path, kind)) = todo.pop() {
            if path != start {
                let item = self.item(path.clone(), kind);
                let closed = item.faults.iter().any(|(access, _)| *access == Access::Walk);
                let is_dir = item.thing == Some(Thing::Dir);
                self.items.push(item);
                if !is_dir || closed {
                    continue;
                }
            }
            let mut entries = self.entries(&path);
            entries.reverse();
            todo.extend(entries);
        }
    }

    fn entries(&self, path: &[u8]) -> Vec<(Vec<u8>, FileKind)> {
        let mut found = Vec::new();
        let mut batch = Batch::new();
        let Ok(mut list) = self.root.open_dir(path).and_then(|dir| dir.list()) else { return found };
        while list.next_batch(&mut batch).unwrap_or(false) {
            found.extend(batch.iter().map(|entry| (join(path, entry.name), entry.kind)));
        }
        found.sort();
        found
    }

    fn item(&self, path: Vec<u8>, listed: FileKind) -> Item {
        let mut faults = Vec::new();
        let mut failed = |access, error: &io::Error| faults.push((access, errno(error)));
        let kind = match self.root.stat(&path, Follow::No) {
            Ok(stat) => stat.kind(),
            Err(error) => {
                failed(Access::Stat, &error);
                listed
            }
        };
        let thing = match kind {
            FileKind::Regular => Thing::File(self.content(&path, &mut failed)),
            FileKind::Directory => {
                self.look_at_directory(&path, &mut failed);
                Thing::Dir
            }
            FileKind::Symlink => Thing::Link(self.root.read_link(&path).unwrap_or_else(|error| {
                failed(Access::Read, &error);
                Vec::new()
            })),
            special => Thing::Node(special),
        };
        let mut xattrs = Vec::new();
        if matches!(kind, FileKind::Regular | FileKind::Directory) {
            match self.root.xattrs(&path) {
                Ok(all) => xattrs.extend(all.into_iter().map(|xattr| (xattr.name, xattr.value))),
                Err(error) => failed(Access::Xattrs, &error),
            }
        }
        Item { path, thing: Some(thing), stat: Vec::new(), xattrs, faults }
    }

    fn content(&self, path: &[u8], failed: &mut dyn FnMut(Access, &io::Error)) -> Arc<[u8]> {
        let mut bytes = Vec::new();
        if let Err(error) = self.root.open(path) {
            failed(Access::Open, &error);
        } else if let Err(error) = self.root.read(path, &mut bytes, Limit { bytes: usize::MAX, cancel: &Cancel::new() })
        {
            failed(Access::Read, &error);
        }
        Arc::from(bytes)
    }

    fn look_at_directory(&self, path: &[u8], failed: &mut dyn FnMut(Access, &io::Error)) {
        // A name that no file has, so that only what stands in the way is met.
        match self.root.stat(&join(path, b"\x01 nobody"), Follow::No) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => failed(Access::Walk, &error),
            _ => {}
        }
        match self.root.open_dir(path) {
            Ok(dir) => {
                let listed = dir.list().and_then(|mut list| list.next_batch(&mut Batch::new()));
                if let Err(error) = listed {
                    failed(Access::List, &error);
                }
            }
            Err(error) => failed(Access::Open, &error),
        }
    }
}

/// The number of an error; Linux's where the host only told its kind.
fn errno(error: &io::Error) -> i32 {
    const EIO: i32 = 5;
    const KINDS: [(io::ErrorKind, i32); 8] = [
        (io::ErrorKind::NotFound, 2),
        (io::ErrorKind::PermissionDenied, 13),
        (io::ErrorKind::Interrupted, 4),
        (io::ErrorKind::NotADirectory, 20),
        (io::ErrorKind::IsADirectory, 21),
        (io::ErrorKind::InvalidInput, 22),
        (io::ErrorKind::InvalidFilename, 36),
        (io::ErrorKind::Unsupported, 95),
    ];
    let known = || KINDS.iter().find(|(kind, _)| *kind == error.kind()).map(|(_, errno)| *errno);
    error.raw_os_error().or_else(known).unwrap_or(EIO)
}
