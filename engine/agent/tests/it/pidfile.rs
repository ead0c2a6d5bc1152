//! The pidfile between processes.

use crate::lab::{Process, actor};
use plumb_agent::process::{Pidfile, PidfileError};
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;

#[test]
fn a_second_instance_is_refused() {
    let mut first = Process::start("holder", |_| ());
    let (pid, path) = (first.child.id(), first.file("pidfile"));
    first.line("holding", &pid.to_string());
    for force in [false, true] {
        // By force only daemons are ended, and this one is not called so.
        let error = Pidfile::take(&path, force).unwrap_err();
        assert!(matches!(error, PidfileError::Busy { pid: Some(holder) } if holder == pid), "{error:?}");
    }
    assert!(first.child.try_wait().unwrap().is_none());
    first.child.kill().unwrap();
    first.end();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), pid.to_string(), "it had no time to remove it");
    drop(Pidfile::take(&path, false).unwrap());
    assert!(!path.exists());
}

#[test]
fn force_ends_a_daemon() {
    let program = tempfile::tempdir().unwrap();
    let name = program.path().join("osqueryd-old");
    symlink(std::env::current_exe().unwrap(), &name).unwrap();
    let mut first = Process::start("holder", |command| {
        let folder = command.get_envs().find(|(name, _)| *name == crate::role::FOLDER).unwrap().1.unwrap().to_owned();
        *command = actor(&name, "holder", folder.as_ref());
    });
    first.line("holding", &first.child.id().to_string());
    let reap = std::thread::scope(|scope| {
        let path = first.file("pidfile");
        let taken = scope.spawn(move || Pidfile::take(&path, true));
        let ended = first.end();
        (taken.join().unwrap(), ended)
    });
    assert_eq!(reap.1.signal(), Some(15));
    assert_eq!(std::fs::read_to_string(first.file("pidfile")).unwrap(), std::process::id().to_string());
    drop(reap.0.unwrap());
}
