//! All loggers of a process, and its standard error: whoever has something to say says it here, from any thread.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "the agent's own logs")]

use super::files::Rotation;
use super::plugins::{Filesystem, Stdout};
use super::queue::{Change, Queue, Spill};
use super::status::{Status, StatusFiles};
use super::{Logger, Stream};
use crate::flags::{Flags, os_text};
use crate::glog::{Place, Severity};
use crate::here;
use crate::store::StoreError;
use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};

/// Why a logger cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// There is none of this name.
    #[error(
        "Cannot activate {0} logger plugin: Unknown registry plugin: {0}\nhelp: --logger_plugin takes filesystem, stdout and syslog, \
         several with commas between them"
    )]
    Unknown(String),
    /// It does not start.
    #[error("Cannot activate {0} logger plugin: {1}")]
    Unusable(String, String),
    /// What waits cannot be found.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// See the module.
#[derive(Debug, Default)]
pub struct Hub {
    loggers: Mutex<Loggers>,
    verbose: AtomicBool,
    /// The least severity that goes to standard error; larger than any where none does.
    stderr: AtomicI32,
}

#[derive(Debug, Default)]
struct Loggers {
    queues: Vec<Queue>,
    spill: Spill,
    /// Lines said before the loggers were there.
    early: Vec<Status>,
    active: bool,
}

/// Lines that are kept until the loggers are there.
const MOST_EARLY: usize = 1000;

impl Hub {
    /// A hub without loggers: lines go to standard error, and wait for loggers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets flags say what goes to standard error.
    pub fn configure(&self, flags: &Flags) {
        self.verbose.store(flags.bool("verbose"), Ordering::Relaxed);
        let to_stderr = flags.bool("logger_stderr") || flags.bool("logtostderr");
        let least = if to_stderr { flags.i32("logger_min_stderr") } else { i32::MAX };
        self.stderr.store(least, Ordering::Relaxed);
    }

    /// Starts the loggers that flags name. Lines that were said before go to them now.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub fn activate(&self, flags: &Flags, machine: &str, directory: Option<PathBuf>) -> Result<(), HubError> {
        let mut spill = Spill::new(directory);
        let mut queues = Vec::new();
        if !flags.bool("disable_logging") {
            for name in flags.list("logger_plugin") {
                queues.push(Queue::new(logger(name, flags, machine)?, flags.u64("buffered_log_max"), &mut spill)?);
            }
        }
        let mut loggers = self.lock();
        let early = std::mem::take(&mut loggers.early);
        *loggers = Loggers { queues, spill, early: Vec::new(), active: true };
        for status in early {
            loggers.queues.iter_mut().for_each(|queue| queue.status(&status));
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Loggers> {
        self.loggers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what is only for watchers of the agent is told too.
    #[must_use]
    pub fn is_verbose(&self) -> bool {
        self.verbose.load(Ordering::Relaxed)
    }

    /// Says something.
    pub fn say(&self, severity: Severity, place: Place, text: &str) {
        self.tell(&Status::now(severity, place, text), &mut self.lock());
    }

    /// Gives the loggers what another process has said.
    pub fn pass(&self, status: &Status) {
        self.lock().queues.iter_mut().for_each(|queue| queue.status(status));
    }

    fn tell(&self, status: &Status, loggers: &mut Loggers) {
        if severity_number(status.severity) >= self.stderr.load(Ordering::Relaxed) {
            // There is nobody left to be told that standard error is closed.
            let _ = writeln!(io::stderr().lock(), "{}", status.line());
        }
        if loggers.active {
            loggers.queues.iter_mut().for_each(|queue| queue.status(status));
        } else if loggers.early.len() < MOST_EARLY {
            loggers.early.push(status.clone());
        }
    }

    /// Logs result lines, each ended by a newline.
    ///
    /// # Errors
    /// When a logger refuses them and they cannot be kept for it either.
    pub fn results(&self, stream: Stream, lines: &[u8]) -> Result<(), StoreError> {
        self.each(|queue, spill| queue.results(stream, lines, spill))
    }

    /// Tries again what loggers have refused.
    ///
    /// # Errors
    /// What the store says.
    pub fn again(&self) -> Result<(), StoreError> {
        self.each(|queue, spill| queue.again(spill))
    }

    /// Whether something waits for a logger that refused it.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.lock().queues.iter().any(Queue::is_failing)
    }

    fn each(
        &self,
        act: impl Fn(&mut Queue, &mut Spill) -> Result<Option<Change>, StoreError>,
    ) -> Result<(), StoreError> {
        let mut loggers = self.lock();
        let mut said = Vec::new();
        let mut outcome = Ok(());
        let Loggers { queues, spill, .. } = &mut *loggers;
        for queue in queues {
            match act(queue, spill) {
                Ok(None) => {}
                Ok(Some(change)) => said.push(told(queue.logger().name(), &change)),
                Err(error) => outcome = Err(error),
            }
        }
        for (severity, text) in said {
            self.tell(&Status::now(severity, here!(), &text), &mut loggers);
        }
        outcome
    }

    /// Opens log files again, which may have been moved away.
    pub fn reopen(&self) {
        self.lock().queues.iter_mut().for_each(|queue| queue.logger().reopen());
    }
}

/// What a change of a logger is worth saying.
fn told(name: &str, change: &Change) -> (Severity, String) {
    match change {
        Change::Fails(why) => {
            (Severity::Error, format!("logger {name} takes no lines: {why}: they are kept until it does"))
        }
        Change::Works(0) => (Severity::Info, format!("logger {name} takes lines again: nothing was lost")),
        Change::Works(lost) => (
            Severity::Warning,
            format!(
                "logger {name} takes lines again: {lost} were dropped, because more waited than --buffered_log_max"
            ),
        ),
    }
}

const fn severity_number(severity: Severity) -> i32 {
    severity as i32
}

/// A logger by its name.
fn logger(name: &str, flags: &Flags, machine: &str) -> Result<Box<dyn Logger>, HubError> {
    let unusable = |why: &dyn fmt::Display| HubError::Unusable(name.to_owned(), why.to_string());
    match name {
        "filesystem" => {
            let directory = PathBuf::from(flags.text("logger_path"));
            let least = match flags.i32("logger_min_status") {
                ..=0 => Severity::Info,
                1 => Severity::Warning,
                _ => Severity::Error,
            };
            let files = StatusFiles::new(directory.clone(), machine.to_owned(), std::process::id(), least);
            let mode = u32::from_str_radix(flags.text("logger_mode"), 8)
                .map_err(|_| unusable(&"--logger_mode is no octal number, as 0640 is one"))?;
            let log = directory.join("osqueryd.results.log");
            let opened = Filesystem::new(&directory, mode, Rotation::of(flags), files);
            opened
                .map(|logger| Box::new(logger) as Box<dyn Logger>)
                .map_err(|error| unusable(&format!("Could not create file: {}: {}", log.display(), os_text(&error))))
        }
        "stdout" => Ok(Box::new(Stdout)),
        #[cfg(unix)]
        "syslog" => {
            let facility = u8::try_from(flags.i32("logger_syslog_facility")).ok().filter(|facility| *facility < 24);
            let facility = facility.ok_or_else(|| unusable(&"--logger_syslog_facility is a number from 0 to 23"))?;
            let socket = std::path::Path::new("/dev/log");
            super::plugins::Syslog::new(socket, facility, flags.bool("logger_syslog_prepend_cee"))
                .map(|logger| Box::new(logger) as Box<dyn Logger>)
                .map_err(|error| unusable(&format!("{}: {}", socket.display(), os_text(&error))))
        }
        _ => Err(HubError::Unknown(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::Origin;

    fn flags(set: &[(&str, &str)]) -> Flags {
        let mut flags = Flags::default();
        for (name, value) in set {
            flags.set(name, value, Origin::CommandLine).unwrap();
        }
        flags
    }

    #[test]
    fn a_directory_that_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("log");
        std::fs::create_dir(&directory).unwrap();
        let read = |name: &str| std::fs::read_to_string(directory.join(name)).unwrap_or_default();
        let flags = flags(&[("logger_path", directory.to_str().unwrap()), ("logger_stderr", "false")]);
        let hub = Hub::new();
        hub.configure(&flags);
        hub.say(Severity::Info, here!(), "early\nbird");
        hub.activate(&flags, "vm", None).unwrap();
        hub.results(Stream::Results, b"1\n").unwrap();
        assert!(read("osqueryd.INFO").ends_with("] early bird\n"));
        std::fs::remove_dir_all(&directory).unwrap();
        hub.results(Stream::Results, b"2\n").unwrap();
        assert!(hub.is_failing());
        std::fs::create_dir(&directory).unwrap();
        hub.again().unwrap();
        assert!(!hub.is_failing());
        hub.results(Stream::Results, b"3\n").unwrap();
        assert_eq!(read("osqueryd.results.log"), "2\n3\n");
        assert!(read("osqueryd.INFO").contains("takes lines again: nothing was lost"), "{}", read("osqueryd.INFO"));
    }

    #[test]
    fn loggers_that_cannot_be() {
        let hub = Hub::new();
        for (set, expect) in [
            (("logger_plugin", "nope"), "Cannot activate nope logger plugin: Unknown registry plugin: nope"),
            (
                ("logger_path", "/nowhere/log"),
                "Cannot activate filesystem logger plugin: Could not create file: /nowhere/log/osqueryd.results.log",
            ),
            (("logger_mode", "rw"), "Cannot activate filesystem logger plugin: --logger_mode is no octal number"),
        ] {
            let error = hub.activate(&flags(&[set]), "vm", None).unwrap_err().to_string();
            assert!(error.starts_with(expect), "{error}");
        }
    }
}
