//! Chooses how a cursor reads a table (`xBestIndex`).
//!
//! Costs, in rows of a text file: a scan costs `rows × row`, a lookup the rows that it finds, a hash the rows that it
//! finds and a share of the scan that fills it. A comparison with a constant is left to a scan, which streams.

use crate::key::Key;
use crate::plan::{Access, Passed, Plan};
use crate::run::source;
use plumb_schema::{AnyTable, Collation, DeclaredTable, Op, Ops, Options, Type};
use rusqlite::Result;
use rusqlite::vtab::{IndexConstraintOp as Code, IndexInfo};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CString;

/// A table that cannot be read without a constraint, in a statement that has none that it could use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) table: &'static str,
    /// The columns of which one must be constrained.
    pub(crate) columns: Vec<&'static str>,
}

/// What planning came to.
pub(crate) enum Outcome {
    /// The plan is in the info; this line describes it.
    Planned(String),
    /// The constraints would do if the tables were joined in another order.
    OtherOrder,
    /// No order helps.
    Refused(Refusal),
}

/// How much is done so that no side of an OR is made without a choice that stands beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Care {
    /// Costs are what they are.
    #[default]
    Usual,
    /// Where a choice may be lost, no lookup is cheaper than reading all.
    Choices,
    /// Nor is it elsewhere in tables that have choices: one that is used twice in a statement has one program to tell of both.
    Tables,
}

/// Columns that choose rows, without any of which a table can be read too, and that a statement compares with what is known only
/// as it runs.
pub(crate) type Computed = BTreeMap<usize, Comparisons>;

/// With what such a column is compared, in all that SQLite asked about a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Comparisons {
    /// A list, which may be a subquery's.
    pub(crate) list: bool,
    /// What needs another table to be read before.
    pub(crate) other: bool,
}

impl Comparisons {
    /// Whether what it is compared with is known before any other table is read.
    pub(crate) fn free(self) -> bool {
        self.list || !self.other
    }

    /// What both tell.
    pub(crate) fn and(self, also: Self) -> Self {
        Self { list: self.list || also.list, other: self.other || also.other }
    }
}

/// A constraint that the statement offers.
struct Offer {
    place: usize,
    column: usize,
    op: Op,
    list: bool,
    constant: bool,
    /// Compares by the column's own collation.
    own_collation: bool,
    usable: bool,
}

/// Writes a plan into `info`.
pub(crate) fn plan(
    table: &'static dyn AnyTable,
    declared: &DeclaredTable,
    info: &mut IndexInfo,
    computed: &mut Computed,
    care: Care,
) -> Result<Outcome> {
    let offers = offers(table, declared, info)?;
    for offer in offers.iter().filter(|offer| may_be_lost(table, offer)) {
        // Lists are offered once more as if they could not be used.
        let told = Comparisons { list: offer.list, other: !offer.usable && !offer.list };
        let known = computed.entry(offer.column).or_default();
        *known = known.and(told);
    }
    let usable = || offers.iter().filter(|offer| offer.usable);
    let chooses = |offer: &Offer| table.spec(offer.column).parameter && uses(table, offer);
    let chosen_exactly = offers.iter().any(|offer| chooses(offer) && compares_exactly(offer));
    // What compares by a collation of its own holds for more values than it names, and a list names of equal ones just one.
    // It chooses rows only where there are none without it, and nothing else does.
    let is_required = |offer: &Offer| table.spec(offer.column).options.contains(Options::REQUIRED);
    let must_choose = |offer: &Offer| chooses(offer) && is_required(offer) && !chosen_exactly;
    let passes = |offer: &Offer| uses(table, offer) && (compares_exactly(offer) || must_choose(offer));
    let required = |offer: &&Offer| is_required(offer) && passes(offer);
    if table.is_constrained() && !usable().any(|offer| required(&offer)) && !asks_for_null(table, declared, info) {
        if offers.iter().any(|offer| required(&offer)) {
            return Ok(Outcome::OtherOrder);
        }
        let columns = table.specs().filter(|spec| spec.options.contains(Options::REQUIRED)).map(|spec| spec.name);
        return Ok(Outcome::Refused(Refusal { table: table.name(), columns: columns.collect() }));
    }
    let chosen = choose(table, &offers);
    let plan = Plan {
        access: match &chosen {
            Chosen::Scan => Access::Scan,
            Chosen::Pick(offer) => Access::Pick { column: offer.column, list: offer.list },
            Chosen::Probe(offer) => Access::Probe { column: offer.column },
        },
        passed: usable()
            .filter(|offer| passes(offer) && chosen.place() != Some(offer.place))
            .map(|offer| Passed { column: offer.column, op: offer.op, list: offer.list })
            .collect(),
    };
    let places: Vec<usize> = chosen
        .place()
        .into_iter()
        .chain(usable().filter(|o| passes(o) && chosen.place() != Some(o.place)).map(|o| o.place))
        .collect();
    let dear = match care {
        Care::Usual => false,
        Care::Choices => offers.iter().any(|offer| offer.usable && may_be_lost(table, offer)),
        Care::Tables => table.specs().any(|spec| spec.parameter),
    };
    write(table, info, &plan, &places, &offers, dear)
}

/// Whether the table said that it can use a comparison.
fn uses(table: &dyn AnyTable, offer: &Offer) -> bool {
    table.spec(offer.column).uses.contains(ops(offer.op))
}

/// Whether a comparison holds for just the values that it names, as far as the column's own order tells them apart.
fn compares_exactly(offer: &Offer) -> bool {
    offer.op != Op::Eq || offer.own_collation
}

/// Whether a required column is asked to be NULL: that constrains it, and no row has it.
fn asks_for_null(table: &dyn AnyTable, declared: &DeclaredTable, info: &IndexInfo) -> bool {
    info.constraints().any(|constraint| {
        let column = usize::try_from(constraint.column()).ok().filter(|column| *column < declared.columns.len());
        constraint.operator() == Code::SQLITE_INDEX_CONSTRAINT_ISNULL
            && column.is_some_and(|column| table.spec(source(table, column)).options.contains(Options::REQUIRED))
    })
}

/// Tells SQLite which constraint is which argument, and what it costs.
fn write(
    table: &'static dyn AnyTable,
    info: &mut IndexInfo,
    plan: &Plan,
    places: &[usize],
    offers: &[Offer],
    dear: bool,
) -> Result<Outcome> {
    for (argument, place) in (1..).zip(places) {
        if let Some((_, mut usage)) = info.constraints_and_usages().nth(*place) {
            usage.set_argv_index(argument);
            // SQLite always checks again: a lookup may give too much.
            usage.set_omit(false);
        }
        if offers.iter().any(|offer| offer.place == *place && offer.list) {
            info.set_in_constraint(*place, true)?;
        }
    }
    let (mut cost, mut rows) = cost(table, plan, offers);
    if plan.access == Access::Scan && !table.is_constrained() {
        rows *= passing(offers);
    }
    if dear {
        // No two sides of an OR may be cheaper than the whole, nor find fewer rows. A lookup by itself still is.
        let all = f64::from(table.cost().rows.max(1));
        let share = if plan.access == Access::Scan { 1.0 } else { 0.75 };
        (cost, rows) = (cost.max(share * all * f64::from(table.cost().row.max(1))), rows.max(all));
    }
    let missing = missing(table, plan, offers);
    if missing > 0 {
        // More tables that miss something cost more than one, whatever the others find: they are read for each of the rows.
        cost *= OTHER_ORDERS_FIRST * FOR_EACH_MORE.powi(missing.min(5) - 1);
        rows *= FOR_EACH_MORE;
    }
    info.set_estimated_cost(cost);
    #[allow(clippy::cast_possible_truncation, reason = "an estimate far below 2^63")]
    let rows = rows.max(1.0) as i64;
    info.set_estimated_rows(rows);
    let text = plan.text(|column| table.spec(column).name);
    info.set_idx_num(match plan.access {
        Access::Scan => 0,
        Access::Pick { .. } => 1,
        Access::Probe { .. } => 2,
    });
    if let Ok(text) = CString::new(text.clone()) {
        info.set_idx_str(text.to_str().unwrap_or_default());
    }
    Ok(Outcome::Planned(format!("{text} (cost {cost}, rows {rows})")))
}

/// What a scan costs more when another join order would give it a constraint that changes its rows. SQLite takes a subquery
/// for a million rows, and several of them for the product: no order may be dearer than the wrong question.
const OTHER_ORDERS_FIRST: f64 = 1e60;

/// What it costs more for each further constraint. Of two tables that choose each other's rows by equal parameters one has to be
/// read without: another one must not miss its own as if that cost nothing more. (Rows are counted in 63 bits.)
const FOR_EACH_MORE: f64 = 1e15;

/// How many columns choose which rows exist (parameters, or the user of a user-data table) by constraints that cannot be used
/// in this join order: if there are any, this scan is about other rows than those that the statement asks for.
fn missing(table: &dyn AnyTable, plan: &Plan, offers: &[Offer]) -> i32 {
    // Of a path and a directory that are named exactly, each gives the rows that both would.
    let equals_required =
        |offer: &Offer| offer.op == Op::Eq && table.spec(offer.column).options.contains(Options::REQUIRED);
    let required = offers.iter().any(|offer| {
        offer.usable
            && equals_required(offer)
            && plan.passed.iter().any(|passed| passed.column == offer.column && passed.op == Op::Eq)
    });
    let is_missing = |offer: &&Offer| {
        let spec = table.spec(offer.column);
        // A pattern names no value: it does not stand for one.
        let says = |passed: &Passed| passed.column == offer.column && (passed.op == Op::Eq || passed.op == offer.op);
        let used = plan.column() == Some(offer.column) || plan.passed.iter().any(says);
        let chooses = spec.parameter && uses(table, offer) && compares_exactly(offer);
        let chooses = chooses && !(equals_required(offer) && required);
        let user = table.user_data() && offer.op == Op::Eq && table.can_pick(offer.column);
        !offer.usable && !used && (chooses || user)
    };
    let columns: BTreeSet<usize> = offers.iter().filter(is_missing).map(|offer| offer.column).collect();
    i32::try_from(columns.len()).unwrap_or(i32::MAX)
}

enum Chosen<'a> {
    Scan,
    Pick(&'a Offer),
    Probe(&'a Offer),
}

impl Chosen<'_> {
    fn place(&self) -> Option<usize> {
        match self {
            Self::Scan => None,
            Self::Pick(offer) | Self::Probe(offer) => Some(offer.place),
        }
    }
}

/// A lookup if the table has one, before a hash if it joins, before a scan.
fn choose<'a>(table: &dyn AnyTable, offers: &'a [Offer]) -> Chosen<'a> {
    let equal = || offers.iter().filter(|offer| offer.usable && offer.op == Op::Eq);
    let picks = |offer: &&Offer| table.can_pick(offer.column) && comparable_pick(table, offer);
    if let Some(offer) = equal().find(|offer| picks(offer) && !offer.list).or_else(|| equal().find(picks)) {
        return Chosen::Pick(offer);
    }
    // Parameters choose the rows themselves.
    let probes = |offer: &&Offer| {
        let spec = table.spec(offer.column);
        !offer.constant && !offer.list && !spec.parameter && offer.own_collation && Key::supports(spec.collation)
    };
    match equal().find(probes) {
        Some(offer) if !table.is_constrained() || chosen_once(table, offers) => Chosen::Probe(offer),
        _ => Chosen::Scan,
    }
}

/// Whether constants alone choose the rows of a constrained table: then it has one collection, which can be hashed.
fn chosen_once(table: &dyn AnyTable, offers: &[Offer]) -> bool {
    let chooses = |offer: &&Offer| {
        let spec = table.spec(offer.column);
        offer.usable && spec.parameter && spec.uses.contains(ops(offer.op))
    };
    let mut choosing = offers.iter().filter(chooses).peekable();
    choosing.peek().is_some() && choosing.all(|offer| offer.constant)
}

/// A text column is looked up byte by byte, which finds all equal values only if that is how the statement compares.
fn comparable_pick(table: &dyn AnyTable, offer: &Offer) -> bool {
    let spec = table.spec(offer.column);
    spec.kind != Type::Text || (offer.own_collation && spec.collation == Collation::Binary)
}

/// The part of a scan's rows that the statement's own comparisons let through. SQLite makes them, but does not guess for
/// virtual tables how many rows that leaves to be joined.
fn passing(offers: &[Offer]) -> f64 {
    let usable = || offers.iter().filter(|offer| offer.usable);
    if usable().any(|offer| offer.op == Op::Eq && !offer.list) {
        1.0 / 20.0
    } else if usable().next().is_some() {
        1.0 / 4.0
    } else {
        1.0
    }
}

fn cost(table: &dyn AnyTable, plan: &Plan, offers: &[Offer]) -> (f64, f64) {
    let rows = f64::from(table.cost().rows.max(1));
    let row = f64::from(table.cost().row.max(1));
    let scan = rows * row;
    let (cost, found) = match plan.access {
        Access::Scan if table.is_constrained() => constrained(table, plan, offers, row),
        Access::Scan => (scan, rows),
        Access::Pick { list, .. } => {
            let found = if table.unique() { 1.0 } else { (rows / 20.0).max(1.0) };
            let found = if list { found * 4.0 } else { found };
            (found * row + 1.0, found)
        }
        Access::Probe { .. } => {
            let (scan, rows) =
                if table.is_constrained() { constrained(table, plan, offers, row) } else { (scan, rows) };
            let found = (rows / 20.0).max(1.0);
            (found + scan / 50.0, found)
        }
    };
    (cost.max(1.0), found)
}

/// Whether a constraint chooses rows of which there are others without it, and may be a subquery.
fn may_be_lost(table: &dyn AnyTable, offer: &Offer) -> bool {
    let spec = table.spec(offer.column);
    let chooses = spec.parameter && !spec.options.contains(Options::REQUIRED) && uses(table, offer);
    chooses && compares_exactly(offer) && !offer.constant
}

/// A table that needs constraints: an equality chooses a handful of rows, a pattern many.
///
/// SQLite plans each side of an OR together with the conditions around it, and then makes it without those that hold
/// subqueries. What may be one must not be lost, so an OR beside it is not to be split where that can be helped: no side may be
/// cheaper than the whole.
fn constrained(table: &dyn AnyTable, plan: &Plan, offers: &[Offer], row: f64) -> (f64, f64) {
    let needed = |column: usize| table.spec(column).options.contains(Options::REQUIRED);
    let passed = || plan.passed.iter().filter(|passed| needed(passed.column));
    let lost = offers.iter().any(|offer| offer.usable && may_be_lost(table, offer));
    let equal = !lost && passed().any(|passed| passed.op == Op::Eq && !passed.list);
    let listed = !lost && passed().any(|passed| passed.list);
    let rows = if equal {
        2.0
    } else if listed {
        20.0
    } else {
        2000.0
    };
    (rows * row, rows)
}

fn offers(table: &dyn AnyTable, declared: &DeclaredTable, info: &IndexInfo) -> Result<Vec<Offer>> {
    let mut offers = Vec::new();
    for (place, constraint) in info.constraints().enumerate() {
        let Some(op) = op(&constraint.operator()) else { continue };
        let Ok(column) = usize::try_from(constraint.column()) else { continue };
        if column >= declared.columns.len() {
            continue;
        }
        let column = source(table, column);
        let collation = info.collation(place).unwrap_or("BINARY");
        let own = match table.spec(column).collation {
            Collation::Binary => "BINARY",
            other => other.sql(),
        };
        offers.push(Offer {
            place,
            column,
            op,
            list: info.is_in_constraint(place)?,
            constant: info.rhs_value(place)?.is_some(),
            own_collation: collation.eq_ignore_ascii_case(own),
            usable: constraint.is_usable(),
        });
    }
    Ok(offers)
}

/// LIMIT and OFFSET are offered too and never taken: SQLite would then not check the other constraints in time.
fn op(code: &Code) -> Option<Op> {
    Some(match code {
        Code::SQLITE_INDEX_CONSTRAINT_EQ => Op::Eq,
        Code::SQLITE_INDEX_CONSTRAINT_LIKE => Op::Like,
        Code::SQLITE_INDEX_CONSTRAINT_GLOB => Op::Glob,
        Code::SQLITE_INDEX_CONSTRAINT_GT => Op::Gt,
        Code::SQLITE_INDEX_CONSTRAINT_GE => Op::Ge,
        Code::SQLITE_INDEX_CONSTRAINT_LT => Op::Lt,
        Code::SQLITE_INDEX_CONSTRAINT_LE => Op::Le,
        _ => return None,
    })
}

pub(crate) fn ops(op: Op) -> Ops {
    match op {
        Op::Eq => Ops::EQ,
        Op::Like => Ops::LIKE,
        Op::Glob => Ops::GLOB,
        Op::Gt => Ops::GT,
        Op::Ge => Ops::GE,
        Op::Lt => Ops::LT,
        Op::Le => Ops::LE,
    }
}
