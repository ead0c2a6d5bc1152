//! The floors of the JSON output: loops that print the same bytes and know everything beforehand.

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use std::io::Write;

/// Rows that the floor and the shell print.
pub const ROWS: i64 = 200_000;

/// A query that makes rows of five columns from nothing.
pub const QUERY: &str = "with recursive c(x) as (select 1 union all select x+1 from c where x<200000) \
    select x as id, 'name-' || x as name, '/usr/lib/some/path/' || x || '.so' as path, x*37 as size, \
    'a \"quoted\" text' as note from c";

const CHUNK: usize = 64 << 10;

/// Prints what the shell prints for [`QUERY`] without asking SQLite.
///
/// # Errors
/// Those of the writer.
pub fn bare(out: &mut dyn Write) -> std::io::Result<()> {
    let mut buf = Vec::with_capacity(CHUNK * 2);
    let mut int = itoa::Buffer::new();
    for row in 1..=ROWS {
        buf.extend_from_slice(if row == 1 { b"[\n  {\"id\":\"" } else { b",\n  {\"id\":\"" });
        let id = int.format(row).as_bytes();
        buf.extend_from_slice(id);
        buf.extend_from_slice(b"\",\"name\":\"name-");
        buf.extend_from_slice(id);
        buf.extend_from_slice(b"\",\"note\":\"a \\\"quoted\\\" text\",\"path\":\"/usr/lib/some/path/");
        buf.extend_from_slice(id);
        buf.extend_from_slice(b".so\",\"size\":\"");
        buf.extend_from_slice(itoa::Buffer::new().format(row * 37).as_bytes());
        buf.extend_from_slice(b"\"}");
        if buf.len() >= CHUNK {
            out.write_all(&buf)?;
            buf.clear();
        }
    }
    buf.extend_from_slice(b"\n]\n");
    out.write_all(&buf)
}

/// Prints the same from the rows that SQLite gives for [`QUERY`]. Only the one text that has quotes is escaped, and
/// that beforehand.
///
/// # Errors
/// Those of SQLite; output to memory cannot fail.
pub fn from_sqlite(connection: &Connection, out: &mut dyn Write) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(QUERY)?;
    let mut rows = statement.query(())?;
    let mut buf = Vec::with_capacity(CHUNK * 2);
    let mut lead: &[u8] = b"[\n  {\"id\":\"";
    while let Some(row) = rows.next()? {
        buf.extend_from_slice(lead);
        lead = b",\n  {\"id\":\"";
        push(&mut buf, row.get_ref(0)?);
        buf.extend_from_slice(b"\",\"name\":\"");
        push(&mut buf, row.get_ref(1)?);
        let _ = row.get_ref(4)?;
        buf.extend_from_slice(b"\",\"note\":\"a \\\"quoted\\\" text\",\"path\":\"");
        push(&mut buf, row.get_ref(2)?);
        buf.extend_from_slice(b"\",\"size\":\"");
        push(&mut buf, row.get_ref(3)?);
        buf.extend_from_slice(b"\"}");
        if buf.len() >= CHUNK {
            let _ = out.write_all(&buf);
            buf.clear();
        }
    }
    buf.extend_from_slice(b"\n]\n");
    let _ = out.write_all(&buf);
    Ok(())
}

fn push(buf: &mut Vec<u8>, cell: ValueRef<'_>) {
    match cell {
        ValueRef::Integer(int) => buf.extend_from_slice(itoa::Buffer::new().format(int).as_bytes()),
        ValueRef::Text(text) => buf.extend_from_slice(text),
        _ => {}
    }
}
