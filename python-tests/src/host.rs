//! The class `Host`.

use crate::error::{Trouble, os_error};
use crate::files;
use crate::question::Question;
use crate::worker::beside;
use plumb_conformance::generators::model::{Machine, Settings, machine, tables};
use plumb_host::{Host as Machinery, Live, Mem, Rooted};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A machine that can be asked about: this one, a directory or an archive seen as one, or one in memory.
#[pyclass(module = "plumb", frozen)]
pub(crate) struct Host {
    host: Arc<dyn Machinery>,
    /// The same, where it is in memory.
    mem: Option<Arc<Mem>>,
    model: Option<Arc<Machine>>,
    /// Whether it is this machine.
    live: bool,
    told: String,
}

/// What an engine is made over.
pub(crate) fn of(root: Option<&Bound<'_, PyAny>>) -> PyResult<(Arc<dyn Machinery>, String)> {
    let Some(root) = root.filter(|root| !root.is_none()) else {
        let host = Host::live()?;
        return Ok((host.host, host.told));
    };
    if let Ok(host) = root.cast::<Host>() {
        let host = host.get();
        return Ok((Arc::clone(&host.host), host.told.clone()));
    }
    let host = match root.cast::<PyDict>() {
        Ok(files) => Host::files(files, None)?,
        Err(_) => Host::open(root.py(), root.extract()?)?,
    };
    Ok((host.host, host.told))
}

impl Host {
    /// Whether it is this machine, which changes by itself.
    pub(crate) fn is_live(&self) -> bool {
        self.live
    }

    fn in_memory(mem: Mem, told: String) -> Self {
        let mem = Arc::new(mem);
        Self { host: Arc::clone(&mem) as Arc<dyn Machinery>, mem: Some(mem), model: None, live: false, told }
    }
}

/// The program's own reading of an archive that its user names.
#[allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "no table reads this: the user named an archive"
)]
mod archive {
    use plumb_host::Mem;
    use std::fs::File;
    use std::io::{self, Read, Seek};
    use std::path::Path;

    pub(super) fn is_directory(path: &Path) -> io::Result<bool> {
        std::fs::metadata(path).map(|metadata| metadata.is_dir())
    }

    /// An archive, compressed by gzip or not.
    pub(super) fn read(path: &Path) -> io::Result<Mem> {
        const GZIP: [u8; 2] = [0x1f, 0x8b];
        let mut file = File::open(path)?;
        let mut magic = [0; 2];
        let zipped = file.read_exact(&mut magic).is_ok() && magic == GZIP;
        file.rewind()?;
        let file = io::BufReader::new(file);
        if zipped { Mem::from_tar_gz(file) } else { Mem::from_tar(file) }
    }
}

#[pymethods]
impl Host {
    /// This machine.
    #[staticmethod]
    fn live() -> PyResult<Self> {
        let host = Live::new().map_err(|error| os_error(&error, Path::new("/")))?;
        Ok(Self { host: Arc::new(host), mem: None, model: None, live: true, told: "this machine".to_owned() })
    }

    /// A directory that is seen as a machine (links resolve inside it), or a tar archive of one, compressed by gzip or not.
    #[staticmethod]
    fn open(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let told = path.display().to_string();
        let opened = py.detach(|| -> std::io::Result<Self> {
            if archive::is_directory(&path)? {
                let host = Arc::new(Rooted::open(&path)?);
                return Ok(Self { host, mem: None, model: None, live: false, told });
            }
            archive::read(&path).map(|mem| Self::in_memory(mem, told))
        });
        opened.map_err(|error| os_error(&error, &path))
    }

    /// A machine of these files and nothing else: a dict of absolute paths (str, bytes or path-like) and of contents, which are str,
    /// bytes, `File` for a link, an owner, a mode and the like, or None for a directory. Directories on the way are made. `now` is
    /// what its clock says, in seconds since 1970.
    #[staticmethod]
    #[pyo3(signature = (files, *, now=None))]
    fn files(files: &Bound<'_, PyDict>, now: Option<i64>) -> PyResult<Self> {
        let told = format!("{} files in memory", files.len());
        files::host(files, now).map(|mem| Self::in_memory(mem, told))
    }

    /// A made-up machine: accounts, processes, sockets, mounts, packages … drawn from a seed and written as the kernel and the
    /// tools write them. The same seed gives the same machine everywhere. `odd` draws what is legal and nasty too (names with
    /// blanks, line breaks and parentheses, numbers at their limits), `hostile` damages files afterwards. Without `netlink` all that
    /// it tells stands in files, so that a directory or a dict can hold it; with it the kernel of every other machine answers netlink.
    #[staticmethod]
    #[pyo3(signature = (seed, *, odd=false, hostile=false, netlink=true))]
    fn generate(py: Python<'_>, seed: u64, odd: bool, hostile: bool, netlink: bool) -> PyResult<Self> {
        let settings = Settings { odd: odd || hostile, hostile, netlink };
        let made = beside(py, move || machine(seed, &settings))?;
        let (model, files) = made.map_err(|error| Trouble::new(error.to_string()).raise(py))?;
        let kind = if hostile {
            "hostile "
        } else if odd {
            "odd "
        } else {
            ""
        };
        let host = Self::in_memory(files.mem(), format!("{kind}model of seed {seed}"));
        // Of damaged files nobody knows what they should answer.
        Ok(Self { model: (!hostile).then(|| Arc::new(model)), ..host })
    }

    /// What a generated machine must answer: the questions about a table, or about all, with the rows that its model expects.
    /// Empty for every other machine and for damaged ones.
    #[pyo3(signature = (table=None))]
    fn questions(&self, py: Python<'_>, table: Option<&str>) -> PyResult<Vec<Py<Question>>> {
        let Some(model) = &self.model else { return Ok(Vec::new()) };
        let chosen = tables().filter(|name| table.is_none_or(|table| table == *name));
        let asked = chosen.flat_map(|name| model.expect(name));
        asked.map(|question| Py::new(py, Question::new(py, &question)?)).collect()
    }

    /// The machine as a tar archive, as bytes; for machines in memory only.
    fn to_tar<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let Some(mem) = &self.mem else {
            return Err(PyValueError::new_err(format!("{} is not in memory", self.told)));
        };
        let mem = Arc::clone(mem);
        let written = py.detach(|| {
            let mut archive = Vec::new();
            mem.to_tar(&mut archive).map(|()| archive)
        });
        let archive = written.map_err(|error| Trouble::new(error.to_string()).raise(py))?;
        Ok(PyBytes::new(py, &archive))
    }

    fn __repr__(&self) -> String {
        format!("<plumb.Host {}>", self.told)
    }
}
