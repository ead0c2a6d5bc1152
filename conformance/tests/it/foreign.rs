//! The oracles that need nothing but SQL: over this agent in process, and over its shell. `liars` is about others.

use crate::fixture_hosts::{hosts, unpack};
use plumb_conformance::engines::Engine;
use plumb_conformance::engines::embedded::Embedded;
use plumb_conformance::engines::shell::Shell;
use plumb_conformance::foreign::{Scope, prove};
use plumb_conformance::oracles::QUESTIONS;
use plumb_conformance::report::{Ink, Report};
use plumb_conformance::run::Plan;
use plumb_host::Host;
use std::path::PathBuf;

fn plan(seeds: u64) -> Plan {
    Plan { count: Some(seeds), steady: true, ..Plan::default() }
}

fn proved(engine: &mut dyn Engine, plan: &Plan) -> Report {
    let mut report = Report::default();
    let scope = Scope { suite: "agent", host: "a fixture host", plan, steady: plan.steady };
    prove(engine, &scope, &mut report).expect("an agent that lists its tables");
    report
}

#[track_caller]
fn finish(name: &str, report: &Report, least: usize) {
    let (summary, findings) = (report.summary(Ink::None), report.findings_text(Ink::None));
    assert!(!report.failed(), "{name}\n{summary}\n{findings}");
    assert_eq!(report.oracles().count(), 2 + QUESTIONS.len(), "{name}\n{summary}");
    for (_, oracle, tally) in report.oracles() {
        assert!(tally.passed >= least, "{name}: {oracle}: only {} passed", tally.passed);
    }
}

#[test]
fn the_embedded_agent_holds() {
    for (fixture, host) in hosts() {
        let report = proved(&mut Embedded::new(host).expect("an engine"), &plan(150));
        finish(&fixture.name, &report, 10);
    }
}

/// The shell beside the tests in the target folder, when it was built.
fn plumbi() -> Option<PathBuf> {
    let tests = std::env::current_exe().ok()?;
    let shell = tests.parent()?.parent()?.join("plumbi");
    shell.is_file().then_some(shell)
}

#[test]
fn the_shell_holds() {
    let Some(shell) = plumbi() else {
        eprintln!("SKIPPED: plumbi is not built");
        return;
    };
    if plumb_host::Live::new().expect("this host").own_ids().0 != 0 {
        eprintln!("SKIPPED: unpacking the fixture hosts with their owners needs root");
        return;
    }
    let (fixture, host) = hosts().into_iter().next().expect("a fixture host");
    let folder = tempfile::tempdir().expect("a directory");
    unpack(&fixture, folder.path());
    let command = format!("'{}' --root '{}'", shell.display(), folder.path().display());
    let mut agent = Shell::new(&command).expect("a command");
    let sql = "SELECT NULL AS a, '' AS b, x'6101' AS c, 'it''s' AS d, 1 AS e, -0.5 AS f";
    let cells = [None, Some(""), Some("a\u{1}"), Some("it's"), Some("1"), Some("-0.5")];
    let expect =
        "abcdef".chars().zip(cells).map(|(name, cell)| (name.to_string(), cell.map(|text| text.as_bytes().to_vec())));
    assert_eq!(agent.ask(sql), Ok(vec![expect.collect()]), "exact answers");
    let sql = "SELECT * FROM users ORDER BY uid, username";
    assert_eq!(agent.ask(sql), Embedded::new(host).expect("an engine").ask(sql), "one host through both");
    let report = proved(&mut agent, &plan(24));
    finish(&command, &report, 1);
    assert!(agent.troubles().is_empty(), "{:#?}", agent.troubles());
}
