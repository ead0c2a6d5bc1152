//! Cases once more, for people.

#![allow(clippy::disallowed_methods, reason = "reads files that it is given")]

use super::{Case, Kind};
use crate::Verdict;
use std::fmt::Write as _;
use std::path::Path;

/// Reads a case and runs it: what it is about, what was asked, and what came of it.
///
/// # Errors
/// When the file is not there, or no case; the line is named.
pub fn replay(path: &Path, kind: &Kind) -> Result<(String, Verdict), String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let case = Case::parse(&text).map_err(|error| format!("{}, {error}", path.display()))?;
    let verdict = case.run(kind);
    Ok((told(path, &case, kind, &verdict), verdict))
}

fn told(path: &Path, case: &Case, kind: &Kind, verdict: &Verdict) -> String {
    let mut text = format!("{}\n", path.display());
    for line in case.about.lines() {
        let _ = writeln!(text, "  {line}");
    }
    if let Some((target, bytes)) = &case.input {
        let _ = writeln!(text, "\ninput of {target}: b\"{}\"", bytes.escape_ascii());
    } else {
        let (files, platform) = (case.host.files.items.len(), case.host.platform.name());
        let _ = writeln!(text, "\nhost: {platform}, {files} files of its own; asked: {}", kind.name());
    }
    for step in &case.steps {
        let _ = writeln!(text, "\n{}", step.sql);
    }
    let _ = match verdict {
        Verdict::Pass => write!(text, "\nholds\n"),
        Verdict::Skip(why) => write!(text, "\ntells nothing: {why}\n"),
        Verdict::Fail(why) => write!(text, "\ndoes not hold:\n{}\n", why.trim_end()),
    };
    text
}
