//! A host on which, while somebody reads, all processes end and others get their ids.
//!
//! Directories stay what they are, and show what is in them at the time; the directory of a process goes with it: who
//! still holds it open reads nothing more.

use plumb_host::{Dir, File, Follow, Host, List, Mem, Moment, Stat, join};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// See the module.
#[derive(Clone, Debug)]
pub struct Turning {
    now: Arc<Now>,
    root: Lasting,
}

#[derive(Debug)]
struct Now {
    before: Mem,
    after: Mem,
    /// How often the host has been asked.
    asked: AtomicUsize,
    /// How often it is asked before it turns.
    most: usize,
}

impl Now {
    /// Whether it has turned; asking counts.
    fn asked(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) >= self.most
    }

    fn host(&self, turned: bool) -> &Mem {
        if turned { &self.after } else { &self.before }
    }
}

impl Turning {
    /// A host that is the one for so many questions, then the other.
    #[must_use]
    pub fn new(before: Mem, after: Mem, questions: usize) -> Self {
        let now = Arc::new(Now { before, after, asked: AtomicUsize::new(0), most: questions });
        Self { root: Lasting { now: Arc::clone(&now), path: b"/".to_vec() }, now }
    }

    /// How often it has been asked.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.now.asked.load(Ordering::Relaxed)
    }
}

impl Host for Turning {
    fn root(&self) -> &dyn Dir {
        &self.root
    }

    fn now(&self) -> Moment {
        self.now.before.now()
    }

    fn is_live(&self) -> bool {
        false
    }
}

/// A directory that outlives the turn.
#[derive(Clone, Debug)]
struct Lasting {
    now: Arc<Now>,
    path: Vec<u8>,
}

impl Lasting {
    fn at(&self, path: &[u8]) -> Vec<u8> {
        match path {
            b"" => self.path.clone(),
            [b'/', ..] => path.to_vec(),
            _ => join(&self.path, path),
        }
    }

    fn ask<T>(&self, path: &[u8], ask: impl FnOnce(&dyn Dir, &[u8]) -> io::Result<T>) -> io::Result<T> {
        ask(self.now.host(self.now.asked()).root(), &self.at(path))
    }
}

impl Dir for Lasting {
    fn open(&self, path: &[u8]) -> io::Result<Box<dyn File>> {
        self.ask(path, |dir, path| dir.open(path))
    }

    fn open_dir(&self, path: &[u8]) -> io::Result<Box<dyn Dir>> {
        let path = self.at(path);
        let turned = self.now.asked();
        let dir = self.now.host(turned).root().open_dir(&path)?;
        if path.strip_prefix(b"/proc/").and_then(|below| below.first()).is_some_and(u8::is_ascii_digit) {
            return Ok(Box::new(Passing { now: Arc::clone(&self.now), dir, turned }));
        }
        Ok(Box::new(Self { now: Arc::clone(&self.now), path }))
    }

    fn read_link(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        self.ask(path, |dir, path| dir.read_link(path))
    }

    fn stat(&self, path: &[u8], follow: Follow) -> io::Result<Stat> {
        self.ask(path, |dir, path| dir.stat(path, follow))
    }

    fn list(&self) -> io::Result<Box<dyn List>> {
        self.ask(b"", |dir, path| dir.open_dir(path)?.list())
    }
}

/// A process's directory, or one below it.
#[derive(Debug)]
struct Passing {
    now: Arc<Now>,
    dir: Box<dyn Dir>,
    turned: bool,
}

impl Passing {
    fn dir(&self) -> io::Result<&dyn Dir> {
        if self.now.asked() == self.turned { Ok(&*self.dir) } else { Err(io::ErrorKind::NotFound.into()) }
    }
}

impl Dir for Passing {
    fn open(&self, path: &[u8]) -> io::Result<Box<dyn File>> {
        self.dir()?.open(path)
    }

    fn open_dir(&self, path: &[u8]) -> io::Result<Box<dyn Dir>> {
        let dir = self.dir()?.open_dir(path)?;
        Ok(Box::new(Self { now: Arc::clone(&self.now), dir, turned: self.turned }))
    }

    fn read_link(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        self.dir()?.read_link(path)
    }

    fn stat(&self, path: &[u8], follow: Follow) -> io::Result<Stat> {
        self.dir()?.stat(path, follow)
    }

    fn list(&self) -> io::Result<Box<dyn List>> {
        self.dir()?.list()
    }
}
