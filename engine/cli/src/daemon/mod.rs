//! The daemon as a program: its processes, its signals, and what it stands on.

pub(crate) mod config_check;
pub(crate) mod config_dump;
pub(crate) mod database_dump;
pub(crate) mod doctor;
#[cfg(unix)]
mod service;

#[cfg(unix)]
pub(crate) use service::{main, words};

#[cfg(not(unix))]
mod elsewhere {
    use crate::shell::Machine;
    use plumb_agent::flags::Flags;
    use std::ffi::OsString;
    use std::io::Write;

    /// The command line as it is: there is no watchdog here.
    pub(crate) fn words(args: Vec<OsString>) -> Vec<OsString> {
        args
    }

    /// There is no daemon for this system yet.
    pub(crate) fn main(_: Flags, _: &[String], _: &Machine<'_>, stderr: &mut dyn Write) -> i32 {
        let _ = writeln!(stderr, "Error: this build has no daemon for {}; -S runs the shell", std::env::consts::OS);
        1
    }
}

#[cfg(not(unix))]
pub(crate) use elsewhere::{main, words};
