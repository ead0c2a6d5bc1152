//! The shell's output modes, over rows that are there already.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use plumb::output::{Cells, Mode, Out, Printer, Style};
use plumb_sql::Cell;

const ROWS: u64 = 10_000;

struct Fixed([Cell<'static>; 5]);

impl Cells for Fixed {
    fn count(&self) -> usize {
        self.0.len()
    }
    fn at(&self, index: usize) -> Cell<'_> {
        self.0.get(index).copied().unwrap_or(Cell::Null)
    }
}

fn modes(c: &mut Criterion) {
    let rows = [
        ("plain text", b"/usr/lib/some/path/of/ordinary/length.so".as_slice()),
        ("quotes", b"a \"quoted\" text, with commas".as_slice()),
        ("not ASCII", "r\u{e9}sum\u{e9}, na\u{ef}ve, \u{4f60}\u{597d}".as_bytes()),
        ("not UTF-8", b"caf\xe9 \xff\xfe tail".as_slice()),
    ];
    for mode in [Mode::Json, Mode::JsonPretty, Mode::Csv, Mode::List, Mode::Line, Mode::Column, Mode::Box] {
        let style = Style {
            mode,
            header: true,
            null: String::new(),
            pretty_null: String::new(),
            separator: "|".to_owned(),
            widths: Vec::new(),
        };
        let mut group = c.benchmark_group(format!("{mode:?}"));
        group.throughput(Throughput::Elements(ROWS));
        for (name, text) in rows {
            let row = Fixed([Cell::Int(1_234_567), Cell::Text(text), Cell::Null, Cell::Real(0.25), Cell::Text(b"x")]);
            group.bench_function(name, |b| b.iter(|| print(&style, &row)));
        }
    }
}

fn print(style: &Style, row: &Fixed) -> u64 {
    let mut out = Out::new(Box::new(std::io::sink()), false);
    let mut printer = Printer::new(&mut out, style);
    printer.names(&["id", "path", "nothing", "share", "short"]);
    for _ in 0..ROWS {
        // A sink takes everything.
        let _ = printer.print(row);
    }
    let _ = printer.finish();
    printer.rows()
}

criterion_group!(benches, modes);
criterion_main!(benches);
