//! `osquery_schedule`: queries that run from time to time, and what they have cost.

use plumb_schema::{Column, Cost, Cx, Platforms, Request, Rows, ScheduleInfo, Table, text};
use std::sync::Arc;

type Col = Column<ScheduleInfo>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<ScheduleInfo> = Table {
    name: "osquery_schedule",
    doc: "Queries that run from time to time, and what they have cost.",
    on: Platforms::ALL,
    columns: &[
        Col::text    ("name",                  "Name; that of a query in a pack begins with the pack's",                      |q| text(&q.name)),
        Col::text    ("query",                 "What is asked",                                                               |q| text(&q.query)),
        Col::integer ("interval",              "Seconds between two runs, as the configuration wants them",                   |q| i64::try_from(q.interval).ok()),
        Col::bigint  ("executions",            "Number of runs",                                                              |q| i64::try_from(q.performance.executions).ok()),
        Col::bigint  ("last_executed",         "Time of the last run, in seconds since the epoch",                            |q| Some(q.performance.last_executed)),
        Col::integer ("denylisted",            "1 while it is left out because it failed badly",                              |q| Some(q.denylisted.into())).aliases(&["blacklisted"]),
        Col::bigint  ("output_size",           "Bytes of the names and values of all results",                                |q| i64::try_from(q.performance.output_size).ok()),
        Col::bigint  ("wall_time",             "Seconds on the clock of all runs",                                            |q| i64::try_from(q.performance.wall_time).ok()),
        Col::bigint  ("wall_time_ms",          "Milliseconds on the clock of all runs",                                       |q| i64::try_from(q.performance.wall_time_ms).ok()),
        Col::bigint  ("last_wall_time_ms",     "Milliseconds on the clock of the last run",                                   |q| i64::try_from(q.performance.last_wall_time_ms).ok()),
        Col::bigint  ("user_time",             "Milliseconds of CPU time in user mode of all runs",                           |q| i64::try_from(q.performance.user_time).ok()),
        Col::bigint  ("last_user_time",        "Milliseconds of CPU time in user mode of the last run",                       |q| i64::try_from(q.performance.last_user_time).ok()),
        Col::bigint  ("system_time",           "Milliseconds of CPU time in system mode of all runs",                         |q| i64::try_from(q.performance.system_time).ok()),
        Col::bigint  ("last_system_time",      "Milliseconds of CPU time in system mode of the last run",                     |q| i64::try_from(q.performance.last_system_time).ok()),
        Col::bigint  ("average_memory",        "Mean growth of resident memory over all runs, in bytes",                      |q| i64::try_from(q.performance.average_memory).ok()),
        Col::bigint  ("last_memory",           "Growth of resident memory in the last run, in bytes",                         |q| i64::try_from(q.performance.last_memory).ok()),
    ],
    scan,
    cost: Cost { rows: 20, row: 1 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<ScheduleInfo> {
    Box::new(cx.agent().schedule().into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::testing::check;

    #[test]
    fn schedule() {
        check(
            &TABLE,
            &[
                "name",
                "query",
                "interval",
                "executions",
                "denylisted",
                "output_size",
                "last_wall_time_ms",
                "last_memory",
            ],
            &[&["pack_p_q", "select 1", "60", "4", "1", "64", "9", "4096"]],
        );
    }
}
