//! Files and directories of the daemon: whether they are there, who may change them, and whether there is space.

use super::Exam;
use plumb_agent::flags::os_text;
use rustix::fs::{Access, StatVfsMountFlags, access, statvfs};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// With less space than this the daemon soon cannot write, and with less than that it should be looked after.
const LEAST: u64 = 16 << 20;
const SPARE: u64 = 256 << 20;

pub(super) fn look(exam: &mut Exam<'_>) {
    let flags = exam.flags;
    let path = |name: &str| PathBuf::from(flags.text(name));
    trusted(exam, "config", &path("config_path"));
    for file in flags.list("flagfile") {
        trusted(exam, "flagfile", Path::new(file));
    }
    if !flags.bool("disable_database") {
        database(exam, &path("database_path"));
    }
    if !flags.bool("disable_logging") && flags.list("logger_plugin").any(|name| name == "filesystem") {
        logs(exam, &path("logger_path"));
    }
    if !flags.bool("ephemeral") {
        holds(exam, "pidfile", &path("pidfile"));
    }
    if !flags.bool("disable_extensions") {
        holds(exam, "socket", &path("extensions_socket"));
    }
}

/// Whether only the administrator can change what the daemon obeys.
fn trusted(exam: &mut Exam<'_>, subject: &'static str, path: &Path) {
    let Ok(found) = fs::metadata(path) else { return };
    let own = rustix::process::geteuid().as_raw();
    let name = path.display();
    if found.uid() != 0 && found.uid() != own {
        let text = format!("{name} belongs to user {}, who so commands the agent", found.uid());
        exam.warn(subject, text, format!("chown root {name}"));
    }
    if found.mode() & 0o022 != 0 {
        let text = format!("{name} can be changed by others (mode {:04o})", found.mode() & 0o7777);
        exam.warn(subject, text, format!("chmod go-w {name}"));
    }
    if let Some(directory) = path.canonicalize().ok().as_deref().and_then(open_to_others) {
        let text = format!("{name} can be replaced by others: so can everything in {}", directory.display());
        exam.warn(subject, text, format!("chmod go-w {}", directory.display()));
    }
}

/// The directory above a file in which others may rename and remove.
fn open_to_others(path: &Path) -> Option<PathBuf> {
    let is_open = |directory: &&Path| {
        fs::metadata(directory).is_ok_and(|found| {
            let sticky = found.mode() & 0o1000 != 0;
            found.mode() & 0o022 != 0 && !sticky
        })
    };
    path.ancestors().skip(1).find(is_open).map(Path::to_owned)
}

fn database(exam: &mut Exam<'_>, path: &Path) {
    let name = path.display();
    match fs::metadata(path) {
        Ok(found) if !found.is_dir() => {
            exam.fail("database", format!("{name} is no directory"), "remove it, or set --database_path");
            return;
        }
        Ok(found) if found.mode() & 0o077 != 0 => {
            let text = format!("{name} is open to others (mode {:04o}), and results are in it", found.mode() & 0o7777);
            exam.warn("database", text, format!("chmod 0700 {name}"));
        }
        _ => {}
    }
    if writable(exam, "database", path) {
        space(exam, "database", path);
    }
}

fn logs(exam: &mut Exam<'_>, path: &Path) {
    let name = path.display();
    match fs::metadata(path) {
        Err(error) => {
            let text = format!("{name}: {}; the filesystem logger cannot start", os_text(&error));
            exam.fail("logs", text, format!("mkdir -p {name}, or set --logger_path"));
            return;
        }
        Ok(found) if !found.is_dir() => {
            exam.fail("logs", format!("{name} is no directory"), "remove it, or set --logger_path");
            return;
        }
        Ok(found) if found.mode() & 0o022 != 0 => {
            let text = format!("{name} can be changed by others (mode {:04o})", found.mode() & 0o7777);
            exam.warn("logs", text, format!("chmod go-w {name}"));
        }
        Ok(_) => {}
    }
    if writable(exam, "logs", path) {
        space(exam, "logs", path);
    }
}

/// The directory of a file that the daemon makes.
fn holds(exam: &mut Exam<'_>, subject: &'static str, path: &Path) {
    let flags = exam.flags;
    let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) else { return };
    match fs::metadata(directory) {
        Ok(found) if !found.is_dir() => {
            let text = format!("{} is no directory", directory.display());
            exam.fail(subject, text, format!("remove it, or set another path than {}", path.display()));
        }
        // The store comes first, and makes the directories above it.
        Err(_) if !flags.bool("disable_database") && Path::new(flags.text("database_path")).starts_with(directory) => {
            exam.ok(subject, format!("{}, will be made", path.display()));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = format!("there is no directory {}", directory.display());
            exam.fail(subject, text, format!("mkdir -p {}", directory.display()));
        }
        _ => {
            if writable(exam, subject, directory) {
                exam.ok(subject, path.display().to_string());
            }
        }
    }
}

/// Whether the daemon may write into a directory, or make it.
fn writable(exam: &mut Exam<'_>, subject: &'static str, path: &Path) -> bool {
    let there = path.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(path);
    match access(there, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => true,
        Err(error) => {
            let text = format!("cannot write into {}: {}", there.display(), os_text(&error.into()));
            exam.fail(subject, text, "run it as root, or let this user write there");
            false
        }
    }
}

fn space(exam: &mut Exam<'_>, subject: &'static str, path: &Path) {
    let there = path.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(path);
    let Ok(disk) = statvfs(there) else { return };
    let name = path.display();
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let mebibytes = free >> 20;
    let remedy = "make room, or let it lie on another disk";
    // File systems without a fixed number of inodes say 0 of 0.
    let no_inodes = disk.f_files > 0 && disk.f_favail == 0;
    if disk.f_flag.contains(StatVfsMountFlags::RDONLY) {
        exam.fail(subject, format!("{name} lies on a disk that is mounted read-only"), "mount it writable");
    } else if free < LEAST || no_inodes {
        let what = if no_inodes { "no inodes" } else { "almost no space" };
        exam.fail(subject, format!("{name}: {what} left ({mebibytes} MiB)"), remedy);
    } else if free < SPARE {
        exam.warn(subject, format!("{name}: {mebibytes} MiB left"), remedy);
    } else {
        let made = if there == path { "" } else { ", will be made" };
        exam.ok(subject, format!("{name}: {mebibytes} MiB left{made}"));
    }
}
