//! Queries that are left out for a day: those during which the process died, and those that spent more than they may.

use crate::store::{Store, StoreError};

/// Where the end of each query's exclusion is kept, as Unix time.
const DENIED: &str = "denylist";
/// Where the name of the query that runs is kept.
const CONFIGURATIONS: &str = "configurations";
const RUNNING: &str = "executing_query";

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
    store.put(CONFIGURATIONS, RUNNING, query.as_bytes())
}

/// Forgets it again.
///
/// # Errors
/// What the store says.
pub fn end(store: &Store) -> Result<(), StoreError> {
    store.remove(CONFIGURATIONS, RUNNING)
}

/// The query during which the process died last time, which is left out from now on.
///
/// # Errors
/// What the store says.
pub fn after_a_crash(store: &Store, now: i64) -> Result<Option<String>, StoreError> {
    let Some(name) = store.get(CONFIGURATIONS, RUNNING)? else { return Ok(None) };
    let name = String::from_utf8_lossy(&name).into_owned();
    deny(store, &name, now)?;
    end(store)?;
    Ok(Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_after_a_crash() {
        let store = Store::in_memory().unwrap();
        assert_eq!(after_a_crash(&store, 1000).unwrap(), None);
        begin(&store, "fine").unwrap();
        end(&store).unwrap();
        assert_eq!(after_a_crash(&store, 1000).unwrap(), None);
        begin(&store, "slow").unwrap();
        assert_eq!(after_a_crash(&store, 1000).unwrap().as_deref(), Some("slow"));
        assert_eq!(after_a_crash(&store, 1000).unwrap(), None, "it is told once");
        assert_eq!(denied_until(&store, "fine", 1000).unwrap(), None);
        for (now, expect) in [(1000, Some(87_400)), (87_399, Some(87_400)), (87_400, None), (1000, None)] {
            assert_eq!(denied_until(&store, "slow", now).unwrap(), expect, "{now}");
        }
        deny(&store, "slow", 500_000).unwrap();
        assert_eq!(denied_until(&store, "slow", 1000).unwrap(), None, "the clock was set back");
    }
}
