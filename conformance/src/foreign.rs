//! Proves any agent that answers SQL, with nothing but SQL: no second implementation, no files of its host.

use crate::Verdict;
use crate::engines::Engine;
use crate::generators::agent::Agent;
use crate::generators::bytes;
use crate::generators::query::Material;
use crate::oracles::question::Question;
use crate::oracles::{determinism, limit_prefix, norec, one_picture, pushdown, schema_truth, tlp};
use crate::report::{Report, Section};
use arbitrary::Unstructured;
use std::ops::Range;

/// Questions that are asked together: a process is dear, a statement is cheap.
const TOGETHER: usize = 16;
/// Tables with more rows are left out of the random questions: their answers would be all that is waited for.
const MOST_ROWS: usize = 3000;

/// An oracle over random questions.
type Oracle = fn(&Material, &mut Unstructured<'_>) -> arbitrary::Result<Question>;

const ORACLES: [(&str, Oracle); 4] = [
    ("tlp", tlp::question),
    ("norec", norec::question),
    ("pushdown", pushdown::question),
    ("limit_prefix", limit_prefix::question),
];

/// What is asked of an agent.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seeds of the random questions.
    pub seeds: Range<u64>,
    /// Whether the agent's host does not change by itself (a fixture host).
    pub steady: bool,
}

/// Learns the agent's tables and asks everything.
///
/// # Errors
/// When the agent does not list its tables.
pub fn prove(engine: &mut dyn Engine, plan: &Plan, report: &mut Report) -> Result<(), String> {
    let mut agent = Agent::learn(engine)?;
    tables(engine, &agent, plan, report);
    agent.material.tables.retain(|table| table.rows <= MOST_ROWS);
    for (name, oracle) in ORACLES {
        let mut section = Section::new(format!("agent: {name}"));
        let seeds: Vec<u64> = plan.seeds.clone().collect();
        for seeds in seeds.chunks(TOGETHER) {
            let questions = seeds.iter().filter_map(|seed| {
                let question = oracle(&agent.material, &mut Unstructured::new(&bytes(*seed, 400))).ok()?;
                Some((format!("--first {seed} --seeds 1"), question))
            });
            ask(engine, questions.collect(), plan, &mut section);
        }
        report.push(section);
    }
    Ok(())
}

/// The oracles that look at one table at a time.
fn tables(engine: &mut dyn Engine, agent: &Agent, plan: &Plan, report: &mut Report) {
    let mut picture = Section::new("agent: one_picture");
    let mut steadiness = Section::new("agent: determinism");
    let mut schema = Section::new("agent: schema_truth");
    for tables in agent.material.tables.chunks(TOGETHER) {
        let questions = tables.iter().map(|table| (table.name.clone(), one_picture::question(table)));
        ask(engine, questions.collect(), plan, &mut picture);
    }
    for table in &agent.material.tables {
        if table.rows <= MOST_ROWS {
            steadiness
                .add(&table.name, determinism::check(engine, table, plan.steady && !tells_of_itself(&table.name)));
        } else {
            steadiness.add(&table.name, Verdict::Skip(format!("{} rows", table.rows)));
        }
        if let Some(declared) = agent.declared(&table.name) {
            schema.add(&table.name, schema_truth::check(engine, declared));
        }
    }
    for (table, why) in &agent.unread {
        schema.add(table, Verdict::Skip(why.clone()));
    }
    for section in [picture, steadiness, schema] {
        report.push(section);
    }
}

/// Whether a table tells about the clock or the agent's own process, which differ however still the host stands.
fn tells_of_itself(table: &str) -> bool {
    table == "time" || table.starts_with("osquery_") || table.starts_with("plumb_")
}

/// Asks questions together. Where the host may change by itself, what does not hold is asked once more: a change that
/// undoes itself between two statements does not show in the frame of a question.
fn ask(engine: &mut dyn Engine, questions: Vec<(String, Question)>, plan: &Plan, section: &mut Section) {
    let statements: Vec<String> = questions.iter().flat_map(|(_, question)| question.statements.clone()).collect();
    let mut answers = engine.ask_many(&statements).into_iter();
    for (case, question) in questions {
        let own: Vec<_> = answers.by_ref().take(question.statements.len()).collect();
        let mut verdict = question.judge(&own);
        if matches!(verdict, Verdict::Fail(_)) && !plan.steady && !matches!(question.ask(engine), Verdict::Fail(_)) {
            verdict = Verdict::Skip("it did not hold once, and did when asked again".to_owned());
        }
        section.add(&case, verdict);
    }
}
