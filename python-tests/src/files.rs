//! Hosts of files in memory, from Python.

use plumb_host::{FileKind, Mem, Moment, Stat};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use std::path::PathBuf;

/// A file with more to say of it than its content.
///
/// content: str or bytes; what a link, a directory or a special file has not
/// link: where a symbolic link leads
/// kind: 'file', 'directory', 'link', 'fifo', 'socket', 'char' or 'block'
/// mode: permission bits, 0o644 for files and 0o755 for directories by default
/// uid, gid: owner and group, 0 by default
/// atime, mtime, ctime: seconds since 1970
/// xattrs: extended attributes, by name
#[pyclass(module = "plumb", frozen)]
#[derive(Clone, Debug)]
pub(crate) struct File {
    what: What,
    mode: Option<u32>,
    uid: Option<u32>,
    gid: Option<u32>,
    atime: Option<i64>,
    mtime: Option<i64>,
    ctime: Option<i64>,
    xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

#[derive(Clone, Debug)]
enum What {
    File(Vec<u8>),
    Link(Vec<u8>),
    Node(FileKind),
}

const KINDS: [(&str, FileKind); 7] = [
    ("file", FileKind::Regular),
    ("directory", FileKind::Directory),
    ("link", FileKind::Symlink),
    ("fifo", FileKind::Fifo),
    ("socket", FileKind::Socket),
    ("char", FileKind::Character),
    ("block", FileKind::Block),
];

#[pymethods]
impl File {
    #[new]
    #[pyo3(signature = (content=None, *, link=None, kind=None, mode=None, uid=None, gid=None, atime=None, mtime=None, ctime=None, xattrs=None))]
    #[allow(clippy::too_many_arguments, reason = "they are named in Python")]
    fn new(
        content: Option<&Bound<'_, PyAny>>,
        link: Option<&Bound<'_, PyAny>>,
        kind: Option<&str>,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        atime: Option<i64>,
        mtime: Option<i64>,
        ctime: Option<i64>,
        xattrs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let kind = match kind {
            Some(name) => Some(
                KINDS
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, kind)| *kind)
                    .ok_or_else(|| PyValueError::new_err(format!("there is no kind of file {name:?}")))?,
            ),
            None => None,
        };
        let what = match (content, link, kind) {
            (None, Some(target), None | Some(FileKind::Symlink)) => What::Link(bytes(target)?),
            (content, None, None | Some(FileKind::Regular)) => {
                What::File(content.map(bytes).transpose()?.unwrap_or_default())
            }
            (None, None, Some(FileKind::Symlink)) => return Err(PyValueError::new_err("a link needs link=")),
            (None, None, Some(kind)) => What::Node(kind),
            _ => return Err(PyValueError::new_err("content, link and kind exclude each other")),
        };
        let xattrs = xattrs.map(|xattrs| {
            xattrs.iter().map(|(name, value)| Ok((bytes(&name)?, bytes(&value)?))).collect::<PyResult<Vec<_>>>()
        });
        let xattrs = xattrs.transpose()?.unwrap_or_default();
        Ok(Self { what, mode, uid, gid, atime, mtime, ctime, xattrs })
    }

    fn __repr__(&self) -> String {
        match &self.what {
            What::File(content) => format!("<plumb.File of {} bytes>", content.len()),
            What::Link(target) => format!("<plumb.File link to {}>", String::from_utf8_lossy(target)),
            What::Node(kind) => {
                let name = KINDS.iter().find(|(_, known)| known == kind).map_or("file", |(name, _)| name);
                format!("<plumb.File {name}>")
            }
        }
    }
}

impl File {
    fn put(&self, mem: Mem, path: &[u8]) -> Mem {
        let mem = match &self.what {
            What::File(content) => mem.file(path, content),
            What::Link(target) => mem.link(path, target),
            What::Node(kind) => mem.node(path, *kind),
        };
        let mem = mem.meta(path, |stat| self.change(stat));
        self.xattrs.iter().fold(mem, |mem, (name, value)| mem.xattr(path, name, value))
    }

    fn change(&self, stat: &mut Stat) {
        const PERMISSIONS: u32 = 0o7777;
        if let Some(mode) = self.mode {
            stat.mode = stat.mode & !PERMISSIONS | mode & PERMISSIONS;
        }
        stat.uid = self.uid.unwrap_or(stat.uid);
        stat.gid = self.gid.unwrap_or(stat.gid);
        stat.atime = self.atime.unwrap_or(stat.atime);
        stat.mtime = self.mtime.unwrap_or(stat.mtime);
        stat.ctime = self.ctime.unwrap_or(stat.ctime);
    }
}

/// Bytes of a str or of bytes. What Python could not decode in names of files comes back as it was.
fn bytes(given: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = given.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    if let Ok(text) = given.cast::<PyString>() {
        return match text.to_str() {
            Ok(text) => Ok(text.as_bytes().to_vec()),
            Err(_) => Ok(os_bytes(text.extract::<PathBuf>()?)),
        };
    }
    Err(PyTypeError::new_err(format!("str or bytes are wanted here, not {}", given.get_type().name()?)))
}

#[cfg(unix)]
fn os_bytes(path: PathBuf) -> Vec<u8> {
    use std::os::unix::ffi::OsStringExt;
    path.into_os_string().into_vec()
}

#[cfg(not(unix))]
fn os_bytes(path: PathBuf) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}

/// A host of the files of a dict: paths, and contents as str, bytes, `File`, or None for a directory.
pub(crate) fn host(files: &Bound<'_, PyDict>, now: Option<i64>) -> PyResult<Mem> {
    let mut mem = Mem::new();
    if let Some(secs) = now {
        mem = mem.clock(Moment { secs, nanos: 0 });
    }
    for (path, content) in files {
        let path = match path.cast::<PyBytes>() {
            Ok(path) => path.as_bytes().to_vec(),
            Err(_) if path.is_instance_of::<PyString>() => bytes(&path)?,
            Err(_) => os_bytes(path.extract::<PathBuf>()?),
        };
        is_path(&path)?;
        mem = if content.is_none() {
            mem.dir(&path)
        } else if let Ok(file) = content.cast::<File>() {
            file.get().put(mem, &path)
        } else {
            mem.file(&path, bytes(&content)?)
        };
    }
    Ok(mem)
}

/// Whether a kernel would take it.
fn is_path(path: &[u8]) -> PyResult<()> {
    const LONGEST: usize = 255;
    let why = if !path.starts_with(b"/") {
        "does not begin with /"
    } else if path.contains(&0) {
        "has a NUL"
    } else if path.split(|byte| *byte == b'/').any(|name| name.len() > LONGEST) {
        "has a name of more than 255 bytes"
    } else {
        return Ok(());
    };
    Err(PyValueError::new_err(format!("the path {:?} {why}", String::from_utf8_lossy(path))))
}
