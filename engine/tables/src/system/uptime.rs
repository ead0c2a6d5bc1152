//! `uptime`: how long the machine has been running.
//!
//! Sources: clock_gettime(2) with CLOCK_BOOTTIME, else `/proc/uptime` (proc_uptime(5)).

use plumb_formats::lines::{before, fields, int};
use plumb_schema::{Column, Cost, Cx, Platforms, Request, Rows, Table};
use std::sync::Arc;

/// Seconds since boot.
pub struct Uptime(i64);

type Col = Column<Uptime>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Uptime> = Table {
    name: "uptime",
    doc: "Time since the machine was started, time asleep included.",
    on: Platforms::ALL,
    columns: &[
        Col::integer("days",          "Whole days",                      |u| Some(u.0 / 86_400)),
        Col::integer("hours",         "Hours of the last day, 0-23",     |u| Some(u.0 / 3_600 % 24)),
        Col::integer("minutes",       "Minutes of the last hour, 0-59",  |u| Some(u.0 / 60 % 60)),
        Col::integer("seconds",       "Seconds of the last minute, 0-59", |u| Some(u.0 % 60)),
        Col::bigint ("total_seconds", "All of it in seconds",            |u| Some(u.0)),
    ],
    scan,
    cost: Cost { rows: 1, row: 5 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<Uptime> {
    const PATH: &[u8] = b"/proc/uptime";
    let seconds = match cx.host.kernel() {
        Some(kernel) => i64::try_from(kernel.uptime()).ok(),
        None => cx.read(PATH).and_then(|file| int(before(fields(&file).next()?, b'.'))).filter(|seconds| *seconds >= 0),
    };
    if seconds.is_none() {
        cx.note(PATH, "does not tell the uptime");
    }
    Box::new(seconds.map(Uptime).into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, rows};
    use plumb_host::Mem;

    #[test]
    fn from_the_tree() {
        let columns = &["days", "hours", "minutes", "seconds", "total_seconds"];
        for (file, expect) in [
            ("93784.99 5555.00\n", ["1", "2", "3", "4", "93784"]),
            ("59", ["0", "0", "0", "59", "59"]),
            ("0.01 0", ["0", "0", "0", "0", "0"]),
        ] {
            check(&TABLE, Mem::new().file("/proc/uptime", file), columns, &[&expect]);
        }
        for broken in ["", "x 1", "-5.0 1", "99999999999999999999.0"] {
            let (found, notes) = rows(&TABLE, Mem::new().file("/proc/uptime", broken), columns, vec![]);
            assert_eq!((found.len(), notes.len()), (0, 1), "{broken}");
        }
    }
}
