//! Asking the engine, as the shell does it.

use plumb::output::{Mode, Out, Printer, Style};
use plumb_host::Host;
use plumb_schema::{Registry, Unattended};
use plumb_sql::{Budget, Cell, Engine, ResultColumn, Row, Settings, Sink};
use std::io;
use std::sync::Arc;

/// An engine over a host.
///
/// # Panics
/// When SQLite cannot open a database in memory.
#[must_use]
pub fn engine(registry: Registry, host: Arc<dyn Host>) -> Engine {
    let agent = Arc::new(Unattended(registry.clone()));
    let settings = Settings { registry, host, agent, budget: Budget::default(), planner: false };
    #[allow(clippy::expect_used, reason = "a bench has nothing to do without it")]
    Engine::open(settings).expect("an engine")
}

/// Asks, and prints the answer as JSON to nowhere. Answers the number of rows.
///
/// # Panics
/// When the query fails: there is nothing to measure then.
#[allow(clippy::expect_used, reason = "documented")]
pub fn json(engine: &mut Engine, sql: &str) -> u64 {
    let style = Style {
        mode: Mode::Json,
        header: true,
        null: String::new(),
        pretty_null: String::new(),
        separator: "|".to_owned(),
        widths: Vec::new(),
    };
    let mut out = Out::new(Box::new(std::io::sink()), false);
    let mut printer = Printer::new(&mut out, &style);
    engine.run(sql, &mut printer).expect("an answer");
    printer.finish().expect("nothing to fail");
    printer.rows()
}

/// The first number of an answer.
///
/// # Panics
/// As [`json`].
#[allow(clippy::expect_used, reason = "documented")]
pub fn number(engine: &mut Engine, sql: &str) -> i64 {
    struct First(Option<i64>);
    impl Sink for First {
        fn begin(&mut self, _: &[ResultColumn]) -> io::Result<()> {
            Ok(())
        }
        fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
            if let Cell::Int(int) = row.cell(0) {
                self.0.get_or_insert(int);
            }
            Ok(())
        }
        fn end(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut first = First(None);
    engine.run(sql, &mut first).expect("an answer");
    first.0.expect("a number")
}
