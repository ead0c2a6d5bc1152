//! The hosts that suites ask about.

use super::Plan;
use crate::fixtures::{Fixture, folder};
use crate::hosttext::HostText;
use plumb_host::{Host, Mem, Rooted};
use plumb_sql::nearest;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// A host that does not change by itself.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Its name.
    pub name: String,
    /// The host.
    pub host: Arc<dyn Host>,
    /// The fixture with its recorded answers, if it is one.
    pub fixture: Option<Fixture>,
    /// Where it lies, if it is a directory already.
    pub root: Option<PathBuf>,
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

/// A host by the name of a fixture, the folder of one, a file that `record` wrote, or a directory that looks like a root.
///
/// # Errors
/// When it is not there, or cannot be read.
pub fn host(name: &str) -> Result<Chosen, String> {
    let (path, plain) = (Path::new(name), |host: Arc<dyn Host>, root: Option<PathBuf>| Chosen {
        name: name.to_owned(),
        host,
        fixture: None,
        root,
    });
    let failed = |error: &dyn std::fmt::Display| format!("{name}: {error}");
    if path.is_file() {
        let bytes = std::fs::read(path).map_err(|error| failed(&error))?;
        let mem = if name.ends_with(".txt") {
            HostText::parse(&String::from_utf8_lossy(&bytes)).map_err(|error| failed(&error))?.mem()
        } else {
            Mem::from_tar_gz(&*bytes).map_err(|error| failed(&error))?
        };
        return Ok(plain(Arc::new(mem), None));
    }
    match fixture(name) {
        Ok(fixture) => load(fixture),
        Err(_) if path.is_dir() => {
            let host = Rooted::open(path).map_err(|error| failed(&error))?;
            Ok(plain(Arc::new(host), Some(path.to_owned())))
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
    let missing = || {
        let near = nearest(name, names.iter().copied());
        let near = near
            .map_or_else(|| format!("; there are {}", names.join(" and ")), |near| format!(", did you mean {near}?"));
        format!("there is no fixture host {name}{near}")
    };
    all.iter().find(|fixture| fixture.name == name).cloned().ok_or_else(missing)
}

fn load(fixture: Fixture) -> Result<Chosen, String> {
    let host = fixture.load().map_err(|error| error.to_string())?;
    Ok(Chosen { name: fixture.name.clone(), host: Arc::new(host), fixture: Some(fixture), root: None })
}

/// An agent's command in which `{root}` stands for the directory of its host: agents that do not say where they want it get
/// it as `--root`.
#[must_use]
pub fn rooted(command: &str) -> String {
    if command.contains("{root}") { command.to_owned() } else { format!("{command} --root {{root}}") }
}

/// A directory that is a host, for agents that are given one.
#[derive(Debug)]
pub struct Unpacked {
    path: PathBuf,
    _folder: Option<TempDir>,
}

impl Unpacked {
    /// Unpacks a host, with owners, modes and special files.
    ///
    /// # Errors
    /// When it cannot be: owners need root.
    #[allow(clippy::disallowed_types, reason = "tar knows owners, special files and attributes")]
    pub fn new(chosen: &Chosen) -> Result<Self, String> {
        if let Some(path) = &chosen.root {
            return Ok(Self { path: path.clone(), _folder: None });
        }
        let fixture = chosen.fixture.as_ref().ok_or_else(|| format!("{} is no fixture host", chosen.name))?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut tar = std::process::Command::new("tar");
        tar.args(["--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpf"]).arg(fixture.dir.join("tree.tar.gz"));
        let output = tar.arg("-C").arg(folder.path()).output().map_err(|error| format!("tar: {error}"))?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(format!("{} cannot be unpacked (owners and special files need root): {why}", chosen.name));
        }
        Ok(Self { path: folder.path().to_owned(), _folder: Some(folder) })
    }

    /// The directory as a host.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn host(&self) -> Result<Arc<dyn Host>, String> {
        let host = Rooted::open(&self.path).map_err(|error| format!("{}: {error}", self.path.display()))?;
        Ok(Arc::new(host))
    }

    /// The command of an agent that tells about it.
    #[must_use]
    pub fn command(&self, command: &str) -> String {
        rooted(command).replace("{root}", &super::quoted(&self.path.display().to_string()))
    }
}
