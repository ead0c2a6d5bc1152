//! The engine: one connection, on which statements run one after the other.

mod catalogue;

pub use catalogue::Reads;

use crate::analysis;
use crate::authorizer::judge;
use crate::budget::{Budget, Governor, Progress, Spent, Watching, spent};
use crate::cursor::OVER_BUDGET;
use crate::functions::{self, Warn};
use crate::planner::Care;
use crate::program::{Instruction, analyse, result_type};
use crate::raw::{Cell, Stmt, memory_used, write_15_digits};
use crate::run::Run;
use crate::vtab::{self, Shared};
use crate::{Pace, SqlError, suggest};
use plumb_host::{Cancel, Host};
use plumb_schema::{Agent, Note, Outlines, Platforms, Registry, Statement, Value};
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags, ffi};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What an engine stands on.
pub struct Settings {
    /// The tables.
    pub registry: Registry,
    /// The machine they read.
    pub host: Arc<dyn Host>,
    /// The agent they are part of.
    pub agent: Arc<dyn Agent>,
    /// What each statement may cost.
    pub budget: Budget,
    /// Keeps lines that tell how tables are planned and read: see [`Engine::take_trace`].
    pub planner: bool,
}

/// Values for the parameters of statements (`?`, `?2`, `:name`, `@name`, `$name`).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Parameters {
    /// Nobody gives any: parameters are NULL.
    #[default]
    Unknown,
    /// By place, as many as the statement has.
    Listed(Vec<Value<'static>>),
    /// By name, without the sign before it. There may be more than the statement has.
    Named(BTreeMap<String, Value<'static>>),
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultColumn {
    /// Its name.
    pub name: String,
    /// The declared type of the table column that it is; for expressions what their program tells, `UNKNOWN` if nothing.
    pub decltype: String,
}

/// A row of a result, valid until the next one.
pub struct Row<'a> {
    stmt: &'a Stmt<'a>,
    len: usize,
}

impl Row<'_> {
    /// Number of cells.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has no cells.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A cell; NULL beyond the last.
    #[must_use]
    pub fn cell(&self, column: usize) -> Cell<'_> {
        if column < self.len { self.stmt.cell(column) } else { Cell::Null }
    }
}

/// Takes the rows of statements as they come.
pub trait Sink {
    /// A statement with result columns begins.
    ///
    /// # Errors
    /// Stops the run.
    fn begin(&mut self, columns: &[ResultColumn]) -> io::Result<()>;

    /// One row.
    ///
    /// # Errors
    /// Stops the run.
    fn row(&mut self, row: &Row<'_>) -> io::Result<()>;

    /// The statement has given its last row. Not called when it failed.
    ///
    /// # Errors
    /// Stops the run.
    fn end(&mut self) -> io::Result<()>;
}

/// Takes rows and forgets them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

impl Sink for Discard {
    fn begin(&mut self, _columns: &[ResultColumn]) -> io::Result<()> {
        Ok(())
    }
    fn row(&mut self, _row: &Row<'_>) -> io::Result<()> {
        Ok(())
    }
    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What callbacks of SQLite leave for the engine.
#[derive(Default)]
struct Heard {
    wants_catalog: bool,
    /// The ordinary table that the statement creates.
    creates: Option<String>,
    /// The declared tables that the statement drops.
    drops: Vec<String>,
    denied: Vec<String>,
    /// The columns that the statement reads, while somebody wants to know.
    reads: BTreeSet<(String, String)>,
    warnings: Vec<String>,
}

/// See the module.
pub struct Engine {
    connection: Connection,
    settings: Settings,
    shared: Arc<Shared>,
    heard: Arc<Mutex<Heard>>,
    cancel: Cancel,
    spent: Arc<AtomicU8>,
    governor: RefCell<Governor>,
    table_delay: Duration,
    /// Tables that are known and are not there.
    outlines: Outlines,
    /// Reads are noted.
    listening: Arc<AtomicBool>,
    known: catalogue::Known,
    /// Tables that a statement dropped: gone for this engine.
    dropped: RefCell<BTreeSet<String>>,
    notes: Vec<Note>,
    note_count: u64,
    warnings: Vec<String>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("host", &self.settings.host).finish_non_exhaustive()
    }
}

/// Warnings of functions that are kept between two calls of [`Engine::take_warnings`].
const MOST_WARNINGS: usize = 100;

/// Operations of SQLite between two looks at the clocks.
const PROGRESS: i32 = 1000;

impl Engine {
    /// Opens an engine: an in-memory database in which the tables of this platform can be used.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn open(settings: Settings) -> Result<Self, SqlError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_MEMORY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(":memory:", flags)?;
        connection
            .execute_batch("PRAGMA temp_store = MEMORY; PRAGMA journal_mode = OFF; PRAGMA trusted_schema = ON")?;
        write_15_digits(&connection)?;
        if let Some(bytes) = settings.budget.memory {
            // One value may not take more than all rows together. SQLite makes several of one: the program bounds them all.
            connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, i32::try_from(bytes).unwrap_or(i32::MAX))?;
        }
        let (shared, heard) = (Arc::new(Shared::default()), Arc::new(Mutex::new(Heard::default())));
        let cancel = Cancel::new();
        let listener = Arc::clone(&heard);
        let warn: Warn = Arc::new(move |line| {
            // A function may warn at every row.
            let warnings = &mut lock(&listener).warnings;
            if warnings.len() < MOST_WARNINGS && warnings.last() != Some(&line) {
                warnings.push(line);
            }
        });
        functions::register(&connection, &settings.host, &cancel, &warn)?;
        vtab::declare(&connection, settings.registry.on(Platforms::CURRENT), &shared)?;
        for table in settings.registry.on(Platforms::CURRENT) {
            for alias in table.aliases() {
                connection.execute_batch(&format!("CREATE VIEW {alias} AS SELECT * FROM {}", table.name()))?;
            }
        }
        if settings.planner {
            shared.planned().trace = Some(Vec::new());
        }
        let listening = Arc::new(AtomicBool::new(false));
        listen(&mut connection, &heard, &listening, &cancel)?;
        let (spent, warnings) = (Arc::new(AtomicU8::new(0)), Vec::new());
        let governor = RefCell::new(Governor::new(settings.budget));
        let (known, dropped, notes, note_count) = (catalogue::Known::default(), RefCell::default(), Vec::new(), 0);
        Ok(Self {
            connection,
            settings,
            shared,
            heard,
            cancel,
            spent,
            governor,
            table_delay: Duration::ZERO,
            outlines: Outlines::default(),
            listening,
            known,
            dropped,
            notes,
            note_count,
            warnings,
        })
    }

    /// Lets the engine's statements share CPU time with those of others.
    pub fn share(&mut self, pace: Arc<Pace>) {
        self.governor.get_mut().pace = Some(pace);
    }

    /// Tells others what the engine's statements cost.
    pub fn observe(&mut self, progress: Arc<Progress>) {
        self.governor.get_mut().progress = Some(progress);
    }

    /// Lets statements count as short, among those that [share](Engine::share), while they have used less CPU time than this. With none they give
    /// way to others from the beginning.
    pub fn expect(&mut self, short: Duration) {
        self.governor.get_mut().short = short;
    }

    /// Lets a table alone for so long before a statement asks it again.
    pub fn delay_tables(&mut self, delay: Duration) {
        self.table_delay = delay;
    }

    /// Lets what is said of statements know tables that are not there: which columns they have, and where they are.
    pub fn tell_of(&mut self, outlines: Outlines) {
        self.outlines = outlines;
    }

    /// Stops the running statement, from any thread. A token pulled while nothing runs stops nothing.
    #[must_use]
    pub fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// The tables.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.settings.registry
    }

    /// SQLite's version.
    #[must_use]
    pub fn sqlite_version() -> &'static str {
        rusqlite::version()
    }

    /// Notes that tables made since the last call.
    pub fn take_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    /// How many notes there were since the engine was opened, kept or not.
    #[must_use]
    pub fn note_count(&self) -> u64 {
        self.note_count
    }

    /// What people should be told that is no error: one line each.
    pub fn take_warnings(&mut self) -> Vec<String> {
        self.warnings.append(&mut lock(&self.heard).warnings);
        std::mem::take(&mut self.warnings)
    }

    /// Lines that the authorizer wrote when it denied something.
    pub fn take_denials(&mut self) -> Vec<String> {
        std::mem::take(&mut lock(&self.heard).denied)
    }

    /// Lines that describe how tables were planned, when [`Settings::planner`] is set.
    pub fn take_trace(&mut self) -> Vec<String> {
        self.shared.planned().trace.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Runs every statement of a text, one after the other; stops at the first that fails. What it gave before has gone
    /// to the sink.
    ///
    /// # Errors
    /// The statement's; places are bytes of `sql`.
    pub fn run(&mut self, sql: &str, sink: &mut dyn Sink) -> Result<(), SqlError> {
        self.run_with(sql, &Parameters::Unknown, sink)
    }

    /// As [`Engine::run`], with values for the parameters of each statement.
    ///
    /// # Errors
    /// As [`Engine::run`]; and when the values are not those that a statement needs.
    pub fn run_with(&mut self, sql: &str, parameters: &Parameters, sink: &mut dyn Sink) -> Result<(), SqlError> {
        self.cancel.reset();
        // SQLite reads no further than a NUL.
        let sql = sql.split('\0').next().unwrap_or_default();
        let mut start = 0;
        while let Some(rest) = sql.get(start..).filter(|rest| !rest.is_empty()) {
            start += self.run_first(rest, parameters, sink).map_err(|error| moved(error, start))?;
        }
        Ok(())
    }

    /// Names and types of the first statement's result columns, without running it.
    ///
    /// # Errors
    /// As [`Engine::run`].
    pub fn describe(&mut self, sql: &str) -> Result<Vec<ResultColumn>, SqlError> {
        let stmt = Stmt::prepare(&self.connection, sql).map_err(|error| self.improve(error, sql))?.0;
        let Some(mut stmt) = stmt else { return Ok(Vec::new()) };
        let mut columns = result_columns(&stmt);
        if !stmt.is_explain() {
            let program = explain(&mut stmt)?;
            for (index, column) in columns.iter_mut().enumerate().filter(|(_, column)| column.decltype.is_empty()) {
                column.decltype = result_type(&program, index).to_owned();
            }
        }
        Ok(columns)
    }

    /// Runs the first statement of a text and answers its length.
    fn run_first(&mut self, sql: &str, parameters: &Parameters, sink: &mut dyn Sink) -> Result<usize, SqlError> {
        let (host, agent) = (Arc::clone(&self.settings.host), Arc::clone(&self.settings.agent));
        let statement = Arc::new(Statement::new(host, agent, self.cancel.clone()));
        let mut warnings = Vec::new();
        let result = self.execute(sql, parameters, sink, &statement, &mut warnings);
        self.note_count += statement.notes.count();
        let room = plumb_schema::Notes::KEPT.saturating_sub(self.notes.len());
        self.notes.extend(statement.notes.take().into_iter().take(room));
        self.warnings.append(&mut warnings);
        self.warnings.append(&mut statement.notes.take_warnings());
        result
    }

    fn execute(
        &self,
        sql: &str,
        parameters: &Parameters,
        sink: &mut dyn Sink,
        statement: &Arc<Statement>,
        warnings: &mut Vec<String>,
    ) -> Result<usize, SqlError> {
        self.shared.planned().reset();
        let _catalog;
        let (stmt, length) = match self.prepare(sql, false) {
            Err(Unprepared::WantsCatalog) => {
                self.known.forget();
                _catalog = self.catalog()?;
                self.prepare(sql, true)
            }
            prepared => prepared,
        }
        .map_err(|unprepared| self.improve(unprepared.into(), sql))?;
        let Some(mut stmt) = stmt else { return Ok(length) };
        let mut usages = HashMap::new();
        let planned = !self.shared.planned().names.is_empty();
        if planned && !stmt.is_explain() {
            let program;
            (stmt, program) = self.without_loss(sql, stmt)?;
            usages = self.shared.planned().by_table(analyse(&program));
        }
        stmt.bind(parameters)?;
        let run = Run::new(Arc::clone(statement), self.settings.budget, self.table_delay, usages);
        let drops = std::mem::take(&mut lock(&self.heard).drops);
        let result = {
            let _watching: Option<Watching> =
                self.governor.borrow_mut().watch(self.cancel.clone(), Arc::clone(&self.spent));
            let _entered = run.enter();
            step_all(&mut stmt, sink, self.settings.budget.rows)
        };
        drop(stmt);
        warnings.append(&mut run.warnings.borrow_mut());
        if result.is_ok() {
            self.dropped.borrow_mut().extend(drops);
        }
        result.map(|()| length).map_err(|error| self.explain_stop(error))
    }

    /// A statement's program. One that may not ask a table for what the statement asks it for is made again with other costs, and
    /// refused if that does not help where it is certain.
    fn without_loss<'s>(&'s self, sql: &str, mut stmt: Stmt<'s>) -> Result<(Stmt<'s>, Vec<Instruction>), SqlError> {
        let mut program = explain(&mut stmt)?;
        for care in [Care::Choices, Care::Tables] {
            if self.shared.planned().lost(&program, false).is_none() {
                return Ok((stmt, program));
            }
            self.shared.planned().care = care;
            let (again, _) = self.prepare(sql, true).map_err(|unprepared| self.improve(unprepared.into(), sql))?;
            let Some(mut again) = again else { break };
            let other = explain(&mut again)?;
            let planned = self.shared.planned();
            // An OR whose sides choose, each for itself, cannot be had as a whole.
            if planned.told(&other).is_superset(&planned.told(&program)) {
                (stmt, program) = (again, other);
            }
        }
        let lost = self.shared.planned().lost(&program, true);
        let Some((table, column)) = lost else { return Ok((stmt, program)) };
        Err(SqlError::Sql {
            message: format!("Table {table} cannot be asked for {column} of a subquery beside an OR"),
            code: ffi::SQLITE_CONSTRAINT,
            span: self.analyse(sql).place_of_table(table),
            help: suggest::beside_or_help(table, column).to_vec(),
        })
    }

    /// Says why a statement was stopped.
    fn explain_stop(&self, error: SqlError) -> SqlError {
        match (&error, spent(&self.spent)) {
            (SqlError::Sql { code: ffi::SQLITE_INTERRUPT, .. }, Some(why)) => {
                let limit = match why {
                    Spent::Time => format!("took longer than {:?}", self.settings.budget.time.unwrap_or_default()),
                    Spent::Cpu => format!("used more than {:?} of CPU", self.settings.budget.cpu.unwrap_or_default()),
                };
                SqlError::Budget { message: format!("the query {limit}: it was stopped"), code: ffi::SQLITE_INTERRUPT }
            }
            (SqlError::Sql { code: ffi::SQLITE_NOMEM, message, .. }, _)
                if message != OVER_BUDGET
                    && let Some((others, bound)) = memory_used()
                    && others > bound / 2 =>
            {
                // It has given back what it held, so what is left are the others': they hold more than it can have held.
                let (others, bound) = (others >> 20, bound >> 20);
                let text = format!("out of memory: other queries hold {others} of the {bound} MiB that SQLite may use");
                SqlError::new(ffi::SQLITE_NOMEM, text)
            }
            (SqlError::Sql { code: code @ (ffi::SQLITE_NOMEM | ffi::SQLITE_TOOBIG), message, .. }, _)
                if self.settings.budget.memory.is_some() =>
            {
                SqlError::Budget { message: message.clone(), code: *code }
            }
            _ => error,
        }
    }

    /// Prepares the first statement of a text. One that inspects or changes the schema needs the catalog.
    fn prepare(&self, sql: &str, catalog: bool) -> Result<(Option<Stmt<'_>>, usize), Unprepared> {
        {
            let mut heard = lock(&self.heard);
            (heard.wants_catalog, heard.creates) = (false, None);
            heard.drops.clear();
            heard.reads.clear();
        }
        let prepared = Stmt::prepare(&self.connection, sql);
        if lock(&self.heard).wants_catalog && !catalog {
            lock(&self.heard).denied.clear();
            return Err(Unprepared::WantsCatalog);
        }
        // An ordinary table in `main` would be hidden by the declared one, which looks like a table in `temp`.
        let creates = lock(&self.heard).creates.take();
        if let Some(name) = creates.filter(|name| self.settings.registry.get(name).is_some()) {
            return Err(SqlError::new(ffi::SQLITE_ERROR, format!("table {name} already exists")).into());
        }
        if prepared.is_ok() {
            let dropped = self.dropped.borrow();
            let planned = self.shared.planned();
            if let Some(name) = planned.names.iter().find(|name| dropped.contains(**name)) {
                return Err(SqlError::new(ffi::SQLITE_ERROR, format!("no such table: {name}")).into());
            }
        }
        Ok(prepared?)
    }

    /// Names the table and column that a refusal is about, and suggests names for unknown ones.
    fn improve(&self, error: SqlError, sql: &str) -> SqlError {
        let SqlError::Sql { message, code, mut span, mut help } = error else { return error };
        let refusal = self.shared.planned().refusals.first().cloned();
        if let Some(refusal) = refusal.filter(|_| message == "no query solution") {
            let table = refusal.table;
            return SqlError::Sql {
                message: format!("Table {table} was queried without a required column in the WHERE clause"),
                code: ffi::SQLITE_CONSTRAINT,
                span: self.analyse(sql).place_of_table(table),
                help: suggest::constraint_help(table, &refusal.columns).to_vec(),
            };
        }
        let found = self.analyse(sql).diagnostics.into_iter().find(|found| found.message == message);
        if let Some(found) = found {
            span = Some(found.span);
            help.extend(found.help);
        } else if let Some(place) = span {
            // SQLite says where, and not how far.
            span = Some(analysis::token_at(sql, place.start));
        }
        SqlError::Sql { message, code, span, help }
    }

    /// Makes the declared tables look like created ones, as osquery declares them, until the guard is dropped: nothing
    /// needs them to when nobody looks.
    fn catalog(&self) -> Result<Catalog<'_>, SqlError> {
        let dropped = self.dropped.borrow();
        let tables = self.settings.registry.on(Platforms::CURRENT).map(plumb_schema::AnyTable::name);
        let names: Vec<&'static str> = tables.filter(|name| !dropped.contains(*name)).collect();
        let script: String =
            names.iter().map(|name| format!("CREATE VIRTUAL TABLE temp.{name} USING {name};")).collect();
        let catalog = Catalog { connection: &self.connection, names };
        catalog.connection.execute_batch(&script)?;
        self.shared.planned().reset();
        Ok(catalog)
    }
}

/// The declared tables as created ones.
struct Catalog<'e> {
    connection: &'e Connection,
    names: Vec<&'static str>,
}

impl Drop for Catalog<'_> {
    fn drop(&mut self) {
        let script: String = self.names.iter().map(|name| format!("DROP TABLE IF EXISTS temp.{name};")).collect();
        // Should it fail, the tables stay: they answer too, only with osquery's declarations.
        let _ = self.connection.execute_batch(&script);
    }
}

/// Why a statement is not prepared.
enum Unprepared {
    /// It looks at the schema.
    WantsCatalog,
    /// It is wrong.
    Error(SqlError),
}

impl From<SqlError> for Unprepared {
    fn from(error: SqlError) -> Self {
        Self::Error(error)
    }
}

impl From<Unprepared> for SqlError {
    fn from(unprepared: Unprepared) -> Self {
        match unprepared {
            Unprepared::WantsCatalog => Self::new(ffi::SQLITE_ERROR, "the statement changes while it is prepared"),
            Unprepared::Error(error) => error,
        }
    }
}

fn lock(heard: &Mutex<Heard>) -> std::sync::MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Connects the authorizer and the progress handler.
fn listen(
    connection: &mut Connection,
    heard: &Arc<Mutex<Heard>>,
    listening: &Arc<AtomicBool>,
    cancel: &Cancel,
) -> Result<(), SqlError> {
    let (listener, listening) = (Arc::clone(heard), Arc::clone(listening));
    connection.authorizer(Some(move |context: rusqlite::hooks::AuthContext<'_>| {
        let ruling = judge(&context);
        if let rusqlite::hooks::AuthAction::CreateTable { table_name } = context.action {
            lock(&listener).creates = Some(table_name.to_owned());
        }
        if let rusqlite::hooks::AuthAction::DropVtable { table_name, .. } = context.action {
            lock(&listener).drops.push(table_name.to_owned());
        }
        if let rusqlite::hooks::AuthAction::Read { table_name, column_name } = context.action
            && listening.load(Ordering::Relaxed)
        {
            lock(&listener).reads.insert((table_name.to_owned(), column_name.to_owned()));
        }
        if ruling.wants_catalog || ruling.denied.is_some() {
            let mut heard = lock(&listener);
            heard.wants_catalog |= ruling.wants_catalog;
            heard.denied.extend(ruling.denied);
        }
        ruling.answer
    }))?;
    let cancel = cancel.clone();
    connection.progress_handler(PROGRESS, Some(move || cancel.is_cancelled()))?;
    Ok(())
}

fn step_all(stmt: &mut Stmt<'_>, sink: &mut dyn Sink, limit: Option<u64>) -> Result<(), SqlError> {
    let columns = result_columns(stmt);
    if columns.is_empty() {
        while stmt.step()? {}
        return Ok(());
    }
    sink.begin(&columns)?;
    let mut rows = 0;
    while stmt.step()? {
        if limit.is_some_and(|limit| rows >= limit) {
            let message = format!("the query gives more than {rows} rows: it was stopped");
            return Err(SqlError::Budget { message, code: ffi::SQLITE_FULL });
        }
        rows += 1;
        sink.row(&Row { stmt, len: columns.len() })?;
    }
    sink.end()?;
    Ok(())
}

fn result_columns(stmt: &Stmt<'_>) -> Vec<ResultColumn> {
    (0..stmt.columns())
        .map(|column| ResultColumn { name: stmt.name(column), decltype: stmt.decltype(column) })
        .collect()
}

/// The program of a statement, which is ready to run afterwards.
fn explain(stmt: &mut Stmt<'_>) -> Result<Vec<Instruction>, SqlError> {
    stmt.explain(true)?;
    let mut program = Vec::with_capacity(64);
    while stmt.step()? {
        let text = |column| match stmt.cell(column) {
            Cell::Text(text) => text,
            _ => &[],
        };
        program.push(Instruction::new(text(1), [2, 3, 4].map(|column| stmt.int(column)), || text(5)));
    }
    stmt.reset();
    stmt.explain(false)?;
    Ok(program)
}

/// Moves an error's place: the statement began at `start` of the whole text.
fn moved(error: SqlError, start: usize) -> SqlError {
    match error {
        SqlError::Sql { message, code, span, help } => {
            SqlError::Sql { message, code, span: span.map(|span| span.start + start..span.end + start), help }
        }
        other => other,
    }
}
