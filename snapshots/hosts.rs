//! What every table answers about every fixture host.

use crate::review::Review;
use crate::rows::ask;
use plumb_conformance::engines::embedded::Embedded;
use plumb_conformance::fixtures::{Fixture, folder};
use plumb_conformance::generators::host::small::small;
use plumb_host::Host;
use plumb_schema::{AnyTable, Platforms};
use std::sync::Arc;

/// As many rows of an answer are shown.
const MOST: usize = 40;

/// Tables that do not tell about the host, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("osquery_flags", "is about the agent: see the shell's --help"),
    ("osquery_info", "is about this process"),
    ("osquery_registry", "lists the tables: see the schemas"),
    ("plumb_schema", "lists the columns: see the schemas"),
];

/// What is asked of tables that do not answer without a constraint, and what else is worth asking.
const ASKED: &[(&str, &str)] = &[
    ("file", "path LIKE '/etc/%'"),
    ("file", "directory = '/dev'"),
    ("file", "path IN ('/', '/etc/passwd', '/etc/../etc/passwd', '/nope')"),
    ("file", "path LIKE '/home/%%'"),
    ("hash", "path = '/etc/passwd'"),
    ("hash", "directory = '/etc'"),
    ("hash", "path LIKE '/etc/%.conf'"),
];

#[test]
fn answers() {
    let registry = plumb_tables::registry();
    let fixtures = Fixture::all(&folder()).expect("fixture hosts").into_iter();
    let mut hosts: Vec<(String, Arc<dyn Host>)> =
        fixtures.map(|fixture| (fixture.name.clone(), Arc::new(fixture.load().expect("an archive")) as _)).collect();
    // On which every table has something to tell.
    hosts.push(("small".to_owned(), Arc::new(small())));
    for (name, host) in hosts {
        let mut engine = Embedded::new(host).expect("an engine");
        let mut review = Review::of(&format!("hosts/{name}"));
        for table in registry.on(Platforms::CURRENT).filter(|table| !is_left_out(table.name())) {
            let answer = |(what, sql): &(String, String)| format!("{what}: {}", ask(&mut engine, sql).show(MOST));
            let answers: Vec<String> = questions(table).iter().map(answer).collect();
            review.check(table.name(), table.doc(), &answers.join("\n"));
        }
        review.finish();
    }
}

fn is_left_out(table: &str) -> bool {
    LEFT_OUT.iter().any(|(name, _)| *name == table)
}

/// All of a table, hidden columns too, and what else is asked: in words and in SQL.
fn questions(table: &dyn AnyTable) -> Vec<(String, String)> {
    let here = table.specs().filter(|spec| spec.on.contains(Platforms::CURRENT));
    let columns: Vec<String> = here.map(|spec| format!("t.`{}`", spec.name)).collect();
    let name = table.name();
    let ask = |what: &str, from: &str| (what.to_owned(), format!("SELECT {} FROM {from}", columns.join(", ")));
    let mut questions = Vec::new();
    if table.user_data() {
        questions.push(ask("of all users", &format!("{name} t WHERE t.uid IN (SELECT uid FROM users)")));
    } else if !table.is_constrained() {
        questions.push(ask("all", &format!("{name} t")));
    }
    let asked = ASKED.iter().filter(|(table, _)| *table == name);
    questions.extend(asked.map(|(_, constraint)| ask(constraint, &format!("{name} t WHERE {constraint}"))));
    assert!(!questions.is_empty(), "{name} needs a constraint: add questions to ASKED");
    questions
}

#[test]
fn no_list_is_stale() {
    let registry = plumb_tables::registry();
    for (name, what) in LEFT_OUT.iter().chain(ASKED) {
        assert!(registry.get(name).is_some(), "{name} ({what}) is no table");
    }
}
