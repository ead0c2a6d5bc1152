//! A file that was found: the row subject of the tables about files.

use plumb_host::{Dir, FileKind, Follow, Stat};
use plumb_schema::Cx;
use std::cell::OnceCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

/// The longest piece of a path that is handed to the kernel, which refuses paths of 4096 bytes and more.
const PIECE: usize = 4000;

/// A host as one mount namespace shows it.
pub(crate) struct View {
    /// The context on that host.
    pub(crate) cx: Arc<Cx>,
    /// The process whose namespace it is; 0 is the host itself.
    pub(crate) pid: i64,
    /// The number of the namespace; empty for the host itself.
    pub(crate) namespace: Vec<u8>,
    here: OnceCell<Option<Arc<dyn Dir>>>,
}

impl View {
    pub(super) fn new(cx: Arc<Cx>, pid: i64, namespace: Vec<u8>) -> Self {
        Self { cx, pid, namespace, here: OnceCell::new() }
    }

    /// Where a path begins, if not at the root: relative ones begin in the agent's own working directory.
    pub(super) fn start(&self, path: &[u8]) -> Option<Arc<dyn Dir>> {
        if path.starts_with(b"/") {
            return None;
        }
        let open = || self.cx.open_dir(&self.own(b"cwd")?).map(Arc::from);
        self.here.get_or_init(open).clone()
    }

    /// The path of the agent's own working directory.
    pub(super) fn here(&self) -> Vec<u8> {
        let link = self.own(b"cwd").and_then(|cwd| self.cx.host.root().read_link(&cwd).ok());
        link.unwrap_or_else(|| b"/".to_vec())
    }

    fn own(&self, file: &[u8]) -> Option<Vec<u8>> {
        let pid = self.cx.host.own_pid().filter(|_| self.pid == 0)?;
        Some([format!("/proc/{pid}/").as_bytes(), file].concat())
    }

    /// Opens a directory, however long its path is. What is not there, or no directory, is left out silently.
    pub(super) fn open(&self, start: Option<&dyn Dir>, path: &[u8]) -> Option<Arc<dyn Dir>> {
        let mut rest = path;
        let mut dir = None;
        while rest.len() > PIECE {
            let slash = rest.get(..PIECE)?.iter().rposition(|byte| *byte == b'/').filter(|place| *place > 0)?;
            let (piece, after) = rest.split_at_checked(slash)?;
            dir = Some(self.step(dir.as_deref().or(start), piece)?);
            rest = after.get(after.iter().position(|byte| *byte != b'/')?..)?;
        }
        self.step(dir.as_deref().or(start), if rest.is_empty() { b"." } else { rest })
    }

    fn step(&self, from: Option<&dyn Dir>, path: &[u8]) -> Option<Arc<dyn Dir>> {
        let opened = from.unwrap_or(self.cx.host.root()).open_dir(path);
        opened.map(Arc::from).map_err(|error| note(&self.cx, path, &error)).ok()
    }
}

/// Notes an error, unless it only says that something is not there.
fn note(cx: &Cx, path: &[u8], error: &io::Error) {
    if error.kind() != io::ErrorKind::NotADirectory {
        cx.note_error(path, error);
    }
}

/// What the files that were found in one directory share.
pub(super) struct Place {
    pub(super) view: Rc<View>,
    /// The directory, or the host's root.
    pub(super) dir: Option<Arc<dyn Dir>>,
    /// The directory as the statement spelled it, where that decides.
    pub(super) spelling: Option<Vec<u8>>,
}

impl Place {
    pub(super) fn dir(&self) -> &dyn Dir {
        self.dir.as_deref().unwrap_or(self.view.cx.host.root())
    }
}

/// A file of any kind. What stat(2) says of it is asked when a column wants it, at most once, and by its name in the
/// open directory.
pub struct Found {
    place: Rc<Place>,
    path: Rc<Vec<u8>>,
    /// Where in the path begins what leads from the open directory to the file.
    name: usize,
    /// What the directory said.
    kind: FileKind,
    own: OnceCell<Option<Box<Stat>>>,
    target: OnceCell<Option<Box<Stat>>>,
}

impl Found {
    /// A file by its path, if it is there. A path that ends with a slash means what a link leads to.
    pub(super) fn literal(view: &Rc<View>, path: Vec<u8>, spelling: Option<Vec<u8>>) -> Option<Self> {
        let place = Place { view: Rc::clone(view), dir: view.start(&path), spelling };
        let found = Self::new(Rc::new(place), Rc::new(path), 0, FileKind::Unknown);
        let kind = found.own()?.kind();
        Some(Self { kind, ..found })
    }

    pub(super) fn new(place: Rc<Place>, path: Rc<Vec<u8>>, name: usize, kind: FileKind) -> Self {
        Self { place, path, name, kind, own: OnceCell::new(), target: OnceCell::new() }
    }

    pub(crate) fn cx(&self) -> &Arc<Cx> {
        &self.place.view.cx
    }

    pub(crate) fn view(&self) -> &View {
        &self.place.view
    }

    /// The directory in which [`Found::name`] leads to the file.
    pub(crate) fn dir(&self) -> &dyn Dir {
        self.place.dir()
    }

    pub(crate) fn name(&self) -> &[u8] {
        self.path.get(self.name..).unwrap_or_default()
    }

    pub(crate) fn path(&self) -> &[u8] {
        &self.path
    }

    pub(crate) fn directory(&self) -> &[u8] {
        match &self.place.spelling {
            Some(spelling) => spelling,
            None => split(&self.path).0,
        }
    }

    pub(crate) fn filename(&self) -> &[u8] {
        split(&self.path).1
    }

    fn ends_with_slash(&self) -> bool {
        self.path.ends_with(b"/")
    }

    pub(crate) fn is_link(&self) -> bool {
        let kind = match self.kind {
            FileKind::Unknown => self.own().map_or(FileKind::Unknown, Stat::kind),
            known => known,
        };
        kind == FileKind::Symlink && !self.ends_with_slash()
    }

    /// The text of the link.
    pub(crate) fn link_text(&self) -> Option<Vec<u8>> {
        self.dir().read_link(self.name()).map_err(|error| note(self.cx(), &self.path, &error)).ok()
    }

    /// What the file is, links followed; `Unknown` for a link that leads nowhere.
    pub(crate) fn kind(&self) -> FileKind {
        match self.kind {
            FileKind::Unknown | FileKind::Symlink if self.is_link() => {
                self.target().map_or(FileKind::Unknown, Stat::kind)
            }
            FileKind::Unknown | FileKind::Symlink => self.own().map_or(FileKind::Unknown, Stat::kind),
            known => known,
        }
    }

    /// What stat(2) says of it: of a link, of what it leads to; of one that leads nowhere, of the link.
    pub(crate) fn stat(&self) -> Option<&Stat> {
        match self.is_link() {
            true => self.target().or_else(|| self.own()),
            false => self.own(),
        }
    }

    fn own(&self) -> Option<&Stat> {
        let follow = if self.ends_with_slash() { Follow::Yes } else { Follow::No };
        let stat = || self.place.dir().stat(self.name(), follow).map(Box::new);
        self.own.get_or_init(|| stat().map_err(|error| note(self.cx(), &self.path, &error)).ok()).as_deref()
    }

    fn target(&self) -> Option<&Stat> {
        // A link that leads nowhere, or round in circles, is nothing to note.
        self.target.get_or_init(|| self.place.dir().stat(self.name(), Follow::Yes).map(Box::new).ok()).as_deref()
    }
}

/// Splits a path into directory and name, as POSIX allows `//name` to be a root of its own: `/etc/` is `.` in `/etc`,
/// `/` is itself, in nothing.
pub(crate) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let root = root_length(path);
    let Some(slash) = path.iter().rposition(|byte| *byte == b'/').filter(|place| *place + 1 >= root) else {
        return (b"", path);
    };
    let parent = path.get(..slash).unwrap_or_default();
    let end = parent.iter().rposition(|byte| *byte != b'/').map_or(0, |place| place + 1);
    let directory = path.get(..end.max(root)).unwrap_or_default();
    match path.get(slash + 1..).unwrap_or_default() {
        b"" if path.len() == root => (b"", path),
        b"" if end < root => (b"", directory),
        b"" => (directory, b"."),
        name => (directory, name),
    }
}

/// The length of `/`, or of `//name/`, at the beginning of a path.
fn root_length(path: &[u8]) -> usize {
    match path {
        [b'/', b'/', name, ..] if *name != b'/' => {
            let slash = path.iter().skip(2).position(|byte| *byte == b'/');
            slash.map_or(path.len(), |place| place + 3)
        }
        [b'/', ..] => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directory_and_name() {
        for (path, directory, name) in [
            ("/etc/passwd", "/etc", "passwd"),
            ("/etc", "/", "etc"),
            ("/etc/", "/etc", "."),
            ("/etc//", "/etc", "."),
            ("/", "", "/"),
            ("///", "", "/"),
            ("etc", "", "etc"),
            ("etc/", "etc", "."),
            ("etc/hosts", "etc", "hosts"),
            ("/etc//hosts", "/etc", "hosts"),
            ("/etc/../etc/hosts", "/etc/../etc", "hosts"),
            ("//etc/hosts", "//etc/", "hosts"),
            ("//etc/a/b", "//etc/a", "b"),
            ("//etc", "", "//etc"),
            ("//etc/", "", "//etc/"),
            ("///etc/hosts", "///etc", "hosts"),
            ("///etc", "/", "etc"),
            ("/a/.", "/a", "."),
            ("", "", ""),
        ] {
            let found = split(path.as_bytes());
            assert_eq!(found, (directory.as_bytes(), name.as_bytes()), "{path}");
        }
    }
}
