//! `osquery_registry`: plugins of the agent, tables included.

use plumb_schema::{Column, Cost, Cx, Platforms, PluginInfo, Request, Rows, Table, text};
use std::sync::Arc;

type Col = Column<PluginInfo>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<PluginInfo> = Table {
    name: "osquery_registry",
    doc: "Plugins of the agent by kind: tables, loggers, ways to get a configuration …",
    on: Platforms::ALL,
    columns: &[
        Col::text   ("registry",   "Kind of plugin: table, logger, config …",          |p| text(&p.registry)),
        Col::text   ("name",       "Name among those of its kind",                     |p| text(&p.name)),
        Col::integer("owner_uuid", "Extension that brought it, 0 for the agent",       |p| Some(p.owner_uuid)),
        Col::integer("internal",   "1 if it is not meant to be called from outside",   |p| Some(p.internal.into())),
        Col::integer("active",     "1 if it is in use",                                |p| Some(p.active.into())),
    ],
    scan,
    cost: Cost { rows: 200, row: 1 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<PluginInfo> {
    let tables: Vec<&str> = cx.agent().registry().on(Platforms::CURRENT).map(|table| table.name()).collect();
    let tables = tables.into_iter().map(|name| PluginInfo {
        registry: "table".to_owned(),
        name: name.to_owned(),
        owner_uuid: 0,
        internal: false,
        active: true,
    });
    Box::new(cx.agent().plugins().into_iter().chain(tables))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::testing::check;

    #[test]
    fn plugins_and_tables() {
        // The agent of these tests has one plugin, one table of this system and one of another.
        check(
            &TABLE,
            &["registry", "name", "owner_uuid", "internal", "active"],
            &[&["logger", "stdout", "7", "1", "0"], &["table", "here", "0", "0", "1"]],
        );
    }
}
