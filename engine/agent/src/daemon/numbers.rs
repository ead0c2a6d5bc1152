//! Numbers about each run, for [`crate::monitoring`].

use super::usage::Usage;
use super::{Daemon, Severity};
use crate::flags::os_text;
use crate::monitoring::{Change, Monitoring, Names};

/// Who looks after a query of which nobody says so.
const NOBODY: &str = "unknown";

impl Daemon {
    /// When numbers that wait go out.
    pub(super) fn numbers_due(&self) -> Option<i64> {
        self.monitoring.as_ref().and_then(Monitoring::due)
    }

    /// Records a run of a query. One that is no longer scheduled is left out.
    pub(super) fn record(&mut self, name: &str, usage: Option<&Usage>, logged: bool, well: bool) {
        let micros = self.micros();
        let Some(monitoring) = &mut self.monitoring else { return };
        let Some(entry) = self.timetable.entries().iter().find(|entry| entry.name == name) else { return };
        let oncall = entry.oncall.as_deref().unwrap_or(NOBODY);
        let names = Names { pack: &entry.pack, query: &entry.query.name, oncall };
        let costs = usage.map(Usage::costs).unwrap_or_default();
        let logged = logged && !self.flags.bool("disable_logging");
        let change = monitoring.ran(names, &costs, logged, well, micros);
        self.tell_numbers(change);
    }

    /// The time in microseconds. The clock of the schedule tells whole seconds: the part is that of the system's, if no second began in between.
    fn micros(&self) -> i64 {
        loop {
            let second = self.now();
            let part = i64::from(jiff::Timestamp::now().subsec_microsecond());
            if self.now() == second {
                return second.saturating_mul(1_000_000).saturating_add(part.max(0));
            }
        }
    }

    pub(super) fn flush_numbers(&mut self) {
        let change = self.monitoring.as_mut().and_then(Monitoring::flush);
        self.tell_numbers(change);
    }

    /// Does what the flags say now. What cannot be is told, and what was recorded before still is.
    pub(super) fn renew_monitoring(&mut self) {
        if !Monitoring::is_other(self.monitoring.as_ref(), &self.flags) {
            return;
        }
        self.flush_numbers();
        match Monitoring::of(&self.flags) {
            Ok(monitoring) => self.monitoring = monitoring,
            Err(error) => self.say(Severity::Error, &error.to_string()),
        }
    }

    fn tell_numbers(&self, change: Option<Change>) {
        match change {
            None => {}
            Some(Change::Fails(why)) => {
                let text =
                    format!("numeric monitoring takes no numbers: {}: they are lost until it does", os_text(&why));
                self.say(Severity::Error, &text);
            }
            Some(Change::Works(lost)) => {
                self.say(Severity::Warning, &format!("numeric monitoring takes numbers again: {lost} were lost"));
            }
        }
    }
}
