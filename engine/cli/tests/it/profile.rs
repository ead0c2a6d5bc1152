//! `--profile-pack` end to end: what the program itself measures of itself.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    reason = "starts the program"
)]

use serde_json::Value;
use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const CONFIG: &str = r#"{
    "schedule": {
        "rows": {"query": "select value from v"},
        "memory": {"query": "select length(hex(zeroblob(12000000)))"},
        "work": {"query": "with recursive n(i) as (select 1 union all select i + 1 from n where i < 400000) select max(i) from n"},
        "unknown": {"query": "select * from procesess"},
        "unconstrained": {"query": "select * from hash"}
    },
    "views": {"v": "select 1 as value union all select 2 union all select 3"},
    "packs": {
        "elsewhere": {"platform": "windows", "queries": {"a": {"query": "select 1"}}},
        "empty": {"discovery": ["select 1 where 0"], "queries": {"b": {"query": "select 2"}}},
        "found": {"discovery": ["select 1"], "queries": {"c": {"query": "select 3"}, "new": {"query": "select 4", "version": "99.0"}}}
    }
}"#;

struct Files(tempfile::TempDir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn command(&self, file: &str, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plumbi"));
        command.arg(format!("--profile-pack={}", self.path(file))).args(args).stdin(Stdio::null());
        command
    }

    fn run(&self, file: &str, args: &[&str]) -> (Option<i32>, String, String) {
        let Output { status, stdout, stderr } = self.command(file, args).output().unwrap();
        (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    }
}

fn names(json: &Value, list: &str) -> Vec<String> {
    json[list].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_configuration() {
    let files = Files::new(&[("c.conf", CONFIG)]);
    let (code, stdout, stderr) = files.run("c.conf", &["--json", "--profile-rounds=2"]);
    assert_eq!((code, stderr.as_str()), (Some(1), ""));
    let json: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(names(&json, "queries"), ["memory", "rows", "work", "pack_found_c"]);
    let query = |name: &str| json["queries"].as_array().unwrap().iter().find(|query| query["name"] == name).unwrap();
    assert_eq!(query("rows")["rows"], 3, "a view of the configuration");
    for query in json["queries"].as_array().unwrap() {
        let runs = query["runs"].as_array().unwrap();
        assert_eq!(runs.len(), 2, "{query}");
        // What is told of all is the mean of what is told of each.
        let mean = |name: &str| runs.iter().map(|run| run[name].as_f64().unwrap()).sum::<f64>() / 2.0;
        let class = |name: &str| query["classes"][name][1].as_f64().unwrap();
        let cpu = mean("user") + mean("system");
        for (told, counted) in [
            (class("duration"), mean("wall")),
            (class("cpu_time"), cpu),
            (class("memory"), mean("memory")),
            (class("fds"), mean("fds")),
            (class("utilization"), cpu / mean("wall").max(0.5) * 100.0),
        ] {
            assert!((told - counted).abs() <= 1e-9 * told.abs().max(1.0), "{query}");
        }
        assert!(mean("wall") > 0.0 && mean("memory") > 1_048_576.0 && mean("fds") >= 3.0, "{query}");
        assert!(mean("growth") <= mean("memory"), "{query}");
    }
    let growth = |name: &str| query(name)["growth"].as_f64().unwrap();
    assert!(growth("memory") >= 24e6 && growth("rows") < 12e6, "{} {}", growth("memory"), growth("rows"));
    assert_eq!(query("memory")["classes"]["memory"][0], 3);
    let cpu = |name: &str| query(name)["classes"]["cpu_time"][1].as_f64().unwrap();
    assert!(cpu("work") > cpu("rows"), "{} {}", cpu("work"), cpu("rows"));
    assert_eq!(names(&json, "failed"), ["unconstrained", "unknown"]);
    let told = |name: &str, list: &str, what: &str| {
        let all = json[list].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap()[what].to_string()
    };
    assert!(told("unknown", "failed", "error").contains("help: did you mean the table processes?"));
    assert!(told("unconstrained", "failed", "error").contains("help: constrain path or directory"));
    assert_eq!(names(&json, "left_out"), ["pack_elsewhere_a", "pack_empty_b", "pack_found_new"]);
    assert!(told("pack_elsewhere_a", "left_out", "why").contains("its pack is for platform windows"));
    assert!(told("pack_empty_b", "left_out", "why").contains("no row from select 1 where 0"));
    assert!(told("pack_found_new", "left_out", "why").contains("wants version 99.0"));
}

#[test]
fn a_pack_and_what_is_chosen() {
    let pack = r#"{"queries": {"one": {"query": "select 1"}, "two": {"query": "select 2 union all select 3"}}}"#;
    let files = Files::new(&[("p.conf", pack), ("c.conf", CONFIG)]);
    let (code, stdout, stderr) = files.run("p.conf", &["--profile_rounds=1"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let lines: Vec<Vec<&str>> = stdout.lines().map(|line| line.split_ascii_whitespace().collect()).collect();
    assert_eq!(lines[0], ["query", "rows", "wall", "CPU", "utilization", "memory", "fds", "levels"]);
    assert_eq!((lines[1][0], lines[1][1], lines[2][0], lines[2][1]), ("pack_p_one", "1", "pack_p_two", "2"));
    assert_eq!(lines[3].join(" "), "2 queries measured in 1 round, 0 failed, 0 left out");
    assert!(lines[1].iter().any(|word| word.starts_with("U:")) && !stdout.contains('\x1b'), "{stdout}");
    for (args, expect) in [
        (&["--pack=found"][..], &["pack_found_c"][..]),
        (&["--profile-query=rows,pack_found_c"], &["rows", "pack_found_c"]),
        (&["--pack=main", "--profile-query=rows"], &["rows"]),
    ] {
        let (_, stdout, _) = files.run("c.conf", &[&["--json", "--profile_rounds=1"], args].concat());
        let json: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(names(&json, "queries"), expect, "{args:?}");
    }
    let broken = Files::new(&[("c.conf", "{\"schedule\": {,}}"), ("none.conf", "{}")]);
    for (files, file, args, expect) in [
        (&files, "c.conf", &["--pack=nope"][..], "no such pack: nope\nhelp: "),
        (&files, "c.conf", &["--profile_query=nope"], "no such query: nope\n"),
        (&files, "gone.conf", &[], "cannot read "),
        (&broken, "none.conf", &[], "there are no queries in "),
        (&broken, "c.conf", &[], "c.conf:1:15"),
    ] {
        let (code, stdout, stderr) = files.run(file, args);
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
        assert!(stderr.starts_with("Error: ") && stderr.contains(expect), "{stderr}");
    }
}

const ENDLESS: &str = r#"{"queries": {"endless": {"query": "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"}}}"#;

#[test]
fn an_endless_query() {
    let files = Files::new(&[("p.conf", ENDLESS)]);
    let (code, stdout, _) = files.run("p.conf", &["--profile_timeout=1"]);
    assert_eq!(code, Some(1));
    assert!(
        stdout.starts_with("failed: pack_p_endless\n  Error: it ran for more than 1 s and was ended\n  help: "),
        "{stdout}"
    );
}

/// Nothing goes on for somebody who is gone.
#[test]
fn whoever_asked_is_gone() {
    let files = Files::new(&[("p.conf", ENDLESS)]);
    let mut parent = files.command("p.conf", &[]).stdout(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    let wait = |what: &str, condition: &mut dyn FnMut() -> bool| {
        while !condition() {
            assert!(start.elapsed() < Duration::from_secs(90), "{what}");
            std::thread::park_timeout(Duration::from_millis(10));
        }
    };
    let pid = parent.id();
    let mut child = String::new();
    wait("no process for the query", &mut || {
        child = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default().trim().to_owned();
        // It has begun to work: its standard input has been read.
        let busy = |stat: String| stat.rsplit(' ').nth(52 - 14).is_some_and(|ticks| ticks.parse().unwrap_or(0) > 10);
        !child.is_empty()
            && fs::read_to_string(format!("/proc/{child}/stat")).is_ok_and(|stat| busy(stat.trim().to_owned()))
    });
    parent.kill().unwrap();
    parent.wait().unwrap();
    // A zombie that nobody waits for has ended too.
    let is_gone =
        || fs::read_to_string(format!("/proc/{child}/stat")).map_or_else(|_| true, |stat| stat.contains(") Z "));
    wait("the process goes on", &mut || is_gone());
}
