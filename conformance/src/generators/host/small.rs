//! A small host in memory on which every table has something to tell: `hosts/small.txt`, as `hosttext` reads it.

use super::dumps;
use super::powers::Powers;
use crate::hosttext::{HostText, Thing};
use plumb_host::Mem;
use std::sync::{Arc, OnceLock};

/// What stands at a path of the small host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A file and its mode.
    File(Arc<[u8]>, u32),
    /// An empty directory.
    Dir,
    /// A symbolic link.
    Link(Vec<u8>),
}

impl Item {
    const MODE: u32 = 0o644;

    /// A file with the usual mode.
    pub(super) fn plain(content: impl Into<Arc<[u8]>>) -> Self {
        Self::File(content.into(), Self::MODE)
    }
}

/// The small host, item by item.
#[must_use]
pub fn items() -> &'static [(Vec<u8>, Item)] {
    static ITEMS: OnceLock<Vec<(Vec<u8>, Item)>> = OnceLock::new();
    ITEMS.get_or_init(|| parse(include_str!("../../../hosts/small.txt")))
}

/// The files of the small host.
#[must_use]
pub fn files() -> Mem {
    items().iter().fold(Mem::new(), |mem, (path, item)| put(mem, path, item))
}

/// The small host: its files, and a kernel that answers netlink.
#[must_use]
pub fn small() -> Powers {
    Powers::new(dumps::valid().iter().cloned().fold(files(), Mem::dumped))
}

/// Puts an item at a path.
pub(super) fn put(mem: Mem, path: &[u8], item: &Item) -> Mem {
    match item {
        Item::File(content, mode) => mem.shared(path, Arc::clone(content)).meta(path, |stat| stat.mode = *mode),
        Item::Dir => mem.dir(path),
        Item::Link(target) => mem.link(path, target),
    }
}

/// What cannot be read is no host: the tests say so.
fn parse(text: &str) -> Vec<(Vec<u8>, Item)> {
    let items = HostText::parse(text).map(|host| host.items).unwrap_or_default();
    items
        .into_iter()
        .filter_map(|item| {
            let mode = item.mode().unwrap_or(Item::MODE);
            let small = match item.thing? {
                Thing::File(content) => Item::File(content, mode),
                Thing::Link(target) => Item::Link(target),
                Thing::Dir => Item::Dir,
                Thing::Node(_) => return None,
            };
            Some((item.path, small))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_header_is_understood() {
        let text = include_str!("../../../hosts/small.txt");
        HostText::parse(text).expect("hosts/small.txt");
        assert_eq!(items().len(), text.lines().filter(|line| line.starts_with("=== ")).count());
    }
}
