//! Status lines: what the agent says about itself, in files, on the error stream, and wherever results go.
//!
//! A file `osqueryd.INFO.20261123-035656.PID` holds every line from information on, `WARNING` those from warnings on, `ERROR`
//! errors; each is made when its first line comes, and a link without date and process leads to the newest.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "the agent's own files")]

use super::files::is_elsewhere;
use crate::glog::{Place, Severity, status_line};
use jiff::Zoned;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What log files are called first: shippers of logs look for it.
const PROGRAM: &str = "osqueryd";

/// A status line.
#[derive(Clone, Debug)]
pub struct Status {
    /// How grave it is.
    pub severity: Severity,
    /// When.
    pub time: Zoned,
    /// The thread that said it.
    pub thread: u32,
    /// Where in the source.
    pub place: Place,
    /// What.
    pub text: String,
}

impl Status {
    /// Something that this thread says now.
    #[must_use]
    pub fn now(severity: Severity, place: Place, text: &str) -> Self {
        // A line is a line: what others wrote must not begin a new one.
        let text = text.replace(['\n', '\r'], " ");
        Self { severity, time: Zoned::now(), thread: thread_number(), place, text }
    }

    /// The line, without a newline.
    #[must_use]
    pub fn line(&self) -> String {
        status_line(self.severity, &self.time, self.thread, self.place, &self.text)
    }

    /// The line as the standard output has it among results.
    #[must_use]
    pub fn plain(&self) -> String {
        let Place { file, line } = self.place;
        let file = file.rsplit(['/', '\\']).next().unwrap_or_default();
        format!("severity={} location={file}:{line} message={}", self.severity as u8, self.text)
    }
}

/// The number by which the system knows this thread.
fn thread_number() -> u32 {
    #[cfg(target_os = "linux")]
    {
        rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs()
    }
    #[cfg(not(target_os = "linux"))]
    {
        std::process::id()
    }
}

/// The files of one process.
#[derive(Debug)]
pub struct StatusFiles {
    directory: PathBuf,
    machine: String,
    pid: u32,
    least: Severity,
    files: [Option<(File, PathBuf)>; 3],
}

const LEVELS: [(Severity, &str); 3] =
    [(Severity::Info, "INFO"), (Severity::Warning, "WARNING"), (Severity::Error, "ERROR")];

impl StatusFiles {
    /// Files in a directory, for lines from a severity on. None is made yet.
    #[must_use]
    pub fn new(directory: PathBuf, machine: String, pid: u32, least: Severity) -> Self {
        Self { directory, machine, pid, least, files: [None, None, None] }
    }

    /// Closes the files: the next line of each makes a new one.
    pub fn reopen(&mut self) {
        self.files = [None, None, None];
    }

    /// Writes a line to the file of its own severity and to those of the lower ones.
    ///
    /// # Errors
    /// Those of open(2) and write(2).
    pub fn write(&mut self, status: &Status) -> io::Result<()> {
        if status.severity < self.least {
            return Ok(());
        }
        let line = status.line() + "\n";
        for (place, (severity, level)) in LEVELS.iter().enumerate() {
            if *severity > status.severity {
                break;
            }
            let Some(slot) = self.files.get_mut(place) else { break };
            // Somebody may have moved it away.
            if slot.as_ref().is_none_or(|(file, path)| is_elsewhere(file, path)) {
                *slot = Some(begin(&self.directory, &self.machine, self.pid, level, &status.time)?);
            }
            if let Some((file, _)) = slot {
                file.write_all(line.as_bytes())?;
            }
        }
        Ok(())
    }
}

/// Makes a file with its head, and the link to it.
fn begin(directory: &Path, machine: &str, pid: u32, level: &str, time: &Zoned) -> io::Result<(File, PathBuf)> {
    let name = format!("{PROGRAM}.{level}.{}.{pid}", time.strftime("%Y%m%d-%H%M%S"));
    let path = directory.join(&name);
    let mut file = open(&path)?;
    let at = time.strftime("%Y/%m/%d %H:%M:%S");
    writeln!(
        file,
        "Log file created at: {at}\nRunning on machine: {machine}\nRunning duration (h:mm:ss): 0:00:00\n\
         Log line format: [IWEF]yyyymmdd hh:mm:ss.uuuuuu threadid file:line] msg"
    )?;
    link(directory, &name, &format!("{PROGRAM}.{level}"))?;
    Ok((file, path))
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    OpenOptions::new().append(true).create(true).mode(0o644).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

/// Makes a link, or makes it lead elsewhere: at no moment is there none.
#[cfg(unix)]
fn link(directory: &Path, target: &str, name: &str) -> io::Result<()> {
    let unfinished = directory.join(format!("{name}.new"));
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::os::unix::fs::symlink(target, &unfinished)?;
    fs::rename(&unfinished, directory.join(name))
}

#[cfg(not(unix))]
fn link(_: &Path, _: &str, _: &str) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn status(severity: Severity, text: &str) -> Status {
        let time: Zoned = "2026-11-23T03:56:56.083395[UTC]".parse().unwrap();
        let place = Place { file: "engine/agent/src/scheduler.rs", line: 120 };
        Status { severity, time, thread: 20127, place, text: text.to_owned() }
    }

    #[test]
    fn a_line_goes_to_its_file_and_to_all_lower_ones() {
        let folder = tempfile::tempdir().unwrap();
        let read = |level: &str| {
            let name = folder.path().join(format!("osqueryd.{level}"));
            let target = fs::read_link(&name).ok()?.to_string_lossy().into_owned();
            assert_eq!(target, format!("osqueryd.{level}.20261123-035656.77"));
            fs::read_to_string(name).ok()
        };
        let mut files = StatusFiles::new(folder.path().to_owned(), "vm".to_owned(), 77, Severity::Info);
        files.write(&status(Severity::Info, "i")).unwrap();
        let head = "Log file created at: 2026/11/23 03:56:56\nRunning on machine: vm\nRunning duration (h:mm:ss): 0:00:00\n\
                    Log line format: [IWEF]yyyymmdd hh:mm:ss.uuuuuu threadid file:line] msg\n";
        let first = format!("{head}I1123 03:56:56.083395 20127 scheduler.rs:120] i\n");
        assert_eq!((read("INFO"), read("WARNING")), (Some(first.clone()), None));
        files.write(&status(Severity::Error, "e")).unwrap();
        let second = "E1123 03:56:56.083395 20127 scheduler.rs:120] e\n";
        assert_eq!(read("INFO"), Some(format!("{first}{second}")));
        assert_eq!(
            (read("WARNING"), read("ERROR")),
            (Some(format!("{head}{second}")), Some(format!("{head}{second}")))
        );
        let mut least = StatusFiles::new(folder.path().join("none"), "vm".to_owned(), 77, Severity::Error);
        assert!(least.write(&status(Severity::Warning, "w")).is_ok(), "nothing is written");
        assert!(least.write(&status(Severity::Error, "e")).is_err(), "there is no such directory");
    }

    #[test]
    fn among_results() {
        let line = status(Severity::Warning, "Executing scheduled query q").plain();
        assert_eq!(line, "severity=1 location=scheduler.rs:120 message=Executing scheduled query q");
    }
}
