//! Hostile hosts: the files that a table reads, and what its kernel says, made odd in a few places.
//!
//! Which files those are is not listed anywhere: each table is run once over the small host (`hosts/small.txt`) by
//! something that writes down what is asked for. Everything there starts out valid, so that one odd thing meets a table
//! that otherwise has rows; then a few attacks change contents, links, kinds, names, errors and metadata.

pub mod asked;
mod attack;
mod chosen;
mod content;
pub mod dumps;
pub mod powers;
pub mod small;
pub mod swap;

use crate::oracles::table_laws::Subject as Reading;
use asked::Asked;
pub(crate) use attack::{ERRNOS, NUMBERS};
pub use attack::{Hostile, hostile};
pub use chosen::{condition, literal};
pub(crate) use content::{attacked, token};
use plumb_host::{Host, Mem, join, parent};
use plumb_schema::{AnyTable, Constraint, Op, Platforms, Value};
use small::Item;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// A table and the part of the small host that it reads.
pub struct Subject {
    /// The table.
    pub table: &'static dyn AnyTable,
    /// What it asks for and is there, and links on the way, in the order of their paths.
    items: Vec<(Vec<u8>, Item)>,
    /// The same as files.
    files: Mem,
    /// The contents of its files.
    contents: Vec<Arc<[u8]>>,
    /// What it asks for and is not there.
    missing: Vec<Vec<u8>>,
}

impl Subject {
    /// Whether there are files that it reads.
    #[must_use]
    pub fn reads(&self) -> bool {
        !self.items.is_empty()
    }
}

/// Paths of a table that are attacked; the rest of a large table repeats them.
const MOST_PATHS: usize = 150;

/// Every table, by name, with what it reads.
pub fn subjects() -> &'static BTreeMap<&'static str, Subject> {
    static SUBJECTS: OnceLock<BTreeMap<&'static str, Subject>> = OnceLock::new();
    SUBJECTS.get_or_init(|| {
        plumb_tables::registry().on(Platforms::CURRENT).map(|table| (table.name(), subject(table))).collect()
    })
}

fn subject(table: &'static dyn AnyTable) -> Subject {
    let (mut items, mut missing) = (BTreeMap::new(), Vec::new());
    let there: BTreeMap<&[u8], &Item> = small::items().iter().map(|(path, item)| (path.as_slice(), item)).collect();
    for path in ask(table) {
        let mut place = path.clone();
        // Links on the way belong to it.
        for _ in 0..8 {
            let link = ancestors(&place).find_map(|at| match there.get(at) {
                Some(Item::Link(target)) => Some((at.to_vec(), target.clone())),
                _ => None,
            });
            let Some((at, target)) = link else { break };
            items.insert(at.clone(), Item::Link(target.clone()));
            let below = place.get(at.len()..).unwrap_or_default().to_vec();
            place = [resolved(&at, &target), below].concat();
        }
        match there.get(place.as_slice()) {
            Some(item) => drop(items.insert(place, (*item).clone())),
            None if there.keys().any(|path| path.starts_with(&join(&place, b""))) => {}
            None => missing.push(path),
        }
    }
    let items: Vec<(Vec<u8>, Item)> = items.into_iter().take(MOST_PATHS).collect();
    let files = items.iter().fold(Mem::new(), |mem, (path, item)| small::put(mem, path, item));
    let contents = items.iter().filter_map(|(_, item)| match item {
        Item::File(content, _) => Some(Arc::clone(content)),
        _ => None,
    });
    let contents = contents.collect();
    Subject { table, items, files, contents, missing }
}

/// What a table asks for on the small host. With no kernel to ask it has to read.
fn ask(table: &'static dyn AnyTable) -> Vec<Vec<u8>> {
    if table.is_constrained() {
        return small::items()
            .iter()
            .map(|(path, _)| path.clone())
            .filter(|path| !path.starts_with(b"/proc/1/"))
            .collect();
    }
    let host = Arc::new(Asked::new(Arc::new(small::files())));
    let shared = Arc::clone(&host) as Arc<dyn Host>;
    for pid in [None, Some(42)] {
        let namespace = pid.map(|pid| Constraint { column: NAMESPACE, op: Op::Eq, values: vec![Value::Int(pid)] });
        let chosen: Vec<Constraint> =
            namespace.into_iter().filter(|_| table.specs().any(|spec| spec.name == NAMESPACE)).collect();
        Reading { host: &shared, table, chosen: &chosen }.whole();
    }
    host.paths()
}

const NAMESPACE: &str = "pid_with_namespace";

/// A path and the directories on the way to it, shortest first.
fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = path.iter().enumerate().skip(1).filter(|(_, byte)| **byte == b'/').map(|(place, _)| place);
    slashes.chain([path.len()]).filter_map(|end| path.get(..end))
}

/// Where a link leads, by its text alone.
fn resolved(link: &[u8], target: &[u8]) -> Vec<u8> {
    let mut at = if target.starts_with(b"/") { b"/".to_vec() } else { parent(link).to_vec() };
    for name in target.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".") {
        at = if name == b".." { parent(&at).to_vec() } else { join(&at, name) };
    }
    at
}

#[cfg(test)]
mod tests;
