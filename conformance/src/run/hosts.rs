//! The hosts that suites ask about.

use super::Plan;
use crate::fixtures::{Fixture, folder};
use plumb_host::{Host, Rooted};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A host that does not change by itself.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Its name.
    pub name: String,
    /// The host.
    pub host: Arc<dyn Host>,
    /// The fixture with its recorded answers, if it is one.
    pub fixture: Option<Fixture>,
}

/// The hosts of a plan: one by its name or path, or all fixture hosts.
///
/// # Errors
/// When it is not there, or cannot be read.
pub fn hosts(plan: &Plan) -> Result<Vec<Chosen>, String> {
    match &plan.host {
        Some(name) => host(name).map(|host| vec![host]),
        None if plan.agent.is_some() => Ok(Vec::new()),
        None => Fixture::all(&folder()).map_err(|error| error.to_string())?.into_iter().map(load).collect(),
    }
}

/// A host by the name of a fixture, the folder of one, or a directory that looks like a root.
///
/// # Errors
/// When it is not there, or cannot be read.
pub fn host(name: &str) -> Result<Chosen, String> {
    match fixture(name) {
        Ok(fixture) => load(fixture),
        Err(_) if Path::new(name).is_dir() => {
            let host = Rooted::open(name).map_err(|error| format!("{name}: {error}"))?;
            Ok(Chosen { name: name.to_owned(), host: Arc::new(host), fixture: None })
        }
        Err(error) => Err(error),
    }
}

/// A fixture by its name, or by its folder.
///
/// # Errors
/// When there is none.
pub fn fixture(name: &str) -> Result<Fixture, String> {
    let dir = PathBuf::from(name);
    if dir.join("tree.tar.gz").is_file() {
        return Ok(Fixture { name: name.to_owned(), dir });
    }
    let all = Fixture::all(&folder()).map_err(|error| error.to_string())?;
    let names: Vec<&str> = all.iter().map(|fixture| fixture.name.as_str()).collect();
    let missing = || format!("there is no fixture host {name}; there are {}", names.join(" and "));
    all.iter().find(|fixture| fixture.name == name).cloned().ok_or_else(missing)
}

fn load(fixture: Fixture) -> Result<Chosen, String> {
    let host = fixture.load().map_err(|error| error.to_string())?;
    Ok(Chosen { name: fixture.name.clone(), host: Arc::new(host), fixture: Some(fixture) })
}
