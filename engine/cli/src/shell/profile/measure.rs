//! The process of one run: takes a query from standard input, runs it, and says what it cost.
//!
//! What comes before the query (the start of the program, the configuration, the engine with its tables) is not counted.

use crate::own;
use crate::shell::diagnosis::diagnosis;
use crate::shell::{Shell, Told};
use crate::sql::{ResultColumn, Row, Sink};
use serde_json::{Value, json};
use std::io::{self, BufRead};
use std::time::Instant;

/// Tells a process that it is one of these.
pub(in crate::shell) const VARIABLE: &str = "PLUMB_PROFILED";

/// Characters of a line of an error that are passed on: an answer must fit into a pipe.
const LONGEST: usize = 2000;

impl Shell {
    /// Runs the query that standard input has as a line of JSON, and prints its costs as one.
    pub(in crate::shell) fn measure(&mut self, stdin: &mut dyn BufRead) -> i32 {
        let mut line = String::new();
        let sql = match stdin.read_line(&mut line).map(|_| serde_json::from_str(&line)) {
            Ok(Ok(Value::String(sql))) => sql,
            _ => return 1,
        };
        // Nobody waits for the answer if whoever asked is gone.
        own::end_with_stdin();
        let answer = self.costs(&sql);
        let printed = self.console.print(&answer.to_string()).and_then(|()| self.console.flush());
        i32::from(printed.is_err())
    }

    fn costs(&mut self, sql: &str) -> Value {
        if let Err(error) = self.open_engine() {
            return told(diagnosis(&error, sql, Told::Plainly));
        }
        let Self { engine: Some(engine), interrupts, .. } = self else {
            return told(vec!["Error: there is no engine".to_owned()]);
        };
        let mut rows = Count::default();
        let watched = interrupts.watch(engine.cancel());
        own::reset_peak_memory();
        let before = (own::cpu_times(), own::memory());
        let start = Instant::now();
        let result = engine.run(sql, &mut rows);
        let wall = start.elapsed().as_secs_f64();
        let (user, system) = own::cpu_times();
        let (peak, fds) = (own::peak_memory(), own::open_files(None));
        drop(watched);
        if let Err(error) = result {
            return told(diagnosis(&error, sql, Told::Plainly));
        }
        let ((user_before, system_before), memory_before) = before;
        json!({
            "rows": rows.0, "wall": wall, "user": user - user_before, "system": system - system_before,
            "memory": peak, "growth": peak.zip(memory_before).map(|(peak, before)| peak.saturating_sub(before)), "fds": fds,
        })
    }
}

fn told(lines: Vec<String>) -> Value {
    let short: Vec<String> = lines.into_iter().take(40).map(|line| line.chars().take(LONGEST).collect()).collect();
    json!({ "error": short })
}

/// Counts rows, and reads all their values: one that nobody reads may never be made.
#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn begin(&mut self, _: &[ResultColumn]) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        (0..row.len()).for_each(|column| {
            std::hint::black_box(row.cell(column));
        });
        self.0 += 1;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}
