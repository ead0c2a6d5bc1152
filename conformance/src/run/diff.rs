//! Two agents against each other: their schemas, the rows of every table that both have, recorded questions, and random ones.
//!
//! Both are asked once. The host may change meanwhile, so where they differ both are asked again, in turns (a, b, a, b): each
//! answer in the middle stands between two of the other agent, and what those two share, it must have. What changes by itself
//! is left out and counted.
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
use crate::engines::Timed;
use crate::engines::shell::Until;
use crate::fixtures::{Fixture, folder};
use crate::generators::agent::{Agent, Declared};
use crate::generators::bytes;
use crate::generators::query::{Material, Scope, TableMaterial, query};
use crate::report::{Report, Sink, Trial};
use crate::shares::Shares;
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
        shares: Shares::default(),
        sizes: BTreeMap::new(),
    };
    let learn = |side: &mut Side| Agent::learn(&mut *side.engine).map_err(|error| format!("{}: {error}", side.name));
    let (first, second) = (learn(&mut a)?, learn(&mut b)?);
    work.shares = Shares::new(crate::foreign::costs(&first), !plan.tables.is_empty());
    let common = work.schemas(&first, &second);
    work.sizes = first.material.tables.iter().map(|table| (table.name.clone(), table.rows)).collect();
    let material = work.material(first.material, &second.material, &common);
    let moved = work.rows(&mut a, &mut b, &common, &material);
    work.recorded(&mut a, &mut b, &common)?;
    let again = work.trial("never_panics", "").replay;
    let material = work.still(material, &moved);
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

    /// What asks for all of it.
    fn everything(&self, known: Option<&TableMaterial>) -> String {
        let columns: Vec<String> = self.columns.iter().map(|column| format!("\"{column}\" AS \"{column}\"")).collect();
        let from = match known.filter(|known| !known.scopes.is_empty() && !self.shows_agents()) {
            Some(known) => known.from("t"),
            None => format!("\"{}\"", self.name),
        };
        format!("SELECT {} FROM {from}", columns.join(", "))
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
    shares: Shares,
    /// How many rows tables have.
    sizes: BTreeMap<String, usize>,
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

    /// Everything that can be read of each table, or what is asked of it where it cannot be read whole; what is large comes last.
    /// What changed by itself is told for each.
    fn rows(&mut self, a: &mut Side, b: &mut Side, common: &[Common], material: &Material) -> BTreeMap<String, Moved> {
        let known = |table: &Common| material.tables.iter().find(|known| known.name == table.name);
        let sizes = std::mem::take(&mut self.sizes);
        let size = |table: &Common| sizes.get(&table.name).copied().unwrap_or(0);
        let (large, small): (Vec<_>, Vec<_>) = common.iter().partition(|table| size(table) > crate::foreign::MOST_ROWS);
        let mut moved = BTreeMap::new();
        for some in small.chunks(TOGETHER).chain(large.chunks(1)) {
            // Half of the time is for random queries.
            let late = large.iter().any(|table| table.name == some[0].name) && self.plan.tables.is_empty();
            let late = late && self.begin.elapsed() >= self.plan.time / 2;
            let mut asked = Vec::new();
            for table in some {
                let trial = self.about("rows", &table.name);
                if crate::foreign::tells_of_itself(&table.name) {
                    self.add(trial.judged(Verdict::Skip("it tells of the agent itself, or of the time".to_owned())));
                } else if late {
                    let why = format!("its {} rows would leave little time for queries", size(table));
                    self.add(trial.judged(Verdict::Skip(why)));
                } else {
                    let sql = table.everything(known(table));
                    asked.push(Asked { trial, sql, keys: table.keys.clone() });
                }
            }
            let names: Vec<String> = asked.iter().flat_map(|asked| asked.trial.tables.clone()).collect();
            moved.extend(names.into_iter().zip(self.ask(a, b, asked)));
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
            if self.live && table.scopes.is_empty() && known.is_some_and(Common::shows_agents) {
                table.scopes = vec![processes(table, other)];
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
    fn still(&mut self, material: Material, moved: &BTreeMap<String, Moved>) -> Material {
        let mut kept = Vec::new();
        for mut table in material.tables {
            let seen = moved.get(&table.name).cloned().unwrap_or_default();
            table.keep(|column| !seen.columns.contains(&column.name));
            let why = match table.scopes.first() {
                Some(scope) if scope.values.is_empty() => "no process is seen by both",
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
            let mut questions = Vec::new();
            for seed in seeds {
                let Ok(sql) = query(&mut Unstructured::new(&bytes(*seed, 400)), material) else { continue };
                let tables = super::tables_of(&sql);
                let trial = self.trial("queries", &format!("seed {seed}")).tables(tables.clone());
                let again = format!("{} --seed {seed} --count 1", trial.replay);
                let trial = trial.replay(again);
                match self.shares.used_up(&tables) {
                    Some(table) if !self.over() => {
                        let why = format!("{table} has had its share of the time");
                        self.add(trial.query(sql).judged(Verdict::Skip(why)));
                    }
                    _ => questions.push(Asked { trial, sql, keys: Vec::new() }),
                }
            }
            self.ask(a, b, questions);
        }
    }

    /// Asks both and compares; answers with what changed by itself.
    fn ask(&mut self, a: &mut Side, b: &mut Side, questions: Vec<Asked>) -> Vec<Moved> {
        if self.over() || questions.is_empty() {
            return Vec::new();
        }
        let statements: Vec<String> = questions.iter().map(|asked| asked.sql.clone()).collect();
        let answers = self.both(a, b, &statements);
        let mut all = Vec::new();
        for (Asked { trial, sql, keys }, (said, took)) in questions.into_iter().zip(answers) {
            let start = Instant::now();
            let (mut verdict, mut moved) = self.judge(said, &keys);
            for _ in 1..if self.live { ROUNDS } else { 1 } {
                let before = (matches!(verdict, Verdict::Fail(_))).then(|| moved.clone());
                let Some(before) = before else { break };
                let Some((said, _)) = self.both(a, b, std::slice::from_ref(&sql)).pop() else { break };
                (verdict, moved) = self.judge(said, &keys);
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
            self.shares.add(&trial.tables, took);
            self.add(Trial { took, left_out: moved.count(), ..trial.query(sql).judged(verdict) });
            all.push(moved);
        }
        all
    }

    /// What both say to each statement, and how long that took. Who says the same as the other is not asked again.
    fn both(&self, a: &mut Side, b: &mut Side, statements: &[String]) -> Vec<(Said, Duration)> {
        let once: Vec<_> = a.ask(statements).into_iter().zip(b.ask(statements)).collect();
        let agree = |one: &Answer, other: &Answer| match (one, other) {
            (Ok(one), Ok(other)) => compare::same(one, other, self.lossy),
            (Err(_), Err(_)) => true,
            _ => false,
        };
        let same: Vec<bool> = once.iter().map(|((one, _), (other, _))| agree(one, other)).collect();
        let doubtful: Vec<String> =
            statements.iter().zip(&same).filter(|(_, same)| !**same).map(|(sql, _)| sql.clone()).collect();
        let (mut again_a, mut again_b) = (a.ask(&doubtful).into_iter(), b.ask(&doubtful).into_iter());
        let joined = |(((one, took), (other, too)), same)| {
            if same {
                return (Said::Same(one, other), took + too);
            }
            let next = |answers: &mut dyn Iterator<Item = Timed>| {
                answers.next().unwrap_or_else(|| (Err("no answer".to_owned()), Duration::ZERO))
            };
            let ((one2, took2), (other2, too2)) = (next(&mut again_a), next(&mut again_b));
            (Said::Apart([one, other, one2, other2]), took + too + took2 + too2)
        };
        once.into_iter().zip(same).map(joined).collect()
    }

    /// The difference, and who is who in it.
    fn shown(&self, moved: &Moved) -> String {
        let [a, b] = self.names;
        format!("- only {a}, + only {b}: {}", moved.wrong.show(SHOWN))
    }

    fn judge(&self, said: Said, keys: &[String]) -> (Verdict, Moved) {
        let own = match said {
            Said::Same(Err(one), Err(other)) => {
                return (Verdict::Skip(compare::refused(&one, &other)), Moved::default());
            }
            Said::Same(Ok(rows), _) if rows.is_empty() => {
                return (Verdict::Skip("no rows".to_owned()), Moved::default());
            }
            Said::Same(..) => return (Verdict::Pass, Moved::default()),
            Said::Apart(own) => own,
        };
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

/// What both say to a statement.
enum Said {
    /// The same, or both refuse.
    Same(Answer, Answer),
    /// Not the same: of a, of b, of a again, of b again.
    Apart([Answer; 4]),
}

/// A directory may hold links into `/proc/self`, which every agent follows to itself: places of which that is known not to be
/// so stand instead.
fn without_links_to_itself(table: &mut TableMaterial) {
    const PATH: &str = "path";
    let Some(place) = table.columns.iter().position(|column| column.name == PATH) else { return };
    if table.scopes.iter().all(|scope| scope.column != "directory") {
        return;
    }
    let own = |row: &&Vec<Option<String>>| !row.iter().flatten().any(|literal| literal.contains("/proc/"));
    let paths = table.sample.iter().filter(own).filter_map(|row| row.get(place)?.clone());
    table.scopes = vec![Scope::new(PATH, paths.take(PLACES).collect())];
}

/// The processes that two agents saw, without the one that asks them.
fn processes(table: &TableMaterial, other: &Material) -> Scope {
    let pids = |table: &TableMaterial| {
        table.columns.iter().find(|column| column.name == PID).map(|column| column.literals.clone()).unwrap_or_default()
    };
    let seen = other.tables.iter().find(|known| known.name == table.name).map(pids).unwrap_or_default();
    let own = std::process::id().to_string();
    let both = pids(table).into_iter().filter(|pid| *pid != own && seen.contains(pid));
    Scope::new(PID, both.take(PROCESSES).collect())
}

fn shared(a: &Declared, b: &Declared) -> Option<Common> {
    let both = |name: &String| b.visible().any(|column| column.name == *name);
    let columns: Vec<String> = a.visible().map(|column| column.name.clone()).filter(both).collect();
    let keys =
        a.visible().filter(|column| column.key && columns.contains(&column.name)).map(|column| column.name.clone());
    let keys = keys.collect();
    (!columns.is_empty()).then(|| Common { name: a.name.clone(), columns, keys })
}

#[cfg(test)]
mod tests;
