//! *generated*: queries made from bytes, over virtual tables and over plain copies of them (see [`super::materialized`]).
//!
//! Finds: rows lost or doubled by pushdown, caching and column masks; wrong affinity and collation.

use super::materialized::Pair;
use crate::Verdict;
use crate::generators::host::small;
use std::cell::RefCell;
use std::sync::Arc;

/// Runs one input.
#[must_use]
pub fn check(bytes: &[u8]) -> Verdict {
    thread_local! {
        static PAIR: RefCell<Option<Pair>> = const { RefCell::new(None) };
    }
    let mut pair = match PAIR.take().map_or_else(pair, Ok) {
        Ok(pair) => pair,
        Err(error) => return Verdict::Fail(format!("no engines: {error}")),
    };
    let (_, verdict) = pair.check(bytes);
    PAIR.set(Some(pair));
    verdict
}

/// Both engines over the small host. Joins of large tables take long and find nothing that small ones do not.
fn pair() -> Result<Pair, String> {
    const LARGE: usize = 30;
    let mut pair = Pair::new(Arc::new(small::small()))?;
    pair.material.tables.retain(|table| table.rows <= LARGE);
    Ok(pair)
}
