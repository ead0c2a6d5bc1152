//! Numeric monitoring of whole runs.

use super::*;
use plumb_schema::Agent;

#[test]
fn numbers_about_runs() {
    let config = r#"{"schedule": {"one": {"query": "select 1 as one", "interval": 10}, "bad": {"query": "select nope", "interval": 20}},
        "packs": {"p": {"oncall": "sec", "queries": {"s": {"query": "select 2", "interval": 30, "snapshot": true}}}}}"#;
    let numbers = tempfile::tempdir().unwrap();
    let path = numbers.path().join("n.log");
    let fixture = Fixture::new(config)
        .with("enable_numeric_monitoring", "true")
        .with("numeric_monitoring_filesystem_path", path.to_str().unwrap());
    let mut daemon = fixture.start();
    // path => values at seconds after midnight
    let read = || {
        let mut all: BTreeMap<String, Vec<(i64, u64)>> = BTreeMap::new();
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let [path, value, micros] = *line.split('\t').collect::<Vec<_>>() else { panic!("{line}") };
            let second = micros.parse::<i64>().unwrap().div_euclid(1_000_000) - MIDNIGHT;
            all.entry(path.to_owned()).or_default().push((second, value.parse().unwrap()));
        }
        all
    };
    for second in [0, 10, 20, 30] {
        fixture.at(&mut daemon, second);
    }
    let all = read();
    assert_eq!(all["scheduler.query.main.bad.status.failure"], [(0, 1), (20, 1)]);
    assert!(!all.contains_key("scheduler.query.main.bad.status.success"));
    assert_eq!(all["scheduler.query.p.s.status.success"], [(0, 1), (30, 1)]);
    assert_eq!(
        all["scheduler.query.main.one.status.success"].iter().map(|at| at.0).collect::<Vec<_>>(),
        [0, 10, 20, 30]
    );
    // Each cost twice, under five names.
    for name in [
        "scheduler.pack.p",
        "scheduler.global.query.p.s",
        "scheduler.assigned.query.sec.p.s",
        "scheduler.owners.sec",
        "scheduler.query.<DEVICE_HOSTNAME_SCHEME>.p.s",
    ] {
        let times: Vec<i64> = all[&format!("{name}.time.wall.millis")].iter().map(|at| at.0).collect();
        assert_eq!(times, [0, 0, 30, 30], "{name}");
    }
    let of_main = all["scheduler.owners.unknown.time.wall.millis"].len();
    assert_eq!(of_main, 2 * (4 + 2), "the queries of the plain schedule");
    // The first result of `one`, and both snapshots; they go out a minute after the first.
    assert!(!all.contains_key("query.total.count"));
    fixture.at(&mut daemon, 60);
    assert_eq!(read()["query.total.count"], [(30, 3)]);
    // What waits at the end goes out too.
    daemon.end();
    assert_eq!(read()["query.total.count"], [(30, 3), (60, 1)]);
}

#[test]
fn switched_by_the_configuration() {
    let plugin = |daemon: &Daemon| {
        let plugins = daemon.board.plugins();
        let numbers = plugins.iter().find(|plugin| plugin.registry == "numeric_monitoring").unwrap();
        (numbers.name.clone(), numbers.active)
    };
    let mut fixture = Fixture::new(FILES);
    fixture.flags.push(("config_refresh", "5".to_owned()));
    let mut daemon = fixture.start();
    let path = fixture.folder.path().join("n.log");
    fixture.at(&mut daemon, 0);
    assert_eq!(plugin(&daemon), ("filesystem".to_owned(), true));
    let on = format!(
        r#""options": {{"enable_numeric_monitoring": true, "numeric_monitoring_filesystem_path": "{}"}}"#,
        path.display()
    );
    fixture.write("c.conf", &FILES.replacen('{', &format!("{{{on}, "), 1));
    fixture.at(&mut daemon, 5);
    fixture.at(&mut daemon, 10);
    assert!(fixture.read("n.log").contains("scheduler.query.main.files.status.success\t1\t"));
    let long = fixture.read("n.log").len();
    fixture.write("c.conf", &FILES.replacen('{', r#"{"options": {"enable_numeric_monitoring": false}, "#, 1));
    fixture.at(&mut daemon, 15);
    fixture.at(&mut daemon, 20);
    assert_eq!(fixture.read("n.log").len(), long);
}
