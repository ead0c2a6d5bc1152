//! Queries that are left out for a day: those during which the process died, and those that spent more than they may.

use crate::store::{Store, StoreError};

/// Where the end of each query's exclusion is kept, as Unix time.
const DENIED: &str = "denylist";
/// Where the names of queries that run are kept.
const RUNNING: &str = "executing";

/// Seconds for which a query is left out.
pub const DAY: i64 = 86_400;

/// Leaves a query out from now on.
///
/// # Errors
/// What the store says.
pub fn deny(store: &Store, query: &str, now: i64) -> Result<(), StoreError> {
    store.put(DENIED, query, (now.saturating_add(DAY)).to_string().as_bytes())
}

/// Until when a query is left out; none if it may run. Exclusions that are over are forgotten.
///
/// # Errors
/// What the store says.
pub fn denied_until(store: &Store, query: &str, now: i64) -> Result<Option<i64>, StoreError> {
    let Some(bytes) = store.get(DENIED, query)? else { return Ok(None) };
    let until = std::str::from_utf8(&bytes).ok().and_then(|text| text.parse::<i64>().ok());
    // A clock that was set back must not make a day longer.
    match until.filter(|until| *until > now && *until <= now.saturating_add(DAY)) {
        Some(until) => Ok(Some(until)),
        None => store.remove(DENIED, query).map(|()| None),
    }
}

/// Remembers that a query runs, before it does.
///
/// # Errors
/// What the store says.
pub fn begin(store: &Store, query: &str) -> Result<(), StoreError> {
    store.put(RUNNING, query, b"")
}

/// Forgets it again.
///
/// # Errors
/// What the store says.
pub fn end(store: &Store, query: &str) -> Result<(), StoreError> {
    store.remove(RUNNING, query)
}

/// The queries during which the process died last time. They are left out from now on if `may` lets them.
///
/// # Errors
/// What the store says.
pub fn after_a_crash(store: &Store, now: i64, may: impl Fn(&str) -> bool) -> Result<Vec<String>, StoreError> {
    let mut names = Vec::new();
    for (name, _) in store.all(RUNNING)? {
        if may(&name) {
            deny(store, &name, now)?;
        }
        end(store, &name)?;
        names.push(name);
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_after_a_crash() {
        let store = Store::in_memory().unwrap();
        let crash = |now| after_a_crash(&store, now, |name| name != "spared").unwrap();
        assert!(crash(1000).is_empty());
        begin(&store, "fine").unwrap();
        end(&store, "fine").unwrap();
        assert!(crash(1000).is_empty());
        begin(&store, "slow").unwrap();
        begin(&store, "spared").unwrap();
        assert_eq!(crash(1000), ["slow", "spared"]);
        assert!(crash(1000).is_empty(), "it is told once");
        assert_eq!(denied_until(&store, "fine", 1000).unwrap(), None);
        assert_eq!(denied_until(&store, "spared", 1000).unwrap(), None);
        for (now, expect) in [(1000, Some(87_400)), (87_399, Some(87_400)), (87_400, None), (1000, None)] {
            assert_eq!(denied_until(&store, "slow", now).unwrap(), expect, "{now}");
        }
        deny(&store, "slow", 500_000).unwrap();
        assert_eq!(denied_until(&store, "slow", 1000).unwrap(), None, "the clock was set back");
    }
}
