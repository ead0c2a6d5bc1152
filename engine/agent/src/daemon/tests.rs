//! The whole daemon over real files, under a clock that the tests set.
#![allow(clippy::disallowed_methods, reason = "the tests' own files")]

use super::*;
use crate::differ;
use crate::flags::Origin;
use plumb_host::Rooted;
use std::sync::atomic::AtomicI64;

mod numbers;
mod switches;

/// 2026-11-23 00:00:00 UTC, which is a multiple of all intervals below.
const MIDNIGHT: i64 = 1_795_392_000;

struct Fixture {
    folder: tempfile::TempDir,
    clock: Arc<AtomicI64>,
    flags: Vec<(&'static str, String)>,
}

impl Fixture {
    fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["root/watch", "log"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let flags = vec![
            ("config_path", path("c.conf")),
            ("logger_path", path("log")),
            ("database_path", path("db")),
            ("logger_stderr", "false".to_owned()),
            ("schedule_splay_percent", "0".to_owned()),
            ("host_identifier", "specified".to_owned()),
            ("specified_identifier", "me".to_owned()),
        ];
        let fixture = Self { folder, clock: Arc::new(AtomicI64::new(MIDNIGHT)), flags };
        fixture.write("c.conf", config);
        fixture
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.flags.push((name, value.to_owned()));
        self
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    fn start(&self) -> Daemon {
        let mut flags = Flags::default();
        for (name, value) in &self.flags {
            flags.set(name, value, Origin::CommandLine).unwrap();
        }
        let host: Arc<dyn Host> = Arc::new(Rooted::open(self.folder.path().join("root")).unwrap());
        let clock = Arc::clone(&self.clock);
        let start = Start {
            flags,
            host,
            tables: plumb_tables::registry(),
            hub: Arc::new(Hub::new()),
            clock: Arc::new(move || clock.load(Ordering::SeqCst)),
            watcher: None,
        };
        Daemon::start(start).unwrap()
    }

    /// Lets the clock say so many seconds after midnight, and everything that is due happen.
    fn at(&self, daemon: &mut Daemon, second: i64) {
        self.clock.store(MIDNIGHT + second, Ordering::SeqCst);
        daemon.advance();
        daemon.settle();
    }

    /// `(seconds after midnight, name, counter, action, columns)` of each line of a log.
    fn lines(&self, log: &str) -> Vec<(i64, String, i64, String, String)> {
        let line = |line: &str| {
            let json: serde_json::Value = serde_json::from_str(line).expect(line);
            let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
            let rows = if json["columns"].is_object() { &json["columns"] } else { &json["snapshot"] };
            let time = json["unixTime"].as_i64().unwrap() - MIDNIGHT;
            assert_eq!(json["hostIdentifier"], "me");
            (time, text("name"), json["counter"].as_i64().unwrap(), text("action"), rows.to_string())
        };
        self.read(log).lines().map(line).collect()
    }

    fn results(&self) -> Vec<(i64, String, i64, String, String)> {
        self.lines("log/osqueryd.results.log")
    }

    /// `(seconds, columns)` of each snapshot of a query.
    fn snapshots(&self, name: &str) -> Vec<(i64, String)> {
        let lines = self.lines("log/osqueryd.snapshots.log");
        lines.into_iter().filter(|line| line.1 == name).map(|line| (line.0, line.4)).collect()
    }
}

fn expect(lines: Vec<(i64, String, i64, String, String)>, expect: &[(i64, &str, i64, &str, &str)]) {
    let lines: Vec<_> =
        lines.iter().map(|line| (line.0, line.1.as_str(), line.2, line.3.as_str(), line.4.as_str())).collect();
    assert_eq!(lines, expect);
}

const FILES: &str = r#"{"schedule": {"files": {"query": "select filename, size from file where directory = '/watch' order by 1", "interval": 10}}}"#;

#[test]
fn the_configuration_names_the_host() {
    let config = r#"{"options": {"specified_identifier": "me"}, "schedule": {"one": {"query": "select 1 one", "interval": 10}}}"#;
    let fixture = Fixture::new(config).with("specified_identifier", "not me");
    let mut daemon = fixture.start();
    fixture.at(&mut daemon, 0);
    // `lines` looks at the name.
    expect(fixture.results(), &[(0, "one", 0, "added", r#"{"one":"1"}"#)]);
}

#[test]
fn what_changes_is_logged_over_restarts_too() {
    let fixture = Fixture::new(FILES);
    fixture.write("root/watch/a", "1");
    fixture.write("root/watch/b", "22");
    let mut daemon = fixture.start();
    fixture.at(&mut daemon, 0);
    fixture.at(&mut daemon, 10);
    fixture.write("root/watch/a", "333");
    fixture.at(&mut daemon, 15);
    fixture.at(&mut daemon, 20);
    daemon.end();
    std::fs::remove_file(fixture.folder.path().join("root/watch/b")).unwrap();
    fixture.clock.store(MIDNIGHT + 29, Ordering::SeqCst);
    let mut daemon = fixture.start();
    fixture.at(&mut daemon, 29);
    fixture.at(&mut daemon, 30);
    fixture.at(&mut daemon, 40);
    expect(
        fixture.results(),
        &[
            (0, "files", 0, "added", r#"{"filename":"a","size":"1"}"#),
            (0, "files", 0, "added", r#"{"filename":"b","size":"2"}"#),
            (20, "files", 1, "removed", r#"{"filename":"a","size":"1"}"#),
            (20, "files", 1, "added", r#"{"filename":"a","size":"3"}"#),
            (30, "files", 2, "removed", r#"{"filename":"b","size":"2"}"#),
        ],
    );
    let info = daemon.board.figures().schedule[0].clone();
    // Twice the names and values of both rows, and so on: 12 + 9 each.
    assert_eq!(
        (info.performance.executions, info.performance.last_executed, info.performance.output_size),
        (5, MIDNIGHT + 40, 3 * 42 + 2 * 21)
    );
}

#[test]
fn formats() {
    let query = r#"{"schedule": {"q": {"query": "select 1 as n, 'x' as t where exists (select 1 from file where path = '/watch/on')", "interval": 5},
        "s": {"query": "select 1.5 as r", "interval": 10, "snapshot": true}}}"#;
    let fixture = Fixture::new(query).with("logger_event_type", "false").with("logger_numerics", "true");
    let mut daemon = fixture.start();
    fixture.at(&mut daemon, 0);
    fixture.write("root/watch/on", "");
    fixture.at(&mut daemon, 5);
    fixture.at(&mut daemon, 10);
    let tail = |time: i64, counter: i64| {
        format!(
            r#""name":"q","hostIdentifier":"me","calendarTime":"Mon Nov 23 00:00:0{time} 2026 UTC","unixTime":{},"epoch":0,"counter":{counter},"numerics":true}}"#,
            MIDNIGHT + time
        )
    };
    let expect = [
        format!(r#"{{"diffResults":{{"removed":[],"added":[]}},{}"#, tail(0, 0)),
        format!(r#"{{"diffResults":{{"removed":[],"added":[{{"n":1,"t":"x"}}]}},{}"#, tail(5, 1)),
    ];
    assert_eq!(fixture.read("log/osqueryd.results.log").lines().collect::<Vec<_>>(), expect);
    assert_eq!(fixture.snapshots("s"), [(0, r#"[{"r":1.5}]"#.to_owned()), (10, r#"[{"r":1.5}]"#.to_owned())]);
}

#[test]
fn packs_decorators_and_views() {
    let fixture = Fixture::new(
        r#"{
        "packs": {
            "found": {"discovery": ["select 1 from file where path = '/watch/on'"], "queries": {"q": {"query": "select * from v", "interval": 10, "snapshot": true}}},
            "elsewhere": {"platform": "windows", "queries": {"q": {"query": "select 1 as n", "interval": 10, "snapshot": true}}}
        },
        "schedule": {"t": {"query": "select name, active, discovery_executions as asked from osquery_packs", "interval": 60, "snapshot": true}},
        "views": {"v": "select 5 as five", "broken": "selec"},
        "decorators": {"load": ["select 'l' as l, null as n"], "always": ["select 7 as a union all select 8"], "interval": {"60": ["select 'i' as i"]}}
    }"#,
    )
    .with("pack_refresh_interval", "30");
    fixture.clock.store(MIDNIGHT + 5, Ordering::SeqCst);
    let mut daemon = fixture.start();
    fixture.at(&mut daemon, 10);
    assert!(fixture.snapshots("pack_found_q").is_empty());
    fixture.write("root/watch/on", "");
    fixture.at(&mut daemon, 20);
    assert!(fixture.snapshots("pack_found_q").is_empty(), "the discovery's last answer counts");
    fixture.at(&mut daemon, 40);
    fixture.at(&mut daemon, 60);
    assert_eq!(fixture.snapshots("pack_found_q"), [40, 60].map(|time| (time, r#"[{"five":"5"}]"#.to_owned())));
    let packs = r#"[{"active":"1","asked":"0","name":"main"},{"active":"0","asked":"0","name":"elsewhere"},{"active":"1","asked":"2","name":"found"}]"#;
    assert_eq!(fixture.snapshots("t").last(), Some(&(60, packs.to_owned())));
    let log = fixture.read("log/osqueryd.snapshots.log");
    assert!(log.contains(r#""numerics":false,"decorations":{"a":"7","l":"l","n":""}}"#), "{log}");
    assert!(log.contains(r#""decorations":{"a":"7","i":"i","l":"l","n":""}}"#), "{log}");
    let status = fixture.read("log/osqueryd.WARNING");
    assert!(status.contains("Multiple rows returned for decorator query: select 7 as a"), "{status}");
    assert_eq!(status.matches("view broken cannot be made").count(), 1, "{status}");
}

#[test]
fn a_hog_is_stopped_and_left_out_for_a_day() {
    let endless = "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r";
    let config = format!(
        r#"{{"schedule": {{"hog": {{"query": "{endless}", "interval": 60}}, "spared": {{"query": "{endless}", "interval": 60, "denylist": false}},
            "modest": {{"query": "select 1 as n", "interval": 60, "snapshot": true}}}}}}"#
    );
    let fixture = Fixture::new(&config).with("query_cpu_limit", "1").with("watchdog_level", "-1");
    let mut daemon = fixture.start();
    let executions = |daemon: &Daemon| {
        let figures = daemon.board.figures();
        figures.schedule.iter().map(|info| (info.performance.executions, info.denylisted)).collect::<Vec<_>>()
    };
    fixture.at(&mut daemon, 0);
    assert_eq!(executions(&daemon), [(1, true), (1, false), (1, false)]);
    fixture.at(&mut daemon, 60);
    assert_eq!(executions(&daemon), [(1, true), (2, false), (2, false)]);
    daemon.end();
    let mut daemon = fixture.start();
    assert_eq!(executions(&daemon), [(1, true), (2, false), (2, false)], "figures and exclusions are remembered");
    fixture.at(&mut daemon, 86_340);
    assert_eq!(executions(&daemon)[0], (1, true));
    fixture.at(&mut daemon, 86_400);
    assert_eq!(executions(&daemon)[0], (2, true), "a day later it has another chance");
    let log = fixture.read("log/osqueryd.INFO");
    assert!(log.contains("hog: the query used more than 1s of CPU: it was stopped"), "{log}");
}

/// Statements that go on and on.
const ENDLESS: &str = "with recursive r(n) as (select 1 union all select n + 1 from r)";

/// Everything that takes too much time over a folder of 100 files, with a sparse file of 10 GB that [`sparse`] makes.
fn hogs() -> Vec<(&'static str, String)> {
    let from = |tables: &[&str], rest: &str| {
        let all: Vec<String> = tables.iter().map(|table| format!("{table}.directory = '/watch'")).collect();
        let tables: Vec<String> = tables.iter().map(|table| format!("file {table}")).collect();
        format!("select count(*) as n from {} where {}{rest}", tables.join(", "), all.join(" and "))
    };
    let regex = |text: &str, pattern: &str| {
        format!("{ENDLESS} select count(*) as n from r where regex_match({text}, '{pattern}', 0) is not null")
    };
    vec![
        ("cartesian", from(&["a", "b", "c", "d", "e", "f"], "")),
        ("cartesian_compared", from(&["a", "b", "c", "d", "e"], " and a.size + b.size + c.size + d.size + e.size < 0")),
        ("endless", format!("{ENDLESS} select count(*) as n from r")),
        ("hashes", "select path, sha256 from hash where path like '/%%'".to_owned()),
        ("sparse", "select sha256 from hash where path = '/watch/sparse'".to_owned()),
        ("regexes", regex("printf('%.*c', 2000 + n % 2, 'a')", "(a*)*(a*)*(a+)+b")),
        ("regexes_ahead", regex("printf('%.*c', 10 + n % 2, 'a')", "^(?:(?=a)a|a)+b")),
        ("backtracks", r"select regex_match(printf('%.*c', 5000, 'a'), '^(a+)+\\1$x', 0) as n".to_owned()),
    ]
}

/// Queries that cost next to nothing.
const QUICK: [(&str, &str); 4] = [
    ("a_one", "select 1 as n"),
    ("files", "select filename from file where path = '/watch/7'"),
    ("users", "select username from users"),
    ("z_digest", "select sha256 from hash where path = '/watch/7'"),
];

fn line(name: &str, sql: &str, rest: &str) -> String {
    format!(r#""{name}": {{"query": "{sql}", {rest}}}"#)
}

/// The files that [`hogs`] asks about.
fn sparse(fixture: &Fixture) {
    (0..100).for_each(|n| fixture.write(&format!("root/watch/{n}"), "content"));
    let path = fixture.folder.path().join("root/watch/sparse");
    let file = std::fs::OpenOptions::new().create_new(true).write(true).open(path).unwrap();
    file.set_len(10 << 30).unwrap();
}

/// Far more hogs than there are lanes, all due at the same time as the others, and nobody knows any of them. Nothing ends the hogs, so that whoever
/// waits for one waits for ever.
#[test]
fn hogs_do_not_hold_up_others() {
    let ends = |name: &str| matches!(name, "backtracks" | "sparse" | "hashes");
    let endless = hogs().into_iter().filter(|(name, _)| !ends(name));
    let endless: Vec<(String, String)> =
        endless.flat_map(|(name, sql)| (0..4).map(move |n| (format!("m{n}_{name}"), sql.clone()))).collect();
    let rest = r#""interval": 10, "denylist": false"#;
    let mut queries: Vec<String> = endless.iter().map(|(name, sql)| line(name, sql, rest)).collect();
    queries.extend(QUICK.iter().map(|(name, sql)| line(name, sql, r#""interval": 10, "snapshot": true"#)));
    let fixture = Fixture::new(&format!(r#"{{"schedule": {{{}}}}}"#, queries.join(",")));
    sparse(&fixture);
    let fixture = fixture.with("worker_threads", "2").with("watchdog_level", "-1");
    let mut daemon = fixture.start();
    let start = Instant::now();
    for second in [0, 10] {
        fixture.clock.store(MIDNIGHT + second, Ordering::SeqCst);
        let are_late = || QUICK.iter().any(|(name, _)| fixture.snapshots(name).last().is_none_or(|run| run.0 < second));
        while are_late() {
            assert!(start.elapsed() < Duration::from_secs(120), "quick queries wait for the hogs");
            let sleep = daemon.advance();
            match daemon.heard.recv_timeout(sleep) {
                Ok(Heard::Done(done)) => daemon.finished(*done),
                Ok(Heard::Order(_)) | Err(_) => {}
            }
        }
    }
    assert!(endless.iter().all(|(name, _)| daemon.lanes.has(name)), "the hogs run, or wait for others of them");
    daemon.end();
}

/// An hour beside everything that takes too much time, each once as it is and once as one that is never left out. Quick queries run in every second
/// at which they are due, and each hog is stopped.
#[test]
fn an_hour_with_hogs() {
    let hogs = hogs();
    let mut queries: Vec<String> = hogs.iter().map(|(name, sql)| line(name, sql, r#""interval": 60"#)).collect();
    let spared =
        hogs.iter().map(|(name, sql)| line(&format!("{name}_spared"), sql, r#""interval": 3600, "denylist": false"#));
    queries.extend(spared);
    queries.extend(QUICK.iter().map(|(name, sql)| line(name, sql, r#""interval": 30, "snapshot": true"#)));
    let fixture = Fixture::new(&format!(r#"{{"schedule": {{{}}}}}"#, queries.join(",")));
    sparse(&fixture);
    let fixture = fixture.with("query_cpu_limit", "1").with("watchdog_utilization_limit", "100");
    let mut daemon = fixture.start();
    let deadline = Instant::now() + Duration::from_secs(600);
    let info = |daemon: &Daemon, name: &str| {
        let figures = daemon.board.figures();
        figures.schedule.iter().find(|info| info.name == name).unwrap().clone()
    };
    for second in (0..3600).step_by(30) {
        fixture.clock.store(MIDNIGHT + second, Ordering::SeqCst);
        let wanted = second.unsigned_abs() / 30 + 1;
        while QUICK.iter().any(|(name, _)| info(&daemon, name).performance.executions < wanted) {
            assert!(Instant::now() < deadline, "quick queries wait for hogs at {second}");
            let sleep = daemon.advance();
            match daemon.heard.recv_timeout(sleep) {
                Ok(Heard::Done(done)) => daemon.finished(*done),
                Ok(Heard::Order(_)) | Err(_) => {}
            }
        }
    }
    daemon.settle();
    let on_time: Vec<i64> = (0..3600).step_by(30).collect();
    for (name, _) in QUICK {
        assert_eq!(fixture.snapshots(name).into_iter().map(|(time, _)| time).collect::<Vec<_>>(), on_time, "{name}");
    }
    let status = fixture.read("log/osqueryd.INFO");
    for (name, _) in hogs {
        // What its regular expression costs is bounded by itself: that is an error like others.
        let (expect, spared) = (name != "backtracks", format!("{name}_spared"));
        assert_eq!(info(&daemon, name).denylisted, expect, "{name}\n{status}");
        for name in [name, &spared] {
            assert!(status.contains(&format!("Error executing scheduled query {name}: ")), "{name}\n{status}");
        }
        let spared = info(&daemon, &spared);
        assert!(!spared.denylisted && spared.performance.executions == 1, "{spared:?}");
    }
    daemon.end();
}

#[test]
fn a_query_in_which_the_process_died_is_left_out() {
    let config = r#"{"schedule": {"killer": {"query": "select 1 as n", "interval": 10}, "spared": {"query": "select 1 as n", "interval": 10, "denylist": false}}}"#;
    let fixture = Fixture::new(config);
    let mut daemon = fixture.start();
    daemon.shared.running.begin(1, "killer").unwrap();
    daemon.shared.running.begin(0, "spared").unwrap();
    // As if it were killed right here.
    daemon.lanes.stop();
    drop(daemon);
    daemon = fixture.start();
    fixture.at(&mut daemon, 0);
    assert_eq!(fixture.results().iter().map(|line| line.1.as_str()).collect::<Vec<_>>(), ["spared"]);
    assert!(fixture.read("log/osqueryd.WARNING").contains("Scheduled query may have failed: killer"));
    let denied = daemon.board.figures().schedule.iter().map(|info| info.denylisted).collect::<Vec<_>>();
    assert_eq!(denied, [true, false]);
}

#[test]
fn what_was_stored_and_not_logged_is_logged_at_the_next_start() {
    let fixture = Fixture::new("{}");
    let daemon = fixture.start();
    let differ = differ::Differ::new(&daemon.shared.store(), "q", 0).unwrap();
    let changes = differ.finish("select 1").unwrap();
    changes.commit_with(&mut daemon.shared.store(), b"{\"one\":1}\n").unwrap();
    // As if it were killed right here.
    drop(daemon);
    for _ in 0..2 {
        fixture.start().end();
        assert_eq!(fixture.read("log/osqueryd.results.log"), "{\"one\":1}\n");
    }
}

#[test]
fn configurations_come_and_go() {
    let config = |name: &str| {
        format!(r#"{{"schedule": {{"{name}": {{"query": "select 1 as n", "interval": 10, "snapshot": true}}}}}}"#)
    };
    let fixture = Fixture::new("{").with("config_refresh", "60").with("config_accelerated_refresh", "5");
    let mut daemon = fixture.start();
    fixture.at(&mut daemon, 0);
    fixture.write("c.conf", &config("first"));
    fixture.at(&mut daemon, 4);
    assert!(daemon.config.is_none());
    fixture.at(&mut daemon, 5);
    fixture.at(&mut daemon, 10);
    assert_eq!(fixture.snapshots("first").len(), 1);
    fixture.write("c.conf", "{broken");
    fixture.at(&mut daemon, 65);
    fixture.at(&mut daemon, 70);
    let times = |name: &str| fixture.snapshots(name).into_iter().map(|(time, _)| time).collect::<Vec<_>>();
    assert_eq!(times("first"), [10, 65, 70], "the last good configuration stays at work");
    fixture.write("c.conf", &config("second"));
    fixture.at(&mut daemon, 75);
    fixture.at(&mut daemon, 80);
    assert_eq!((times("first").len(), times("second")), (3, vec![80]));
    fixture.write("c.conf", &config("third"));
    daemon.reload();
    fixture.at(&mut daemon, 90);
    assert_eq!(times("third"), [90]);
}

#[test]
fn clocks_jump() {
    let fixture = Fixture::new(r#"{"schedule": {"q": {"query": "select 1 as n", "interval": 10, "snapshot": true}}}"#);
    let mut daemon = fixture.start();
    for second in [0, 10, 10_000, 10_010, 500, 510] {
        fixture.at(&mut daemon, second);
    }
    let times: Vec<i64> = fixture.snapshots("q").into_iter().map(|(time, _)| time).collect();
    assert_eq!(times, [0, 10, 10_000, 10_010, 500, 510]);
    let status = fixture.read("log/osqueryd.WARNING");
    assert!(status.contains("The schedule is 9980 seconds late"), "{status}");
    assert!(status.contains("The clock was set back by 9510 seconds"), "{status}");
}

/// A day, in which every query must run as often as its interval says and the clock moves by the seconds that the daemon wants to sleep.
#[test]
fn a_day() {
    let intervals = [600, 3600, 7200, 86_400];
    let queries: Vec<String> = intervals
        .iter()
        .map(|interval| format!(r#""q{interval}": {{"query": "select 1 as n", "interval": {interval}}}"#))
        .collect();
    let fixture = Fixture::new(&format!(r#"{{"schedule": {{{}}}}}"#, queries.join(",")));
    let mut daemon = fixture.start();
    let mut second = 0;
    while second < 86_400 {
        fixture.at(&mut daemon, second);
        let next = daemon.next(MIDNIGHT + second).unwrap();
        second = next - MIDNIGHT;
    }
    let counts: Vec<(u64, u64)> =
        daemon.board.figures().schedule.iter().map(|info| (info.interval, info.performance.executions)).collect();
    let mut expect: Vec<(u64, u64)> = intervals.map(|interval| (interval, 86_400 / interval)).to_vec();
    expect.sort_by_key(|(interval, _)| format!("q{interval}"));
    assert_eq!(counts, expect);
}

#[test]
fn starts_that_fail() {
    let fixture = Fixture::new("{}");
    let start = |set: &[(&str, &str)]| {
        let mut flags = Flags::default();
        for (name, value) in
            fixture.flags.iter().map(|(name, value)| (*name, value.as_str())).chain(set.iter().copied())
        {
            flags.set(name, value, Origin::CommandLine).unwrap();
        }
        let host: Arc<dyn Host> = Arc::new(Rooted::open(fixture.folder.path().join("root")).unwrap());
        let hub = Arc::new(Hub::new());
        let clock: Clock = Arc::new(|| MIDNIGHT);
        let start = Start { flags, host, tables: plumb_tables::registry(), hub, clock, watcher: None };
        Daemon::start(start).map(drop).map_err(|error| (error.code(), error.to_string()))
    };
    assert_eq!(start(&[]), Ok(()));
    for (set, code, text) in [
        (("logger_plugin", "nope"), 78, "Unknown registry plugin: nope"),
        (("config_plugin", "nope"), 78, "Unknown registry plugin: nope"),
        (("database_path", "/proc/nope"), 1, "--database_path"),
    ] {
        let (found, error) = start(&[set]).unwrap_err();
        assert!(found == code && error.contains(text), "{found} {error}");
    }
}
