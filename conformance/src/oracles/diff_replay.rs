//! *diff_replay*: what the differ logs, applied to what was there, gives what is there.
//!
//! A history of results goes through the differ and the lines of the log. The laws:
//!
//! * Who applies the lines to an empty state has the current result after each run, as a multiset. Lines with a counter that
//!   was there before stand for those from then (a crash between log and store logs a run again); counter 0 begins afresh.
//! * No line is there without need: as many rows are added and removed as the multisets differ in.
//! * The counter is 0 for the first result of an epoch, one more for each result that differs, and the same where nothing
//!   changed; texts of queries change nothing about it.
//! * Every line reads back: the members in osquery's order, the values as osquery would show them.
//!
//! Finds: rows that are lost or logged twice when they repeat, when columns change places or when the agent dies; states that
//! are stored before they are logged; values that do not read back. From history: osquery logs rows with some doubles as removed
//! and added at every run, since the stored form does not read back as the same number.
//!
//! The first byte of an input chooses: `h` a history in memory, `k` one with files, which are copied while they are in use where
//! the agent is killed; otherwise the rest is a record as the store keeps it.

mod expected;
mod lines;
mod replay;

use super::tally;
use crate::Verdict;
use crate::generators::histories::{Fate, History, QUERIES, Step, history};
use crate::generators::model::Settings;
use arbitrary::Unstructured;
use expected::{Kept, Rows, Stored, cell, kept_rows};
use plumb_agent::differ::Differ;
use plumb_agent::differ::record::{Shape, TextAs, fields, push_object};
use plumb_agent::logger::line::{Action, Envelope, Rows as Array};
use plumb_agent::store::Store;
use replay::Replay;
use std::cell::RefCell;
use std::path::Path;

/// Runs one input.
#[must_use]
pub fn check(bytes: &[u8]) -> Verdict {
    let Some((first, rest)) = bytes.split_first() else { return Verdict::Skip("nothing".to_owned()) };
    let u = &mut Unstructured::new(rest);
    let law = || match first {
        b'h' | b'k' => {
            tally::property(if *first == b'h' { "in memory" } else { "with files" });
            let settings = if u.ratio(1, 8).unwrap_or(false) { Settings::valid() } else { Settings::odd() };
            let history = history(u, &settings).map_err(|error| error.to_string())?;
            let compared = if *first == b'h' { in_memory(&history) } else { with_files(&history) };
            compared.map_err(|why| format!("{why}\n{}", told(&history)))
        }
        _ => {
            tally::property("record");
            record(rest)
        }
    };
    match super::caught(law) {
        Ok(true) => Verdict::Pass,
        Ok(false) => Verdict::Skip("no rows".to_owned()),
        Err(why) => Verdict::Fail(why),
    }
}

/// A history, for people.
fn told(history: &History) -> String {
    let History { style, batch, decorations, steps } = history;
    let steps = steps.iter().map(|step| format!("  {step:?}"));
    let head = format!("{style:?}, batch: {batch}, decorations: {decorations:?}");
    std::iter::once(head).chain(steps).collect::<Vec<_>>().join("\n")
}

/// Bytes that may be a record: whatever they are, nothing panics, and what is one has as many values as it should.
fn record(bytes: &[u8]) -> Result<bool, String> {
    let Some((count, record)) = bytes.split_first() else { return Ok(false) };
    let count = usize::from(count % 8);
    let Some(found) = fields(record, count) else { return Ok(true) };
    let names: Vec<String> = (0..count).map(|place| format!("c{place}")).collect();
    let mut json = Vec::new();
    push_object(&names, &found, true, &mut json);
    let object: serde_json::Value =
        serde_json::from_slice(&json).map_err(|error| format!("{error}: {}", json.escape_ascii()))?;
    let members = object.as_object().map_or(0, serde_json::Map::len);
    if (found.len(), members) == (count, count) { Ok(true) } else { Err(format!("{count} values became {members}")) }
}

/// A run, as it was logged and as the differ speaks of it.
struct Logged {
    lines: Vec<Vec<u8>>,
    snapshot: Vec<u8>,
    first: bool,
    known: bool,
    new_sql: bool,
    idle: bool,
    counter: i64,
    counts: (u64, u64),
    stored: bool,
}

/// What a test does to a run, to see whether anybody notices.
type Tamper = fn(&mut Logged);

/// A history in a store that goes on from one input to the next, under other names.
fn in_memory(history: &History) -> Result<bool, String> {
    const INPUTS: u32 = 500;
    thread_local! {
        static STORE: RefCell<Option<(Store, u32)>> = const { RefCell::new(None) };
    }
    let used = STORE.take().filter(|(_, inputs)| *inputs < INPUTS);
    let (mut store, inputs) = match used {
        Some(used) => used,
        None => (Store::in_memory().map_err(|error| error.to_string())?, 0),
    };
    let compared = held(history, &mut store, inputs, |_, _| Ok(()), |_| {})?;
    STORE.set(Some((store, inputs + 1)));
    Ok(compared)
}

/// A history in a directory. What is there when the agent is killed is copied, and the agent goes on with that.
fn with_files(history: &History) -> Result<bool, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let open = |generation: u32| -> Result<Store, String> {
        let opened = Store::open(&folder.path().join(generation.to_string()), 0).map_err(|error| error.to_string())?;
        match opened.set_aside {
            None => Ok(opened.store),
            Some((_, why)) => Err(format!("after a kill the store is damaged: {why}")),
        }
    };
    let mut store = open(0)?;
    let mut generation = 0;
    let kill = |store: &mut Store, _: &Step| {
        let (from, to) = (generation, generation + 1);
        generation = to;
        copy(&folder.path().join(from.to_string()), &folder.path().join(to.to_string()))
            .map_err(|error| error.to_string())?;
        *store = open(to)?;
        Ok(())
    };
    held(history, &mut store, 0, kill, |_| {})
}

#[allow(clippy::disallowed_methods, reason = "a directory of this oracle's own")]
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Whether rows were compared, and the laws held in all runs.
fn held(
    history: &History,
    store: &mut Store,
    input: u32,
    mut kill: impl FnMut(&mut Store, &Step) -> Result<(), String>,
    tamper: Tamper,
) -> Result<bool, String> {
    let mut queries: [(Stored, Replay); QUERIES] = Default::default();
    let mut compared = false;
    for (number, step) in history.steps.iter().enumerate() {
        let fail = |why: String| format!("run {number}: {why}");
        // Queries are as many as there are numbers of them.
        let Some((stored, replay)) = queries.get_mut(step.query) else { break };
        let name = format!("query {} of {input}", step.query);
        let logged = run(history, step, &name, store, tamper).map_err(fail)?;
        let current = kept_rows(&step.statements);
        stored.holds(step, &current, &logged).map_err(fail)?;
        let numerics = history.style.numerics;
        let groups = lines::read(history, step, &name, &logged).map_err(fail)?;
        lines::snapshot(step, numerics, &logged.snapshot).map_err(fail)?;
        replay.apply((step.epoch, logged.counter, logged.first), groups, &current, numerics).map_err(fail)?;
        if matches!(step.fate, Fate::Commit | Fate::Kill) {
            stored.store(step, &current, logged.counter);
        }
        if matches!(step.fate, Fate::Kill | Fate::KillBefore) {
            kill(store, step).map_err(fail)?;
        }
        compared |= !current.is_empty();
    }
    Ok(compared)
}

/// One run through differ and log.
fn run(history: &History, step: &Step, name: &str, store: &mut Store, tamper: Tamper) -> Result<Logged, String> {
    let fail = |error: plumb_agent::store::StoreError| error.to_string();
    let mut differ = Differ::new(store, name, step.epoch).map_err(fail)?;
    for statement in &step.statements {
        differ.begin(statement.columns.iter().map(String::as_str));
        for row in &statement.rows {
            differ.row(|place| cell(row.get(place))).map_err(fail)?;
        }
    }
    let mut changes = differ.finish(step.sql).map_err(fail)?;
    let envelope = Envelope {
        name,
        host: "h\u{f6}st",
        time: step.time,
        epoch: changes.epoch,
        counter: changes.counter,
        decorations: history.decorations.clone(),
        style: history.style,
    };
    let (mut lines, mut events) = (Vec::new(), envelope.events());
    let (mut removed, mut added) = (Array::default(), Array::default());
    let mut log = |names: &[String], row: &[_], action| {
        if history.batch {
            let array = if action == Action::Added { &mut added } else { &mut removed };
            array.push(names, row, history.style.numerics);
        } else {
            lines.push(events.line(names, row, action).to_vec());
        }
    };
    let take = |action| {
        move |names: &[String], row: &[_], log: &mut dyn FnMut(&[String], &[_], Action)| log(names, row, action)
    };
    let (gone, new) = (take(Action::Removed), take(Action::Added));
    changes
        .removed(store, |names, row| {
            gone(names, &row, &mut log);
            Ok(())
        })
        .map_err(fail)?;
    changes
        .added(|names, row| {
            new(names, &row, &mut log);
            Ok(())
        })
        .map_err(fail)?;
    // An idle run is not logged; the first one is, even if it is empty.
    if history.batch && (changes.first || changes.counts() != (0, 0)) {
        lines.push(envelope.batch(&removed, &added));
    }
    let mut logged = Logged {
        lines,
        snapshot: snapshot(&envelope, step, history.style.numerics)?,
        first: changes.first,
        known: changes.known,
        new_sql: changes.new_sql,
        idle: changes.is_idle(),
        counter: changes.counter,
        counts: changes.counts(),
        stored: matches!(step.fate, Fate::Commit | Fate::Kill),
    };
    tamper(&mut logged);
    if logged.stored {
        changes.commit(store).map_err(fail)?;
    }
    Ok(logged)
}

/// The line of a run that logs everything each time.
fn snapshot(envelope: &Envelope<'_>, step: &Step, numerics: bool) -> Result<Vec<u8>, String> {
    let mut rows = Array::default();
    for statement in &step.statements {
        let shape = Shape::new(statement.columns.iter().map(String::as_str));
        for row in &statement.rows {
            let mut record = Vec::new();
            shape.encode(TextAs::Characters, |place| cell(row.get(place)), &mut record);
            let fields = fields(&record, shape.names.len()).ok_or("a record does not read back")?;
            rows.push(&shape.names, &fields, numerics);
        }
    }
    Ok(envelope.snapshot(&rows))
}

#[cfg(test)]
mod tests;
