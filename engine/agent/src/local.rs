//! The agent as its own tables see it, for a process that answers queries by itself: the shell.

use crate::flags::Flags;
use crate::identity::{machine_uuid, random_uuid};
use plumb_host::Host;
use plumb_schema::{Agent, AgentInfo, FlagInfo, PluginInfo, Registry};
use std::sync::{Arc, OnceLock};

/// A process without a daemon's clockwork.
pub struct LocalAgent {
    host: Arc<dyn Host>,
    flags: Arc<Flags>,
    registry: Registry,
    pid: u32,
    start_time: i64,
    /// Of the configuration; empty without one.
    config_hash: String,
    ids: OnceLock<Ids>,
}

/// The machine's and this run's names, made when they are first asked for.
struct Ids {
    uuid: String,
    instance: String,
}

impl LocalAgent {
    /// The agent of this process.
    #[must_use]
    pub fn new(host: Arc<dyn Host>, flags: Arc<Flags>, registry: Registry) -> Self {
        let start_time = host.now().secs;
        Self {
            host,
            flags,
            registry,
            pid: std::process::id(),
            start_time,
            config_hash: String::new(),
            ids: OnceLock::new(),
        }
    }

    /// The same with a configuration of this hash.
    #[must_use]
    pub fn configured(self, config_hash: &str) -> Self {
        Self { config_hash: config_hash.to_owned(), ..self }
    }

    fn ids(&self) -> &Ids {
        self.ids.get_or_init(|| {
            let instance = random_uuid();
            let uuid = machine_uuid(&*self.host).unwrap_or_else(random_uuid);
            Ids { uuid, instance }
        })
    }
}

impl std::fmt::Debug for LocalAgent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalAgent").field("pid", &self.pid).finish_non_exhaustive()
    }
}

impl Agent for LocalAgent {
    fn info(&self) -> AgentInfo {
        AgentInfo {
            pid: self.pid,
            uuid: self.ids().uuid.clone(),
            instance_id: self.ids().instance.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config_hash: self.config_hash.clone(),
            config_valid: !self.config_hash.is_empty(),
            extensions: "inactive".to_owned(),
            build_distro: std::env::consts::OS.to_owned(),
            start_time: self.start_time,
            watcher: -1,
        }
    }

    fn flags(&self) -> Vec<FlagInfo> {
        self.flags.infos()
    }

    fn plugins(&self) -> Vec<PluginInfo> {
        let sql = PluginInfo {
            registry: "sql".to_owned(),
            name: "sql".to_owned(),
            owner_uuid: 0,
            internal: true,
            active: true,
        };
        vec![sql]
    }

    fn registry(&self) -> &Registry {
        &self.registry
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_host::Mem;

    #[test]
    fn info_is_the_same_each_time() {
        let agent = LocalAgent::new(Arc::new(Mem::new()), Arc::default(), Registry::default());
        assert_eq!(agent.info(), agent.info());
        assert_eq!(agent.info().start_time, Mem::CLOCK.secs);
        assert!(agent.flags().len() > 200);
        assert_eq!(agent.plugins().len(), 1);
    }
}
