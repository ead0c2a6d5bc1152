//! The unit file: systemd understands every line of it, and it agrees with the program.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::unwrap_used, reason = "asks systemd")]

use plumb_agent::flags::Flags;
use plumb_agent::watch::{CATASTROPHIC, Limits};
use std::process::Command;

const UNIT: &str = include_str!("../../plumbd.service");

/// What systemd says about a unit; `None` where there is no systemd.
fn complaints(unit: &str) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plumbd.service");
    // The program need not be installed for this.
    std::fs::write(&path, unit.replace("/usr/bin/plumbd", "/bin/true")).unwrap();
    let said = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&path).output().ok()?;
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    Some(text.lines().filter(|line| line.contains("plumbd")).map(str::to_owned).collect())
}

#[test]
fn systemd_understands_it() {
    let Some(found) = complaints(UNIT) else {
        eprintln!("skipped: there is no systemd-analyze");
        return;
    };
    assert_eq!(found, [""; 0]);
    let wrong = complaints(&UNIT.replace("ProtectSystem=", "ProtectSytem=")).unwrap();
    assert!(wrong.iter().any(|line| line.contains("ProtectSytem")), "{wrong:?}");
}

#[test]
fn it_agrees_with_the_program() {
    let value = |key: &str| UNIT.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap();
    let limits = Limits::of(&Flags::default());
    assert!(value("TimeoutStopSec").parse::<u64>().unwrap() > limits.alarm.as_secs());
    assert_eq!(value("RestartPreventExitStatus"), CATASTROPHIC.to_string());
    assert_eq!(value("Nice"), "10");
    assert_eq!((value("Type"), value("NotifyAccess"), value("KillMode")), ("notify", "all", "mixed"));
    assert!(value("WatchdogSec").parse::<u64>().unwrap() > 6, "the watchdog looks around every 3 s");
    // What the daemon writes to by default is not under a directory that the unit makes read-only.
    for name in ["database_path", "logger_path", "pidfile", "extensions_socket"] {
        let flags = Flags::default();
        let path = flags.text(name);
        assert!(["/var/", "/run/"].iter().any(|writable| path.starts_with(writable)), "{path}");
    }
}
