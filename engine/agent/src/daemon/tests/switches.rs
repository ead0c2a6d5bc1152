//! Flags that change how the daemon works.

use super::*;

#[test]
fn decorators_can_be_switched_off() {
    let config = r#"{"schedule": {"q": {"query": "select 1", "interval": 10, "snapshot": true}},
        "decorators": {"load": ["select 'l' as at_load"], "always": ["select 'a' as at_each"], "interval": {"60": ["select 'i' as at_times"]}}}"#;
    for (disabled, expect) in [("false", 3), ("true", 0)] {
        let fixture = Fixture::new(config).with("disable_decorators", disabled);
        let mut daemon = fixture.start();
        fixture.at(&mut daemon, 0);
        let log = fixture.read("log/osqueryd.snapshots.log");
        assert_eq!(log.lines().count(), 1);
        let found = ["at_load", "at_each", "at_times"].iter().filter(|name| log.contains(**name)).count();
        assert_eq!(found, expect, "{log}");
    }
}

#[test]
fn memory_is_given_back_from_time_to_time() {
    for (reload, sql, expect) in [("30", "true", 2), ("30", "false", 0), ("0", "true", 0)] {
        let fixture = Fixture::new(FILES).with("schedule_reload", reload).with("schedule_reload_sql", sql);
        let mut daemon = fixture.start();
        // At the start the clock stands on a multiple.
        fixture.at(&mut daemon, 0);
        let before = daemon.lanes.generation;
        for second in [10, 20, 29, 30, 31, 40, 50, 60] {
            fixture.at(&mut daemon, second);
        }
        assert_eq!(daemon.lanes.generation - before, expect, "{reload} {sql}");
        assert_eq!(daemon.board.figures().schedule[0].performance.executions, 7, "queries go on");
    }
}

#[test]
fn it_is_told_when_queries_are_slowed() {
    let fixture = Fixture::new(FILES);
    let mut daemon = fixture.start();
    fixture.at(&mut daemon, 0);
    let told = || fixture.read("log/osqueryd.WARNING").matches("Queries together use more of a CPU").count();
    assert_eq!(told(), 0);
    for (second, expect) in [(10, 1), (20, 1), (3620, 2)] {
        // As if others had used all that queries may use at once, and the reserve too.
        let pace = Arc::clone(daemon.shared.pace.as_ref().unwrap());
        while pace.used(Duration::from_millis(10), Instant::now(), plumb_sql::Asker::Short).is_zero() {}
        fixture.at(&mut daemon, second);
        assert_eq!(told(), expect, "{second}");
    }
}
