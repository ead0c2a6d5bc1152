//! The suite *recorded*: answers about fixture hosts, against those that were recorded.

use super::{Chosen, Context};
use crate::answer::lossy;
use crate::divergences::Divergences;
use crate::engines::Engine;
use crate::engines::embedded::Embedded;
use crate::oracles::recorded::Comparison;
use crate::report::Trial;
use std::sync::Arc;

pub(super) fn run(cx: &Context<'_>) -> Result<(), String> {
    for chosen in cx.hosts {
        answers(cx, "recorded", chosen, &mut Embedded::new(Arc::clone(&chosen.host))?)?;
    }
    Ok(())
}

/// Every recorded answer about a host.
pub(super) fn answers(
    cx: &Context<'_>,
    suite: &'static str,
    chosen: &Chosen,
    engine: &mut dyn Engine,
) -> Result<(), String> {
    let Some(fixture) = chosen.fixture.as_ref().filter(|_| cx.plan.oracle("recorded")) else { return Ok(()) };
    let (registry, divergences) = (plumb_tables::registry(), Divergences::load()?);
    let mut comparison = Comparison::new(&divergences);
    for mut recorded in fixture.recorded().map_err(|error| error.to_string())? {
        if suite == "agent" {
            // It answers in JSON.
            recorded.rows = lossy(recorded.rows);
        }
        let tables = super::tables_of(&recorded.sql);
        if !cx.plan.tables.is_empty() && !tables.iter().any(|table| cx.plan.table(table)) {
            continue;
        }
        let name = if recorded.table.is_empty() { recorded.sql.clone() } else { recorded.table.clone() };
        let trial = Trial::new(suite, "recorded", &chosen.name, name).tables(tables).query(&recorded.sql);
        let trial = trial.replay(cx.plan.again(suite, "recorded", Some(&chosen.name)));
        cx.judge(trial, |_| comparison.check(engine, &registry, &recorded));
    }
    Ok(())
}
