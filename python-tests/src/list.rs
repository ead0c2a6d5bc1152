//! Oracles that go through a list: every table of a host, every recorded answer, every program that vouches for one.

use crate::error::os_error;
use crate::worker::registry;
use plumb_conformance::Verdict;
use plumb_conformance::divergences::Divergences;
use plumb_conformance::engines::embedded::Embedded;
use plumb_conformance::fixtures::{Fixture, FixtureError, Recorded};
use plumb_conformance::foreign::tells_of_itself;
use plumb_conformance::generators::agent::Agent;
use plumb_conformance::oracles::budget::{self, RUNAWAYS, SMALL};
use plumb_conformance::oracles::recorded::Comparison;
use plumb_conformance::oracles::{determinism, schema_truth};
use plumb_conformance::truth::{self, Scene, Truth};
use plumb_host::{Host, Live, Mem, Rooted};
use plumb_schema::Registry;
use plumb_sql::Budget;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What came of one, and what was asked.
pub(crate) type Found = (Verdict, Option<String>);

/// What an oracle goes through.
pub(crate) trait List: Send {
    /// What there is to ask, by name; always the same.
    fn names(&self) -> Vec<String>;
    /// Asks the one at a place of the names.
    fn check(&mut self, place: usize) -> Found;
}

/// Makes the list when it is needed first.
pub(crate) type Open = Arc<dyn Fn() -> Result<Box<dyn List>, String> + Send + Sync>;

fn nothing() -> Found {
    (Verdict::Skip("nothing".to_owned()), None)
}

/// A law of single tables.
type Law = fn(&mut Tables, usize) -> Verdict;

/// The tables of a host that have rows.
struct Tables {
    engine: Embedded,
    agent: Agent,
    /// Whether the host does not change by itself.
    steady: bool,
    law: Law,
}

/// The law that the same question has the same answer.
pub(crate) fn twice(host: &Arc<dyn Host>, steady: bool, budget: Budget) -> Open {
    tables(host, steady, budget, |tables, place| match tables.agent.material.tables.get(place) {
        Some(table) => determinism::check(&mut tables.engine, table, tables.steady && !tells_of_itself(&table.name)),
        None => nothing().0,
    })
}

/// The law that tables are what they declare.
pub(crate) fn declared(host: &Arc<dyn Host>, budget: Budget) -> Open {
    tables(host, true, budget, |tables, place| {
        let table = tables.agent.material.tables.get(place).and_then(|table| tables.agent.declared(&table.name));
        table.map_or_else(|| nothing().0, |table| schema_truth::check(&mut tables.engine, table))
    })
}

fn tables(host: &Arc<dyn Host>, steady: bool, budget: Budget, law: Law) -> Open {
    let host = Arc::clone(host);
    Arc::new(move || {
        let mut engine = Embedded::with(Arc::clone(&host), registry(), budget)?;
        let agent = Agent::learn(&mut engine)?;
        Ok(Box::new(Tables { engine, agent, steady, law }))
    })
}

impl List for Tables {
    fn names(&self) -> Vec<String> {
        self.agent.material.tables.iter().map(|table| table.name.clone()).collect()
    }

    fn check(&mut self, place: usize) -> Found {
        ((self.law)(self, place), None)
    }
}

/// Statements that want too much. Each has an engine of its own, whose thread nobody waits for if it hangs.
struct Runaways(Arc<dyn Host>);

/// The law that such statements are stopped.
pub(crate) fn runaways(host: &Arc<dyn Host>) -> Open {
    let host = Arc::clone(host);
    Arc::new(move || Ok(Box::new(Runaways(Arc::clone(&host)))))
}

impl List for Runaways {
    fn names(&self) -> Vec<String> {
        RUNAWAYS.iter().map(|runaway| runaway.name.to_owned()).collect()
    }

    fn check(&mut self, place: usize) -> Found {
        let Some(runaway) = RUNAWAYS.get(place) else { return nothing() };
        let host = Arc::clone(&self.0);
        (budget::alone(move || Embedded::with(host, registry(), SMALL), runaway), Some(runaway.sql()))
    }
}

/// What osquery answered about a fixture host.
struct Recordings {
    engine: Embedded,
    registry: Registry,
    divergences: Divergences,
    answers: Vec<Recorded>,
}

/// The law that a fixture host is answered about as it was recorded. Its folder is read now: who named it hears of mistakes at once.
pub(crate) fn recordings(py: Python<'_>, folder: PathBuf, budget: Budget) -> PyResult<Open> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let fixture = Fixture { name, dir: folder };
    let read =
        py.detach(|| -> Result<(Mem, Vec<Recorded>), FixtureError> { Ok((fixture.load()?, fixture.recorded()?)) });
    let (host, answers) = read.map_err(|error| match error {
        FixtureError::Io(path, error) => os_error(&error, &path),
        FixtureError::Json(path, error) => PyValueError::new_err(format!("{}: {error}", path.display())),
    })?;
    let host: Arc<dyn Host> = Arc::new(host);
    Ok(Arc::new(move || {
        let engine = Embedded::with(Arc::clone(&host), registry(), budget)?;
        let (registry, divergences) = (registry(), Divergences::load()?);
        Ok(Box::new(Recordings { engine, registry, divergences, answers: answers.clone() }))
    }))
}

impl List for Recordings {
    fn names(&self) -> Vec<String> {
        let name = |one: &Recorded| if one.table.is_empty() { one.sql.clone() } else { one.table.clone() };
        self.answers.iter().map(name).collect()
    }

    fn check(&mut self, place: usize) -> Found {
        let Some(recorded) = self.answers.get(place) else { return nothing() };
        let mut comparison = Comparison::new(&self.divergences);
        (comparison.check(&mut self.engine, &self.registry, recorded), Some(recorded.sql.clone()))
    }
}

/// What independent programs say of this machine, and of a directory that was made for them to look at.
struct Truths {
    scene: Scene,
    here: Embedded,
    tree: Embedded,
}

/// The law that independent programs say the same.
pub(crate) fn truths(budget: Budget) -> Open {
    Arc::new(move || {
        let scene = Scene::new().map_err(|error| format!("nothing can be set up to look at: {error}"))?;
        let open = |host: Arc<dyn Host>| Embedded::with(host, registry(), budget);
        let here = open(Arc::new(Live::new().map_err(|error| error.to_string())?))?;
        let tree = open(Arc::new(rooted(scene.root())?))?;
        Ok(Box::new(Truths { scene, here, tree }))
    })
}

fn rooted(path: &Path) -> Result<Rooted, String> {
    Rooted::open(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Every truth, and whether it is about the directory.
fn all() -> impl Iterator<Item = (&'static Truth, bool)> {
    truth::all().map(|truth| (truth, false)).chain(truth::in_a_tree().map(|truth| (truth, true)))
}

impl List for Truths {
    fn names(&self) -> Vec<String> {
        all().map(|(truth, _)| truth.name.to_owned()).collect()
    }

    fn check(&mut self, place: usize) -> Found {
        let Some((truth, in_tree)) = all().nth(place) else { return nothing() };
        let engine = if in_tree { &mut self.tree } else { &mut self.here };
        (truth.check(&self.scene, engine).verdict, Some(self.scene.fill(truth.sql)))
    }
}
