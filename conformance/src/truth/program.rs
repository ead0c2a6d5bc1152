//! Starting programs, with a deadline.

#![allow(clippy::disallowed_types, reason = "an independent program is the whole point of this oracle")]

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Where programs are looked for: those of the system, not those of a user.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// Why a program told nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is no such program.
    #[error("{program} is not installed: apt-get install {package}")]
    Missing {
        /// Its name.
        program: String,
        /// The Debian package that has it.
        package: String,
    },
    /// It took too long.
    #[error("{0} did not end within {1:?}")]
    TooSlow(String, Duration),
    /// It complained and printed nothing.
    #[error("{0} says: {1}")]
    Complaint(String, String),
    /// It cannot be started.
    #[error("{0}: {1}")]
    Io(String, io::Error),
}

/// A command in a known environment: no locale, no time zone, nothing of the user's.
pub(super) fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs([("PATH", PATH), ("LC_ALL", "C"), ("TZ", "UTC"), ("HOME", "/root")]).stdin(Stdio::null());
    command
}

/// Whether a program is there.
pub(super) fn find(program: &str, package: &str) -> Result<(), Failure> {
    if PATH.split(':').any(|folder| std::path::Path::new(folder).join(program).exists()) {
        return Ok(());
    }
    Err(Failure::Missing { program: program.to_owned(), package: package.to_owned() })
}

/// What a program prints. Where it fails halfway, what it has printed counts: find(1) does so whenever a process ends
/// under its eyes.
pub(super) fn output(program: &str, package: &str, args: &[String], patience: Duration) -> Result<Vec<u8>, Failure> {
    find(program, package)?;
    let io = |error| Failure::Io(program.to_owned(), error);
    let spawned = command(program).args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(io)?;
    let deadline = Instant::now() + patience;
    let (out, complaints) = (collect(child.stdout.take()), collect(child.stderr.take()));
    let read = |pipe: mpsc::Receiver<Vec<u8>>| pipe.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    let (Ok(out), Ok(complaints)) = (read(out), read(complaints)) else {
        end(&mut child);
        return Err(Failure::TooSlow(program.to_owned(), patience));
    };
    // Both pipes are closed: our programs do that by ending.
    let status = child.wait().map_err(io)?;
    if out.is_empty() && !status.success() && !complaints.is_empty() {
        let complaint = String::from_utf8_lossy(&complaints);
        let first = complaint.lines().next().unwrap_or_default().to_owned();
        return Err(Failure::Complaint(program.to_owned(), first));
    }
    Ok(out)
}

/// Reads a pipe to its end, in a thread of its own: a program that fills one pipe must not wait for the other.
fn collect(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        let _ = sender.send(bytes);
    });
    receiver
}

/// Kills a child and takes its status, so that it does not stay as a zombie.
pub(super) fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, patience: Duration) -> Result<Vec<u8>, Failure> {
        output("sh", "dash", &["-c".to_owned(), script.to_owned()], patience)
    }

    #[test]
    fn what_it_prints() {
        let long = Duration::from_secs(60);
        assert_eq!(sh("printf 'a\\0b'", long).unwrap(), b"a\0b");
        assert_eq!(sh("echo x; echo bad >&2; exit 3", long).unwrap(), b"x\n");
        assert_eq!(sh("exit 1", long).unwrap(), b"");
        assert_eq!(sh("echo bad >&2; exit 3", long).unwrap_err().to_string(), "sh says: bad");
        // Both pipes full.
        assert_eq!(sh("head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero", long).unwrap().len(), 300_000);
    }

    #[test]
    fn what_it_lacks() {
        let missing = output("no-such-program", "nothing", &[], Duration::from_secs(1)).unwrap_err();
        assert_eq!(missing.to_string(), "no-such-program is not installed: apt-get install nothing");
        let slow = sh("exec cat /proc/self/fd/1", Duration::from_millis(50)).unwrap_err();
        assert_eq!(slow.to_string(), "sh did not end within 50ms");
    }
}
