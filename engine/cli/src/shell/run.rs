//! Statements are run here, whoever asks.

use super::diagnosis::{diagnosis, documentation, documented_table};
use super::progress::Progress;
use super::scanner::statements;
use super::{Ran, Shell};
use crate::console::{Console, here};
use crate::interrupt::{self, Interrupts};
use crate::output::{Mode, Printer};
use crate::own;
use crate::sql::{Discard, Engine, ResultColumn, Row, Sink, SqlError};
use plumb_agent::glog::Severity;
use plumb_schema::Platforms;
use std::io;
use std::time::{Duration, Instant};

/// In what words an error is told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Told<'a> {
    /// The error.
    Plainly,
    /// The error and the line on which the statement began.
    WithLine(usize),
    /// That a table could not be read.
    AboutTable(&'a str),
}

/// SQLite's code for a statement that was stopped.
const INTERRUPTED: i32 = 9;
/// SQLite's code for memory that cannot be had.
const NO_MEMORY: i32 = 7;

impl Shell {
    /// Runs the statements of a text and prints their rows.
    pub(super) fn execute(&mut self, sql: &str, told: Told<'_>) -> Ran {
        let sql = until_nul(sql);
        match self.try_execute(sql, told) {
            Ok(ran) => ran,
            Err(closed) => Ran::Stop(closed.code),
        }
    }

    fn try_execute(&mut self, sql: &str, told: Told<'_>) -> Result<Ran, crate::console::Closed> {
        if self.session.echo {
            for statement in statements(sql) {
                self.console.print(statement)?;
            }
        }
        let style = self.session.style(&self.flags);
        let clock = self.session.timer.then(Timer::start);
        if let Err(error) = self.open_engine() {
            return Ok(self.report(&error, sql, told));
        }
        let Self { engine: Some(engine), console, interrupts, .. } = self else {
            return Ok(Ran::Failed(1));
        };
        let wants_progress = console.terminals.stderr && (style.mode == Mode::Box || !console.terminals.stdout);
        let progress = wants_progress.then(Progress::start);
        let watched = interrupts.watch(engine.cancel());
        let printer = Printer::new(&mut console.out, &style);
        let mut rows = Rows { printer, progress: progress.as_ref(), interrupts };
        let result = engine.run(sql, &mut rows).map_err(|error| match error {
            SqlError::Output(error) if error.kind() == io::ErrorKind::Interrupted => {
                SqlError::new(INTERRUPTED, "interrupted")
            }
            SqlError::Output(error) if error.kind() == io::ErrorKind::OutOfMemory => {
                SqlError::new(NO_MEMORY, "out of memory")
            }
            other => other,
        });
        drop(watched);
        let finished = match &result {
            Err(SqlError::Output(_)) => Ok(()),
            _ => rows.printer.finish(),
        };
        drop(progress);
        log_engine(engine, console);
        if let Err(SqlError::Output(error)) = result {
            console.judge(Err(error))?;
            return Ok(Ran::Failed(1));
        }
        console.judge(finished)?;
        if let Some(clock) = clock {
            console.print(&clock.stop())?;
            console.flush()?;
        }
        Ok(match result {
            Ok(()) => Ran::Well,
            Err(error) => self.report(&error, sql, told),
        })
    }

    /// Runs the statements of a text several times, without printing their rows.
    pub(super) fn profile(&mut self, sql: &str, times: i32) -> Ran {
        let sql = until_nul(sql);
        // Time for whoever wants to look at the process from outside.
        let delay = Duration::from_secs(u64::try_from(self.flags.i32("profile_delay")).unwrap_or(0));
        own::wait(delay);
        for _ in 0..times {
            if let Err(error) = self.open_engine() {
                return self.report(&error, sql, Told::Plainly);
            }
            let Self { engine: Some(engine), console, interrupts, .. } = self else {
                return Ran::Failed(1);
            };
            let watched = interrupts.watch(engine.cancel());
            let result = engine.run(sql, &mut Discard);
            drop(watched);
            log_engine(engine, console);
            if let Err(error) = result {
                return self.report(&error, sql, Told::Plainly);
            }
        }
        own::wait(delay);
        Ran::Well
    }

    /// Tells an error.
    pub(super) fn report(&mut self, error: &SqlError, sql: &str, told: Told<'_>) -> Ran {
        if let SqlError::Sql { message, .. } = error
            && let Some(table) = documented_table(message)
        {
            self.console.log(Severity::Warning, here!(), message);
            self.console.log(Severity::Warning, here!(), &documentation(table));
        }
        for line in diagnosis(error, sql, told) {
            self.console.tell(&line);
        }
        if let SqlError::Sql { message, .. } = error
            && let Some(name) = message.strip_prefix("no such table: ")
            && self.tables.get(name).is_some_and(|table| table.on().contains(Platforms::CURRENT))
            && let Some(flag) = self.flags.leaves_out(name)
        {
            self.console.tell(&format!("help: --{flag} leaves this table out"));
        }
        if error.code() == INTERRUPTED && self.interrupts.was_pressed() && !self.interactive {
            return Ran::Stop(interrupt::EXIT_CODE);
        }
        Ran::Failed(error.code())
    }
}

/// SQLite reads no further than a NUL.
fn until_nul(sql: &str) -> &str {
    sql.split('\0').next().unwrap_or_default()
}

/// Passes on what the engine has to say beside rows.
pub(super) fn log_engine(engine: &mut Engine, console: &mut Console) {
    for line in engine.take_trace() {
        console.tell(&format!("osquery planner: {line}"));
    }
    for note in engine.take_notes() {
        console.log(Severity::Info, here!(), &note.to_string());
    }
    for warning in engine.take_warnings() {
        console.log(Severity::Warning, here!(), &warning);
        if let Some(table) = documented_table(&warning) {
            console.log(Severity::Warning, here!(), &documentation(table));
        }
    }
    for denial in engine.take_denials() {
        console.log(Severity::Error, here!(), &denial);
    }
}

/// Prints rows and counts them for the progress.
struct Rows<'a> {
    printer: Printer<'a>,
    progress: Option<&'a Progress>,
    interrupts: &'a Interrupts,
}

impl Sink for Rows<'_> {
    fn begin(&mut self, columns: &[ResultColumn]) -> io::Result<()> {
        // The engine forgets a signal that came just before the statement began.
        if self.interrupts.was_pressed() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        self.printer.begin(columns)
    }
    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        self.printer.row(row)?;
        if let Some(progress) = self.progress {
            progress.set(self.printer.rows());
        }
        Ok(())
    }
    fn end(&mut self) -> io::Result<()> {
        self.printer.end()
    }
}

/// Measures a statement.
struct Timer {
    real: Instant,
    cpu: (f64, f64),
}

impl Timer {
    fn start() -> Self {
        Self { real: Instant::now(), cpu: own::cpu_times() }
    }

    fn stop(&self) -> String {
        let (user, system) = own::cpu_times();
        let real = self.real.elapsed().as_secs_f64();
        format!("Run Time: real {real:.3} user {:.6} sys {:.6}", user - self.cpu.0, system - self.cpu.1)
    }
}
