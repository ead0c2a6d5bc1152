//! What a machine is rendered into, before it becomes a host: files by path, open to damage.

use plumb_host::{Access, Dump, FileKind, Mem, Moment, Stat};
use std::collections::BTreeMap;

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A regular file.
    File(Vec<u8>),
    /// A directory.
    Dir,
    /// A symbolic link.
    Link(Vec<u8>),
    /// Another name of what is at a path.
    Hard(Vec<u8>),
    /// A FIFO, a socket or a device.
    Node(FileKind),
}

/// What the models say of a file beside its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Times of access, content and status, in seconds.
    pub times: [i64; 3],
    /// Inode.
    pub inode: u64,
    /// Number of the device that a device file stands for.
    pub device: u64,
}

/// Files by path.
#[derive(Clone, Debug)]
pub struct Files {
    now: Moment,
    things: BTreeMap<Vec<u8>, Thing>,
    metas: BTreeMap<Vec<u8>, Meta>,
    faults: Vec<(Vec<u8>, Access, i32)>,
    line_files: Vec<Vec<u8>>,
    dumps: Vec<Dump>,
}

impl Files {
    /// Nothing, at a time.
    #[must_use]
    pub fn new(now: Moment) -> Self {
        let (things, metas, faults, line_files, dumps) = Default::default();
        Self { now, things, metas, faults, line_files, dumps }
    }

    /// A regular file.
    pub fn file(&mut self, path: impl Into<Vec<u8>>, content: impl Into<Vec<u8>>) {
        self.things.insert(path.into(), Thing::File(content.into()));
    }

    /// A file in which a line says nothing about another: a bad one harms none of the rest.
    pub fn lines(&mut self, path: impl Into<Vec<u8>>, content: impl Into<Vec<u8>>) {
        let path = path.into();
        self.line_files.push(path.clone());
        self.file(path, content);
    }

    /// A symbolic link.
    pub fn link(&mut self, path: impl Into<Vec<u8>>, target: impl Into<Vec<u8>>) {
        self.things.insert(path.into(), Thing::Link(target.into()));
    }

    /// Anything else.
    pub fn put(&mut self, path: impl Into<Vec<u8>>, thing: Thing) {
        self.things.insert(path.into(), thing);
    }

    /// What netlink answers to a request.
    pub fn dump(&mut self, dump: Dump) {
        self.dumps.push(dump);
    }

    /// All that netlink answers.
    #[must_use]
    pub fn dumps(&self) -> &[Dump] {
        &self.dumps
    }

    /// The same, to change it.
    pub fn dumps_mut(&mut self) -> &mut Vec<Dump> {
        &mut self.dumps
    }

    /// What stat says of a path.
    pub fn meta(&mut self, path: impl Into<Vec<u8>>, meta: Meta) {
        self.metas.insert(path.into(), meta);
    }

    /// Makes an access to a path fail.
    pub fn fault(&mut self, path: impl Into<Vec<u8>>, access: Access, errno: i32) {
        self.faults.push((path.into(), access, errno));
    }

    /// The same files, those of a folder under other paths: with what stat says of them.
    #[must_use]
    pub fn renamed(&self, renamed: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Self {
        let name = |path: &Vec<u8>| renamed(path).unwrap_or_else(|| path.clone());
        Self {
            things: self.things.iter().map(|(path, thing)| (name(path), thing.clone())).collect(),
            metas: self.metas.iter().map(|(path, meta)| (name(path), *meta)).collect(),
            faults: self.faults.iter().map(|(path, access, errno)| (name(path), *access, *errno)).collect(),
            ..self.clone()
        }
    }

    /// Takes a path, and what is below it, away.
    pub fn remove(&mut self, path: &[u8]) {
        self.things.retain(|at, _| !is_below(at, path));
        self.metas.retain(|at, _| !is_below(at, path));
    }

    /// What is at a path.
    #[must_use]
    pub fn get(&self, path: &[u8]) -> Option<&Thing> {
        self.things.get(path)
    }

    /// The content of a file, to change it.
    pub fn content(&mut self, path: &[u8]) -> Option<&mut Vec<u8>> {
        match self.things.get_mut(path) {
            Some(Thing::File(content)) => Some(content),
            _ => None,
        }
    }

    /// All paths.
    pub fn paths(&self) -> impl Iterator<Item = &[u8]> {
        self.things.keys().map(Vec::as_slice)
    }

    /// Whether the lines of a file stand for themselves.
    #[must_use]
    pub fn has_lines(&self, path: &[u8]) -> bool {
        self.line_files.iter().any(|file| file == path)
    }

    /// The host.
    #[must_use]
    pub fn mem(&self) -> Mem {
        let mut mem = Mem::new().clock(self.now);
        let (hard, others): (Vec<_>, Vec<_>) =
            self.things.iter().partition(|(_, thing)| matches!(thing, Thing::Hard(_)));
        for (path, thing) in others.into_iter().chain(hard) {
            mem = match thing {
                Thing::File(content) => mem.file(path, content),
                Thing::Dir => mem.dir(path),
                Thing::Link(target) => mem.link(path, target),
                Thing::Hard(existing) => mem.hard_link(path, existing),
                Thing::Node(kind) => mem.node(path, *kind),
            };
        }
        for (path, meta) in &self.metas {
            mem = mem.meta(path, |stat| meta.apply(stat));
        }
        let mem = self.dumps.iter().cloned().fold(mem, Mem::dumped);
        self.faults.iter().fold(mem, |mem, (path, access, errno)| mem.fail_on(path, *access, *errno))
    }
}

impl Meta {
    /// Root's, of no special time.
    #[must_use]
    pub fn of_mode(mode: u32) -> Self {
        Self { mode, uid: 0, gid: 0, times: [Mem::CLOCK.secs; 3], inode: 2, device: 0 }
    }

    fn apply(&self, stat: &mut Stat) {
        (stat.mode, stat.uid, stat.gid, stat.ino, stat.rdev) = (self.mode, self.uid, self.gid, self.inode, self.device);
        [stat.atime, stat.mtime, stat.ctime] = self.times;
    }
}

/// Whether a path is another or lies below it.
#[must_use]
pub fn is_below(path: &[u8], top: &[u8]) -> bool {
    path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// The name under which rows depend on a dump, as on a path.
#[must_use]
pub fn name_of(dump: &Dump) -> Vec<u8> {
    let family = dump.body.iter().take(2).map(u8::to_string).collect::<Vec<_>>().join(".");
    let name = format!("netlink/{}/{}/{family}/", dump.protocol, dump.kind);
    [name.as_bytes(), &dump.namespace].concat()
}

/// A thing for people.
#[must_use]
pub fn tell(thing: &Thing) -> String {
    match thing {
        Thing::File(content) => format!("b\"{}\"", content.get(..600).unwrap_or(content).escape_ascii()),
        Thing::Dir => "a directory".to_owned(),
        Thing::Link(target) => format!("link to {}", target.escape_ascii()),
        Thing::Hard(path) => format!("another name of {}", path.escape_ascii()),
        Thing::Node(kind) => format!("{kind:?}"),
    }
}
