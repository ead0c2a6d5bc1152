//! What the program needs of the machine it runs on, for itself: its files, its environment, its terminal. Questions
//! are answered through the host instead.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the program's own files and environment")]

use crate::console::{Streams, Terminals};
use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

/// The largest query or flag file that is read.
const LARGEST: u64 = 256 << 20;

/// The content of a file that the user named.
pub(crate) fn read(path: &str) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(path)?.take(LARGEST).read_to_end(&mut content)?;
    Ok(content)
}

/// Makes a file for results, empty at first.
pub(crate) fn create(path: &str) -> io::Result<Box<dyn Write>> {
    Ok(Box::new(File::create(path)?))
}

/// A variable of the environment that is text and not empty.
pub(crate) fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The streams of the process. Output goes to the descriptor itself: it is buffered already.
pub(crate) fn streams() -> Streams {
    let (stdin, stderr) = (io::stdin(), io::stderr());
    let terminals =
        Terminals { stdin: stdin.is_terminal(), stdout: io::stdout().is_terminal(), stderr: stderr.is_terminal() };
    Streams { stdin: Box::new(stdin.lock()), stdout: stdout(), stderr: Box::new(stderr), terminals }
}

#[cfg(unix)]
fn stdout() -> Box<dyn Write> {
    use std::os::fd::AsFd;
    match io::stdout().as_fd().try_clone_to_owned() {
        Ok(descriptor) => Box::new(File::from(descriptor)),
        Err(_) => Box::new(io::stdout()),
    }
}

#[cfg(not(unix))]
fn stdout() -> Box<dyn Write> {
    Box::new(io::stdout())
}

/// The file that keeps what was typed; its directory is made. `None` where there is no place for it.
pub(crate) fn history_file() -> Option<PathBuf> {
    let state = match env("XDG_STATE_HOME") {
        Some(state) if Path::new(&state).is_absolute() => PathBuf::from(state),
        _ => Path::new(&env("HOME")?).join(".local/state"),
    };
    let directory = state.join("plumb");
    make_private(&directory).ok()?;
    Some(directory.join("history"))
}

#[cfg(unix)]
fn make_private(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

#[cfg(not(unix))]
fn make_private(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)
}

/// Lets nobody else read a file.
#[cfg(unix)]
pub(crate) fn protect(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

/// Lets nobody else read a file: a profile's files are private already.
#[cfg(not(unix))]
pub(crate) fn protect(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Whether something answers on a socket: connects and hangs up.
///
/// # Errors
/// Why not.
#[cfg(unix)]
pub(crate) fn reach(socket: &str) -> io::Result<()> {
    std::os::unix::net::UnixStream::connect(socket).map(drop)
}

/// There are no sockets here.
#[cfg(not(unix))]
pub(crate) fn reach(_socket: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// CPU time of this process in user and in system mode, in seconds.
pub(crate) fn cpu_times() -> (f64, f64) {
    #[cfg(unix)]
    {
        use nix::sys::resource::{UsageWho, getrusage};
        use nix::sys::time::TimeValLike;
        let seconds = |time: nix::sys::time::TimeVal| time.num_microseconds() as f64 / 1e6;
        getrusage(UsageWho::RUSAGE_SELF)
            .map_or((0.0, 0.0), |usage| (seconds(usage.user_time()), seconds(usage.system_time())))
    }
    #[cfg(not(unix))]
    {
        (0.0, 0.0)
    }
}
