//! What queries have cost, as `osquery_schedule` shows it.

use crate::store::{Store, StoreError};
use plumb_schema::ScheduleInfo;

/// Where it is kept.
const DOMAIN: &str = "query_performance";

/// What all runs of a query have cost. Times are milliseconds except `wall_time`, memory is bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Performance {
    /// Runs.
    pub executions: u64,
    /// Unix time of the last run.
    pub last_executed: i64,
    /// Seconds on the clock.
    pub wall_time: u64,
    /// The same, in milliseconds.
    pub wall_time_ms: u64,
    /// Of the last run.
    pub last_wall_time_ms: u64,
    /// CPU time of the agent.
    pub user_time: u64,
    /// Of the last run.
    pub last_user_time: u64,
    /// CPU time of the kernel for the agent.
    pub system_time: u64,
    /// Of the last run.
    pub last_system_time: u64,
    /// Growth of resident memory, the mean of all runs.
    pub average_memory: u64,
    /// Of the last run.
    pub last_memory: u64,
    /// Bytes of the names and values of all results.
    pub output_size: u64,
}

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

impl Performance {
    /// Adds a run.
    pub fn add(&mut self, cost: &Cost) {
        let mean = u128::from(self.average_memory) * u128::from(self.executions) + u128::from(cost.memory);
        self.average_memory = u64::try_from(mean / (u128::from(self.executions) + 1)).unwrap_or(u64::MAX);
        self.executions += 1;
        self.last_executed = cost.at;
        self.wall_time_ms += cost.wall_ms;
        self.wall_time = self.wall_time_ms / 1000;
        self.user_time += cost.user_ms;
        self.system_time += cost.system_ms;
        self.output_size += cost.output;
        self.last_wall_time_ms = cost.wall_ms;
        self.last_user_time = cost.user_ms;
        self.last_system_time = cost.system_ms;
        self.last_memory = cost.memory;
    }

    /// Puts the figures where tables show them.
    pub fn show(&self, info: &mut ScheduleInfo) {
        info.executions = self.executions;
        info.last_executed = self.last_executed;
        info.wall_time = self.wall_time;
        info.wall_time_ms = self.wall_time_ms;
        info.last_wall_time_ms = self.last_wall_time_ms;
        info.user_time = self.user_time;
        info.last_user_time = self.last_user_time;
        info.system_time = self.system_time;
        info.last_system_time = self.last_system_time;
        info.average_memory = self.average_memory;
        info.last_memory = self.last_memory;
        info.output_size = self.output_size;
    }

    /// What is kept of a query; nothing is zero.
    ///
    /// # Errors
    /// What the store says.
    pub fn load(store: &Store, query: &str) -> Result<Self, StoreError> {
        let text = store.get(DOMAIN, query)?.unwrap_or_default();
        Ok(std::str::from_utf8(&text).ok().and_then(Self::parse).unwrap_or_default())
    }

    /// Keeps it.
    ///
    /// # Errors
    /// What the store says.
    pub fn save(&self, store: &Store, query: &str) -> Result<(), StoreError> {
        store.put(DOMAIN, query, self.text().as_bytes())
    }

    /// The twelve numbers with commas between them.
    fn text(&self) -> String {
        let Self { executions, last_executed, wall_time, wall_time_ms, last_wall_time_ms, .. } = self;
        let Self { user_time, last_user_time, system_time, last_system_time, .. } = self;
        let Self { average_memory, last_memory, output_size, .. } = self;
        format!(
            "{executions},{last_executed},{wall_time},{wall_time_ms},{last_wall_time_ms},{user_time},{last_user_time},\
             {system_time},{last_system_time},{average_memory},{last_memory},{output_size}"
        )
    }

    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(',');
        let (executions, last_executed) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
        let mut next = || numbers.next()?.parse::<u64>().ok();
        let performance = Self {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_means() {
        let store = Store::in_memory().unwrap();
        let mut all = Performance::load(&store, "q").unwrap();
        assert_eq!(all, Performance::default());
        let one = Cost { at: 100, wall_ms: 900, user_ms: 10, system_ms: 5, memory: 4096, output: 64 };
        all.add(&one);
        all.add(&Cost { at: 160, wall_ms: 200, memory: 0, ..one });
        all.save(&store, "q").unwrap();
        let text = store.get(DOMAIN, "q").unwrap().unwrap();
        assert_eq!(std::str::from_utf8(&text), Ok("2,160,1,1100,200,20,10,10,5,2048,0,128"));
        assert_eq!(Performance::load(&store, "q").unwrap(), all);
        for rubbish in ["", "1,2", "1,2,3,4,5,6,7,8,9,10,11,12,13", "a,2,3,4,5,6,7,8,9,10,11,12"] {
            store.put(DOMAIN, "q", rubbish.as_bytes()).unwrap();
            assert_eq!(Performance::load(&store, "q").unwrap(), Performance::default(), "{rubbish}");
        }
    }
}
