//! The daemon end to end: real processes, files and signals.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    reason = "starts daemons"
)]

mod disks;
mod recorded;

use rustix::process::{Pid, Signal, kill_process};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

mod numbers;

/// How long anything may take on a machine that does a lot else.
const DEADLINE: Duration = Duration::from_secs(90);

/// A daemon with files of its own.
struct Daemon {
    folder: tempfile::TempDir,
    extra: Vec<String>,
    child: Option<Child>,
}

impl Daemon {
    fn new(config: &str, extra: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("log")).unwrap();
        fs::create_dir(folder.path().join("watch")).unwrap();
        let daemon = Self { folder, extra: extra.iter().map(|flag| (*flag).to_owned()).collect(), child: None };
        daemon.configure(config);
        daemon
    }

    /// `DIR` in a configuration is the folder.
    fn configure(&self, config: &str) {
        fs::write(self.path("c.conf"), config.replace("DIR", self.folder.path().to_str().unwrap())).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Puts a file where queries look, whole: one that is being written has been seen without its content.
    fn put(&self, name: &str, content: &str) {
        fs::write(self.path("new"), content).unwrap();
        fs::rename(self.path("new"), self.path("watch").join(name)).unwrap();
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plumbd"));
        let flag = |name: &str, path: &str| format!("--{name}={}", self.path(path).display());
        command.args([
            flag("config_path", "c.conf"),
            flag("logger_path", "log"),
            flag("database_path", "db"),
            flag("pidfile", "pid"),
            "--schedule_splay_percent=0".to_owned(),
        ]);
        command.args(&self.extra).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(fs::OpenOptions::new().create(true).append(true).open(self.path("stderr")).unwrap());
        command
    }

    fn start(&mut self) {
        self.child = Some(self.command().spawn().unwrap());
    }

    fn pid(&self) -> Pid {
        Pid::from_child(self.child.as_ref().unwrap())
    }

    /// The worker of a watched daemon.
    fn worker(&self) -> Option<Pid> {
        let pid = self.pid().as_raw_nonzero();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
        Pid::from_raw(children.split_ascii_whitespace().next()?.parse().ok()?)
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for the end, and answers the exit code.
    fn end(&mut self, signal: Signal) -> Option<i32> {
        self.signal(signal);
        let mut child = self.child.take().unwrap();
        let mut code = None;
        wait(self, "the end", || {
            code = child.try_wait().unwrap();
            code.is_some()
        });
        code.and_then(|status| status.code())
    }

    fn wait(&self, what: &str, condition: impl FnMut() -> bool) {
        wait(self, what, condition);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let worker = self.child.as_ref().and_then(|_| self.worker());
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
        if let Some(worker) = worker {
            let _ = kill_process(worker, Signal::KILL);
        }
    }
}

fn wait(daemon: &Daemon, what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < DEADLINE,
            "{what} did not come; the daemon said:\n{}\nresults:\n{}",
            daemon.read("stderr"),
            daemon.read("log/osqueryd.results.log")
        );
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

const FILES: &str = r#"{"schedule": {"files": {"query": "select filename, size from file where directory = 'DIR/watch'", "interval": 1}}}"#;

/// Adds and removes the rows of result lines one after the other; a row may not go that is not there. A run that was logged twice,
/// because the process died right after it, has the very same lines: only the first count.
fn replay(log: &str) -> BTreeMap<String, i64> {
    let (mut rows, mut seen, mut last) = (BTreeMap::new(), BTreeSet::new(), -1);
    for line in log.lines() {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        if !seen.insert(line) {
            continue;
        }
        let counter = json["counter"].as_i64().unwrap();
        assert!(counter == last || counter == last + 1, "{counter} after {last}: {line}");
        last = counter;
        let by = match json["action"].as_str() {
            Some("added") => 1,
            Some("removed") => -1,
            _ => panic!("{line}"),
        };
        let count = rows.entry(json["columns"].to_string()).or_insert(0);
        *count += by;
        assert!((0..=1).contains(count), "{line}");
    }
    rows.retain(|_, count| *count > 0);
    rows
}

fn rows(directory: &Path) -> BTreeMap<String, i64> {
    let entry = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.unwrap();
        let (name, size) = (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len());
        (serde_json::json!({"filename": name, "size": size.to_string()}).to_string(), 1)
    };
    fs::read_dir(directory).unwrap().map(entry).collect()
}

#[test]
fn a_life() {
    let mut daemon = Daemon::new(FILES, &["--disable_watchdog"]);
    daemon.put("a", "1");
    daemon.start();
    let log = |daemon: &Daemon| daemon.read("log/osqueryd.results.log");
    daemon.wait("the first row", || log(&daemon).lines().count() == 1);
    assert_eq!(daemon.read("pid"), daemon.pid().as_raw_nonzero().to_string());
    daemon.put("b", "22");
    daemon.wait("the second row", || log(&daemon).lines().count() == 2);
    // Another configuration, at a signal; a broken one changes nothing.
    daemon.configure("{broken");
    daemon.signal(Signal::HUP);
    daemon.wait("the refusal", || daemon.read("stderr").contains("stays at work"));
    daemon.configure(r#"{"schedule": {"one": {"query": "select 1 as one", "interval": 1, "snapshot": true}}}"#);
    daemon.signal(Signal::HUP);
    daemon.wait("the snapshot", || daemon.read("log/osqueryd.snapshots.log").contains(r#""snapshot":[{"one":"1"}]"#));
    // Its logs are taken away, and made anew.
    fs::rename(daemon.path("log"), daemon.path("old")).unwrap();
    fs::create_dir(daemon.path("log")).unwrap();
    daemon.wait("a new log", || daemon.read("log/osqueryd.snapshots.log").contains(r#""one":"1""#));
    // What it remembers can be seen while it runs.
    let dumped = daemon.command().arg("--database_dump").stdout(Stdio::piped()).output().unwrap();
    let dumped = String::from_utf8(dumped.stdout).unwrap();
    let files = r#"queries[files]: [{"filename":"a","size":1},{"filename":"b","size":2}]"#;
    assert!(dumped.lines().any(|line| line == files), "{dumped}");
    assert!(dumped.contains("\nqueries[filescounter]: 1\n") && !dumped.contains("hash_key"), "{dumped}");
    assert!(dumped.lines().is_sorted_by_key(|line| line.split('[').next()), "{dumped}");
    assert_eq!(daemon.end(Signal::TERM), Some(0));
    assert!(!daemon.path("pid").exists());
    assert_eq!(replay(&daemon.read("old/osqueryd.results.log")), rows(&daemon.path("watch")));
}

#[test]
fn exit_codes() {
    let mut daemon = Daemon::new("{}", &["--disable_watchdog"]);
    daemon.start();
    daemon.wait("the log", || daemon.path("log/osqueryd.results.log").exists());
    let code = |extra: &[&str]| daemon.command().args(extra).status().unwrap().code();
    assert_eq!(code(&[]), Some(1), "the pidfile is held");
    assert!(daemon.read("stderr").contains("Pidfile check failed: Pidfile::Error::Busy"));
    let other = format!("--pidfile={}", daemon.path("other").display());
    assert_eq!(code(&[&other]), Some(1), "the database is in use");
    assert!(daemon.read("stderr").contains("in use by another process"));
    let apart = format!("--database_path={}", daemon.path("db2").display());
    assert_eq!(code(&[&other, &apart, "--logger_plugin=nope"]), Some(78));
    assert_eq!(code(&[&other, &apart, "--logger_path=/nowhere"]), Some(78));
    assert_eq!(code(&["--bogus"]), Some(1));
    assert_eq!(daemon.end(Signal::INT), Some(0));
}

/// A query in which the daemon dies is left out for a day, unless it says otherwise.
const SPARED: &str = r#"{"schedule": {"files": {"query": "select filename, size from file where directory = 'DIR/watch'",
    "interval": 1, "denylist": false}}}"#;

/// Kills the daemon again and again while files change: nothing is lost, and nothing is there twice except the very lines of a run that was
/// killed before it knew that they were logged.
#[test]
fn killed_again_and_again() {
    let kills = std::env::var("PLUMB_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(12);
    let mut daemon = Daemon::new(SPARED, &["--disable_watchdog"]);
    let (mut changes, mut pause) = (0_u64, 1_u64);
    for _ in 0..kills {
        daemon.start();
        // Moments between the start and a second run, in no order.
        pause = pause.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let until = Instant::now() + Duration::from_millis(100 + (pause >> 33) % 1500);
        while Instant::now() < until {
            changes += 1;
            let file = daemon.path(&format!("watch/{}", changes % 7));
            if changes.is_multiple_of(3) {
                drop(fs::remove_file(file))
            } else {
                fs::write(file, vec![b'x'; (changes % 50) as usize]).unwrap()
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        daemon.signal(Signal::KILL);
        daemon.child.take().unwrap().wait().unwrap();
    }
    // A file that only the last daemon can tell of: then it is known to be at work.
    fs::write(daemon.path("watch/last"), "").unwrap();
    daemon.start();
    let wanted = rows(&daemon.path("watch"));
    daemon.wait("the last state", || {
        let log = daemon.read("log/osqueryd.results.log");
        // A line may be half written while it is read.
        log.ends_with('\n') && replay(&log) == wanted
    });
    assert_eq!(daemon.end(Signal::TERM), Some(0));
}

#[test]
fn a_watched_worker_comes_back() {
    let mut daemon = Daemon::new(FILES, &[]);
    daemon.put("a", "1");
    daemon.start();
    let log = |daemon: &Daemon| daemon.read("log/osqueryd.results.log");
    daemon.wait("the first row", || log(&daemon).lines().count() == 1);
    let first = daemon.worker().unwrap();
    kill_process(first, Signal::KILL).unwrap();
    daemon.put("b", "22");
    daemon.wait("another worker", || daemon.worker().is_some_and(|worker| worker != first));
    daemon.wait("the second row", || log(&daemon).lines().count() == 2);
    assert_eq!(replay(&log(&daemon)), rows(&daemon.path("watch")));
    let worker = daemon.worker().unwrap();
    assert_eq!(daemon.end(Signal::TERM), Some(0));
    assert!(rustix::process::test_kill_process(worker).is_err(), "the worker has ended");
}

/// Queries that fill the memory fail alone and are left out, while others go on.
#[test]
fn memory_that_is_used_up() {
    let config = r#"{"schedule": {
        "doubles": {"query": "with recursive t(x) as (select 'x' union all select x || x from t) select max(length(x)) from t", "interval": 1},
        "sorts": {"query": "with recursive r(n) as (select 1 union all select n + 1 from r) select n, printf('%.1000c', 'x') as t from r order by t desc, n", "interval": 1},
        "quick": {"query": "select 1 as one", "interval": 1, "snapshot": true}}}"#;
    let mut daemon = Daemon::new(config, &["--disable_watchdog"]);
    daemon.start();
    for name in ["doubles", "sorts"] {
        let line = format!("Scheduled query {name} cost more than its budget");
        daemon.wait(&line, || daemon.read("stderr").contains(&line));
    }
    let runs = || daemon.read("log/osqueryd.snapshots.log").lines().count();
    let before = runs();
    daemon.wait("another run", || runs() > before);
    assert_eq!(daemon.end(Signal::TERM), Some(0));
}

/// A file system of its own, which is taken away at the end.
struct Tmpfs(PathBuf);

impl Tmpfs {
    /// Of 3 MiB at a directory; `None` where this process may not mount.
    fn mount(at: PathBuf) -> Option<Self> {
        fs::create_dir_all(&at).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"]).arg(&at).status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(at))
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        take_away(&self.0);
    }
}

/// Takes a file system out of the tree, at once although a daemon may have a file of it open just now.
fn take_away(at: &Path) {
    let _ = Command::new("umount").arg("--lazy").arg(at).status();
}

#[test]
fn a_full_disk() {
    // Logs and database lie on it, files do not.
    let mut daemon = Daemon::new(FILES, &["--disable_watchdog"]);
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Tmpfs::mount(folder.path().join("disk")) else {
        eprintln!("skipped: mounting a file system needs root");
        return;
    };
    fs::create_dir(disk.0.join("log")).unwrap();
    let at = |name: &str| disk.0.join(name).display().to_string();
    daemon.extra.extend([format!("--logger_path={}", at("log")), format!("--database_path={}", at("db"))]);
    let log = || fs::read_to_string(disk.0.join("log/osqueryd.results.log")).unwrap_or_default();
    daemon.put("a", "1");
    daemon.start();
    daemon.wait("the first row", || log().lines().count() == 1);
    let _ = fs::write(disk.0.join("filler"), vec![0; 4 << 20]);
    for file in ["b", "c"] {
        daemon.put(file, "22");
    }
    fs::remove_file(daemon.path("watch/a")).unwrap();
    daemon.wait("the trouble", || {
        daemon.read("stderr").contains("disk is full") || daemon.read("stderr").contains("takes no lines")
    });
    fs::remove_file(disk.0.join("filler")).unwrap();
    daemon.wait("all of it", || log().ends_with('\n') && replay(&log()) == rows(&daemon.path("watch")));
    assert_eq!(daemon.end(Signal::TERM), Some(0));
    assert_eq!(replay(&log()), rows(&daemon.path("watch")));
}
