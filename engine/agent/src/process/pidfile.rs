//! The pidfile: which process is the daemon, and that there is only one.
//!
//! The lock on the file says it, not what is written in it: a file that a crash left behind is simply taken over.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the agent's own file, and the daemon that holds it"
)]

use rustix::process::{Pid, Signal};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often another daemon is asked to leave its place, and how long it has each time.
const TRIES: u32 = 5;
const PATIENCE: Duration = Duration::from_secs(2);

/// How often a file that is taken away or put in its place meanwhile is opened again.
const OPENED: u32 = 16;

/// Why there is no pidfile.
#[derive(Debug, thiserror::Error)]
pub enum PidfileError {
    /// Another process holds it.
    #[error("osqueryd Pidfile check failed: Pidfile::Error::Busy")]
    Busy {
        /// That process, if the file names one.
        pid: Option<u32>,
    },
    /// It cannot be made.
    #[error("osqueryd Pidfile check failed: {path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// A pidfile that this process holds; dropped, it is removed.
#[derive(Debug)]
pub struct Pidfile {
    file: File,
    path: PathBuf,
    pid: u32,
}

impl Pidfile {
    /// Takes the pidfile. With `force` a daemon that holds it is ended first, if it is one.
    ///
    /// # Errors
    /// When another process holds it and goes on to, or the file cannot be made.
    pub fn take(path: &Path, force: bool) -> Result<Self, PidfileError> {
        match claim(path) {
            Ok(Ok(held)) => Ok(held),
            Ok(Err(Some(pid))) if force => replace(path, pid),
            Ok(Err(pid)) => Err(PidfileError::Busy { pid }),
            Err(error) => Err(PidfileError::Io { path: path.to_owned(), error }),
        }
    }
}

impl Drop for Pidfile {
    fn drop(&mut self) {
        // A forked process has the descriptor too, and the path may lead to another daemon's file by now.
        if self.pid == std::process::id() && is_at(&self.file, &self.path).unwrap_or(false) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Takes the file, or answers which process holds it.
fn claim(path: &Path) -> io::Result<Result<Pidfile, Option<u32>>> {
    for _ in 0..OPENED {
        let mut file = open(path)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Ok(Err(written(&mut file))),
            Err(TryLockError::Error(error)) => return Err(error),
            Ok(()) => {}
        }
        // Whoever held it may have removed it after it was opened: then the lock is on a file that nobody finds.
        if !is_at(&file, path)? {
            continue;
        }
        let pid = std::process::id();
        file.set_permissions(PermissionsExt::from_mode(0o600))?;
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(pid.to_string().as_bytes())?;
        return Ok(Ok(Pidfile { file, path: path.to_owned(), pid }));
    }
    Err(io::Error::other("the file keeps being replaced"))
}

fn open(path: &Path) -> io::Result<File> {
    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed();
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(flags)
        .open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("not a regular file")) }
}

/// The process that the file names.
fn written(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok().filter(|&pid| pid > 1)
}

/// Whether a path leads to this very file.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let held = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (held.dev(), held.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Ends the daemon that holds the file, kindly at first, and takes its place.
fn replace(path: &Path, mut pid: u32) -> Result<Pidfile, PidfileError> {
    for attempt in 0..TRIES {
        let signal = if attempt < TRIES / 2 { Signal::TERM } else { Signal::KILL };
        if !end(pid, signal) {
            return Err(PidfileError::Busy { pid: Some(pid) });
        }
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            match claim(path) {
                Ok(Ok(held)) => return Ok(held),
                Ok(Err(holder)) => pid = holder.unwrap_or(pid),
                Err(error) => return Err(PidfileError::Io { path: path.to_owned(), error }),
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
    Err(PidfileError::Busy { pid: Some(pid) })
}

/// Sends a signal to a process that is a daemon of this kind. `false`: it is something else, or may not be ended. One that
/// ended a moment ago is as good as one that got the signal.
fn end(pid: u32, signal: Signal) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
    match name(pid) {
        None => rustix::process::test_kill_process(pid).is_err_and(|error| error == rustix::io::Errno::SRCH),
        Some(name) if is_daemon(&name) => match rustix::process::kill_process(pid, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => true,
            Err(_) => false,
        },
        Some(_) => false,
    }
}

fn is_daemon(name: &str) -> bool {
    name.starts_with("osqueryd") || name.starts_with("plumbd")
}

fn name(pid: Pid) -> Option<String> {
    fs::read_to_string(format!("/proc/{}/comm", pid.as_raw_nonzero())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn one_holder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("daemon.pid");
        fs::write(&path, "999999999 and what a crash left behind").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let held = Pidfile::take(&path, false).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), std::process::id().to_string());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let error = Pidfile::take(&path, false).unwrap_err();
        assert_eq!(error.to_string(), "osqueryd Pidfile check failed: Pidfile::Error::Busy");
        assert!(matches!(error, PidfileError::Busy { pid } if pid == Some(std::process::id())));
        drop(held);
        assert!(!path.exists());
        drop(Pidfile::take(&path, false).unwrap());
    }

    #[test]
    fn only_daemons_are_ended_by_force() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("daemon.pid");
        let _held = Pidfile::take(&path, false).unwrap();
        // This very process holds it, and is called otherwise.
        assert!(matches!(Pidfile::take(&path, true), Err(PidfileError::Busy { .. })));
        for (name, expect) in [("osqueryd\n", true), ("plumbd-1.2", true), ("sshd", false), ("my-osqueryd", false)] {
            assert_eq!(is_daemon(name), expect, "{name}");
        }
    }

    #[test]
    fn a_file_that_is_another_ones_by_now_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("daemon.pid");
        let old = Pidfile::take(&path, false).unwrap();
        fs::remove_file(&path).unwrap();
        let new = Pidfile::take(&path, false).unwrap();
        drop(old);
        assert!(path.exists());
        drop(new);
        assert!(!path.exists());
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let victim = folder.path().join("victim");
        fs::write(&victim, "untouched").unwrap();
        let link = folder.path().join("link");
        symlink(&victim, &link).unwrap();
        for path in [link, folder.path().to_owned(), folder.path().join("none/x")] {
            let error = Pidfile::take(&path, false).unwrap_err();
            assert!(error.to_string().contains(&*path.to_string_lossy()), "{error}");
        }
        assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
    }
}
