//! `--database_dump`: what the store holds, a line each: `domain[key]: value`.

use plumb_agent::differ::record::push_object;
use plumb_agent::differ::{Known, known};
use plumb_agent::flags::Flags;
use plumb_agent::store::{Store, StoreError};
use std::io::{self, Write};
use std::path::Path;

/// The domain of stored results.
const QUERIES: &str = "queries";

/// Prints everything, and answers the exit code. The daemon may run meanwhile.
pub(crate) fn dump(flags: &Flags, stdout: &mut dyn Write, stderr: &mut dyn Write) -> i32 {
    let directory = Path::new(flags.text("database_path"));
    let printed = Store::read_only(directory).and_then(|store| print(&store, stdout));
    match printed {
        Ok(()) => 0,
        // Whoever reads has read enough.
        Err(StoreError::Spool(error)) if error.kind() == io::ErrorKind::BrokenPipe => 0,
        Err(error) => {
            // There is nobody left to be told that standard error is closed.
            let _ = writeln!(
                stderr,
                "Error: {}: {error}\nhelp: --database_path names the directory; a daemon makes it at its first start",
                directory.display()
            );
            1
        }
    }
}

fn print(store: &Store, out: &mut dyn Write) -> Result<(), StoreError> {
    let mut are_due = true;
    store.each(|domain, key, value| {
        if domain > QUERIES && std::mem::take(&mut are_due) {
            print_queries(store, out)?;
        }
        Ok(writeln!(out, "{domain}[{key}]: {}", shown(value))?)
    })?;
    if are_due {
        print_queries(store, out)?;
    }
    Ok(out.flush()?)
}

fn print_queries(store: &Store, out: &mut dyn Write) -> Result<(), StoreError> {
    known(store)?.iter().try_for_each(|query| print_query(query, store, out))
}

fn print_query(query: &Known, store: &Store, out: &mut dyn Write) -> Result<(), StoreError> {
    let name = &query.name;
    let (sql, epoch, counter) = query.about();
    write!(out, "{QUERIES}[{name}]: [")?;
    let (mut first, mut row) = (true, Vec::new());
    query.rows(store, |names, fields| {
        row.clear();
        if !std::mem::take(&mut first) {
            row.push(b',');
        }
        push_object(names, &fields, true, &mut row);
        Ok(out.write_all(&row)?)
    })?;
    writeln!(out, "]")?;
    writeln!(out, "{QUERIES}[{name}counter]: {counter}\n{QUERIES}[{name}epoch]: {epoch}")?;
    Ok(writeln!(out, "{QUERIES}[query.{name}]: {}", shown(sql.as_bytes()))?)
}

/// A value on one line.
fn shown(value: &[u8]) -> String {
    let mut shown = String::new();
    for char in String::from_utf8_lossy(value).chars() {
        if char.is_control() { shown.extend(char.escape_default()) } else { shown.push(char) }
    }
    shown
}
