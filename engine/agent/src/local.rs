//! The agent as its own tables see it, for a process that answers queries by itself: the shell.

use crate::flags::Flags;
use plumb_host::{Cancel, Host, Limit};
use plumb_schema::{Agent, AgentInfo, FlagInfo, PluginInfo, Registry};
use std::sync::{Arc, OnceLock};

/// A process without a daemon's clockwork.
pub struct LocalAgent {
    host: Arc<dyn Host>,
    flags: Arc<Flags>,
    registry: Registry,
    pid: u32,
    start_time: i64,
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
        Self { host, flags, registry, pid: std::process::id(), start_time, ids: OnceLock::new() }
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
            config_hash: String::new(),
            config_valid: false,
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

/// The UUID that the firmware gives the machine; `None` where it gives none, or one that is no name at all.
fn machine_uuid(host: &dyn Host) -> Option<String> {
    let mut text = Vec::new();
    let limit = Limit { bytes: 256, cancel: &Cancel::new() };
    host.root().read(b"/sys/class/dmi/id/product_uuid", &mut text, limit).ok()?;
    let uuid = std::str::from_utf8(&text).ok()?.trim().to_ascii_uppercase();
    let digits = || uuid.bytes().filter(u8::is_ascii_hexdigit);
    let is_uuid = uuid.len() == 36 && digits().count() == 32;
    let is_blank = digits().all(|digit| digit == b'0') || digits().all(|digit| digit == b'F');
    (is_uuid && !is_blank).then_some(uuid)
}

/// A random UUID (version 4).
fn random_uuid() -> String {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        // A system without randomness: the name only tells runs apart.
        bytes = u128::from(std::process::id()).to_be_bytes();
    }
    let value = u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62) | (4 << 76) | (2 << 62);
    let hex = format!("{value:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_host::Mem;

    #[test]
    fn random_uuids() {
        let uuid = random_uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&uuid.as_bytes()[19]));
        assert_ne!(uuid, random_uuid());
    }

    #[test]
    fn machine_uuids() {
        for (content, expect) in [
            ("03aa02fc-0414-05f2-6006-4d0700080009\n", Some("03AA02FC-0414-05F2-6006-4D0700080009")),
            ("00000000-0000-0000-0000-000000000000\n", None),
            ("ffffffff-ffff-ffff-ffff-ffffffffffff\n", None),
            ("Not Settable\n", None),
            ("", None),
        ] {
            let host = Mem::new().file("/sys/class/dmi/id/product_uuid", content);
            assert_eq!(machine_uuid(&host).as_deref(), expect, "{content:?}");
        }
        assert_eq!(machine_uuid(&Mem::new()), None);
    }

    #[test]
    fn info_is_the_same_each_time() {
        let agent = LocalAgent::new(Arc::new(Mem::new()), Arc::default(), Registry::default());
        assert_eq!(agent.info(), agent.info());
        assert_eq!(agent.info().start_time, Mem::CLOCK.secs);
        assert!(agent.flags().len() > 200);
        assert_eq!(agent.plugins().len(), 1);
    }
}
