//! Oracles: laws that every answer must obey.

use crate::error::Trouble;
use crate::host::{self, Host as PyHost};
use crate::list::{self, List, Open};
use crate::worker::{beside, registry};
use arbitrary::Unstructured;
use plumb_conformance::engines::embedded::Embedded;
use plumb_conformance::generators::agent::Agent;
use plumb_conformance::generators::bytes;
use plumb_conformance::generators::query::Material;
use plumb_conformance::oracles::catalogue::{self, ORACLES};
use plumb_conformance::oracles::materialized::Pair;
use plumb_conformance::oracles::{Ask, QUESTIONS, TARGETS, Target};
use plumb_host::Host;
use plumb_sql::Budget;
use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Bytes that a seed is made into.
const LENGTH: usize = 400;

/// What a question may cost.
const BUDGET: Budget = Budget {
    time: Some(Duration::from_secs(20)),
    cpu: None,
    cpu_share: None,
    burst: Duration::ZERO,
    memory: Some(1 << 30),
    rows: None,
};

/// What an oracle found.
///
/// outcome: 'pass' (the law held over something), 'skip' (there was nothing to hold it against) or 'fail'
/// why: why it was skipped, or what a person needs to see the failure; empty if it passed
/// sql: what was asked, where the oracle asks SQL
///
/// It is true unless the law was broken.
#[pyclass(module = "plumb", frozen, eq, get_all)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    outcome: &'static str,
    why: String,
    sql: Option<String>,
}

impl Verdict {
    fn new(verdict: plumb_conformance::Verdict, sql: Option<String>) -> Self {
        let (outcome, why) = match verdict {
            plumb_conformance::Verdict::Pass => ("pass", String::new()),
            plumb_conformance::Verdict::Skip(why) => ("skip", why),
            plumb_conformance::Verdict::Fail(why) => ("fail", why),
        };
        Self { outcome, why, sql }
    }
}

#[pymethods]
impl Verdict {
    fn __bool__(&self) -> bool {
        self.outcome != "fail"
    }

    fn __repr__(&self) -> String {
        let colon = if self.why.is_empty() { "" } else { ": " };
        format!("<plumb.Verdict {}{colon}{}>", self.outcome, self.why)
    }
}

/// A law that every answer must obey: see `oracle`.
///
/// name: its name
/// law: the law, in a sentence
/// finds: the class of bugs that it finds
/// history: a bug of this class that was met in a system of this kind
#[pyclass(module = "plumb", frozen)]
pub(crate) struct Oracle {
    #[pyo3(get)]
    name: String,
    entry: &'static catalogue::Oracle,
    way: Way,
}

/// How it is asked.
enum Way {
    /// By random questions about a host.
    Question(Ask, Arc<dyn Host>, Bench<(Embedded, Material)>),
    /// By random queries over a host and over copies of its tables.
    Pair(Arc<dyn Host>, Bench<Pair>),
    /// By bytes that make everything, the host too, after a prefix.
    Bytes(Target, &'static [u8]),
    /// One of a list after the other.
    List(Open, Bench<Box<dyn List>>),
}

/// What is made once. One question is asked at a time.
type Bench<T> = Arc<Mutex<Option<T>>>;

/// The oracle of a name.
///
/// Most are about a host, and take what `Engine` takes as root. Some of these ask random questions (tlp, norec, pushdown, projection,
/// materialized …); others go through a list, their `trials`: determinism and schema_truth through the tables, budget through statements
/// that want too much, recorded through the answers in the folder of a fixture host, which it must be given, ground_truth through the
/// programs that vouch for tables of this machine, and no other. The rest make their hosts and inputs themselves from a seed or from bytes
/// (model_roundtrip, parser_agreement, and the fuzz targets: sql_text, tables, flags, formats …), and want no host. `oracles()` lists
/// those of which there is a law.
#[pyfunction]
#[pyo3(signature = (name, root=None))]
pub(crate) fn oracle(py: Python<'_>, name: &str, root: Option<&Bound<'_, PyAny>>) -> PyResult<Oracle> {
    let entry = catalogue::oracle(name).ok_or_else(|| PyKeyError::new_err(format!("there is no oracle {name:?}")))?;
    let root = root.filter(|root| !root.is_none());
    // A fuzz target has an oracle's law, and other inputs than another one of that law.
    let way = match TARGETS.iter().find(|(known, _)| *known == name) {
        Some((_, target)) => Way::Bytes(*target, b""),
        None => way(py, entry.name, root)?,
    };
    if matches!(way, Way::Bytes(..)) && root.is_some() {
        return Err(PyTypeError::new_err(format!("{name} makes its hosts itself: it takes no root")));
    }
    Ok(Oracle { name: name.to_owned(), entry, way })
}

/// How the oracle of a law is asked.
fn way(py: Python<'_>, law: &str, root: Option<&Bound<'_, PyAny>>) -> PyResult<Way> {
    if let Some((_, ask)) = QUESTIONS.iter().find(|(known, _)| *known == law) {
        return Ok(Way::Question(*ask, host::of(root)?.0, Bench::default()));
    }
    let listed = |open: Open| Ok(Way::List(open, Bench::default()));
    match law {
        "materialized" => Ok(Way::Pair(host::of(root)?.0, Bench::default())),
        "budget" => listed(list::runaways(&host::of(root)?.0)),
        "determinism" => listed(list::twice(&host::of(root)?.0, !is_live(root), BUDGET)),
        "schema_truth" => listed(list::declared(&host::of(root)?.0, BUDGET)),
        "recorded" => {
            let folder = root.and_then(|root| root.extract().ok()).ok_or_else(|| {
                PyTypeError::new_err("recorded is about a fixture host: it takes the path of its folder as root")
            })?;
            listed(list::recordings(py, folder, BUDGET)?)
        }
        "ground_truth" if is_live(root) => listed(list::truths(BUDGET)),
        "ground_truth" => Err(PyTypeError::new_err("ground_truth is about this machine: it takes no other root")),
        "whole_rows" => Ok(Way::Bytes(target(law, "host_model")?, b"~")),
        _ => {
            let of_law = |target: &&(&str, Target)| catalogue::oracle(target.0).is_some_and(|of| of.name == law);
            let found = TARGETS.iter().find(of_law).map(|(_, target)| Way::Bytes(*target, b""));
            found.ok_or_else(|| PyKeyError::new_err(format!("{law} cannot be asked from Python")))
        }
    }
}

/// Whether a root is this machine, which changes by itself.
fn is_live(root: Option<&Bound<'_, PyAny>>) -> bool {
    root.is_none_or(|root| root.cast::<PyHost>().is_ok_and(|host| host.get().is_live()))
}

fn target(name: &str, target: &str) -> PyResult<Target> {
    let found = TARGETS.iter().find(|(known, _)| *known == target).map(|(_, target)| *target);
    found.ok_or_else(|| PyKeyError::new_err(format!("there is no fuzz target {target} for {name}")))
}

/// The names of all oracles of which there is a law.
#[pyfunction]
pub(crate) fn oracles() -> Vec<&'static str> {
    ORACLES.iter().map(|oracle| oracle.name).collect()
}

#[pymethods]
impl Oracle {
    #[getter]
    fn law(&self) -> &'static str {
        self.entry.law
    }

    #[getter]
    fn finds(&self) -> &'static str {
        self.entry.finds
    }

    #[getter]
    fn history(&self) -> &'static str {
        self.entry.history
    }

    /// What the oracle goes through, by name, where it goes through a list: seed 0 is the first of it. None where a seed makes
    /// something up. What is not there (a table without rows, for example) is not in the list.
    #[getter]
    fn trials(&self, py: Python<'_>) -> PyResult<Option<Vec<String>>> {
        let Way::List(open, bench) = &self.way else { return Ok(None) };
        let names = listed(py, open, bench, |list| list.names())?;
        names.map(Some).map_err(|why| Trouble::new(why).raise(py))
    }

    /// Holds the law against one input: a seed (int from 0 to 2^64-1), or bytes that a fuzzer makes. The same input gives the same
    /// trial everywhere; over a host a seed means what it means to `cargo conform run`. Of an oracle with `trials` a seed is a place
    /// in them, which begin anew after the last; the first eight bytes are such a seed too, the lowest one first.
    fn check(&self, py: Python<'_>, input: &Bound<'_, PyAny>) -> PyResult<Verdict> {
        let input = match input.cast::<PyBytes>() {
            Ok(given) => Input::Bytes(given.as_bytes().to_vec()),
            Err(_) => Input::Seed(input.extract()?),
        };
        let judged: Result<Verdict, String> = match &self.way {
            Way::Question(ask, host, bench) => {
                let (ask, host, bench, input) = (*ask, Arc::clone(host), Arc::clone(bench), input.bytes());
                beside(py, move || question(ask, host, &bench, &input))?
            }
            Way::Pair(host, bench) => {
                let (host, bench, input) = (Arc::clone(host), Arc::clone(bench), input.bytes());
                beside(py, move || pair(host, &bench, &input))?
            }
            Way::Bytes(target, prefix) => {
                let (target, input) = (*target, [prefix, input.bytes().as_slice()].concat());
                beside(py, move || Ok(Verdict::new(target(&input), None)))?
            }
            Way::List(open, bench) => {
                let seed = input.seed();
                listed(py, open, bench, move |list| {
                    let (verdict, sql) = list.check(place(seed, list.names().len()));
                    Verdict::new(verdict, sql)
                })?
            }
        };
        judged.map_err(|why| Trouble::new(why).raise(py))
    }

    fn __repr__(&self) -> String {
        format!("<plumb.Oracle {}>", self.name)
    }
}

/// What a trial is made from.
enum Input {
    Seed(u64),
    Bytes(Vec<u8>),
}

impl Input {
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Seed(seed) => bytes(seed, LENGTH),
            Self::Bytes(bytes) => bytes,
        }
    }

    fn seed(self) -> u64 {
        match self {
            Self::Seed(seed) => seed,
            Self::Bytes(bytes) => bytes.iter().take(8).rev().fold(0, |seed, byte| seed << 8 | u64::from(*byte)),
        }
    }
}

/// The place of a seed in a list that begins anew.
fn place(seed: u64, length: usize) -> usize {
    let place = seed.checked_rem(u64::try_from(length).unwrap_or(u64::MAX)).unwrap_or(0);
    usize::try_from(place).unwrap_or(0)
}

/// Does something with the list of an oracle.
fn listed<T: Send + 'static>(
    py: Python<'_>,
    open: &Open,
    bench: &Bench<Box<dyn List>>,
    work: impl FnOnce(&mut dyn List) -> T + Send + 'static,
) -> PyResult<Result<T, String>> {
    let (open, bench) = (Arc::clone(open), Arc::clone(bench));
    beside(py, move || {
        let mut bench = bench.lock().unwrap_or_else(PoisonError::into_inner);
        let list = match &mut *bench {
            Some(list) => list,
            none => none.insert(open()?),
        };
        Ok(work(list.as_mut()))
    })
}

fn question(
    ask: Ask,
    host: Arc<dyn Host>,
    bench: &Mutex<Option<(Embedded, Material)>>,
    input: &[u8],
) -> Result<Verdict, String> {
    let mut bench = bench.lock().unwrap_or_else(PoisonError::into_inner);
    let (engine, material) = match &mut *bench {
        Some(known) => known,
        none => {
            let mut engine = Embedded::with(host, registry(), BUDGET)?;
            let material = Agent::learn(&mut engine)?.material;
            none.insert((engine, material))
        }
    };
    Ok(match ask(material, &mut Unstructured::new(input)) {
        Ok(question) => {
            let sql = question.statements.join(";\n");
            Verdict::new(question.ask(engine), Some(sql))
        }
        Err(error) => Verdict::new(plumb_conformance::Verdict::Skip(error.to_string()), None),
    })
}

fn pair(host: Arc<dyn Host>, bench: &Mutex<Option<Pair>>, input: &[u8]) -> Result<Verdict, String> {
    let mut bench = bench.lock().unwrap_or_else(PoisonError::into_inner);
    let pair = match &mut *bench {
        Some(pair) => pair,
        none => none.insert(Pair::new(host)?),
    };
    let (sql, verdict) = pair.check(input);
    Ok(Verdict::new(verdict, (!sql.is_empty()).then_some(sql)))
}
