//! A cursor on a table: streams rows, or reads a collection that the statement's cursors share.
#![allow(unsafe_code, reason = "implements SQLite's virtual table interface")]

use crate::key::Key;
use crate::picture::{Listed, OutOfMemory, Picture, Sifted};
use crate::plan::{Access, Passed, Plan};
use crate::run::{Chosen, Run, TableRun, choosing, source};
use crate::vtab::{error, guard, owned};
use plumb_schema::{AnyRows, AnyTable, Constraint, DeclaredTable, Op, Request, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::vtab::{Context, Filters, VTabCursor, sqlite3_vtab_cursor};
use rusqlite::{Result, ToSql, ffi};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

/// See the module.
#[repr(C)]
pub(crate) struct Cursor {
    /// SQLite's part; must be first.
    base: sqlite3_vtab_cursor,
    table: &'static dyn AnyTable,
    /// Columns of the table.
    width: usize,
    declared: Arc<DeclaredTable>,
    opened: Option<(Rc<Run>, Rc<TableRun>)>,
    /// The last index string and what it means.
    plan: (String, Rc<Plan>),
    state: State,
    /// What is to be read when the state has no more rows.
    rest: VecDeque<Asked>,
    steps: u32,
}

enum State {
    Done,
    /// Rows that nobody keeps.
    Streaming {
        rows: Box<dyn AnyRows>,
        ordinal: i64,
    },
    /// All rows of a collection.
    Walking {
        picture: Rc<RefCell<Picture>>,
        row: usize,
    },
    /// The rows of a collection whose value in a column may equal what is looked for.
    Probing {
        picture: Rc<RefCell<Picture>>,
        column: usize,
        row: usize,
    },
    /// Some rows of a collection.
    Visiting {
        picture: Rc<RefCell<Picture>>,
        rows: Vec<usize>,
        next: usize,
    },
}

impl State {
    /// Goes to the next row, if there is one.
    fn advance(&mut self) -> Result<bool> {
        match self {
            Self::Done => Ok(false),
            Self::Streaming { rows, ordinal } => {
                *ordinal += 1;
                Ok(rows.advance())
            }
            Self::Walking { picture, row } => {
                *row = row.wrapping_add(1);
                picture.borrow_mut().has(*row).map_err(out_of_memory)
            }
            Self::Probing { picture, column, row } => {
                let next = picture.borrow().after(*column, *row);
                Ok(next.inspect(|next| *row = *next).is_some())
            }
            Self::Visiting { rows, next, .. } => {
                *next += 1;
                Ok(*next < rows.len())
            }
        }
    }

    /// Goes to the first row after it has begun: some begin before it, some on it.
    fn settle(&mut self) -> Result<bool> {
        match self {
            Self::Done | Self::Streaming { .. } | Self::Walking { .. } => self.advance(),
            Self::Probing { .. } | Self::Visiting { .. } => Ok(true),
        }
    }
}

/// Collections that a table keeps at most; each was chosen by other constraints.
const PICTURES: usize = 1024;

/// Lookups keep at most this many rows a statement; then results are not kept any more.
const LOOKED_UP_ROWS: usize = 65_536;

impl Cursor {
    pub(crate) fn new(table: &'static dyn AnyTable, declared: Arc<DeclaredTable>) -> Self {
        let opened = Run::current().map(|run| {
            let shared = run.table(table);
            (run, shared)
        });
        let plan = (String::new(), Rc::new(Plan::SCAN));
        let (base, width) = (sqlite3_vtab_cursor::default(), table.width());
        Self { base, table, width, declared, opened, plan, state: State::Done, rest: VecDeque::new(), steps: 0 }
    }

    fn run(&self) -> Result<(Rc<Run>, Rc<TableRun>)> {
        self.opened.clone().ok_or_else(outside)
    }

    fn parse(&mut self, text: &str) -> Rc<Plan> {
        if self.plan.0 != text {
            let place = |name: &str| self.table.specs().position(|spec| spec.name == name);
            self.plan = (text.to_owned(), Rc::new(Plan::parse(text, place)));
        }
        Rc::clone(&self.plan.1)
    }

    fn start(&mut self, idx_str: Option<&str>, args: &Filters<'_>) -> Result<()> {
        let plan = self.parse(idx_str.unwrap_or("scan"));
        let (run, shared) = self.run()?;
        let asked = Asked::read(self.table, &plan, args)?;
        warn_current_user(&run, &shared, &asked);
        (self.state, self.rest) = (State::Done, VecDeque::new());
        // An equality with NULL holds for no row.
        if plan.access != Access::Scan && asked.values.is_empty() {
            return Ok(());
        }
        if shared.places && !shared.once {
            self.rest = asked.parts(self.table, plan.access);
            return Ok(());
        }
        self.state = self.open(&run, &shared, plan.access, &asked)?;
        Ok(())
    }

    /// Begins to read; rows of a collection begin before the first one.
    fn open(&self, run: &Run, shared: &Rc<TableRun>, access: Access, asked: &Asked) -> Result<State> {
        // A table of user data answers for one user when none is asked for: a lookup finds more than its scan.
        let look_up = !shared.whole || self.table.user_data();
        let walking = |picture| State::Walking { picture, row: usize::MAX };
        Ok(match access {
            Access::Scan if shared.once => {
                shared.wait();
                stream(shared.table.scan(&shared.cx, &asked.request(shared)))
            }
            Access::Pick { column, .. } if shared.once => stream(pick(shared, column, asked)),
            Access::Pick { column, .. } if look_up => walking(look_up_by(run, shared, column, asked)?),
            Access::Scan => walking(collection(run, shared, asked)?),
            Access::Pick { column, .. } | Access::Probe { column } => {
                self.probe(&collection(run, shared, asked)?, column, asked)?
            }
        })
    }

    /// Rows of a collection by the values of a column. Where equal values need not have equal keys, all rows.
    fn probe(&self, picture: &Rc<RefCell<Picture>>, column: usize, asked: &Asked) -> Result<State> {
        let Some(keys) = &asked.keys else {
            return Ok(State::Walking { picture: Rc::clone(picture), row: usize::MAX });
        };
        let mut collected = picture.borrow_mut();
        if let [key] = keys.as_slice() {
            let first = collected.first(self.table, column, key).map_err(out_of_memory)?;
            let probing = |row| State::Probing { picture: Rc::clone(picture), column, row };
            return Ok(first.map_or(State::Done, probing));
        }
        let mut rows = Vec::new();
        for key in keys {
            let first = collected.first(self.table, column, key).map_err(out_of_memory)?;
            rows.extend(std::iter::successors(first, |row| collected.after(column, *row)));
        }
        rows.sort_unstable();
        rows.dedup();
        Ok(if rows.is_empty() { State::Done } else { State::Visiting { picture: Rc::clone(picture), rows, next: 0 } })
    }

    fn advance(&mut self) -> Result<()> {
        let (run, _) = self.opened.as_ref().ok_or_else(outside)?;
        self.steps = self.steps.wrapping_add(1);
        if self.steps.is_multiple_of(256) && run.statement.cancel.is_cancelled() {
            return Err(interrupted());
        }
        if self.state.advance()? {
            return Ok(());
        }
        self.state = State::Done;
        self.settle()
    }

    /// Goes to the first row of what has begun or, if it has none, of what is to be read after it.
    fn settle(&mut self) -> Result<()> {
        let (run, shared) = self.run()?;
        while !self.state.settle()? {
            self.state = State::Done;
            // A collector stops early and quietly when it is cancelled: that is not the end of its rows.
            if run.statement.cancel.is_cancelled() {
                return Err(interrupted());
            }
            let Some(asked) = self.rest.pop_front() else { break };
            self.state = self.open(&run, &shared, self.plan.1.access, &asked)?;
        }
        Ok(())
    }

    /// The row's place in what the statement sees of the table. Rows of collections that different constraints chose
    /// are different rows.
    fn place(&self) -> i64 {
        let (picture, row) = match &self.state {
            State::Done => return 0,
            State::Streaming { ordinal, .. } => return *ordinal,
            State::Walking { picture, row } | State::Probing { picture, row, .. } => (picture, *row),
            State::Visiting { picture, rows, next } => (picture, rows.get(*next).copied().unwrap_or(0)),
        };
        picture.borrow().place(row)
    }

    fn cell(&self, context: &mut Context, declared: c_int) -> Result<()> {
        let declared = usize::try_from(declared).unwrap_or(0);
        if declared == self.declared.columns.len() {
            return context.set_result(self.place());
        }
        let column = if declared < self.width { declared } else { source(self.table, declared) };
        match &self.state {
            State::Done => Ok(()),
            State::Streaming { rows, .. } => context.set_result(Cell(&rows.value(column))),
            State::Walking { picture, row } | State::Probing { picture, row, .. } => {
                context.set_result(Cell(&picture.borrow().value(*row, column)))
            }
            State::Visiting { picture, rows, next } => {
                let row = rows.get(*next).copied().unwrap_or(usize::MAX);
                context.set_result(Cell(&picture.borrow().value(row, column)))
            }
        }
    }
}

// SAFETY: `base` is the first field and the struct is `repr(C)`.
unsafe impl VTabCursor for Cursor {
    fn filter(&mut self, _idx_num: c_int, idx_str: Option<&str>, args: &Filters<'_>) -> Result<()> {
        let table = self.table;
        self.state = State::Done;
        guard(table, || {
            self.start(idx_str, args)?;
            self.settle()
        })
    }

    fn next(&mut self) -> Result<()> {
        let table = self.table;
        guard(table, || self.advance())
    }

    fn eof(&self) -> bool {
        matches!(self.state, State::Done)
    }

    fn column(&self, context: &mut Context, declared: c_int) -> Result<()> {
        guard(self.table, || self.cell(context, declared))
    }

    fn rowid(&self) -> Result<i64> {
        Ok(self.place())
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        // Row subjects may hold anything; what they do when they go must not reach SQLite.
        let state = std::mem::replace(&mut self.state, State::Done);
        let opened = self.opened.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop((state, opened))));
    }
}

/// What a filter was given.
#[derive(Clone)]
struct Asked {
    /// The values that the access looks for; NULLs are left out.
    values: Vec<Value<'static>>,
    /// Their keys, without repetition; `None` when some value has none that could be relied on.
    keys: Option<Vec<Key<'static>>>,
    /// The constraints for the table.
    passed: Vec<(Passed, Constraint)>,
}

impl Asked {
    fn read(table: &'static dyn AnyTable, plan: &Plan, args: &Filters<'_>) -> Result<Self> {
        let mut place = 0..args.len();
        let mut take = |list: bool| -> Result<Vec<Value<'static>>> {
            let Some(place) = place.next() else { return Ok(Vec::new()) };
            if list {
                return in_values(args, place);
            }
            let value = args.iter().nth(place).map_or(Value::Null, owned);
            Ok(if value == Value::Null { Vec::new() } else { vec![value] })
        };
        let values = match plan.access {
            Access::Scan => Vec::new(),
            Access::Pick { list, .. } => take(list)?,
            Access::Probe { .. } => take(false)?,
        };
        let mut passed = Vec::with_capacity(plan.passed.len());
        for one in &plan.passed {
            let values = take(one.list)?;
            pass(table, &mut passed, *one, values);
        }
        let keys = plan.column().and_then(|column| keys(table, column, &values));
        Ok(Self { values, keys, passed })
    }

    /// The same in questions none of which is about rows of another one, so that a row has one place however it was asked
    /// for: one user and one value of each parameter in each. Patterns may overlap: tables that know them have keys.
    fn parts(self, table: &'static dyn AnyTable, access: Access) -> VecDeque<Self> {
        let mut parts = VecDeque::from([self]);
        if let (Access::Pick { column, .. }, true) = (access, table.user_data()) {
            parts = parts.into_iter().flat_map(|part| part.by_value(table, column)).collect();
        }
        let lists = parts.front().map_or(0, |part| part.passed.len());
        for place in 0..lists {
            parts = parts.into_iter().flat_map(|part| part.by_passed(place, table)).collect();
        }
        parts
    }

    /// One for each value that is looked up.
    fn by_value(self, table: &dyn AnyTable, column: usize) -> Vec<Self> {
        let collation = table.spec(column).collation;
        let mut singles: BTreeMap<Key<'static>, Value<'static>> = BTreeMap::new();
        for value in &self.values {
            let Some(key) = Key::new(value, collation) else { return vec![self] };
            singles.entry(key.into_owned()).or_insert_with(|| value.clone());
        }
        let single = |(key, value)| Self { values: vec![value], keys: Some(vec![key]), passed: self.passed.clone() };
        singles.into_iter().map(single).collect()
    }

    /// One for each value of a parameter.
    fn by_passed(self, place: usize, table: &dyn AnyTable) -> Vec<Self> {
        let values = match self.passed.get(place) {
            Some((passed, constraint)) if passed.op == Op::Eq && table.spec(passed.column).parameter => {
                constraint.values.clone()
            }
            _ => Vec::new(),
        };
        if values.len() < 2 {
            return vec![self];
        }
        let single = |value| {
            let mut part = self.clone();
            if let Some((_, constraint)) = part.passed.get_mut(place) {
                constraint.values = vec![value];
            }
            part
        };
        values.into_iter().map(single).collect()
    }

    fn request(&self, shared: &TableRun) -> Request {
        let columns = shared.layout.columns.iter().map(|column| shared.table.spec(*column).name).collect();
        Request::new(columns, self.passed.iter().map(|(_, constraint)| constraint.clone()).collect())
    }

    /// A request for a collection that several cursors read: only what chooses its rows.
    fn choosing_request(&self, shared: &TableRun) -> Request {
        let columns = shared.layout.columns.iter().map(|column| shared.table.spec(*column).name).collect();
        let parameter = |passed: &Passed| shared.table.spec(passed.column).parameter;
        let constraints = self.passed.iter().filter(|(passed, _)| parameter(passed));
        Request::new(columns, constraints.map(|(_, constraint)| constraint.clone()).collect())
    }

    /// The same in comparable form.
    fn chosen(&self, shared: &TableRun) -> Chosen {
        let passed: Vec<Passed> = self.passed.iter().map(|(passed, _)| *passed).collect();
        choosing(shared.table, &passed)
            .filter_map(|place| self.passed.get(place))
            .map(|(passed, constraint)| {
                let keys = constraint.values.iter().map(|value| Key::exact(value).map(Key::into_owned));
                (passed.column, passed.op, keys.collect())
            })
            .collect()
    }
}

/// Adds a constraint for the table. What two of them ask of one column by `=` is one list, in which no value comes
/// twice: a table that is asked for a namespace twice would give its rows twice.
fn pass(table: &dyn AnyTable, all: &mut Vec<(Passed, Constraint)>, one: Passed, values: Vec<Value<'static>>) {
    let same =
        |(other, _): &&mut (Passed, Constraint)| one.op == Op::Eq && (other.column, other.op) == (one.column, one.op);
    let at = match all.iter_mut().find(same) {
        Some((_, constraint)) => constraint,
        None => {
            all.push((one, Constraint { column: table.spec(one.column).name, op: one.op, values: Vec::new() }));
            let Some((_, constraint)) = all.last_mut() else { return };
            constraint
        }
    };
    for value in values {
        // A number in any spelling is one to a table.
        let value =
            if one.op == Op::Eq { typed(table, one.column, &value).map_or(value, |(_, value)| value) } else { value };
        if !at.values.contains(&value) {
            at.values.push(value);
        }
    }
}

/// The keys of some values, sorted and without repetition; `None` when the column's collation has no keys.
fn keys(table: &dyn AnyTable, column: usize, values: &[Value<'_>]) -> Option<Vec<Key<'static>>> {
    let collation = table.spec(column).collation;
    if !Key::supports(collation) {
        return None;
    }
    let mut keys: Vec<Key<'static>> =
        values.iter().filter_map(|value| Some(Key::new(value, collation)?.into_owned())).collect();
    keys.sort_unstable();
    keys.dedup();
    Some(keys)
}

fn in_values(args: &Filters<'_>, place: usize) -> Result<Vec<Value<'static>>> {
    use rusqlite::fallible_iterator::FallibleIterator as _;
    let mut list = args.in_values(place)?;
    let mut values = Vec::new();
    while let Some(value) = list.next()? {
        let value = owned(value);
        if value != Value::Null {
            values.push(value);
        }
    }
    Ok(values)
}

fn stream(rows: Box<dyn AnyRows>) -> State {
    State::Streaming { rows, ordinal: -1 }
}

/// While every cursor of the table looks rows up, results are kept by what was looked up.
fn look_up_by(run: &Run, shared: &Rc<TableRun>, column: usize, asked: &Asked) -> Result<Rc<RefCell<Picture>>> {
    let Some(keys) = asked.keys.clone() else { return collection(run, shared, asked) };
    let key = (column, keys, asked.chosen(shared));
    if let Some(picture) = shared.looked_up.borrow().get(&key) {
        return Ok(Rc::clone(picture));
    }
    let mut picture = Picture::new(pick(shared, column, asked), &shared.layout, shared.new_places(), &run.meter);
    picture.has(usize::MAX).map_err(out_of_memory)?;
    let kept = shared.looked_up_rows.get() + picture.len() + 1;
    let picture = Rc::new(RefCell::new(picture));
    if kept <= LOOKED_UP_ROWS {
        shared.looked_up_rows.set(kept);
        shared.looked_up.borrow_mut().insert(key, Rc::clone(&picture));
    }
    Ok(picture)
}

/// The collection that the asked constraints choose, shared by all cursors of the table.
fn collection(run: &Run, shared: &Rc<TableRun>, asked: &Asked) -> Result<Rc<RefCell<Picture>>> {
    let chosen = asked.chosen(shared);
    let mut pictures = shared.pictures.borrow_mut();
    if let Some(picture) = pictures.get(&chosen) {
        return Ok(Rc::clone(picture));
    }
    // A join may choose anew for every row (the hash of each file): then only the last collections are kept.
    if pictures.len() >= PICTURES {
        pictures.clear();
    }
    shared.wait();
    let rows = shared.table.scan(&shared.cx, &asked.choosing_request(shared));
    let picture = Rc::new(RefCell::new(Picture::new(rows, &shared.layout, shared.new_places(), &run.meter)));
    shared.suspend(&picture).map_err(out_of_memory)?;
    pictures.insert(chosen, Rc::clone(&picture));
    Ok(picture)
}

/// Rows by lookup. A value that the lookup cannot take (text that is no number for an integer column) may still equal
/// something in SQLite's eyes: then a scan is sifted.
fn pick(shared: &Rc<TableRun>, column: usize, asked: &Asked) -> Box<dyn AnyRows> {
    shared.wait();
    let (table, request) = (shared.table, asked.request(shared));
    let typed: Option<Vec<(Key<'static>, Value<'static>)>> =
        asked.values.iter().map(|value| typed(table, column, value)).collect();
    let Some(mut typed) = typed else {
        let rows = table.scan(&shared.cx, &request);
        let collation = table.spec(column).collation;
        return match &asked.keys {
            Some(keys) => Box::new(Sifted { rows, column, collation, keys: keys.clone() }),
            None => rows,
        };
    };
    if let [(_, value)] = typed.as_slice()
        && let Some(rows) = table.pick(&shared.cx, column, value, &request)
    {
        return rows;
    }
    typed.sort_unstable_by(|left, right| left.0.cmp(&right.0));
    typed.dedup_by(|left, right| left.0 == right.0);
    let mut typed = VecDeque::from(typed);
    let shared = Rc::clone(shared);
    Box::new(Listed::new(column, move || {
        let (key, value) = typed.pop_front()?;
        Some((key, table.pick(&shared.cx, column, &value, &request)?))
    }))
}

/// A value as a lookup takes it, with its exact key.
fn typed(table: &dyn AnyTable, column: usize, value: &Value<'static>) -> Option<(Key<'static>, Value<'static>)> {
    let value = match table.spec(column).kind {
        plumb_schema::Type::Text => Value::Text(value.as_text()?.to_vec().into()),
        _ => Value::Int(value.as_int().or_else(|| integral(value))?),
    };
    let key = Key::exact(&value)?.into_owned();
    Some((key, value))
}

/// The whole number that a text of another spelling is to SQLite: `1.0`, `1e3`.
fn integral(value: &Value<'_>) -> Option<i64> {
    match Key::new(value, plumb_schema::Collation::Binary)? {
        Key::Int(int) if matches!(value, Value::Text(_)) => Some(int),
        _ => None,
    }
}

fn interrupted() -> rusqlite::Error {
    error(ffi::SQLITE_INTERRUPT, "interrupted".to_owned())
}

fn outside() -> rusqlite::Error {
    error(ffi::SQLITE_MISUSE, "a table was read outside of a statement".to_owned())
}

/// What is said of a query that keeps too many rows.
pub(crate) const OVER_BUDGET: &str = "the query needs more memory than its budget allows";

fn out_of_memory(_: OutOfMemory) -> rusqlite::Error {
    error(ffi::SQLITE_NOMEM, OVER_BUDGET.to_owned())
}

/// Tables of user data answer for the current user when no user is asked for; who runs as root may expect all.
fn warn_current_user(run: &Run, shared: &TableRun, asked: &Asked) {
    let asks = |name: &str| asked.passed.iter().any(|(_, constraint)| constraint.column == name);
    if !shared.table.user_data() || asks("uid") || !asked.values.is_empty() || shared.warned.replace(true) {
        return;
    }
    if shared.cx.host.own_ids().0 == 0 {
        run.warnings.borrow_mut().push(format!(
            "The {} table returns data based on the current user by default, consider JOINing against the users table",
            shared.table.name()
        ));
    }
}

/// A cell for SQLite.
struct Cell<'a>(&'a Value<'a>);

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Int(int) => ValueRef::Integer(*int),
            Value::Real(real) => ValueRef::Real(*real),
            Value::Text(text) => ValueRef::Text(text),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
