//! The daemon as a program: its two processes, what they do at signals, and how they end.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::unwrap_used, clippy::print_stderr)]

mod house;

use house::{House, eventually, lives, parent, send, status_of};
use rustix::process::Signal;
use std::os::unix::net::UnixDatagram;

#[test]
fn two_processes_that_end_in_order() {
    for signal in [Signal::TERM, Signal::INT, Signal::USR1] {
        let mut house = House::new();
        house.start(&[]);
        let (watcher, worker) = (house.pid(), house.worker());
        assert_eq!(parent(worker), watcher);
        assert_eq!(house.pidfile(), Some(watcher.to_string()));
        house.said(&format!("osquery worker initialized [watcher={watcher}]"));
        send(watcher, signal);
        assert_eq!(house.end(), Some(0), "{signal:?}");
        assert!(!lives(worker));
        assert_eq!(house.pidfile(), None);
    }
}

#[test]
fn the_watcher_is_small() {
    let mut house = House::new();
    house.start(&[]);
    house.worker();
    // Tables, functions and a store would be some MiB of its own.
    let own = status_of(house.pid(), "RssAnon");
    assert!(own < 2048, "{own} KiB");
}

#[test]
fn a_worker_that_is_killed_is_replaced_and_logs_on() {
    let mut house = House::new();
    house.start(&["--watchdog_max_delay=0"]);
    let first = house.worker();
    let before = house.eventually_results(1);
    send(first, Signal::KILL);
    let second = eventually("another worker", || house.worker_now().filter(|&worker| worker != first));
    assert_eq!(parent(second), house.pid());
    house.eventually_results(before + 1);
}

#[test]
fn the_logs_have_what_the_watcher_says() {
    let mut house = House::new();
    house.start(&["--watchdog_max_delay=0"]);
    let first = house.worker();
    house.ready();
    send(first, Signal::KILL);
    let second = eventually("another worker", || house.worker_now().filter(|&worker| worker != first));
    let lines = |level: &str, part: &str| {
        let text = std::fs::read_to_string(house.path(&format!("log/osqueryd.{level}"))).unwrap_or_default();
        text.lines().filter(|line| line.contains(part)).map(str::to_owned).collect::<Vec<_>>()
    };
    let executing = format!("osqueryd watcher ({}) executing worker ({second})", house.pid());
    eventually("the watcher's line", || (lines("INFO", &executing).len() == 1).then_some(()));
    let ended = lines("WARNING", &format!("osqueryd worker ({first}) ended after"));
    let info = lines("INFO", &format!("osqueryd worker ({first}) ended"));
    assert_eq!(ended.len() + info.len(), if ended.is_empty() { 1 } else { 2 }, "{ended:?} {info:?}");
    // The line of standard error, with its thread and place.
    let said = std::fs::read_to_string(house.path("said")).unwrap();
    let same = said.lines().filter(|line| line.contains(&executing)).collect::<Vec<_>>();
    assert_eq!(same.len(), 1, "once on standard error too");
    let behind_time = |line: &str| line["I1123 03:56:56.083395".len()..].to_owned();
    assert_eq!(behind_time(&lines("INFO", &executing)[0]), behind_time(same[0]));
}

#[test]
fn the_query_is_denied_for_which_a_worker_was_stopped() {
    let mut house = House::new();
    let hog = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";
    house.write("conf", &format!(r#"{{"schedule": {{"hog": {{"query": "{hog}", "interval": 1}}}}}}"#));
    house.start(&["--watchdog_max_delay=0"]);
    house.said("Executing scheduled query hog");
    let first = house.worker();
    send(first, Signal::USR1);
    let second = eventually("another worker", || house.worker_now().filter(|&worker| worker != first));
    house.said("Scheduled query may have failed: hog");
    send(second, Signal::TERM);
    eventually("a third worker", || house.worker_now().filter(|&worker| worker != first && worker != second));
    assert_eq!(house.count("Executing scheduled query hog"), 1);
}

#[test]
fn a_worker_ends_with_its_watcher() {
    let mut house = House::new();
    house.start(&[]);
    let worker = house.worker();
    house.ready();
    send(house.pid(), Signal::KILL);
    assert_eq!(house.end(), None);
    eventually("the end of the worker", || (!lives(worker)).then_some(()));
    // What was left behind keeps nobody from starting.
    assert!(house.pidfile().is_some());
    house.start(&[]);
    assert_ne!(house.worker(), worker);
    assert_eq!(house.pidfile(), Some(house.pid().to_string()));
}

#[test]
fn one_at_a_time() {
    let mut house = House::new();
    house.start(&[]);
    house.ready();
    let second = house.command(&[]).output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains("] osqueryd Pidfile check failed: Pidfile::Error::Busy\n"), "{said}");
    let first = house.worker();
    house.take_place(&["--force"]);
    assert!(!lives(first));
}

#[test]
fn in_the_background() {
    let mut house = House::new();
    house.start(&["--daemonize"]);
    assert_eq!(house.end(), Some(0), "the one that was started leaves");
    let daemon: u32 = eventually("the pidfile", || house.pidfile()?.parse().ok());
    house.ready();
    assert!(lives(daemon));
    send(daemon, Signal::TERM);
    eventually("its end", || (!lives(daemon) && house.pidfile().is_none()).then_some(()));
}

#[test]
fn codes() {
    for (flags, code) in [
        (&["--logger_plugin=nope"][..], Some(78)),
        (&["--logger_path=/no/such/place"], Some(78)),
        (&["--schedule_timeout=1"], Some(0)),
        (&["--schedule_timeout=1", "--disable_watchdog"], Some(0)),
        (&["--logger_plugin=nope", "--disable_watchdog"], Some(78)),
    ] {
        let mut house = House::new();
        house.start(flags);
        assert_eq!(house.end(), code, "{flags:?}");
        assert_eq!(house.pidfile(), None, "{flags:?}");
    }
}

#[test]
fn the_service_manager_is_told() {
    for alone in [false, true] {
        let mut house = House::new();
        let manager = UnixDatagram::bind(house.path("notify")).unwrap();
        manager.set_read_timeout(Some(house::DEADLINE)).unwrap();
        let socket = house.path("notify").display().to_string();
        let alone: &[&str] = if alone { &["--disable_watchdog"] } else { &[] };
        house.start_with(alone, &[("NOTIFY_SOCKET", &socket), ("WATCHDOG_USEC", "400000")]);
        let mut told = String::new();
        let mut until = |part: &str| {
            while !told.contains(part) {
                let mut bytes = [0; 512];
                let length = manager.recv(&mut bytes).unwrap();
                told.push_str(&String::from_utf8_lossy(&bytes[..length]));
            }
            told.clear();
        };
        until("READY=1\n");
        until("WATCHDOG=1\n");
        until("WATCHDOG=1\n");
        send(house.pid(), Signal::TERM);
        until("STOPPING=1\n");
        assert_eq!(house.end(), Some(0));
    }
}
