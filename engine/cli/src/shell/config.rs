//! What the shell has of the configuration: options, views, tables, and the queries of packs.

use super::{Ran, Shell, Told};
use crate::console::{Console, here};
use plumb_agent::config::query::{MAIN, Machine, Query};
use plumb_agent::config::{Config, ConfigError};
use plumb_agent::daemon::packs::{Any, machine};
use plumb_agent::flags::Flags;
use plumb_agent::glog::Severity;
use plumb_agent::identity::{machine_uuid, random_uuid};

/// Reads the configuration and sets its options. A shell works without one too, and only says why if it is asked to say more.
pub(super) fn load(flags: &mut Flags, console: &mut Console) -> Config {
    let config = match Config::load(flags) {
        Ok(config) => config,
        Err(error) => {
            // Nobody has to have one.
            if !matches!(error, ConfigError::Missing(_)) || flags.origin("config_path").is_some() {
                console.log(Severity::Info, here!(), &error.to_string());
            }
            return Config::default();
        }
    };
    config.apply_options(flags);
    console.set_verbose(flags.bool("verbose"));
    for found in &config.diagnostics {
        console.log(Severity::Info, here!(), &found.line());
    }
    config
}

impl Shell {
    /// Runs the queries of a pack that would run here; answers the exit code of the first that failed.
    pub(super) fn pack(&mut self, name: &str) -> i32 {
        let uuid = machine_uuid(&*self.host).unwrap_or_else(random_uuid);
        let mut code = 0;
        for query in self.queries_of(name, &machine(&uuid)) {
            match self.execute(&query.sql, Told::Plainly) {
                Ran::Stop(stopped) => return stopped,
                ran => code = if code == 0 { ran.code() } else { code },
            }
        }
        code
    }

    /// The queries of a pack that is active; those of the plain schedule are the pack `main`.
    fn queries_of(&mut self, name: &str, machine: &Machine<'_>) -> Vec<Query> {
        let Some(pack) = self.config.packs.iter().find(|loaded| loaded.pack.name == name) else {
            if name != MAIN {
                self.console.log(Severity::Info, here!(), &format!("no such pack: {name}"));
                return Vec::new();
            }
            let plain = self.config.scheduled("", machine, |_| false);
            return plain.into_iter().map(|scheduled| scheduled.query).collect();
        };
        let pack = pack.pack.clone();
        if !pack.gate.passes(machine) || !pack.discovery.iter().all(|sql| self.discovers(sql)) {
            self.console.log(Severity::Info, here!(), &format!("the pack is not active here: {name}"));
            return Vec::new();
        }
        pack.queries.into_iter().filter(|query| query.gate.passes(machine)).collect()
    }

    /// Whether a query has a row.
    pub(super) fn discovers(&mut self, sql: &str) -> bool {
        let mut any = Any::default();
        let ran = self.open_engine().and_then(|()| match &mut self.engine {
            Some(engine) => engine.run(sql, &mut any),
            None => Ok(()),
        });
        if let Err(error) = ran
            && !any.found
        {
            let text = format!("Discovery query failed ({sql}): {error}");
            self.console.log(Severity::Warning, here!(), &text);
        }
        any.found
    }
}
