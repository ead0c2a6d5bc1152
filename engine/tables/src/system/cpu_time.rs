//! `cpu_time`: what each processor has spent its time on.
//!
//! Source: `/proc/stat` (proc_stat(5)).

use plumb_formats::kernel::{CpuTime, cpu_times};
use plumb_schema::{Column, Cost, Cx, Platforms, Request, Rows, Table};
use std::sync::Arc;

type Col = Column<CpuTime>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<CpuTime> = Table {
    name: "cpu_time",
    doc: "Time that each processor has spent since boot, in clock ticks (usually hundredths of a second).",
    on: Platforms::POSIX,
    columns: &[
        Col::integer("core",       "Number of the processor, from 0",                    |c| Some(c.core)),
        Col::bigint ("user",       "In user mode",                                       |c| c.ticks[0]),
        Col::bigint ("nice",       "In user mode with low priority",                     |c| c.ticks[1]),
        Col::bigint ("system",     "In kernel mode",                                     |c| c.ticks[2]),
        Col::bigint ("idle",       "With nothing to run",                                |c| c.ticks[3]),
        Col::bigint ("iowait",     "Idle while waiting for I/O",                         |c| c.ticks[4]),
        Col::bigint ("irq",        "Serving interrupts",                                 |c| c.ticks[5]),
        Col::bigint ("softirq",    "Serving softirqs",                                   |c| c.ticks[6]),
        Col::bigint ("steal",      "Taken by the hypervisor for other guests",           |c| c.ticks[7]),
        Col::bigint ("guest",      "Running virtual processors of guests",               |c| c.ticks[8]),
        Col::bigint ("guest_nice", "Running virtual processors of guests of low priority", |c| c.ticks[9]),
    ],
    scan,
    cost: Cost { rows: 8, row: 1 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<CpuTime> {
    const PATH: &[u8] = b"/proc/stat";
    let file = cx.read(PATH).unwrap_or_default();
    Box::new(cpu_times(&file, &mut |odd| cx.note(PATH, odd)).into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, rows};
    use plumb_host::Mem;

    #[test]
    fn processors() {
        let host = Mem::new().file(
            "/proc/stat",
            "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 1 2 3 4 5 6 7 8 9 10\ncpu3 1 2 3 4 5 6 7\ncpu4 1\nintr 5\n",
        );
        check(
            &TABLE,
            host.clone(),
            &["core", "user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"],
            &[
                &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"],
                &["3", "1", "2", "3", "4", "5", "6", "7", "0", "0", "0"],
            ],
        );
        assert_eq!(rows(&TABLE, host, &["core"], vec![]).1.len(), 1);
    }
}
