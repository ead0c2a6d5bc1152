//! `load_average`: how many processes run or wait to run, on average.
//!
//! Sources: getloadavg(3), else `/proc/loadavg` (proc_loadavg(5)).

use plumb_formats::lines::fields;
use plumb_schema::{Column, Cost, Cx, Platforms, Request, Rows, Table, owned, text};
use std::sync::Arc;

/// The average of one period.
pub struct Load {
    period: &'static str,
    average: f64,
}

type Col = Column<Load>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Load> = Table {
    name: "load_average",
    doc: "Average number of processes that run or wait (for a processor or uninterruptibly), over three periods.",
    on: Platforms::POSIX,
    columns: &[
        Col::text("period",  "1m, 5m or 15m",                |l| text(l.period)),
        Col::text("average", "The average, six decimals",    |l| owned(format!("{:.6}", l.average))),
    ],
    scan,
    cost: Cost { rows: 3, row: 2 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<Load> {
    const PATH: &[u8] = b"/proc/loadavg";
    let averages = match cx.host.kernel() {
        Some(kernel) => Some(kernel.load_average()),
        None => cx.read(PATH).as_deref().and_then(parse),
    };
    if averages.is_none() {
        cx.note(PATH, "does not tell the load");
    }
    let rows = averages.map(|averages| ["1m", "5m", "15m"].into_iter().zip(averages)).into_iter().flatten();
    Box::new(rows.map(|(period, average)| Load { period, average }))
}

fn parse(file: &[u8]) -> Option<[f64; 3]> {
    let mut numbers = fields(file).map(|word| std::str::from_utf8(word).ok()?.parse::<f64>().ok());
    let mut next = || numbers.next().flatten().filter(|average| average.is_finite());
    Some([next()?, next()?, next()?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, rows};
    use plumb_host::Mem;

    #[test]
    fn from_the_tree() {
        let host = Mem::new().file("/proc/loadavg", "0.52 1.25 999.99 2/345 6789\n");
        check(
            &TABLE,
            host,
            &["period", "average"],
            &[&["1m", "0.520000"], &["5m", "1.250000"], &["15m", "999.990000"]],
        );
        for broken in ["", "1 2", "1 x 3", "1 2 inf"] {
            let (found, notes) = rows(&TABLE, Mem::new().file("/proc/loadavg", broken), &["period"], vec![]);
            assert_eq!((found.len(), notes.len()), (0, 1), "{broken}");
        }
    }
}
