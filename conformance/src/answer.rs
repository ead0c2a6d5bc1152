//! Answers in comparable form: rows as multisets of text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A cell in comparable form: NULL, or bytes as they would be printed.
pub type Cell = Option<Vec<u8>>;

/// A row: cells by column name.
pub type Row = BTreeMap<String, Cell>;

/// Leaves out columns, and makes NULL and empty the same: recorded answers do not tell them apart.
#[must_use]
pub fn printed(rows: &[Row], ignore: &[String]) -> Vec<Row> {
    let keep = |(name, _): &(&String, &Cell)| !ignore.contains(name);
    let cell = |(name, cell): (&String, &Cell)| (name.clone(), Some(cell.clone().unwrap_or_default()));
    rows.iter().map(|row| row.iter().filter(keep).map(cell).collect()).collect()
}

/// Rows as JSON can say them: bytes that are not UTF-8 are replaced.
#[must_use]
pub fn lossy(mut rows: Vec<Row>) -> Vec<Row> {
    for cell in rows.iter_mut().flat_map(Row::values_mut).flatten() {
        if std::str::from_utf8(cell).is_err() {
            *cell = String::from_utf8_lossy(cell).into_owned().into_bytes();
        }
    }
    rows
}

/// What two multisets of rows do not share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Rows of the first that the second lacks.
    pub missing: Vec<Row>,
    /// Rows of the second that the first lacks.
    pub extra: Vec<Row>,
}

impl Difference {
    /// Compares two answers.
    #[must_use]
    pub fn between(expected: &[Row], got: &[Row]) -> Self {
        if expected == got {
            return Self::default();
        }
        let mut counts: BTreeMap<&Row, i64> = BTreeMap::new();
        expected.iter().for_each(|row| *counts.entry(row).or_default() += 1);
        got.iter().for_each(|row| *counts.entry(row).or_default() -= 1);
        let mut difference = Self::default();
        for (row, count) in counts {
            let times = usize::try_from(count.unsigned_abs()).unwrap_or(0);
            let side = if count > 0 { &mut difference.missing } else { &mut difference.extra };
            side.extend(std::iter::repeat_n(row.clone(), times));
        }
        difference
    }

    /// Whether the answers are equal.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty()
    }

    /// A few of the rows, for people: `-` is missing, `+` is extra. Where a missing and an extra row are alike, only the
    /// columns in which they differ are shown.
    #[must_use]
    pub fn show(&self, most: usize) -> String {
        let mut text = format!("{} rows missing, {} rows more\n", self.missing.len(), self.extra.len());
        for row in self.missing.iter().take(most) {
            let alike = |other: &&Row| row.iter().filter(|(name, cell)| other.get(*name) == Some(*cell)).count();
            let near = self.extra.iter().max_by_key(alike).filter(|other| alike(other) * 2 >= row.len());
            let shown = |name: &str| near.is_none_or(|other| row.get(name) != other.get(name));
            let _ = writeln!(text, "  - {}", show_row(row, &shown));
            if let Some(other) = near {
                let _ = writeln!(text, "  + {}", show_row(other, &shown));
            }
        }
        if self.missing.is_empty() {
            for row in self.extra.iter().take(most) {
                let _ = writeln!(text, "  + {}", show_row(row, &|_| true));
            }
        }
        text
    }
}

/// A row for people.
fn show_row(row: &Row, shown: &dyn Fn(&str) -> bool) -> String {
    let cells: Vec<String> = row
        .iter()
        .filter(|(name, _)| shown(name))
        .map(|(name, cell)| match cell {
            Some(bytes) => format!("{name}={:?}", String::from_utf8_lossy(bytes)),
            None => format!("{name}=NULL"),
        })
        .collect();
    cells.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Row {
        [("c".to_owned(), Some(text.as_bytes().to_vec()))].into()
    }

    #[test]
    fn multisets() {
        let (one, two) = (row("1"), row("2"));
        let difference =
            Difference::between(&[one.clone(), one.clone(), two.clone()], &[one.clone(), two.clone(), two.clone()]);
        assert_eq!(difference, Difference { missing: vec![one.clone()], extra: vec![two.clone()] });
        assert!(Difference::between(&[one.clone(), two.clone()], &[two, one]).is_empty());
    }
}
