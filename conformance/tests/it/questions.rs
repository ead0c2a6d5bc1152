//! The oracles that ask random questions and random queries, over machines that were made up, and texts that are hardly
//! statements.

use crate::fixture_hosts::finish;
use plumb_conformance::Verdict;
use plumb_conformance::engines::embedded::Embedded;
use plumb_conformance::generators::agent::Agent;
use plumb_conformance::generators::bytes;
use plumb_conformance::generators::model::{Settings, host};
use plumb_conformance::oracles::materialized::Pair;
use plumb_conformance::oracles::{QUESTIONS, statements};
use plumb_conformance::report::{Report, Sink, Trial};

use arbitrary::Unstructured;
use std::sync::Arc;

#[test]
fn model_hosts() {
    const HOSTS: u64 = 6;
    let mut report = Report::default();
    for seed in 0..HOSTS {
        let (_, host) = host(seed, &Settings::valid()).expect("a machine");
        let name = format!("model {seed}");
        let mut engine = Embedded::new(Arc::clone(&host)).expect("an engine");
        let material = Agent::learn(&mut engine).expect("tables").material;
        for (oracle, ask) in QUESTIONS {
            for question in (0..6).map(|n| seed * 100 + n) {
                let trial = Trial::new("questions", oracle, &name, format!("seed {question}"));
                let asked = ask(&material, &mut Unstructured::new(&bytes(question, 400))).expect("a question");
                report.add(trial.judged(asked.ask(&mut engine)));
            }
        }
        let mut pair = Pair::new(host).expect("both engines");
        for query in (0..60).map(|n| seed * 100 + n) {
            let (sql, verdict) = pair.check(&bytes(query, 400));
            report
                .add(Trial::new("queries", "materialized", &name, format!("seed {query}")).query(sql).judged(verdict));
        }
    }
    finish(&report, 450);
}

#[test]
fn hostile_texts() {
    let mut report = Report::default();
    for seed in 0..400 {
        let verdict = match statements::check(&[&b"g"[..], &bytes(seed, 400)].concat()) {
            // That it was refused is an answer.
            Verdict::Skip(_) => Verdict::Pass,
            verdict => verdict,
        };
        report.add(Trial::new("hostile", "never_panics", "small", format!("seed {seed}")).judged(verdict));
    }
    finish(&report, 400);
}
