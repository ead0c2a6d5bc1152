//! Laws of a single table over any host, without SQL.
//!
//! * *seek_subset*: what a lookup by a value gives contains every row of a scan that has the value. Finds: indexes that miss
//!   rows, keys that are normalised differently by scan and lookup.
//! * *projection*: asking for fewer columns changes neither the others nor the number of rows. Finds: laziness gone wrong.
//! * *types*: every value is NULL or of the declared type, and a key is never NULL. Finds: empty text in integer columns.

use crate::Verdict;
use plumb_host::{Cancel, Host};
use plumb_schema::{AnyRows, AnyTable, Constraint, Cx, Platforms, Request, Statement, Type, Unattended, Value};
use std::sync::Arc;

/// A row with all columns.
type Cells = Vec<Value<'static>>;

/// Rows that the laws look at; the rest of a table repeats them.
const MOST: usize = 2000;

fn context(host: &Arc<dyn Host>, table: &'static dyn AnyTable) -> Arc<Cx> {
    let agent = Arc::new(Unattended(plumb_tables::registry()));
    let statement = Arc::new(Statement::new(Arc::clone(host), agent, Cancel::new()));
    Arc::new(Cx::new(table.name(), statement))
}

fn collect(rows: &mut dyn AnyRows, columns: &[usize]) -> Vec<Cells> {
    let mut out = Vec::new();
    while out.len() < MOST && rows.advance() {
        out.push(columns.iter().map(|column| rows.value(*column).into_owned()).collect());
    }
    out
}

fn all_columns(table: &dyn AnyTable) -> Vec<usize> {
    (0..table.width()).collect()
}

/// Types and keys. `chosen` are the constraints that a constrained table needs.
#[must_use]
pub fn types(host: &Arc<dyn Host>, table: &'static dyn AnyTable, chosen: &[Constraint]) -> Verdict {
    let names = table.specs().map(|spec| spec.name).collect();
    let rows =
        collect(&mut *table.scan(&context(host, table), &Request::new(names, chosen.to_vec())), &all_columns(table));
    for row in &rows {
        for (column, value) in row.iter().enumerate() {
            let spec = table.spec(column);
            let fits = match (value, spec.kind) {
                (Value::Null, kind) => {
                    kind != Type::Text || !table.is_key(column) || !spec.on.contains(Platforms::CURRENT)
                }
                (Value::Int(_), Type::Integer | Type::BigInt | Type::UnsignedBigInt)
                | (Value::Real(_), Type::Double)
                | (Value::Text(_), Type::Text)
                | (Value::Blob(_), Type::Blob) => true,
                _ => false,
            };
            if !fits {
                return Verdict::Fail(format!(
                    "{}.{} is declared {} and holds {value:?}",
                    table.name(),
                    spec.name,
                    spec.kind.sql()
                ));
            }
        }
    }
    if rows.is_empty() { Verdict::Skip("no rows".to_owned()) } else { Verdict::Pass }
}

/// Lookups against a scan.
#[must_use]
pub fn seek_subset(host: &Arc<dyn Host>, table: &'static dyn AnyTable) -> Verdict {
    let request = Request::all(table.specs());
    let scanned = collect(&mut *table.scan(&context(host, table), &request), &all_columns(table));
    let mut looked_up = 0;
    for column in (0..table.width()).filter(|column| table.can_pick(*column)) {
        for row in scanned.iter().step_by(scanned.len().div_ceil(100).max(1)) {
            let Some(value) = row.get(column).filter(|value| **value != Value::Null) else { continue };
            let Some(mut rows) = table.pick(&context(host, table), column, value, &request) else { continue };
            looked_up += 1;
            if !collect(&mut *rows, &all_columns(table)).contains(row) {
                let name = table.spec(column).name;
                return Verdict::Fail(format!("{} by {name} = {value:?} misses {row:?}", table.name()));
            }
        }
    }
    if looked_up == 0 { Verdict::Skip("no lookups".to_owned()) } else { Verdict::Pass }
}

/// Every single column, and every pair of neighbours, against all columns.
#[must_use]
pub fn projection(host: &Arc<dyn Host>, table: &'static dyn AnyTable, chosen: &[Constraint]) -> Verdict {
    let scan = |columns: &[usize]| {
        let names = columns.iter().map(|column| table.spec(*column).name).collect();
        collect(&mut *table.scan(&context(host, table), &Request::new(names, chosen.to_vec())), columns)
    };
    let whole = scan(&all_columns(table));
    if whole.is_empty() {
        return Verdict::Skip("no rows".to_owned());
    }
    let singles = (0..table.width()).map(|column| vec![column]);
    let pairs = (1..table.width()).map(|column| vec![column - 1, column]);
    for columns in std::iter::once(Vec::new()).chain(singles).chain(pairs) {
        let part: Vec<Cells> =
            whole.iter().map(|row| columns.iter().filter_map(|c| row.get(*c).cloned()).collect()).collect();
        let got = scan(&columns);
        if let Some(place) = (0..part.len().max(got.len())).find(|place| part.get(*place) != got.get(*place)) {
            let names: Vec<&str> = columns.iter().map(|column| table.spec(*column).name).collect();
            return Verdict::Fail(format!(
                "{} asked for {names:?}: row {place} is {:?} instead of {:?}",
                table.name(),
                got.get(place),
                part.get(place)
            ));
        }
    }
    Verdict::Pass
}
