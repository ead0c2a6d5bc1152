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
use crate::shares::Shares;
use arbitrary::Unstructured;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Questions that are asked together: a process is dear, a statement is cheap.
const TOGETHER: usize = 16;
/// Tables with more rows are left out of the random questions: their answers would be all that is waited for.
pub(crate) const MOST_ROWS: usize = 3000;
/// A table that takes a larger part of the time than one of so many is not read again and again for its own sake.
const PARTS: u32 = 50;
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
    let mut shares = Shares::new(costs(&agent), !scope.plan.tables.is_empty());
    tables(engine, &agent, scope, sink);
    agent.material.tables.retain(|table| table.rows <= MOST_ROWS);
    let mut first = scope.plan.seeds(SEEDS);
    // The oracles take turns, so that all are heard when time is short.
    while !first.is_empty() && !sink.over() {
        let end = first.end.min(first.start.saturating_add(TOGETHER as u64));
        for (name, oracle) in QUESTIONS.iter().filter(|(name, _)| scope.plan.oracle(name)) {
            let avoided = avoided(engine);
            let mut asked = Vec::new();
            for seed in first.start..end {
                let Ok(question) = oracle(&agent.material, &mut Unstructured::new(&bytes(seed, 400))) else { continue };
                let tables = tables_of(&question.statements.join(";"));
                let trial = scope.trial(name, &format!("seed {seed}")).tables(tables.clone());
                let again = format!("{} --seed {seed} --count 1", trial.replay);
                let trial = trial.replay(again);
                match why_not(&avoided, &shares, &tables) {
                    Some(why) => sink.add(trial.judged(Verdict::Skip(why))),
                    None => asked.push((trial, question)),
                }
            }
            ask(engine, asked, scope, &mut shares, sink);
        }
        first.start = end;
    }
    Ok(())
}

/// What it costs to read each table about which random questions are asked.
pub(crate) fn costs(agent: &Agent) -> BTreeMap<String, Duration> {
    let small = agent.material.tables.iter().filter(|table| table.rows <= MOST_ROWS);
    small.map(|table| (table.name.clone(), agent.costs.get(&table.name).copied().unwrap_or_default())).collect()
}

/// Tables about which no random questions are asked any more.
fn avoided(engine: &dyn Engine) -> BTreeSet<String> {
    let mut troubles: BTreeMap<String, usize> = BTreeMap::new();
    for table in engine.troubles().iter().flat_map(|trouble| tables_of(&trouble.sql)) {
        *troubles.entry(table).or_default() += 1;
    }
    troubles.into_iter().filter(|(_, count)| *count >= TROUBLES).map(|(table, _)| table).collect()
}

fn why_not(avoided: &BTreeSet<String>, shares: &Shares, tables: &[String]) -> Option<String> {
    if tables.iter().any(|table| avoided.contains(table)) {
        return Some("its questions ended in crashes or hangs often enough".to_owned());
    }
    shares.used_up(tables).map(|table| format!("{table} has had its share of the time"))
}

/// Why a table is too large, or too slow, to be asked for as a whole many times. Who names tables wants to wait for them.
fn too_much(agent: &Agent, scope: &Scope<'_>, table: &TableMaterial) -> Option<String> {
    let slow =
        agent.costs.get(&table.name).filter(|cost| scope.plan.tables.is_empty() && **cost > scope.plan.time / PARTS);
    let rows = (table.rows > MOST_ROWS).then(|| format!("{} rows", table.rows));
    rows.or_else(|| slow.map(|cost| format!("it took {} s to read", cost.as_secs())))
}

/// The oracles that look at one table at a time.
pub fn tables(engine: &mut dyn Engine, agent: &Agent, scope: &Scope<'_>, sink: &mut dyn Sink) {
    if scope.plan.oracle("one_picture") {
        let mut small = Vec::new();
        for table in &agent.material.tables {
            match too_much(agent, scope, table) {
                Some(why) => sink.add(scope.table("one_picture", &table.name).judged(Verdict::Skip(why))),
                None => small.push(table),
            }
        }
        for tables in small.chunks(TOGETHER) {
            let question =
                |table: &&TableMaterial| (scope.table("one_picture", &table.name), one_picture::question(table));
            ask(engine, tables.iter().map(question).collect(), scope, &mut Shares::default(), sink);
        }
    }
    for table in agent.material.tables.iter().filter(|_| scope.plan.oracle("determinism")) {
        let steady = scope.steady && !tells_of_itself(&table.name);
        timed(scope.table("determinism", &table.name), sink, || match too_much(agent, scope, table) {
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
#[must_use]
pub fn tells_of_itself(table: &str) -> bool {
    table == "time" || table.starts_with("osquery_") || table.starts_with("plumb_")
}

/// Asks questions together, each statement once: the frame of a question, its first statement that is asked again at its
/// end, matters only where the law is broken. Where the host may change by itself, such a question is asked again whole, and
/// what does not hold then once more: a change that undoes itself between two statements does not show in the frame.
fn ask(
    engine: &mut dyn Engine,
    questions: Vec<(Trial, Question)>,
    scope: &Scope<'_>,
    shares: &mut Shares,
    sink: &mut dyn Sink,
) {
    if sink.over() {
        return;
    }
    let mut statements: Vec<String> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for sql in questions.iter().flat_map(|(_, question)| &question.statements) {
        places.entry(sql).or_insert_with(|| {
            statements.push(sql.clone());
            statements.len() - 1
        });
    }
    let answers = engine.ask_timed(&statements);
    let mut charged = BTreeSet::new();
    for (trial, question) in &questions {
        let start = Instant::now();
        let own = question.statements.iter().filter_map(|sql| places.get(sql.as_str()));
        let known = own.clone().filter_map(|place| answers.get(*place)).map(|(answer, _)| answer.clone());
        let mut verdict = question.judge(&known.collect::<Vec<_>>());
        for _ in 0..2 {
            if !scope.steady && matches!(verdict, Verdict::Fail(_)) {
                verdict = match question.ask(engine) {
                    Verdict::Fail(why) => Verdict::Fail(why),
                    _ => Verdict::Skip("it did not hold once, and did when asked again".to_owned()),
                };
            }
        }
        let new = own.filter(|place| charged.insert(**place)).filter_map(|place| answers.get(*place));
        let took = new.map(|(_, took)| *took).sum::<Duration>() + start.elapsed();
        let sql = question.statements.join(";\n");
        let tables = if trial.tables.is_empty() { tables_of(&sql) } else { trial.tables.clone() };
        shares.add(&tables, took);
        sink.add(Trial { took, ..trial.clone().tables(tables).query(sql).judged(verdict) });
    }
}
