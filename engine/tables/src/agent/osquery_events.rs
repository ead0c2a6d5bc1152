//! `osquery_events`: publishers and subscribers of events.

use plumb_schema::{Column, Cost, Cx, EventsInfo, Platforms, Request, Rows, Table, text};
use std::sync::Arc;

type Col = Column<EventsInfo>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<EventsInfo> = Table {
    name: "osquery_events",
    doc: "Publishers of events and the subscribers that listen to them.",
    on: Platforms::ALL,
    columns: &[
        Col::text    ("name",                  "Name of the publisher or subscriber",                                         |q| text(&q.name)),
        Col::text    ("publisher",             "Publisher that it is, or that it listens to",                                 |q| text(&q.publisher)),
        Col::text    ("type",                  "publisher or subscriber",                                                     |q| text(q.kind)),
        Col::integer ("subscriptions",         "Number of subscriptions",                                                     |q| i64::try_from(q.subscriptions).ok()),
        Col::integer ("events",                "Number of events since the start",                                            |q| i64::try_from(q.events).ok()),
        Col::integer ("refreshes",             "How often a publisher was configured anew",                                   |q| i64::try_from(q.refreshes).ok()),
        Col::integer ("active",                "1 if it is at work",                                                          |q| Some(q.active.into())),
    ],
    scan,
    cost: Cost { rows: 20, row: 1 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<EventsInfo> {
    Box::new(cx.agent().events().into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::testing::check;

    #[test]
    fn events() {
        check(
            &TABLE,
            &["name", "publisher", "type", "subscriptions", "events", "refreshes", "active"],
            &[&["file_events", "inotify", "subscriber", "3", "12", "0", "1"]],
        );
    }
}
