//! The watchdog and its workers.

use crate::lab::{Process, eventually, lines, lives, pid};
use crate::role::FLAGS;
use rustix::process::{Signal, getpriority_process, kill_process};
use std::os::unix::net::UnixDatagram;

/// A watcher whose workers do what `rest` says.
fn watcher(rest: &str, flags: &str) -> Process {
    Process::start(&format!("watcher {rest}"), |command| {
        command.env(FLAGS, flags);
    })
}

/// Restarts wait no longer than the second that is the least.
const QUICK: &str = "watchdog_max_delay=0";

#[test]
fn a_worker_is_what_it_should_be() {
    let daemon = watcher("idle", QUICK);
    let (own, worker) = (daemon.child.id(), daemon.worker(1));
    daemon.line("workers", &format!("{worker} {own} --some words"));
    daemon.line("said", &format!("Info osqueryd watcher ({own}) executing worker ({worker})"));
    let read = |file: &str| std::fs::read(format!("/proc/{worker}/{file}")).unwrap();
    assert!(read("cmdline").starts_with(b"osqueryd\0"));
    let variable = format!("OSQUERY_WORKER={own}");
    assert!(read("environ").split(|&byte| byte == 0).any(|entry| entry == variable.as_bytes()));
    assert_eq!(group_and_session(worker), group_and_session(own));
    assert_eq!(getpriority_process(Some(pid(worker))).unwrap(), 10);
}

/// The process group and the session of a process, as proc(5) tells them. Both are 0 where the leader is outside of the
/// namespace of processes, as in a container that something outside has entered: no system call's wrapper takes that.
fn group_and_session(pid: u32) -> [i64; 2] {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let after_name = text.rsplit_once(") ").unwrap().1;
    let mut fields = after_name.split(' ').skip(2).map(|field| field.parse().unwrap());
    [fields.next().unwrap(), fields.next().unwrap()]
}

#[test]
fn a_worker_that_ends_is_started_again() {
    for (signal, how) in [(Signal::KILL, "signal: 9"), (Signal::TERM, "exit status: 0")] {
        let daemon = watcher("idle", QUICK);
        let first = daemon.worker(1);
        kill_process(pid(first), signal).unwrap();
        assert!(daemon.line("said", &format!("worker ({first}) ended")).contains(how));
        let second = daemon.worker(2);
        assert_ne!(first, second);
        daemon.line("said", &format!("executing worker ({second})"));
        assert!(lives(second) && !lives(first));
    }
}

/// The loggers of workers get what the watcher says, and no line is lost between two workers.
#[test]
fn workers_log_what_the_watcher_says() {
    for rest in ["idle", "shut"] {
        let daemon = watcher(rest, QUICK);
        let first = daemon.worker(1);
        kill_process(pid(first), Signal::KILL).unwrap();
        let second = daemon.worker(2);
        daemon.line("relayed", &format!("executing worker ({second})"));
        let relayed = lines(&daemon.file("relayed"));
        let said = lines(&daemon.file("said"));
        assert!(said.iter().any(|line| line.contains(&format!("worker ({first}) ended"))));
        // A line may come twice, when the first worker died before it could answer.
        let mut unique = relayed.clone();
        unique.dedup();
        let expect: Vec<&String> = said.iter().filter(|line| !line.contains("hears no more")).collect();
        assert_eq!(unique.iter().collect::<Vec<_>>(), expect, "{relayed:?}");
    }
}

#[test]
fn a_worker_with_too_much_memory_is_stopped() {
    // The delay is of no matter to a worker that hears, however long a busy machine lets it wait.
    let flags = "watchdog_memory_limit=60 watchdog_delay=0 watchdog_forced_shutdown_delay=60";
    let daemon = watcher("hog", flags);
    let first = daemon.worker(1);
    let line = daemon.line("said", &format!("Warning osqueryd worker ({first}) stopping: Memory limits exceeded: "));
    assert!(line.ends_with(" bytes (limit is 60MB)"), "{line}");
    daemon.line("heard", "Exceeded");
    daemon.worker(2);
    assert!(!lines(&daemon.file("said")).iter().any(|line| line.contains("does not stop")));
}

#[test]
fn a_worker_that_does_not_stop_is_killed() {
    let flags = "watchdog_memory_limit=60 watchdog_delay=0 watchdog_forced_shutdown_delay=1";
    let daemon = watcher("hog deaf", flags);
    let first = daemon.worker(1);
    daemon.line("said", &format!("Warning osqueryd worker ({first}) does not stop: it is killed"));
    assert!(daemon.line("said", &format!("worker ({first}) ended")).contains("signal: 9"));
    assert_ne!(daemon.worker(2), first);
}

#[test]
fn a_worker_with_too_much_cpu_is_stopped() {
    let daemon = watcher("spin", "watchdog_utilization_limit=1 watchdog_latency_limit=1 watchdog_delay=0");
    let first = daemon.worker(1);
    let line = daemon.line("said", &format!("worker ({first}) stopping: CPU utilization limits exceeded: "));
    assert!(line.ends_with("(limit is 1%)"), "{line}");
    daemon.worker(2);
}

#[test]
fn signals_end_it_in_order() {
    for (signal, name) in [(Signal::TERM, "Terminate"), (Signal::INT, "Interrupt"), (Signal::USR1, "Terminate")] {
        let mut daemon = watcher("idle", "");
        let worker = daemon.worker(1);
        daemon.send(signal);
        assert_eq!(daemon.end().code(), Some(0), "{name}");
        assert!(!lives(worker));
        assert_eq!(lines(&daemon.file("heard")), [name]);
    }
}

#[test]
fn a_worker_that_hangs_at_the_end_is_killed() {
    let mut daemon = watcher("deaf", "alarm_timeout=10");
    let worker = daemon.worker(1);
    daemon.send(Signal::TERM);
    daemon.line("heard", "Terminate");
    assert_eq!(daemon.end().code(), Some(1));
    assert!(!lives(worker));
}

#[test]
fn reload_reaches_the_worker() {
    let daemon = watcher("idle", "");
    let worker = daemon.worker(1);
    for _ in 0..2 {
        let before = lines(&daemon.file("heard")).len();
        daemon.send(Signal::HUP);
        eventually("the signal", || (lines(&daemon.file("heard")).len() > before).then_some(()));
    }
    assert_eq!(lines(&daemon.file("heard")), ["Reload", "Reload"]);
    assert!(lives(worker) && lines(&daemon.file("workers")).len() == 1);
}

#[test]
fn a_worker_ends_with_its_watcher() {
    for rest in ["idle", "deaf"] {
        let mut daemon = watcher(rest, "");
        let worker = daemon.worker(1);
        daemon.child.kill().unwrap();
        daemon.end();
        eventually("the end of the worker", || (!lives(worker)).then_some(()));
    }
}

#[test]
fn exit_codes_of_workers() {
    for (code, expect) in [(78, 78), (79, 0), (1, 1)] {
        let mut daemon = watcher(&format!("exit:{code}"), "");
        assert_eq!(daemon.end().code(), Some(expect), "{code}");
        assert_eq!(lines(&daemon.file("workers")).len(), 1);
    }
    let daemon = watcher("exit:101", QUICK);
    daemon.worker(3);
}

#[test]
fn the_service_manager_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    let mut daemon = Process::start("watcher idle", |command| {
        command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "200000");
    });
    let received = || {
        let mut bytes = [0; 256];
        let length = manager.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    for _ in 0..3 {
        assert_eq!(received(), "WATCHDOG=1\n");
    }
    daemon.worker(1);
    daemon.send(Signal::TERM);
    assert_eq!(daemon.end().code(), Some(0));
    while received() != "STOPPING=1\n" {}
}
