//! Numbers about the agent's own work (`--enable_numeric_monitoring`), for systems that draw curves of them.
//!
//! A number has a path, as `scheduler.query.main.q.status.success`; the receiver `filesystem` writes a line for each:
//! path, value and time in microseconds, with tabs between. Of each run of a query there are its costs, by pack, query and owner,
//! and how it went; these go out at once. How many results were logged is summed up for
//! `--numeric_monitoring_pre_aggregation_time` seconds first.
//!
//! Names and layout are osquery's. It writes each cost as a least value and as a sum, which differ only for receivers that sum up by
//! themselves: in a file the same line stands twice.

use crate::flags::{Flags, os_text};
use crate::logger::files::{Log, Rotation};
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

/// The plugins that there are.
pub const PLUGINS: [&str; 1] = ["filesystem"];

/// Why numbers cannot be recorded.
#[derive(Debug, thiserror::Error)]
pub enum MonitoringError {
    /// There is no such receiver.
    #[error(
        "Cannot activate {0} numeric_monitoring plugin: Unknown registry plugin: {0}\nhelp: --numeric_monitoring_plugins takes \
         filesystem"
    )]
    Unknown(String),
    /// Its file cannot be used.
    #[error(
        "Cannot activate filesystem numeric_monitoring plugin: Could not open file {0} for numeric monitoring logs: {1}\nhelp: \
         --numeric_monitoring_filesystem_path names another"
    )]
    Unusable(String, String),
}

/// What is recorded, where and when: flags say it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Plan {
    path: PathBuf,
    rotation: Option<Rotation>,
    /// Seconds for which sums wait; 0 for none.
    every: i64,
}

/// See the module.
#[derive(Debug)]
pub struct Monitoring {
    plan: Plan,
    file: Log,
    /// Sums that wait, in the order in which they began, with the time of their last part.
    waiting: Vec<(String, i64, i64)>,
    /// When they go out.
    due: Option<i64>,
    /// Lines that the file has not taken.
    lost: u64,
}

/// What a query is called in paths.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// Its pack.
    pub pack: &'a str,
    /// Its own name.
    pub query: &'a str,
    /// Who looks after it.
    pub oncall: &'a str,
}

/// The costs of a run: what each is called, and how much. What the system does not know is left out.
pub type Costs = Vec<(&'static str, u64)>;

/// What is worth saying of a receiver.
#[derive(Debug)]
pub enum Change {
    /// It takes nothing any more.
    Fails(io::Error),
    /// It does again, after so many lines were lost.
    Works(u64),
}

impl Plan {
    fn of(flags: &Flags) -> Result<Option<Self>, MonitoringError> {
        if !flags.bool("enable_numeric_monitoring") {
            return Ok(None);
        }
        let mut plugins = flags.list("numeric_monitoring_plugins").peekable();
        if plugins.peek().is_none() {
            return Ok(None);
        }
        if let Some(unknown) = plugins.find(|name| !PLUGINS.contains(name)) {
            return Err(MonitoringError::Unknown(unknown.to_owned()));
        }
        Ok(Some(Self {
            path: flags.text("numeric_monitoring_filesystem_path").into(),
            rotation: Rotation::of(flags),
            every: i64::try_from(flags.u64("numeric_monitoring_pre_aggregation_time")).unwrap_or(i64::MAX),
        }))
    }
}

impl Monitoring {
    /// Opens what flags name; `None` where nothing is to be recorded.
    ///
    /// # Errors
    /// When a receiver is unknown or does not open.
    pub fn of(flags: &Flags) -> Result<Option<Self>, MonitoringError> {
        let Some(plan) = Plan::of(flags)? else { return Ok(None) };
        let mut file = Log::new(plan.path.clone(), 0o644, plan.rotation);
        file.open().map_err(|error| MonitoringError::Unusable(plan.path.display().to_string(), os_text(&error)))?;
        Ok(Some(Self { plan, file, waiting: Vec::new(), due: None, lost: 0 }))
    }

    /// Whether flags want something else than what is at work.
    #[must_use]
    pub fn is_other(current: Option<&Self>, flags: &Flags) -> bool {
        Plan::of(flags).map_or(true, |plan| plan.as_ref() != current.map(|monitoring| &monitoring.plan))
    }

    /// Records a run of a query that ended at a time, in microseconds: what it cost, if it came that far, whether something of it was
    /// logged, and whether it went well.
    pub fn ran(&mut self, names: Names<'_>, costs: &Costs, logged: bool, well: bool, micros: i64) -> Option<Change> {
        let mut lines = Lines { text: String::new(), micros };
        let Names { pack, query, oncall } = names;
        let entities = [
            format!("scheduler.pack.{pack}"),
            format!("scheduler.global.query.{pack}.{query}"),
            format!("scheduler.assigned.query.{oncall}.{pack}.{query}"),
            format!("scheduler.owners.{oncall}"),
            format!("scheduler.query.<DEVICE_HOSTNAME_SCHEME>.{pack}.{query}"),
        ];
        for (cost, value) in costs {
            for entity in &entities {
                let path = format!("{entity}.{cost}");
                lines.push(&path, *value);
                lines.push(&path, *value);
            }
        }
        if logged {
            self.count("query.total.count", &mut lines);
        }
        let how = if well { "success" } else { "failure" };
        lines.push(&format!("scheduler.query.{pack}.{query}.status.{how}"), 1);
        self.write(&lines.text)
    }

    /// One more of something: waits with the others.
    fn count(&mut self, path: &str, lines: &mut Lines) {
        if self.plan.every == 0 {
            lines.push(path, 1);
            return;
        }
        match self.waiting.iter_mut().find(|(waiting, ..)| waiting == path) {
            Some((_, count, last)) => (*count, *last) = (count.saturating_add(1), lines.micros.max(*last)),
            None => self.waiting.push((path.to_owned(), 1, lines.micros)),
        }
        let seconds = lines.micros.div_euclid(1_000_000);
        self.due.get_or_insert(seconds.saturating_add(self.plan.every));
    }

    /// When [`Self::flush`] is to be called, in seconds; `None` while nothing waits.
    #[must_use]
    pub const fn due(&self) -> Option<i64> {
        self.due
    }

    /// Sends what waits.
    pub fn flush(&mut self) -> Option<Change> {
        self.due = None;
        let mut lines = Lines { text: String::new(), micros: 0 };
        for (path, count, micros) in std::mem::take(&mut self.waiting) {
            lines.micros = micros;
            lines.push(&path, count.unsigned_abs());
        }
        if lines.text.is_empty() { None } else { self.write(&lines.text) }
    }

    fn write(&mut self, lines: &str) -> Option<Change> {
        let count = lines.lines().count() as u64;
        match self.file.append(lines.as_bytes()) {
            Ok(()) if self.lost == 0 => None,
            Ok(()) => Some(Change::Works(std::mem::take(&mut self.lost))),
            Err(error) => {
                let first = self.lost == 0;
                self.lost = self.lost.saturating_add(count);
                first.then_some(Change::Fails(error))
            }
        }
    }
}

/// Lines about one moment.
struct Lines {
    text: String,
    micros: i64,
}

impl Lines {
    fn push(&mut self, path: &str, value: u64) {
        // A name may hold anything, and a line has three fields.
        let path = path.replace(char::is_control, " ");
        // Text can be written to.
        let _ = writeln!(self.text, "{path}\t{value}\t{}", self.micros);
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the tests' own files")]
mod tests {
    use super::*;
    use crate::flags::Origin;
    use std::path::Path;

    fn flags(set: &[(&str, &str)]) -> Flags {
        let mut flags = Flags::default();
        for (name, value) in set {
            flags.set(name, value, Origin::CommandLine).unwrap();
        }
        flags
    }

    fn monitoring(path: &Path, every: &str) -> Monitoring {
        let flags = flags(&[
            ("enable_numeric_monitoring", "true"),
            ("numeric_monitoring_filesystem_path", path.to_str().unwrap()),
            ("numeric_monitoring_pre_aggregation_time", every),
        ]);
        Monitoring::of(&flags).unwrap().unwrap()
    }

    const NAMES: Names<'static> = Names { pack: "p", query: "q", oncall: "sec" };

    #[test]
    fn lines_of_a_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n.log");
        let mut monitoring = monitoring(&path, "0");
        assert!(
            monitoring
                .ran(NAMES, &vec![("time.user.millis", 7), ("time.wall.millis", 0)], true, true, 5_000_001)
                .is_none()
        );
        assert!(monitoring.ran(Names { query: "a\tb\nc", ..NAMES }, &Costs::new(), false, false, 6_000_000).is_none());
        let mut expect = String::new();
        for (cost, value) in [("time.user.millis", 7), ("time.wall.millis", 0)] {
            for entity in [
                "scheduler.pack.p",
                "scheduler.global.query.p.q",
                "scheduler.assigned.query.sec.p.q",
                "scheduler.owners.sec",
                "scheduler.query.<DEVICE_HOSTNAME_SCHEME>.p.q",
            ] {
                expect += &format!("{entity}.{cost}\t{value}\t5000001\n").repeat(2);
            }
        }
        expect += "query.total.count\t1\t5000001\nscheduler.query.p.q.status.success\t1\t5000001\n\
                   scheduler.query.p.a b c.status.failure\t1\t6000000\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expect);
        assert_eq!(monitoring.due(), None);
    }

    #[test]
    fn sums_wait() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n.log");
        let mut monitoring = monitoring(&path, "60");
        for micros in [100_000_000, 101_000_000, 99_000_000] {
            monitoring.ran(NAMES, &Costs::new(), true, true, micros);
        }
        assert_eq!(monitoring.due(), Some(160));
        assert!(!std::fs::read_to_string(&path).unwrap().contains("query.total"));
        assert!(monitoring.flush().is_none() && monitoring.flush().is_none());
        assert_eq!(monitoring.due(), None);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().last(), Some("query.total.count\t3\t101000000"));
        assert_eq!(text.lines().count(), 4);
    }

    #[test]
    fn a_file_that_fails_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("d");
        std::fs::create_dir(&directory).unwrap();
        let mut monitoring = monitoring(&directory.join("n.log"), "0");
        std::fs::remove_dir_all(&directory).unwrap();
        let mut ran = || monitoring.ran(NAMES, &Costs::new(), true, true, 0);
        assert!(matches!(ran(), Some(Change::Fails(_))));
        assert!(ran().is_none());
        std::fs::create_dir(&directory).unwrap();
        assert!(matches!(ran(), Some(Change::Works(4))));
        assert!(ran().is_none());
    }

    #[test]
    fn what_flags_want() {
        let path =
            |path: &'static str| [("enable_numeric_monitoring", "true"), ("numeric_monitoring_filesystem_path", path)];
        let nowhere = Monitoring::of(&flags(&path("/nowhere/n.log"))).unwrap_err().to_string();
        let expect = "Cannot activate filesystem numeric_monitoring plugin: Could not open file /nowhere/n.log";
        assert!(nowhere.starts_with(expect), "{nowhere}");
        let unknown = [("enable_numeric_monitoring", "true"), ("numeric_monitoring_plugins", "filesystem,nope")];
        let unknown = Monitoring::of(&flags(&unknown)).unwrap_err().to_string();
        assert!(unknown.starts_with("Cannot activate nope numeric_monitoring plugin: Unknown"), "{unknown}");
        assert!(Monitoring::of(&flags(&[("numeric_monitoring_plugins", "nope")])).unwrap().is_none(), "switched off");
        assert!(!Monitoring::is_other(None, &Flags::default()));
        assert!(Monitoring::is_other(None, &flags(&path("/x"))));
        let folder = tempfile::tempdir().unwrap();
        let running = monitoring(&folder.path().join("n"), "60");
        assert!(Monitoring::is_other(Some(&running), &flags(&path("/x"))));
        assert!(Monitoring::is_other(Some(&running), &Flags::default()));
    }
}
