//! What can be asked, and what it can do.
//!
//! * [`embedded`]: this agent, in process, over any host.
//! * [`shell`]: any agent with a command line like osqueryi's.
//! * [`sqlite`]: plain SQLite over copies of tables: what SQL means when nothing is pushed down.
//! * [`golden`]: recorded answers.
//!
//! # The seam for `socket`
//!
//! A running daemon can be asked over its extension socket. That engine comes with the extension API (the fourth issue),
//! whose thrift client it uses: a harness with a client of its own would only prove that the two agree. It is one file,
//! `socket.rs`, which must
//!
//! * connect to a path and reconnect when the daemon ends the connection, each call under a deadline;
//! * `ask` with `query(sql)` of the `ExtensionManager` service: status code 0 gives the rows, any other code is the error,
//!   in the words of the status message; a closed connection and a missed deadline are troubles as [`shell::Shell`] keeps
//!   them, told apart from errors;
//! * learn the order of columns from `getQueryColumns(sql)`, since rows come as maps of strings; that also gives the names to
//!   ask for as `quote(column)`, because the protocol has neither NULL nor types, so that [`Capabilities::exact`] holds;
//! * declare `any_question`, and `budget` (a daemon stops what costs too much), but neither `steady` nor, until it quotes,
//!   `exact`.

pub mod embedded;
pub mod golden;
pub mod shell;
pub mod sqlite;

use crate::answer::Row;
use std::time::{Duration, Instant};

/// What an engine can do, as far as oracles ask. Nothing is taken for granted: the default is an engine that can nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// NULL and empty text are told apart, and blobs come whole.
    pub exact: bool,
    /// The host does not change by itself: what differs from one answer to the next is the engine's fault.
    pub steady: bool,
    /// Any statement can be asked. Otherwise the engine says [`NO_ANSWER`] to what it does not know.
    pub any_question: bool,
    /// A statement that costs too much is stopped by the engine itself, and the next one is answered.
    pub budget: bool,
}

/// What an engine says to a question of which it knows no answer: that is no verdict about anybody.
pub const NO_ANSWER: &str = "no answer is recorded";

/// A crash, a hang or garbage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What was asked when it happened.
    pub sql: String,
    /// What happened.
    pub why: String,
}

/// An answer, and how long it took.
pub type Timed = (Result<Vec<Row>, String>, Duration);

/// Something that answers SQL.
pub trait Engine {
    /// The rows of all statements of a text.
    ///
    /// # Errors
    /// What the engine says.
    fn ask(&mut self, sql: &str) -> Result<Vec<Row>, String>;

    /// The answers to many texts, one for each, in their order, and how long each took. An engine for which a question alone
    /// is dear overrides it.
    fn ask_timed(&mut self, statements: &[String]) -> Vec<Timed> {
        let timed = |sql: &String| {
            let start = Instant::now();
            (self.ask(sql), start.elapsed())
        };
        statements.iter().map(timed).collect()
    }

    /// The answers to many texts, one for each, in their order.
    fn ask_many(&mut self, statements: &[String]) -> Vec<Result<Vec<Row>, String>> {
        self.ask_timed(statements).into_iter().map(|(answer, _)| answer).collect()
    }

    /// What went wrong beyond wrong answers, in the order in which it happened.
    fn troubles(&self) -> &[Trouble] {
        &[]
    }

    /// What the engine can do.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }
}
