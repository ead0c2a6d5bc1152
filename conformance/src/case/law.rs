//! Laws that a query must hold whatever its answer is. What is asked besides is made from the query's own text.

use super::ask::{Asked, copies};
use super::rows::Table;
use super::{Class, Failure, Trouble};
use crate::shrink::Clauses;

/// A law, by the name of the oracle that looks after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// The same rows as plain SQLite over copies of the tables.
    Materialized,
    /// Asked twice, answered twice the same.
    Determinism,
    /// The rows for which the condition is true, false and unknown are together all rows.
    Tlp,
    /// As many rows pass the condition as fulfil it when it is computed for each.
    Norec,
    /// The same rows whether the condition can be handed to the table or not.
    Pushdown,
    /// LIMIT gives as many rows as it says, of those that there are without it.
    LimitPrefix,
}

impl Law {
    const ALL: [(&str, Self); 6] = [
        ("materialized", Self::Materialized),
        ("determinism", Self::Determinism),
        ("tlp", Self::Tlp),
        ("norec", Self::Norec),
        ("pushdown", Self::Pushdown),
        ("limit_prefix", Self::LimitPrefix),
    ];

    /// A law by the name of its oracle.
    #[must_use]
    pub fn named(oracle: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == oracle).map(|(_, law)| *law)
    }

    /// The name of its oracle.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, law)| *law == self).map_or("", |(name, _)| name)
    }

    /// All names.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|(name, _)| *name).collect()
    }

    /// Holds what an engine says about a query against the law. What says nothing is a skip.
    pub(super) fn check(self, asked: &mut Asked, sql: &str) -> Result<(), Trouble> {
        match self {
            Self::Materialized => materialized(asked, sql),
            Self::Determinism => {
                let first = answered(asked, sql)?;
                same(&first, &answered(asked, sql)?, sql)?;
                some(first.rows.len())
            }
            Self::Tlp => tlp(asked, sql),
            Self::Norec => norec(asked, sql),
            Self::Pushdown => pushdown(asked, sql),
            Self::LimitPrefix => limit_prefix(asked, sql),
        }
    }
}

/// A law over nothing tells nothing.
fn some(rows: usize) -> Result<(), Trouble> {
    if rows == 0 { Err(Trouble::Skip("no rows".to_owned())) } else { Ok(()) }
}

fn same(expected: &Table, got: &Table, sql: &str) -> Result<(), Trouble> {
    Ok(expected.same(got, false).map_err(|(class, text)| Failure::of(class, sql, &text))?)
}

/// The answer to the plainest form: where that is refused, there is nothing to hold.
fn answered(asked: &mut Asked, sql: &str) -> Result<Table, Trouble> {
    asked.ask(sql)?.map_err(|error| Trouble::Skip(format!("refused: {error}")))
}

/// The answer to another form, which must be given too.
fn also(asked: &mut Asked, sql: &str) -> Result<Table, Trouble> {
    let refused = |error| Failure::of(Class::Refused, sql, &format!("  {error}\n  though a simpler form was answered"));
    Ok(asked.ask(sql)?.map_err(refused)?)
}

fn materialized(asked: &mut Asked, sql: &str) -> Result<(), Trouble> {
    if asked.is_plain() {
        return Err(Trouble::Skip("plain copies are what others are held against".to_owned()));
    }
    let expected = copies(&asked.host, sql).map_err(Trouble::Skip)?;
    match (expected, asked.ask(sql)?) {
        (Ok(expected), Ok(got)) => {
            let shown = if asked.has_types() { expected.clone() } else { expected.printed(&got.columns) };
            same(&shown, &got, sql)?;
            some(expected.rows.len())
        }
        (Err(_), Err(error)) => Err(Trouble::Skip(format!("both refuse: {error}"))),
        (Ok(expected), Err(error)) => {
            let text = format!("  refused: {error}\n  plain copies give {} rows", expected.rows.len());
            Err(Failure::of(Class::Refused, sql, &text).into())
        }
        (Err(error), Ok(got)) => {
            let text = format!("  {} rows\n  plain copies refuse: {error}", got.rows.len());
            Err(Failure::of(Class::Answered, sql, &text).into())
        }
    }
}

/// A query with one condition, and the query without it.
struct Conditional {
    whole: String,
    from: String,
    condition: String,
    /// Whether it gives one row in any case.
    counts: bool,
}

impl Conditional {
    fn about_rows(self) -> Result<Self, Trouble> {
        let why = "the law is about rows, not about what is counted of them or left of duplicates";
        if self.counts { Err(Trouble::Skip(why.to_owned())) } else { Ok(self) }
    }
}

/// A query to which a law about conditions applies.
fn conditional(sql: &str) -> Result<Conditional, Trouble> {
    let clauses = Clauses::of(sql);
    let not = |why: &str| Trouble::Skip(format!("the law is about queries of the form SELECT … FROM … WHERE …: {why}"));
    if let Some(other) = clauses.words().iter().find(|word| !["SELECT", "FROM", "WHERE"].contains(&word.as_str())) {
        return Err(not(other));
    }
    let part = |word: &str| clauses.get(word).ok_or_else(|| not(&format!("there is no {word}")));
    let (select, from, condition) = (part("SELECT")?, part("FROM")?, part("WHERE")?);
    Ok(Conditional { whole: format!("SELECT {select} FROM {from}"), from, condition, counts: clauses.counts() })
}

fn tlp(asked: &mut Asked, sql: &str) -> Result<(), Trouble> {
    let Conditional { whole, condition, .. } = conditional(sql)?.about_rows()?;
    let all = answered(asked, &whole)?;
    let mut parts = Table { columns: all.columns.clone(), rows: Vec::new() };
    for test in [format!("({condition})"), format!("NOT ({condition})"), format!("({condition}) IS NULL")] {
        parts.rows.extend(also(asked, &format!("{whole} WHERE {test}"))?.rows);
    }
    same(&all, &parts, sql)?;
    some(all.rows.len())
}

fn norec(asked: &mut Asked, sql: &str) -> Result<(), Trouble> {
    let Conditional { from, condition, .. } = conditional(sql)?;
    let computed = answered(asked, &format!("SELECT CAST(total(({condition}) IS TRUE) AS INTEGER) FROM {from}"))?;
    let counted = also(asked, &format!("SELECT count(*) FROM {from} WHERE {condition}"))?;
    match (computed.number(), counted.number()) {
        (Some(computed), Some(counted)) if computed == counted => some(usize::try_from(computed).unwrap_or(0)),
        (computed, counted) => {
            let class = if counted < computed { Class::Missing } else { Class::Extra };
            let text = format!("  {computed:?} rows fulfil the condition, {counted:?} are found");
            Err(Failure::of(class, sql, &text).into())
        }
    }
}

fn pushdown(asked: &mut Asked, sql: &str) -> Result<(), Trouble> {
    let Conditional { whole, condition, .. } = conditional(sql)?.about_rows()?;
    // Inside CASE a condition is computed, not handed to the table.
    let computed = answered(asked, &format!("{whole} WHERE CASE WHEN {condition} THEN 1 END"))?;
    let twice = format!("{whole} WHERE ({condition}) OR ({condition})");
    let both = format!("{whole} WHERE {condition} UNION ALL {whole} WHERE ({condition}) AND 0");
    for form in [sql.to_owned(), twice, both] {
        same(&computed, &also(asked, &form)?, &form)?;
    }
    some(computed.rows.len())
}

fn limit_prefix(asked: &mut Asked, sql: &str) -> Result<(), Trouble> {
    let clauses = Clauses::of(sql);
    let number = |word| match clauses.get(word) {
        Some(text) => text.trim_end_matches(';').trim().parse::<usize>().map(Some),
        None => Ok(None),
    };
    let (Ok(Some(limit)), Ok(offset)) = (number("LIMIT"), number("OFFSET")) else {
        return Err(Trouble::Skip("the law is about queries with a LIMIT, which is a number".to_owned()));
    };
    let whole = answered(asked, &clauses.without(&["LIMIT", "OFFSET"]))?;
    let part = also(asked, sql)?;
    let expected = whole.rows.len().saturating_sub(offset.unwrap_or(0)).min(limit);
    if part.rows.len() != expected {
        let class = if part.rows.len() < expected { Class::Missing } else { Class::Extra };
        let text = format!("  {} rows instead of {expected}", part.rows.len());
        return Err(Failure::of(class, sql, &text).into());
    }
    match whole.same(&part, false) {
        Err((Class::Extra | Class::Rows, text)) => Err(Failure::of(Class::Rows, sql, &text).into()),
        _ => some(expected),
    }
}
