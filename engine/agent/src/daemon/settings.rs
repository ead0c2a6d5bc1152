//! What flags and configuration say of how the daemon works.

use super::board::Board;
use super::budget;
use super::job::Writing;
use super::lanes::Make;
use crate::config::{Config, constructed, views};
use crate::flags::Flags;
use crate::glog::Severity;
use crate::here;
use crate::logger::hub::Hub;
use crate::logger::line::Style;
use crate::schedule::timetable::Intervals;
use plumb_host::Host;
use plumb_schema::{Agent, Registry};
use plumb_sql::Engine;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Read once, when a configuration is put to work. Times are seconds.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) writing: Writing,
    pub(super) intervals: Intervals,
    pub(super) delimiter: String,
    /// Whether the name of each query that runs is told.
    pub(super) lognames: bool,
    pub(super) max_drift: u64,
    /// Time after which the daemon ends; 0 for never.
    pub(super) timeout: i64,
    pub(super) pack_refresh: i64,
    /// Time between two readings of the configuration; 0 for none.
    pub(super) refresh: i64,
    pub(super) accelerated_refresh: i64,
    /// Seconds between two times that memory is given back; 0 for never.
    pub(super) reload: i64,
    /// Whether engines are made anew then.
    pub(super) reload_sql: bool,
    /// Bytes of memory from which on what is free is given back.
    pub(super) trim: Option<u64>,
    /// Threads that may run queries.
    pub(super) lanes: usize,
    /// Decorators that are asked before each query.
    pub(super) always: Arc<Vec<String>>,
    /// Decorators that are asked every so many seconds, with their sources.
    pub(super) decorators: BTreeMap<u64, Vec<(String, String)>>,
}

impl Settings {
    /// What flags say.
    pub(super) fn of(flags: &Flags) -> Self {
        let signed = |name: &str| i64::try_from(flags.u64(name)).unwrap_or(i64::MAX);
        Self {
            writing: Writing {
                epoch: signed("schedule_epoch"),
                events: flags.bool("logger_event_type"),
                snapshot_events: flags.bool("logger_snapshot_event_type"),
                style: Style {
                    numerics: flags.bool("logger_numerics"),
                    decorations_at_top: flags.bool("decorations_top_level"),
                },
            },
            intervals: Intervals {
                default: flags.u64("schedule_default_interval"),
                splay: flags.u64("schedule_splay_percent"),
            },
            delimiter: flags.text("pack_delimiter").to_owned(),
            lognames: flags.bool("schedule_lognames"),
            max_drift: flags.u64("schedule_max_drift"),
            timeout: signed("schedule_timeout"),
            pack_refresh: signed("pack_refresh_interval").max(1),
            refresh: signed("config_refresh"),
            accelerated_refresh: signed("config_accelerated_refresh").max(1),
            reload: signed("schedule_reload"),
            reload_sql: flags.bool("schedule_reload_sql"),
            trim: budget::trim_threshold(flags),
            lanes: usize::try_from(flags.i32("worker_threads")).unwrap_or(1).max(1),
            always: Arc::default(),
            decorators: BTreeMap::new(),
        }
    }

    /// With what a configuration says.
    pub(super) fn with(mut self, config: &Config, flags: &Flags) -> Self {
        let mut always = Vec::new();
        let decorators = (!flags.bool("disable_decorators")).then(|| config.decorators());
        for (source, decorators) in decorators.into_iter().flatten() {
            always.extend(decorators.always.iter().cloned());
            for (every, asked) in &decorators.interval {
                let asked = asked.iter().map(|sql| (source.to_owned(), sql.clone()));
                self.decorators.entry(*every).or_default().extend(asked);
            }
        }
        self.always = Arc::new(always);
        self
    }
}

/// Tells once of each flag that it has no effect yet.
fn tell_without_effect(flags: &Flags, hub: &Hub) {
    static TOLD: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    for (name, line) in flags.without_effect() {
        if told.insert(name) {
            hub.say(Severity::Warning, here!(), &line);
        }
    }
}

/// What makes engines: the tables that flags leave, the views of the configuration, and a budget.
pub(super) fn factory(
    config: &Config,
    tables: &Registry,
    flags: &Arc<Flags>,
    host: &Arc<dyn Host>,
    board: &Arc<Board>,
    hub: &Arc<Hub>,
) -> Make {
    tell_without_effect(flags, hub);
    let mut registry = tables.clone();
    // Copies of other people's databases lie where the agent's own is.
    let spool = Path::new(flags.text("database_path"));
    let spool = (!flags.bool("disable_database") && spool.is_dir()).then_some(spool);
    for refused in constructed::add(&mut registry, config, spool) {
        hub.say(Severity::Warning, here!(), &refused.line);
    }
    registry.retain(|name| flags.leaves_out(name).is_none());
    let views_of: Vec<(String, String)> =
        config.views().into_iter().map(|(name, sql)| (name.to_owned(), sql.to_owned())).collect();
    let (host, board, hub) = (Arc::clone(host), Arc::clone(board), Arc::clone(hub));
    let (budget, told) = (budget::of(flags), AtomicBool::new(false));
    let table_delay = Duration::from_millis(flags.u64("table_delay"));
    Arc::new(move || {
        let agent: Arc<dyn Agent> = board.clone();
        let (registry, host) = (registry.clone(), Arc::clone(&host));
        let mut engine = Engine::open(plumb_sql::Settings { registry, host, agent, budget, planner: false })?;
        engine.delay_tables(table_delay);
        // Every lane makes its own: one of them tells.
        let tell = !told.swap(true, Ordering::Relaxed);
        let refused = views::add(views_of.iter().map(|(name, sql)| (name.as_str(), sql.as_str())), &mut engine);
        for refused in refused.iter().filter(|_| tell) {
            hub.say(Severity::Warning, here!(), &refused.to_string());
        }
        Ok(engine)
    })
}
