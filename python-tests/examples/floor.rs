//! What the engine alone needs for the queries of `benches/arrow.py`: steps through the rows and reads every value. Prints the seconds of
//! CPU (user and system) of each round.
//!
//! `floor QUERY HOST ROUNDS`, where HOST is a tar archive.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_types,
    reason = "a program that measures, and reads the archive it is given"
)]

use plumb_host::Mem;
use plumb_schema::Unattended;
use plumb_sql::{Budget, Cell, Engine, ResultColumn, Row, Settings, Sink};
use rustix::time::{ClockId, clock_gettime};
use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io;
use std::sync::Arc;

/// Reads everything and keeps nothing.
#[derive(Default)]
struct Read {
    rows: u64,
    bytes: u64,
}

impl Sink for Read {
    fn begin(&mut self, _columns: &[ResultColumn]) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        self.rows += 1;
        for column in 0..row.len() {
            match black_box(row.cell(column)) {
                Cell::Text(bytes) | Cell::Blob(bytes) => self.bytes += bytes.len() as u64,
                Cell::Null | Cell::Int(_) | Cell::Real(_) => {}
            }
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [sql, host, rounds] = args.as_slice() else { return Err("floor QUERY HOST ROUNDS".into()) };
    let host = Arc::new(Mem::from_tar(File::open(host)?)?);
    let registry = plumb_tables::registry();
    let agent = Arc::new(Unattended(registry.clone()));
    let mut engine = Engine::open(Settings { registry, host, agent, budget: Budget::default(), planner: false })?;
    for _ in 0..rounds.parse()? {
        let (mut read, before) = (Read::default(), cpu());
        engine.run(sql, &mut read)?;
        println!("{:.4} {} {}", cpu() - before, read.rows, read.bytes);
    }
    Ok(())
}
