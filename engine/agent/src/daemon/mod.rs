//! The daemon: keeps a schedule, logs what changed, survives what happens.
//!
//! One thread owns the schedule, the configuration and the figures ([`Daemon`]); queries run in [`lanes`]. It sleeps until the
//! next second at which something is due, or until somebody sends an [`Order`]. What time it is comes from a clock that tests replace.

mod begin;
mod board;
mod budget;
mod configure;
mod decorate;
mod job;
mod lanes;
mod memory;
mod numbers;
pub mod packs;
mod settings;
mod usage;

use crate::config::{Config, ConfigError};
use crate::flags::Flags;
use crate::glog::Severity;
use crate::here;
use crate::logger::hub::{Hub, HubError};
use crate::monitoring::{Monitoring, MonitoringError};
use crate::schedule::denylist::{self, Running};
use crate::schedule::performance;
use crate::schedule::timetable::{Entry, Tick, Ticker, Timetable};
use crate::store::{Store, StoreError};
use board::Board;
use job::{Failure, Habit, Job, Outcome};
use lanes::{Done, Lanes};
use packs::Packs;
use plumb_host::Host;
use plumb_schema::{Performance, Registry, ScheduleInfo};
use plumb_sql::{Cell, Engine, Pace, render_real};
use settings::Settings;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Tells the Unix time.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What a daemon stands on.
pub struct Start {
    /// What the command line and flag files say.
    pub flags: Flags,
    /// The machine that queries ask about.
    pub host: Arc<dyn Host>,
    /// Every table.
    pub tables: Registry,
    /// Where results and status lines go. [`Daemon::start`] starts its loggers.
    pub hub: Arc<Hub>,
    /// What time it is.
    pub clock: Clock,
    /// The watchdog's process, if there is one.
    pub watcher: Option<u32>,
}

/// Why a daemon does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A logger cannot be used.
    #[error(transparent)]
    Logger(#[from] HubError),
    /// There is no such plugin for configurations.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Numbers about the agent's work cannot be recorded.
    #[error(transparent)]
    Monitoring(#[from] MonitoringError),
}

impl StartError {
    /// The exit code: 78 where nothing but another command line helps.
    #[must_use]
    pub const fn code(&self) -> i32 {
        match self {
            Self::Store(_) => 1,
            Self::Logger(_) | Self::Config(_) | Self::Monitoring(_) => 78,
        }
    }
}

/// What somebody wants of a running daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Ends it.
    Stop,
    /// Ends it because it uses too much: the queries that run are to blame, and will be denied at the next start.
    Exceeded,
    /// Reads the configuration again and opens log files again.
    Reload,
}

/// What the daemon's thread waits for.
enum Heard {
    Order(Order),
    Done(Box<Done>),
}

/// Sends orders to a daemon, from any thread.
#[derive(Clone)]
pub struct Orders(Sender<Heard>);

impl Orders {
    /// Sends one. A daemon that has ended hears nothing.
    pub fn send(&self, order: Order) {
        let _ = self.0.send(Heard::Order(order));
    }
}

impl std::fmt::Debug for Orders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Orders")
    }
}

/// What the daemon's thread and the lanes share.
struct Shared {
    store: Mutex<Store>,
    hub: Arc<Hub>,
    clock: Clock,
    running: Running,
    stopping: AtomicBool,
    /// See [`Order::Exceeded`].
    exceeded: AtomicBool,
    /// What all queries share.
    pace: Option<Arc<Pace>>,
}

impl Shared {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The longest sleep: the clock may be set while nothing is due.
const LONGEST_SLEEP: Duration = Duration::from_secs(10);

/// How often loggers that refuse lines are tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// Seconds between two warnings that all queries are slowed.
const SLOWED: i64 = 3600;

/// Seconds between two savings of the figures.
const SAVE: i64 = 300;

/// See the module.
pub struct Daemon {
    shared: Arc<Shared>,
    host: Arc<dyn Host>,
    tables: Registry,
    board: Arc<Board>,
    /// What the command line and flag files say.
    given: Flags,
    /// The same, with what the configuration says.
    flags: Arc<Flags>,
    config: Option<Config>,
    settings: Settings,
    packs: Packs,
    timetable: Timetable,
    ticker: Ticker,
    lanes: Lanes,
    /// For decorators and discovery; made when it is first needed.
    engine: Option<Engine>,
    decorations: BTreeMap<String, BTreeMap<String, String>>,
    denied: HashMap<String, i64>,
    /// Queries that were out of memory when they last ran. Another one may have used it: who is so twice in a row is left out.
    hungry: HashSet<String>,
    /// How long queries took when they last ran since the start.
    habits: HashMap<String, Habit>,
    /// Queries whose results could not be stored when they last ran.
    troubled: HashSet<String>,
    performance: HashMap<String, Performance>,
    monitoring: Option<Monitoring>,
    trimmed: memory::Trimmed,
    /// When it may be told again that all queries are slowed.
    next_slowed: i64,
    unsaved: bool,
    next_save: i64,
    next_refresh: Option<i64>,
    started: i64,
    heard: Receiver<Heard>,
    orders: Orders,
}

impl std::fmt::Debug for Daemon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Daemon").field("board", &self.board).finish_non_exhaustive()
    }
}

impl Daemon {
    /// Where orders are sent.
    #[must_use]
    pub fn orders(&self) -> Orders {
        self.orders.clone()
    }

    /// Runs until somebody orders an end, or `--schedule_timeout` is over: that is answered as `true`. Each time round `turn` is told
    /// how long nothing is due, and answers how long to sleep at most.
    pub fn run(mut self, turn: &dyn Fn(Duration) -> Duration) -> bool {
        let is_over = loop {
            let sleep = turn(self.advance());
            if self.is_over() {
                break true;
            }
            match self.heard.recv_timeout(sleep) {
                Ok(Heard::Done(done)) => self.finished(*done),
                Ok(Heard::Order(Order::Reload)) => self.reload(),
                Ok(Heard::Order(Order::Stop)) => break false,
                Ok(Heard::Order(Order::Exceeded)) => {
                    self.shared.exceeded.store(true, Ordering::Relaxed);
                    break false;
                }
                // It has a sender of its own, so the channel never closes.
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
        };
        self.end();
        is_over
    }

    fn now(&self) -> i64 {
        (self.shared.clock)()
    }

    fn say(&self, severity: Severity, text: &str) {
        self.shared.hub.say(severity, here!(), text);
    }

    fn is_over(&self) -> bool {
        let timeout = self.settings.timeout;
        timeout > 0 && self.now().saturating_sub(self.started) >= timeout
    }

    /// Does everything that is due now, and answers how long nothing will be.
    pub fn advance(&mut self) -> Duration {
        loop {
            let now = self.now();
            let mut ticker = self.ticker;
            let tick = ticker.tick(now, |after| self.next(after));
            self.ticker = ticker;
            match tick {
                Tick::Run(second) => self.second(second),
                Tick::Skipped(late) => self.say(
                    Severity::Warning,
                    &format!(
                        "The schedule is {late} seconds late, more than --schedule_max_drift: what was due is left out"
                    ),
                ),
                Tick::Back(seconds) => {
                    self.say(Severity::Warning, &format!("The clock was set back by {seconds} seconds"));
                    self.next_save = self.next_save.min(now.saturating_add(SAVE));
                    if self.next_refresh.is_some() {
                        self.plan_refresh(now, true);
                    }
                }
                Tick::Wait(next) => return self.sleep(now, next),
            }
        }
    }

    /// How long to sleep when something is due at a second.
    fn sleep(&mut self, now: i64, next: Option<i64>) -> Duration {
        let mut sleep = match next {
            Some(next) => until(next, now).min(LONGEST_SLEEP),
            None => LONGEST_SLEEP,
        };
        if let Some(wait) = self.lanes.pump() {
            sleep = sleep.min(wait);
        }
        if self.shared.hub.is_failing() {
            self.kept(self.shared.hub.again());
            // A lane may be about to log what it has stored.
            if self.lanes.is_idle() {
                self.kept(self.log_unlogged());
            }
            sleep = sleep.min(AGAIN);
        }
        if self.unsaved && now >= self.next_save {
            self.save();
        }
        sleep
    }

    /// The first second after another at which something is due.
    fn next(&self, after: i64) -> Option<i64> {
        let refresh = self.next_refresh.map(|at| at.max(after.saturating_add(1)));
        let decorators = self.settings.decorators.keys().filter_map(|every| {
            let every = i64::try_from(*every).ok()?;
            Some(after.saturating_sub(after.rem_euclid(every)).saturating_add(every))
        });
        let discovery = self.packs.next(self.settings.pack_refresh).map(|at| at.max(after.saturating_add(1)));
        let timeout = (self.settings.timeout > 0).then(|| self.started.saturating_add(self.settings.timeout));
        let timeout = timeout.filter(|at| *at > after);
        let numbers = self.numbers_due().map(|at| at.max(after.saturating_add(1)));
        let reload = memory::next_reload(after, self.settings.reload);
        let all =
            self.timetable.next(after).into_iter().chain(reload).chain(refresh).chain(decorators).chain(discovery);
        all.chain(timeout).chain(numbers).min()
    }

    /// Everything that is due at a second.
    fn second(&mut self, second: i64) {
        if self.next_refresh.is_some_and(|at| at <= second) {
            self.refresh(second);
        }
        if self.packs.next(self.settings.pack_refresh).is_some_and(|at| at <= second) {
            self.plan(second);
        }
        if self.numbers_due().is_some_and(|at| at <= second) {
            self.flush_numbers();
        }
        if memory::next_reload(second.saturating_sub(1), self.settings.reload) == Some(second) {
            self.give_back();
        }
        let due = |every: &u64| i64::try_from(*every).is_ok_and(|every| second.rem_euclid(every) == 0);
        let decorators: Vec<(String, String)> = self
            .settings
            .decorators
            .iter()
            .filter(|(every, _)| due(every))
            .flat_map(|(_, asked)| asked.clone())
            .collect();
        decorators.iter().for_each(|(source, sql)| self.decorate(source, sql));
        let entries: Vec<Entry> = self.timetable.due(second).cloned().collect();
        entries.iter().for_each(|entry| self.due(entry, second));
        self.lanes.pump();
    }

    /// Puts a query that is due before the lanes, unless it is left out.
    fn due(&mut self, entry: &Entry, second: i64) {
        let name = &entry.name;
        if let Some(until) = self.denied.get(name).copied().filter(|_| entry.query.denylist) {
            // A clock that was set back must not make a day longer.
            if until > second && until <= second.saturating_add(denylist::DAY) {
                return;
            }
            self.denied.remove(name);
            let kept = denylist::allow(&self.shared.store(), name);
            self.kept(kept);
            self.show_denied(name, false);
        }
        // A query that still runs is not asked twice at once.
        if self.lanes.has(name) {
            return;
        }
        if self.settings.lognames || self.shared.hub.is_verbose() {
            let sql = if self.shared.hub.is_verbose() { format!(": {}", entry.query.sql) } else { String::new() };
            self.say(Severity::Info, &format!("Executing scheduled query {name}{sql}"));
        }
        let all = self.decorations.values().flatten().map(|(name, value)| (name.clone(), value.clone()));
        let (habit, short, has_ended) = self.habit(name);
        self.lanes.push(Job {
            name: name.clone(),
            sql: entry.query.sql.clone(),
            snapshot: entry.query.snapshot,
            habit,
            short,
            is_on_trial: entry.query.denylist && (!has_ended || self.hungry.contains(name)),
            removed: entry.query.removed,
            decorations: Arc::new(all.collect()),
            always: Arc::clone(&self.settings.always),
            writing: self.settings.writing,
            host: self.board.identity().name.as_str().into(),
        });
    }

    /// What is known of how long a query takes, how long it counts as short, and whether it has ever come to an end.
    fn habit(&self, name: &str) -> (Habit, Duration, bool) {
        let Some(figures) = self.performance.get(name).filter(|figures| figures.executions > 0) else {
            return (Habit::Unknown, Habit::Unknown.short(Duration::ZERO), false);
        };
        let cpu = Duration::from_millis(figures.last_user_time.saturating_add(figures.last_system_time));
        let time = Duration::from_millis(figures.last_wall_time_ms);
        let habit = match (self.habits.get(name), Habit::of(time, cpu)) {
            (Some(habit), _) => *habit,
            // It may have had to rest: before the start nobody has noted that.
            (None, Habit::Slow) if Habit::of(Duration::ZERO, cpu) == Habit::Quick => Habit::Unknown,
            (None, habit) => habit,
        };
        (habit, habit.short(cpu), true)
    }

    /// A query has run.
    fn finished(&mut self, done: Done) {
        let Some(outcome) = self.lanes.finished(done) else { return };
        let Outcome { name, cost, usage, rested, logged, result } = outcome;
        self.tell_slowed();
        if let Some(usage) = &usage {
            self.trimmed.look(usage.resident, self.settings.trim);
        }
        if !matches!(result, Err(Failure::Stopped)) {
            self.record(&name, usage.as_ref(), logged, result.is_ok());
        }
        let (time, cpu) = (Duration::from_millis(cost.wall_ms), Duration::from_millis(cost.user_ms + cost.system_ms));
        let is_over = result.as_ref().is_err_and(Failure::is_over_budget);
        let habit = if is_over { Habit::Slow } else { Habit::of(time.saturating_sub(rested), cpu) };
        self.habits.insert(name.clone(), habit);
        match result {
            Ok(()) => {
                self.hungry.remove(&name);
                self.troubled.remove(&name);
            }
            Err(Failure::Stopped) => return,
            Err(failure) => self.failed(&name, &failure),
        }
        let performance = self.performance.entry(name.clone()).or_default();
        performance::add(performance, &cost);
        self.unsaved = true;
        let mut figures = self.board.figures();
        if let Some(info) = figures.schedule.iter_mut().find(|info| info.name == name) {
            info.performance = *performance;
        }
    }

    /// Tells, once in a while, that queries begin late because all of them together cost too much.
    fn tell_slowed(&mut self) {
        let now = self.now();
        if self.shared.pace.as_ref().is_some_and(|pace| pace.take_held_up()) && now >= self.next_slowed {
            self.next_slowed = now.saturating_add(SLOWED);
            let text = "Queries together use more of a CPU than the watchdog allows: they run later than they are due; \
                        osquery_schedule shows what each costs";
            self.say(Severity::Warning, text);
        }
    }

    fn failed(&mut self, name: &str, failure: &Failure) {
        // A disk is full or dead for long: that is said once. What has changed is logged when it can be stored.
        if matches!(failure, Failure::Store(_)) && !self.troubled.insert(name.to_owned()) {
            return;
        }
        self.say(Severity::Error, &format!("Error executing scheduled query {name}: {failure}"));
        let may = self.timetable.entries().iter().any(|entry| entry.name == name && entry.query.denylist);
        let is_first = failure.is_out_of_memory() && self.hungry.insert(name.to_owned());
        if failure.is_over_budget() && may && !is_first {
            let now = self.now();
            self.deny(name, now);
            self.say(
                Severity::Warning,
                &format!(
                    "Scheduled query {name} cost more than its budget: it is left out for a day, see osquery_schedule"
                ),
            );
        }
    }

    fn deny(&mut self, name: &str, now: i64) {
        self.denied.insert(name.to_owned(), now.saturating_add(denylist::DAY));
        let kept = denylist::deny(&self.shared.store(), name, now);
        self.kept(kept);
        self.show_denied(name, true);
    }

    fn show_denied(&self, name: &str, denied: bool) {
        let mut figures = self.board.figures();
        if let Some(info) = figures.schedule.iter_mut().find(|info| info.name == name) {
            info.denylisted = denied;
        }
    }

    /// Tells that something could not be kept; the daemon goes on.
    fn kept(&self, kept: Result<(), StoreError>) {
        if let Err(error) = kept {
            self.say(Severity::Error, &error.to_string());
        }
    }

    /// Keeps the figures of all queries, at once.
    fn save(&mut self) {
        let kept = {
            let store = self.shared.store();
            store.together(|| {
                self.performance.iter().try_for_each(|(name, figures)| performance::save(figures, &store, name))
            })
        };
        self.kept(kept);
        self.unsaved = false;
        self.next_save = self.now().saturating_add(SAVE);
    }

    /// An engine on this thread, for short questions.
    fn engine(&mut self) -> Option<&mut Engine> {
        if self.engine.is_none() {
            match self.lanes.engine() {
                Ok(engine) => self.engine = Some(engine),
                Err(error) => self.say(Severity::Error, &format!("no engine: {error}")),
            }
        }
        self.engine.as_mut()
    }

    fn decorate(&mut self, source: &str, sql: &str) {
        let mut decorations = self.decorations.remove(source).unwrap_or_default();
        let hub = Arc::clone(&self.shared.hub);
        if let Some(engine) = self.engine() {
            decorate::ask(engine, sql, &hub, &mut decorations);
        }
        self.decorations.insert(source.to_owned(), decorations);
    }

    /// Whether a discovery query has rows.
    fn discovers(&mut self, sql: &str) -> bool {
        let mut any = packs::Any::default();
        let Some(engine) = self.engine() else { return false };
        match engine.run(sql, &mut any) {
            Ok(()) => any.found,
            // It was stopped at the first row.
            Err(_) if any.found => true,
            Err(error) => {
                self.say(Severity::Warning, &format!("Discovery query failed ({sql}): {error}"));
                false
            }
        }
    }

    /// Waits until no query runs or waits to.
    pub fn settle(&mut self) {
        while !self.lanes.is_idle() {
            let wait = self.lanes.pump().unwrap_or(LONGEST_SLEEP);
            match self.heard.recv_timeout(wait) {
                Ok(Heard::Done(done)) => self.finished(*done),
                Ok(Heard::Order(order)) => self.orders.send(order),
                Err(_) => {}
            }
        }
    }

    /// Stops what runs, and keeps what is to be kept.
    pub fn end(mut self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        let start = Instant::now();
        let most = Duration::from_secs(self.flags.u64("alarm_timeout").saturating_sub(1));
        self.lanes.stop();
        while !self.lanes.is_idle() && start.elapsed() < most {
            match self.heard.recv_timeout(Duration::from_millis(100)) {
                Ok(Heard::Done(done)) => self.finished(*done),
                Ok(Heard::Order(_)) => {}
                // What had not begun when it was stopped has by now.
                Err(_) => self.lanes.stop(),
            }
        }
        self.save();
        self.flush_numbers();
        if self.lanes.is_idle() {
            self.lanes.join();
        }
    }
}

/// Time until a second begins.
fn until(second: i64, now: i64) -> Duration {
    let whole = u64::try_from(second.saturating_sub(now)).unwrap_or(0);
    // The clock tells whole seconds; the part of the current one that is over need not be waited for.
    let part = Duration::from_nanos(u64::from(jiff::Timestamp::now().subsec_nanosecond().unsigned_abs()));
    Duration::from_secs(whole).saturating_sub(part)
}

/// A value as text, as log lines have it.
fn text_of(cell: Cell<'_>) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Int(int) => int.to_string(),
        Cell::Real(real) => render_real(real),
        Cell::Text(bytes) | Cell::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests;
