//! The agent as its own tables see it while the daemon runs: everybody may look, only the daemon writes.

use crate::flags::Flags;
use crate::identity::Identity;
use plumb_schema::{
    Agent, AgentInfo, EventsInfo, ExtensionInfo, FlagInfo, PackInfo, PluginInfo, Registry, ScheduleInfo,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What does not change while the daemon runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Process {
    pub(super) pid: u32,
    pub(super) start_time: i64,
    /// The watchdog's process; -1 without one.
    pub(super) watcher: i64,
    pub(super) identity: Identity,
}

/// What changes.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) flags: Arc<Flags>,
    /// Of the configuration that is at work; empty before there was one.
    pub(super) config_hash: String,
    pub(super) schedule: Vec<ScheduleInfo>,
    pub(super) packs: Vec<PackInfo>,
}

/// See the module.
pub(super) struct Board {
    process: Process,
    tables: Registry,
    figures: Mutex<Figures>,
}

impl std::fmt::Debug for Board {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Board").field("process", &self.process).finish_non_exhaustive()
    }
}

impl Board {
    pub(super) fn new(process: Process, tables: Registry, flags: Arc<Flags>) -> Self {
        Self { process, tables, figures: Mutex::new(Figures { flags, ..Figures::default() }) }
    }

    pub(super) fn figures(&self) -> MutexGuard<'_, Figures> {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.process.identity
    }
}

/// Plugins that this build has, by kind; those that flags name are at work.
const PLUGINS: [(&str, &str, &str); 6] = [
    ("config", "filesystem", "config_plugin"),
    ("database", "sqlite", ""),
    ("logger", "filesystem", "logger_plugin"),
    ("logger", "stdout", "logger_plugin"),
    ("logger", "syslog", "logger_plugin"),
    ("numeric_monitoring", "filesystem", "numeric_monitoring_plugins"),
];

impl Agent for Board {
    fn info(&self) -> AgentInfo {
        let figures = self.figures();
        let Process { pid, start_time, watcher, identity } = &self.process;
        AgentInfo {
            pid: *pid,
            uuid: identity.uuid.clone(),
            instance_id: identity.instance.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config_valid: !figures.config_hash.is_empty(),
            config_hash: figures.config_hash.clone(),
            extensions: "inactive".to_owned(),
            build_distro: std::env::consts::OS.to_owned(),
            start_time: *start_time,
            watcher: *watcher,
        }
    }

    fn flags(&self) -> Vec<FlagInfo> {
        self.figures().flags.infos()
    }

    fn plugins(&self) -> Vec<PluginInfo> {
        let flags = Arc::clone(&self.figures().flags);
        let plugin = |(registry, name, flag): (&str, &str, &str)| PluginInfo {
            registry: registry.to_owned(),
            name: name.to_owned(),
            owner_uuid: 0,
            internal: false,
            active: flag.is_empty() || flags.list(flag).any(|active| active == name),
        };
        let sql = PluginInfo { internal: true, ..plugin(("sql", "sql", "")) };
        PLUGINS.into_iter().map(plugin).chain([sql]).collect()
    }

    fn registry(&self) -> &Registry {
        &self.tables
    }

    fn schedule(&self) -> Vec<ScheduleInfo> {
        self.figures().schedule.clone()
    }

    fn packs(&self) -> Vec<PackInfo> {
        self.figures().packs.clone()
    }

    // Publishers, subscribers and extensions have rows when this build has them.
    fn events(&self) -> Vec<EventsInfo> {
        Vec::new()
    }

    fn extensions(&self) -> Vec<ExtensionInfo> {
        Vec::new()
    }
}
