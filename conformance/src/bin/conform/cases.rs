//! `conform replay`, `conform shrink`.

use crate::say::say;
use plumb_conformance::Verdict;
use plumb_conformance::case::{self, Case, Kind};
use plumb_conformance::report::printable;
use plumb_conformance::run::rooted;
use plumb_conformance::shrink::Budget;
use std::path::Path;

/// Runs a case again; whether it holds.
pub(crate) fn replay(path: &Path, agent: Option<&str>) -> Result<bool, String> {
    let (told, verdict) = case::replay(path, &kind(agent))?;
    told.lines().for_each(|line| say(&format!("{}\n", printable(line))));
    Ok(!matches!(verdict, Verdict::Fail(_)))
}

/// Writes the smallest case that fails in the same way.
pub(crate) fn shrink(path: &Path, agent: Option<&str>, output: Option<&Path>) -> Result<bool, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let case = Case::parse(&text).map_err(|error| format!("{}, {error}", path.display()))?;
    let small = case::shrink(&case, &kind(agent), Budget::default())?.to_text();
    match output {
        None => say(&small),
        Some(output) => {
            std::fs::write(output, &small).map_err(|error| format!("{}: {error}", output.display()))?;
            say(&format!("{}: {} bytes instead of {}\n", output.display(), small.len(), text.len()));
        }
    }
    Ok(true)
}

fn kind(agent: Option<&str>) -> Kind {
    agent.map_or(Kind::Embedded, |command| Kind::Agent(rooted(command)))
}
