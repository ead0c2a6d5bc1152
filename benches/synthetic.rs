//! Tables and hosts that are not there: for measuring the engine without a machine.

use plumb_host::Mem;
use plumb_schema::{AnyTable, Column, Cost, Registry, Table, text};

/// A row of [`MILLION`].
#[derive(Debug)]
pub struct Number {
    value: i64,
    name: Vec<u8>,
}

type Col = Column<Number>;

/// A million rows that cost nothing to make.
#[rustfmt::skip]
pub static MILLION: Table<Number> = Table {
    name: "million",
    doc: "A million rows.",
    columns: &[
        Col::bigint("value", "Its number",            |n| Some(n.value)),
        Col::bigint("half",  "Half of it",            |n| Some(n.value / 2)),
        Col::text  ("name",  "The same for all rows", |n| text(&n.name)),
    ],
    scan: |_, _| Box::new((0..1_000_000).map(|value| Number { value, name: Vec::from(*b"a name of some length") })),
    cost: Cost { rows: 1_000_000, row: 1 },
    ..Table::EMPTY
};

/// A registry of the real tables and so many made-up ones.
#[must_use]
pub fn crowded(extra: usize) -> Registry {
    let made = (0..extra).map(|number| {
        let table = Table { name: String::leak(format!("made_up_{number:03}")), ..COPY };
        Box::leak(Box::new(table)) as &'static dyn AnyTable
    });
    Registry::new(plumb_tables::registry().iter().chain(made))
}

/// What each of the made-up tables looks like.
const COPY: Table<Number> =
    Table { doc: MILLION_DOC, columns: MILLION_COLUMNS, scan: |_, _| Box::new(std::iter::empty()), ..Table::EMPTY };
const MILLION_DOC: &str = "Made up.";
const MILLION_COLUMNS: &[Col] = &[
    Col::bigint("value", "A number", |n| Some(n.value)).key(),
    Col::text("name", "A name", |n| text(&n.name)),
    Col::text("path", "A path", |n| text(&n.name)),
    Col::bigint("size", "A size", |n| Some(n.value)),
    Col::bigint("time", "A time", |n| Some(n.value)),
    Col::text("kind", "A kind", |n| text(&n.name)),
];

/// A host with so many processes; always `share` of them have one name.
#[must_use]
pub fn processes(count: u32, share: u32) -> Mem {
    (1..=count).fold(Mem::new().file("/proc/stat", "btime 1700000000\n"), |host, pid| {
        let name = pid / share.max(1);
        let stat = format!("{pid} (name-{name}) S 1 {pid} {pid} 0 -1 0 0 0 0 0 5 6 0 0 20 0 1 0 250 4096 1 0 0\n");
        host.file(format!("/proc/{pid}/stat"), stat)
    })
}
