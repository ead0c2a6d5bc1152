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
