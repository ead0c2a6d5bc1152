//! Oracles: laws that every answer must obey.

use crate::error::Trouble;
use crate::host::{self};
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
use pyo3::exceptions::{PyKeyError, PyTypeError, PyValueError};
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
    /// Not from here.
    Listed,
}

/// What is made once. One question is asked at a time.
type Bench<T> = Arc<Mutex<Option<T>>>;

/// The oracle of a name.
///
/// Some ask random questions about a host (tlp, norec, pushdown, projection, materialized …): they take what `Engine` takes as root.
/// Others make their hosts and inputs themselves from a seed or from bytes (model_roundtrip, parser_agreement, and the fuzz targets:
/// sql_text, tables, flags, formats …), and want no host. `oracles()` lists those of which there is a law.
#[pyfunction]
#[pyo3(signature = (name, root=None))]
pub(crate) fn oracle(name: &str, root: Option<&Bound<'_, PyAny>>) -> PyResult<Oracle> {
    let entry = catalogue::oracle(name).ok_or_else(|| PyKeyError::new_err(format!("there is no oracle {name:?}")))?;
    let name = name.to_owned();
    let question = QUESTIONS.iter().find(|(known, _)| *known == name);
    let way = match question {
        Some((_, ask)) => Way::Question(*ask, host::of(root)?.0, Bench::default()),
        None if name == "materialized" => Way::Pair(host::of(root)?.0, Bench::default()),
        None if root.is_some_and(|root| !root.is_none()) => {
            return Err(PyTypeError::new_err(format!("{name} makes its hosts itself: it takes no root")));
        }
        None if name == "whole_rows" => Way::Bytes(target(&name, "host_model")?, b"~"),
        None => {
            let known = |target: &&(&str, Target)| target.0 == name;
            let of_law = |target: &&(&str, Target)| catalogue::oracle(target.0).is_some_and(|law| law.name == name);
            let found = TARGETS.iter().find(known).or_else(|| TARGETS.iter().find(of_law));
            found.map_or(Way::Listed, |(_, target)| Way::Bytes(*target, b""))
        }
    };
    Ok(Oracle { name, entry, way })
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

    /// Holds the law against one input: a seed (int from 0 to 2^64-1), or bytes that a fuzzer makes. The same input gives the same
    /// trial everywhere; over a host a seed means what it means to `cargo conform run`.
    fn check(&self, py: Python<'_>, input: &Bound<'_, PyAny>) -> PyResult<Verdict> {
        let input = match input.cast::<PyBytes>() {
            Ok(given) => given.as_bytes().to_vec(),
            Err(_) => bytes(input.extract::<u64>()?, LENGTH),
        };
        let judged: Result<Verdict, String> = match &self.way {
            Way::Question(ask, host, bench) => {
                let (ask, host, bench) = (*ask, Arc::clone(host), Arc::clone(bench));
                beside(py, move || question(ask, host, &bench, &input))?
            }
            Way::Pair(host, bench) => {
                let (host, bench) = (Arc::clone(host), Arc::clone(bench));
                beside(py, move || pair(host, &bench, &input))?
            }
            Way::Bytes(target, prefix) => {
                let (target, input) = (*target, [prefix, input.as_slice()].concat());
                beside(py, move || Ok(Verdict::new(target(&input), None)))?
            }
            Way::Listed => {
                let message = format!("{} asks no random questions: `cargo conform run` holds it", self.name);
                return Err(PyValueError::new_err(message));
            }
        };
        judged.map_err(|why| Trouble::new(why).raise(py))
    }

    fn __repr__(&self) -> String {
        format!("<plumb.Oracle {}>", self.name)
    }
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
