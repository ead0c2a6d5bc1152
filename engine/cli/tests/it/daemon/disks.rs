//! Disks that cannot be written: read-only, dying, full. Mounting needs root; without it these tests say that they are skipped.
#![allow(clippy::print_stderr, reason = "says what is skipped")]

use super::{Daemon, FILES, Signal, Tmpfs, fs, replay, rows, take_away};
use std::path::{Path, PathBuf};
use std::process::Command;

fn run(program: &str, args: &[&str], path: &Path) -> bool {
    Command::new(program).args(args).arg(path).status().is_ok_and(|status| status.success())
}

/// Says why a test does nothing.
fn skip<T>(disk: Option<T>) -> Option<T> {
    if disk.is_none() {
        eprintln!("skipped: mounting a file system needs root");
    }
    disk
}

fn flag(name: &str, path: PathBuf) -> String {
    format!("--{name}={}", path.display())
}

/// Logs of a daemon whose log lies elsewhere.
fn log(directory: &Path) -> String {
    fs::read_to_string(directory.join("osqueryd.results.log")).unwrap_or_default()
}

#[test]
fn a_read_only_database_from_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = skip(Tmpfs::mount(folder.path().join("disk"))) else { return };
    let mut daemon = Daemon::new(FILES, &["--disable_watchdog"]);
    daemon.extra.push(flag("database_path", disk.0.join("db")));
    daemon.put("a", "1");
    daemon.start();
    daemon.wait("the first row", || log(&daemon.path("log")).lines().count() == 1);
    assert_eq!(daemon.end(Signal::TERM), Some(0));
    assert!(run("mount", &["-o", "remount,ro"], &disk.0));
    daemon.put("b", "22");
    fs::rename(daemon.path("log"), daemon.path("old")).unwrap();
    fs::create_dir(daemon.path("log")).unwrap();
    // It remembers nothing, and logs all rows as the documentation says.
    daemon.start();
    daemon.wait("all rows", || {
        let log = log(&daemon.path("log"));
        log.ends_with('\n') && replay(&log) == rows(&daemon.path("watch"))
    });
    assert_eq!(daemon.end(Signal::TERM), Some(0));
    let said = daemon.read("stderr");
    assert_eq!(said.matches("remembers nothing").count(), 1, "{said}");
}

#[test]
fn a_log_directory_that_becomes_read_only() {
    let folder = tempfile::tempdir().unwrap();
    let Some(logs) = skip(Tmpfs::mount(folder.path().join("logs"))) else { return };
    let mut daemon = Daemon::new(FILES, &["--disable_watchdog"]);
    daemon.extra.push(flag("logger_path", logs.0.clone()));
    daemon.put("a", "1");
    daemon.start();
    daemon.wait("the first row", || log(&logs.0).lines().count() == 1);
    {
        // Another disk takes its place, on which nothing can be made.
        let _over = Tmpfs::mount(logs.0.clone()).unwrap();
        assert!(run("mount", &["-o", "remount,ro"], &logs.0));
        for (file, content) in [("b", "22"), ("c", "333")] {
            daemon.put(file, content);
            daemon.wait("the trouble", || daemon.read("stderr").contains("takes no lines"));
        }
        fs::remove_file(daemon.path("watch/a")).unwrap();
        let wanted = daemon.read("stderr").matches("takes no lines").count();
        assert_eq!(wanted, 1, "{}", daemon.read("stderr"));
    }
    daemon.wait("all of it", || {
        let log = log(&logs.0);
        log.ends_with('\n') && replay(&log) == rows(&daemon.path("watch"))
    });
    daemon.wait("the news", || daemon.read("stderr").contains("takes lines again: nothing was lost"));
    assert_eq!(daemon.end(Signal::TERM), Some(0));
    assert_eq!(replay(&log(&logs.0)), rows(&daemon.path("watch")));
}

/// A file system in a file, which is taken away at the end.
struct Image {
    folder: PathBuf,
    at: PathBuf,
}

impl Image {
    fn new(folder: &Path) -> Option<Self> {
        let image = Self { folder: folder.to_owned(), at: folder.join("disk") };
        let file = image.file("first");
        fs::File::create(&file).unwrap().set_len(16 << 20).unwrap();
        fs::create_dir(&image.at).unwrap();
        (run("mkfs.ext4", &["-q"], &file) && image.mount("first")).then_some(image)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn mount(&self, name: &str) -> bool {
        run("mount", &["-o", "loop", &self.file(name).display().to_string()], &self.at)
    }

    /// What was written lies on another disk now, as after a repair. It is no matter of unmounting and mounting the same one: the
    /// kernel keeps a dead file system, and gives it again, while any namespace of mounts on the machine still holds it.
    fn mend(&self) -> bool {
        take_away(&self.at);
        fs::copy(self.file("first"), self.file("second")).is_ok() && self.mount("second")
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        take_away(&self.at);
    }
}

#[test]
fn a_database_whose_disk_dies() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = skip(Image::new(folder.path())) else { return };
    let mut daemon = Daemon::new(FILES, &["--disable_watchdog"]);
    daemon.extra.extend([flag("database_path", disk.at.join("db")), "--schedule_lognames".to_owned()]);
    let log = |daemon: &Daemon| log(&daemon.path("log"));
    daemon.put("a", "1");
    daemon.start();
    daemon.wait("the first row", || log(&daemon).lines().count() == 1);
    daemon.put("b", "22");
    daemon.wait("the second row", || log(&daemon).lines().count() == 2);
    // A query that still runs is not asked again: at the next run all of this one is stored.
    let runs = |daemon: &Daemon| daemon.read("stderr").matches("Executing scheduled query files").count();
    let before = runs(&daemon);
    daemon.wait("another run", || runs(&daemon) > before);
    assert!(run("sync", &["-f"], &disk.at));
    // The kernel stops it as it does after an error: from now on nothing can be written.
    assert!(run("mount", &["-o", "remount,abort"], &disk.at));
    daemon.put("c", "333");
    daemon.wait("the trouble", || daemon.read("stderr").contains("the database: "));
    fs::remove_file(daemon.path("watch/a")).unwrap();
    // It goes on asking: what needs no database is logged.
    daemon.configure(
        r#"{"schedule": {"one": {"query": "select 1 as one", "interval": 1, "snapshot": true},
            "files": {"query": "select filename, size from file where directory = 'DIR/watch'", "interval": 1}}}"#,
    );
    daemon.signal(Signal::HUP);
    let snapshots = |daemon: &Daemon| daemon.read("log/osqueryd.snapshots.log").lines().count();
    daemon.wait("some runs", || snapshots(&daemon) >= 4);
    let said = daemon.read("stderr");
    assert_eq!(said.matches("Error executing scheduled query files").count(), 1, "{said}");
    assert_eq!(daemon.end(Signal::TERM), Some(0));
    assert!(disk.mend());
    daemon.start();
    daemon.wait("all of it", || {
        let log = log(&daemon);
        log.ends_with('\n') && replay(&log) == rows(&daemon.path("watch"))
    });
    assert_eq!(daemon.end(Signal::TERM), Some(0));
    assert_eq!(replay(&log(&daemon)), rows(&daemon.path("watch")));
}

#[test]
fn a_full_disk_for_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = skip(Tmpfs::mount(folder.path().join("disk"))) else { return };
    let mut daemon = Daemon::new(FILES, &["--disable_watchdog"]);
    daemon.extra.push(flag("database_path", disk.0.join("db")));
    let log = |daemon: &Daemon| log(&daemon.path("log"));
    daemon.put("a", "1");
    daemon.start();
    daemon.wait("the first row", || log(&daemon).lines().count() == 1);
    let _ = fs::write(disk.0.join("filler"), vec![0; 4 << 20]);
    // The write-ahead log is reused from its beginning at times: many changes need more room.
    for number in 0..40 {
        daemon.put(&format!("{number:0200}"), "22");
    }
    fs::remove_file(daemon.path("watch/a")).unwrap();
    daemon.wait("the trouble", || daemon.read("stderr").contains("the database: "));
    fs::remove_file(disk.0.join("filler")).unwrap();
    daemon.wait("all of it", || log(&daemon).ends_with('\n') && replay(&log(&daemon)) == rows(&daemon.path("watch")));
    let said = daemon.read("stderr");
    assert_eq!(said.matches("Error executing scheduled query files").count(), 1, "{said}");
    assert_eq!(daemon.end(Signal::TERM), Some(0));
    assert_eq!(replay(&log(&daemon)), rows(&daemon.path("watch")));
}
