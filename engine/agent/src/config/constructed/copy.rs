//! Asking a database that belongs to somebody else, and whose owner may mean harm.
//!
//! It is never opened itself. Its file and what belongs to it (`-wal`, `-journal`) are copied through the host into a private
//! directory, and SQLite sees only the copy: nothing of the owner's is locked, changed or made, a write-ahead log counts, and a hot
//! journal is rolled back in the copy. The copy is opened without triggers, attached files or a schema that is trusted; the query may
//! only read. A file that changes while it is copied is copied again.

#![allow(clippy::disallowed_types, reason = "the agent's own copies")]

use plumb_host::{Cancel, Follow, Host};
use plumb_schema::Cx;
use plumb_sql::render_real;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::io::{self, Write};
use std::path::Path;
use tempfile::TempDir;

/// The largest database, its log included.
const LARGEST: u64 = 1 << 30;

/// The most bytes of rows that are taken from one database.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// The largest value.
const LARGEST_VALUE: i32 = 16 << 20;

/// How often a file that changes is copied.
const TRIES: usize = 3;

/// Rows as text.
pub(super) type Texts = Vec<Vec<Box<[u8]>>>;

/// A copy of a database, which goes when this does.
pub(super) struct Copied {
    folder: TempDir,
}

/// The name of the copy.
const NAME: &str = "db";

impl Copied {
    /// Copies a database of the host.
    pub(super) fn new(cx: &Cx, path: &str, spool: Option<&Path>) -> Result<Self, String> {
        let tell = |error: io::Error| crate::flags::os_text(&error);
        let make = || match spool {
            Some(spool) => tempfile::Builder::new().prefix("copy-").tempdir_in(spool),
            None => tempfile::tempdir(),
        };
        for tried in 1.. {
            let copied = Self { folder: make().map_err(|error| format!("no room for a copy: {}", tell(error)))? };
            let before = state(&*cx.host, path);
            let mut left = LARGEST;
            copied.take(cx, path, "", &mut left).map_err(tell)?;
            for beside in ["-wal", "-journal"] {
                match copied.take(cx, path, beside, &mut left) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(tell(error)),
                    _ => {}
                }
            }
            if state(&*cx.host, path) == before {
                return Ok(copied);
            }
            if tried == TRIES {
                cx.note(path.as_bytes(), "it changes all the time: what was read may be of several moments");
                return Ok(copied);
            }
        }
        Err("it cannot be copied".to_owned())
    }

    fn take(&self, cx: &Cx, path: &str, beside: &str, left: &mut u64) -> io::Result<()> {
        let from = format!("{path}{beside}");
        let mut from = cx.host.root().open(from.as_bytes())?;
        if from.stat()?.size > *left {
            return Err(too_large());
        }
        let mut to = std::fs::File::create(self.folder.path().join(format!("{NAME}{beside}")))?;
        let mut buffer = vec![0; 256 << 10];
        let mut tail = Vec::new();
        loop {
            if cx.is_cancelled() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let got = from.read(&mut buffer)?;
            let piece = buffer.get(..got).unwrap_or_default();
            if piece.is_empty() {
                break;
            }
            *left = left.checked_sub(piece.len() as u64).ok_or_else(too_large)?;
            to.write_all(piece)?;
            tail.extend_from_slice(piece);
            tail.drain(..tail.len().saturating_sub(JOURNAL.len()));
        }
        if beside == "-journal" && tail == JOURNAL {
            // The journal of several databases names a file that SQLite opens, and may remove, before it rolls back. That may be
            // a FIFO. Here the journal names one by itself: the end, by which that is known, is written over.
            to.write_all(&[0; 512])?;
        }
        Ok(())
    }

    /// The rows of a query, and whether they are all: what is beyond a bound is left out. Columns are found by their names.
    pub(super) fn ask(self, sql: &str, columns: &[String], cancel: &Cancel) -> rusqlite::Result<(Texts, bool)> {
        let flags =
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let mut connection = Connection::open_with_flags(self.folder.path().join(NAME), flags)?;
        protect(&mut connection, cancel)?;
        // What is open stays readable; the copy is gone even if the program is killed now.
        drop(self.folder);
        let mut statement = connection.prepare(sql)?;
        let named = |column: &String| statement.column_names().position(|name| name.eq_ignore_ascii_case(column));
        let places: Vec<Option<usize>> = columns.iter().map(named).collect();
        let mut rows = statement.query(())?;
        let (mut found, mut left) = (Texts::new(), MOST_BYTES);
        while let Some(row) = rows.next()? {
            let cell = |place: &Option<usize>| match place {
                Some(place) => row.get_ref(*place).map(text),
                None => Ok(Box::default()),
            };
            let cells = places.iter().map(cell).collect::<rusqlite::Result<Vec<Box<[u8]>>>>()?;
            let size: usize = cells.iter().map(|cell| cell.len() + 16).sum::<usize>() + 24;
            let Some(rest) = left.checked_sub(size) else { return Ok((found, false)) };
            left = rest;
            found.push(cells);
        }
        Ok((found, true))
    }
}

/// How a journal ends that names the journal of several databases.
const JOURNAL: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {} MiB", LARGEST >> 20))
}

/// By what it is seen that somebody writes: sizes, times, and how the files begin.
fn state(host: &dyn Host, path: &str) -> [Option<(u64, i64, Vec<u8>)>; 2] {
    ["", "-wal"].map(|beside| {
        let path = format!("{path}{beside}");
        let stat = host.root().stat(path.as_bytes(), Follow::Yes).ok()?;
        let mut begin = vec![0; 100];
        let got = host.root().open(path.as_bytes()).and_then(|mut file| file.read(&mut begin)).ok()?;
        begin.truncate(got);
        Some((stat.size, stat.mtime, begin))
    })
}

/// Takes everything from a connection that is not needed for reading.
fn protect(connection: &mut Connection, cancel: &Cancel) -> rusqlite::Result<()> {
    for (config, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
    ] {
        connection.set_db_config(config, on)?;
    }
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LARGEST_VALUE)?;
    connection.set_limit(Limit::SQLITE_LIMIT_WORKER_THREADS, 0)?;
    let cancel = cancel.clone();
    connection.progress_handler(1000, Some(move || cancel.is_cancelled()))?;
    connection.execute_batch("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA cache_size = -2000;")?;
    // The first read rolls back what was not finished.
    connection.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()))?;
    connection.execute_batch("PRAGMA query_only = ON")?;
    connection.authorizer(Some(|context: AuthContext<'_>| match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Function { .. } | AuthAction::Recursive => {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }))
}

/// A value as text, up to a NUL; NULL is empty.
fn text(value: ValueRef<'_>) -> Box<[u8]> {
    match value {
        ValueRef::Null => Box::default(),
        ValueRef::Integer(int) => int.to_string().into_bytes().into(),
        ValueRef::Real(real) => render_real(real).into_bytes().into(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            bytes.split(|byte| *byte == 0).next().unwrap_or_default().into()
        }
    }
}
