//! What makes a program a daemon: its pidfile, signals, the background, its priority, and what it tells the service manager.

mod background;
mod notify;
mod pidfile;
mod signals;

pub(crate) use background::VARIABLE as BACKGROUND;
pub use background::this_program;
pub use background::{Side, daemonize};
pub use notify::{Notifier, State};
pub use pidfile::{Pidfile, PidfileError};
pub use signals::{Signal, listen};

use std::io;
use std::time::Duration;

/// How nice the processes of a watched daemon are.
const NICE: i32 = 10;

/// Lets other programs go first: nice 10, or what it is if that is more. The kernel then puts its I/O behind that of others too.
///
/// # Errors
/// Those of setpriority(2).
pub fn yield_to_others() -> io::Result<()> {
    let now = rustix::process::getpriority_process(None)?;
    if now < NICE {
        rustix::process::setpriority_process(None, NICE)?;
    }
    Ok(())
}

/// Gives the process the name of its program file. One that was started as `/proc/self/exe` is called `exe` otherwise.
#[cfg(target_os = "linux")]
pub(crate) fn take_name() {
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt;
    let program = std::env::current_exe().ok();
    let name = program.as_deref().and_then(std::path::Path::file_name).and_then(|name| {
        let name = name.as_bytes();
        let name = name.strip_suffix(b" (deleted)").unwrap_or(name);
        CString::new(name).ok()
    });
    if let Some(name) = name {
        // A process without a name of its own works as well.
        let _ = rustix::thread::set_name(&name);
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn take_name() {}

/// Ends the process with this code unless it has ended by itself by then: an orderly end must not hang.
///
/// # Errors
/// When there can be no more threads.
pub fn exit_within(time: Duration, code: i32) -> io::Result<()> {
    let wait = move || {
        let start = std::time::Instant::now();
        while let Some(left) = time.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
            std::thread::park_timeout(left);
        }
        std::process::exit(code)
    };
    std::thread::Builder::new().name("alarm".to_owned()).stack_size(64 * 1024).spawn(wait).map(drop)
}
