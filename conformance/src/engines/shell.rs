//! Any agent with a command line like osqueryi's.
//!
//! Statements go through one process's standard input, each followed by a statement that answers with a mark, so that the
//! answers can be told apart. Marks tell the time too (SQLite's own clock), so that it is known what each statement costs.
//! What is then not beyond doubt (a crash, a hang, an error, a missing mark) is asked again in a process of its own: the
//! statement that causes it is known by then.
//!
//! An agent that crashes, hangs or prints garbage is a [`Trouble`], with the statement that made it so; see `process` for how
//! it is started and ended.
//!
//! Such agents print NULL, empty text and blobs alike. Exact answers are therefore asked for as `quote(column)`.

#![allow(clippy::disallowed_types, reason = "the harness starts the agent that it tests")]

mod names;
mod process;
mod text;

use super::{Capabilities, Engine, Timed, Trouble};
use crate::answer::Row;
use names::names;
use process::{Output, Patience};
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use text::{arrays, error_line, is_question, marked, script, split_words, unquoted};

/// The column in which a mark is answered.
const MARK: &str = "plumb_sentinel";
/// The column in which a mark tells when it was answered, in days.
const CLOCK: &str = "plumb_clock";
/// How the complaint about an output begins that cannot be read.
const GARBAGE: &str = "the output is not JSON";
/// How the complaint about an agent begins that does not end.
const HUNG: &str = "hung";
/// How the complaint about an agent begins that was ended by a signal.
const CRASHED: &str = "crashed";
/// What is said instead of an answer when nobody wanted to wait for it any more.
pub const STOPPED: &str = "nobody waited for the answer";
/// Most statements that one process is given.
const TOGETHER: usize = 100;

/// How long agents are asked at all.
#[derive(Clone, Debug, Default)]
pub struct Until {
    /// Somebody wants it to end now.
    pub stop: Arc<AtomicBool>,
    /// When time is over.
    pub end: Option<Instant>,
}

impl Until {
    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.end.is_some_and(|end| Instant::now() >= end)
    }
}

/// See the module.
#[derive(Debug)]
pub struct Shell {
    words: Vec<String>,
    /// How long an agent may be silent; a process with many statements may take four times as long altogether.
    pub deadline: Duration,
    /// Whether NULL, text and blobs are told apart.
    pub exact: bool,
    /// When it is no longer asked.
    pub until: Until,
    troubles: Vec<Trouble>,
    names: BTreeMap<String, Vec<String>>,
    /// Whether it tells the time after each statement.
    clock: bool,
}

type Answer = Result<Vec<Row>, String>;

/// An answer beyond doubt, and how long it took.
type Sure = (Vec<Row>, Duration);

impl Shell {
    /// An agent by its command: a program and its options, in words as a shell would split them.
    ///
    /// # Errors
    /// When there is no program, or a quote is not closed.
    pub fn new(command: &str) -> Result<Self, String> {
        let words = split_words(command)?;
        if words.is_empty() {
            return Err("an agent needs a command".to_owned());
        }
        let deadline = Duration::from_secs(30);
        let (until, troubles, names) = (Until::default(), Vec::new(), BTreeMap::new());
        Ok(Self { words, deadline, exact: true, until, troubles, names, clock: true })
    }

    /// Runs the agent with more arguments and an input, until it ends or its time is over.
    fn run(&self, more: &[&str], input: Option<String>) -> Result<Output, String> {
        if self.until.is_over() {
            return Err(STOPPED.to_owned());
        }
        let (program, options) = self.words.split_first().ok_or("an agent needs a command")?;
        let mut command = Command::new(program);
        command.args(options).arg("--json").args(more);
        let whole = if input.is_some() { self.deadline * 4 } else { self.deadline };
        process::run(&mut command, input, Patience { quiet: self.deadline, whole }, &self.until)
    }

    fn trouble(&mut self, sql: &str, why: &str) {
        self.troubles.push(Trouble { sql: sql.to_owned(), why: why.to_owned() });
    }

    /// One statement in a process of its own.
    fn alone(&mut self, sql: &str) -> Answer {
        let answer = self.run(&[sql], None).and_then(|output| {
            if output.crashed() {
                return Err(format!("{CRASHED}: {}: {}", output.status, output.err.trim()));
            }
            if let Some(error) = error_line(&output.err) {
                return Err(error.to_owned());
            }
            if !output.status.success() {
                return Err(format!("{}: {}", output.status, output.err.trim()));
            }
            Ok(arrays(&output.out)?.into_iter().flatten().collect())
        });
        if let Err(error) = answer.as_ref()
            && [HUNG, CRASHED, GARBAGE].iter().any(|trouble| error.starts_with(trouble))
        {
            self.trouble(sql, error);
        }
        answer
    }

    /// Many statements, in one process where that goes well, and how long each took.
    fn together(&mut self, statements: &[String]) -> Vec<Timed> {
        statements.chunks(TOGETHER).flat_map(|part| self.at_once(part)).collect()
    }

    fn at_once(&mut self, part: &[String]) -> Vec<Timed> {
        let all: Vec<usize> = (0..part.len()).collect();
        let troubles = self.troubles.len();
        let (mut sure, doubtful, crashed) = self.marked(part, &all);
        // Where one complains, the others' empty answers may be its: without it they may be beyond doubt.
        if !crashed && doubtful.len() > 1 {
            sure.extend(self.marked(part, &doubtful).0);
        }
        let answers = part.iter().enumerate().map(|(place, sql)| match sure.remove(&place) {
            Some((rows, took)) => (Ok(rows), took),
            None => {
                let start = Instant::now();
                (self.alone(sql), start.elapsed())
            }
        });
        let answers = answers.collect();
        if crashed && self.troubles.len() == troubles {
            self.trouble(&script(part, &all, self.clock), "crashed, though none of the statements does alone");
        }
        answers
    }

    /// Some statements in one process: what is beyond doubt, what is empty and may not be, and whether the process crashed.
    fn marked(&mut self, part: &[String], places: &[usize]) -> (BTreeMap<usize, Sure>, Vec<usize>, bool) {
        let start = Instant::now();
        let Ok(output) = self.run(&[], Some(script(part, places, self.clock))) else { return Default::default() };
        let (took, crashed) = (start.elapsed(), output.crashed());
        let marked = marked(&output, part.len());
        if self.clock && !crashed && !marked.any && !output.err.is_empty() {
            // It may be the clock that the agent does not know.
            self.clock = false;
            return self.marked(part, places);
        }
        let share = took / u32::try_from(places.len()).unwrap_or(u32::MAX).max(1);
        let timed =
            |(place, (rows, took)): (usize, (Vec<Row>, Option<Duration>))| (place, (rows, took.unwrap_or(share)));
        (marked.sure.into_iter().map(timed).collect(), marked.doubtful, crashed)
    }

    /// Asks for what `quote` makes of the columns of statements.
    fn quoted(&mut self, statements: &[String]) -> Vec<Timed> {
        let refused = self.learn(statements);
        // What has no rows has no columns to be learnt, and need not be asked again.
        let known = |sql: &&String| !is_question(sql) || self.names.get(*sql).is_some_and(|names| !names.is_empty());
        let asked: Vec<String> = statements.iter().filter(known).map(|sql| self.wrap(sql)).collect();
        let known: Vec<bool> = statements.iter().map(|sql| known(&sql)).collect();
        self.names.retain(|_, names| !names.is_empty());
        let mut answers = self.together(&asked).into_iter();
        let mut next = || answers.next().unwrap_or_else(|| (Err("no answer".to_owned()), Duration::ZERO));
        let answer = |(sql, known): (&String, bool)| match (refused.get(sql), known) {
            (Some((error, took)), _) => (Err(error.clone()), *took),
            (None, false) => (Ok(Vec::new()), Duration::ZERO),
            (None, true) => {
                let (answer, took) = next();
                (if is_question(sql) { answer.map(unquoted) } else { answer }, took)
            }
        };
        statements.iter().zip(known).map(answer).collect()
    }

    /// Learns the columns of statements: from their text, or else from a row. Answers with those that are refused.
    fn learn(&mut self, statements: &[String]) -> BTreeMap<String, (String, Duration)> {
        let mut fresh: Vec<&String> = Vec::new();
        for sql in statements.iter().filter(|sql| is_question(sql)) {
            match names(sql) {
                _ if self.names.contains_key(sql) => {}
                Some(names) => drop(self.names.insert(sql.clone(), names)),
                None => fresh.push(sql),
            }
        }
        fresh.sort();
        fresh.dedup();
        let probes: Vec<String> = fresh.iter().map(|sql| format!("SELECT * FROM ({sql}) LIMIT 1")).collect();
        let mut refused = BTreeMap::new();
        for (sql, (answer, took)) in fresh.into_iter().zip(self.together(&probes)) {
            match answer {
                Ok(rows) => {
                    let names = rows.first().map(|row| row.keys().cloned().collect()).unwrap_or_default();
                    self.names.insert(sql.clone(), names);
                }
                Err(error) => drop(refused.insert(sql.clone(), (error, took))),
            }
        }
        refused
    }

    /// A name that is not there must not be taken for text in quotes, so it is that of a column of something.
    fn wrap(&self, sql: &str) -> String {
        match self.names.get(sql) {
            Some(names) if !names.is_empty() => {
                let columns: Vec<String> = names
                    .iter()
                    .map(|name| name.replace('"', "\"\""))
                    .map(|name| format!("quote(q.\"{name}\") AS \"{name}\""))
                    .collect();
                format!("SELECT {} FROM ({sql}) AS q", columns.join(", "))
            }
            _ => sql.to_owned(),
        }
    }
}

impl Engine for Shell {
    fn ask(&mut self, sql: &str) -> Answer {
        self.ask_many(&[sql.to_owned()]).pop().unwrap_or_else(|| Err("no answer".to_owned()))
    }

    fn ask_timed(&mut self, statements: &[String]) -> Vec<Timed> {
        if self.exact { self.quoted(statements) } else { self.together(statements) }
    }

    fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { exact: self.exact, any_question: true, ..Capabilities::default() }
    }
}

#[cfg(test)]
mod tests;
