//! What two agents say, held against each other.

use crate::Verdict;
use crate::answer::{Difference, Row, lossy};
use crate::generators::agent::{Declared, DeclaredColumn};
use plumb_schema::Type;
use std::collections::{BTreeMap, BTreeSet};

/// Answers to one question: of a, of b, of a again, of b again.
pub(super) struct Answers<'a> {
    pub(super) own: [Result<Vec<Row>, String>; 4],
    pub(super) names: [&'a str; 2],
    /// The columns that tell rows apart, if there are any.
    pub(super) keys: &'a [String],
    /// Whether one of them cannot say all bytes.
    pub(super) lossy: bool,
    /// A process that is left out: the one that asks.
    pub(super) but: Option<u32>,
}

/// Rows of a difference that are shown.
pub(super) const SHOWN: usize = 8;

/// What was left out since it changes by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) columns: BTreeSet<String>,
    /// How many rows an agent had once and not twice.
    pub(super) rows: usize,
    /// What one agent had and the other not; this did not move, if it shows again.
    pub(super) wrong: Difference,
}

impl Moved {
    /// Whether rows differ; if not, a failure is of another kind.
    pub(super) fn differs(&self) -> bool {
        !self.wrong.is_empty()
    }

    /// Keeps of the differing rows those that differed before too.
    pub(super) fn keep(&mut self, before: &Self) {
        self.wrong.missing = steady(&self.wrong.missing, &before.wrong.missing);
        self.wrong.extra = steady(&self.wrong.extra, &before.wrong.extra);
    }

    pub(super) fn count(&self) -> usize {
        self.columns.len() + self.rows
    }
}

impl Answers<'_> {
    /// Whether they agree.
    pub(super) fn judge(self) -> (Verdict, Moved) {
        let none = Moved::default;
        let rows = match self.own {
            [Ok(a), Ok(b), Ok(a2), Ok(b2)] => [a, b, a2, b2],
            [Err(a), Err(b), ..] => return (Verdict::Skip(refused(&a, &b)), none()),
            [Err(error), Ok(_), ..] => {
                return (Verdict::Fail(format!("{} answers, {} says: {error}", self.names[1], self.names[0])), none());
            }
            [Ok(_), Err(error), ..] => {
                return (Verdict::Fail(format!("{} answers, {} says: {error}", self.names[0], self.names[1])), none());
            }
            [_, _, Err(error), _] | [_, _, _, Err(error)] => {
                return (Verdict::Fail(format!("it was answered, and the second time it was not: {error}")), none());
            }
        };
        let but = self.but.map(|pid| pid.to_string().into_bytes());
        let other = |row: &Row| but.is_none() || row.get(super::PID) != Some(&but);
        let rows = rows.map(|mut rows| {
            rows.retain(other);
            plain(if self.lossy { lossy(rows) } else { rows })
        });
        judge(rows, self.keys)
    }
}

pub(super) fn refused(a: &str, b: &str) -> String {
    if a == b { format!("both refuse: {a}") } else { format!("both refuse: {a}; {b}") }
}

/// Whether two answers have the same rows.
pub(super) fn same(a: &[Row], b: &[Row], but_bytes: bool) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let alike = |rows: &[Row]| {
        let mut rows = plain(if but_bytes { lossy(rows.to_vec()) } else { rows.to_vec() });
        rows.sort_unstable();
        rows
    };
    // Mostly they come in the same order, too.
    a == b || alike(a) == alike(b)
}

fn judge(rows: [Vec<Row>; 4], keys: &[String]) -> (Verdict, Moved) {
    let mut columns = restless_between(&rows[0], &rows[2], keys);
    columns.append(&mut restless_between(&rows[1], &rows[3], keys));
    let [a, b, a2, b2] = rows.map(|rows| without(rows, &columns));
    if !columns.is_empty() && a.iter().chain(&b).all(Row::is_empty) {
        return (Verdict::Skip("all values change by themselves".to_owned()), Moved { columns, ..Moved::default() });
    }
    // What one says before and after, the other must say in between.
    let (known_a, known_b) = (steady(&a, &a2), steady(&b, &b2));
    let apart = |all: &[Row], known: &[Row]| all.len().saturating_sub(known.len());
    // Counted at both ends: a row that is only there the second time has come.
    let unsteady = apart(&a, &known_a).max(apart(&a2, &known_a)) + apart(&b, &known_b).max(apart(&b2, &known_b));
    let missing = Difference::between(&known_a, &b).missing;
    let extra = Difference::between(&known_b, &a2).missing;
    let moved = Moved { columns, rows: unsteady, wrong: Difference { missing, extra } };
    if moved.differs() {
        return (Verdict::Fail(moved.wrong.show(SHOWN)), moved);
    }
    if known_a.is_empty() && known_b.is_empty() {
        let why = if a.is_empty() && b.is_empty() { "no rows" } else { "all rows change by themselves" };
        return (Verdict::Skip(why.to_owned()), moved);
    }
    (Verdict::Pass, moved)
}

/// Columns that differ between two answers of one agent in rows with the same key. A row that is the only one before and
/// after needs no key.
fn restless_between(before: &[Row], after: &[Row], keys: &[String]) -> BTreeSet<String> {
    if keys.is_empty() && (before.len(), after.len()) != (1, 1) {
        return BTreeSet::new();
    }
    let key = |row: &Row| keys.iter().map(|name| row.get(name).cloned().flatten()).collect::<Vec<_>>();
    let mut known: BTreeMap<Vec<_>, Vec<&Row>> = BTreeMap::new();
    before.iter().for_each(|row| known.entry(key(row)).or_default().push(row));
    let mut columns = BTreeSet::new();
    for row in after {
        // Of rows that share a key nobody knows which became which.
        let Some([one]) = known.get(&key(row)).map(Vec::as_slice) else { continue };
        columns.extend(row.iter().filter(|(name, cell)| one.get(*name) != Some(*cell)).map(|(name, _)| name.clone()));
    }
    columns
}

fn without(mut rows: Vec<Row>, columns: &BTreeSet<String>) -> Vec<Row> {
    for row in &mut rows {
        row.retain(|name, _| !columns.contains(name));
    }
    rows
}

/// The rows that both answers have.
fn steady(before: &[Row], after: &[Row]) -> Vec<Row> {
    let mut counts: BTreeMap<&Row, usize> = BTreeMap::new();
    after.iter().for_each(|row| *counts.entry(row).or_default() += 1);
    let mut both = Vec::new();
    for row in before {
        if let Some(count) = counts.get_mut(row).filter(|count| **count > 0) {
            *count -= 1;
            both.push(row.clone());
        }
    }
    both
}

/// Digits from which on agents round a number with a fraction each in its own way.
const DIGITS: usize = 15;

/// Numbers with a long fraction in one form.
fn plain(mut rows: Vec<Row>) -> Vec<Row> {
    for cell in rows.iter_mut().flat_map(Row::values_mut).flatten() {
        let real =
            std::str::from_utf8(cell).ok().filter(|text| is_real(text)).and_then(|text| text.parse::<f64>().ok());
        if let Some(real) = real {
            *cell = format!("{real:.12e}").into_bytes();
        }
    }
    rows
}

fn is_real(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.len() >= DIGITS
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.matches('.').count() == 1
        && digits.chars().all(|c| c.is_ascii_digit() || ".e+-".contains(c))
}

/// Two declarations of one table.
pub(super) fn declarations(a: &Declared, b: &Declared) -> Verdict {
    let shown = |column: &DeclaredColumn| {
        let kind = column.kind.map_or("?", Type::sql);
        let (key, hidden) = (if column.key { " key" } else { "" }, if column.hidden { " hidden" } else { "" });
        format!("{} {kind}{key}{hidden}", column.name)
    };
    let mut wrong = Vec::new();
    for column in &a.columns {
        match b.columns.iter().find(|other| other.name == column.name) {
            None => wrong.push(format!("  - {}", shown(column))),
            Some(other) if other != column => wrong.push(format!("  - {}\n  + {}", shown(column), shown(other))),
            Some(_) => {}
        }
    }
    let unknown = |column: &&DeclaredColumn| !a.columns.iter().any(|other| other.name == column.name);
    wrong.extend(b.columns.iter().filter(unknown).map(|column| format!("  + {}", shown(column))));
    if wrong.is_empty() { Verdict::Pass } else { Verdict::Fail(wrong.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Row> {
        let row = |line: &str| {
            let cells = line.split_whitespace().zip(["id", "value", "name"]);
            cells.map(|(cell, name)| (name.to_owned(), Some(cell.as_bytes().to_vec()))).collect()
        };
        text.split(';').filter(|line| !line.trim().is_empty()).map(row).collect()
    }

    #[test]
    fn what_changes_by_itself_is_left_out() {
        let keys = ["id".to_owned()];
        for (answers, verdict, left_out) in [
            (["1 x;2 y", "2 y;1 x", "1 x;2 y", "1 x;2 y"], "pass", 0),
            (["1 x;2 y", "1 x", "1 x;2 y", "1 x"], "fail", 0),
            (["1 x", "1 z", "1 x", "1 z"], "fail", 0),
            // A column that moves, in all rows.
            (["1 x a", "1 y a", "1 z a", "1 w a"], "pass", 1),
            (["1 x a", "1 y b", "1 z a", "1 w b"], "fail", 1),
            // Rows that come and go, and rows of each agent's own.
            (["1 x;7 q", "1 x;8 q", "1 x;9 q", "1 x;6 q"], "pass", 2),
            (["7 q", "8 q", "9 q", "6 q"], "skip", 2),
            (["", "", "", ""], "skip", 0),
            (["1 x", "1 x;2 y", "1 x;2 y", "1 x;2 y"], "pass", 1),
        ] {
            let (found, count) = judge(answers.map(rows), &keys);
            let name = match found {
                Verdict::Pass => "pass",
                Verdict::Skip(_) => "skip",
                Verdict::Fail(_) => "fail",
            };
            assert_eq!((name, count.count()), (verdict, left_out), "{answers:?}");
        }
    }

    #[test]
    fn a_single_row_needs_no_key() {
        for (answers, verdict) in [
            (["1 x", "1 y", "1 z", "1 w"], "Pass"),
            (["1 x", "2 y", "1 z", "2 w"], "Fail"),
            (["1", "2", "3", "4"], "Skip"),
            // Rows without a key that are several are compared whole.
            (["1 x;2 y", "1 q;2 y", "1 z;2 y", "1 w;2 y"], "Pass"),
            (["1 x;2 y", "1 x;2 p", "1 z;2 y", "1 z;2 p"], "Fail"),
        ] {
            let found = format!("{:?}", judge(answers.map(rows), &[]).0);
            assert!(found.starts_with(verdict), "{answers:?}: {found}");
        }
    }

    #[test]
    fn what_differs_otherwise_each_time_moved() {
        let seen = |answers: [&str; 4]| judge(answers.map(rows), &[]).1;
        let first = seen(["1 x;2 y", "1 x", "1 x;2 y", "1 x"]);
        let mut again = first.clone();
        again.keep(&first);
        assert_eq!(again, first);
        let mut other = seen(["1 x;3 z", "1 x", "1 x;3 z", "1 x"]);
        assert!(other.differs());
        other.keep(&first);
        assert!(!other.differs());
        // One row more is not one row less.
        let mut turned = seen(["1 x", "1 x;2 y", "1 x", "1 x;2 y"]);
        assert!(turned.differs());
        turned.keep(&first);
        assert!(!turned.differs());
    }

    #[test]
    fn the_process_that_asks_is_left_out() {
        let row = |pid: &str, state: &str| {
            [("pid", pid), ("state", state)].map(|(name, cell)| (name.to_owned(), Some(cell.into()))).into()
        };
        for (but, pass) in [(Some(7), true), (Some(8), false), (None, false)] {
            let own = ["R", "S", "R", "S"].map(|state| Ok(vec![row("7", state), row("9", "S")]));
            let found = Answers { own, names: ["a", "b"], keys: &[], lossy: false, but }.judge().0;
            assert_eq!(found == Verdict::Pass, pass, "{but:?}: {found:?}");
        }
    }

    #[test]
    fn refusals() {
        let judge = |own: [Result<Vec<Row>, String>; 4]| {
            Answers { own, names: ["a", "b"], keys: &[], lossy: false, but: None }.judge().0
        };
        let (yes, no) = (|| Ok(rows("1")), || Err("no".to_owned()));
        assert_eq!(judge([yes(), yes(), yes(), yes()]), Verdict::Pass);
        assert_eq!(judge([no(), no(), no(), no()]), Verdict::Skip("both refuse: no".into()));
        assert_eq!(judge([yes(), no(), yes(), no()]), Verdict::Fail("a answers, b says: no".into()));
        assert_eq!(judge([no(), yes(), no(), yes()]), Verdict::Fail("b answers, a says: no".into()));
        assert!(matches!(judge([yes(), yes(), yes(), no()]), Verdict::Fail(_)));
    }

    #[test]
    fn reals_are_compared_as_numbers() {
        let of = |text: &str| plain(rows(text));
        assert_eq!(of("0.333333333333333"), of("0.33333333333333331483"));
        assert_ne!(of("0.333333333333"), of("0.333333333334"));
        for text in ["12.50", "12", "1.2.3", "2026.01.01-10.00.00"] {
            assert_eq!(of(text), rows(text));
        }
    }
}
