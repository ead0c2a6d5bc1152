//! Two agents against each other: their schemas, the rows of every table that both have, recorded questions, and random ones.
//!
//! The host may change while they are asked. Both are asked twice, in turns (a, b, a, b), so that each answer in the middle
//! stands between two of the other agent: what those two share, it must have. What changes by itself is left out and counted.
//!
//! On a live host a difference must also show in [`ROUNDS`] rounds, since a value can leave and come back, and the agents are
//! among what they tell about: one that runs in this process sees none of the processes of one that is a program. What can be
//! told by a `pid` is told without this process; random queries are about processes that both agents saw, and about tables and
//! columns that stood still when they were read whole.

mod compare;
mod side;

use super::{Plan, Unpacked};
use crate::Verdict;
use crate::answer::Row;
use crate::engines::shell::Until;
use crate::fixtures::{Fixture, folder};
use crate::generators::agent::{Agent, Declared};
use crate::generators::bytes;
use crate::generators::query::{Material, Scope, TableMaterial, query};
use crate::report::{Report, Sink, Trial};
use arbitrary::Unstructured;
use compare::{Answers, Moved, SHOWN};
use side::Side;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Questions that are asked together.
const TOGETHER: usize = 16;
/// How often a difference must show on a host that changes.
const ROUNDS: usize = 3;
/// Processes that random queries are about on a host that changes.
const PROCESSES: usize = 20;
/// Places that they are about.
const PLACES: usize = 30;
/// How long an answer is waited for when time is over.
const GRACE: Duration = Duration::from_secs(3);
/// Random questions, unless the plan says how many.
const SEEDS: u64 = 400;

/// Compares two agents: `embedded`, `embedded:FIXTURE`, or a command. `each` sees every trial.
///
/// # Errors
/// When one of them cannot be asked at all.
pub fn diff(
    plan: &Plan,
    names: [&str; 2],
    tired: &Arc<AtomicBool>,
    each: &mut dyn FnMut(&Trial, &Report, Duration),
) -> Result<Report, String> {
    let begin = Instant::now();
    let chosen = plan.host.as_deref().map(super::host).transpose()?;
    // A program needs a directory; then both look at the same one.
    let programs = names.iter().any(|name| !name.starts_with("embedded"));
    let root = chosen.as_ref().filter(|_| programs).map(Unpacked::new).transpose()?;
    let until = Until { stop: Arc::clone(tired), end: Some(begin + plan.time + GRACE) };
    let side = |name| Side::new(name, chosen.as_ref(), root.as_ref(), &until);
    let (mut a, mut b) = (side(names[0])?, side(names[1])?);
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
        until,
        each,
        begin,
        lossy: a.is_program || b.is_program,
        live: chosen.is_none() && names.iter().any(|name| !name.starts_with("embedded:")),
    };
    let learn = |side: &mut Side| Agent::learn(&mut *side.engine).map_err(|error| format!("{}: {error}", side.name));
    let (first, second) = (learn(&mut a)?, learn(&mut b)?);
    let common = work.schemas(&first, &second);
    let material = work.material(first.material, &second.material, &common);
    let moved = work.rows(&mut a, &mut b, &common, &material);
    work.recorded(&mut a, &mut b, &common)?;
    let again = work.trial("never_panics", "").replay;
    let slow = first.slow.keys().chain(second.slow.keys()).cloned().collect();
    let material = work.still(material, &moved, &slow);
    work.random(&mut a, &mut b, &material);
    for side in [&a, &b] {
        for trouble in side.engine.troubles() {
            let trial = Trial::new("diff", "never_panics", &host, &side.name).query(&trouble.sql);
            let trial = trial.tables(super::tables_of(&trouble.sql)).replay(&again);
            work.add(trial.judged(Verdict::Fail(trouble.why.clone())));
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

impl Common {
    /// Whether the agents' own processes are in it.
    fn shows_agents(&self) -> bool {
        self.columns.iter().any(|column| column == PID)
    }
}

/// A statement, and what it is asked for.
#[derive(Clone)]
struct Asked {
    trial: Trial,
    sql: String,
    /// The columns that tell its rows apart, if they have any.
    keys: Vec<String>,
}

struct Work<'a> {
    plan: &'a Plan,
    host: String,
    names: [&'a str; 2],
    report: &'a mut Report,
    until: Until,
    each: &'a mut dyn FnMut(&Trial, &Report, Duration),
    begin: Instant,
    lossy: bool,
    /// Whether the host changes by itself.
    live: bool,
}

impl Work<'_> {
    fn over(&self) -> bool {
        self.until.stop.load(Ordering::Relaxed) || self.begin.elapsed() >= self.plan.time
    }

    fn add(&mut self, trial: Trial) {
        let trial = super::unanswered(trial);
        self.report.add(trial.clone());
        (self.each)(&trial, self.report, self.begin.elapsed());
    }

    fn trial(&self, oracle: &'static str, name: &str) -> Trial {
        let [a, b] = self.names.map(super::quoted);
        let host = self.plan.host.as_deref().map(|host| format!(" --host {}", super::quoted(host))).unwrap_or_default();
        // A seed means another query where there are other tables.
        let tables = self.plan.tables.join(",");
        let tables = if tables.is_empty() { tables } else { format!(" --table {}", super::quoted(&tables)) };
        let again = format!("cargo conform diff --a {a} --b {b}{host}{tables}");
        Trial::new("diff", oracle, &self.host, name).replay(again)
    }

    fn about(&self, oracle: &'static str, table: &str) -> Trial {
        let trial = self.trial(oracle, table).tables([table]);
        let again = if self.plan.tables.is_empty() {
            format!("{} --table {table}", trial.replay)
        } else {
            trial.replay.clone()
        };
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

    /// Everything that can be read of each table, or what is asked of it where it cannot be read whole. What changed by itself
    /// is told for each.
    fn rows(&mut self, a: &mut Side, b: &mut Side, common: &[Common], material: &Material) -> BTreeMap<String, Moved> {
        let mut moved = BTreeMap::new();
        for table in common {
            if self.over() {
                break;
            }
            let known = material.tables.iter().find(|known| known.name == table.name);
            let columns: Vec<String> = table.columns.iter().map(|column| format!("\"{column}\"")).collect();
            let from = match known.filter(|known| known.scope.is_some() && !table.shows_agents()) {
                Some(known) => known.from("t"),
                None => format!("\"{}\"", table.name),
            };
            let sql = format!("SELECT {} FROM {from}", columns.join(", "));
            let trial = self.about("rows", &table.name);
            if crate::foreign::tells_of_itself(&table.name) {
                self.add(trial.judged(Verdict::Skip("it tells of the agent itself, or of the time".to_owned())));
                continue;
            }
            let seen = self.ask(a, b, vec![Asked { trial, sql, keys: table.keys.clone() }]);
            moved.extend(seen.into_iter().next().map(|seen| (table.name.clone(), seen)));
        }
        moved
    }

    /// What was once asked about the fixture hosts.
    fn recorded(&mut self, a: &mut Side, b: &mut Side, common: &[Common]) -> Result<(), String> {
        let mut asked = BTreeSet::new();
        for fixture in Fixture::all(&folder()).map_err(|error| error.to_string())? {
            let recorded = fixture.recorded().map_err(|error| error.to_string())?;
            asked
                .extend(recorded.into_iter().filter(|recorded| recorded.table.is_empty()).map(|recorded| recorded.sql));
        }
        let mut questions = Vec::new();
        for sql in asked {
            let tables = super::tables_of(&sql);
            let known: Vec<&Common> = common.iter().filter(|table| tables.contains(&table.name)).collect();
            if tables.is_empty() || known.len() < tables.len() {
                continue;
            }
            let trial = self.trial("questions", &sql).tables(tables).query(&sql);
            if self.live && known.iter().any(|table| table.shows_agents()) {
                self.add(trial.judged(Verdict::Skip("its rows do not tell which are about the agents".to_owned())));
                continue;
            }
            questions.push(Asked { trial, sql, keys: Vec::new() });
        }
        for some in questions.chunks(TOGETHER) {
            self.ask(a, b, some.to_vec());
        }
        Ok(())
    }

    /// What random queries are made of: what both have.
    fn material(&mut self, mut material: Material, other: &Material, common: &[Common]) -> Material {
        for table in &mut material.tables {
            let known = common.iter().find(|known| known.name == table.name);
            if self.live && table.scope.is_none() && known.is_some_and(Common::shows_agents) {
                table.scope = Some(processes(table, other));
            } else if self.live {
                without_links_to_itself(table);
            }
            table.keep(|column| known.is_some_and(|known| known.columns.contains(&column.name)));
        }
        material.tables.retain(|table| {
            !table.columns.is_empty()
                && table.rows <= crate::foreign::MOST_ROWS
                && !crate::foreign::tells_of_itself(&table.name)
        });
        material
    }

    /// What stood still when all of it was asked for. Random queries show no keys: of what comes and goes, nobody can tell
    /// whether an agent is wrong about it.
    fn still(&mut self, material: Material, moved: &BTreeMap<String, Moved>, slow: &BTreeSet<String>) -> Material {
        let mut kept = Vec::new();
        for mut table in material.tables {
            let seen = moved.get(&table.name).cloned().unwrap_or_default();
            table.keep(|column| !seen.columns.contains(&column.name));
            let why = match &table.scope {
                Some(scope) if scope.values.is_empty() => "no process is seen by both",
                _ if slow.contains(&table.name) => "it takes long to read",
                _ if seen.rows > 0 => "its rows come and go",
                _ if table.columns.is_empty() => "all its columns change by themselves",
                _ => {
                    kept.push(table);
                    continue;
                }
            };
            let trial = self.about("queries", &table.name).judged(Verdict::Skip(why.to_owned()));
            self.add(trial);
        }
        Material { tables: kept }
    }

    /// Random queries over what both have.
    fn random(&mut self, a: &mut Side, b: &mut Side, material: &Material) {
        if material.tables.is_empty() {
            return;
        }
        let seeds: Vec<u64> = self.plan.seeds(SEEDS).collect();
        for seeds in seeds.chunks(TOGETHER) {
            let questions = seeds.iter().filter_map(|seed| {
                let sql = query(&mut Unstructured::new(&bytes(*seed, 400)), material).ok()?;
                let trial = self.trial("queries", &format!("seed {seed}")).tables(super::tables_of(&sql));
                let again = format!("{} --seed {seed} --count 1", trial.replay);
                Some(Asked { trial: trial.replay(again), sql, keys: Vec::new() })
            });
            let questions = questions.collect();
            self.ask(a, b, questions);
        }
    }

    /// Asks both, twice, and compares; answers with what changed by itself.
    fn ask(&mut self, a: &mut Side, b: &mut Side, questions: Vec<Asked>) -> Vec<Moved> {
        if self.over() {
            return Vec::new();
        }
        let start = Instant::now();
        let statements: Vec<String> = questions.iter().map(|asked| asked.sql.clone()).collect();
        let answers = both(a, b, &statements);
        let took = start.elapsed() / u32::try_from(questions.len()).unwrap_or(1).max(1);
        let mut all = Vec::new();
        for (Asked { trial, sql, keys }, own) in questions.into_iter().zip(answers) {
            let start = Instant::now();
            let (mut verdict, mut moved) = self.judge(own, &keys);
            for _ in 1..if self.live { ROUNDS } else { 1 } {
                let before = (matches!(verdict, Verdict::Fail(_))).then(|| moved.clone());
                let Some(before) = before else { break };
                let Some(own) = both(a, b, std::slice::from_ref(&sql)).pop() else { break };
                (verdict, moved) = self.judge(own, &keys);
                if before.differs() && moved.differs() {
                    moved.keep(&before);
                    verdict = if moved.differs() {
                        Verdict::Fail(self.shown(&moved))
                    } else {
                        Verdict::Skip("it differs otherwise each time".to_owned())
                    };
                }
            }
            let took = took + start.elapsed();
            self.add(Trial { took, left_out: moved.count(), ..trial.query(sql).judged(verdict) });
            all.push(moved);
        }
        all
    }

    /// The difference, and who is who in it.
    fn shown(&self, moved: &Moved) -> String {
        let [a, b] = self.names;
        format!("- only {a}, + only {b}: {}", moved.wrong.show(SHOWN))
    }

    fn judge(&self, own: [Answer; 4], keys: &[String]) -> (Verdict, Moved) {
        let but = self.live.then(std::process::id);
        let (verdict, moved) = Answers { own, names: self.names, keys, lossy: self.lossy, but }.judge();
        let verdict = if moved.differs() { Verdict::Fail(self.shown(&moved)) } else { verdict };
        (verdict, moved)
    }
}

/// The column by which processes are known.
const PID: &str = "pid";

/// What one side says.
type Answer = Result<Vec<Row>, String>;

/// What both say to each statement: a, b, a again, b again.
fn both(a: &mut Side, b: &mut Side, statements: &[String]) -> Vec<[Answer; 4]> {
    let mut answers = [a.ask(statements), b.ask(statements), a.ask(statements), b.ask(statements)].map(Vec::into_iter);
    let mut next = || answers.each_mut().map(|list| list.next().unwrap_or_else(|| Err("no answer".to_owned())));
    statements.iter().map(|_| next()).collect()
}

/// A directory may hold links into `/proc/self`, which every agent follows to itself: places of which that is known not to be
/// so stand instead.
fn without_links_to_itself(table: &mut TableMaterial) {
    const PATH: &str = "path";
    let Some(place) = table.columns.iter().position(|column| column.name == PATH) else { return };
    if table.scope.as_ref().is_none_or(|scope| scope.column != "directory") {
        return;
    }
    let own = |row: &&Vec<Option<String>>| !row.iter().flatten().any(|literal| literal.contains("/proc/"));
    let paths = table.sample.iter().filter(own).filter_map(|row| row.get(place)?.clone());
    table.scope = Some(Scope { column: PATH.to_owned(), values: paths.take(PLACES).collect() });
}

/// The processes that two agents saw, without the one that asks them.
fn processes(table: &TableMaterial, other: &Material) -> Scope {
    let pids = |table: &TableMaterial| {
        table.columns.iter().find(|column| column.name == PID).map(|column| column.literals.clone()).unwrap_or_default()
    };
    let seen = other.tables.iter().find(|known| known.name == table.name).map(pids).unwrap_or_default();
    let own = std::process::id().to_string();
    let both = pids(table).into_iter().filter(|pid| *pid != own && seen.contains(pid));
    Scope { column: PID.to_owned(), values: both.take(PROCESSES).collect() }
}

fn shared(a: &Declared, b: &Declared) -> Option<Common> {
    let both = |name: &String| b.visible().any(|column| column.name == *name);
    let columns: Vec<String> = a.visible().map(|column| column.name.clone()).filter(both).collect();
    let keys =
        a.visible().filter(|column| column.key && columns.contains(&column.name)).map(|column| column.name.clone());
    let keys = keys.collect();
    (!columns.is_empty()).then(|| Common { name: a.name.clone(), columns, keys })
}
