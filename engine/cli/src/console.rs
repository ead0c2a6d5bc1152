//! The three streams of a program: where results go, where everything else goes, and which of them are terminals.

use crate::output::Out;
use plumb_agent::flags::os_text;
use plumb_agent::glog::{Place, Severity, status_line};
use std::io::{self, BufRead, Write};

/// Which streams are terminals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminals {
    /// Standard input.
    pub stdin: bool,
    /// Standard output.
    pub stdout: bool,
    /// Standard error.
    pub stderr: bool,
}

/// The streams that a program is given.
pub struct Streams {
    /// Standard input.
    pub stdin: Box<dyn BufRead>,
    /// Standard output; it is buffered here, so it need not be.
    pub stdout: Box<dyn Write>,
    /// Standard error.
    pub stderr: Box<dyn Write>,
    /// Which of them are terminals.
    pub terminals: Terminals,
}

impl std::fmt::Debug for Streams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streams").field("terminals", &self.terminals).finish_non_exhaustive()
    }
}

/// Results and messages on their way out.
pub(crate) struct Console {
    /// Results.
    pub(crate) out: Out,
    pub(crate) terminals: Terminals,
    err: Box<dyn Write>,
    verbose: bool,
}

/// Why there is no use in going on: the reader of the results is gone, or they cannot be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closed {
    /// The exit code: 0 for a reader that has read enough.
    pub(crate) code: i32,
}

impl Console {
    pub(crate) fn new(stdout: Box<dyn Write>, stderr: Box<dyn Write>, terminals: Terminals, verbose: bool) -> Self {
        Self { out: Out::new(stdout, terminals.stdout), terminals, err: stderr, verbose }
    }

    /// Whether informational lines are told from now on.
    pub(crate) const fn set_verbose(&mut self, verbose: bool) {
        self.verbose = verbose;
    }

    /// Sends results somewhere else from now on.
    pub(crate) fn redirect(&mut self, writer: Box<dyn Write>) {
        self.out = Out::new(writer, false);
        self.terminals.stdout = false;
    }

    /// Prints a line among the results.
    pub(crate) fn print(&mut self, line: &str) -> Result<(), Closed> {
        let printed = self.out.line(line);
        self.judge(printed)
    }

    /// Writes results that wait in the buffer.
    pub(crate) fn flush(&mut self) -> Result<(), Closed> {
        let flushed = self.out.flush();
        self.judge(flushed)
    }

    /// Tells what a failure to write results means.
    pub(crate) fn judge(&mut self, written: io::Result<()>) -> Result<(), Closed> {
        match written {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Closed { code: 0 }),
            Err(error) => {
                self.tell(&format!("Error: cannot write the results: {}", os_text(&error)));
                Err(Closed { code: 1 })
            }
        }
    }

    /// Writes a line to standard error. That it cannot be written is nothing that could be told.
    pub(crate) fn tell(&mut self, line: &str) {
        let _ = self.err.write_all(format!("{line}\n").as_bytes()).and_then(|()| self.err.flush());
    }

    /// Writes a status line to standard error; informational ones only when asked for.
    pub(crate) fn log(&mut self, severity: Severity, place: Place, text: &str) {
        if severity > Severity::Info || self.verbose {
            self.tell(&status_line(severity, &jiff::Zoned::now(), thread_id(), place, text));
        }
    }
}

pub(crate) use plumb_agent::here;

/// The number of this thread in status lines.
pub(crate) fn thread_id() -> u32 {
    #[cfg(target_os = "linux")]
    {
        rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs()
    }
    #[cfg(not(target_os = "linux"))]
    {
        std::process::id()
    }
}
