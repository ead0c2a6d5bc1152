//! Which packs are at work here.

use crate::config::query::{MAIN, Machine, Pack};
use crate::config::{Config, shard};
use plumb_schema::PackInfo;
use plumb_sql::{ResultColumn, Row, Sink};
use std::collections::BTreeMap;
use std::io;

/// The version that gates compare: that of the agent whose language and tables this one speaks.
const SPEAKS: &str = "5.23.0";

/// This machine, as gates see it.
#[must_use]
pub fn machine(uuid: &str) -> Machine<'static> {
    Machine { version: SPEAKS, shard: shard(uuid) }
}

/// The state of all packs.
#[derive(Debug, Default)]
pub(super) struct Packs {
    states: BTreeMap<String, State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    active: bool,
    discovery: Vec<String>,
    /// When its discovery was asked; none where there is nothing to ask.
    asked: Option<i64>,
    hits: u64,
    executions: u64,
}

impl Packs {
    /// Decides anew. Every discovery query must have rows; the last answers count for `every` seconds.
    pub(super) fn decide(
        &mut self,
        config: &Config,
        machine: &Machine<'_>,
        now: i64,
        every: i64,
        mut ask: impl FnMut(&str) -> bool,
    ) {
        let mut states = BTreeMap::new();
        for pack in config.packs.iter().map(|loaded| &loaded.pack) {
            let mut state = self.states.remove(&pack.name).unwrap_or_default();
            state.decide(pack, machine, now, every, &mut ask);
            states.insert(pack.name.clone(), state);
        }
        self.states = states;
    }

    pub(super) fn is_active(&self, name: &str) -> bool {
        self.states.get(name).is_some_and(|state| state.active)
    }

    /// When a discovery is to be asked again.
    pub(super) fn next(&self, every: i64) -> Option<i64> {
        self.states.values().filter_map(|state| state.asked).map(|asked| asked.saturating_add(every)).min()
    }

    /// The packs as tables show them; the plain schedule is the first.
    pub(super) fn infos(&self, config: &Config) -> Vec<PackInfo> {
        let main = PackInfo { name: MAIN.to_owned(), active: true, ..PackInfo::default() };
        let of = |pack: &Pack| {
            let state = self.states.get(&pack.name).cloned().unwrap_or_default();
            PackInfo {
                name: pack.name.clone(),
                platform: pack.gate.platform.clone(),
                version: pack.gate.version.clone(),
                shard: pack.gate.shard.unwrap_or(0),
                discovery_cache_hits: state.hits,
                discovery_executions: state.executions,
                active: state.active,
            }
        };
        std::iter::once(main).chain(config.packs.iter().map(|loaded| of(&loaded.pack))).collect()
    }
}

impl State {
    fn decide(&mut self, pack: &Pack, machine: &Machine<'_>, now: i64, every: i64, ask: &mut impl FnMut(&str) -> bool) {
        if !pack.gate.passes(machine) || pack.discovery.is_empty() {
            (self.active, self.asked) = (pack.gate.passes(machine), None);
            return;
        }
        let is_fresh = self.asked.is_some_and(|asked| asked <= now && now < asked.saturating_add(every));
        if is_fresh && self.discovery == pack.discovery {
            self.hits += 1;
            return;
        }
        self.executions += 1;
        self.active = pack.discovery.iter().all(|sql| ask(sql));
        (self.asked, self.discovery) = (Some(now), pack.discovery.clone());
    }
}

/// Finds out whether there is a row, and stops at it.
#[derive(Debug, Default)]
pub struct Any {
    /// Whether there is.
    pub found: bool,
}

impl Sink for Any {
    fn begin(&mut self, _: &[ResultColumn]) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, _: &Row<'_>) -> io::Result<()> {
        self.found = true;
        Err(io::Error::other("one row is enough"))
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}
