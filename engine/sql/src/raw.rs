//! Prepared statements on SQLite's own interface: the tail of a text, the place of an error and the program of a
//! statement, which rusqlite keeps to itself. Together with the adapter of virtual tables the only `unsafe` here.
#![allow(unsafe_code, reason = "calls SQLite")]

use crate::{Parameters, SqlError};
use plumb_schema::Value;
use rusqlite::{Connection, ffi};
use std::ffi::{CStr, c_char, c_int};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

/// A prepared statement. It lives no longer than its connection.
pub(crate) struct Stmt<'c> {
    raw: NonNull<ffi::sqlite3_stmt>,
    connection: &'c Connection,
    not_send: PhantomData<*mut ()>,
}

/// A cell of a result, valid until the next step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// NULL.
    Null,
    /// An integer.
    Int(i64),
    /// A real.
    Real(f64),
    /// Text, as bytes.
    Text(&'a [u8]),
    /// Bytes.
    Blob(&'a [u8]),
}

fn handle(connection: &Connection) -> *mut ffi::sqlite3 {
    // SAFETY: the handle is used while `connection` is borrowed, on its thread, and never closed here.
    unsafe { connection.handle() }
}

/// The error that the last call on the connection left.
fn last_error(connection: &Connection, code: c_int) -> SqlError {
    let db = handle(connection);
    // SAFETY: sqlite3_errmsg answers a NUL-terminated string that is valid until the next call; it is copied at once.
    let message = unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(db)) }.to_string_lossy().into_owned();
    // SAFETY: takes the handle only.
    let offset = unsafe { ffi::sqlite3_error_offset(db) };
    let span = usize::try_from(offset).ok().map(|offset| offset..offset);
    SqlError::Sql { message, code: code & 0xff, span, help: Vec::new() }
}

impl<'c> Stmt<'c> {
    /// Prepares the first statement of `sql`; `None` if it has none (blanks and comments). The second value is the
    /// length of what was consumed.
    pub(crate) fn prepare(connection: &'c Connection, sql: &str) -> Result<(Option<Self>, usize), SqlError> {
        let Ok(length) = c_int::try_from(sql.len()) else {
            return Err(SqlError::new(ffi::SQLITE_TOOBIG, "statement too long"));
        };
        let start = sql.as_ptr().cast::<c_char>();
        let (mut raw, mut tail) = (ptr::null_mut(), ptr::null());
        // SAFETY: `start` is valid for `length` bytes, which need no NUL; both out pointers are ours.
        let code = unsafe { ffi::sqlite3_prepare_v2(handle(connection), start, length, &raw mut raw, &raw mut tail) };
        if code != ffi::SQLITE_OK {
            return Err(last_error(connection, code));
        }
        let consumed = if tail.is_null() { sql.len() } else { (tail as usize).saturating_sub(start as usize) };
        let stmt = NonNull::new(raw).map(|raw| Self { raw, connection, not_send: PhantomData });
        Ok((stmt, consumed.min(sql.len())))
    }

    fn ptr(&self) -> *mut ffi::sqlite3_stmt {
        self.raw.as_ptr()
    }

    /// Runs to the next row; `false` at the end.
    pub(crate) fn step(&mut self) -> Result<bool, SqlError> {
        // SAFETY: the statement is valid until dropped.
        match unsafe { ffi::sqlite3_step(self.ptr()) } {
            ffi::SQLITE_ROW => Ok(true),
            ffi::SQLITE_DONE => Ok(false),
            code => Err(last_error(self.connection, code)),
        }
    }

    /// Makes the statement ready to run again.
    pub(crate) fn reset(&mut self) {
        // SAFETY: as above. The code repeats the error of the last step, which was told already.
        unsafe { ffi::sqlite3_reset(self.ptr()) };
    }

    /// Gives the statement's parameters their values, which are copied.
    pub(crate) fn bind(&mut self, parameters: &Parameters) -> Result<(), SqlError> {
        // SAFETY: the statement is valid until dropped.
        let count = unsafe { ffi::sqlite3_bind_parameter_count(self.ptr()) };
        let refused = |message| Err(SqlError::new(ffi::SQLITE_RANGE, message));
        match parameters {
            Parameters::Unknown => Ok(()),
            Parameters::Listed(values) if usize::try_from(count) != Ok(values.len()) => {
                refused(format!("the statement has {count} parameters, and {} values are given", values.len()))
            }
            Parameters::Listed(values) => (1..=count).zip(values).try_for_each(|(place, value)| self.set(place, value)),
            Parameters::Named(values) => (1..=count).try_for_each(|place| {
                // SAFETY: as above; the place is in range. It answers NULL for a parameter without a name.
                let name = self.text_of(unsafe { ffi::sqlite3_bind_parameter_name(self.ptr(), place) });
                match name.get(1..).and_then(|name| values.get(name)) {
                    Some(value) => self.set(place, value),
                    None => refused(format!(
                        "there is no value for the parameter {}",
                        if name.is_empty() { "?" } else { &name }
                    )),
                }
            }),
        }
    }

    fn set(&mut self, place: c_int, value: &Value<'_>) -> Result<(), SqlError> {
        let (stmt, copy) = (self.ptr(), ffi::SQLITE_TRANSIENT());
        // SAFETY: the statement is valid and does not run, the place is in range, and SQLite copies the bytes before it returns;
        // pointer and length come from one slice.
        let code = unsafe {
            match value {
                Value::Null => ffi::sqlite3_bind_null(stmt, place),
                Value::Int(int) => ffi::sqlite3_bind_int64(stmt, place, *int),
                Value::Real(real) => ffi::sqlite3_bind_double(stmt, place, *real),
                Value::Text(text) => {
                    let utf8 = u8::try_from(ffi::SQLITE_UTF8).unwrap_or(1);
                    ffi::sqlite3_bind_text64(stmt, place, text.as_ptr().cast(), text.len() as u64, copy, utf8)
                }
                Value::Blob(blob) => {
                    ffi::sqlite3_bind_blob64(stmt, place, blob.as_ptr().cast(), blob.len() as u64, copy)
                }
            }
        };
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(last_error(self.connection, code)) }
    }

    /// Whether SQLite treats it as EXPLAIN (1) or EXPLAIN QUERY PLAN (2) already.
    pub(crate) fn is_explain(&self) -> bool {
        // SAFETY: as above.
        unsafe { ffi::sqlite3_stmt_isexplain(self.ptr()) != 0 }
    }

    /// Turns the statement into its own EXPLAIN, or back.
    pub(crate) fn explain(&mut self, on: bool) -> Result<(), SqlError> {
        // SAFETY: as above; the statement was prepared with its text kept and is not running.
        match unsafe { ffi::sqlite3_stmt_explain(self.ptr(), c_int::from(on)) } {
            ffi::SQLITE_OK => Ok(()),
            code => Err(last_error(self.connection, code)),
        }
    }

    /// How many result columns it has.
    pub(crate) fn columns(&self) -> usize {
        // SAFETY: as above.
        usize::try_from(unsafe { ffi::sqlite3_column_count(self.ptr()) }).unwrap_or(0)
    }

    /// Name of a result column.
    pub(crate) fn name(&self, column: usize) -> String {
        // SAFETY: as above; an index out of range gives NULL.
        self.text_of(unsafe { ffi::sqlite3_column_name(self.ptr(), index(column)) })
    }

    /// Declared type of the table column that a result column is, empty for an expression.
    pub(crate) fn decltype(&self, column: usize) -> String {
        // SAFETY: as above.
        self.text_of(unsafe { ffi::sqlite3_column_decltype(self.ptr(), index(column)) })
    }

    fn text_of(&self, text: *const c_char) -> String {
        if text.is_null() {
            return String::new();
        }
        // SAFETY: SQLite gives a NUL-terminated string that lives as long as the statement is not changed; it is copied.
        unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
    }

    /// A cell of the current row as an integer.
    pub(crate) fn int(&self, column: usize) -> i64 {
        // SAFETY: as above; the cell keeps its own type.
        unsafe { ffi::sqlite3_column_int64(self.ptr(), index(column)) }
    }

    /// A cell of the current row. Borrowing the statement keeps it from being stepped meanwhile.
    pub(crate) fn cell(&self, column: usize) -> Cell<'_> {
        // SAFETY: an index out of range gives NULL. The connection has no mutex, so that the value may be asked directly (four calls
        // that each look for the column cost a good deal of a plain query). It is read in its own type, so nothing is converted and the pointer
        // stays valid until the next step, which needs `&mut self`. Length and pointer come from the same value.
        unsafe {
            let value = ffi::sqlite3_column_value(self.ptr(), index(column));
            match ffi::sqlite3_value_type(value) {
                ffi::SQLITE_INTEGER => Cell::Int(ffi::sqlite3_value_int64(value)),
                ffi::SQLITE_FLOAT => Cell::Real(ffi::sqlite3_value_double(value)),
                ffi::SQLITE_TEXT => {
                    let start = ffi::sqlite3_value_text(value);
                    Cell::Text(slice(start, ffi::sqlite3_value_bytes(value)))
                }
                ffi::SQLITE_BLOB => {
                    let start = ffi::sqlite3_value_blob(value).cast::<u8>();
                    Cell::Blob(slice(start, ffi::sqlite3_value_bytes(value)))
                }
                _ => Cell::Null,
            }
        }
    }
}

impl Drop for Stmt<'_> {
    fn drop(&mut self) {
        // SAFETY: finalized exactly once, here.
        unsafe { ffi::sqlite3_finalize(self.ptr()) };
    }
}

fn index(column: usize) -> c_int {
    c_int::try_from(column).unwrap_or(c_int::MAX)
}

/// # Safety
/// `start` must be valid for `length` bytes for the lifetime chosen, or null.
unsafe fn slice<'a>(start: *const u8, length: c_int) -> &'a [u8] {
    match usize::try_from(length) {
        // SAFETY: promised by the caller.
        Ok(length) if !start.is_null() => unsafe { std::slice::from_raw_parts(start, length) },
        _ => &[],
    }
}

/// Makes SQLite write reals with 15 digits, as its releases before 3.52 did and as people's scripts expect, instead of 17.
pub(crate) fn write_15_digits(connection: &Connection) -> Result<(), SqlError> {
    const SQLITE_DBCONFIG_FP_DIGITS: c_int = 1023;
    let before = ptr::null_mut::<c_int>();
    // SAFETY: this option takes an int and a pointer to an int that may be null.
    let code = unsafe { ffi::sqlite3_db_config(handle(connection), SQLITE_DBCONFIG_FP_DIGITS, 15 as c_int, before) };
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(last_error(connection, code)) }
}

/// Gives memory that is free back to the system, where the allocator can (glibc's malloc_trim(3)).
pub fn give_back_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        unsafe extern "C" {
            fn malloc_trim(pad: usize) -> c_int;
        }
        // SAFETY: takes a number, and may be called at any time.
        unsafe { malloc_trim(0) };
    }
}

/// How many bytes SQLite uses in this process, and how many it may; `None` where there is no bound.
pub(crate) fn memory_used() -> Option<(i64, i64)> {
    // SAFETY: these take numbers; a negative bound asks for the one there is.
    let (used, bound) = unsafe { (ffi::sqlite3_memory_used(), ffi::sqlite3_hard_heap_limit64(-1)) };
    (bound > 0).then_some((used, bound))
}

/// Bounds what statements may use of memory in the whole process: SQLite itself (sorters, transient indexes), and the rows that are kept for
/// all statements together. A statement that needs more fails. A program with budgets calls it once; 0 is no bound.
pub fn bound_memory(sqlite: usize, rows: usize) {
    // SAFETY: takes a number.
    unsafe { ffi::sqlite3_hard_heap_limit64(i64::try_from(sqlite).unwrap_or(i64::MAX)) };
    crate::picture::bound(rows);
    keep_little();
}

/// Lets the allocator keep little of what is freed: what a statement used is to be there for the next, in whichever thread, or go back to the
/// system. By itself the allocator keeps a pool for each thread, and of each as much as was ever used.
fn keep_little() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    for (parameter, value) in [(M_ARENA_MAX, 1), (M_MMAP_THRESHOLD, 512 * 1024), (M_TRIM_THRESHOLD, 1024 * 1024)] {
        // SAFETY: takes numbers; what it does not know it refuses.
        unsafe { mallopt(parameter, value) };
    }
}

// Parameters of mallopt(3).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const M_TRIM_THRESHOLD: c_int = -1;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const M_MMAP_THRESHOLD: c_int = -3;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const M_ARENA_MAX: c_int = -8;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
unsafe extern "C" {
    fn mallopt(parameter: c_int, value: c_int) -> c_int;
}
