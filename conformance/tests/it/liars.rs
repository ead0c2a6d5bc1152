//! That lies are caught: every kind that `liar` knows, told about a fixture host through an agent's command line, is found
//! by oracles that were not written for it, and the honest agent is found to be honest.

#![allow(clippy::print_stderr, reason = "shows who caught what")]

use crate::fixture_hosts::{hosts, unpack};
use plumb_conformance::Verdict;
use plumb_conformance::engines::Engine;
use plumb_conformance::engines::shell::Shell;
use plumb_conformance::foreign::{Scope, prove};
use plumb_conformance::report::{Sink, Trial};
use plumb_conformance::run::Plan;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A lie, the tables of the agent that tells it, how many seeds are asked, and the oracles that must catch it.
type Case = (&'static str, &'static str, u64, &'static [&'static str]);

const SMALL: &str = "groups,interface_details,mounts,users";

/// Each lie is heard about few tables, chosen so that there is something to lie about.
const CASES: [Case; 23] = [
    ("none", "groups,interface_details,memory_info,mounts,processes,users", 40, &[]),
    ("dropped-row", SMALL, 16, &["tlp", "pushdown"]),
    ("stale-row", SMALL, 16, &["tlp", "pushdown"]),
    ("wrong-type", SMALL, 2, &["schema_truth"]),
    ("empty-for-null", "processes", 2, &["schema_truth"]),
    ("ignored-constraint", SMALL, 16, &["tlp", "norec", "pushdown", "one_picture"]),
    ("in-per-value", SMALL, 16, &["pushdown"]),
    ("or-loses-duplicates", SMALL, 16, &["pushdown"]),
    ("left-join-is-inner", SMALL, 16, &["pushdown"]),
    ("count-off-by-one", SMALL, 16, &["norec"]),
    ("limit-first", SMALL, 64, &["limit_prefix"]),
    ("case-sensitive", "arp_cache", 96, &["pushdown"]),
    ("case-blind", SMALL, 64, &["pushdown"]),
    ("narrow-lookups", "memory_info", 32, &["pushdown"]),
    ("first-match", SMALL, 32, &["pushdown"]),
    ("null-blind", "processes", 48, &["pushdown"]),
    ("two-pictures", SMALL, 2, &["one_picture"]),
    ("flicker", SMALL, 2, &["determinism"]),
    ("hidden-in-star", SMALL, 2, &["schema_truth"]),
    ("wrong-schema", SMALL, 2, &["schema_truth"]),
    ("crash", SMALL, 8, &["troubles"]),
    ("hang", SMALL, 8, &["troubles"]),
    ("garbage", SMALL, 8, &["troubles"]),
];

/// A program beside the tests in the target folder.
fn beside(name: &str) -> Option<PathBuf> {
    let tests = std::env::current_exe().ok()?;
    let program = tests.parent()?.parent()?.join(name);
    program.is_file().then_some(program)
}

/// What is needed to hear liars; where it is missing, whether that is allowed.
pub(crate) fn agent() -> Option<PathBuf> {
    let root = is_root();
    let agent = beside("plumbi").filter(|_| root);
    #[allow(clippy::disallowed_methods, reason = "a switch of the test, not of the agent")]
    let required = std::env::var_os("PLUMB_REQUIRE_LIARS").is_some_and(|value| value == "1");
    assert!(agent.is_some() || !required, "plumbi must be built, and the test be run as root");
    if agent.is_none() {
        eprintln!("SKIPPED: needs plumbi beside the tests, and root to unpack a fixture host with its owners");
    }
    agent
}

fn is_root() -> bool {
    use plumb_host::Host;
    plumb_host::Live::new().expect("this host").own_ids().0 == 0
}

/// What each oracle found first.
#[derive(Default)]
struct Found(BTreeMap<String, String>);

impl Sink for Found {
    fn add(&mut self, trial: Trial) {
        if let Verdict::Fail(why) = trial.verdict {
            self.0.entry(trial.oracle.to_owned()).or_insert(why);
        }
    }
}

/// The oracles that found something, and what they found first.
fn caught(command: &str, seeds: u64) -> BTreeMap<String, String> {
    let mut agent = Shell::new(command).expect("a command");
    // Plenty for tables of a few rows; the one that hangs is waited for.
    agent.deadline = Duration::from_secs(if command.contains("--lie hang") { 1 } else { 20 });
    let plan = Plan { count: Some(seeds), steady: true, ..Plan::default() };
    let scope = Scope { suite: "agent", host: "a fixture host", plan: &plan, steady: true };
    let Found(mut found) = {
        let mut found = Found::default();
        prove(&mut agent, &scope, &mut found).expect("an agent that lists its tables");
        found
    };
    found.extend(agent.troubles().first().map(|first| ("troubles".to_owned(), format!("{first:?}"))));
    found
}

fn commands(agent: &Path, root: &Path) -> impl Fn(&str, &str) -> String + Sync {
    let liar = env!("CARGO_BIN_EXE_liar");
    let (agent, root) = (agent.display().to_string(), root.display().to_string());
    move |lie, tables| format!("'{liar}' --lie {lie} -- '{agent}' --root '{root}' --enable_tables={tables}")
}

/// What should have been caught and was not.
fn missed(cases: &[Case], command: &(dyn Fn(&str, &str) -> String + Sync)) -> Vec<String> {
    let mut missed = Vec::new();
    for (lie, tables, seeds, oracles) in cases {
        let found = caught(&command(lie, tables), *seeds);
        let names: Vec<&str> = found.keys().map(String::as_str).collect();
        eprintln!("{lie:20} {}", if names.is_empty() { "-".to_owned() } else { names.join(", ") });
        if oracles.is_empty() && !found.is_empty() {
            missed.push(format!("{lie} is accused of {found:#?}"));
        }
        let silent: Vec<&&str> = oracles.iter().filter(|oracle| !found.contains_key(**oracle)).collect();
        if !silent.is_empty() {
            missed.push(format!("{lie} is not noticed by {silent:?}, but by {names:?}"));
        }
    }
    missed
}

#[test]
fn every_lie_is_caught() {
    let Some(agent) = agent() else { return };
    let (fixture, _) = hosts().into_iter().next().expect("a fixture host");
    let folder = tempfile::tempdir().expect("a directory");
    unpack(&fixture, folder.path());
    let command = commands(&agent, folder.path());
    // Two at a time: a liar that hangs need not keep the others waiting.
    let (some, others) = CASES.split_at(CASES.len() / 2);
    let missed = std::thread::scope(|scope| {
        let first = scope.spawn(|| missed(some, &command));
        [missed(others, &command), first.join().expect("verdicts")].concat()
    });
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn every_kind_of_lie_is_told() {
    #[allow(clippy::disallowed_types, reason = "asks the liar what it knows")]
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_liar")).arg("--list").output().expect("the liar runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let listed: BTreeSet<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(listed, CASES.iter().map(|(lie, ..)| *lie).collect());
}
