//! Random trials, as long as there is time. Each oracle over each host is a *lane*; the lane that has used least time so far
//! goes next, so that all get the same.

use super::{Chosen, Context, Plan, tables_of};
use crate::Verdict;
use crate::engines::embedded::Embedded;
use crate::foreign::MOST_ROWS;
use crate::generators::agent::Agent;
use crate::generators::query::Material;
use crate::generators::{bytes, host, model, seeds};
use crate::oracles::materialized::Pair;
use crate::oracles::{Ask, QUESTIONS, TARGETS, budget};
use crate::report::Trial;
use arbitrary::Unstructured;
use plumb_sql::Budget;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How an oracle is given seeds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Bytes make a question from what the agent has over a fixture host.
    Question(Ask),
    /// Bytes make a query that is asked over virtual tables and over plain copies of a fixture host's.
    Pair,
    /// Bytes for the fuzz target of this name, which make everything, the host too. The prefix chooses a property.
    Bytes { target: &'static str, prefix: &'static [u8], length: usize },
    /// The same, but the bytes begin with the name of a table.
    Table { target: &'static str, tables: fn() -> Vec<&'static str>, length: usize },
    /// Nothing is random: there are just so many things to ask, and the byte says which.
    Each { count: usize, check: fn(&[u8]) -> Verdict },
    /// An input from which the fuzz target of this name starts, damaged.
    Damaged { target: &'static str },
}

/// An oracle over random inputs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Random {
    /// Its suite.
    pub suite: &'static str,
    /// Its name.
    pub oracle: &'static str,
    /// How it is given seeds.
    pub kind: Kind,
}

const fn bytewise(
    suite: &'static str,
    oracle: &'static str,
    target: &'static str,
    prefix: &'static [u8],
    length: usize,
) -> Random {
    Random { suite, oracle, kind: Kind::Bytes { target, prefix, length } }
}

const fn by_table(
    suite: &'static str,
    oracle: &'static str,
    target: &'static str,
    tables: fn() -> Vec<&'static str>,
    length: usize,
) -> Random {
    Random { suite, oracle, kind: Kind::Table { target, tables, length } }
}

const fn damaged(suite: &'static str, oracle: &'static str, target: &'static str) -> Random {
    Random { suite, oracle, kind: Kind::Damaged { target } }
}

/// All of them but the [`QUESTIONS`], which have lanes by being in that list. A new one is a line here.
pub(crate) static RANDOM: &[Random] = &[
    Random { suite: "queries", oracle: "materialized", kind: Kind::Pair },
    by_table("models", "model_roundtrip", "host_model", || model::tables().collect(), 2000),
    bytewise("models", "whole_rows", "host_model", b"~", 2000),
    bytewise("analysis", "parser_agreement", "analysis", b"g", 300),
    bytewise("analysis", "parser_agreement", "analysis", b"m", 300),
    damaged("analysis", "parser_agreement", "analysis"),
    by_table("hostile", "hostile", "tables", || host::subjects().keys().copied().collect(), 300),
    bytewise("hostile", "functions", "sql_text", b"f", 200),
    damaged("hostile", "statements", "sql_text"),
    bytewise("hostile", "config_roundtrip", "config", b"m", 400),
    damaged("hostile", "config_roundtrip", "config"),
    bytewise("hostile", "diff_replay", "differ", b"h", 400),
    damaged("hostile", "flags", "flags"),
    damaged("hostile", "formats", "formats"),
    Random {
        suite: "hostile",
        oracle: "budget",
        kind: Kind::Each { count: budget::RUNAWAYS.len(), check: budget::chosen },
    },
];

/// Every oracle over random inputs.
pub(super) fn all() -> impl Iterator<Item = Random> {
    let question =
        |(oracle, ask): &(&'static str, Ask)| Random { suite: "queries", oracle, kind: Kind::Question(*ask) };
    RANDOM.iter().copied().chain(QUESTIONS.iter().map(question))
}

/// Seeds of a lane, unless somebody says how many: what is fast leaves its time to what is slow.
const MOST: u64 = 20_000;
/// Trials that a worker does in one go.
const CHUNK: u64 = 16;
/// The longest that a worker stays with a lane.
const TURN: Duration = Duration::from_millis(200);

/// An oracle over a host, if it wants one.
#[derive(Clone, Debug)]
struct Lane {
    random: Random,
    host: Option<usize>,
    next: u64,
    end: u64,
    spent: Duration,
    /// Workers that are at it now: others are preferred.
    busy: u32,
}

/// What is left to do.
pub(super) struct Lanes(Mutex<Vec<Lane>>);

impl Lanes {
    pub(super) fn new(plan: &Plan, hosts: &[Chosen]) -> Self {
        let chosen = |random: &Random| plan.suite(random.suite) && plan.oracle(random.oracle);
        let over = |random: Random| {
            // What is not random is asked once each.
            let seeds = match random.kind {
                Kind::Each { count, .. } => plan.seeds(count as u64),
                _ => plan.seeds(MOST),
            };
            let lane =
                move |host| Lane { random, host, next: seeds.start, end: seeds.end, spent: Duration::ZERO, busy: 0 };
            let hosts = match random.kind {
                Kind::Question(_) | Kind::Pair => (0..hosts.len()).map(Some).collect(),
                // Their hosts are of their own making.
                _ if plan.host.is_some() => Vec::new(),
                _ => vec![None],
            };
            hosts.into_iter().map(lane)
        };
        Self(Mutex::new(all().filter(chosen).flat_map(over).collect()))
    }

    /// Does trials until time is over or there are none left.
    pub(super) fn work(&self, cx: &Context<'_>) {
        let mut bench = Bench::default();
        while !cx.over() {
            let Some((place, lane, seeds)) = self.take() else { break };
            let start = Instant::now();
            let mut seeds = seeds;
            for seed in seeds.by_ref() {
                bench.trial(cx, &lane, seed);
                if start.elapsed() > TURN || cx.over() {
                    break;
                }
            }
            self.give_back(place, &seeds, start.elapsed());
        }
    }

    fn take(&self) -> Option<(usize, Lane, Range<u64>)> {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let open = lanes.iter_mut().enumerate().filter(|(_, lane)| lane.next < lane.end);
        let (place, lane) = open.min_by_key(|(_, lane)| (lane.spent + TURN * lane.busy, lane.busy))?;
        let seeds = lane.next..lane.next.saturating_add(CHUNK).min(lane.end);
        lane.next = seeds.end;
        lane.busy += 1;
        Some((place, lane.clone(), seeds))
    }

    /// Seeds that were not reached are left out, unless nobody has taken later ones.
    fn give_back(&self, place: usize, left: &Range<u64>, spent: Duration) {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get_mut(place) {
            lane.spent += spent;
            lane.busy = lane.busy.saturating_sub(1);
            if lane.next == left.end {
                lane.next = left.start;
            }
        }
    }
}

/// What a worker keeps from one trial to the next.
#[derive(Default)]
struct Bench {
    pairs: BTreeMap<usize, Pair>,
    agents: BTreeMap<usize, (Embedded, Material)>,
    starts: BTreeMap<&'static str, Vec<(String, Vec<u8>)>>,
}

/// What a question may cost, so that one that never ends is an error.
const BUDGET: Budget = Budget {
    time: Some(Duration::from_secs(20)),
    cpu: None,
    cpu_share: None,
    burst: Duration::ZERO,
    memory: Some(1 << 30),
    rows: None,
};

impl Bench {
    fn trial(&mut self, cx: &Context<'_>, lane: &Lane, seed: u64) {
        let Random { suite, oracle, kind } = lane.random;
        let chosen = lane.host.and_then(|place| cx.hosts.get(place));
        let host = chosen.map_or("generated", |chosen| chosen.name.as_str());
        let again = cx.plan.again(suite, oracle, chosen.map(|chosen| chosen.name.as_str()));
        let trial = Trial::new(suite, oracle, host, format!("seed {seed}"));
        let trial = trial.replay(format!("{again} --seed {seed} --count 1"));
        cx.judge(trial, |trial| {
            let found = match (kind, lane.host.zip(chosen)) {
                (Kind::Pair, Some((place, chosen))) => self.pair(cx.plan, place, chosen, seed, trial),
                (Kind::Question(make), Some((place, chosen))) => {
                    self.question(cx.plan, place, chosen, make, seed, trial)
                }
                (Kind::Bytes { target, prefix, length }, _) => {
                    input(target, [prefix, &bytes(seed, length)].concat(), trial)
                }
                (Kind::Table { target, tables, length }, _) => table(cx.plan, target, &tables(), seed, length, trial),
                (Kind::Each { count, check }, _) => {
                    let place = seed % (count as u64).max(1);
                    Ok(check(&[u8::try_from(place).unwrap_or(u8::MAX)]))
                }
                (Kind::Damaged { target }, _) => self.damaged(target, seed, trial),
                (Kind::Pair | Kind::Question(_), None) => Err("it needs a host".to_owned()),
            };
            found.unwrap_or_else(Verdict::Fail)
        });
    }

    fn pair(
        &mut self,
        plan: &Plan,
        place: usize,
        chosen: &Chosen,
        seed: u64,
        trial: &mut Trial,
    ) -> Result<Verdict, String> {
        // A pair that panics is not put back.
        let mut pair = match self.pairs.remove(&place) {
            Some(pair) => pair,
            None => {
                let mut pair = Pair::new(Arc::clone(&chosen.host))?;
                pair.retain(|table| plan.table(&table.name));
                pair
            }
        };
        let (sql, verdict) = pair.check(&bytes(seed, 400));
        trial.tables = tables_of(&sql);
        trial.query = Some(sql);
        self.pairs.insert(place, pair);
        Ok(verdict)
    }

    fn question(
        &mut self,
        plan: &Plan,
        place: usize,
        chosen: &Chosen,
        make: Ask,
        seed: u64,
        trial: &mut Trial,
    ) -> Result<Verdict, String> {
        let (mut engine, material) = match self.agents.remove(&place) {
            Some(known) => known,
            None => {
                let mut engine = Embedded::with(Arc::clone(&chosen.host), plumb_tables::registry(), BUDGET)?;
                let mut material = Agent::learn(&mut engine)?.material;
                material.tables.retain(|table| plan.table(&table.name) && table.rows <= MOST_ROWS);
                (engine, material)
            }
        };
        let verdict = match make(&material, &mut Unstructured::new(&bytes(seed, 400))) {
            Ok(question) => {
                let sql = question.statements.join(";\n");
                trial.tables = tables_of(&sql);
                trial.query = Some(sql);
                question.ask(&mut engine)
            }
            Err(error) => Verdict::Skip(error.to_string()),
        };
        self.agents.insert(place, (engine, material));
        Ok(verdict)
    }

    fn damaged(&mut self, target: &'static str, seed: u64, trial: &mut Trial) -> Result<Verdict, String> {
        let starts = self.starts.entry(target).or_insert_with(|| seeds::of(target));
        let (name, start) = pick(starts, seed).ok_or_else(|| format!("{target} starts from nothing"))?;
        trial.name = format!("{name}, seed {seed}");
        input(target, damage(start, &bytes(seed, 64)), trial)
    }
}

/// Runs the fuzz target of this name.
fn input(target: &'static str, bytes: Vec<u8>, trial: &mut Trial) -> Result<Verdict, String> {
    let check = TARGETS.iter().find(|(name, _)| *name == target).map(|(_, check)| *check);
    let check = check.ok_or_else(|| format!("there is no fuzz target {target}"))?;
    let (_, bytes) = trial.input.insert((target, bytes));
    Ok(check(bytes))
}

/// Changes a few bytes of what begins after the first line, or after the first byte: cuts, doubles, swaps and replaces.
fn damage(start: &[u8], bytes: &[u8]) -> Vec<u8> {
    let head = start.iter().position(|byte| *byte == b'\n').map_or(1, |end| end + 1).min(start.len());
    let (head, rest) = start.split_at(head);
    let mut rest = rest.to_vec();
    let mut u = Unstructured::new(bytes);
    let edits = u.int_in_range(1..=6).unwrap_or(1);
    for _ in 0..edits {
        let length = rest.len();
        let mut number = |most: usize| u.int_in_range(0..=most).unwrap_or(0);
        let from = number(length);
        let to = (from + number(12)).min(length);
        let piece: Vec<u8> = rest.get(from..to).unwrap_or_default().to_vec();
        match number(4) {
            0 => drop(rest.drain(from..to)),
            1 => drop(rest.splice(from..from, piece)),
            2 => drop(rest.splice(from..to, piece.into_iter().rev())),
            3 => rest.truncate(from),
            _ => drop(rest.splice(from..to, ODD.get(number(ODD.len() - 1)).copied().unwrap_or_default().bytes())),
        }
    }
    [head, &rest].concat()
}

/// Words that are rarely expected.
const ODD: &[&str] = &[
    "\0",
    "\n",
    "\r\n",
    " ",
    "\t",
    "'",
    "\"",
    "\\",
    "#",
    ":",
    "=",
    "-1",
    "18446744073709551616",
    "0x",
    "\u{fffd}",
    "%",
    "/",
    "..",
    "NULL",
    "(",
    ")",
    ";",
];

fn table(
    plan: &Plan,
    target: &'static str,
    tables: &[&'static str],
    seed: u64,
    length: usize,
    trial: &mut Trial,
) -> Result<Verdict, String> {
    let names: Vec<&str> = tables.iter().copied().filter(|name| plan.table(name)).collect();
    let Some(name) = pick(&names, seed) else { return Ok(Verdict::Skip("no such table".to_owned())) };
    trial.tables = vec![(*name).to_owned()];
    input(target, [name.as_bytes(), b"\n", &bytes(seed, length)].concat(), trial)
}

/// The seeds go round.
fn pick<T>(list: &[T], seed: u64) -> Option<&T> {
    let place = seed.checked_rem(u64::try_from(list.len()).unwrap_or(u64::MAX))?;
    list.get(usize::try_from(place).unwrap_or(0))
}
