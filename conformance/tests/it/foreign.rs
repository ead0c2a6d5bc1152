//! The oracles that need nothing but SQL: over this agent in process, over its shell, and over liars.

use crate::fixture_hosts::{hosts, unpack};
use plumb_conformance::answer::Row;
use plumb_conformance::engines::Engine;
use plumb_conformance::engines::embedded::Embedded;
use plumb_conformance::engines::shell::Shell;
use plumb_conformance::foreign::{Scope, prove};
use plumb_conformance::report::{Ink, Report};
use plumb_conformance::run::Plan;
use plumb_host::Host;
use plumb_sql::Budget;
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
    assert_eq!(report.oracles().count(), 7, "{name}\n{summary}");
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
    assert!(agent.troubles.is_empty(), "{:#?}", agent.troubles);
}

/// What a liar does to honest answers.
#[derive(Clone, Copy, Debug)]
enum Lie {
    DropsARow,
    DoublesUnderIn,
    TurnsNullIntoText,
    IgnoresWhere,
    CountsWrong,
    CutsShort,
    ShufflesTypes,
    LosesInJoins,
    Flickers,
}

struct Liar {
    honest: Embedded,
    lie: Lie,
    turn: usize,
}

impl Engine for Liar {
    fn ask(&mut self, sql: &str) -> Result<Vec<Row>, String> {
        // The catalogue is not lied about: the harness would see no tables.
        if sql.contains("sqlite_temp_master") || sql.contains("pragma_") || sql.contains("quote(") {
            return self.honest.ask(sql);
        }
        let cut = sql.find(" WHERE ").and_then(|place| sql.get(..place));
        if let (Lie::IgnoresWhere, Some(cut), false) = (self.lie, cut, sql.contains("(SELECT")) {
            return self.honest.ask(cut);
        }
        let mut rows = self.honest.ask(sql)?;
        self.turn += 1;
        match self.lie {
            Lie::LosesInJoins if sql.contains("count(*)") && sql.contains(" JOIN ") => add(&mut rows, -1),
            Lie::Flickers if self.turn.is_multiple_of(2) => drop(rows.pop()),
            Lie::DropsARow if sql.contains(" WHERE ") && rows.len() > 1 => drop(rows.pop()),
            Lie::DoublesUnderIn if sql.contains(" IN (") => rows.extend(rows.first().cloned()),
            Lie::TurnsNullIntoText => {
                for cell in rows.iter_mut().flat_map(|row| row.values_mut()) {
                    cell.get_or_insert_default();
                }
            }
            Lie::CountsWrong if sql.contains("count(*)") => add(&mut rows, 1),
            Lie::CutsShort if sql.contains(" LIMIT ") => drop(rows.pop()),
            Lie::ShufflesTypes if sql.contains("typeof(") => rows.iter_mut().for_each(|row| {
                row.values_mut().filter(|cell| cell.as_deref() == Some(b"integer")).for_each(|cell| {
                    *cell = Some(b"text".to_vec());
                });
            }),
            _ => {}
        }
        Ok(rows)
    }
}

fn add(rows: &mut [Row], more: i64) {
    for cell in rows.iter_mut().filter_map(|row| row.get_mut("c0")) {
        let number = cell.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()?.parse::<i64>().ok());
        *cell = number.map(|number| (number + more).to_string().into_bytes());
    }
}

#[test]
fn every_lie_is_caught() {
    use Lie::*;
    let cases: [(Lie, &[&str]); 9] = [
        (DropsARow, &["tlp", "pushdown"]),
        (DoublesUnderIn, &["tlp", "pushdown"]),
        (TurnsNullIntoText, &["schema_truth"]),
        (IgnoresWhere, &["tlp", "norec", "pushdown"]),
        (CountsWrong, &["norec"]),
        (CutsShort, &["limit_prefix"]),
        (ShufflesTypes, &["schema_truth"]),
        (LosesInJoins, &["one_picture"]),
        (Flickers, &["determinism"]),
    ];
    let (_, host) = hosts().into_iter().next().expect("a fixture host");
    for (lie, oracles) in cases {
        // Few tables, so that nine liars are heard soon.
        let mut registry = plumb_tables::registry();
        registry.retain(|name| ["deb_packages", "etc_services", "groups", "mounts", "users"].contains(&name));
        let honest = Embedded::with(host.clone(), registry, Budget::default()).expect("an engine");
        let report = proved(&mut Liar { honest, lie, turn: 0 }, &plan(60));
        for oracle in oracles {
            let summary = report.summary(Ink::None);
            assert!(report.of(oracle).failed > 0, "{oracle} believes that nobody {lie:?}: {summary}");
        }
    }
}
