//! The start of a daemon: its store, its configuration and its loggers, and what the process before it has left.

use super::board::{Board, Process};
use super::lanes::Lanes;
use super::memory::Trimmed;
use super::packs::Packs;
use super::settings::Settings;
use super::{Daemon, Orders, SAVE, Shared, Start, StartError, budget, settings};
use crate::config::{Config, ConfigError};
use crate::differ;
use crate::flags::Flags;
use crate::glog::Severity;
use crate::here;
use crate::identity::Identity;
use crate::logger::Stream;
use crate::logger::hub::Hub;
use crate::monitoring::Monitoring;
use crate::schedule::denylist::{self, Running};
use crate::schedule::timetable::{Entry, Ticker, Timetable};
use crate::store::{Store, StoreError};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

impl Daemon {
    /// Opens the store, reads the configuration and starts the loggers. A configuration that cannot be used is told, and the daemon
    /// runs without one until it can.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(start: Start) -> Result<Self, StartError> {
        let Start { flags: given, host, tables, hub, clock, watcher } = start;
        hub.configure(&given);
        budget::bound_process(&given);
        let now = clock();
        let store = open_store(&given, now, &hub)?;
        let (loaded, flags) = load(&given, &store, &hub)?;
        let identity = Identity::find(&flags, &*host, &store)?;
        hub.configure(&flags);
        hub.activate(&flags, &crate::identity::hostname(), store.directory().map(Path::to_owned))?;
        let monitoring = Monitoring::of(&flags)?;
        let (running, crashed) = open_running(&store, &hub);
        let denied = denylist::all(&store, now)?;
        let flags = Arc::new(flags);
        let watcher = watcher.map_or(-1, i64::from);
        let process = Process { pid: std::process::id(), start_time: now, watcher, identity };
        let board = Arc::new(Board::new(process, tables.clone(), Arc::clone(&flags)));
        let (stopping, exceeded) = (AtomicBool::new(false), AtomicBool::new(false));
        let pace = budget::pace(&flags).map(Arc::new);
        let shared = Arc::new(Shared { store: Mutex::new(store), hub, clock, running, stopping, exceeded, pace });
        let settings = Settings::of(&flags);
        let (sender, heard) = mpsc::channel();
        let make = settings::factory(&Config::default(), &tables, &flags, &host, &board, &shared.hub);
        let lanes = Lanes::new(Arc::clone(&shared), make, settings.lanes, sender.clone());
        let mut daemon = Self {
            ticker: Ticker::new(now, settings.max_drift),
            next_save: now.saturating_add(SAVE),
            next_refresh: None,
            started: now,
            config: None,
            packs: Packs::default(),
            timetable: Timetable::default(),
            engine: None,
            decorations: BTreeMap::new(),
            performance: HashMap::new(),
            monitoring,
            trimmed: Trimmed::default(),
            next_slowed: now,
            unsaved: false,
            orders: Orders(sender),
            shared,
            host,
            tables,
            board,
            given,
            flags,
            settings,
            lanes,
            denied,
            hungry: HashSet::new(),
            habits: HashMap::new(),
            troubled: HashSet::new(),
            heard,
        };
        match loaded {
            Some(config) => daemon.apply(config, now),
            None => daemon.plan_refresh(now, false),
        }
        daemon.deny_crashed(&crashed, now);
        daemon.log_unlogged()?;
        let first: Vec<Entry> = daemon.timetable.at_start().cloned().collect();
        first.iter().for_each(|entry| daemon.due(entry, now));
        Ok(daemon)
    }

    /// Leaves out the queries in which the process died last time.
    fn deny_crashed(&mut self, crashed: &[String], now: i64) {
        for name in crashed {
            self.say(Severity::Warning, &format!("Scheduled query may have failed: {name}"));
            let entry = self.timetable.entries().iter().find(|entry| denylist::is_left(name, &entry.name));
            let Some(name) = entry.filter(|entry| entry.query.denylist).map(|entry| entry.name.clone()) else {
                continue;
            };
            self.deny(&name, now);
            self.say(
                Severity::Warning,
                &format!("The caller does not want denied queries, skipping denied scheduled query: {name}"),
            );
        }
    }

    /// Logs what was stored and could not be logged, or perhaps was not before the process died.
    pub(super) fn log_unlogged(&self) -> Result<(), StoreError> {
        let unlogged = differ::unlogged(&self.shared.store())?;
        for (query, lines) in unlogged {
            self.shared.hub.results(Stream::Results, &lines)?;
            differ::logged(&self.shared.store(), &query)?;
        }
        Ok(())
    }
}

/// How often, and after how much time each, a store that is in use is tried again: the agent before this one may be about to end.
const TRIES: (u32, Duration) = (25, Duration::from_millis(200));

fn open_store(flags: &Flags, now: i64, hub: &Hub) -> Result<Store, StoreError> {
    if flags.bool("disable_database") {
        return Store::in_memory();
    }
    let directory = Path::new(flags.text("database_path"));
    let mut tries = 0;
    let opened = loop {
        match Store::open(directory, now) {
            Err(StoreError::Busy(_)) if tries < TRIES.0 => {
                tries += 1;
                std::thread::park_timeout(TRIES.1);
            }
            Err(StoreError::Busy(_)) if flags.bool("ephemeral") => {
                hub.say(Severity::Warning, here!(), "The database is in use: this agent remembers nothing");
                return Store::in_memory();
            }
            Err(error) if error.is_read_only() => {
                let text =
                    format!("{error}: until its next start this agent remembers nothing, and logs all rows as added");
                hub.say(Severity::Error, here!(), &text);
                return Store::in_memory();
            }
            opened => break opened?,
        }
    };
    if let Some((kept, why)) = opened.set_aside {
        let text = format!(
            "The database was damaged ({why}): it is now {}, and a new one is begun: all rows are logged as added once",
            kept.display()
        );
        hub.say(Severity::Error, here!(), &text);
    }
    Ok(opened.store)
}

/// The configuration and the flags with it. One that cannot be used is told; then the one that was kept counts, if that is wanted.
fn load(given: &Flags, store: &Store, hub: &Hub) -> Result<(Option<Config>, Flags), ConfigError> {
    let mut flags = given.clone();
    let config = match Config::load(given) {
        Ok(config) => Some(config),
        Err(error @ ConfigError::UnknownPlugin(_)) => return Err(error),
        Err(error) => {
            tell_error(&error, hub);
            let kept = if given.bool("config_enable_backup") { Config::restore(store) } else { Ok(None) };
            kept.unwrap_or_else(|error| {
                tell_error(&error, hub);
                None
            })
        }
    };
    if let Some(config) = &config {
        config.apply_options(&mut flags);
    }
    Ok((config, flags))
}

pub(super) fn tell_error(error: &ConfigError, hub: &Hub) {
    for line in error.details() {
        hub.say(Severity::Error, here!(), &line);
    }
    hub.say(Severity::Warning, here!(), &error.to_string());
    for line in error.help() {
        hub.say(Severity::Warning, here!(), &line);
    }
}

/// The names of queries that run; and of those in which the process died last time.
fn open_running(store: &Store, hub: &Hub) -> (Running, Vec<String>) {
    Running::open(store.directory()).unwrap_or_else(|error| {
        let text = format!("queries in which the agent dies will not be left out: {error}");
        hub.say(Severity::Warning, here!(), &text);
        (Running::default(), Vec::new())
    })
}
