//! `--config_check` and `--config_dump`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "the tests' own files")]

use super::run;
use std::fs;

/// Runs the program over a configuration; the folder is called DIR in what it says.
fn with(config: &[(&str, &str)], args: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in config {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let dir = folder.path().to_str().unwrap();
    let path = format!("--config_path={dir}/c.conf");
    let all: Vec<&str> = args.iter().copied().chain([path.as_str()]).collect();
    let (code, stdout, stderr) = run(&all, "");
    let left: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !config.iter().any(|(known, _)| known.starts_with(name.as_str())))
        .collect();
    assert!(left.is_empty(), "it made {left:?}");
    (code, stdout.replace(dir, "DIR"), stderr.replace(dir, "DIR"))
}

const GOOD: &str = r#"# a comment
{"schedule": {"q": {"query": "select uid from users where username = 'root'", "interval": 60},
              "w": {"query": "select name from v"}},
 "views": {"v": "select username as name from users"},
 "options": {"custom_x": "y"}}
"#;

#[test]
fn what_is_right_is_passed_over_in_silence() {
    for program in ["-S", "-D"] {
        assert_eq!(with(&[("c.conf", GOOD)], &[program, "--config_check"]), (0, String::new(), String::new()));
    }
    let (code, json, _) = with(&[("c.conf", GOOD), ("c.conf.d/a.conf", "{}")], &["--config_check", "--json"]);
    assert_eq!((code, json.as_str()), (0, "{\"valid\":true,\"error\":null,\"queries\":3,\"diagnostics\":[]}\n"));
}

#[test]
fn what_cannot_be_read() {
    let missing =
        "Error reading config: config file does not exist: DIR/c.conf\nhelp: --config_path names another file\n";
    assert_eq!(with(&[], &["-D", "--config_check"]), (1, String::new(), missing.to_owned()));
    let broken = "E] updateSource failed to parse config, of source: DIR/c.conf.d/x.conf and content: {\"a\": 1,}\n\
                  Error reading config: Error parsing the config JSON\n\
                  error: trailing comma\n --> DIR/c.conf.d/x.conf:1:9\n  |\n1 | {\"a\": 1,}\n  |         ^\n  \
                  = help: only whole lines can be comments, and no comma stands before a closing bracket\n\n\
                  0 queries looked at: 1 error, 0 warnings\n";
    let files = [("c.conf", GOOD), ("c.conf.d/x.conf", "{\"a\": 1,}")];
    assert_eq!(with(&files, &["--config_check"]), (1, String::new(), broken.to_owned()));
    let (code, json, stderr) = with(&files, &["--config_check", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, stderr.as_str(), &json["valid"]), (1, "", &serde_json::json!(false)));
    assert_eq!(json["diagnostics"][0]["column"], serde_json::json!(9));
    let other = "Cannot activate nope config plugin: Unknown registry plugin: nope\nhelp: this build has --config_plugin=filesystem\n";
    assert_eq!(with(&[], &["--config_check", "--config_plugin=nope"]), (1, String::new(), other.to_owned()));
}

/// A configuration with every mistake, and all that is said of it. After a change that is meant, copy what the test prints.
#[test]
fn every_mistake() {
    let config = include_str!("config/every_mistake.conf");
    let (code, stdout, stderr) = with(&[("c.conf", config)], &["--config_check"]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr == include_str!("config/every_mistake.txt"), "--- said\n{stderr}\n---");
    let (_, json, _) = with(&[("c.conf", config)], &["--config_check", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let places = stderr.lines().filter(|line| line.contains("--> DIR/c.conf:")).count();
    assert!(places > 25, "{places}");
    assert_eq!(json["diagnostics"].as_array().map(Vec::len), Some(places));
}

#[test]
fn sources_are_dumped_as_they_are() {
    let files = [("c.conf", "# c\n{}"), ("c.conf.d/a.conf", "not JSON\n")];
    let expect = "{\"DIR/c.conf\": # c\n{}\n}\n{\"DIR/c.conf.d/a.conf\": not JSON\n\n}\n";
    for program in ["-S", "-D"] {
        assert_eq!(with(&files, &[program, "--config_dump"]), (0, expect.to_owned(), String::new()));
        assert_eq!(with(&[], &[program, "--config_dump"]), (0, String::new(), String::new()));
    }
}

#[test]
fn packs_and_views_in_the_shell() {
    let config = r#"{"schedule": {"s": {"query": "select 'plain' as p"}},
        "packs": {"p": {"queries": {"b": {"query": "select name as n from v"}, "a": {"query": "select 1 as n"},
                                    "c": {"query": "select 3 as n", "platform": "plan9"}, "d": {"query": "selec"}, "e": {"query": "select 5 as n"}},
                        "discovery": ["select 1 from users"]},
                  "idle": {"queries": {"a": {"query": "select 1"}}, "discovery": ["select 1 from users where uid = 12345"]},
                  "broken": {"queries": {"a": {"query": "select 1"}}, "discovery": ["selec"]}},
        "views": {"v": "select username as name from users where uid = 8", "w": "selec"}, "options": {"nullvalue": "-"}}"#;
    let files = [("c.conf", config)];
    let mut cases = vec![
        (vec!["--pack=p"], 1, "n\n1\nn\nmail\nn\n5\n", "Error: near \"selec\": syntax error\n  selec\n  ^^^^^\n"),
        (vec!["--pack=main"], 0, "p\nplain\n", ""),
        (vec!["--pack=idle"], 0, "", ""),
        (vec!["--pack=none"], 0, "", ""),
        (vec!["select null as n from v"], 0, "n\n-\n", ""),
        (vec!["select length(config_hash) as h, config_valid as v from osquery_info"], 0, "h|v\n40|1\n", ""),
    ];
    cases.push((vec!["--pack=broken"], 0, "", "W] Discovery query failed (selec): near \"selec\": syntax error\n"));
    for (args, code, out, err) in cases {
        let all: Vec<&str> = ["--csv"].into_iter().chain(args.iter().copied()).collect();
        assert_eq!(with(&files, &all), (code, out.to_owned(), err.to_owned()), "{args:?}");
    }
}

#[test]
fn tables_over_the_files_of_others() {
    let config = r#"{"auto_table_construction": {
        "my_atc": {"path": "/nowhere/%.db", "query": "select a, b, c from t", "columns": ["a", "b", "c"]},
        "time": {"path": "/x", "query": "select a from t", "columns": ["a"]}},
        "schedule": {"q": {"query": "select a, path from my_atc"}, "wrong": {"query": "select d from my_atc"}}}"#;
    let files = [("c.conf", config)];
    let refused = "W] ATC Table: time overrides core table; Refusing registration\n";
    let schema = "CREATE TABLE my_atc(`a` TEXT, `b` TEXT, `c` TEXT, `path` TEXT);\n";
    for (args, out) in [(".schema my_atc", schema), ("select count(*) as n from my_atc", "n\n0\n")] {
        assert_eq!(with(&files, &["--csv", args]), (0, out.to_owned(), refused.to_owned()));
    }
    let (code, _, told) = with(&files, &["--config_check"]);
    let lines: Vec<&str> =
        told.lines().filter(|line| line.starts_with("error") || line.starts_with("warning")).collect();
    let expect = [
        "warning: ATC Table: time overrides core table; Refusing registration",
        "error[unknown-column]: query wrong: no such column: d",
    ];
    assert_eq!((code, lines.as_slice()), (1, expect.as_slice()), "{told}");
}
