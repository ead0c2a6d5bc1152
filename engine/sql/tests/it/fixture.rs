//! Tables made for the tests: rows are lines of a file, and every collection leaves a note.

use plumb_host::Mem;
use plumb_schema::{
    AnyTable, Collation, Column, Cost, Cx, Ops, Platforms, Registry, Request, Rows, Table, Unattended, Value, owned,
    text,
};
use plumb_sql::{Budget, Cell, Engine, ResultColumn, Row, Settings, Sink, SqlError};
use std::io;
use std::sync::Arc;

/// A line of `/rows`: `id|name|n|nocase`.
pub struct Line {
    id: Option<i64>,
    name: Vec<u8>,
    n: Option<i64>,
    fold: Vec<u8>,
}

/// No two rows have one key; rows can be found by id.
pub static KEYED: Table<Line> = Table {
    name: "keyed",
    doc: "Lines with a unique key.",
    on: Platforms::ALL,
    columns: &[
        Column::bigint("id", "Key", |l: &Line| l.id).index(by_id),
        Column::text("name", "Name", |l: &Line| text(&l.name)),
        Column::bigint("n", "Number", |l: &Line| l.n),
        Column::text("fold", "Without case", |l: &Line| text(&l.fold)).collate(Collation::NoCase),
    ],
    scan,
    unique: true,
    cost: Cost { rows: 1000, row: 10 },
    ..Table::EMPTY
};

/// Rows can be found by id and by name, and keys repeat.
pub static REPEATED: Table<Line> = Table {
    name: "repeated",
    columns: &[
        Column::bigint("id", "Key", |l: &Line| l.id).index(by_id),
        Column::text("name", "Name", |l: &Line| text(&l.name)).index_text(by_name),
        Column::bigint("n", "Number", |l: &Line| l.n),
        Column::text("fold", "Without case", |l: &Line| text(&l.fold)).collate(Collation::NoCase),
    ],
    unique: false,
    ..KEYED
};

/// No key, no lookup.
pub static PLAIN: Table<Line> = Table {
    name: "plain",
    columns: &[
        Column::bigint("id", "Number", |l: &Line| l.id),
        Column::text("name", "Name", |l: &Line| text(&l.name)).aliases(&["label"]),
        Column::bigint("n", "Number", |l: &Line| l.n),
        Column::text("fold", "Without case", |l: &Line| text(&l.fold)).collate(Collation::NoCase),
    ],
    unique: false,
    ..KEYED
};

/// What a constraint of `needy` asked for.
pub struct Echo(Vec<u8>);

/// Cannot be read without `path` or `directory`.
pub static NEEDY: Table<Echo> = Table {
    name: "needy",
    doc: "Echoes what it is asked.",
    on: Platforms::ALL,
    columns: &[
        Column::text("path", "Path", |e: &Echo| text(&e.0)).key().required(Ops::EQ.and(Ops::LIKE)),
        Column::text("directory", "Directory", |_: &Echo| text("/")).required(Ops::EQ),
        Column::integer("size", "Length", |e: &Echo| i64::try_from(e.0.len()).ok()),
    ],
    aliases: &[],
    scan: |cx, request| {
        cx.note(b"scan", "");
        let asked = request.constraints().iter().flat_map(|constraint| constraint.values.clone());
        let rows: Vec<Echo> = asked
            .filter_map(|value| match value {
                Value::Text(text) if !text.contains(&b'%') => Some(Echo(text.into_owned())),
                Value::Text(_) => Some(Echo(b"/matched".to_vec())),
                _ => None,
            })
            .collect();
        Box::new(rows.into_iter())
    },
    unique: true,
    cost: Cost { rows: 10, row: 10 },
    user_data: false,
};

/// Panics where it is told to.
pub static FAULTY: Table<u8> = Table {
    name: "faulty",
    doc: "Fails.",
    on: Platforms::ALL,
    columns: &[
        Column::integer(
            "id",
            "Fails on 3",
            |id: &u8| if *id == 3 { panic!("getter of {id}") } else { Some((*id).into()) },
        ),
        Column::text("fine", "Never fails", |id: &u8| owned(id.to_string())),
    ],
    aliases: &[],
    scan: |_, _| Box::new((0..5_u8).inspect(|id| assert!(*id != 4, "collector of {id}"))),
    unique: false,
    cost: Cost { rows: 5, row: 1 },
    user_data: false,
};

/// Numbers without end.
pub static ENDLESS: Table<i64> = Table {
    name: "endless",
    doc: "Counts.",
    on: Platforms::ALL,
    columns: &[
        Column::bigint("n", "Number", |n: &i64| Some(*n)),
        Column::text("t", "Its text", |n: &i64| owned(n.to_string())),
    ],
    aliases: &[],
    scan: |_, _| Box::new(0..),
    unique: false,
    cost: Cost { rows: 1_000_000, row: 1 },
    user_data: false,
};

fn lines(cx: &Arc<Cx>, what: String, like: impl Fn(&Line) -> bool + 'static) -> Rows<Line> {
    cx.note(what.as_bytes(), "");
    let file = cx.read(b"/rows").unwrap_or_default();
    let lines: Vec<Vec<u8>> = file.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(<[u8]>::to_vec).collect();
    let cx = Arc::clone(cx);
    Box::new(
        lines
            .into_iter()
            .map(move |line| {
                cx.note(b"row", "");
                let mut fields = line.split(|b| *b == b'|').map(<[u8]>::to_vec);
                let mut field = || fields.next().unwrap_or_default();
                let int = |bytes: Vec<u8>| String::from_utf8(bytes).ok()?.parse().ok();
                Line { id: int(field()), name: field(), n: int(field()), fold: field() }
            })
            .filter(like),
    )
}

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<Line> {
    lines(cx, "scan".to_owned(), |_| true)
}

fn by_id(cx: &Arc<Cx>, id: i64, _: &Request) -> Rows<Line> {
    // More than asked for, as an index may: the neighbour comes too.
    lines(cx, format!("id {id}"), move |line| line.id == Some(id) || line.id == Some(id + 1))
}

fn by_name(cx: &Arc<Cx>, name: &[u8], _: &Request) -> Rows<Line> {
    let name = name.to_vec();
    lines(cx, format!("name {}", String::from_utf8_lossy(&name)), move |line| line.name == name)
}

/// Every table of the tests.
pub fn registry() -> Registry {
    let tables: [&'static dyn AnyTable; 6] = [&KEYED, &REPEATED, &PLAIN, &NEEDY, &FAULTY, &ENDLESS];
    Registry::new(tables)
}

/// Rows that have everything in them that comparisons stumble over.
pub const ROWS: &str =
    "1|a|10|Ab\n2|b|20|aB\n2|b|20|aB\n3|c||cd\n4|5|5|5\n5|05|5|05\n6|5.0||X\n7||7|x\n8|a|1|ab\n2|c|20|CD\n";

pub fn engine_with(rows: &str, budget: Budget) -> Engine {
    let host = Arc::new(Mem::new().file("/rows", rows));
    let agent = Arc::new(Unattended(registry()));
    Engine::open(Settings { registry: registry(), host, agent, budget, planner: false }).expect("an engine opens")
}

pub fn engine() -> Engine {
    engine_with(ROWS, Budget::default())
}

/// Collects rows as text.
#[derive(Default)]
pub struct Rows2 {
    pub columns: Vec<ResultColumn>,
    pub rows: Vec<Vec<String>>,
    pub ended: usize,
}

impl Sink for Rows2 {
    fn begin(&mut self, columns: &[ResultColumn]) -> io::Result<()> {
        self.columns = columns.to_vec();
        Ok(())
    }
    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        let cell = |index| match row.cell(index) {
            Cell::Null => "NULL".to_owned(),
            Cell::Int(i) => i.to_string(),
            Cell::Real(r) => format!("{r:?}"),
            Cell::Text(t) | Cell::Blob(t) => String::from_utf8_lossy(t).into_owned(),
        };
        self.rows.push((0..row.len()).map(cell).collect());
        Ok(())
    }
    fn end(&mut self) -> io::Result<()> {
        self.ended += 1;
        Ok(())
    }
}

/// Runs a text; rows joined by `|`, and what was collected, rows counted: `scan, id 3, row×2`.
pub fn ask(engine: &mut Engine, sql: &str) -> (Result<Vec<String>, SqlError>, String) {
    let mut sink = Rows2::default();
    let result = engine.run(sql, &mut sink);
    let notes = engine.take_notes();
    let rows = notes.iter().filter(|note| note.source == "row").count();
    let mut what: Vec<String> = notes.iter().filter(|note| note.source != "row").map(|n| n.source.clone()).collect();
    if rows > 0 {
        what.push(format!("row×{rows}"));
    }
    (result.map(|()| sink.rows.iter().map(|row| row.join("|")).collect()), what.join(", "))
}
