//! The loggers there are: files, the standard output, the system's log.

use super::files::{Log, Rotation};
use super::status::{Status, StatusFiles};
use super::{Logger, Stream};
use crate::glog::Severity;
use std::io::{self, Write};
use std::path::Path;

/// `filesystem`: `osqueryd.results.log`, `osqueryd.snapshots.log` and status files in a directory.
#[derive(Debug)]
pub struct Filesystem {
    results: Log,
    snapshots: Log,
    status: StatusFiles,
}

impl Filesystem {
    /// Logs in a directory. The log of results is there from the beginning.
    ///
    /// # Errors
    /// When it cannot be made: the directory is missing, or not ours to write to.
    pub fn new(directory: &Path, mode: u32, rotation: Option<Rotation>, status: StatusFiles) -> io::Result<Self> {
        let log = |name: &str| Log::new(directory.join(name), mode, rotation);
        let (mut results, snapshots) = (log("osqueryd.results.log"), log("osqueryd.snapshots.log"));
        results.open()?;
        Ok(Self { results, snapshots, status })
    }
}

impl Logger for Filesystem {
    fn name(&self) -> &'static str {
        "filesystem"
    }

    fn results(&mut self, stream: Stream, lines: &[u8]) -> io::Result<()> {
        match stream {
            Stream::Results => self.results.append(lines),
            Stream::Snapshots => self.snapshots.append(lines),
        }
    }

    fn status(&mut self, status: &Status) -> io::Result<()> {
        self.status.write(status)
    }

    fn reopen(&mut self) {
        self.status.reopen();
    }
}

/// `stdout`: all lines on the standard output.
#[derive(Debug)]
pub struct Stdout;

impl Logger for Stdout {
    fn name(&self) -> &'static str {
        "stdout"
    }

    fn results(&mut self, _: Stream, lines: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(lines)?;
        out.flush()
    }

    fn status(&mut self, status: &Status) -> io::Result<()> {
        self.results(Stream::Results, format!("{}\n", status.plain()).as_bytes())
    }
}

/// `syslog`: all lines as messages to the system's log, whose socket is `/dev/log` (syslog(3), RFC 3164).
#[cfg(unix)]
#[derive(Debug)]
pub struct Syslog {
    socket: std::os::unix::net::UnixDatagram,
    facility: u8,
    lead: &'static str,
}

#[cfg(unix)]
impl Syslog {
    /// Messages of a facility (0 to 23). `cee` puts the cookie of structured messages before each.
    ///
    /// # Errors
    /// When nobody listens at the path.
    pub fn new(path: &Path, facility: u8, cee: bool) -> io::Result<Self> {
        let socket = std::os::unix::net::UnixDatagram::unbound()?;
        socket.connect(path)?;
        // A system log that does not keep up must not stop the agent: lines wait in the queue instead.
        socket.set_nonblocking(true)?;
        Ok(Self { socket, facility, lead: if cee { "@cee:" } else { "" } })
    }

    fn send(&self, severity: Severity, line: &[u8]) -> io::Result<()> {
        let level = match severity {
            Severity::Info => 6,
            Severity::Warning => 4,
            Severity::Error => 3,
        };
        let head = format!("<{}>osqueryd[{}]: {}", self.facility * 8 + level, std::process::id(), self.lead);
        self.socket.send(&[head.as_bytes(), line].concat()).map(drop)
    }
}

#[cfg(unix)]
impl Logger for Syslog {
    fn name(&self) -> &'static str {
        "syslog"
    }

    fn results(&mut self, _: Stream, lines: &[u8]) -> io::Result<()> {
        lines
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .try_for_each(|line| self.send(Severity::Info, line))
    }

    fn status(&mut self, status: &Status) -> io::Result<()> {
        self.send(status.severity, status.plain().as_bytes())
    }
}

#[cfg(test)]
#[cfg(unix)]
#[allow(clippy::disallowed_methods, reason = "the tests' own files")]
mod tests {
    use super::*;
    use crate::glog::Place;

    fn status(severity: Severity) -> Status {
        let place = Place { file: "a/b.rs", line: 1 };
        Status { severity, time: jiff::Zoned::now(), thread: 1, place, text: "text".to_owned() }
    }

    #[test]
    fn files() {
        let folder = tempfile::tempdir().unwrap();
        let status_files = |path: &Path| StatusFiles::new(path.to_owned(), "vm".to_owned(), 1, Severity::Info);
        let mut logger = Filesystem::new(folder.path(), 0o640, None, status_files(folder.path())).unwrap();
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).ok();
        assert_eq!((read("osqueryd.results.log"), read("osqueryd.snapshots.log")), (Some(String::new()), None));
        logger.results(Stream::Results, b"r\n").unwrap();
        logger.results(Stream::Snapshots, b"s\n").unwrap();
        logger.status(&status(Severity::Warning)).unwrap();
        assert_eq!(
            (read("osqueryd.results.log"), read("osqueryd.snapshots.log")),
            (Some("r\n".into()), Some("s\n".into()))
        );
        assert!(read("osqueryd.WARNING").is_some_and(|text| text.ends_with("b.rs:1] text\n")));
        let nowhere = folder.path().join("nowhere");
        assert!(Filesystem::new(&nowhere, 0o640, None, status_files(&nowhere)).is_err());
    }

    #[test]
    fn messages_to_the_system() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        assert!(Syslog::new(&path, 19, false).is_err(), "nobody listens");
        let server = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
        let mut logger = Syslog::new(&path, 19, true).unwrap();
        logger.results(Stream::Results, b"{\"a\":1}\n{\"b\":2}\n").unwrap();
        logger.status(&status(Severity::Error)).unwrap();
        let receive = || {
            let mut buffer = [0; 200];
            let length = server.recv(&mut buffer).unwrap();
            String::from_utf8_lossy(&buffer[..length]).replace(&format!("[{}]", std::process::id()), "[pid]")
        };
        assert_eq!(receive(), "<158>osqueryd[pid]: @cee:{\"a\":1}");
        assert_eq!(receive(), "<158>osqueryd[pid]: @cee:{\"b\":2}");
        assert_eq!(receive(), "<155>osqueryd[pid]: @cee:severity=2 location=b.rs:1 message=text");
        // What is not taken away fills the socket: then it says so and does not wait.
        let full = (0..100_000).find_map(|_| logger.results(Stream::Results, b"x\n").err());
        assert_eq!(full.map(|error| error.kind()), Some(io::ErrorKind::WouldBlock));
    }
}
