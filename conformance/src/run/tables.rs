//! The suite *tables*: the laws of each table over fixture hosts.

use super::Context;
use crate::Verdict;
use crate::oracles::table_laws;
use crate::report::Trial;
use plumb_host::Host;
use plumb_schema::{AnyTable, Platforms};
use std::sync::Arc;

type Law = fn(&Arc<dyn Host>, &'static dyn AnyTable) -> Verdict;

/// The laws, by the names of their oracles.
const LAWS: [(&str, Law); 3] = [
    ("types", |host, table| table_laws::types(host, table, &[])),
    ("projection", |host, table| table_laws::projection(host, table, &[])),
    ("seek_subset", table_laws::seek_subset),
];

pub(super) fn run(cx: &Context<'_>) -> Result<(), String> {
    for chosen in cx.hosts {
        for table in plumb_tables::registry().on(Platforms::CURRENT).filter(|table| cx.plan.table(table.name())) {
            for (oracle, law) in LAWS.iter().filter(|(oracle, _)| cx.plan.oracle(oracle)) {
                let trial = Trial::new("tables", oracle, &chosen.name, table.name()).tables([table.name()]);
                let again = cx.plan.again("tables", oracle, Some(&chosen.name));
                let again = if cx.plan.tables.is_empty() { format!("{again} --table {}", table.name()) } else { again };
                cx.judge(trial.replay(again), |_| law(&chosen.host, table));
            }
        }
    }
    Ok(())
}
