//! Directories, files and listings that pass on what they are asked and keep the answer.

use super::kept::Shared;
use crate::api::{Batch, Dir, File, Follow, Limit, List, Stat, Xattr};
use crate::join;
use crate::mem::Access;
use std::fmt;
use std::io;
use std::sync::Arc;

pub(super) struct RecordingDir {
    shared: Arc<Shared>,
    /// `None` is the host's root.
    inner: Option<Box<dyn Dir>>,
    /// Its path without links; `None` if it has none.
    path: Option<Vec<u8>>,
}

impl fmt::Debug for RecordingDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordingDir({})", self.path.as_deref().unwrap_or(b"?").escape_ascii())
    }
}

impl RecordingDir {
    pub(super) fn root(shared: Arc<Shared>) -> Self {
        Self { shared, inner: None, path: Some(b"/".to_vec()) }
    }

    fn inner(&self) -> &dyn Dir {
        match &self.inner {
            Some(inner) => &**inner,
            None => self.shared.host.root(),
        }
    }

    fn place(&self, path: &[u8], follow: Follow) -> Option<Vec<u8>> {
        self.shared.place(self.inner(), self.path.as_deref()?, path, follow)
    }

    /// Passes on an answer and keeps it if it is an error.
    fn answer<T>(&self, path: &[u8], follow: Follow, access: Access, answer: io::Result<T>) -> io::Result<T> {
        answer.inspect_err(|error| {
            // An empty path is an error of the question, except where it means the directory.
            let is_place = !path.is_empty() || matches!(access, Access::Stat | Access::List);
            if is_place && let Some(place) = self.place(path, follow) {
                self.shared.keep_error(&place, access, error);
            }
        })
    }
}

impl Dir for RecordingDir {
    fn open(&self, path: &[u8]) -> io::Result<Box<dyn File>> {
        let inner = self.answer(path, Follow::Yes, Access::Open, self.inner().open(path))?;
        let place = self.place(path, Follow::Yes);
        Ok(Box::new(RecordingFile { shared: Arc::clone(&self.shared), inner, place, bytes: Vec::new(), whole: false }))
    }

    fn open_dir(&self, path: &[u8]) -> io::Result<Box<dyn Dir>> {
        let inner = self.answer(path, Follow::Yes, Access::Open, self.inner().open_dir(path))?;
        let place = self.place(path, Follow::Yes);
        if let Some(place) = &place {
            self.shared.keep_dir(place);
        }
        Ok(Box::new(Self { shared: Arc::clone(&self.shared), inner: Some(inner), path: place }))
    }

    fn read(&self, path: &[u8], buf: &mut Vec<u8>, limit: Limit<'_>) -> io::Result<bool> {
        let start = buf.len();
        let more = self.answer(path, Follow::Yes, Access::Open, self.inner().read(path, buf, limit))?;
        if let Some(place) = self.place(path, Follow::Yes) {
            self.shared.keep_content(&place, buf.get(start..).unwrap_or_default(), !more);
        }
        Ok(more)
    }

    fn read_link(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        let text = self.answer(path, Follow::No, Access::Read, self.inner().read_link(path))?;
        if let Some(place) = self.place(path, Follow::No) {
            self.shared.keep_link(&place, &text);
        }
        Ok(text)
    }

    fn stat(&self, path: &[u8], follow: Follow) -> io::Result<Stat> {
        let stat = self.answer(path, follow, Access::Stat, self.inner().stat(path, follow))?;
        if let Some(place) = self.place(path, follow) {
            self.shared.keep_stat(&place, stat);
        }
        Ok(stat)
    }

    fn list(&self) -> io::Result<Box<dyn List>> {
        let inner = self.answer(b"", Follow::No, Access::List, self.inner().list())?;
        Ok(Box::new(RecordingList { shared: Arc::clone(&self.shared), inner, dir: self.path.clone() }))
    }

    fn xattrs(&self, path: &[u8]) -> io::Result<Vec<Xattr>> {
        let xattrs = self.answer(path, Follow::Yes, Access::Xattrs, self.inner().xattrs(path))?;
        if let Some(place) = self.place(path, Follow::Yes) {
            self.shared.keep_xattrs(&place, &xattrs);
        }
        Ok(xattrs)
    }
}

struct RecordingFile {
    shared: Arc<Shared>,
    inner: Box<dyn File>,
    place: Option<Vec<u8>>,
    /// What was read so far, if there is room for it.
    bytes: Vec<u8>,
    whole: bool,
}

impl fmt::Debug for RecordingFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordingFile({:?})", self.inner)
    }
}

impl File for RecordingFile {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buf).inspect_err(|error| {
            if let Some(place) = &self.place {
                self.shared.keep_error(place, Access::Read, error);
            }
        })?;
        self.whole |= got == 0 && !buf.is_empty();
        if self.place.is_some() {
            self.bytes.extend_from_slice(buf.get(..got).unwrap_or_default());
            if self.bytes.len() > self.shared.budget.left() {
                self.shared.budget.refuse();
                (self.place, self.bytes) = (None, Vec::new());
            }
        }
        Ok(got)
    }

    fn stat(&self) -> io::Result<Stat> {
        let stat = self.inner.stat()?;
        if let Some(place) = &self.place {
            self.shared.keep_stat(place, stat);
        }
        Ok(stat)
    }
}

impl Drop for RecordingFile {
    fn drop(&mut self) {
        if let Some(place) = &self.place {
            self.shared.keep_content(place, &self.bytes, self.whole);
        }
    }
}

#[derive(Debug)]
struct RecordingList {
    shared: Arc<Shared>,
    inner: Box<dyn List>,
    dir: Option<Vec<u8>>,
}

impl List for RecordingList {
    fn next_batch(&mut self, batch: &mut Batch) -> io::Result<bool> {
        let more = self.inner.next_batch(batch);
        let Some(dir) = &self.dir else { return more };
        match &more {
            Ok(_) => batch.iter().for_each(|entry| self.shared.keep_entry(&join(dir, entry.name), entry.kind)),
            Err(error) => self.shared.keep_error(dir, Access::List, error),
        }
        more
    }
}
