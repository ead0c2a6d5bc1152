//! The suite *recorded*: answers about fixture hosts, against those that osquery gave.

use super::Context;
use crate::divergences::Divergences;
use crate::engines::embedded::Embedded;
use crate::oracles::recorded::Comparison;
use crate::report::Trial;
use std::sync::Arc;

pub(super) fn run(cx: &Context<'_>) -> Result<(), String> {
    if !cx.wants("recorded", "recorded") {
        return Ok(());
    }
    let registry = plumb_tables::registry();
    let divergences = Divergences::load()?;
    for chosen in cx.hosts {
        let Some(fixture) = &chosen.fixture else { continue };
        let mut engine = Embedded::new(Arc::clone(&chosen.host))?;
        let mut comparison = Comparison::new(&divergences);
        for recorded in fixture.recorded().map_err(|error| error.to_string())? {
            let tables = super::tables_of(&recorded.sql);
            if !cx.plan.tables.is_empty() && !tables.iter().any(|table| cx.plan.table(table)) {
                continue;
            }
            let name = if recorded.table.is_empty() { recorded.sql.clone() } else { recorded.table.clone() };
            let trial = Trial::new("recorded", "recorded", &chosen.name, name).tables(tables).query(&recorded.sql);
            let trial = trial.replay(cx.plan.again("recorded", "recorded", Some(&chosen.name)));
            cx.judge(trial, |_| comparison.check(&mut engine, &registry, &recorded));
        }
    }
    Ok(())
}
