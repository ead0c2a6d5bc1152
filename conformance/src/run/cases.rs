//! The suite *cases*: what was found once, on every engine that can answer about such a host.

use super::Context;
use crate::case::{Case, Kind, plumbi};
use crate::report::Trial;
use std::path::{Path, PathBuf};

/// The folder of the cases in this repository.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

pub(super) fn run(cx: &Context<'_>) -> Result<(), String> {
    if !cx.plan.oracle("case") || cx.plan.host.is_some() {
        return Ok(());
    }
    let Ok(list) = std::fs::read_dir(folder()) else { return Ok(()) };
    let mut paths: Vec<PathBuf> = list.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "case"));
    paths.sort();
    let kinds: Vec<Kind> = [Kind::Embedded, Kind::Sqlite].into_iter().chain(plumbi().map(Kind::Shell)).collect();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let case = Case::parse(&text).map_err(|error| format!("{}, {error}", path.display()))?;
        let sql = case.steps.iter().map(|step| step.sql.trim_end()).collect::<Vec<_>>().join(";\n");
        let tables = super::tables_of(&sql);
        if !cx.plan.tables.is_empty() && !tables.iter().any(|table| cx.plan.table(table)) {
            continue;
        }
        for kind in &kinds {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let trial = Trial::new("cases", "case", engine(kind), name).tables(tables.clone()).query(&sql);
            let replay = format!("cargo conform replay {}", super::quoted(&path.display().to_string()));
            cx.judge(trial.replay(replay), |_| case.run(kind));
        }
    }
    Ok(())
}

fn engine(kind: &Kind) -> &'static str {
    match kind {
        Kind::Embedded => "in process",
        Kind::Sqlite => "plain SQLite",
        Kind::Shell(_) => "plumbi",
        Kind::Agent(_) => "agent",
    }
}
