//! The configuration at work: reading it again, putting it to work, and the timetable that comes of it.

use super::begin::tell_error;
use super::{Config, Daemon, Entry, ScheduleInfo, Settings, Severity, Timetable, packs, performance, settings};
use std::sync::Arc;

impl Daemon {
    pub(super) fn reload(&mut self) {
        self.shared.hub.reopen();
        let now = self.now();
        self.refresh(now);
    }

    /// Reads the configuration again. One that cannot be used never replaces one that can.
    pub(super) fn refresh(&mut self, now: i64) {
        match Config::load(&self.given) {
            Ok(config) if self.config.as_ref().is_some_and(|known| known.hash == config.hash) => {
                self.plan_refresh(now, true)
            }
            Ok(config) => self.apply(config, now),
            Err(error) => {
                tell_error(&error, &self.shared.hub);
                if self.config.is_some() {
                    self.say(Severity::Warning, "The configuration that was read last stays at work");
                }
                self.plan_refresh(now, false);
            }
        }
    }

    pub(super) fn plan_refresh(&mut self, now: i64, well: bool) {
        let Settings { refresh, accelerated_refresh, .. } = self.settings;
        let wait = if well { refresh } else { refresh.min(accelerated_refresh) };
        self.next_refresh = (refresh > 0).then(|| now.saturating_add(wait.max(1)));
    }

    /// Puts a configuration to work.
    pub(super) fn apply(&mut self, config: Config, now: i64) {
        let mut flags = (*self.flags).clone();
        config.apply_options(&mut flags);
        for diagnostic in &config.diagnostics {
            self.say(Severity::Warning, &diagnostic.line());
        }
        let was_verbose = self.shared.hub.is_verbose();
        self.shared.hub.configure(&flags);
        if self.shared.hub.is_verbose() && !was_verbose {
            self.say(Severity::Info, "Verbose logging enabled by config option");
        }
        if flags.bool("config_enable_backup") {
            let kept = config.back_up(&self.shared.store());
            self.kept(kept);
        }
        self.flags = Arc::new(flags);
        self.renew_monitoring();
        self.settings = Settings::of(&self.flags).with(&config, &self.flags);
        let make = settings::factory(&config, &self.tables, &self.flags, &self.host, &self.board, &self.shared.hub);
        self.lanes.renew(make, self.settings.lanes);
        self.engine = None;
        {
            let mut figures = self.board.figures();
            figures.flags = Arc::clone(&self.flags);
            figures.config_hash.clone_from(&config.hash);
        }
        let decorators = (!self.flags.bool("disable_decorators")).then(|| config.decorators());
        let load: Vec<(String, String)> = decorators
            .into_iter()
            .flatten()
            .flat_map(|(source, decorators)| decorators.load.iter().map(|sql| (source.to_owned(), sql.clone())))
            .collect();
        let disabled = self.flags.bool("disable_decorators");
        self.decorations.retain(|source, _| !disabled && config.sources.contains_key(source));
        self.config = Some(config.at_work());
        load.iter().for_each(|(source, sql)| self.decorate(source, sql));
        self.plan(now);
        self.plan_refresh(now, true);
    }

    /// Makes the timetable: asks packs for their discovery, and lets out what is not for this machine.
    pub(super) fn plan(&mut self, now: i64) {
        let Some(config) = self.config.take() else { return };
        let machine = packs::machine(&self.board.identity().uuid);
        let mut packs = std::mem::take(&mut self.packs);
        packs.decide(&config, &machine, now, self.settings.pack_refresh, |sql| self.discovers(sql));
        let queries = config.scheduled(&self.settings.delimiter, &machine, |pack| packs.is_active(&pack.name));
        let made = Timetable::new(queries, self.settings.intervals, &self.shared.store(), random);
        match made {
            Ok(timetable) => self.timetable = timetable,
            Err(error) => self.kept(Err(error)),
        }
        let schedule = self.timetable.entries().iter().map(|entry| self.info(entry)).collect();
        {
            let mut figures = self.board.figures();
            figures.packs = packs.infos(&config);
            figures.schedule = schedule;
        }
        (self.packs, self.config) = (packs, Some(config));
        self.learn();
    }

    /// What tables show of a query.
    fn info(&self, entry: &Entry) -> ScheduleInfo {
        ScheduleInfo {
            name: entry.name.clone(),
            query: entry.query.sql.clone(),
            interval: entry.interval,
            denylisted: self.denied.contains_key(&entry.name) && entry.query.denylist,
            performance: self.performance.get(&entry.name).copied().unwrap_or_default(),
        }
    }

    /// Loads the figures of queries that are new here.
    fn learn(&mut self) {
        let mut figures = self.board.figures();
        for info in &mut figures.schedule {
            if !self.performance.contains_key(&info.name) {
                info.performance = performance::load(&self.shared.store(), &info.name).unwrap_or_default();
                self.performance.insert(info.name.clone(), info.performance);
            }
        }
    }
}

/// A number between two, both included.
fn random(least: u64, most: u64) -> u64 {
    let mut bytes = [0; 8];
    // Without randomness all hosts ask at once: that is no reason not to ask.
    let _ = getrandom::fill(&mut bytes);
    let span = most.saturating_sub(least).saturating_add(1).max(1);
    least.saturating_add(u64::from_le_bytes(bytes) % span)
}
