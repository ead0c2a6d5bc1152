use super::*;
use plumb_host::Mem;
use plumb_schema::{Column, Outlines, Registry, Table, Unattended};
use plumb_sql::{Budget, Settings};
use std::collections::BTreeMap;
use std::sync::Arc;

const COLUMNS: &[Column<()>] =
    &[Column::text("path", "Path", |_| None).required(plumb_schema::Ops::EQ), Column::integer("n", "Number", |_| None)];

static HERE: Table<()> = Table { name: "here", doc: "Here.", columns: COLUMNS, ..Table::EMPTY };

#[cfg(target_os = "windows")]
const OTHER: Platforms = Platforms::LINUX;
#[cfg(not(target_os = "windows"))]
const OTHER: Platforms = Platforms::WINDOWS;

static ELSEWHERE: Table<()> =
    Table { name: "elsewhere", doc: "Elsewhere.", on: OTHER, columns: COLUMNS, ..Table::EMPTY };

/// Tables that are not built: one that is everywhere, and one that is on macOS alone, where no test of this file runs.
const NOT_YET: &str = "far_away linux,macos,windows n:INTEGER flavour only:TEXT@macos\napple macos n:INTEGER\n";

fn found(text: &str) -> Vec<String> {
    let registry = Registry::new([&HERE as &'static dyn plumb_schema::AnyTable, &ELSEWHERE]);
    let settings = Settings {
        registry,
        host: Arc::new(Mem::new()),
        agent: Arc::new(Unattended::default()),
        budget: Budget::default(),
        planner: false,
    };
    let mut engine = Engine::open(settings).unwrap();
    let config = Config::from_sources(&BTreeMap::from([("c".to_owned(), text.as_bytes().to_vec())])).unwrap();
    // What is said, and what is marked in the text.
    let line = |found: &Finding| {
        let excerpt = found.excerpt.as_ref().expect("a line");
        let indent = excerpt.mark.chars().take_while(|char| *char == ' ').count();
        let marked: String = excerpt.text.chars().skip(indent).take(excerpt.mark.trim_start().len()).collect();
        let said = found.diagnostic.to_string();
        assert_eq!(said.split(": ").next(), Some(format!("c:1:{}", excerpt.column).as_str()));
        format!("{} [{marked}]", said.split_once(": ").expect("a place").1)
    };
    engine.tell_of(Outlines::new(NOT_YET));
    check(&config, &mut engine, &[]).findings.iter().map(line).collect()
}

#[test]
fn queries() {
    let there = OTHER.name();
    for (query, expect) in [
        (r#""query": "select n from here where path = 'x'""#.to_owned(), None),
        (
            r#""query": "select n from here""#.to_owned(),
            Some("warning: query q can never run here: Table here was queried without a required column in the \
                  WHERE clause (constrain path by = or IN, by a join, or where the table allows it by LIKE; for example: \
                  SELECT * FROM here WHERE path = '/etc/hosts') [here]"
                .to_owned()),
        ),
        (
            r#""query": "select 1 from elsewhere""#.to_owned(),
            Some(format!("warning: query q can never run here: no such table: elsewhere (the table elsewhere exists \
                          on {there} only: \"platform\" says where a query or pack runs) [elsewhere]")),
        ),
        (format!(r#""query": "select 1 from elsewhere where path = 'x'", "platform": "{there}""#), None),
        (
            format!(r#""query": "select nope from elsewhere where path = 'x'", "platform": "{there}""#),
            Some(format!("error: query q on {there}: no such column: nope [nope]")),
        ),
        (
            format!(r#""query": "select n from elsewhere", "platform": "{there}""#),
            Some(format!("warning: query q can never run on {there}: Table elsewhere was queried without a required \
                          column in the WHERE clause (constrain path by = or IN, by a join, or where the table allows it by \
                          LIKE; for example: SELECT * FROM elsewhere WHERE path = '/etc/hosts') [elsewhere]")),
        ),
        // Agents there have it.
        (format!(r#""query": "select n from FAR_away", "platform": "{there}""#), None),
        (
            format!(r#""query": "select flavor from FAR_away", "platform": "{there}""#),
            Some(format!("error: query q on {there}: no such column: flavor (did you mean flavour of far_away?) [flavor]")),
        ),
        (
            format!(r#""query": "select only from far_away", "platform": "{there}""#),
            Some(format!("error: query q on {there}: no such column: only [only]")),
        ),
        (
            r#""query": "select n from far_away""#.to_owned(),
            Some("warning: query q can never run here: no such table: far_away (osquery has this table on linux,macos,windows; \
                  this build does not have it yet) [far_away]".to_owned()),
        ),
        (
            format!(r#""query": "select n from apple", "platform": "{there}""#),
            Some(format!("warning: query q can never run on {there}: no such table: apple (the table apple exists on macos \
                          only: \"platform\" says where a query or pack runs) [apple]")),
        ),
        (
            format!(r#""query": "select n from far_awy", "platform": "{there}""#),
            Some(format!("warning: query q can never run on {there}: no such table: far_awy (did you mean the table \
                          far_away?) [far_awy]")),
        ),
        (
            format!(r#""query": "select n from whatever", "platform": "{there}""#),
            Some(format!("warning: query q can never run on {there}: no such table: whatever [whatever]")),
        ),
        (r#""query": "select 1", "platform": "plan9""#.to_owned(), Some("warning: query q never runs: no platform is in all its lists [select 1]".to_owned())),
        (r#""query": "select '\"n\\\u0041\t', nope""#.to_owned(), Some("error: query q: no such column: nope [nope]".to_owned())),
    ] {
        let text = format!(r#"{{"schedule": {{"q": {{{query}}}}}}}"#);
        assert_eq!(found(&text), expect.into_iter().collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn other_sql() {
    for (text, expect) in [
        (
            r#"{"views": {"v": "select n from here where path = 'x'"}, "schedule": {"q": {"query": "select n from v"}}}"#,
            &[][..],
        ),
        (
            r#"{"views": {"here": "select 1"}}"#,
            &["warning: view here cannot be made: a table has this name [select 1]"],
        ),
        (
            r#"{"views": {"v": "select 1; select 2"}}"#,
            &["warning: view v cannot be made: it is more than one statement [select 1; select 2]"],
        ),
        (r#"{"decorators": {"always": ["select 1 as a", "select"]}}"#, &["error: a decorator: incomplete input [\"]"]),
        (
            r#"{"file_paths_query": {"c": ["select 'x' as path", "select 'x'"]}}"#,
            &["warning: c of file_paths_query gives no column path: no files are watched for it [select 'x']"],
        ),
        (
            r#"{"auto_table_construction": {"t": {"path": "/x", "columns": ["a"], "query": "select a from theirs"}}}"#,
            &[],
        ),
        (
            r#"{"auto_table_construction": {"t": {"path": "/x", "columns": ["a"], "query": "select a frm theirs"}}}"#,
            &["error: the query of table t: near \"theirs\": syntax error [theirs]"],
        ),
        (
            r#"{"packs": {"p": {"queries": {"q": {"query": "select 1"}}, "discovery": ["select m from here where path = ''"]}}}"#,
            &["error: discovery of pack p: no such column: m [m]"],
        ),
        (
            r#"{"options": {"verbos": true}}"#,
            &["warning: Cannot set unknown or invalid flag: verbos (did you mean verbose?) [true]"],
        ),
    ] {
        assert_eq!(found(text), expect, "{text}");
    }
}
