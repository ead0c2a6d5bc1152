//! A statement in progress: what its cursors share.

use crate::picture::{Layout, Meter, Numbers, OutOfMemory, Picture, Places};
use crate::plan::{Access, Passed, Plan};
use crate::program::Usage;
use crate::{Budget, key::Key};
use plumb_schema::{AnyTable, Cx, Statement};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A constraint of a request in comparable form.
pub(crate) type Chosen = Vec<(usize, plumb_schema::Op, Vec<Option<Key<'static>>>)>;

/// A lookup that was made: the column, the keys, and the constraints that choose rows.
pub(crate) type LookedUp = (usize, Vec<Key<'static>>, Chosen);

/// One run of one statement.
pub(crate) struct Run {
    pub(crate) statement: Arc<Statement>,
    /// How long a table that was asked before is let alone.
    delay: Duration,
    /// How the program uses each table; empty when the program is not known (SQLite prepared it again).
    usages: HashMap<&'static str, Usage>,
    tables: RefCell<HashMap<&'static str, Rc<TableRun>>>,
    /// Counts what the pictures keep.
    pub(crate) meter: Meter,
    pub(crate) warnings: RefCell<Vec<String>>,
    /// SQLite prepared the statement again after its program was read.
    stale: Cell<bool>,
}

/// Collections of one table that may be under way at a time, beside those that are being read.
const SUSPENDED: usize = 16;

thread_local! {
    static CURRENT: RefCell<Option<Rc<Run>>> = const { RefCell::new(None) };
}

impl Run {
    pub(crate) fn new(
        statement: Arc<Statement>,
        budget: Budget,
        delay: Duration,
        usages: HashMap<&'static str, Usage>,
    ) -> Rc<Self> {
        Rc::new(Self {
            statement,
            delay,
            usages,
            tables: RefCell::default(),
            meter: Meter::new(budget.memory),
            warnings: RefCell::default(),
            stale: Cell::new(false),
        })
    }

    /// The statement that this thread is stepping.
    pub(crate) fn current() -> Option<Rc<Self>> {
        CURRENT.with_borrow(Option::clone)
    }

    /// Makes this the statement that the thread is stepping, until the guard is dropped.
    pub(crate) fn enter(self: &Rc<Self>) -> Entered {
        Entered(CURRENT.replace(Some(Rc::clone(self))))
    }

    /// What the cursors of a table share.
    pub(crate) fn table(&self, table: &'static dyn AnyTable) -> Rc<TableRun> {
        let make = || {
            let cx = Arc::new(Cx::new(table.name(), Arc::clone(&self.statement)));
            let usage = self.usages.get(table.name()).filter(|_| !self.stale.get());
            Rc::new(TableRun::new(table, cx, self.delay, usage))
        };
        Rc::clone(self.tables.borrow_mut().entry(table.name()).or_insert_with(make))
    }

    /// Forgets the program: planning while a statement runs means that it changed. Tables are then kept whole.
    pub(crate) fn program_changed(&self) {
        self.stale.set(true);
    }
}

/// Restores the statement that was current before; statements nest when a table asks another connection.
pub(crate) struct Entered(Option<Rc<Run>>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.replace(self.0.take());
    }
}

/// One table in one run.
pub(crate) struct TableRun {
    pub(crate) table: &'static dyn AnyTable,
    pub(crate) cx: Arc<Cx>,
    /// Rows are read at most once and need not be kept.
    pub(crate) once: bool,
    /// Some cursor reads the whole collection, so that all must.
    pub(crate) whole: bool,
    /// Rows are known again by their places: two cursors that meet a row must agree on it.
    pub(crate) places: bool,
    /// The columns that choose which rows there are: parameters, and the one by which rows of a user are found.
    choosing: Rc<[usize]>,
    /// The numbers of what they chose.
    numbers: Numbers,
    /// The columns that any cursor reads.
    pub(crate) layout: Rc<Layout>,
    /// The collections, by the constraints that choose their rows.
    pub(crate) pictures: RefCell<HashMap<Chosen, Rc<RefCell<Picture>>>>,
    /// Collections that are not complete: see [`TableRun::suspend`].
    suspended: RefCell<Vec<Weak<RefCell<Picture>>>>,
    /// Results of lookups, while every cursor looks up.
    pub(crate) looked_up: RefCell<HashMap<LookedUp, Rc<RefCell<Picture>>>>,
    /// Rows in `looked_up`.
    pub(crate) looked_up_rows: Cell<usize>,
    pub(crate) warned: Cell<bool>,
    /// See [`TableRun::wait`].
    delay: Duration,
    asked: Cell<bool>,
}

impl TableRun {
    /// What gives the rows of a collection their places; nothing where nobody asks for them.
    pub(crate) fn new_places(&self) -> Option<Places> {
        self.places.then(|| Places::new(&self.choosing, &self.numbers))
    }

    fn new(table: &'static dyn AnyTable, cx: Arc<Cx>, delay: Duration, usage: Option<&Usage>) -> Self {
        let place = |name: &str| table.specs().position(|spec| spec.name == name);
        let all: Vec<usize> = (0..table.width()).collect();
        let (once, whole, places, columns) = match usage {
            Some(usage) => {
                let plans: Vec<Plan> = usage.filters.iter().map(|filter| Plan::parse(filter, place)).collect();
                let scans = plans.iter().any(|plan| !matches!(plan.access, Access::Pick { .. }));
                let declared = declared_width(table);
                // A row's place is a place in the whole collection: a lookup has none of its own.
                let places = usage.columns.contains(&declared) || (usage.rowid && !table.has_key());
                let whole = scans || places;
                let own = usage.columns.iter().filter(|column| **column < declared);
                let mut columns: Vec<usize> = own.map(|column| source(table, *column)).collect();
                columns.extend(plans.iter().filter_map(Plan::column));
                columns.sort_unstable();
                columns.dedup();
                (usage.once && (scans || !places), whole, places, columns)
            }
            None => (false, true, true, all),
        };
        Self {
            table,
            cx,
            once,
            whole,
            places,
            choosing: choosing_columns(table),
            numbers: Numbers::default(),
            layout: Rc::new(Layout::new(columns)),
            pictures: RefCell::default(),
            suspended: RefCell::default(),
            looked_up: RefCell::default(),
            looked_up_rows: Cell::new(0),
            warned: Cell::new(false),
            delay,
            asked: Cell::new(false),
        }
    }
}

impl TableRun {
    /// Is called before the table is asked: from the second time on it is let alone for a while first, if that is wanted.
    pub(crate) fn wait(&self) {
        if !self.asked.replace(true) || self.delay.is_zero() {
            return;
        }
        let start = Instant::now();
        while let Some(left) = self.delay.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
            if self.cx.is_cancelled() {
                return;
            }
            std::thread::park_timeout(left.min(Duration::from_millis(20)));
        }
    }

    /// Remembers a collection that has just begun. One under way may hold an open directory: of those that nobody
    /// reads any more (an EXISTS has seen enough of them) some are completed before there are too many.
    pub(crate) fn suspend(&self, picture: &Rc<RefCell<Picture>>) -> Result<(), OutOfMemory> {
        let mut suspended = self.suspended.borrow_mut();
        suspended.retain(|other| other.upgrade().is_some_and(|other| !other.borrow().is_complete()));
        if suspended.len() >= SUSPENDED {
            // The list of collections holds one, and `upgrade` another.
            let idle = suspended.iter().filter_map(Weak::upgrade).find(|other| Rc::strong_count(other) == 2);
            if let Some(idle) = idle {
                idle.borrow_mut().has(usize::MAX)?;
            }
        }
        suspended.push(Rc::downgrade(picture));
        Ok(())
    }
}

/// Columns of the declaration, aliases included; a row's place stands behind them.
pub(crate) fn declared_width(table: &dyn AnyTable) -> usize {
    table.width() + table.specs().map(|spec| spec.aliases.len()).sum::<usize>()
}

/// The table's column behind a declared one: aliases stand behind the table's own columns, in order.
pub(crate) fn source(table: &dyn AnyTable, declared: usize) -> usize {
    if declared < table.width() {
        return declared;
    }
    let mut aliases = table.specs().enumerate().flat_map(|(place, spec)| spec.aliases.iter().map(move |_| place));
    aliases.nth(declared - table.width()).unwrap_or(0)
}

/// The part of the passed constraints that chooses which rows exist.
pub(crate) fn choosing<'a>(table: &'a dyn AnyTable, passed: &'a [Passed]) -> impl Iterator<Item = usize> + 'a {
    passed.iter().enumerate().filter(|(_, passed)| table.spec(passed.column).parameter).map(|(place, _)| place)
}

/// The columns whose values say by what choice a row is there.
fn choosing_columns(table: &dyn AnyTable) -> Rc<[usize]> {
    let chooses = |column: &usize| table.spec(*column).parameter || (table.user_data() && table.can_pick(*column));
    (0..table.width()).filter(chooses).collect()
}
