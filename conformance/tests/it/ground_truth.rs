//! What the tables say about this very host, against what independent programs say.

use plumb_conformance::Verdict;
use plumb_conformance::engines::embedded::Embedded;
use plumb_conformance::fixtures::{Fixture, folder};
use plumb_conformance::report::{Ink, Report, Sink, Trial};
use plumb_conformance::truth::{self, Scene};
use plumb_schema::{AnyTable, Platforms};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Where programs and privileges are known to be there, as many truths must really have been told.
const LEAST: usize = 12;

#[test]
fn programs_agree() {
    let scene = Scene::new().expect("a scene");
    let host = Arc::new(plumb_host::Live::new().expect("this host"));
    let mut engine = Embedded::new(host).expect("an engine");
    let mut report = Report::default();
    let mut blind = Vec::new();
    let rooted = Arc::new(plumb_host::Rooted::open(scene.root()).expect("a directory"));
    let mut tree = Embedded::new(rooted).expect("an engine");
    let here = truth::all().map(|truth| (truth, false));
    for (truth, in_tree) in here.chain(truth::in_a_tree().map(|truth| (truth, true))) {
        let engine = if in_tree { &mut tree } else { &mut engine };
        let outcome = truth.check(&scene, engine);
        let state = match &outcome.verdict {
            Verdict::Pass => "agrees".to_owned(),
            Verdict::Skip(why) => format!("skipped: {why}"),
            Verdict::Fail(_) => "DIFFERS".to_owned(),
        };
        eprintln!("{}: {state} ({} rows judged, {} unsteady)", truth.name, outcome.judged, outcome.unsteady);
        // What agrees must be able to disagree.
        if outcome.verdict == Verdict::Pass {
            let lies = truth.unnoticed_lies(&scene, engine).unwrap_or_default();
            blind.extend(lies.into_iter().map(|lie| format!("{}: {lie}", truth.name)));
        }
        report.add(Trial::new("live", "ground_truth", "this host", truth.name).judged(outcome.verdict));
    }
    let total = report.total();
    let skipped: Vec<_> = report.skips().collect();
    eprintln!("{} agree, {} skipped", total.passed, total.skipped);
    assert!(!report.failed(), "{} differ\n{}", total.failed, report.findings_text(Ink::None));
    assert!(blind.is_empty(), "lies that would not be noticed: {blind:#?}");
    #[allow(clippy::disallowed_methods, reason = "a switch of the test, not of the agent")]
    let required = std::env::var_os("PLUMB_REQUIRE_TRUTH").is_some_and(|value| value == "1");
    assert!(!required || total.passed >= LEAST, "only {} agree; skipped: {:#?}", total.passed, skipped);
}

/// Tables of which nobody but their author has said what is right: no recorded answer has rows of them, and no program
/// tells the same. Their rows are written by hand, in the tests beside them.
const BY_HAND: [&str; 9] = [
    "cpu_info",
    "osquery_events",
    "osquery_extensions",
    "osquery_flags",
    "osquery_info",
    "osquery_packs",
    "osquery_registry",
    "osquery_schedule",
    "plumb_schema",
];

#[test]
fn every_table_is_vouched_for() {
    let mut vouched: BTreeSet<String> =
        truth::all().chain(truth::in_a_tree()).map(|truth| truth.table.to_owned()).collect();
    for fixture in Fixture::all(&folder()).expect("fixtures") {
        let recorded = fixture.recorded().expect("recorded answers").into_iter();
        vouched.extend(recorded.filter(|recorded| !recorded.rows.is_empty()).map(|recorded| recorded.table));
    }
    let registry = plumb_tables::registry();
    let tables: Vec<&str> = registry.on(Platforms::LINUX).map(AnyTable::name).collect();
    for table in &tables {
        let by_hand = BY_HAND.contains(table);
        assert!(
            vouched.contains(*table) || by_hand,
            "{table} has neither a recorded answer nor a program that vouches for it: add a truth, or test it by hand and list it"
        );
        assert!(!(vouched.contains(*table) && by_hand), "{table} need no longer be listed");
    }
    let unknown: Vec<&&str> = BY_HAND.iter().filter(|table| !tables.contains(*table)).collect();
    assert!(unknown.is_empty(), "no such tables: {unknown:?}");
}
