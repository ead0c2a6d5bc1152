//! The files that a statement's constraints on `path` and `directory` choose.

use super::place::{Found, View};
use super::walk::{Entries, Walk, What};
use crate::namespace;
use plumb_schema::{Cx, Op, Request, Rows};
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;
use std::sync::Arc;

/// The files that a request's constraints on `path` and `directory` choose, in the namespaces that it names.
///
/// Every constraint chooses rows; where there are several, a row must satisfy all of them, so that those need not be
/// followed whose rows others give as well. No row comes twice.
pub(crate) fn chosen(cx: &Arc<Cx>, request: &Request) -> Rows<Found> {
    let sources = sources(request);
    if sources.is_empty() && ["path", "directory"].iter().any(|column| request.constrains(column, Op::Glob)) {
        cx.note(b"GLOB", "finds no files: LIKE does, with % for * and %% for everything below");
    }
    let several = sources.len() > 1 && sources.iter().any(|source| matches!(source, Source::Like(_)));
    let outer = Arc::clone(cx);
    let views = namespace::each(cx, request)
        .map(move |(pid, cx)| Rc::new(View::new(cx, pid, namespace::mount_id(&outer, pid))));
    Box::new(views.flat_map(move |view| {
        let mut seen = Seen::default();
        let found = sources.clone().into_iter().flat_map(move |source| source.files(&view));
        found.filter(move |found| !several || seen.is_new(found.path()))
    }))
}

/// One reason for rows to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// One file; and its directory, where the statement spells it in its own way.
    Path(Vec<u8>, Option<Vec<u8>>),
    /// The files that a pattern finds.
    Like(Vec<u8>),
    /// The files in a directory.
    Directory(Vec<u8>),
    /// The files in the directories that a pattern finds.
    DirectoryLike(Vec<u8>),
}

fn sources(request: &Request) -> Vec<Source> {
    let texts = |column: &str, op| {
        let mut seen = HashSet::new();
        let texts = request.texts(column, op).filter(|text| !text.is_empty() && !text.contains(&0));
        texts.filter(|text| seen.insert(text.to_vec())).map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    let directories = texts("directory", Op::Eq);
    let patterns = texts("path", Op::Like);
    if request.constrains("path", Op::Eq) {
        let path = |path: Vec<u8>| {
            let name = plumb_host::file_name(&path);
            let spelling = directories.iter().find(|directory| plumb_host::join(directory, name) == path).cloned();
            Source::Path(path, spelling)
        };
        return texts("path", Op::Eq).into_iter().map(path).collect();
    }
    if request.constrains("directory", Op::Eq) {
        // Of what a pattern finds, these directories hold their entries, and themselves with a slash at the end.
        let marked = |directory: &Vec<u8>| Source::Path(plumb_host::join(directory, b""), None);
        let themselves: Vec<Source> =
            if patterns.is_empty() { Vec::new() } else { directories.iter().map(marked).collect() };
        return directories.into_iter().map(Source::Directory).chain(themselves).collect();
    }
    let within = texts("directory", Op::Like).into_iter().map(Source::DirectoryLike);
    within.chain(patterns.into_iter().map(Source::Like)).collect()
}

impl Source {
    fn files(self, view: &Rc<View>) -> Rows<Found> {
        match self {
            Self::Path(path, spelling) => Box::new(Found::literal(view, path, spelling).into_iter()),
            Self::Like(pattern) => Box::new(Walk::like(view, &pattern, What::Marked)),
            Self::Directory(directory) => Box::new(Entries::of(view, directory)),
            Self::DirectoryLike(pattern) => {
                let view = Rc::clone(view);
                let directories = Walk::like(&view, &pattern, What::Directories);
                Box::new(directories.flat_map(move |found| Entries::of(&view, found.path().to_vec())))
            }
        }
    }
}

/// Paths that were given, as hashes of 128 bits: two of a million collide once in 10²⁶ times.
#[derive(Default)]
struct Seen {
    paths: HashSet<(u64, u64)>,
    hashers: (RandomState, RandomState),
}

impl Seen {
    fn is_new(&mut self, path: &[u8]) -> bool {
        self.paths.insert((self.hashers.0.hash_one(path), self.hashers.1.hash_one(path)))
    }
}
