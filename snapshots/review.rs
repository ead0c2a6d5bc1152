//! Comparing many texts with their snapshots in one test.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// A folder of snapshots. Differences are collected, so that one run finds all of them.
pub(crate) struct Review {
    folder: String,
    seen: BTreeSet<String>,
    differ: Vec<String>,
}

impl Review {
    pub(crate) fn of(folder: &str) -> Self {
        Self { folder: folder.to_owned(), seen: BTreeSet::new(), differ: Vec::new() }
    }

    /// Compares a text with its snapshot. What the text is about can be read in the snapshot's head.
    pub(crate) fn check(&mut self, name: &str, about: &str, text: &str) {
        assert!(self.seen.insert(name.to_owned()), "{name} twice in {}", self.folder);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(format!("snap/{}", self.folder));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_description(about);
        let compared = catch_unwind(AssertUnwindSafe(|| settings.bind(|| insta::assert_snapshot!(name, text))));
        if compared.is_err() {
            self.differ.push(name.to_owned());
        }
    }

    /// Fails if something differed, and if the folder has a snapshot that nothing was compared with.
    pub(crate) fn finish(self) {
        let Self { folder, seen, differ } = self;
        let stale: Vec<String> = stored(&folder).difference(&seen).cloned().collect();
        assert!(differ.is_empty(), "{folder}: {} differ, see `cargo insta review`: {differ:?}", differ.len());
        assert!(stale.is_empty(), "{folder}: snapshots that nothing is compared with: {stale:?}");
    }
}

/// The names of the snapshots of a folder.
#[allow(clippy::disallowed_methods, reason = "the tests' own files")]
fn stored(folder: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/snap").join(folder);
    let entries = std::fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter_map(|name| name.strip_suffix(".snap").map(str::to_owned)).collect()
}
