//! `osquery_extensions`: the agent and its extensions.

use plumb_schema::{Collation, Column, Cost, Cx, ExtensionInfo, Platforms, Request, Rows, Table, text};
use std::sync::Arc;

type Col = Column<ExtensionInfo>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<ExtensionInfo> = Table {
    name: "osquery_extensions",
    doc: "The agent as extensions see it, and extensions that are connected.",
    on: Platforms::ALL,
    columns: &[
        Col::bigint  ("uuid",                  "Number that the agent gave it, 0 for the agent itself",                       |q| Some(q.uuid)),
        Col::text    ("name",                  "What it calls itself",                                                        |q| text(&q.name)),
        Col::text    ("version",               "Version that it tells of itself",                                             |q| text(&q.version)).collate(Collation::Version),
        Col::text    ("sdk_version",           "Version of the library that it is made with",                                 |q| text(&q.sdk_version)).collate(Collation::Version),
        Col::text    ("path",                  "Socket on which it listens",                                                  |q| text(&q.path)),
        Col::text    ("type",                  "core, extension or module",                                                   |q| text(q.kind)),
    ],
    scan,
    cost: Cost { rows: 5, row: 1 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<ExtensionInfo> {
    Box::new(cx.agent().extensions().into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::testing::check;

    #[test]
    fn extensions() {
        check(
            &TABLE,
            &["uuid", "name", "version", "sdk_version", "path", "type"],
            &[&["0", "core", "9.8", "0.0.0", "/run/agent.em", "core"]],
        );
    }
}
