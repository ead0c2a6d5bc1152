//! The suite *queries*, as far as it needs no seeds: questions about one table at a time, of this agent over fixture hosts.

use super::Context;
use crate::engines::embedded::Embedded;
use crate::foreign::{self, Scope};
use crate::generators::agent::Agent;
use std::sync::Arc;

pub(super) fn run(cx: &Context<'_>) -> Result<(), String> {
    for chosen in cx.hosts {
        let mut engine = Embedded::new(Arc::clone(&chosen.host))?;
        let mut agent = Agent::learn(&mut engine)?;
        agent.material.tables.retain(|table| cx.plan.table(&table.name));
        agent.unread.retain(|(table, _)| cx.plan.table(table));
        let scope = Scope { suite: "queries", host: &chosen.name, plan: cx.plan, steady: true };
        foreign::tables(&mut engine, &agent, &scope, &mut &*cx);
    }
    Ok(())
}
