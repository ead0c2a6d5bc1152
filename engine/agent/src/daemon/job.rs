//! One run of a scheduled query: its rows, what is logged of them, and what it has cost.

use super::Shared;
use super::usage::Usage;
use crate::differ::record::{self, Field, Shape, TextAs};
use crate::differ::{self, Changes, Differ};
use crate::glog::Severity;
use crate::here;
use crate::logger::Stream;
use crate::logger::line::{Action, Envelope, Events, Rows, Style};
use crate::schedule::performance::Cost;
use crate::store::StoreError;
use plumb_sql::{Engine, ResultColumn, Row, Sink, SqlError};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// As many bytes of lines go to the loggers at once.
const CHUNK: usize = 1 << 16;

/// As many bytes of lines are stored with the result that they are about; see [`differ`].
const OUTBOX: usize = 1 << 20;

/// A scheduled query that is due.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) name: String,
    pub(super) sql: String,
    pub(super) snapshot: bool,
    /// How long its last run took.
    pub(super) habit: Habit,
    /// CPU time for which its statements go before those that take long.
    pub(super) short: Duration,
    /// Whether it may be left out soon: it has never run to its end, or was out of memory the last time.
    pub(super) is_on_trial: bool,
    /// Whether rows that are gone are logged.
    pub(super) removed: bool,
    /// What decorators have said so far.
    pub(super) decorations: Arc<BTreeMap<String, String>>,
    /// Decorators that are asked right before the query.
    pub(super) always: Arc<Vec<String>>,
    pub(super) writing: Writing,
    /// The name of the host in log lines.
    pub(super) host: Arc<str>,
}

/// What is known of how long a query takes. Those that are less go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Habit {
    /// It holds up nobody.
    Quick,
    /// It has never run to its end.
    Unknown,
    /// It would hold up others.
    Slow,
}

/// A query that took so long last time, rests not counted, is one of the slow ones. Busy machines make quick queries take longer than usual.
const SLOW: Duration = Duration::from_secs(3);

/// So is one that took so much CPU time.
const SLOW_CPU: Duration = Duration::from_secs(1);

/// CPU time after which a query of which nothing is known is one that takes long.
pub(super) const SHORT: Duration = Duration::from_millis(20);

/// CPU time for which one counts as short that was quick the last time: twice what it took then, and between these.
const KNOWN_SHORT: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(200)];

impl Habit {
    /// Of a query that took so much time, without rests, and CPU time.
    pub(super) fn of(time: Duration, cpu: Duration) -> Self {
        if time >= SLOW || cpu >= SLOW_CPU { Self::Slow } else { Self::Quick }
    }

    /// See [`Job::short`]; `cpu` is what the last run took.
    pub(super) fn short(self, cpu: Duration) -> Duration {
        match self {
            Self::Quick => (cpu * 2).clamp(KNOWN_SHORT[0], KNOWN_SHORT[1]),
            Self::Unknown => SHORT,
            Self::Slow => Duration::ZERO,
        }
    }
}

/// How results are written: what flags say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Writing {
    pub(super) epoch: i64,
    /// A line for each row of a change.
    pub(super) events: bool,
    /// A line for each row of a snapshot.
    pub(super) snapshot_events: bool,
    pub(super) style: Style,
}

/// How a run went.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) name: String,
    pub(super) cost: Cost,
    /// What it has used, if it began.
    pub(super) usage: Option<Usage>,
    /// How long it had to rest.
    pub(super) rested: Duration,
    /// Whether lines about it were logged.
    pub(super) logged: bool,
    pub(super) result: Result<(), Failure>,
}

/// What comes of a run.
#[derive(Clone, Copy, Debug, Default)]
struct Output {
    /// Bytes of names and values.
    bytes: u64,
    /// Whether lines were logged.
    logged: bool,
}

/// SQLite's code.
const OUT_OF_MEMORY: i32 = rusqlite::ffi::SQLITE_NOMEM;

/// Why a query gave no result.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Sql(#[from] SqlError),
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The agent ends.
    #[error("it was stopped")]
    Stopped,
}

impl Failure {
    pub(super) const fn is_over_budget(&self) -> bool {
        matches!(self, Self::Sql(SqlError::Budget { .. }))
    }

    /// Whether memory was used up, which all queries share.
    pub(super) const fn is_out_of_memory(&self) -> bool {
        matches!(self, Self::Sql(SqlError::Budget { code: OUT_OF_MEMORY, .. }))
    }
}

impl Job {
    /// Asks, logs and remembers.
    pub(super) fn run(&self, engine: &mut Engine, shared: &Shared) -> Outcome {
        let (before, at) = (Usage::now(), (shared.clock)());
        let mut output = Output::default();
        let mut result = self.ask(engine, shared, at, &mut output);
        if result.is_err() && shared.stopping.load(Ordering::Relaxed) {
            result = Err(Failure::Stopped);
        }
        let usage = before.since();
        let Usage { wall_ms, user_ms, system_ms, memory, .. } = usage;
        let Output { bytes: output, logged } = output;
        let cost = Cost { at, wall_ms, user_ms, system_ms, memory, output };
        let (name, rested) = (self.name.clone(), Duration::ZERO);
        Outcome { name, cost, usage: Some(usage), rested, logged, result }
    }

    fn ask(&self, engine: &mut Engine, shared: &Shared, at: i64, output: &mut Output) -> Result<(), Failure> {
        let mut decorations = (*self.decorations).clone();
        for sql in self.always.iter() {
            super::decorate::ask(engine, sql, &shared.hub, &mut decorations);
        }
        // A statement that begins after the order to stop would not hear of it.
        if shared.stopping.load(Ordering::Relaxed) {
            return Err(Failure::Stopped);
        }
        let Writing { epoch, style, .. } = self.writing;
        let envelope = Envelope { name: &self.name, host: &self.host, time: at, epoch, counter: 0, decorations, style };
        if self.snapshot {
            self.snapshot(engine, shared, envelope, output)
        } else {
            self.differ(engine, shared, envelope, output)
        }
    }

    fn snapshot(
        &self,
        engine: &mut Engine,
        shared: &Shared,
        envelope: Envelope<'_>,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let mut lines = Lines::new(shared, Stream::Snapshots, CHUNK);
        let mut rows = Rows::default();
        let mut events = self.writing.snapshot_events.then(|| envelope.events());
        let numerics = self.writing.style.numerics;
        let mut take = |names: &[String], fields: Vec<Field>| match &mut events {
            Some(events) => lines.push(events.line(names, &fields, Action::Snapshot)),
            None => {
                rows.push(names, &fields, numerics);
                Ok(())
            }
        };
        let mut sink = Whole {
            shape: Shape::default(),
            record: Vec::new(),
            take: &mut take,
            output: &mut output.bytes,
            failed: None,
        };
        let ran = engine.run(&self.sql, &mut sink);
        if let Some(error) = sink.failed {
            return Err(error.into());
        }
        ran?;
        if !self.writing.snapshot_events {
            lines.push(&envelope.snapshot(&rows))?;
        }
        output.logged = true;
        Ok(lines.finish()?)
    }

    fn differ(
        &self,
        engine: &mut Engine,
        shared: &Shared,
        mut envelope: Envelope<'_>,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let differ = Differ::new(&shared.store(), &self.name, self.writing.epoch)?;
        let mut sink = Changing { differ, output: &mut output.bytes, failed: None };
        let ran = engine.run(&self.sql, &mut sink);
        let Changing { differ, failed, .. } = sink;
        if let Some(error) = failed {
            return Err(error.into());
        }
        ran?;
        let mut changes = differ.finish(&self.sql)?;
        self.tell(&changes, shared);
        if changes.is_idle() {
            return Ok(());
        }
        envelope.counter = changes.counter;
        let mut lines = Lines::new(shared, Stream::Results, OUTBOX);
        if self.writing.events {
            self.events(&mut changes, shared, &envelope, &mut lines)?;
        } else {
            self.batch(&mut changes, shared, &envelope, &mut lines)?;
        }
        output.logged = lines.held() != Some(&[]);
        match lines.held() {
            Some([]) => Ok(changes.commit(&mut shared.store())?),
            Some(lines) => {
                changes.commit_with(&mut shared.store(), lines)?;
                shared.hub.results(Stream::Results, lines)?;
                Ok(differ::logged(&shared.store(), &self.name)?)
            }
            None => {
                lines.finish()?;
                Ok(changes.commit(&mut shared.store())?)
            }
        }
    }

    fn tell(&self, changes: &Changes, shared: &Shared) {
        let name = &self.name;
        if !changes.known {
            shared.hub.say(
                Severity::Info,
                here!(),
                &format!("Storing initial results for new scheduled query: {name}"),
            );
        } else if changes.new_sql {
            shared.hub.say(Severity::Info, here!(), &format!("Scheduled query has been updated: {name}"));
        }
    }

    fn events(
        &self,
        changes: &mut Changes,
        shared: &Shared,
        envelope: &Envelope<'_>,
        lines: &mut Lines<'_>,
    ) -> Result<(), StoreError> {
        let mut events: Events = envelope.events();
        self.each(changes, shared, |action, names, fields| lines.push(events.line(names, &fields, action)))
    }

    fn batch(
        &self,
        changes: &mut Changes,
        shared: &Shared,
        envelope: &Envelope<'_>,
        lines: &mut Lines<'_>,
    ) -> Result<(), StoreError> {
        let (mut removed, mut added) = (Rows::default(), Rows::default());
        self.each(changes, shared, |action, names, fields| {
            let rows = if action == Action::Removed { &mut removed } else { &mut added };
            rows.push(names, &fields, self.writing.style.numerics);
            Ok(())
        })?;
        // Only the first result is logged although nothing is in it.
        if !changes.first && removed.is_empty() && added.is_empty() {
            return Ok(());
        }
        lines.push(&envelope.batch(&removed, &added))
    }

    /// The rows that are to be logged: first those that are gone, then those that are new.
    fn each(
        &self,
        changes: &mut Changes,
        shared: &Shared,
        mut take: impl FnMut(Action, &[String], Vec<Field>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if self.removed {
            let store = shared.store();
            changes.removed(&store, |names, fields| take(Action::Removed, names, fields))?;
        }
        changes.added(|names, fields| take(Action::Added, names, fields))
    }
}

/// Lines on their way to the loggers. The first bytes are held; what is more goes in pieces of bounded size.
struct Lines<'a> {
    shared: &'a Shared,
    stream: Stream,
    waiting: Vec<u8>,
    /// Bytes that may be held.
    most: usize,
    /// Whether some have gone.
    flows: bool,
}

impl<'a> Lines<'a> {
    fn new(shared: &'a Shared, stream: Stream, most: usize) -> Self {
        Self { shared, stream, waiting: Vec::new(), most, flows: false }
    }

    fn push(&mut self, line: &[u8]) -> Result<(), StoreError> {
        self.waiting.extend(line);
        self.waiting.push(b'\n');
        let most = if self.flows { CHUNK } else { self.most };
        if self.waiting.len() < most { Ok(()) } else { self.flush() }
    }

    /// All lines, if none has gone.
    fn held(&self) -> Option<&[u8]> {
        (!self.flows).then_some(&self.waiting)
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.flows = true;
        self.shared.hub.results(self.stream, &self.waiting)?;
        self.waiting.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<(), StoreError> {
        if self.waiting.is_empty() { Ok(()) } else { self.flush() }
    }
}

/// Why a sink stops: the error itself is kept beside it.
fn stop() -> io::Error {
    io::Error::other("the result cannot be taken")
}

/// Takes the rows of a snapshot.
struct Whole<'a, F> {
    shape: Shape,
    record: Vec<u8>,
    take: &'a mut F,
    output: &'a mut u64,
    failed: Option<StoreError>,
}

impl<F: FnMut(&[String], Vec<Field>) -> Result<(), StoreError>> Sink for Whole<'_, F> {
    fn begin(&mut self, columns: &[ResultColumn]) -> io::Result<()> {
        self.shape = Shape::new(columns.iter().map(|column| column.name.as_str()));
        Ok(())
    }

    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        self.record.clear();
        *self.output += self.shape.encode(TextAs::Characters, |place| row.cell(place), &mut self.record);
        let fields = record::fields(&self.record, self.shape.names.len()).unwrap_or_default();
        (self.take)(&self.shape.names, fields).map_err(|error| {
            self.failed = Some(error);
            stop()
        })
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes the rows of a differential query.
struct Changing<'a> {
    differ: Differ,
    output: &'a mut u64,
    failed: Option<StoreError>,
}

impl Sink for Changing<'_> {
    fn begin(&mut self, columns: &[ResultColumn]) -> io::Result<()> {
        self.differ.begin(columns.iter().map(|column| column.name.as_str()));
        Ok(())
    }

    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        match self.differ.row(|place| row.cell(place)) {
            Ok(size) => *self.output += size,
            Err(error) => {
                self.failed = Some(error);
                return Err(stop());
            }
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}
