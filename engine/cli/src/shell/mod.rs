//! The shell: questions from the command line, from standard input or from a person at a terminal.

mod check;
mod commands;
mod completion;
mod config;
mod describe;
mod diagnosis;
mod profile;
mod progress;
mod prompt;
mod run;
mod scanner;
mod script;
mod session;
mod start;
mod words;

pub use start::{Machine, OpenHost, shell_main};

use crate::console::{Closed, Console, here};
use crate::interrupt::Interrupts;
use crate::sql::{Engine, Settings, SqlError};
use plumb_agent::LocalAgent;
use plumb_agent::config::{Config, views};
use plumb_agent::flags::Flags;
use plumb_agent::glog::Severity;
use plumb_host::Host;
use plumb_schema::Registry;
use run::Told;
use session::Session;
use std::sync::Arc;
use std::time::Duration;

/// How something that was asked for went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ran {
    Well,
    /// With the exit code of a run that asked for nothing else.
    Failed(i32),
    /// The shell is to be left, with what the session's exit code is so far, or with one of its own.
    Leave(Option<i32>),
    /// Nothing more is to be done: results cannot be written, or Ctrl-C was pressed.
    Stop(i32),
}

impl Ran {
    /// The exit code of a run that asked for nothing else.
    const fn code(self) -> i32 {
        match self {
            Self::Well | Self::Leave(None) => 0,
            Self::Failed(code) | Self::Leave(Some(code)) | Self::Stop(code) => code,
        }
    }
}

impl From<Result<(), Closed>> for Ran {
    fn from(printed: Result<(), Closed>) -> Self {
        match printed {
            Ok(()) => Self::Well,
            Err(closed) => Self::Stop(closed.code),
        }
    }
}

/// A running shell.
struct Shell {
    flags: Arc<Flags>,
    session: Session,
    console: Console,
    host: Arc<dyn Host>,
    config: Config,
    /// Every table, also those that flags switch off.
    tables: Registry,
    /// Opened by the first statement.
    engine: Option<Engine>,
    interrupts: Interrupts,
    /// A person sits at the terminal.
    interactive: bool,
}

impl Shell {
    /// Opens the SQL engine, unless it is open.
    fn open_engine(&mut self) -> Result<(), SqlError> {
        if self.engine.is_none() {
            let mut registry = self.tables.clone();
            // Hardly anybody leaves tables out, and a flag is found by a search.
            if ["disable_tables", "enable_tables"].iter().any(|flag| self.flags.list(flag).next().is_some()) {
                registry.retain(|name| self.flags.leaves_out(name).is_none());
            }
            let agent = LocalAgent::new(Arc::clone(&self.host), Arc::clone(&self.flags), registry.clone());
            let agent = agent.configured(&self.config.hash);
            let settings = Settings {
                registry,
                host: Arc::clone(&self.host),
                agent: Arc::new(agent),
                budget: crate::sql::Budget::default(),
                planner: self.flags.bool("planner"),
            };
            let mut engine = Engine::open(settings)?;
            engine.tell_of(plumb_tables::not_yet::NOT_YET);
            engine.delay_tables(Duration::from_millis(self.flags.u64("table_delay")));
            for refused in views::add(self.config.views(), &mut engine) {
                self.console.log(Severity::Info, here!(), &refused.to_string());
            }
            self.engine = Some(engine);
        }
        Ok(())
    }
}
