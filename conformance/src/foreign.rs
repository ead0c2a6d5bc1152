//! Proves any agent that answers SQL, with nothing but SQL: no second implementation, no files of its host.

use crate::Verdict;
use crate::engines::Engine;
use crate::generators::agent::Agent;
use crate::generators::bytes;
use crate::generators::query::TableMaterial;
use crate::oracles::question::Question;
use crate::oracles::{QUESTIONS, determinism, one_picture, schema_truth};
use crate::report::{Sink, Trial};
use crate::run::{Plan, tables_of};
use arbitrary::Unstructured;
use std::collections::BTreeMap;
use std::time::Instant;

/// Questions that are asked together: a process is dear, a statement is cheap.
const TOGETHER: usize = 16;
/// Tables with more rows are left out of the random questions: their answers would be all that is waited for.
pub(crate) const MOST_ROWS: usize = 3000;
/// So many crashes and hangs tell enough of a table: each costs the time of many questions.
const TROUBLES: usize = 3;
/// Seeds of each random oracle, unless the plan says how many.
const SEEDS: u64 = 1000;

/// Who is asked, about what, and under which names reports know it.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The suite that trials belong to.
    pub suite: &'static str,
    /// The host's name in reports.
    pub host: &'a str,
    /// What is asked for: oracles, tables, seeds.
    pub plan: &'a Plan,
    /// Whether the agent's host does not change by itself (a fixture host).
    pub steady: bool,
}

impl Scope<'_> {
    fn trial(&self, oracle: &'static str, name: &str) -> Trial {
        let host = self.plan.host.as_deref().or((self.suite != "agent").then_some(self.host));
        let again = self.plan.again(self.suite, oracle, host);
        Trial::new(self.suite, oracle, self.host, name).replay(again)
    }

    fn table(&self, oracle: &'static str, table: &str) -> Trial {
        let trial = self.trial(oracle, table).tables([table]);
        if !self.plan.tables.is_empty() {
            return trial;
        }
        let again = format!("{} --table {table}", trial.replay);
        trial.replay(again)
    }
}

/// Learns the agent's tables and asks everything.
///
/// # Errors
/// When the agent does not list its tables.
pub fn prove(engine: &mut dyn Engine, scope: &Scope<'_>, sink: &mut dyn Sink) -> Result<(), String> {
    let mut agent = Agent::learn(engine)?;
    agent.material.tables.retain(|table| scope.plan.table(&table.name));
    agent.unread.retain(|(table, _)| scope.plan.table(table));
    if !scope.plan.tables.is_empty() {
        // Who names tables wants to wait for them.
        agent.slow.clear();
    }
    tables(engine, &agent, scope, sink);
    agent.material.tables.retain(|table| table.rows <= MOST_ROWS);
    let mut first = scope.plan.seeds(SEEDS);
    // The oracles take turns, so that all are heard when time is short.
    while !first.is_empty() && !sink.over() {
        let end = first.end.min(first.start.saturating_add(TOGETHER as u64));
        for (name, oracle) in QUESTIONS.iter().filter(|(name, _)| scope.plan.oracle(name)) {
            let questions = (first.start..end).filter_map(|seed| {
                let question = oracle(&agent.material, &mut Unstructured::new(&bytes(seed, 400))).ok()?;
                let trial = scope.trial(name, &format!("seed {seed}"));
                let again = format!("{} --seed {seed} --count 1", trial.replay);
                Some((trial.replay(again), question))
            });
            let avoided = avoided(engine, &agent);
            let (asked, left): (Vec<_>, Vec<_>) = questions
                .partition(|(_, question)| why_not(&avoided, &tables_of(&question.statements.join(";"))).is_none());
            for (trial, question) in left {
                let tables = tables_of(&question.statements.join(";"));
                let why = why_not(&avoided, &tables).unwrap_or_default().to_owned();
                sink.add(trial.tables(tables).judged(Verdict::Skip(why)));
            }
            ask(engine, asked, scope, sink);
        }
        first.start = end;
    }
    Ok(())
}

/// Tables about which no random questions are asked, and why.
fn avoided(engine: &dyn Engine, agent: &Agent) -> BTreeMap<String, String> {
    let mut troubles: BTreeMap<String, usize> = BTreeMap::new();
    for table in engine.troubles().iter().flat_map(|trouble| tables_of(&trouble.sql)) {
        *troubles.entry(table).or_default() += 1;
    }
    let often = troubles.into_iter().filter(|(_, count)| *count >= TROUBLES);
    let often = often.map(|(table, _)| (table, "its questions ended in crashes or hangs often enough".to_owned()));
    let slow =
        agent.slow.iter().map(|(table, took)| (table.clone(), format!("{table} took {} s to read", took.as_secs())));
    often.chain(slow).collect()
}

fn why_not<'a>(avoided: &'a BTreeMap<String, String>, tables: &[String]) -> Option<&'a str> {
    tables.iter().find_map(|table| avoided.get(table)).map(String::as_str)
}

/// Why a table is too large, or too slow, to be asked for as a whole many times.
fn too_much(agent: &Agent, table: &TableMaterial) -> Option<String> {
    let rows = (table.rows > MOST_ROWS).then(|| format!("{} rows", table.rows));
    rows.or_else(|| agent.slow.get(&table.name).map(|took| format!("it took {} s to read", took.as_secs())))
}

/// The oracles that look at one table at a time.
pub fn tables(engine: &mut dyn Engine, agent: &Agent, scope: &Scope<'_>, sink: &mut dyn Sink) {
    if scope.plan.oracle("one_picture") {
        let mut small = Vec::new();
        for table in &agent.material.tables {
            match too_much(agent, table) {
                Some(why) => sink.add(scope.table("one_picture", &table.name).judged(Verdict::Skip(why))),
                None => small.push(table),
            }
        }
        for tables in small.chunks(TOGETHER) {
            let question =
                |table: &&TableMaterial| (scope.table("one_picture", &table.name), one_picture::question(table));
            ask(engine, tables.iter().map(question).collect(), scope, sink);
        }
    }
    for table in agent.material.tables.iter().filter(|_| scope.plan.oracle("determinism")) {
        let steady = scope.steady && !tells_of_itself(&table.name);
        timed(scope.table("determinism", &table.name), sink, || match too_much(agent, table) {
            Some(why) => Verdict::Skip(why),
            None => determinism::check(engine, table, steady),
        });
    }
    if !scope.plan.oracle("schema_truth") {
        return;
    }
    for declared in agent.material.tables.iter().filter_map(|table| agent.declared(&table.name)) {
        timed(scope.table("schema_truth", &declared.name), sink, || schema_truth::check(engine, declared));
    }
    for (table, why) in &agent.unread {
        sink.add(scope.table("schema_truth", table).judged(Verdict::Skip(why.clone())));
    }
}

/// Judges one thing by itself, unless time is over.
fn timed(trial: Trial, sink: &mut dyn Sink, law: impl FnOnce() -> Verdict) {
    let start = Instant::now();
    let verdict = if sink.over() { Verdict::Skip("no time was left".to_owned()) } else { law() };
    sink.add(Trial { took: start.elapsed(), ..trial.judged(verdict) });
}

/// Whether a table tells about the clock or the agent's own process, which differ however still the host stands.
pub(crate) fn tells_of_itself(table: &str) -> bool {
    table == "time" || table.starts_with("osquery_") || table.starts_with("plumb_")
}

/// Asks questions together. Where the host may change by itself, what does not hold is asked once more: a change that
/// undoes itself between two statements does not show in the frame of a question.
fn ask(engine: &mut dyn Engine, questions: Vec<(Trial, Question)>, scope: &Scope<'_>, sink: &mut dyn Sink) {
    if sink.over() {
        return;
    }
    let statements: Vec<String> = questions.iter().flat_map(|(_, question)| question.statements.clone()).collect();
    let start = Instant::now();
    let mut answers = engine.ask_many(&statements).into_iter();
    let took = start.elapsed() / u32::try_from(questions.len()).unwrap_or(1).max(1);
    for (trial, question) in questions {
        let own: Vec<_> = answers.by_ref().take(question.statements.len()).collect();
        let mut verdict = question.judge(&own);
        if matches!(verdict, Verdict::Fail(_)) && !scope.steady && !matches!(question.ask(engine), Verdict::Fail(_)) {
            verdict = Verdict::Skip("it did not hold once, and did when asked again".to_owned());
        }
        let sql = question.statements.join(";\n");
        let tables = if trial.tables.is_empty() { tables_of(&sql) } else { trial.tables.clone() };
        sink.add(Trial { took, ..trial.tables(tables).query(sql).judged(verdict) });
    }
}
