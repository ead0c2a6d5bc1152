//! The same oracles under proptest: what it finds is small, on any compiler and without a fuzzer. It finds the same each time.

use plumb_conformance::Verdict;
use plumb_conformance::oracles::{Target, config_roundtrip, diff_replay, flags, parser_agreement};
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::cell::Cell;

/// A property's name as the target reads it, and what makes an input.
type Input = (&'static str, Vec<u8>);

/// Judges inputs of a target. Answers how many told something, or the smallest that does not hold.
fn search(cases: u32, properties: &[&'static str], target: impl Fn(&[u8]) -> Verdict) -> Result<u32, TestError<Input>> {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let told = Cell::new(0);
    let input = (select(properties.to_vec()), vec(any::<u8>(), 0..400));
    runner.run(&input, |(property, rest)| {
        match target(&[property.as_bytes(), &rest].concat()) {
            Verdict::Pass => told.set(told.get() + 1),
            Verdict::Skip(_) => {}
            Verdict::Fail(why) => return Err(TestCaseError::fail(why)),
        }
        Ok(())
    })?;
    Ok(told.get())
}

#[test]
fn what_makes_things() {
    let targets: [(&str, Target, &[&str]); 4] = [
        ("analysis", parser_agreement::check, &["g", "m"]),
        ("config", config_roundtrip::check, &["m", "d"]),
        ("differ", diff_replay::check, &["h", "h", "h", "k"]),
        ("flags", flags::check, &["s", "m"]),
    ];
    for (name, target, properties) in targets {
        let told = search(200, properties, target).unwrap_or_else(|found| panic!("{name}: {found}"));
        assert!(told >= 100, "{name}: only {told} told something");
    }
}

/// A law that does not hold where there are two large bytes: proptest finds that, and then nothing besides.
#[test]
fn what_does_not_hold_becomes_small() {
    let law = |bytes: &[u8]| {
        let large = bytes.iter().filter(|byte| **byte > 200).count();
        if large >= 2 { Verdict::Fail(format!("{large} large bytes")) } else { Verdict::Pass }
    };
    let Err(TestError::Fail(why, (property, rest))) = search(200, &["x"], law) else { panic!("it is found") };
    assert_eq!((why.message(), property, rest.as_slice()), ("2 large bytes", "x", [201, 201].as_slice()));
}
