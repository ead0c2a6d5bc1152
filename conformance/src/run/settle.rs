//! What becomes of findings: each is made smaller, and kept as a case that a person can read and run again.

use super::{Chosen, Plan};
use crate::Verdict;
use crate::case::{self, Base, Case, CaseHost, Kind, Law, Step};
use crate::report::{Finding, Report, Smaller, Trial};
use crate::shrink::Budget;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Findings of one oracle that are made smaller: more of the same kind tell little more.
const FEW: usize = 3;
/// What making one smaller may cost, in a round.
const BUDGET: Budget = Budget { checks: 400, time: Duration::from_millis(1500) };
/// What all of it may cost: then nothing is made smaller any more.
const TIME: Duration = Duration::from_secs(25);

/// Makes findings smaller and writes them to a folder. The first is there whatever the others cost.
///
/// # Errors
/// When the folder cannot be written.
pub fn settle(report: &mut Report, plan: &Plan, hosts: &[Chosen], folder: &Path) -> Result<(), String> {
    // What an earlier run left is not of this one.
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let (begin, mut seen) = (Instant::now(), BTreeMap::<&str, usize>::new());
    for (place, finding) in report.findings_mut().iter_mut().enumerate() {
        let count = seen.entry(finding.trial.oracle).or_default();
        *count += 1;
        let late = begin.elapsed() >= TIME;
        // Of another agent even a case that is not smaller takes a host in a directory, and to be asked again.
        if late && plan.agent.is_some() {
            break;
        }
        let shrink = *count <= FEW && !late;
        // Whatever goes wrong here, the finding stays as it is.
        let case = super::caught(|| case_of(&finding.trial, plan, hosts, shrink)).ok().flatten();
        let Some((case, kind)) = case else { continue };
        if shrink {
            finding.smaller = smaller(&case, &kind, finding);
        }
        finding.case = Some(write(&case, folder, place + 1, finding.trial.oracle)?);
    }
    Ok(())
}

/// A trial as a case, as small as can be had, and who is asked.
fn case_of(trial: &Trial, plan: &Plan, hosts: &[Chosen], shrink: bool) -> Option<(Case, Kind)> {
    let note = format!("{} / {}, {} on {}.\n{}", trial.suite, trial.oracle, trial.name, trial.host, trial.replay);
    let chosen = hosts.iter().find(|chosen| chosen.name == trial.host);
    let (case, kind) = match (&trial.input, &plan.agent, chosen) {
        (Some((target, bytes)), ..) => (case::from_fuzz(target, bytes).ok()?, Kind::Embedded),
        (None, None, Some(chosen)) => (of_query(trial, chosen, &note)?, Kind::Embedded),
        (None, Some(command), Some(chosen)) => of_agent(trial, command, chosen, &note)?,
        // What happens on a host that changes cannot be kept.
        (None, _, None) => return None,
    };
    let small = shrink.then(|| case::shrink(&case, &kind, BUDGET).ok()).flatten();
    Some((small.unwrap_or(case), kind))
}

fn of_query(trial: &Trial, chosen: &Chosen, note: &str) -> Option<Case> {
    let statements = statements(trial)?;
    let host = Arc::clone(&chosen.host);
    if Law::named(trial.oracle).is_some()
        && let Ok(case) = case::from_question(&host, trial.oracle, &statements, note)
    {
        return Some(case);
    }
    case::from_query(host, statements.first()?, trial.oracle, note).ok()
}

/// Another agent's: the first statement by which it breaks the law, over the fixture host.
fn of_agent(trial: &Trial, command: &str, chosen: &Chosen, note: &str) -> Option<(Case, Kind)> {
    let fixture = chosen.fixture.as_ref()?;
    let kind = Kind::Agent(super::rooted(command));
    let fails = |sql: &String| {
        let host = CaseHost { base: Base::Fixture(fixture.name.clone()), ..CaseHost::default() };
        let steps = vec![Step { sql: sql.clone(), answer: None }];
        let (about, oracle) = (note.to_owned(), trial.oracle.to_owned());
        let case = Case { about, oracle, host, steps, input: None };
        matches!(case.run(&kind), Verdict::Fail(_)).then_some(case)
    };
    let case = statements(trial)?.iter().find_map(fails)?;
    Some((case, kind))
}

/// The statements of a question: oracles join them in this way.
fn statements(trial: &Trial) -> Option<Vec<String>> {
    let mut statements: Vec<String> = trial.query.as_ref()?.split(";\n").map(str::to_owned).collect();
    statements.dedup();
    Some(statements)
}

/// What the smaller case shows, if it is smaller and still shows something.
fn smaller(case: &Case, kind: &Kind, finding: &Finding) -> Option<Smaller> {
    let Verdict::Fail(why) = case.run(kind) else { return None };
    let query = match (&case.input, case.steps.first()) {
        (None, Some(step)) => Some(step.sql.trim_end().to_owned()),
        _ => None,
    };
    let longer = query.as_ref().zip(finding.trial.query.as_ref()).is_some_and(|(new, old)| new.len() > old.len());
    let diff = query.as_deref().and_then(|query| why.strip_prefix(query)).unwrap_or(&why).trim_matches('\n').to_owned();
    (!longer).then_some(Smaller { query, diff })
}

fn write(case: &Case, folder: &Path, number: usize, oracle: &str) -> Result<PathBuf, String> {
    let path = folder.join(format!("{number:03}-{oracle}.case"));
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, case.to_text()));
    written.map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}
