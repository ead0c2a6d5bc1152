//! `osquery_flags`: every flag of the agent and its value.

use plumb_schema::{Column, Cost, Cx, FlagInfo, Platforms, Request, Rows, Table, text};
use std::sync::Arc;

type Col = Column<FlagInfo>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<FlagInfo> = Table {
    name: "osquery_flags",
    doc: "Flags of the agent, and options that the configuration has set.",
    on: Platforms::ALL,
    columns: &[
        Col::text   ("name",          "Name of the flag",                             |f| text(&f.name)),
        Col::text   ("type",          "bool, int32, uint32, uint64 or string",        |f| text(f.kind)),
        Col::text   ("description",   "What it does",                                 |f| text(&f.description)),
        Col::text   ("default_value", "Value when nobody sets it",                    |f| text(&f.default)),
        Col::text   ("value",         "Value now",                                    |f| text(&f.value)),
        Col::integer("shell_only",    "1 if only the shell knows it",                 |f| Some(f.shell_only.into())),
    ],
    scan,
    cost: Cost { rows: 200, row: 1 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<FlagInfo> {
    Box::new(cx.agent().flags().into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::testing::check;

    #[test]
    fn flags() {
        check(
            &TABLE,
            &["name", "type", "description", "default_value", "value", "shell_only"],
            &[&["verbose", "bool", "Says more", "false", "true", "0"], &["json", "bool", "", "false", "false", "1"]],
        );
    }
}
