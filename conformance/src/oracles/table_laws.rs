//! Laws of a single table over any host, without SQL.
//!
//! * *seek_subset*: what a lookup by a value gives contains every row of a scan that has the value. Finds: indexes that miss
//!   rows, keys that are normalised differently by scan and lookup.
//! * *projection*: asking for fewer columns changes neither the others nor the number of rows. Finds: laziness gone wrong.
//! * *narrowed*: what a table finds by `folder/%` it finds by the pattern that begins with the whole name, too. Finds: wildcards
//!   that want at least a byte, and prefixes that are taken for folders.
//! * *types*: every value is NULL or of the declared type, no real is NaN, and a key is never NULL. Finds: empty text in
//!   integer columns.

use crate::Verdict;
use plumb_host::{Cancel, Host};
use plumb_schema::{
    Agent, AnyRows, AnyTable, Constraint, Cx, Op, Ops, Platforms, Request, Statement, Type, Unattended, Value,
};
use std::sync::{Arc, OnceLock};

/// A row with all columns.
pub(crate) type Cells = Vec<Value<'static>>;

/// Rows that the laws look at; the rest of a table repeats them.
pub(crate) const MOST: usize = 2000;

/// An agent with all tables: always the same one.
pub(crate) fn agent() -> Arc<dyn Agent> {
    static AGENT: OnceLock<Arc<Unattended>> = OnceLock::new();
    Arc::clone(AGENT.get_or_init(|| Arc::new(Unattended(plumb_tables::registry())))) as Arc<dyn Agent>
}

/// A table over a host, under the constraints that a constrained table needs. Every reading is a statement of its own.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) host: &'a Arc<dyn Host>,
    pub(crate) table: &'static dyn AnyTable,
    pub(crate) chosen: &'a [Constraint],
}

impl Subject<'_> {
    fn context(&self) -> Arc<Cx> {
        self.context_with(Cancel::new())
    }

    fn context_with(&self, cancel: Cancel) -> Arc<Cx> {
        let statement = Arc::new(Statement::new(Arc::clone(self.host), agent(), cancel));
        Arc::new(Cx::new(self.table.name(), statement))
    }

    fn request(&self, columns: &[usize]) -> Request {
        Request::new(columns.iter().map(|column| self.table.spec(*column).name).collect(), self.chosen.to_vec())
    }

    fn all_columns(&self) -> Vec<usize> {
        (0..self.table.width()).collect()
    }

    /// Some columns of a scan that asks for just these.
    fn scan(&self, columns: &[usize]) -> Vec<Cells> {
        collect(&mut *self.table.scan(&self.context(), &self.request(columns)), columns)
    }

    /// All columns of a scan.
    pub(crate) fn whole(&self) -> Vec<Cells> {
        self.scan(&self.all_columns())
    }

    /// A scan that is stopped after a row: it ends, and makes no more of it than the whole has.
    pub(crate) fn stopped(&self, whole: &[Cells]) -> Result<(), String> {
        let (cancel, columns) = (Cancel::new(), self.all_columns());
        let mut rows = self.table.scan(&self.context_with(cancel.clone()), &self.request(&columns));
        let first = rows.advance();
        cancel.cancel();
        let count = usize::from(first) + collect(&mut *rows, &columns).len();
        if count <= whole.len().max(1) || whole.len() == MOST {
            Ok(())
        } else {
            Err(format!("stopped, gives {count} rows of {}", whole.len()))
        }
    }

    /// *types* over the rows of a scan.
    pub(crate) fn types(&self, rows: &[Cells]) -> Result<(), String> {
        for (column, value) in rows.iter().flat_map(|row| row.iter().enumerate()) {
            let spec = self.table.spec(column);
            let fits = match (value, spec.kind) {
                (Value::Null, kind) => {
                    kind != Type::Text || !self.table.is_key(column) || !spec.on.contains(Platforms::CURRENT)
                }
                (Value::Real(real), Type::Double) => !real.is_nan(),
                (Value::Int(_), Type::Integer | Type::BigInt | Type::UnsignedBigInt)
                | (Value::Text(_), Type::Text)
                | (Value::Blob(_), Type::Blob) => true,
                _ => false,
            };
            if !fits {
                let (table, column, kind) = (self.table.name(), spec.name, spec.kind.sql());
                return Err(format!("{table}.{column} is declared {kind} and holds {value:?}"));
            }
        }
        Ok(())
    }

    /// *projection*: some columns against the rows of a scan of all.
    pub(crate) fn part(&self, whole: &[Cells], columns: &[usize]) -> Result<(), String> {
        let part: Vec<Cells> =
            whole.iter().map(|row| columns.iter().filter_map(|column| row.get(*column).cloned()).collect()).collect();
        let got = self.scan(columns);
        match (0..part.len().max(got.len())).find(|place| part.get(*place) != got.get(*place)) {
            None => Ok(()),
            Some(place) => Err(format!(
                "{} asked for {:?}: row {place} is {:?} instead of {:?}",
                self.table.name(),
                columns.iter().map(|column| self.table.spec(*column).name).collect::<Vec<_>>(),
                got.get(place),
                part.get(place)
            )),
        }
    }

    /// *narrowed* for some rows of a scan, in columns whose patterns choose files. Only by a single constraint: others may
    /// choose another machine.
    pub(crate) fn narrowed(&self, whole: &[Cells]) -> Result<bool, String> {
        let mut held = false;
        let [only] = self.chosen else { return Ok(held) };
        let column = self.table.specs().position(|spec| spec.name == only.column && spec.uses.contains(Ops::LIKE));
        let Some(column) = column.filter(|column| self.table.spec(*column).kind == Type::Text) else { return Ok(held) };
        let found = |pattern: &[u8]| {
            let values = vec![Value::Text(pattern.to_vec().into())];
            let chosen = [Constraint { column: only.column, op: Op::Like, values }];
            let rows = Subject { chosen: &chosen, ..*self }.scan(&[column]);
            rows.into_iter().flatten().filter_map(|value| Some(value.as_text()?.to_vec())).collect::<Vec<_>>()
        };
        for name in whole.iter().filter_map(|row| row.get(column)?.as_text()).filter_map(plain_path).take(2) {
            let folder = name.len() - name.rsplit(|byte| *byte == b'/').next().unwrap_or_default().len();
            let is_it = |other: &Vec<u8>| other.strip_suffix(b"/").unwrap_or(other) == name;
            let wide = found(&[name.get(..folder).unwrap_or_default(), b"%"].concat());
            if !wide.iter().any(is_it) {
                continue;
            }
            let narrow = found(&[name, b"%"].concat());
            if narrow.len() < MOST && !narrow.iter().any(is_it) {
                let (name, table) = (name.escape_ascii(), self.table.name());
                return Err(format!("{table} finds {name} by the pattern of its folder, and not by {name}%"));
            }
            held = true;
        }
        Ok(held)
    }

    /// *seek_subset* for one value. Answers whether the table could look it up and a row of the scan has it.
    pub(crate) fn lookup(&self, whole: &[Cells], column: usize, value: &Value<'_>) -> Result<bool, String> {
        let columns = self.all_columns();
        let request = self.request(&columns);
        let Some(mut rows) = self.table.pick(&self.context(), column, value, &request) else { return Ok(false) };
        let found = collect(&mut *rows, &columns);
        let mut expected = whole.iter().filter(|row| row.get(column) == Some(value)).peekable();
        let some = expected.peek().is_some();
        match expected.find(|row| !found.contains(row)) {
            None => Ok(some),
            Some(row) => {
                let (table, column) = (self.table.name(), self.table.spec(column).name);
                Err(format!("{table} by {column} = {value:?} misses {row:?}"))
            }
        }
    }
}

/// A path without wildcards that says where it is the short way, without the slash behind a folder.
fn plain_path(path: &[u8]) -> Option<&[u8]> {
    let path = path.strip_suffix(b"/").unwrap_or(path);
    let odd = |part: &[u8]| part.is_empty() || part == b"." || part == b".." || part.contains(&b'%');
    let below = path.strip_prefix(b"/")?;
    (!below.split(|byte| *byte == b'/').any(odd)).then_some(path)
}

fn collect(rows: &mut dyn AnyRows, columns: &[usize]) -> Vec<Cells> {
    let mut out = Vec::new();
    while out.len() < MOST && rows.advance() {
        out.push(columns.iter().map(|column| rows.value(*column).into_owned()).collect());
    }
    out
}

fn verdict(held: Result<bool, String>, nothing: &str) -> Verdict {
    match held {
        Ok(true) => Verdict::Pass,
        Ok(false) => Verdict::Skip(nothing.to_owned()),
        Err(why) => Verdict::Fail(why),
    }
}

/// Types and keys. `chosen` are the constraints that a constrained table needs.
#[must_use]
pub fn types(host: &Arc<dyn Host>, table: &'static dyn AnyTable, chosen: &[Constraint]) -> Verdict {
    let subject = Subject { host, table, chosen };
    let rows = subject.whole();
    verdict(subject.types(&rows).map(|()| !rows.is_empty()), "no rows")
}

/// Lookups against a scan.
#[must_use]
pub fn seek_subset(host: &Arc<dyn Host>, table: &'static dyn AnyTable) -> Verdict {
    let subject = Subject { host, table, chosen: &[] };
    let whole = subject.whole();
    let sample = || whole.iter().step_by(whole.len().div_ceil(100).max(1));
    let mut held = Ok(false);
    for column in (0..table.width()).filter(|column| table.can_pick(*column)) {
        for value in sample().filter_map(|row| row.get(column)).filter(|value| **value != Value::Null) {
            held = held.and_then(|some| Ok(some | subject.lookup(&whole, column, value)?));
        }
    }
    verdict(held, "no lookups")
}

/// Every single column, and every pair of neighbours, against all columns.
#[must_use]
pub fn projection(host: &Arc<dyn Host>, table: &'static dyn AnyTable, chosen: &[Constraint]) -> Verdict {
    let subject = Subject { host, table, chosen };
    let whole = subject.whole();
    let singles = (0..table.width()).map(|column| vec![column]);
    let pairs = (1..table.width()).map(|column| vec![column - 1, column]);
    let mut parts = std::iter::once(Vec::new()).chain(singles).chain(pairs).filter(|_| !whole.is_empty());
    verdict(parts.try_for_each(|columns| subject.part(&whole, &columns)).map(|()| !whole.is_empty()), "no rows")
}
