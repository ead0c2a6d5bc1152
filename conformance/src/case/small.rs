//! Smaller cases.

use super::ask::copies;
use super::make::read_files;
use super::{Answer, Base, Case, CaseHost, Class, Kind, Law, Step, Trouble};
use crate::Verdict;
use crate::oracles::TARGETS;
use crate::shrink::{self, Budget};
use plumb_host::Host;
use std::sync::Arc;

/// The smallest case that can be found which fails in the same way. The budget is for each round over the query and the host.
///
/// Where the law of the case is *materialized*, what plain copies answer becomes the answer. An answer cannot be shrunk with
/// its query: a case that has one is shrunk by the law of its oracle, or else by *materialized*.
///
/// # Errors
/// When the case does not fail, or its failure does not show by a law.
pub fn shrink(case: &Case, kind: &Kind, budget: Budget) -> Result<Case, String> {
    if let Some((target, bytes)) = &case.input {
        return input(case, target, bytes, budget);
    }
    let mut best = guilty(case, kind)?;
    // A host that is put onto another one becomes one by itself, of the files that matter.
    let files = best.host.mem().and_then(|mem| read_files(mem, &best.sql, best.law));
    let alone =
        files.map(|files| Guilty { host: CaseHost { base: Base::Empty, files, ..best.host.clone() }, ..best.clone() });
    if let Some(alone) = alone.ok().filter(|alone| alone.is_guilty(kind)) {
        best = alone;
    }
    loop {
        let before = best.clone();
        best.sql =
            shrink::sql(&best.sql, budget, &mut |sql| Guilty { sql: sql.to_owned(), ..best.clone() }.is_guilty(kind));
        best.host.files = shrink::host(&best.host.files, budget, &mut |files| {
            Guilty { host: CaseHost { files: files.clone(), ..best.host.clone() }, ..best.clone() }.is_guilty(kind)
        });
        if best == before {
            return Ok(best.case(case));
        }
    }
}

/// A query that breaks a law, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Guilty {
    host: CaseHost,
    sql: String,
    law: Law,
    class: Class,
}

impl Guilty {
    fn is_guilty(&self, kind: &Kind) -> bool {
        class_of(&self.host, &self.sql, self.law, kind) == Some(self.class)
    }

    fn case(self, from: &Case) -> Case {
        let answer = if self.law == Law::Materialized && self.class != Class::Answered { self.answer() } else { None };
        let oracle = self.law.name().to_owned();
        Case { oracle, host: self.host, steps: vec![Step { sql: self.sql, answer }], ..from.clone() }
    }

    /// What plain SQLite says.
    fn answer(&self) -> Option<Answer> {
        let host = Arc::new(self.host.mem().ok()?) as Arc<dyn Host>;
        let table = copies(&host, &self.sql).ok()?.ok()?;
        Some(Answer::Rows { columns: table.columns, rows: table.rows, ordered: false })
    }
}

/// The query of a case that is to blame, and the law by which it shows.
fn guilty(case: &Case, kind: &Kind) -> Result<Guilty, String> {
    match case.judge(kind) {
        Ok(()) => return Err("the case holds: there is nothing to shrink".to_owned()),
        Err(Trouble::Skip(why)) => return Err(format!("the case tells nothing: {why}")),
        Err(Trouble::Fail(_)) => {}
    }
    let laws = case.law().into_iter().chain([Law::Materialized]);
    let mut tries = laws.flat_map(|law| case.steps.iter().map(move |step| (law, &step.sql)));
    let found = tries.find_map(|(law, sql)| {
        let class = class_of(&case.host, sql, law, kind)?;
        Some(Guilty { host: case.host.clone(), sql: sql.clone(), law, class })
    });
    found.ok_or_else(|| {
        let names = Law::names().join(", ");
        format!("the answer is wrong, but no law shows it, and an answer does not shrink with its query; laws: {names}")
    })
}

/// How a law is broken, if it is.
fn class_of(host: &CaseHost, sql: &str, law: Law, kind: &Kind) -> Option<Class> {
    let steps = vec![Step { sql: sql.to_owned(), answer: None }];
    let case = Case { oracle: law.name().to_owned(), host: host.clone(), steps, ..Case::default() };
    match case.judge(kind) {
        Err(Trouble::Fail(failure)) => Some(failure.class),
        _ => None,
    }
}

fn input(case: &Case, target: &str, bytes: &[u8], budget: Budget) -> Result<Case, String> {
    let known = TARGETS.iter().find(|(name, _)| *name == target);
    let (_, run) = known.ok_or_else(|| format!("there is no fuzz target {target}"))?;
    let fails = |bytes: &[u8]| matches!(run(bytes), Verdict::Fail(_));
    if !fails(bytes) {
        return Err("the input does not fail: there is nothing to shrink".to_owned());
    }
    let small = shrink::bytes(bytes, budget, &mut |bytes| fails(bytes));
    Ok(Case { input: Some((target.to_owned(), small)), ..case.clone() })
}
