//! What the tables about the agent itself (`osquery_info`, `osquery_flags` …) ask.

use crate::Registry;

/// One flag of the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagInfo {
    /// Its name.
    pub name: String,
    /// `bool`, `int32`, `uint32`, `uint64` or `string`.
    pub kind: &'static str,
    /// What it does.
    pub description: String,
    /// The value when nobody sets it.
    pub default: String,
    /// The value now.
    pub value: String,
    /// Whether only the shell knows it.
    pub shell_only: bool,
}

/// One plugin of the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginInfo {
    /// `table`, `logger`, `config` …
    pub registry: String,
    /// Its name in that registry.
    pub name: String,
    /// The extension that owns it, 0 for the agent.
    pub owner_uuid: i64,
    /// Whether it is not meant to be called from outside.
    pub internal: bool,
    /// Whether it is in use.
    pub active: bool,
}

/// The process that answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentInfo {
    /// Its process id.
    pub pid: u32,
    /// The machine's UUID.
    pub uuid: String,
    /// This installation's or run's UUID.
    pub instance_id: String,
    /// The agent's version.
    pub version: String,
    /// SHA-1 of the configuration, empty without one.
    pub config_hash: String,
    /// Whether a configuration was read and is valid.
    pub config_valid: bool,
    /// `active` or `inactive`.
    pub extensions: String,
    /// The distribution it was built for.
    pub build_distro: String,
    /// Unix time of its start.
    pub start_time: i64,
    /// Process id of the watchdog, -1 without one.
    pub watcher: i64,
}

/// A scheduled query and what it has cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScheduleInfo {
    /// Its name; that of a pack's query has the pack's before it.
    pub name: String,
    /// What is asked.
    pub query: String,
    /// Seconds between two runs, as the configuration wants them.
    pub interval: u64,
    /// Whether it is left out for now.
    pub denylisted: bool,
    /// What it has cost.
    pub performance: Performance,
}

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
    /// CPU time in user mode.
    pub user_time: u64,
    /// Of the last run.
    pub last_user_time: u64,
    /// CPU time in system mode.
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

/// A pack of scheduled queries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackInfo {
    /// Its name; `main` is the plain schedule.
    pub name: String,
    /// Platforms it is for, as they are written.
    pub platform: String,
    /// The least version of the agent, as it is written.
    pub version: String,
    /// The percentage of machines it is for; 0 for all.
    pub shard: i64,
    /// How often the last answer of its discovery was used again.
    pub discovery_cache_hits: u64,
    /// How often its discovery was asked.
    pub discovery_executions: u64,
    /// Whether its queries run here.
    pub active: bool,
}

/// A publisher or subscriber of events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventsInfo {
    /// Its name.
    pub name: String,
    /// The publisher that it is or listens to.
    pub publisher: String,
    /// `publisher` or `subscriber`.
    pub kind: &'static str,
    /// What was subscribed.
    pub subscriptions: u64,
    /// Events since the start.
    pub events: u64,
    /// How often a publisher was configured anew.
    pub refreshes: u64,
    /// Whether it is at work.
    pub active: bool,
}

/// An extension, or the agent itself as others see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExtensionInfo {
    /// Its number, 0 for the agent.
    pub uuid: i64,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The version of the library it is made with.
    pub sdk_version: String,
    /// Its socket.
    pub path: String,
    /// `core`, `extension` or `module`.
    pub kind: &'static str,
}

/// The agent, as its own tables see it.
pub trait Agent: Send + Sync {
    /// The process.
    fn info(&self) -> AgentInfo;
    /// Every flag, by name.
    fn flags(&self) -> Vec<FlagInfo>;
    /// Every plugin that is not a table.
    fn plugins(&self) -> Vec<PluginInfo>;
    /// Every table.
    fn registry(&self) -> &Registry;
    /// Every query that runs from time to time, in the order in which they run; none without a schedule.
    fn schedule(&self) -> Vec<ScheduleInfo> {
        Vec::new()
    }
    /// Every pack of the configuration; none without one.
    fn packs(&self) -> Vec<PackInfo> {
        Vec::new()
    }
    /// Every publisher and subscriber of events; none while nothing listens.
    fn events(&self) -> Vec<EventsInfo> {
        Vec::new()
    }
    /// The agent and its extensions; none while extensions are off.
    fn extensions(&self) -> Vec<ExtensionInfo> {
        Vec::new()
    }
}

/// An agent without flags and plugins, for tests and libraries.
#[derive(Debug, Default)]
pub struct Unattended(pub Registry);

impl Agent for Unattended {
    fn info(&self) -> AgentInfo {
        AgentInfo { version: env!("CARGO_PKG_VERSION").to_owned(), watcher: -1, ..AgentInfo::default() }
    }
    fn flags(&self) -> Vec<FlagInfo> {
        Vec::new()
    }
    fn plugins(&self) -> Vec<PluginInfo> {
        Vec::new()
    }
    fn registry(&self) -> &Registry {
        &self.0
    }
}
