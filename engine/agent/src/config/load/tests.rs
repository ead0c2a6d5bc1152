#![allow(clippy::disallowed_methods, reason = "the tests' own files")]

use super::*;
use crate::flags::Origin;
use std::fs;
use std::path::Path;

/// Files in a folder; `DIR` in a text is the folder.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text.replace("DIR", folder.path().to_str().unwrap())).unwrap();
    }
    folder
}

fn flags(folder: &Path) -> Flags {
    let mut flags = Flags::default();
    flags.set("config_path", folder.join("c.conf").to_str().unwrap(), Origin::CommandLine).unwrap();
    flags
}

fn load(files: &[(&str, &str)]) -> (Result<Config, ConfigError>, String) {
    let folder = folder(files);
    (Config::load(&flags(folder.path())), folder.path().to_str().unwrap().to_owned())
}

const MACHINE: Machine<'static> = Machine { version: "5.23.0", shard: 40 };

#[test]
fn several_sources_and_packs() {
    let (config, dir) = load(&[
        (
            "c.conf",
            r#"{"schedule": {"a": {"query": "select 1"}, "b": {"query": "select 2"}},
                "packs": {"f": "DIR/packs/one.conf",
"*": "DIR/packs/*.conf",
"gone": "DIR/gone.conf",
                          "in": {"queries": {"q": {"query": "select 3"}}}},
                "views": {"v": "select 1"}, "file_paths": {"etc": ["/etc/%"]}}"#,
        ),
        (
            "c.conf.d/z.conf",
            r#"{"schedule": {"b": {"query": "select 4", "shard": 39}, "c": {"query": "select 5"}},
                "views": {"v": "select 2"}, "file_paths": {"etc": ["/x"]}}"#,
        ),
        ("c.conf.d/ignored.json", "{"),
        ("packs/one.conf", r#"{"queries": {"q": {"query": "select 6"}}}"#),
        (
            "packs/two.conf",
            r#"{"queries": {"q": {"query": "select 7", "version": "99.0"}, "r": {"query": "select 8"}}}"#,
        ),
        ("packs/bad.conf", "{"),
    ]);
    let config = config.unwrap();
    assert_eq!(
        config.sources.keys().map(|name| name.replace(&dir, "")).collect::<Vec<_>>(),
        ["/c.conf", "/c.conf.d/z.conf"]
    );
    let scheduled = |delimiter: &str| {
        let queries = config.scheduled(delimiter, &MACHINE, |pack| pack.name != "in");
        queries.into_iter().map(|scheduled| format!("{}: {}", scheduled.name, scheduled.query.sql)).collect::<Vec<_>>()
    };
    assert_eq!(
        scheduled("_"),
        ["a: select 1", "c: select 5", "pack_f_q: select 6", "pack_one_q: select 6", "pack_two_r: select 8"]
    );
    assert!(scheduled("/").contains(&"pack/two/r: select 8".to_owned()));
    let packs: Vec<_> =
        config.packs.iter().map(|pack| (pack.pack.name.as_str(), pack.source.replace(&dir, ""))).collect();
    let expect = [("f", "/packs/one.conf"), ("in", "/c.conf"), ("one", "/packs/one.conf"), ("two", "/packs/two.conf")];
    assert_eq!(packs, expect.map(|(name, source)| (name, source.to_owned())));
    assert_eq!(config.views().into_iter().collect::<Vec<_>>(), [("v", "select 2")]);
    assert_eq!(config.files().paths.get("etc").map(|paths| paths.join(" ")).as_deref(), Some("/etc/% /x"));
    let odd: Vec<String> = config.diagnostics.iter().map(|found| found.line().replace(&dir, "DIR")).collect();
    assert_eq!(
        odd,
        [
            "Cannot read multi-pack JSON: DIR/packs/bad.conf (DIR/c.conf:3:6)",
            "Error reading the query pack named: gone (DIR/c.conf:4:9; DIR/gone.conf: No such file or directory)",
            "query b stands in DIR/c.conf too: this one counts (DIR/c.conf.d/z.conf:1:30)",
            "EOF while parsing an object (DIR/packs/bad.conf:1:2)",
        ]
        .map(|line| line.to_owned()),
    );
    assert_eq!(config.asked.len(), 11, "{:?}", config.asked);
}

#[test]
fn what_cannot_be_loaded() {
    for (files, expect) in [
        (&[][..], "Error reading config: config file does not exist: DIR/c.conf"),
        (&[("c.conf", "{")], "Error reading config: Error parsing the config JSON"),
        (&[("c.conf", "{}"), ("c.conf.d/x.conf", "[]")], "Error reading config: Error parsing the config JSON"),
        (&[("c.conf/x", "")], "Error reading config: cannot read DIR/c.conf: is a directory"),
    ] {
        let (config, dir) = load(files);
        let error = config.expect_err(expect);
        assert_eq!(error.to_string().replace(&dir, "DIR"), expect);
    }
    let deep = format!("{{\"a\": {}1{}}}", "[".repeat(40), "]".repeat(40));
    let large = " ".repeat(5 << 20);
    for text in [deep.as_str(), &large] {
        let error = load(&[("c.conf", text)]).0.unwrap_err().to_string();
        assert!(error.starts_with("Error reading config: Error validating the config JSON: "), "{error}");
    }
    let mut other = Flags::default();
    other.set("config_plugin", "tls", Origin::CommandLine).unwrap();
    let error = Config::load(&other).unwrap_err();
    assert_eq!(error.to_string(), "Cannot activate tls config plugin: Unknown registry plugin: tls");
    let (error, dir) = load(&[("c.conf", "{\n\"a\": b}")]);
    let error = error.unwrap_err();
    assert_eq!(
        error.details().concat().replace(&dir, "DIR"),
        "updateSource failed to parse config, of source: DIR/c.conf and content: {\n\"a\": b}"
    );
    assert!(error.help().concat().contains("c.conf:2:6: error: "), "{:?}", error.help());
}

#[test]
fn a_backup_is_a_configuration_like_its_original() {
    let store = Store::in_memory().unwrap();
    assert!(Config::restore(&store).unwrap().is_none());
    let files = [("c.conf", r#"{"options": {"verbose": true}}"#), ("c.conf.d/a.conf", "# c\n{}")];
    let first = load(&files).0.unwrap();
    first.back_up(&store).unwrap();
    let again = Config::restore(&store).unwrap().unwrap();
    assert_eq!((again.hash.as_str(), again.sources.len()), (first.hash.as_str(), 2));
    assert_eq!(first.hash.len(), 40);
    let second = load(&files[..1]).0.unwrap();
    assert_ne!(second.hash, first.hash);
    second.back_up(&store).unwrap();
    assert_eq!(Config::restore(&store).unwrap().unwrap().hash, second.hash);
}

#[test]
fn options() {
    let text = r#"{"options": {"host_identifier": "uuid", "verbose": true, "custom_team": "blue", "schedule_epoch": 7,
        "config_path": "/x", "bogus_flag": 1, "hostidentifier": "", "events_expiry": false, "json": true}}"#;
    let config = load(&[("c.conf", text)]).0.unwrap();
    let mut flags = Flags::default();
    flags.set("host_identifier", "hostname", Origin::CommandLine).unwrap();
    assert_eq!(config.apply_options(&mut flags), ["custom_team", "host_identifier", "schedule_epoch", "verbose"]);
    assert_eq!(config.apply_options(&mut flags), [""; 0]);
    assert_eq!((flags.text("host_identifier"), flags.text("custom_team"), flags.bool("json")), ("uuid", "blue", false));
    assert!(
        flags.infos().iter().any(|info| info.name == "custom_team" && info.value == "blue" && info.kind == "string")
    );
    let odd: Vec<String> = config
        .diagnostics
        .iter()
        .map(|found| format!("{}:{} {} {:?}", found.place.line, found.place.column, found.message, found.help))
        .collect();
    assert_eq!(
        odd,
        [
            "2:24 The CLI only flag --config_path set via config file will be ignored, please use a flagfile or pass it to the process at startup None",
            "2:44 Cannot set unknown or invalid flag: bogus_flag None",
            "2:65 Cannot set unknown or invalid flag: hostidentifier Some(\"did you mean host_identifier?\")",
            "2:86 illegal value 'false' specified for uint64 flag 'events_expiry': it keeps its value None",
            "2:101 The CLI only flag --json set via config file will be ignored, please use a flagfile or pass it to the process at startup None",
        ]
    );
}

#[test]
fn shards() {
    for (name, expect) in [("vm", 1..=100), ("", 0..=100)] {
        assert!(expect.contains(&shard(name)), "{}", shard(name));
    }
    assert_eq!(shard("vm"), shard("vm"));
}

/// What is told, and what is read, is bounded whatever the files say.
#[test]
fn bounds() {
    let many: Vec<String> = (0..20_000).map(|number| format!(r#""unknown{number}": {{}}"#)).collect();
    let options: Vec<String> = (0..20_000).map(|number| format!(r#""unknown{number}": 1"#)).collect();
    let text = format!(r#"{{{}, "options": {{{}}}}}"#, many.join(", "), options.join(", "));
    assert_eq!(load(&[("c.conf", &text)]).0.unwrap().diagnostics.len(), 1000);
    let packs: Vec<String> = (0..20).map(|number| format!(r#""p{number:02}": "DIR/p.conf""#)).collect();
    let pack = format!(r#"{{"queries": {{"q": {{"query": "select 1"}}}}}}{}"#, " ".repeat((4 << 20) - 100));
    let (config, dir) = load(&[("c.conf", &format!(r#"{{"packs": {{{}}}}}"#, packs.join(",\n"))), ("p.conf", &pack)]);
    let config = config.unwrap();
    assert_eq!((config.packs.len(), config.diagnostics.len()), (16, 4));
    let expect = "Error reading the query pack named: p16 (DIR/c.conf:17:8; DIR/p.conf: the files with packs are larger than 64 MiB together)";
    assert_eq!(config.diagnostics[0].line().replace(&dir, "DIR"), expect);
}
