//! The context in which a table collects rows.

use crate::{Agent, Notes};
use plumb_host::{Batch, Cancel, Dir, FileKind, Host, Limit};
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// What all tables of one statement share.
pub struct Statement {
    /// The machine.
    pub host: Arc<dyn Host>,
    /// The agent.
    pub agent: Arc<dyn Agent>,
    /// Odd things met.
    pub notes: Arc<Notes>,
    /// Stops the statement.
    pub cancel: Cancel,
    memo: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

impl Statement {
    /// The context of a new statement.
    #[must_use]
    pub fn new(host: Arc<dyn Host>, agent: Arc<dyn Agent>, cancel: Cancel) -> Self {
        Self { host, agent, notes: Arc::new(Notes::default()), cancel, memo: Mutex::default() }
    }
}

impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement").field("host", &self.host).finish_non_exhaustive()
    }
}

/// The context of one table in one statement. Row subjects may keep the `Arc<Cx>`.
///
/// Its reading functions turn errors into notes, so that one bad file never loses the rest.
#[derive(Clone, Debug)]
pub struct Cx {
    /// The table that collects.
    pub table: &'static str,
    /// The machine: the statement's, or one inside it ([`Cx::inside`]).
    pub host: Arc<dyn Host>,
    statement: Arc<Statement>,
}

impl Cx {
    /// The largest file that [`Cx::read`] takes as a whole; the rest of a larger one is left out, with a note.
    pub const WHOLE_FILE: usize = 64 << 20;

    /// The context of a table.
    #[must_use]
    pub fn new(table: &'static str, statement: Arc<Statement>) -> Self {
        Self { table, host: Arc::clone(&statement.host), statement }
    }

    /// The same context on another host: a container's, an image's.
    #[must_use]
    pub fn on_host(&self, host: Arc<dyn Host>) -> Self {
        Self { table: self.table, host, statement: Arc::clone(&self.statement) }
    }

    /// The context inside a process's mount namespace, for `pid_with_namespace` columns; a note and `None` when it
    /// cannot be entered. 0 means the host itself.
    #[must_use]
    pub fn inside(self: &Arc<Self>, pid: i64) -> Option<Arc<Self>> {
        if pid == 0 {
            return Some(Arc::clone(self));
        }
        match self.host.inside_process(pid) {
            Ok(host) => Some(Arc::new(self.on_host(host))),
            Err(error) => {
                self.note(format!("/proc/{pid}/root").as_bytes(), error);
                None
            }
        }
    }

    /// The agent.
    #[must_use]
    pub fn agent(&self) -> &dyn Agent {
        &*self.statement.agent
    }

    /// Notes something odd about a source (a path, a request).
    pub fn note(&self, source: &[u8], reason: impl fmt::Display) {
        self.statement.notes.add(self.table, source, reason);
    }

    /// Tells a line that a person must see, even if nobody asked for notes.
    pub fn warn(&self, line: String) {
        self.statement.notes.warn(line);
    }

    /// The statement's cancellation token.
    #[must_use]
    pub fn cancel(&self) -> &Cancel {
        &self.statement.cancel
    }

    /// Whether the statement should stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.statement.cancel.is_cancelled()
    }

    /// A whole file. Missing: `None`, silently; unreadable: `None` and a note.
    #[must_use]
    pub fn read(&self, path: &[u8]) -> Option<Vec<u8>> {
        self.read_in(self.host.root(), path)
    }

    /// A whole file, by a path relative to a directory; otherwise as [`Cx::read`].
    #[must_use]
    pub fn read_in(&self, dir: &dyn Dir, path: &[u8]) -> Option<Vec<u8>> {
        let mut buf = Vec::new();
        self.read_into(dir, path, &mut buf).then_some(buf)
    }

    /// As [`Cx::read_in`] into a buffer that is cleared first and keeps its memory; answers whether it was read.
    pub fn read_into(&self, dir: &dyn Dir, path: &[u8], buf: &mut Vec<u8>) -> bool {
        buf.clear();
        let limit = Limit { bytes: Self::WHOLE_FILE, cancel: self.cancel() };
        match dir.read(path, buf, limit) {
            Ok(false) => true,
            Ok(true) => {
                self.note(path, format_args!("larger than {} bytes: the rest is left out", Self::WHOLE_FILE));
                true
            }
            Err(error) => {
                self.note_error(path, &error);
                false
            }
        }
    }

    /// Notes an I/O error, unless it only says that something is not there (or not there any more).
    pub fn note_error(&self, path: &[u8], error: &io::Error) {
        const ESRCH: i32 = 3;
        if error.kind() != io::ErrorKind::NotFound && error.raw_os_error() != Some(ESRCH) {
            self.note(path, error);
        }
    }

    /// Opens a directory. Missing: `None`, silently; otherwise an error is a note.
    #[must_use]
    pub fn open_dir(&self, path: &[u8]) -> Option<Box<dyn Dir>> {
        self.host.root().open_dir(path).map_err(|error| self.note_error(path, &error)).ok()
    }

    /// The names in a directory in byte order, with their kinds. For directories of moderate size: huge ones should be
    /// streamed with [`Dir::list`].
    #[must_use]
    pub fn names(&self, dir: &dyn Dir, path: &[u8]) -> Vec<(Vec<u8>, FileKind)> {
        let mut names = Vec::new();
        let mut list = match dir.list() {
            Ok(list) => list,
            Err(error) => {
                self.note_error(path, &error);
                return names;
            }
        };
        let mut batch = Batch::new();
        loop {
            match list.next_batch(&mut batch) {
                Ok(true) if !self.is_cancelled() => {
                    names.extend(batch.iter().map(|entry| (entry.name.to_vec(), entry.kind)));
                }
                Ok(_) => break,
                Err(error) => {
                    self.note_error(path, &error);
                    break;
                }
            }
        }
        names.sort_unstable();
        names
    }

    /// A value that is made once for the statement and shared by all its tables and seeks: parsed account files, a
    /// dump of sockets, the boot time. The type is the key.
    pub fn memo<M: Send + Sync + 'static>(&self, make: impl FnOnce(&Self) -> M) -> Arc<M> {
        let key = TypeId::of::<(M,)>();
        // Another host than the statement's own (pid_with_namespace) must not share its values.
        if !Arc::ptr_eq(&self.host, &self.statement.host) {
            return Arc::new(make(self));
        }
        let found = self.memos().get(&key).map(Arc::clone);
        if let Some(made) = found.and_then(|any| any.downcast::<M>().ok()) {
            return made;
        }
        let made = Arc::new(make(self));
        self.memos().insert(key, Arc::clone(&made) as Arc<dyn Any + Send + Sync>);
        made
    }

    fn memos(&self) -> std::sync::MutexGuard<'_, HashMap<TypeId, Arc<dyn Any + Send + Sync>>> {
        self.statement.memo.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
