//! *whole_rows*: a row about a process tells of one process, also when its id is given to another one while it is read.
//!
//! Finds: files of a process that are read by path, one after the other, and so from two processes. An example from
//! history: a process library for Rust kept what it knew of an id, and refreshed half of it for the process that had
//! got the id since.
//!
//! The machine is rendered from a model; at a random moment of the reading, all its processes change ids. Every row must
//! then be one from before or one from after, less what could no longer be read.
//!
//! The first byte of the input chooses the table, the next two the moment; what follows makes the machine.

use super::table_laws::{Cells, Subject};
use crate::Verdict;
use crate::generators::host::literal;
use crate::generators::model::{Files, Machine, Settings, tables};
use crate::generators::turning::Turning;
use arbitrary::Unstructured;
use plumb_host::Host;
use plumb_schema::{AnyTable, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A row of theirs is put together: of the two ends of a pipe, of a descriptor and what any process's list of sockets says.
const PUT_TOGETHER: [&str; 2] = ["process_open_pipes", "process_open_sockets"];

/// Runs one input.
#[must_use]
pub fn check(bytes: &[u8]) -> Verdict {
    let [first, high, low, rest @ ..] = bytes else { return Verdict::Skip("no bytes".to_owned()) };
    let registry = plumb_tables::registry();
    let about: Vec<_> = tables()
        .filter(|name| name.starts_with("process") && !PUT_TOGETHER.contains(name))
        .filter_map(|name| registry.get(name))
        .collect();
    let Some(table) = about.get(usize::from(*first) % about.len().max(1)) else {
        return Verdict::Skip("no table tells of processes".to_owned());
    };
    match Machine::for_table(&mut Unstructured::new(rest), &Settings::valid(), table.name()) {
        Ok(machine) => judge(*table, &machine.files(), u16::from_be_bytes([*high, *low])),
        Err(error) => Verdict::Skip(error.to_string()),
    }
}

/// `moment` is the part of all questions that are asked before the ids change hands.
fn judge(table: &'static dyn AnyTable, files: &Files, moment: u16) -> Verdict {
    let Some(turned) = turned(files) else { return Verdict::Skip("fewer than two processes".to_owned()) };
    let (before, after) = (files.mem(), turned.mem());
    let whole =
        |host: &Turning| Subject { host: &(Arc::new(host.clone()) as Arc<dyn Host>), table, chosen: &[] }.whole();
    let still = Turning::new(before.clone(), after.clone(), usize::MAX);
    let mut known = whole(&still);
    known.extend(whole(&Turning::new(before.clone(), after.clone(), 0)));
    let moment = still.asked() * usize::from(moment) / usize::from(u16::MAX);
    let rows = whole(&Turning::new(before, after, moment));
    match rows.iter().find(|row| !known.iter().any(|other| part_of(row, other))) {
        None if rows.is_empty() => Verdict::Skip("no rows".to_owned()),
        None => Verdict::Pass,
        Some(row) => {
            let row = row.iter().enumerate().filter(|(_, value)| !unknown(value));
            let row: Vec<String> =
                row.map(|(place, value)| format!("{}={}", table.spec(place).name, literal(value))).collect();
            let (name, row) = (table.name(), row.join(" "));
            Verdict::Fail(format!("{name}, when ids change hands after {moment} questions: nobody is\n  {row}"))
        }
    }
}

/// The same machine, each process with the id of the one before.
fn turned(files: &Files) -> Option<Files> {
    let id = |path: &[u8]| {
        let id = path.strip_prefix(b"/proc/")?.split(|byte| *byte == b'/').next()?;
        id.iter().all(u8::is_ascii_digit).then(|| id.to_vec())
    };
    let ids: Vec<Vec<u8>> = files.paths().filter_map(id).collect::<BTreeSet<_>>().into_iter().collect();
    let turned = files.renamed(|path| {
        let old = id(path)?;
        let place = ids.iter().position(|other| *other == old)?;
        let rest = path.get(b"/proc/".len() + old.len()..)?;
        Some([b"/proc/", ids.get((place + 1) % ids.len())?.as_slice(), rest].concat())
    });
    (ids.len() > 1).then_some(turned)
}

/// Whether a row is another one, less what is unknown in it.
fn part_of(row: &Cells, other: &Cells) -> bool {
    row.iter().zip(other).all(|(value, known)| value == known || unknown(value))
}

/// What stands for a file that could not be read.
fn unknown(value: &Value<'_>) -> bool {
    matches!(value, Value::Null | Value::Int(-1)) || value.as_text().is_some_and(<[u8]>::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators::bytes;
    use plumb_schema::{Column, Cx, Request, Rows, Table, owned};

    #[test]
    fn rows_are_whole_and_there_are_some() {
        let verdicts: Vec<Verdict> = (0..60).map(|seed| check(&bytes(seed, 2000))).collect();
        verdicts.iter().for_each(Verdict::must_hold);
        assert!(verdicts.iter().filter(|verdict| **verdict == Verdict::Pass).count() > 20, "{verdicts:?}");
    }

    struct Half {
        cx: Arc<Cx>,
        pid: i64,
    }

    fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<Half> {
        let cx = Arc::clone(cx);
        Box::new((0..100_i64).map(move |pid| Half { cx: Arc::clone(&cx), pid }))
    }

    fn read(half: &Half, file: &str) -> Option<Vec<u8>> {
        half.cx.read(format!("/proc/{}/{file}", half.pid).as_bytes())
    }

    /// Reads two files by path.
    static HALVES: Table<Half> = Table {
        name: "halves",
        columns: &[
            Column::bigint("pid", "d", |half| Some(half.pid)),
            Column::text("comm", "d", |half| owned(read(half, "comm")?)),
            Column::text("cmdline", "d", |half| owned(read(half, "cmdline")?)),
        ],
        scan,
        ..Table::EMPTY
    };

    #[test]
    fn halves_are_found() {
        let mut files = Files::new(plumb_host::Mem::CLOCK);
        for (pid, name) in [(7, "a"), (8, "b")] {
            files.file(format!("/proc/{pid}/comm"), name);
            files.file(format!("/proc/{pid}/cmdline"), name);
        }
        let found = |moment: u16| matches!(judge(&HALVES, &files, moment), Verdict::Fail(_));
        let moments = (0..300).map(|n| n * (u16::MAX / 300)).filter(|moment| found(*moment)).count();
        assert!((1..100).contains(&moments), "a row of two halves, at {moments} of 300 moments");
    }
}
