//! What queries have cost, as `osquery_schedule` shows it.

use crate::store::{Store, StoreError};
use plumb_schema::Performance;

/// Where it is kept.
const DOMAIN: &str = "query_performance";

/// What one run has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Unix time of its beginning.
    pub at: i64,
    /// Milliseconds on the clock.
    pub wall_ms: u64,
    /// Milliseconds of CPU time of the agent.
    pub user_ms: u64,
    /// Milliseconds of CPU time of the kernel.
    pub system_ms: u64,
    /// Bytes by which resident memory grew.
    pub memory: u64,
    /// Bytes of the names and values of the result.
    pub output: u64,
}

/// Adds a run.
pub fn add(all: &mut Performance, cost: &Cost) {
    let mean = u128::from(all.average_memory) * u128::from(all.executions) + u128::from(cost.memory);
    all.average_memory = u64::try_from(mean / (u128::from(all.executions) + 1)).unwrap_or(u64::MAX);
    all.executions += 1;
    all.last_executed = cost.at;
    all.wall_time_ms += cost.wall_ms;
    all.wall_time = all.wall_time_ms / 1000;
    all.user_time += cost.user_ms;
    all.system_time += cost.system_ms;
    all.output_size += cost.output;
    all.last_wall_time_ms = cost.wall_ms;
    all.last_user_time = cost.user_ms;
    all.last_system_time = cost.system_ms;
    all.last_memory = cost.memory;
}

/// What is kept of a query; nothing is zero.
///
/// # Errors
/// What the store says.
pub fn load(store: &Store, query: &str) -> Result<Performance, StoreError> {
    let text = store.get(DOMAIN, query)?.unwrap_or_default();
    Ok(std::str::from_utf8(&text).ok().and_then(parse).unwrap_or_default())
}

/// Keeps it.
///
/// # Errors
/// What the store says.
pub fn save(all: &Performance, store: &Store, query: &str) -> Result<(), StoreError> {
    store.put(DOMAIN, query, text(all).as_bytes())
}

/// The twelve numbers with commas between them.
fn text(all: &Performance) -> String {
    let Performance { executions, last_executed, wall_time, wall_time_ms, last_wall_time_ms, .. } = all;
    let Performance { user_time, last_user_time, system_time, last_system_time, .. } = all;
    let Performance { average_memory, last_memory, output_size, .. } = all;
    format!(
        "{executions},{last_executed},{wall_time},{wall_time_ms},{last_wall_time_ms},{user_time},{last_user_time},\
         {system_time},{last_system_time},{average_memory},{last_memory},{output_size}"
    )
}

fn parse(text: &str) -> Option<Performance> {
    let mut numbers = text.split(',');
    let (executions, last_executed) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    let mut next = || numbers.next()?.parse::<u64>().ok();
    let performance = Performance {
        executions,
        last_executed,
        wall_time: next()?,
        wall_time_ms: next()?,
        last_wall_time_ms: next()?,
        user_time: next()?,
        last_user_time: next()?,
        system_time: next()?,
        last_system_time: next()?,
        average_memory: next()?,
        last_memory: next()?,
        output_size: next()?,
    };
    numbers.next().is_none().then_some(performance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_means() {
        let store = Store::in_memory().unwrap();
        let mut all = load(&store, "q").unwrap();
        assert_eq!(all, Performance::default());
        let one = Cost { at: 100, wall_ms: 900, user_ms: 10, system_ms: 5, memory: 4096, output: 64 };
        add(&mut all, &one);
        add(&mut all, &Cost { at: 160, wall_ms: 200, memory: 0, ..one });
        save(&all, &store, "q").unwrap();
        let text = store.get(DOMAIN, "q").unwrap().unwrap();
        assert_eq!(std::str::from_utf8(&text), Ok("2,160,1,1100,200,20,10,10,5,2048,0,128"));
        assert_eq!(load(&store, "q").unwrap(), all);
        for rubbish in ["", "1,2", "1,2,3,4,5,6,7,8,9,10,11,12,13", "a,2,3,4,5,6,7,8,9,10,11,12"] {
            store.put(DOMAIN, "q", rubbish.as_bytes()).unwrap();
            assert_eq!(load(&store, "q").unwrap(), Performance::default(), "{rubbish}");
        }
    }
}
