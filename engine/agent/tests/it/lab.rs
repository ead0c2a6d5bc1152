//! Starting processes with roles, and waiting for what they do.

use crate::role::{FOLDER, ROLE};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Long enough for a busy machine; nothing waits so long when all is well.
const DEADLINE: Duration = Duration::from_secs(60);

/// Waits until there is something.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < DEADLINE, "this did not come: {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// This program with a role; `file` is the path it is started by.
pub(crate) fn actor(file: &Path, role: &str, folder: &Path) -> Command {
    let mut command = Command::new(file);
    command.args(["--ignored", "--exact", "role"]).env(ROLE, role).env(FOLDER, folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The lines of a file in which each line is complete.
pub(crate) fn lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(str::to_owned).collect()
}

pub(crate) fn pid(number: u32) -> Pid {
    Pid::from_raw(i32::try_from(number).unwrap()).unwrap()
}

/// Whether a process is there and no zombie.
pub(crate) fn lives(number: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

/// A process that is ended with the test.
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) folder: TempDir,
}

impl Process {
    pub(crate) fn start(role: &str, vary: impl FnOnce(&mut Command)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = actor(&std::env::current_exe().unwrap(), role, folder.path());
        vary(&mut command);
        Self { child: command.spawn().unwrap(), folder }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn send(&self, signal: Signal) {
        kill_process(pid(self.child.id()), signal).unwrap();
    }

    pub(crate) fn end(&mut self) -> ExitStatus {
        eventually("the end of the process", || self.child.try_wait().unwrap())
    }

    /// Waits for a line that holds a text, and answers it.
    pub(crate) fn line(&self, name: &str, part: &str) -> String {
        let path = self.file(name);
        eventually(&format!("{part} in {name}"), || lines(&path).into_iter().find(|line| line.contains(part)))
    }

    /// Waits for the nth start of a worker, and answers its process.
    pub(crate) fn worker(&self, number: usize) -> u32 {
        let path = self.file("workers");
        eventually(&format!("worker {number}"), || lines(&path).get(number - 1)?.split(' ').next()?.parse().ok())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Workers follow their watcher; one that is deaf to that too must not outlive the tests.
        for line in lines(&self.file("workers")) {
            let Some(number) = line.split(' ').next().and_then(|word| word.parse().ok()) else { continue };
            let start = Instant::now();
            while test_kill_process(pid(number)).is_ok() && lives(number) {
                assert!(start.elapsed() < DEADLINE || std::thread::panicking(), "worker {number} outlives its watcher");
                std::thread::park_timeout(Duration::from_millis(10));
            }
        }
    }
}
