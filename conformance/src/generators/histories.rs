//! Histories: what queries answer from one run to the next, and what becomes of each run.

use super::model::{Draw, Settings};
use arbitrary::{Result, Unstructured};
use plumb_agent::logger::line::Style;
use plumb_schema::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A history.
#[derive(Clone, Debug)]
pub struct History {
    /// How lines are written.
    pub style: Style,
    /// Whether all rows of a run stand in one line.
    pub batch: bool,
    /// What decorators said.
    pub decorations: BTreeMap<String, String>,
    /// The runs, in their order.
    pub steps: Vec<Step>,
}

/// A run of a query.
#[derive(Clone, Debug)]
pub struct Step {
    /// Which query it is.
    pub query: usize,
    /// Its text.
    pub sql: &'static str,
    /// The epoch; it only rises.
    pub epoch: i64,
    /// Unix time; no two runs have the same.
    pub time: i64,
    /// What it answers, statement by statement.
    pub statements: Vec<Statement>,
    /// What becomes of it after its lines are logged.
    pub fate: Fate,
}

/// What becomes of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Its result is stored.
    Commit,
    /// It is not: something failed in between.
    Crash,
    /// Its result is stored, and then the agent is killed.
    Kill,
    /// The agent is killed before its result is stored.
    KillBefore,
}

/// The answer to a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Names of columns; they may repeat.
    pub columns: Vec<String>,
    /// Rows of as many values.
    pub rows: Vec<Vec<Value<'static>>>,
}

/// Queries whose runs alternate.
pub const QUERIES: usize = 2;

const COLUMNS: [&str; 9] = ["a", "b", "pid", "path", "A", "", "\u{e4}", "\"q\"", "count(*)"];
const TEXTS: [&str; 3] = ["select 1", "select a, b from t", "SELECT 1"];

/// Values, ordinary ones first. Some differ and are logged alike.
fn values(odd: bool) -> Vec<Value<'static>> {
    let text = |bytes: &'static [u8]| Value::Text(Cow::Borrowed(bytes));
    let blob = |bytes: &'static [u8]| Value::Blob(Cow::Borrowed(bytes));
    let mut values = vec![
        Value::Int(0),
        Value::Int(1),
        text(b"a"),
        text(b"1"),
        Value::Null,
        text(b""),
        Value::Real(1.5),
        Value::Int(-1),
        text("caf\u{e9}".as_bytes()),
    ];
    if odd {
        values.extend([Value::Int(i64::MIN), Value::Int(i64::MAX)]);
        values
            .extend([0.0, -0.0, 100.0, 1e20, -1e300, 1e-7, 123_456_789.123_456_79, 5e-324, 0.1, 1e15].map(Value::Real));
        let odd: [&[u8]; 9] = [
            b"\xff\xfe",
            b"line\nbreak",
            b"line\\x0Abreak",
            b"\0hidden",
            b"\x7f",
            b"\"\\/",
            b"\xc3",
            b"1.5",
            b"\xf0\x9f\x93\xa6",
        ];
        values.extend(odd.map(text));
        values.extend([&b"a\0b"[..], b"", b"\xff", b"a"].map(blob));
    }
    values
}

/// Makes a history.
///
/// # Errors
/// When the bytes run out where they must not.
pub fn history(u: &mut Unstructured<'_>, settings: &Settings) -> Result<History> {
    let mut draw = Draw::new(u, settings);
    let style = Style { numerics: draw.chance(3)?, decorations_at_top: draw.chance(4)? };
    let batch = draw.chance(3)?;
    let mut decorations = BTreeMap::new();
    for name in ["dec\u{e4}", "host_uuid", "\"d"] {
        if draw.chance(4)? {
            decorations.insert(name.to_owned(), draw.pick(&["", "1", "line\nbreak", "\u{1f4e6}"])?.to_owned());
        }
    }
    let mut maker = Maker { draw, values: values(settings.odd) };
    let mut worlds: [World; QUERIES] =
        std::array::from_fn(|_| World { epoch: 0, sql: TEXTS[0], statements: Vec::new() });
    let mut steps = Vec::new();
    for step in 0..maker.draw.count(2, 12)? {
        let query = maker.draw.count(0, QUERIES - 1)?;
        // Queries are as many as worlds.
        let Some(world) = worlds.get_mut(query) else { break };
        maker.turn(world)?;
        let fates = [Fate::Commit, Fate::Commit, Fate::Commit, Fate::Crash, Fate::Kill, Fate::KillBefore];
        let fate = maker.draw.pick(&fates)?;
        let World { epoch, sql, statements } = world.clone();
        let time = 1_795_406_216 + i64::try_from(step).unwrap_or(0) * 61;
        steps.push(Step { query, sql, epoch, time, statements, fate });
    }
    Ok(History { style, batch, decorations, steps })
}

/// What a query answers now.
#[derive(Clone, Debug)]
struct World {
    epoch: i64,
    sql: &'static str,
    statements: Vec<Statement>,
}

struct Maker<'u, 'b> {
    draw: Draw<'u, 'b>,
    values: Vec<Value<'static>>,
}

impl Maker<'_, '_> {
    /// What happens between two runs.
    fn turn(&mut self, world: &mut World) -> Result<()> {
        if world.statements.is_empty() || self.draw.chance(12)? {
            let more = usize::from(self.draw.chance(5)?);
            world.statements = (0..=more).map(|_| self.statement()).collect::<Result<_>>()?;
            return Ok(());
        }
        if self.draw.chance(12)? {
            world.epoch += self.draw.pick(&[1, 5, 1 << 40])?;
        }
        if self.draw.chance(12)? {
            world.sql = self.draw.pick(&TEXTS)?;
        }
        if self.draw.chance(6)? {
            // The same again.
            return Ok(());
        }
        let last = world.statements.len() - 1;
        let at = self.draw.count(0, last)?;
        // Where a statement is chosen there is one.
        let Some(statement) = world.statements.get_mut(at) else { return Ok(()) };
        for _ in 0..self.draw.count(1, 4)? {
            self.change(statement)?;
        }
        Ok(())
    }

    fn statement(&mut self) -> Result<Statement> {
        let columns: Vec<String> =
            (0..self.draw.count(1, 4)?).map(|_| Ok(self.draw.pick(&COLUMNS)?.to_owned())).collect::<Result<_>>()?;
        let count = if self.draw.chance(8)? { self.draw.count(8, 40)? } else { self.draw.count(0, 6)? };
        let rows = (0..count).map(|_| self.row(columns.len())).collect::<Result<_>>()?;
        Ok(Statement { columns, rows })
    }

    fn row(&mut self, width: usize) -> Result<Vec<Value<'static>>> {
        (0..width).map(|_| self.draw.pick(&self.values)).collect()
    }

    fn change(&mut self, statement: &mut Statement) -> Result<()> {
        let Statement { columns, rows } = statement;
        let most = rows.len().saturating_sub(1);
        let at = self.draw.count(0, most)?;
        match self.draw.number(0, 9)? {
            0 | 1 => rows.insert(at, self.row(columns.len())?),
            2 | 3 if !rows.is_empty() => drop(rows.remove(at)),
            4 if !rows.is_empty() => rows.push(rows.get(at).cloned().unwrap_or_default()),
            5 => rows.reverse(),
            6 => rows.clear(),
            7 => {
                // Columns in another order, with the values that belong to them.
                columns.reverse();
                rows.iter_mut().for_each(|row| row.reverse());
            }
            8 => {
                columns.push(self.draw.pick(&COLUMNS)?.to_owned());
                for row in rows.iter_mut() {
                    row.push(self.draw.pick(&self.values)?);
                }
            }
            _ => {
                let value = self.draw.pick(&self.values)?;
                if let Some(cell) = rows.get_mut(at).and_then(|row| row.first_mut()) {
                    *cell = value;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators::bytes;

    /// Everything that a differ must tell apart really occurs.
    #[test]
    fn what_is_interesting_occurs() {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for seed in 0..300 {
            let history = history(&mut Unstructured::new(&bytes(seed, 600)), &Settings::odd()).unwrap();
            let mut count = |what, there: bool| *counts.entry(what).or_default() += usize::from(there);
            count("batch", history.batch);
            count("numerics", history.style.numerics);
            for query in 0..QUERIES {
                let steps: Vec<&Step> = history.steps.iter().filter(|step| step.query == query).collect();
                for pair in steps.windows(2) {
                    let (before, now) = (pair[0], pair[1]);
                    assert!(before.epoch <= now.epoch && before.time < now.time);
                    count("idle", before.statements == now.statements);
                    count("epoch", before.epoch != now.epoch);
                    count("text", before.sql != now.sql);
                    let columns = |step: &Step| step.statements.iter().map(|s| s.columns.clone()).collect::<Vec<_>>();
                    count("columns", columns(before) != columns(now));
                    count("crash", before.fate == Fate::Crash);
                    count("killed before", before.fate == Fate::KillBefore);
                }
                for statement in steps.iter().flat_map(|step| &step.statements) {
                    assert!(statement.rows.iter().all(|row| row.len() == statement.columns.len()));
                    let equal = |at: usize| statement.rows[..at].contains(&statement.rows[at]);
                    count("equal rows", (0..statement.rows.len()).any(equal));
                    count("no rows", statement.rows.is_empty());
                    let names = &statement.columns;
                    count("equal names", (0..names.len()).any(|at| names[..at].contains(&names[at])));
                    let bad =
                        |value: &Value<'_>| matches!(value, Value::Text(text) if std::str::from_utf8(text).is_err());
                    count("not UTF-8", statement.rows.iter().flatten().any(bad));
                    count("NULL", statement.rows.iter().flatten().any(|value| *value == Value::Null));
                }
            }
        }
        for (what, count) in counts {
            assert!(count > 50, "{what}: {count}");
        }
    }
}
