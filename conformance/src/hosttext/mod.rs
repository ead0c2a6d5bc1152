//! Hosts as text that people read and write: `hosts/small.txt`, and the hosts of `.case` files.
//!
//! A text is a list of blocks. A block is a header, `=== KIND PATH …`, and the lines up to the next header:
//!
//! | header | what it is |
//! |---|---|
//! | `file PATH [MODE] [unended]` | a file, with an octal mode if that is not 644; `unended`: its last line has no newline |
//! | `nul PATH …` | the same, with a NUL where the text has a newline |
//! | `escaped PATH …` | the same, with `\r`, `\xff`, `\\` for what text cannot show |
//! | `hex PATH [MODE]` | a file in hexadecimal digits |
//! | `dir PATH [MODE]` | a directory; those on the way to something need not be named |
//! | `link PATH TARGET` | a symbolic link |
//! | `fifo`, `socket`, `character`, `block PATH [MODE]` | other inodes |
//! | `stat PATH NAME=VALUE …` | what stat(2) says of what is there: `uid`, `gid`, `mtime`, `ino`, `size` … |
//! | `xattr PATH NAME VALUE` | an extended attribute |
//! | `fail PATH ACCESS ERROR` | an access that fails: `all`, `open`, `read`, `list`, `stat`, `walk`, `xattrs`; `EACCES` or a number |
//! | `clock SECONDS[.NANOSECONDS]` | the host's clock |
//! | `netlink PROTOCOL KIND BODY [NAMESPACE]` | what netlink answers to a request, whose body is hexadecimal digits or `-`: datagrams in hexadecimal digits, with empty lines between them; NAMESPACE as `/proc/PID/ns/net` has it, `net:[4026531840]` |
//!
//! A line of content that begins like a header has a backslash before it; one is taken off where `\=== ` or `\\=== ` and so
//! on begins a line. In headers `\x20`, `\\` and `\n` stand for what would end a word, and anything may be escaped so.

pub(crate) mod blocks;
pub(crate) mod escape;
mod of_mem;
pub(crate) mod read;
mod stat;
pub(crate) mod write;

pub use of_mem::{Detail, of_mem};

use plumb_host::{Access, Dump, FileKind, Mem, Moment};
use stat::Field;
use std::fmt;
use std::sync::Arc;

/// A host, as far as it consists of files, and of what netlink answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostText {
    /// The clock, where it matters.
    pub clock: Option<Moment>,
    /// What there is, in an order in which it can be made.
    pub items: Vec<Item>,
    /// What netlink answers.
    pub dumps: Vec<Dump>,
}

/// What is said of a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// Where it is, from the root on.
    pub path: Vec<u8>,
    /// What it is; nothing where only more is said of something.
    pub thing: Option<Thing>,
    /// What stat says, where that is not as usual.
    pub stat: Vec<(Field, i128)>,
    /// Extended attributes: names and values.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Accesses that fail, and the number of the error.
    pub faults: Vec<(Access, i32)>,
}

/// What can be at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A file.
    File(Arc<[u8]>),
    /// A directory.
    Dir,
    /// A symbolic link.
    Link(Vec<u8>),
    /// Another inode.
    Node(FileKind),
}

/// Why a text is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for TextError {}

impl TextError {
    pub(crate) fn new(line: usize, what: impl Into<String>) -> Self {
        Self { line, what: what.into() }
    }
}

impl Item {
    /// Something at a path, as usual in all else.
    #[must_use]
    pub fn new(path: impl Into<Vec<u8>>, thing: Thing) -> Self {
        Self { path: path.into(), thing: Some(thing), ..Self::default() }
    }

    /// The permission bits, where they are not as usual.
    #[must_use]
    pub fn mode(&self) -> Option<u32> {
        let (_, mode) = self.stat.iter().find(|(field, _)| *field == Field::MODE)?;
        u32::try_from(*mode).ok()
    }
}

impl HostText {
    /// Reads a text.
    ///
    /// # Errors
    /// Where it is not one.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        read::host(blocks::blocks(text)?)
    }

    /// The text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        write::host(self, &mut text);
        text
    }

    /// The host in memory.
    #[must_use]
    pub fn mem(&self) -> Mem {
        self.onto(Mem::new())
    }

    /// Puts all this onto another host.
    #[must_use]
    pub fn onto(&self, mem: Mem) -> Mem {
        let mem = self.clock.into_iter().fold(mem, Mem::clock);
        let mem = self.items.iter().fold(mem, put);
        let mem = self.dumps.iter().cloned().fold(mem, Mem::dumped);
        // What stat says comes last: names that are made later change the link counts of directories.
        self.items.iter().fold(mem, |mem, item| {
            let mem = match item.stat.as_slice() {
                [] => mem,
                fields => mem.meta(&item.path, |stat| {
                    for (field, value) in fields {
                        field.set(stat, *value);
                    }
                }),
            };
            let mem = item.xattrs.iter().fold(mem, |mem, (name, value)| mem.xattr(&item.path, name, value));
            item.faults.iter().fold(mem, |mem, (access, errno)| mem.fail_on(&item.path, *access, *errno))
        })
    }
}

fn put(mem: Mem, item: &Item) -> Mem {
    match &item.thing {
        Some(Thing::File(content)) => mem.shared(&item.path, Arc::clone(content)),
        Some(Thing::Dir) => mem.dir(&item.path),
        Some(Thing::Link(target)) => mem.link(&item.path, target),
        Some(Thing::Node(kind)) => mem.node(&item.path, *kind),
        None => mem,
    }
}

#[cfg(test)]
pub(crate) mod tests;
