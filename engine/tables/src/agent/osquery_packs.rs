//! `osquery_packs`: packs of scheduled queries.

use plumb_schema::{Collation, Column, Cost, Cx, PackInfo, Platforms, Request, Rows, Table, text};
use std::sync::Arc;

type Col = Column<PackInfo>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<PackInfo> = Table {
    name: "osquery_packs",
    doc: "Packs of scheduled queries, and whether they run here.",
    on: Platforms::ALL,
    columns: &[
        Col::text    ("name",                  "Name of the pack; main is the plain schedule",                                |q| text(&q.name)),
        Col::text    ("platform",              "Platforms that it is for, as the configuration says; empty for all",          |q| text(&q.platform)),
        Col::text    ("version",               "Least version of the agent, as the configuration says",                       |q| text(&q.version)).collate(Collation::Version),
        Col::integer ("shard",                 "Percentage of machines that it is for, 0 for all",                            |q| Some(q.shard)),
        Col::integer ("discovery_cache_hits",  "How often the last answer of its discovery was used again",                   |q| i64::try_from(q.discovery_cache_hits).ok()),
        Col::integer ("discovery_executions",  "How often its discovery was asked",                                           |q| i64::try_from(q.discovery_executions).ok()),
        Col::integer ("active",                "1 if its queries run on this machine",                                        |q| Some(q.active.into())),
    ],
    scan,
    cost: Cost { rows: 10, row: 1 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<PackInfo> {
    Box::new(cx.agent().packs().into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::testing::check;

    #[test]
    fn packs() {
        check(
            &TABLE,
            &["name", "platform", "version", "shard", "discovery_cache_hits", "discovery_executions", "active"],
            &[&["p", "linux", "1.0", "7", "2", "3", "1"]],
        );
    }
}
