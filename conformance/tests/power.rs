//! All oracles that know no table and no bug, for a few seconds: what mutants that a crate's own tests let pass are held
//! against (`conformance/power/mutants.py`), and old bugs that are made again (`conformance/power/run.sh`). No recorded
//! answers, no other agents, nothing about this very host. What was found, and what was asked when nothing was, tells the
//! seconds of CPU beside those that passed: on a machine with other work to do, only they can be compared.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use plumb_conformance::Verdict;
use plumb_conformance::report::Ink;
use plumb_conformance::run::{self, Plan, SUITES};
use std::cell::RefCell;
use std::time::Duration;

/// Suites that compare with what somebody wrote down, or that need more than this program.
const OTHERS: [&str; 4] = ["recorded", "live", "agent", "cases"];

#[test]
fn generic_oracles() {
    #[allow(clippy::disallowed_methods, reason = "a switch of the test, not of the agent")]
    let seconds = std::env::var("PLUMB_POWER_SECONDS").ok().and_then(|text| text.parse().ok());
    let Some(seconds) = seconds else {
        eprintln!("SKIPPED: measures power when PLUMB_POWER_SECONDS says for how long; the suites run elsewhere");
        return;
    };
    let suites = SUITES.iter().map(|suite| suite.name).filter(|name| !OTHERS.contains(name)).map(str::to_owned);
    let plan = Plan { suites: suites.collect(), steady: true, time: Duration::from_secs(seconds), ..Plan::default() };
    let found = RefCell::new(None);
    // One finding is enough.
    let report = run::run(&plan, &|| found.borrow().is_some(), &mut |trial, _, elapsed| {
        if let Verdict::Fail(why) = &trial.verdict {
            let (oracle, seconds, cpu) = (trial.oracle, elapsed.as_secs_f64(), cpu());
            let text = format!("{oracle} found it after {seconds:.1} s ({cpu:.1} s of CPU): {}", trial.replay);
            found.borrow_mut().get_or_insert(format!("{text}\n{why}"));
        }
    });
    let report = report.expect("fixture hosts that can be read");
    if let Some(found) = found.take() {
        panic!("{found}");
    }
    assert!(!report.failed(), "{}\n{}", report.summary(Ink::None), report.findings_text(Ink::None));
    assert!(report.total().passed >= 20, "{}", report.summary(Ink::None));
    eprintln!("nothing was found with {:.1} s of CPU\n{}", cpu(), report.summary(Ink::None));
}

/// Seconds of CPU that this process has used.
fn cpu() -> f64 {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    std::time::Duration::try_from(used).map_or(0.0, |used| used.as_secs_f64())
}
