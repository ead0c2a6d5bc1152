//! Numeric monitoring, as a system that draws curves would read it.

use super::*;

/// The costs of which the system has told since the thread began; those of the disk may be left out.
const COSTS: [&str; 8] = [
    "rss.max.kb",
    "rss.increase.kb",
    "input.load",
    "output.load",
    "time.user.millis",
    "time.system.millis",
    "time.total.millis",
    "time.wall.millis",
];

#[test]
fn of_a_watched_daemon() {
    let config = r#"{"schedule": {"busy": {"query": "with recursive n(i) as (select 1 union all select i + 1 from n where i < 200000) select max(i) from n", "interval": 1},
        "bad": {"query": "select nope", "interval": 1}}, "packs": {"p": {"oncall": "sec", "queries": {"s": {"query": "select 1", "interval": 1, "snapshot": true}}}}}"#;
    let mut daemon =
        Daemon::new(config, &["--enable_numeric_monitoring", "--numeric_monitoring_pre_aggregation_time=1"]);
    daemon.extra.push(format!("--numeric_monitoring_filesystem_path={}", daemon.path("n.log").display()));
    // The clock that the daemon reads too. That of a file's times is behind it, by a tick of the kernel.
    let micros = || std::time::UNIX_EPOCH.elapsed().unwrap().as_micros();
    let before = micros();
    daemon.start();
    let whole = |path: &str, times: usize| {
        daemon.read("n.log").lines().filter(|line| line.starts_with(&format!("{path}\t"))).count() >= times
    };
    for path in [
        "scheduler.query.main.busy.status.success",
        "scheduler.query.main.bad.status.failure",
        "scheduler.query.p.s.status.success",
        "query.total.count",
    ] {
        daemon.wait(path, || whole(path, 2));
    }
    assert_eq!(daemon.end(Signal::TERM), Some(0));
    let text = daemon.read("n.log");
    let after = micros();
    let mut of_one = Vec::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [path, value, time] = fields[..] else { panic!("{line}") };
        assert!(value.bytes().all(|byte| byte.is_ascii_digit()), "{line}");
        assert!((before..=after).contains(&time.parse().unwrap()), "{line} between {before} and {after}");
        if let Some(cost) = path.strip_prefix("scheduler.assigned.query.sec.p.s.") {
            assert!(COSTS.contains(&cost), "{line}");
            of_one.push((cost, value));
        }
    }
    // Each stands twice, least value and sum, one after the other.
    assert!(of_one.len() >= 8 && of_one.chunks(2).all(|pair| pair[0] == pair[1]), "{of_one:?}");
    let most = |path: &str| {
        let values = text.lines().filter_map(|line| line.strip_prefix(path)?.split('\t').nth(1)?.parse::<u64>().ok());
        values.max()
    };
    assert!(most("scheduler.global.query.main.busy.time.total.millis") > Some(0));
    assert!(most("scheduler.owners.unknown.rss.max.kb") > Some(1024));
}

#[test]
fn a_file_that_cannot_be() {
    let daemon = Daemon::new("{}", &["--disable_watchdog", "--enable_numeric_monitoring"]);
    for (flag, expect) in [
        (
            "--numeric_monitoring_filesystem_path=/nowhere/n.log",
            "Could not open file /nowhere/n.log for numeric monitoring logs",
        ),
        (
            "--numeric_monitoring_plugins=nope",
            "Cannot activate nope numeric_monitoring plugin: Unknown registry plugin: nope",
        ),
    ] {
        assert_eq!(daemon.command().arg(flag).status().unwrap().code(), Some(78), "{flag}");
        assert!(daemon.read("stderr").contains(expect), "{}", daemon.read("stderr"));
    }
}
