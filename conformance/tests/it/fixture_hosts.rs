//! Recorded answers, table laws and the materialized oracle over every fixture host, in memory: no privileges needed.

use plumb_conformance::divergences::Divergences;
use plumb_conformance::engines::embedded::Embedded;
use plumb_conformance::engines::golden::Golden;
use plumb_conformance::fixtures::{Fixture, folder};
use plumb_conformance::generators::bytes;
use plumb_conformance::oracles::materialized::Pair;
use plumb_conformance::oracles::recorded::Comparison;
use plumb_conformance::oracles::table_laws;
use plumb_conformance::report::{Ink, Report, Sink, Trial};
use plumb_host::Host;
use plumb_schema::Platforms;
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) fn hosts() -> Vec<(Fixture, Arc<dyn Host>)> {
    let fixtures = Fixture::all(&folder()).expect("fixtures");
    fixtures.into_iter().map(|f| (f.clone(), Arc::new(f.load().expect("an archive")) as Arc<dyn Host>)).collect()
}

#[track_caller]
pub(crate) fn finish(report: &Report, least: usize) {
    let (total, failed) = (report.total(), report.findings_text(Ink::None));
    assert!(!report.failed(), "{} failed\n{failed}", total.failed);
    let skipped: Vec<_> = report.skips().collect();
    assert!(total.passed >= least, "only {} passed; skipped: {skipped:#?}", total.passed);
}

#[test]
fn recorded_answers_in_memory() {
    recorded_answers(hosts());
}

/// The same through a directory, which needs root: owners, modes and special files must be as recorded.
#[test]
fn recorded_answers_in_a_directory() {
    if plumb_host::Live::new().expect("this host").own_ids().0 != 0 {
        eprintln!("SKIPPED: unpacking the fixture hosts with their owners needs root");
        return;
    }
    let folders: Vec<_> = hosts().iter().map(|_| tempfile::tempdir().expect("a directory")).collect();
    let rooted = hosts().into_iter().zip(&folders).map(|((fixture, _), folder)| {
        unpack(&fixture, folder.path());
        let host: Arc<dyn Host> = Arc::new(plumb_host::Rooted::open(folder.path()).expect("the directory as a host"));
        (fixture, host)
    });
    recorded_answers(rooted.collect());
}

#[allow(clippy::disallowed_types, reason = "tar knows owners, special files and attributes")]
pub(super) fn unpack(fixture: &Fixture, folder: &std::path::Path) {
    let mut tar = std::process::Command::new("tar");
    tar.args(["--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpf"]).arg(fixture.dir.join("tree.tar.gz"));
    let status = tar.arg("-C").arg(folder).status().expect("tar runs");
    assert!(status.success(), "tar: {status}");
}

fn recorded_answers(hosts: Vec<(Fixture, Arc<dyn Host>)>) {
    let divergences = Divergences::load().expect("divergences.toml");
    let registry = plumb_tables::registry();
    let mut seen = BTreeSet::new();
    let mut report = Report::default();
    for (fixture, host) in hosts {
        let mut engine = Embedded::new(host).expect("an engine");
        let mut comparison = Comparison::new(&divergences);
        let mut golden = Golden::new(&fixture).expect("recorded answers");
        for (sql, verdict) in comparison.all(&mut golden, &mut engine, &registry) {
            report.add(Trial::new("recorded", "recorded", &fixture.name, &sql).query(&sql).judged(verdict));
        }
        seen.extend(comparison.seen);
    }
    finish(&report, 20);
    let stale: Vec<&str> = divergences.patterns().filter(|pattern| !seen.contains(*pattern)).collect();
    assert!(stale.is_empty(), "divergences that no longer diverge: {stale:?}");
}

#[test]
fn table_laws_hold() {
    let mut report = Report::default();
    for (fixture, host) in hosts() {
        for table in plumb_tables::registry().on(Platforms::CURRENT) {
            for (law, verdict) in [
                ("types", table_laws::types(&host, table, &[])),
                ("projection", table_laws::projection(&host, table, &[])),
                ("seek_subset", table_laws::seek_subset(&host, table)),
            ] {
                report.add(Trial::new("tables", law, &fixture.name, table.name()).judged(verdict));
            }
        }
    }
    finish(&report, 5);
}

#[test]
fn materialized_queries() {
    let mut report = Report::default();
    for (fixture, host) in hosts() {
        let mut pair = Pair::new(host).expect("both engines");
        for seed in 0..600 {
            let (sql, verdict) = pair.check(&bytes(seed, 400));
            let trial = Trial::new("queries", "materialized", &fixture.name, format!("seed {seed}")).query(sql);
            report.add(trial.judged(verdict));
        }
    }
    finish(&report, 300);
}
