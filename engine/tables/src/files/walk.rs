//! Listing directories and walking trees, one entry at a time.

use super::pattern::Pattern;
use super::place::{Found, Place, View};
use plumb_host::{Batch, Dir, FileKind, Follow, List};
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

/// The entries of one directory. Only one batch of them is in memory.
pub(super) struct Listing {
    place: Rc<Place>,
    list: Box<dyn List>,
    batch: Batch,
    next: usize,
    /// What stands before each name: empty, or ends with a slash.
    prefix: usize,
    /// `.` and `..` where a pattern means them: no listing has them.
    dots: std::slice::Iter<'static, &'static [u8]>,
    /// The path of the current entry. Its memory is used again if the row before is gone, as a rule.
    path: Rc<Vec<u8>>,
    kind: FileKind,
}

impl Listing {
    /// Lists a directory that is open. `prefix` is what its entries' paths begin with.
    fn new(view: &Rc<View>, dir: Arc<dyn Dir>, prefix: Vec<u8>, spelling: Option<Vec<u8>>) -> Option<Self> {
        let list = dir.list().map_err(|error| view.cx.note_error(&prefix, &error)).ok()?;
        Some(Self {
            place: Rc::new(Place { view: Rc::clone(view), dir: Some(dir), spelling }),
            list,
            batch: Batch::new(),
            next: 0,
            prefix: prefix.len(),
            dots: [].iter(),
            path: Rc::new(prefix),
            kind: FileKind::Unknown,
        })
    }

    /// Moves to the next entry and answers its name.
    fn advance(&mut self) -> Option<&[u8]> {
        while self.next >= self.batch.len() {
            self.next = 0;
            let cx = &self.place.view.cx;
            match self.list.next_batch(&mut self.batch) {
                Ok(true) if !cx.is_cancelled() => {}
                Ok(_) => {
                    let dot = self.dots.next().filter(|_| !cx.is_cancelled())?;
                    self.batch.clear();
                    return Some(set(&mut self.path, &mut self.kind, self.prefix, dot, FileKind::Directory));
                }
                Err(error) => {
                    cx.note_error(self.path.get(..self.prefix).unwrap_or_default(), &error);
                    self.batch.clear();
                    return None;
                }
            }
        }
        let entry = self.batch.get(self.next)?;
        self.next += 1;
        Some(set(&mut self.path, &mut self.kind, self.prefix, entry.name, entry.kind))
    }

    fn name(&self) -> &[u8] {
        self.path.get(self.prefix..).unwrap_or_default()
    }

    /// What the current entry is, links followed; asks only where the directory did not say.
    fn is_directory(&mut self, follow: bool) -> bool {
        if self.kind == FileKind::Unknown {
            self.kind = self.ask(Follow::No);
        }
        match self.kind {
            FileKind::Symlink => follow && self.ask(Follow::Yes) == FileKind::Directory,
            kind => kind == FileKind::Directory,
        }
    }

    fn ask(&self, follow: Follow) -> FileKind {
        self.place.dir().stat(self.name(), follow).map_or(FileKind::Unknown, |stat| stat.kind())
    }

    /// The current entry; `marked` with a slash at the end.
    fn found(&mut self, marked: bool) -> Found {
        let kind = if marked { FileKind::Directory } else { self.kind };
        if marked {
            Rc::make_mut(&mut self.path).push(b'/');
        }
        Found::new(Rc::clone(&self.place), Rc::clone(&self.path), self.prefix, kind)
    }
}

/// Writes the path of an entry over that of the entry before.
fn set<'a>(path: &'a mut Rc<Vec<u8>>, to: &mut FileKind, prefix: usize, name: &[u8], kind: FileKind) -> &'a [u8] {
    *to = kind;
    let path = Rc::make_mut(path);
    path.truncate(prefix);
    path.extend_from_slice(name);
    path.get(prefix..).unwrap_or_default()
}

/// The entries of a directory, hidden ones included, directories without a slash at the end.
pub(super) struct Entries(Option<Listing>);

impl Entries {
    /// The entries of the directory at a path, which their rows repeat as they were given it. None if it is not there.
    pub(super) fn of(view: &Rc<View>, directory: Vec<u8>) -> Self {
        let Some(dir) = view.open(view.start(&directory).as_deref(), &directory) else { return Self(None) };
        let mut prefix = directory.clone();
        if !prefix.ends_with(b"/") {
            prefix.push(b'/');
        }
        Self(Listing::new(view, dir, prefix, Some(directory)))
    }
}

impl Iterator for Entries {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        let listing = self.0.as_mut()?;
        if listing.advance().is_none() {
            self.0 = None;
            return None;
        }
        Some(listing.found(false))
    }
}

/// What a walk gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Whatever the pattern finds; directories and links to them with a slash at the end.
    Marked,
    /// Of that, the directories.
    Directories,
    /// Whatever is below a directory, without following links or marking anything.
    Plain,
}

/// What is still to be listed.
enum Task {
    /// A directory in which a step of the pattern is to be found; the path so far.
    Step(Vec<u8>, usize),
    /// A directory of which everything is meant; its path with a slash at the end.
    Below(Vec<u8>),
}

/// The files that a pattern finds.
///
/// One directory is open at a time; the others wait as paths, so that neither deep nor large trees exhaust
/// descriptors. Below a `%%`, links to directories are followed, and every directory is entered once: under its own
/// name if that is part of the tree, otherwise by the first link to it. That ends every cycle and keeps a tree that
/// is full of links (`/proc`, `/sys`) as small as it is. Links further on are listed as the directories they are.
pub(super) struct Walk {
    view: Rc<View>,
    start: Option<Arc<dyn Dir>>,
    what: What,
    pattern: Pattern,
    pending: Vec<Task>,
    /// Links to directories, entered when all directories that are none have been.
    links: VecDeque<Vec<u8>>,
    /// Device and inode of the directories entered.
    entered: HashSet<(u64, u64)>,
    listing: Option<(Listing, Option<usize>)>,
}

impl Walk {
    /// What a pattern finds.
    pub(super) fn like(view: &Rc<View>, pattern: &[u8], what: What) -> Self {
        let mut walk = Self {
            view: Rc::clone(view),
            start: view.start(pattern),
            what,
            pattern: Pattern::new(pattern),
            pending: vec![Task::Step(Vec::new(), 0)],
            links: VecDeque::new(),
            entered: HashSet::new(),
            listing: None,
        };
        // A wildcard stands for a whole path as far as SQLite can see: `%/x` is answered with full paths.
        if pattern.starts_with(b"%") && pattern.len() > 3 {
            let full = plumb_host::join(&view.here(), pattern);
            walk.start = None;
            walk.pattern = Pattern::new(&full);
        }
        walk
    }

    /// Everything below a directory.
    pub(super) fn below(view: &Rc<View>, directory: &[u8]) -> Self {
        let mut walk = Self::like(view, b"", What::Plain);
        walk.pending = vec![Task::Below(plumb_host::join(directory, b""))];
        walk
    }

    /// Begins with the next task; `false` when there is none.
    fn begin(&mut self) -> Option<Option<Found>> {
        let task = self.pending.pop().or_else(|| self.links.pop_front().map(Task::Below));
        let task = task.filter(|_| !self.view.cx.is_cancelled())?;
        Some(match task {
            Task::Step(path, step) => self.step(path, step),
            Task::Below(path) => {
                self.below_one(path);
                None
            }
        })
    }

    fn step(&mut self, mut path: Vec<u8>, step: usize) -> Option<Found> {
        let Some(next) = self.pattern.steps.get(step) else { return self.literal(self.pattern.tail.clone()) };
        path.extend_from_slice(&next.lead);
        let dir = self.view.open(self.start.as_deref(), &path)?;
        let mut listing = Listing::new(&self.view, dir, path, None)?;
        if next.glob.hidden() {
            listing.dots = DOTS.iter();
        }
        self.listing = Some((listing, Some(step)));
        None
    }

    fn below_one(&mut self, path: Vec<u8>) {
        let Some(dir) = self.view.open(self.start.as_deref(), &path) else { return };
        if self.what != What::Plain {
            let entered = dir.stat(b"", Follow::Yes).is_ok_and(|stat| self.entered.insert((stat.dev, stat.ino)));
            if !entered {
                return;
            }
        }
        self.listing = Listing::new(&self.view, dir, path, None).map(|listing| (listing, None));
    }

    /// A path without a wildcard, or what is left when all have been found.
    fn literal(&self, mut path: Vec<u8>) -> Option<Found> {
        let found = Found::literal(&self.view, path.clone(), None)?;
        let is_directory = found.kind() == FileKind::Directory;
        if !is_directory {
            return Some(found).filter(|_| self.what != What::Directories);
        }
        if path.ends_with(b"/") {
            return Some(found);
        }
        path.push(b'/');
        Found::literal(&self.view, path, None)
    }

    /// Decides about the current entry of the listing.
    fn entry(&mut self) -> Option<Found> {
        let (listing, step) = self.listing.as_mut()?;
        if let Some(step) = *step {
            let next = self.pattern.steps.get(step)?;
            if !next.glob.matches(listing.name()) {
                return None;
            }
            let may_lead_on = matches!(listing.kind, FileKind::Directory | FileKind::Symlink | FileKind::Unknown);
            if step + 1 < self.pattern.steps.len() {
                if may_lead_on {
                    self.pending.push(Task::Step(listing.path.to_vec(), step + 1));
                }
                return None;
            }
            if !self.pattern.tail.is_empty() {
                let path = [&**listing.path, &self.pattern.tail].concat();
                return if may_lead_on { self.literal(path) } else { None };
            }
        }
        let is_directory = listing.is_directory(self.what != What::Plain);
        let goes_on = step.is_none() || (self.pattern.deep && !DOTS.contains(&listing.name()));
        if is_directory && goes_on {
            let path = plumb_host::join(&listing.path, b"");
            match listing.kind {
                FileKind::Symlink => self.links.push_back(path),
                _ => self.pending.push(Task::Below(path)),
            }
        }
        let wanted = is_directory || self.what != What::Directories;
        wanted.then(|| listing.found(is_directory && self.what != What::Plain))
    }
}

/// The names that every directory has and no listing gives.
const DOTS: [&[u8]; 2] = [b".", b".."];

impl Iterator for Walk {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            let advanced = self.listing.as_mut().map(|(listing, _)| listing.advance().is_some());
            let found = match advanced {
                Some(true) => self.entry(),
                Some(false) => {
                    self.listing = None;
                    None
                }
                None => self.begin()?,
            };
            if found.is_some() {
                return found;
            }
        }
    }
}
