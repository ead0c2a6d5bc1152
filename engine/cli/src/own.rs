//! What the program needs of the machine it runs on, for itself: its files, its environment, its terminal. Questions
//! are answered through the host instead.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the program's own files and environment")]

use crate::console::{Streams, Terminals};
use std::fs::{self, File};
use std::io::{self, BufReader, IsTerminal, Read, Write};
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

/// Whether a terminal may be given colours.
pub(crate) fn wants_colours() -> bool {
    env("NO_COLOR").is_none() && env("TERM").is_none_or(|term| term != "dumb")
}

/// The streams of the process. Output goes to the descriptor itself: it is buffered already.
pub(crate) fn streams() -> Streams {
    let (stdin, stderr) = (io::stdin(), io::stderr());
    let terminals =
        Terminals { stdin: stdin.is_terminal(), stdout: io::stdout().is_terminal(), stderr: stderr.is_terminal() };
    // Without its lock: at a terminal that cannot move its cursor the line editor reads it too.
    Streams { stdin: Box::new(BufReader::new(stdin)), stdout: stdout(), stderr: Box::new(stderr), terminals }
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

/// The program that runs, to be started again.
pub(crate) fn this_program() -> io::Result<std::process::Command> {
    #[cfg(unix)]
    {
        plumb_agent::process::this_program()
    }
    #[cfg(not(unix))]
    {
        std::env::current_exe().map(std::process::Command::new)
    }
}

/// Standard error, past all buffers and locks of a console.
pub(crate) fn stderr() -> impl Write {
    io::stderr()
}

/// Ends the process when standard input ends, from a thread that costs nothing until then.
pub(crate) fn end_with_stdin() {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let Ok(mut line) = io::stdin().as_fd().try_clone_to_owned().map(File::from) else { return };
        let wait = move || {
            // Nothing more comes but the end; an error is as good as that.
            let _ = io::copy(&mut line, &mut io::sink());
            std::process::exit(1);
        };
        // Without a thread the process lives as long as its query.
        let _ = std::thread::Builder::new().name("stdin".to_owned()).stack_size(64 * 1024).spawn(wait);
    }
}

/// Lets [`peak_memory`] begin anew, where the system can do that (proc_pid_clear_refs(5)).
pub(crate) fn reset_peak_memory() {
    #[cfg(target_os = "linux")]
    {
        // Without it the peak is that of the whole process.
        let _ = fs::write("/proc/self/clear_refs", "5");
    }
}

/// The most resident memory of this process, in bytes.
pub(crate) fn peak_memory() -> Option<u64> {
    status("VmHWM:")
}

/// Its resident memory now.
pub(crate) fn memory() -> Option<u64> {
    status("VmRSS:")
}

/// A size in proc_pid_status(5).
#[cfg(target_os = "linux")]
fn status(name: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let kib = text.lines().find_map(|line| line.strip_prefix(name))?.split_ascii_whitespace().next()?;
    kib.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(not(target_os = "linux"))]
fn status(_name: &str) -> Option<u64> {
    None
}

/// How many descriptors a process has open; this one without a number.
pub(crate) fn open_files(pid: Option<u32>) -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        let who = pid.map_or_else(|| "self".to_owned(), |pid| pid.to_string());
        let open = fs::read_dir(format!("/proc/{who}/fd")).ok()?.count() as u64;
        // Whoever looks at itself has the directory open.
        Some(if pid.is_none() { open.saturating_sub(1) } else { open })
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = pid;
        None
    }
}

/// Waits.
pub(crate) fn wait(time: std::time::Duration) {
    let start = std::time::Instant::now();
    while let Some(left) = time.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
        std::thread::park_timeout(left);
    }
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
