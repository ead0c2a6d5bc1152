//! The old bugs of `conformance/power/bugs` can still be made again. The script that measures whether they are found takes half an hour;
//! that a patch no longer fits the code is known here at once.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What a patch does in one place of a file.
#[derive(Debug, Default)]
struct Hunk {
    /// The first line, from one.
    start: usize,
    /// What stands there: context, and lines that go.
    old: Vec<String>,
    /// How many lines of context are at the end.
    after: usize,
    changes: bool,
}

/// The hunks of a unified diff by file, or the line that is none of it.
fn hunks(patch: &str) -> Result<BTreeMap<String, Vec<Hunk>>, String> {
    let mut files: BTreeMap<String, Vec<Hunk>> = BTreeMap::new();
    let mut file = None;
    // Lines of the hunk that are to come: of the file as it is, and as it will be.
    let mut left = (0, 0);
    for line in patch.lines() {
        let hunk = file.as_ref().and_then(|file| files.get_mut(file)).and_then(|hunks| hunks.last_mut());
        match (hunk, line.chars().next(), left) {
            (_, _, (0, 0)) => {
                if let Some(path) = line.strip_prefix("--- a/") {
                    file = Some(path.to_owned());
                } else if let Some(ranges) = line.strip_prefix("@@ -") {
                    let (start, counts) = ranges_of(ranges).ok_or(line)?;
                    left = counts;
                    let hunks = files.entry(file.clone().ok_or("a hunk of no file")?).or_default();
                    hunks.push(Hunk { start, ..Hunk::default() });
                }
            }
            (Some(hunk), Some('+'), (_, new)) if new > 0 => {
                (hunk.changes, hunk.after, left.1) = (true, 0, new - 1);
            }
            (Some(hunk), Some('-'), (old, _)) if old > 0 => {
                (hunk.changes, hunk.after, left.0) = (true, 0, old - 1);
                hunk.old.push(line[1..].to_owned());
            }
            (Some(hunk), Some(' ') | None, (old, new)) if old > 0 && new > 0 => {
                (hunk.after, left) = (hunk.after + 1, (old - 1, new - 1));
                hunk.old.push(line.get(1..).unwrap_or_default().to_owned());
            }
            _ => return Err(format!("not expected here: {line}")),
        }
    }
    if left == (0, 0) { Ok(files) } else { Err(format!("the last hunk lacks lines: {left:?}")) }
}

/// Of `75,7 +75,17 @@ …`: the first line, and both counts.
fn ranges_of(text: &str) -> Option<(usize, (usize, usize))> {
    let (old, rest) = text.split_once(" +")?;
    let (new, _) = rest.split_once(" @@")?;
    let count = |range: &str| range.split_once(',').map_or(Some(1), |(_, count)| count.parse().ok());
    let start = old.split(',').next()?.parse().ok()?;
    Some((start, (count(old)?, count(new)?)))
}

/// Why hunks cannot be applied to a text. As `git apply` does, they may stand on other lines than they say, but in order, and those at
/// an end of the file stay there.
fn misfit(text: &str, hunks: &[Hunk]) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut from = 0;
    for hunk in hunks {
        let fits = |place: usize| lines.get(place..place + hunk.old.len()).is_some_and(|found| found == hunk.old);
        let at_end = |place: usize| hunk.after > 0 || place + hunk.old.len() == lines.len();
        let most = if hunk.start <= 1 { 1 } else { lines.len() };
        let Some(place) = (from..most).find(|place| fits(*place) && at_end(*place)) else {
            return Some(format!("the lines at {} are not there any more:\n{}", hunk.start, hunk.old.join("\n")));
        };
        from = place + hunk.old.len();
    }
    None
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn patches_still_apply() {
    let mut patches: Vec<PathBuf> = fs::read_dir(root().join("conformance/power/bugs"))
        .expect("a folder of patches")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "patch"))
        .collect();
    patches.sort();
    let mut wrong = Vec::new();
    for path in &patches {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let patch = fs::read_to_string(path).expect("text");
        let files = hunks(&patch).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(files.values().flatten().any(|hunk| hunk.changes), "{name} changes nothing");
        for (file, hunks) in files {
            match fs::read_to_string(root().join(&file)) {
                Ok(text) => wrong.extend(misfit(&text, &hunks).map(|why| format!("{name}, {file}: {why}"))),
                Err(error) => wrong.push(format!("{name}, {file}: {error}")),
            }
        }
    }
    assert!(patches.len() >= 20, "only {} patches", patches.len());
    assert!(wrong.is_empty(), "make these patches again:\n{}", wrong.join("\n"));
}

#[test]
fn patches_that_do_not_apply_are_seen() {
    const PATCH: &str = "Bug: a word.\n\n--- a/file\n+++ b/file\n@@ -2,3 +2,3 @@ fn\n two\n-three\n+drei\n four\n@@ -6,2 +6,3 @@\n six\n seven\n+acht\n";
    let files = hunks(PATCH).expect("a patch");
    for (text, fits) in [
        ("one\ntwo\nthree\nfour\nfive\nsix\nseven\n", true),
        // Lines before it have come and gone.
        ("two\nthree\nfour\nsix\nseven\n", true),
        ("zero\none\ntwo\nthree\nfour\nx\ny\nsix\nseven\n", true),
        ("one\ntwo\nthree \nfour\nfive\nsix\nseven\n", false),
        ("one\ntwo\nthree\nfour\nfive\nseven\n", false),
        ("six\nseven\ntwo\nthree\nfour\n", false),
        // The second hunk adds to the end.
        ("one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n", false),
        ("", false),
    ] {
        assert_eq!(misfit(text, &files["file"]).is_none(), fits, "{text}");
    }
    for patch in
        ["@@ -1,2 +1,2 @@\n", "--- a/file\n@@ -1,2 +1,2 @@\n one\n", "--- a/file\n@@ -1,2 +1,2 @@\n one\nother\n"]
    {
        assert!(hunks(patch).is_err(), "{patch}");
    }
}
