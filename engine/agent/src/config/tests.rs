use super::*;

fn read(text: &str) -> Source {
    Source::read(&Text::new("c.conf", text.as_bytes())).expect("JSON")
}

fn told(text: &str) -> Vec<String> {
    read(text).diagnostics.iter().map(ToString::to_string).collect()
}

#[test]
fn everything() {
    let source = read(
        r#"# a configuration
{ "options": {"host_identifier": "uuid", "schedule_splay_percent": 5, "verbose": true},
  "schedule": {
    "b": {"query": "select \
1", "interval": "60", "snapshot": "true", "removed": false, "description": "d"},
    "a": {"query": "select 2", "interval": 1, "denylist": false, "platform": "linux", "version": "1.0", "shard": 10, "startup_priority": 2},
    "b": {"query": "select 3"}
  },
  "packs": {"p": {"queries": {"q": {"query": "select 4", "interval": 9}}, "discovery": ["select 1"], "platform": "linux", "oncall": "x"},
            "f": "/etc/f.conf", "*": "/etc/packs/*.conf"},
  "decorators": {"load": ["select 5"], "always": "select 6", "interval": {"60": ["select 7"]}},
  "views": {"v": "select 8"},
  "auto_table_construction": {"t": {"query": "select a from x", "path": "/%.db", "columns": ["a"], "platform": "linux"}},
  "file_paths": {"etc": ["/etc/%%"]}, "file_paths_query": {"q": ["select path"]}, "exclude_paths": {"etc": ["/etc/x"]}, "file_accesses": ["etc"],
  "events": {"disable_subscribers": ["d"], "enable_subscribers": ["e"], "environment_variables": ["PATH"]},
  "yara": {"signatures": {"g": ["/r.yar"]}, "file_paths": {"etc": ["g"]}, "signature_urls": ["https://h/.*"]},
  "prometheus_targets": {"urls": ["http://h/metrics"], "timeout": 2},
  "feature_vectors": {}, "logger": {}, "kafka_topics": {} }"#,
    );
    assert_eq!(source.diagnostics, []);
    let options: Vec<(&str, &str)> =
        source.options.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(options, [("host_identifier", "uuid"), ("schedule_splay_percent", "5"), ("verbose", "true")]);
    let [a, b] = source.schedule.as_slice() else { panic!("{:?}", source.schedule) };
    assert_eq!(
        (a.name.as_str(), a.interval, a.denylist, a.startup_priority, a.snapshot, a.removed),
        ("a", Some(1), false, Some(2), false, true)
    );
    assert_eq!((a.gate.platform.as_str(), a.gate.version.as_str(), a.gate.shard), ("linux", "1.0", Some(10)));
    assert_eq!((b.sql.as_str(), b.interval), ("select 3", None), "the last of one name");
    let [Packs::Inline(pack), Packs::File { name, path }, Packs::Glob(glob)] = source.packs.as_slice() else {
        panic!()
    };
    assert_eq!((pack.full_name("_", "q"), pack.full_name("/", "q")), ("pack_p_q".to_owned(), "pack/p/q".to_owned()));
    assert_eq!(
        (pack.queries.len(), pack.discovery.len(), name.as_str(), path.as_str(), glob.as_str()),
        (1, 1, "f", "/etc/f.conf", "/etc/packs/*.conf")
    );
    assert_eq!(source.decorators.always, ["select 6"]);
    assert_eq!(source.decorators.interval.get(&60).map(Vec::len), Some(1));
    assert_eq!(source.constructed[0].columns, ["a"]);
    assert_eq!(
        (
            source.files.paths.len(),
            source.files.queries.len(),
            source.files.excluded.len(),
            source.files.accesses.len()
        ),
        (1, 1, 1, 1)
    );
    assert_eq!((source.events.disabled.len(), source.events.enabled.len(), source.events.variables.len()), (1, 1, 1));
    assert_eq!((source.yara.signatures.len(), source.yara.file_paths.len(), source.yara.urls.len()), (1, 1, 1));
    assert_eq!(source.prometheus.map(|p| (p.urls.len(), p.timeout)), Some((1, Some(2))));
}

#[test]
fn continued_lines_in_strings() {
    assert_eq!(read("{\"schedule\": {\"q\": {\"query\": \"select \\\n 1\"}}}").schedule[0].sql, "select  1");
}

#[test]
fn what_is_odd_is_told_with_its_place() {
    for (text, expect) in [
        (
            r#"{"shedule": {}}"#,
            "c.conf:1:2: warning: the configuration has no member shedule: it is ignored (did you mean schedule?)",
        ),
        ("{\n\"schedule\": []}", "c.conf:2:13: warning: schedule is a list, not an object"),
        (
            r#"{"schedule": {"q": {"query": ["select 1"]}}}"#,
            "c.conf:1:30: warning: query of query q is a list, not a string: it never runs",
        ),
        (r#"{"schedule": {"q": {"interval": 3}}}"#, "c.conf:1:15: warning: query q has no member query: it never runs"),
        (
            r#"{"schedule": {"q": {"query": "x", "intervall": 3}}}"#,
            "c.conf:1:35: warning: query q has no member intervall: it is ignored (did you mean interval?)",
        ),
        (
            r#"{"schedule": {"q": {"query": "x", "snapshot": 1}}}"#,
            "c.conf:1:47: warning: snapshot of query q is a number, not true or false: it is ignored",
        ),
        (
            r#"{"schedule": {"query.x": {"query": "x"}}}"#,
            "c.conf:1:15: warning: Invalid query name: query.x starts with one of the reserved prefixes: query., cache., config_views.",
        ),
        (
            r#"{"schedule": {"my_epoch": {"query": "x"}}}"#,
            "c.conf:1:15: warning: Invalid query name: my_epoch ends with one of the reserved suffixes: epoch, counter",
        ),
        (
            r#"{"decorators": []}"#,
            "c.conf:1:16: warning: Invalid format for decorators configuration, decorators value must be a JSON object",
        ),
        (
            r#"{"decorators": {"interval": {"61": []}}}"#,
            "c.conf:1:30: warning: Invalid decorator interval rate 61 in config source: c.conf (seconds, a multiple of 60)",
        ),
        (
            r#"{"auto_table_construction": {"t": {"path": "/x"}}}"#,
            "c.conf:1:30: warning: ATC Table: Skipping t because it is misconfigured (missing query or path)",
        ),
        (
            r#"{"auto_table_construction": {"t": {"path": "/x", "query": "x"}}}"#,
            "c.conf:1:30: warning: ATC Table: Skipping t because it is misconfigured (no columns)",
        ),
        (r#"{"packs": {"p": {"queries": {}}}}"#, "c.conf:1:17: warning: pack p has no queries"),
        (
            r#"{"prometheus_targets": {"timeout": 1}}"#,
            "c.conf:1:24: warning: Configuration for prometheus_targets is missing field: urls",
        ),
        (r#"{"options": {"o": []}}"#, "c.conf:1:19: warning: option o is a list, not a value: it is ignored"),
        (
            r#"{"file_paths": {"c": [1]}}"#,
            "c.conf:1:23: warning: an item of c of file_paths is a number, not a string: it is ignored",
        ),
    ] {
        assert_eq!(told(text), [expect], "{text}");
    }
}

#[test]
fn intervals() {
    for (interval, shown) in [
        ("\"x\"", "0"),
        ("0", "0"),
        ("-5", "18446744073709551611"),
        ("604801", "604801"),
        ("1.5", "4609434218613702656"),
        ("[]", "0"),
    ] {
        let text = format!(r#"{{"schedule": {{"q": {{"query": "x", "interval": {interval}}}}}}}"#);
        let weight = if interval == "1.5" { "error" } else { "warning" };
        let expect =
            format!("c.conf:1:47: {weight}: Query has invalid interval: q: {shown} (seconds, from 1 to 604800)");
        assert_eq!(told(&text), [expect]);
        assert!(read(&text).schedule.is_empty());
    }
}

#[test]
fn what_is_no_configuration() {
    for (text, place) in [
        ("", "1:1"),
        ("[]", "1:1"),
        ("null", "1:1"),
        ("# c\n{\n  \"a\": 1,\n}", "4:1"),
        ("{} {}", "1:4"),
        ("{\"a\": 1 // c\n}", "1:9"),
    ] {
        let error = Source::read(&Text::new("c.conf", text.as_bytes())).expect_err(text).to_string();
        assert!(error.starts_with(&format!("c.conf:{place}: error: ")), "{text:?}: {error}");
    }
}

#[test]
fn a_pack_in_a_file() {
    let text = Text::new("p.conf", br#"{"queries": {"q": {"query": "select 1"}}, "shrad": 1, "platform": "linux"}"#);
    let ReadPack { pack, diagnostics: odd, asked } = read_pack("p", &text).expect("JSON");
    let [asked] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((asked.what.as_str(), asked.kind), ("query q of pack p", Asks::Query));
    assert_eq!((&text.json[asked.span.clone()], asked.platforms.join("|").as_str()), ("\"select 1\"", "|linux"));
    assert_eq!(pack.map(|pack| (pack.name, pack.queries.len())), Some(("p".to_owned(), 1)));
    assert_eq!(odd.len(), 1);
    assert!(read_pack("p", &Text::new("p.conf", b"{")).is_err());
}
