//! What surrounds the daemon: who runs it, other agents, the clock, and limits of resources.

use super::Exam;
use rustix::process::{Resource, getrlimit};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Open files that a daemon should be allowed.
const FILES: u64 = 1024;

/// A clock that says it is earlier than this program is wrong: 2024-01-01.
const EARLIEST: u64 = 1_704_067_200;

/// What a worker needs at least, however little it is asked.
const WORKER: u64 = 32 << 20;

pub(super) fn look(exam: &mut Exam<'_>) {
    user(exam);
    others(exam);
    clock(exam);
    limits(exam);
    memory(exam);
}

fn user(exam: &mut Exam<'_>) {
    if rustix::process::geteuid().is_root() {
        exam.ok("user", "root");
    } else {
        let text = "not root: what other users' processes and files are will stay unknown";
        exam.warn("user", text, "run it, and this check, as root");
    }
}

/// Other agents of this kind: they share the pidfile, the store and the socket unless told otherwise.
fn others(exam: &mut Exam<'_>) {
    let (own, parent) = (std::process::id(), rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get()));
    let mut found: Vec<(u32, String)> = Vec::new();
    for entry in std::fs::read_dir(exam.system("/proc")).into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let name = exam.read(&format!("/proc/{pid}/comm")).unwrap_or_default();
        let is_agent = ["osqueryd", "plumbd"].iter().any(|agent| name.starts_with(agent));
        if is_agent && pid != own && i64::from(pid) != parent.map_or(0, i64::from) {
            found.push((pid, name));
        }
    }
    found.sort_unstable();
    if found.is_empty() {
        exam.ok("agents", "no other agent runs");
    }
    let held =
        std::fs::read_to_string(exam.flags.text("pidfile")).ok().and_then(|text| text.trim().parse::<u32>().ok());
    for (pid, name) in found {
        if held == Some(pid) {
            exam.ok("agents", format!("{name} runs already, as process {pid}, and holds the pidfile"));
        } else {
            let remedy = "stop it, unless it has a pidfile, a database and a socket of its own; a watched agent is two processes";
            exam.warn("agents", format!("{name} runs, as process {pid}"), remedy);
        }
    }
}

fn clock(exam: &mut Exam<'_>) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    if now < Duration::from_secs(EARLIEST) {
        exam.fail(
            "clock",
            "the clock stands before this program was made",
            "set it; chrony or systemd-timesyncd keep it right",
        );
    } else {
        exam.ok("clock", jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S UTC").to_string());
    }
    if let Err(error) = jiff::tz::TimeZone::try_system() {
        exam.warn(
            "clock",
            format!("no time zone: {error}"),
            "link /etc/localtime to a zone; times are given in UTC meanwhile",
        );
    }
}

fn limits(exam: &mut Exam<'_>) {
    match getrlimit(Resource::Nofile).current {
        Some(files) if files < FILES => {
            let remedy = format!("ulimit -n {FILES}, or LimitNOFILE={FILES} in the unit");
            exam.warn("limits", format!("only {files} files can be open at a time"), remedy);
        }
        _ => exam.ok("limits", "enough files can be open at a time"),
    }
}

/// Whether the watchdog acts before the kernel does.
fn memory(exam: &mut Exam<'_>) {
    let flags = exam.flags;
    if flags.bool("disable_watchdog") {
        exam.warn(
            "watchdog",
            "off: nothing holds the agent to limits, nor starts it again",
            "leave out --disable_watchdog",
        );
        return;
    }
    let Some(limit) = plumb_agent::watch::Limits::of(flags).memory else {
        exam.ok("watchdog", "without a limit of memory");
        return;
    };
    let mebibytes = limit >> 20;
    if limit < WORKER {
        let text = format!("the worker may have {mebibytes} MiB, and will be stopped again and again");
        exam.warn("watchdog", text, format!("--watchdog_memory_limit={} or more", WORKER >> 20));
    } else if let Some(most) = group_memory(exam).filter(|&most| most < limit) {
        let text = format!("the control group may have {} MiB, less than the watchdog's {mebibytes}", most >> 20);
        exam.warn(
            "watchdog",
            text,
            "raise MemoryMax, or lower --watchdog_memory_limit: the kernel kills without a word",
        );
    } else {
        exam.ok("watchdog", format!("the worker may have {mebibytes} MiB"));
    }
}

/// The least `memory.max` of the control group that this process is in, and of those above it.
fn group_memory(exam: &Exam<'_>) -> Option<u64> {
    let groups = exam.read("/proc/self/cgroup")?;
    let mut group = groups.lines().find_map(|line| line.strip_prefix("0::"))?.trim_end_matches('/');
    let mut least = None;
    loop {
        let limit = exam.read(&format!("/sys/fs/cgroup{group}/memory.max")).and_then(|text| text.parse::<u64>().ok());
        least = match (least, limit) {
            (Some(least), Some(limit)) => Some(std::cmp::min::<u64>(least, limit)),
            (least, limit) => least.or(limit),
        };
        match group.rsplit_once('/') {
            Some((above, _)) => group = above,
            None => return least,
        }
    }
}
