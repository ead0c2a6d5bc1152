//! A configuration as people have it, with packs of every kind, and the lines that osquery 5.23 was recorded to write of such a one. Only times and
//! the place of the folder are masked.

use super::{Daemon, Signal, fs};

const CONFIG: &str = r#"{
  // Lines of comments are left out.
  "options": {"logger_min_status": 0, "pack_refresh_interval": "3600", "disable_events": true},
  "schedule": {
    "q_diff": {"query": "select 1 as n, path, size from file where directory = 'DIR/watch';", "interval": 1, "description": "files"},
    "q_snap": {"query": "select path, size from file where directory = 'DIR/watch';", "interval": "1", "snapshot": true},
    "q_win": {"query": "select * from registry;", "interval": 1, "platform": "windows"}
  },
  "decorators": {
    "load": ["select 'L1' as dec_load;"],
    "always": ["select 'A1' as dec_always;", "select 7 as dec_num;"]
  },
  "packs": {
    "inline": {
      "platform": "linux", "version": "1.0", "discovery": ["select 1 from time"],
      "queries": {"q": {"query": "select 'inline' as t;", "interval": "1", "removed": false}}
    },
    "undiscovered": {"discovery": ["select 1 where 0"], "queries": {"q": {"query": "select 'not here' as t;", "interval": 1}}},
    "elsewhere": {"platform": "darwin", "queries": {"q": {"query": "select 'not here' as t;", "interval": 1}}},
    "file": "DIR/one.conf",
    "*": "DIR/packs/*.conf"
  }
}"#;

/// Every line of a log, with the times and the folder taken out. Times are held against their form.
fn masked(daemon: &Daemon, log: &str) -> Vec<String> {
    let folder = daemon.folder.path().display().to_string();
    let text = daemon.read(log);
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let mask = |line: &str| {
        let (head, rest) = line.split_once(r#""calendarTime":""#).unwrap();
        let (time, rest) = rest.split_once(r#"","unixTime":"#).unwrap();
        let (unix, rest) = rest.split_once(',').unwrap();
        let form: String = time.chars().map(|char| if char.is_ascii_digit() { '0' } else { char }).collect();
        assert!(time.len() == 28 && form.ends_with(" 00:00:00 0000 UTC"), "{time}");
        assert!(unix.parse::<u64>().unwrap() > 1_700_000_000, "{unix}");
        format!(r#"{head}"calendarTime":"T","unixTime":U,{rest}"#).replace(&folder, "R")
    };
    whole.lines().map(mask).collect()
}

#[test]
fn packs_and_their_lines() {
    let mut daemon =
        Daemon::new(CONFIG, &["--disable_watchdog", "--host_identifier=specified", "--specified_identifier=vm"]);
    let pack = |name: &str, text: &str| {
        format!(r#"{{"queries": {{"{name}": {{"query": "select '{text}' as t;", "interval": 1}}}}}}"#)
    };
    fs::create_dir(daemon.path("packs")).unwrap();
    fs::write(daemon.path("one.conf"), pack("g1", "file")).unwrap();
    fs::write(daemon.path("packs/glob.conf"), pack("g2", "glob")).unwrap();
    daemon.put("f1", "12");
    daemon.start();
    let results = |daemon: &Daemon| masked(daemon, "log/osqueryd.results.log");
    daemon.wait("the first lines", || results(&daemon).len() >= 4);
    daemon.wait("a snapshot", || daemon.read("log/osqueryd.snapshots.log").contains("watch/f1"));
    fs::remove_file(daemon.path("watch/f1")).unwrap();
    daemon.wait("the last line", || results(&daemon).len() >= 5);
    daemon.wait("an empty snapshot", || daemon.read("log/osqueryd.snapshots.log").contains(r#"{"snapshot":[],"#));
    assert_eq!(daemon.end(Signal::TERM), Some(0));
    let shared = |name: &str, counter: u32| {
        format!(
            r#""name":"{name}","hostIdentifier":"vm","calendarTime":"T","unixTime":U,"epoch":0,"counter":{counter},"numerics":false,"decorations":{{"dec_always":"A1","dec_load":"L1","dec_num":"7"}}"#
        )
    };
    let line = |name: &str, counter: u32, columns: &str, action: &str| {
        format!(r#"{{{},"columns":{{{columns}}},"action":"{action}"}}"#, shared(name, counter))
    };
    let file = r#""n":"1","path":"R/watch/f1","size":"2""#;
    let mut expect = vec![
        line("pack_file_g1", 0, r#""t":"file""#, "added"),
        line("pack_glob_g2", 0, r#""t":"glob""#, "added"),
        line("pack_inline_q", 0, r#""t":"inline""#, "added"),
        line("q_diff", 0, file, "added"),
        line("q_diff", 1, file, "removed"),
    ];
    let mut found = results(&daemon);
    found.sort();
    expect.sort();
    assert_eq!(found, expect);
    let snapshot = |rows: &str| format!(r#"{{"snapshot":[{rows}],"action":"snapshot",{}}}"#, shared("q_snap", 0));
    let mut found = masked(&daemon, "log/osqueryd.snapshots.log");
    found.dedup();
    assert_eq!(found, [snapshot(r#"{"path":"R/watch/f1","size":"2"}"#), snapshot("")]);
}
