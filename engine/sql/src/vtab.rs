//! The adapter: every table of a registry as a virtual table of SQLite.
//!
//! Callbacks never let a panic into SQLite: it fails the query alone.
#![allow(unsafe_code, reason = "implements SQLite's virtual table interface")]

use crate::cursor::Cursor;
use crate::plan::Plan;
use crate::planner::{self, Care, Comparisons, Computed, Refusal};
use crate::program::{Instruction, Usage, analyse, splits};
use crate::run::Run;
use plumb_schema::{AnyTable, DeclaredTable, Platforms};
use rusqlite::types::ValueRef;
use rusqlite::vtab::{CreateVTab, IndexInfo, Module, VTab, VTabConnection, VTabKind, sqlite3_vtab};
use rusqlite::{Connection, Error, Result, ffi};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A table, the address of its `sqlite3_vtab`, and a column that chooses its rows.
type Choice = (&'static dyn AnyTable, usize, usize, Comparisons);

/// What planning leaves behind for the engine.
#[derive(Default)]
pub(crate) struct Planned {
    /// The table behind each virtual table that was planned, by the address of its `sqlite3_vtab`.
    tables: HashMap<usize, &'static dyn AnyTable>,
    /// Tables that refused to be read.
    pub(crate) refusals: Vec<Refusal>,
    /// The tables that were planned since [`Planned::reset`].
    pub(crate) names: BTreeSet<&'static str>,
    /// What statements compare with parameters of the virtual tables since [`Planned::reset`], by address.
    computed: HashMap<usize, Computed>,
    /// How dear is what may be lost.
    pub(crate) care: Care,
    /// Lines that describe the planning, when asked for.
    pub(crate) trace: Option<Vec<String>>,
}

impl Planned {
    pub(crate) fn reset(&mut self) {
        self.refusals.clear();
        self.names.clear();
        self.computed.clear();
        self.care = Care::Usual;
    }

    /// Whether [`Planned::lost`] may find something.
    pub(crate) fn may_lose(&self) -> bool {
        !self.computed.is_empty()
    }

    /// A table, and a column that chooses its rows, of which a program loses the value: SQLite plans each side of an OR together
    /// with the conditions around it, and makes it without those that hold subqueries. The suspicion alone, or what is `certain`:
    /// what can be read as a whole was planned so when it was suspected.
    pub(crate) fn lost(&self, program: &[Instruction], certain: bool) -> Option<(&'static str, &'static str)> {
        let lost = |(table, address, column, compared): &Choice| {
            let told = |filter: &str| plan(*table, filter).names(*column);
            (!certain || table.is_constrained() && compared.free()) && splits(program, *address, *column, told, certain)
        };
        self.choices().find(lost).map(|(table, _, column, _)| (table.name(), table.spec(column).name))
    }

    /// The columns of tables that choose rows and reach the tables in a program.
    pub(crate) fn told(&self, program: &[Instruction]) -> BTreeSet<(&'static str, &'static str)> {
        let usages = analyse(program);
        let is_told = |(table, address, column, _): &Choice| {
            let filters = usages.get(address).map_or(&[][..], |usage| &usage.filters);
            filters.iter().any(|filter| plan(*table, filter).names(*column))
        };
        let choices = self.choices().filter(is_told);
        choices.map(|(table, _, column, _)| (table.name(), table.spec(column).name)).collect()
    }

    /// Tables, their addresses, and columns that choose their rows by what is computed.
    fn choices(&self) -> impl Iterator<Item = Choice> {
        let tables = self.computed.iter().filter_map(|(address, computed)| {
            let table = *self.tables.get(address)?;
            Some(computed.iter().map(move |(column, compared)| (table, *address, *column, *compared)))
        });
        tables.flatten()
    }

    /// The usages of a program by table. Two virtual tables over one table (it was declared twice) are one.
    pub(crate) fn by_table(&self, usages: HashMap<usize, Usage>) -> HashMap<&'static str, Usage> {
        let mut merged: HashMap<&'static str, Usage> = HashMap::new();
        for (address, usage) in usages {
            let Some(table) = self.tables.get(&address) else { continue };
            match merged.entry(table.name()) {
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(usage);
                }
                std::collections::hash_map::Entry::Occupied(mut taken) => {
                    let both = taken.get_mut();
                    both.once = both.once && usage.filters.is_empty() || usage.once && both.filters.is_empty();
                    both.filters.extend(usage.filters);
                    both.columns.extend(usage.columns);
                    both.rowid |= usage.rowid;
                }
            }
        }
        merged
    }
}

/// What a filter of a table's cursor is told.
fn plan(table: &dyn AnyTable, filter: &str) -> Plan {
    Plan::parse(filter, |name| table.specs().position(|spec| spec.name == name))
}

/// Shared by the virtual tables of a connection.
#[derive(Default)]
pub(crate) struct Shared {
    planned: Mutex<Planned>,
}

impl Shared {
    pub(crate) fn planned(&self) -> MutexGuard<'_, Planned> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A table and the connection it is declared in.
pub(crate) struct Aux {
    pub(crate) table: &'static dyn AnyTable,
    pub(crate) shared: Arc<Shared>,
}

/// A connected virtual table.
#[repr(C)]
pub(crate) struct Tab {
    /// SQLite's part; must be first.
    base: sqlite3_vtab,
    table: &'static dyn AnyTable,
    declared: Arc<DeclaredTable>,
    shared: Arc<Shared>,
}

/// Declares tables: each can be used by its name at once, and costs nothing until then.
pub(crate) fn declare(
    connection: &Connection,
    tables: impl Iterator<Item = &'static dyn AnyTable>,
    shared: &Arc<Shared>,
) -> Result<()> {
    for table in tables {
        connection.create_module(
            table.name(),
            const { &Module::<Tab>::read_only_module() },
            Some(Aux { table, shared: Arc::clone(shared) }),
        )?;
    }
    Ok(())
}

/// Runs a callback; a panic becomes an error that names the table.
pub(crate) fn guard<T>(table: &dyn AnyTable, call: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let what = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("unknown cause");
        Err(error(ffi::SQLITE_ERROR, format!("table {} failed unexpectedly: {what}", table.name())))
    })
}

/// An error that SQLite hands on with this code and text.
pub(crate) fn error(code: i32, message: String) -> Error {
    Error::SqliteFailure(ffi::Error::new(code), Some(message))
}

// SAFETY: `base` is the first field and the struct is `repr(C)`.
unsafe impl<'vtab> VTab<'vtab> for Tab {
    type Aux = Aux;
    type Cursor = Cursor;

    fn connect(
        connection: &mut VTabConnection,
        aux: Option<&Aux>,
        _module: &[u8],
        database: &[u8],
        _table: &[u8],
        _args: &[&[u8]],
    ) -> Result<(Cow<'static, CStr>, Self)> {
        let Some(Aux { table, shared }) = aux else {
            return Err(error(ffi::SQLITE_INTERNAL, "a table without a declaration".to_owned()));
        };
        guard(*table, || {
            // Tables only read: views and functions of anyone may use them.
            connection.config(rusqlite::vtab::VTabConfig::Innocuous)?;
            let declared = DeclaredTable::new(*table, Platforms::CURRENT);
            // In `temp` a table stands only to be looked at; there it is declared as osquery does.
            let shown = database == b"temp" || !table.has_key() || table.unique();
            let columns = if shown { declared.sql() } else { declared.sql_with_place() };
            let sql = std::ffi::CString::new(format!("CREATE TABLE x{columns}"))?;
            let (table, declared, shared) = (*table, Arc::new(declared), Arc::clone(shared));
            Ok((Cow::Owned(sql), Self { base: sqlite3_vtab::default(), table, declared, shared }))
        })
    }

    fn best_index(&self, info: &mut IndexInfo) -> Result<bool> {
        guard(self.table, || {
            let mut planned = self.shared.planned();
            planned.names.insert(self.table.name());
            if let Some(run) = Run::current() {
                run.program_changed();
            }
            let address = std::ptr::from_ref(self).addr();
            planned.tables.insert(address, self.table);
            let mut computed = planner::Computed::new();
            let outcome = planner::plan(self.table, &self.declared, info, &mut computed, planned.care)?;
            for (column, compared) in computed {
                let known = planned.computed.entry(address).or_default().entry(column).or_default();
                *known = known.and(compared);
            }
            match outcome {
                planner::Outcome::Planned(line) => {
                    if let Some(trace) = &mut planned.trace {
                        trace.push(format!("xBestIndex {}: {line}", self.table.name()));
                    }
                    Ok(true)
                }
                planner::Outcome::OtherOrder => Ok(false),
                planner::Outcome::Refused(refusal) => {
                    planned.refusals.push(refusal);
                    Ok(false)
                }
            }
        })
    }

    fn open(&'vtab mut self) -> Result<Cursor> {
        guard(self.table, || Ok(Cursor::new(self.table, Arc::clone(&self.declared))))
    }
}

impl CreateVTab<'_> for Tab {
    const KIND: VTabKind = VTabKind::Eponymous;
}

/// A value of SQLite as a value of a table.
pub(crate) fn owned(value: ValueRef<'_>) -> plumb_schema::Value<'static> {
    use plumb_schema::Value;
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(int) => Value::Int(int),
        ValueRef::Real(real) => Value::Real(real),
        ValueRef::Text(text) => Value::Text(text.to_vec().into()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec().into()),
    }
}
