//! A daemon in a folder of its own.

use rustix::process::{Pid, Signal, kill_process};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Long enough for a busy machine; nothing waits so long when all is well.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

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

pub(crate) fn send(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}

/// The fields of a process's `stat` behind its name.
fn stat(pid: u32) -> Option<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit_once(") ")?.1.split(' ').map(str::to_owned).collect())
}

/// Whether a process is there and no zombie.
pub(crate) fn lives(pid: u32) -> bool {
    stat(pid).is_some_and(|fields| !matches!(fields[0].as_str(), "Z" | "X"))
}

pub(crate) fn parent(pid: u32) -> u32 {
    stat(pid).unwrap()[1].parse().unwrap()
}

/// A number of a process's `status`.
pub(crate) fn status_of(pid: u32, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

/// What asks a new row each second.
const CONFIG: &str = r#"{"schedule": {"q": {"query": "SELECT unix_time FROM time", "interval": 1}}}"#;

pub(crate) struct House {
    folder: TempDir,
    child: Option<Child>,
}

impl House {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("log")).unwrap();
        std::fs::write(folder.path().join("conf"), CONFIG).unwrap();
        Self { folder, child: None }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, flags: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plumbd"));
        let flag = |flag: &str, name: &str| format!("--{flag}={}", self.path(name).display());
        command.args([
            flag("config_path", "conf"),
            flag("database_path", "db"),
            flag("logger_path", "log"),
            flag("pidfile", "pidfile"),
            flag("extensions_socket", "socket"),
        ]);
        command.args(["--schedule_splay_percent=0", "--verbose"]).args(flags);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn start(&mut self, flags: &[&str]) {
        self.start_with(flags, &[]);
    }

    pub(crate) fn start_with(&mut self, flags: &[&str], variables: &[(&str, &str)]) {
        assert!(self.child.is_none());
        let said = std::fs::File::create(self.path("said")).unwrap();
        let mut command = self.command(flags);
        self.child = Some(command.envs(variables.iter().copied()).stderr(said).spawn().unwrap());
    }

    /// Starts another one beside it, which has to make it end.
    pub(crate) fn take_place(&mut self, flags: &[&str]) {
        let mut first = self.child.take().unwrap();
        self.start(flags);
        let code = eventually("the end of the first", || first.try_wait().unwrap());
        assert_eq!(code.code(), Some(0));
        eventually("the pidfile of the second", || (self.pidfile()? == self.pid().to_string()).then_some(()));
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Waits for the end; the exit code, unless a signal was it.
    pub(crate) fn end(&mut self) -> Option<i32> {
        let mut child = self.child.take().unwrap();
        eventually("the end of the daemon", || child.try_wait().unwrap()).code()
    }

    pub(crate) fn pidfile(&self) -> Option<String> {
        std::fs::read_to_string(self.path("pidfile")).ok()
    }

    /// The worker, if there is one just now that has begun and has taken its name.
    pub(crate) fn worker_now(&self) -> Option<u32> {
        let pid = self.pid();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
        let worker: u32 = children.split_ascii_whitespace().next()?.parse().ok()?;
        let read = |file: &str| std::fs::read_to_string(format!("/proc/{worker}/{file}")).ok();
        let has_begun = read("cmdline")? == "osqueryd\0" && read("comm")? == "plumbd\n";
        (has_begun && lives(worker)).then_some(worker)
    }

    pub(crate) fn worker(&self) -> u32 {
        eventually("a worker", || self.worker_now())
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// How often a text stands on standard error.
    pub(crate) fn count(&self, part: &str) -> usize {
        std::fs::read_to_string(self.path("said")).unwrap().matches(part).count()
    }

    /// Waits for a text on standard error.
    pub(crate) fn said(&self, part: &str) {
        eventually(part, || std::fs::read_to_string(self.path("said")).ok()?.contains(part).then_some(()));
    }

    /// Waits until the schedule runs.
    pub(crate) fn ready(&self) {
        self.eventually_results(1);
    }

    /// Waits for so many lines of results; answers how many there are.
    pub(crate) fn eventually_results(&self, number: usize) -> usize {
        eventually("results", || {
            let text = std::fs::read_to_string(self.path("log/osqueryd.results.log")).unwrap_or_default();
            Some(text.lines().count()).filter(|&lines| lines >= number)
        })
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Its worker follows.
            let _ = child.kill();
            let _ = child.wait();
        }
        if let Ok(text) = std::fs::read_to_string(self.path("said"))
            && std::thread::panicking()
        {
            eprintln!("{text}");
        }
    }
}
