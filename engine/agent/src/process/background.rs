//! Going into the background without fork(2): the program starts itself anew, and the one that was started leaves.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "starts itself")]

use std::io;
use std::process::{Command, Stdio};

/// Set in the process in the background.
pub(crate) const VARIABLE: &str = "PLUMB_BACKGROUND";

/// Which of the two processes this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that was started: it should leave, with code 0.
    Starter,
    /// The one in the background, in a session of its own and without streams. It stays in the directory in which it was started,
    /// so that paths that were given mean the same.
    Background,
}

/// Starts the program in the background, with the same arguments and environment. To be called by both, before anything is opened
/// and before there are threads that matter.
///
/// # Errors
/// When it cannot be started, or be a session of its own.
pub fn daemonize() -> io::Result<Side> {
    if std::env::var_os(VARIABLE).is_some() {
        super::take_name();
        return match rustix::process::setsid() {
            // It is one already: somebody set the variable in a shell.
            Err(rustix::io::Errno::PERM) | Ok(_) => Ok(Side::Background),
            Err(error) => Err(error.into()),
        };
    }
    let mut args = std::env::args_os();
    let mut command = this_program()?;
    if let Some(name) = args.next() {
        std::os::unix::process::CommandExt::arg0(&mut command, name);
    }
    command.args(args).env(VARIABLE, "1");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn()?;
    Ok(Side::Starter)
}

/// The program that runs, even if its file has been replaced.
///
/// # Errors
/// When it cannot be found.
pub fn this_program() -> io::Result<Command> {
    #[cfg(target_os = "linux")]
    {
        Ok(Command::new("/proc/self/exe"))
    }
    #[cfg(not(target_os = "linux"))]
    {
        std::env::current_exe().map(Command::new)
    }
}
