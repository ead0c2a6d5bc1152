//! Two agents against each other: their schemas, the rows of every table that both have, recorded questions, and random ones.
//!
//! The host may change while they are asked. Both are asked twice, in turns (a, b, a, b), so that each answer in the middle
//! stands between two of the other agent: what those two share, it must have. What changes by itself is left out and counted.

mod compare;
mod side;

use super::{Plan, Unpacked};
use crate::Verdict;
use crate::fixtures::{Fixture, folder};
use crate::generators::agent::{Agent, Declared};
use crate::generators::bytes;
use crate::generators::query::{Material, query};
use crate::report::{Report, Sink, Trial};
use arbitrary::Unstructured;
use compare::Answers;
use side::Side;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Questions that are asked together.
const TOGETHER: usize = 16;
/// Random questions, unless the plan says how many.
const SEEDS: u64 = 400;

/// Compares two agents: `embedded`, `embedded:FIXTURE`, or a command. `each` sees every trial.
///
/// # Errors
/// When one of them cannot be asked at all.
pub fn diff(
    plan: &Plan,
    names: [&str; 2],
    tired: &dyn Fn() -> bool,
    each: &mut dyn FnMut(&Trial, &Report, Duration),
) -> Result<Report, String> {
    let begin = Instant::now();
    let chosen = plan.host.as_deref().map(super::host).transpose()?;
    // A program needs a directory; then both look at the same one.
    let programs = names.iter().any(|name| !name.starts_with("embedded"));
    let root = chosen.as_ref().filter(|_| programs).map(Unpacked::new).transpose()?;
    let [mut a, mut b] =
        [Side::new(names[0], chosen.as_ref(), root.as_ref())?, Side::new(names[1], chosen.as_ref(), root.as_ref())?];
    let fixed = names.iter().filter_map(|name| name.strip_prefix("embedded:")).collect::<Vec<_>>().join(" and ");
    let host = match &chosen {
        Some(chosen) => chosen.name.clone(),
        None if fixed.is_empty() => super::live::HERE.to_owned(),
        None => fixed,
    };
    let mut report = Report::default();
    let mut work = Work {
        plan,
        host: host.clone(),
        names,
        report: &mut report,
        tired,
        each,
        begin,
        lossy: a.is_program() || b.is_program(),
    };
    let learn = |side: &mut Side| Agent::learn(&mut *side.engine).map_err(|error| format!("{}: {error}", side.name));
    let (first, second) = (learn(&mut a)?, learn(&mut b)?);
    let common = work.schemas(&first, &second);
    work.rows(&mut a, &mut b, &common);
    work.recorded(&mut a, &mut b, &common)?;
    work.random(&mut a, &mut b, first.material, &common);
    for side in [&a, &b] {
        for (sql, why) in side.troubles() {
            work.add(Trial::new("diff", "never_panics", &host, &side.name).query(sql).judged(Verdict::Fail(why)));
        }
    }
    report.about.hosts = vec![host];
    report.about.took = begin.elapsed();
    Ok(report)
}

/// A table that both have, with the columns that they share.
struct Common {
    name: String,
    columns: Vec<String>,
    keys: Vec<String>,
}

struct Work<'a> {
    plan: &'a Plan,
    host: String,
    names: [&'a str; 2],
    report: &'a mut Report,
    tired: &'a dyn Fn() -> bool,
    each: &'a mut dyn FnMut(&Trial, &Report, Duration),
    begin: Instant,
    lossy: bool,
}

impl Work<'_> {
    fn over(&self) -> bool {
        (self.tired)() || self.begin.elapsed() >= self.plan.time
    }

    fn add(&mut self, trial: Trial) {
        self.report.add(trial.clone());
        (self.each)(&trial, self.report, self.begin.elapsed());
    }

    fn trial(&self, oracle: &'static str, name: &str) -> Trial {
        let [a, b] = self.names.map(super::quoted);
        let host = self.plan.host.as_deref().map(|host| format!(" --host {}", super::quoted(host))).unwrap_or_default();
        Trial::new("diff", oracle, &self.host, name).replay(format!("cargo conform diff --a {a} --b {b}{host}"))
    }

    fn about(&self, oracle: &'static str, table: &str) -> Trial {
        let trial = self.trial(oracle, table).tables([table]);
        let again = format!("{} --table {table}", trial.replay);
        trial.replay(again)
    }

    /// Tables and columns of both.
    fn schemas(&mut self, a: &Agent, b: &Agent) -> Vec<Common> {
        let names: BTreeSet<&str> = a.tables.iter().chain(&b.tables).map(|table| table.name.as_str()).collect();
        let mut common = Vec::new();
        for name in names.into_iter().filter(|name| self.plan.table(name)) {
            let verdict = match (a.declared(name), b.declared(name)) {
                (Some(one), Some(other)) => {
                    common.extend(shared(one, other));
                    compare::declarations(one, other)
                }
                (Some(_), None) => Verdict::Fail(format!("{} has no table {name}", self.names[1])),
                (None, _) => Verdict::Fail(format!("{} has no table {name}", self.names[0])),
            };
            let trial = self.about("schema", name).judged(verdict);
            self.add(trial);
        }
        common
    }

    /// Everything that can be read of each table.
    fn rows(&mut self, a: &mut Side, b: &mut Side, common: &[Common]) {
        for table in common {
            if self.over() {
                return;
            }
            let columns: Vec<String> = table.columns.iter().map(|column| format!("\"{column}\"")).collect();
            let sql = format!("SELECT {} FROM \"{}\"", columns.join(", "), table.name);
            let trial = self.about("rows", &table.name);
            if crate::foreign::tells_of_itself(&table.name) {
                self.add(trial.judged(Verdict::Skip("it tells of the agent itself, or of the time".to_owned())));
                continue;
            }
            self.ask(a, b, vec![(trial, sql, table.keys.clone())]);
        }
    }

    /// What was once asked about the fixture hosts.
    fn recorded(&mut self, a: &mut Side, b: &mut Side, common: &[Common]) -> Result<(), String> {
        let mut asked = BTreeSet::new();
        for fixture in Fixture::all(&folder()).map_err(|error| error.to_string())? {
            let recorded = fixture.recorded().map_err(|error| error.to_string())?;
            asked
                .extend(recorded.into_iter().filter(|recorded| recorded.table.is_empty()).map(|recorded| recorded.sql));
        }
        let known = |sql: &String| {
            let tables = super::tables_of(sql);
            !tables.is_empty() && tables.iter().all(|table| common.iter().any(|known| known.name == *table))
        };
        let questions: Vec<_> = asked
            .into_iter()
            .filter(known)
            .map(|sql| (self.trial("questions", &sql).tables(super::tables_of(&sql)), sql, Vec::new()))
            .collect();
        for some in questions.chunks(TOGETHER) {
            self.ask(a, b, some.to_vec());
        }
        Ok(())
    }

    /// Random queries over what both have.
    fn random(&mut self, a: &mut Side, b: &mut Side, mut material: Material, common: &[Common]) {
        for table in &mut material.tables {
            let known = common.iter().find(|known| known.name == table.name);
            table.columns.retain(|column| known.is_some_and(|known| known.columns.contains(&column.name)));
        }
        material.tables.retain(|table| !crate::foreign::tells_of_itself(&table.name));
        material.tables.retain(|table| !table.columns.is_empty() && table.rows <= crate::foreign::MOST_ROWS);
        if material.tables.is_empty() {
            return;
        }
        let seeds: Vec<u64> = self.plan.seeds(SEEDS).collect();
        for seeds in seeds.chunks(TOGETHER) {
            let questions = seeds.iter().filter_map(|seed| {
                let sql = query(&mut Unstructured::new(&bytes(*seed, 400)), &material).ok()?;
                let trial = self.trial("queries", &format!("seed {seed}")).tables(super::tables_of(&sql));
                let again = format!("{} --seed {seed} --count 1", trial.replay);
                Some((trial.replay(again), sql, Vec::new()))
            });
            let questions = questions.collect();
            self.ask(a, b, questions);
        }
    }

    /// Asks both, twice, and compares. A question has the names of its key columns, if its rows have a key.
    fn ask(&mut self, a: &mut Side, b: &mut Side, questions: Vec<(Trial, String, Vec<String>)>) {
        if self.over() {
            return;
        }
        let start = Instant::now();
        let statements: Vec<String> = questions.iter().map(|(_, sql, _)| sql.clone()).collect();
        let mut answers =
            [a.ask(&statements), b.ask(&statements), a.ask(&statements), b.ask(&statements)].map(Vec::into_iter);
        let took = start.elapsed() / u32::try_from(questions.len()).unwrap_or(1).max(1);
        for (trial, sql, keys) in questions {
            let own = answers.each_mut().map(|list| list.next().unwrap_or_else(|| Err("no answer".to_owned())));
            let (verdict, left_out) = Answers { own, names: self.names, keys: &keys, lossy: self.lossy }.judge();
            self.add(Trial { took, left_out, ..trial.query(sql).judged(verdict) });
        }
    }
}

fn shared(a: &Declared, b: &Declared) -> Option<Common> {
    let both = |name: &String| b.visible().any(|column| column.name == *name);
    let columns: Vec<String> = a.visible().map(|column| column.name.clone()).filter(both).collect();
    let keys =
        a.visible().filter(|column| column.key && columns.contains(&column.name)).map(|column| column.name.clone());
    let keys = keys.collect();
    (!columns.is_empty()).then(|| Common { name: a.name.clone(), columns, keys })
}
