//! The comparison of one answer with the two samples around it.

use super::{Rule, Truth};
use crate::answer::{Cell, Row};
use std::collections::BTreeMap;

/// Where a difference is: the key of the row, and the column, or none for the whole row.
pub type Place = (Vec<Vec<u8>>, Option<String>);

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Rows that were judged.
    pub judged: usize,
    /// Rows and single values that could not be.
    pub unsteady: usize,
    /// What does not agree, for people.
    pub differences: BTreeMap<Place, String>,
}

/// Rows with the same key.
type Groups<'a> = BTreeMap<Vec<Vec<u8>>, Vec<&'a Row>>;

/// Judges an answer by what the program said before and after it.
///
/// Rows that are in both samples must be in the answer, and agree in every column in which the samples agree. Rows of
/// the answer that are in neither sample are made up. Rows in one sample only may be there or not.
#[must_use]
pub fn judge(truth: &Truth, before: &[Row], answer: &[Row], after: &[Row]) -> Findings {
    let [first, ours, second] = [before, answer, after].map(|rows| grouped(truth.key, rows));
    let mut findings = Findings::default();
    let none = Vec::new();
    for (key, rows) in &first {
        let again = second.get(key).unwrap_or(&none);
        if rows.len() == again.len() {
            findings.group(truth, key, rows, ours.get(key).unwrap_or(&none), again);
        } else {
            findings.unsteady += rows.len();
        }
    }
    findings.unsteady += second.iter().filter(|(key, _)| !first.contains_key(*key)).count();
    for (key, rows) in &ours {
        if !truth.partial && !first.contains_key(key) && !second.contains_key(key) {
            let shown = rows.iter().map(|row| format!("  + {} (no such row)", show(row))).collect::<Vec<_>>();
            findings.differences.insert((key.clone(), None), shown.join("\n"));
        }
    }
    findings
}

/// Lies about an answer that the samples do not give away: a row left out, a row made up, and a wrong value in each
/// column. A truth that takes a lie for the truth proves less than it says. The answer itself must agree.
#[must_use]
pub fn unnoticed(truth: &Truth, before: &[Row], answer: &[Row], after: &[Row]) -> Vec<String> {
    let [first, ours, second] = [before, answer, after].map(|rows| grouped(truth.key, rows));
    // The rows of one key are judged by themselves: a lie about them shows there or nowhere.
    let noticed = |key: &Vec<Vec<u8>>, answer: &[Row]| {
        let [before, after] = [&first, &second].map(|groups| rows_of(groups, key));
        !judge(truth, &before, answer, &after).differences.is_empty()
    };
    let honest: Vec<(&Vec<Vec<u8>>, Vec<Row>)> = ours
        .keys()
        .filter(|key| first.contains_key(*key) && second.contains_key(*key))
        .map(|key| (key, rows_of(&ours, key)))
        .filter(|(key, rows)| !noticed(key, rows))
        .collect();
    let mut lies = Vec::new();
    if !honest.iter().any(|(key, rows)| noticed(key, rows.get(1..).unwrap_or_default())) {
        lies.push("a row left out".to_owned());
    }
    let made_up = |row: &Row| truth.key.first().map_or_else(|| row.clone(), |name| with_lie(row, name));
    let more = answer.first().map(made_up).map(|row| [answer, &[row]].concat());
    if !truth.partial && more.is_some_and(|more| judge(truth, before, &more, after).differences.is_empty()) {
        lies.push("a row made up".to_owned());
    }
    let names = answer.first().into_iter().flat_map(Row::keys).filter(|name| !truth.key.contains(&name.as_str()));
    for name in names {
        let lie = |rows: &[Row]| rows.iter().map(|row| with_lie(row, name)).collect::<Vec<_>>();
        if !honest.iter().any(|(key, rows)| noticed(key, &lie(rows))) {
            lies.push(format!("a wrong {name}"));
        }
    }
    lies
}

fn rows_of(groups: &Groups<'_>, key: &[Vec<u8>]) -> Vec<Row> {
    groups.get(key).into_iter().flatten().map(|row| (*row).clone()).collect()
}

/// A row with one wrong value: a much larger number, or text with something behind it.
fn with_lie(row: &Row, name: &str) -> Row {
    let mut row = row.clone();
    let value = bytes(row.get(name));
    let number = std::str::from_utf8(value).ok().and_then(|text| text.parse::<f64>().ok());
    let lie = number.map_or_else(|| [value, b"~"].concat(), |number| (number + 1e15).to_string().into_bytes());
    row.insert(name.to_owned(), Some(lie));
    row
}

fn grouped<'a>(key: &[&str], rows: &'a [Row]) -> Groups<'a> {
    let mut groups = Groups::new();
    for row in rows {
        let values = key.iter().map(|name| bytes(row.get(*name)).to_vec()).collect();
        groups.entry(values).or_default().push(row);
    }
    groups
}

/// A cell to compare: programs do not tell an unknown value from an empty one.
fn bytes(cell: Option<&Cell>) -> &[u8] {
    cell.and_then(Option::as_deref).unwrap_or_default()
}

impl Findings {
    fn group(&mut self, truth: &Truth, key: &[Vec<u8>], before: &[&Row], ours: &[&Row], after: &[&Row]) {
        match (before, ours, after) {
            ([before], [ours], [after]) => self.row(truth, key, before, ours, after),
            ([before], [], [_]) => {
                self.judged += 1;
                self.differences.insert((key.to_vec(), None), format!("  - {} (missing)", show(before)));
            }
            _ => self.many(truth, key, before, ours, after),
        }
    }

    fn row(&mut self, truth: &Truth, key: &[Vec<u8>], before: &Row, ours: &Row, after: &Row) {
        self.judged += 1;
        for (name, old) in before {
            let Some(new) = after.get(name) else { continue };
            let rule = truth.loose.iter().find(|(loose, _)| loose == name).map_or(Rule::Same, |(_, rule)| *rule);
            let (old, new, our) = (bytes(Some(old)), bytes(Some(new)), bytes(ours.get(name)));
            match agree(rule, old, our, new) {
                Some(true) => {}
                None => self.unsteady += 1,
                Some(false) => {
                    let key = keys(truth.key, before);
                    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                    let said = if old == new {
                        format!("{:?}", text(old))
                    } else {
                        format!("{:?} … {:?}", text(old), text(new))
                    };
                    let difference = format!("  {key}{name}\n    - {said}\n    + {:?}", text(our));
                    self.differences.insert((key_of(truth.key, before), Some(name.clone())), difference);
                }
            }
        }
        debug_assert_eq!(key, key_of(truth.key, before));
    }

    /// Rows that share a key, as multisets of the columns that must agree to the letter.
    fn many(&mut self, truth: &Truth, key: &[Vec<u8>], before: &[&Row], ours: &[&Row], after: &[&Row]) {
        let names: Vec<&String> = before.iter().flat_map(|row| row.keys()).collect();
        let strict = |row: &&Row| -> Vec<(String, Vec<u8>)> {
            let kept =
                row.iter().filter(|(name, _)| names.contains(name) && !truth.loose.iter().any(|(l, _)| l == name));
            kept.map(|(name, cell)| (name.clone(), bytes(Some(cell)).to_vec())).collect()
        };
        let sorted = |rows: &[&Row]| {
            let mut rows: Vec<_> = rows.iter().map(strict).collect();
            rows.sort();
            rows
        };
        let (first, our, second) = (sorted(before), sorted(ours), sorted(after));
        if first != second {
            self.unsteady += before.len();
            return;
        }
        self.judged += before.len();
        if first != our {
            let lines = |sign: char, rows: &[&Row]| {
                rows.iter().map(|row| format!("  {sign} {}\n", show(row))).collect::<String>()
            };
            let difference = lines('-', before) + lines('+', ours).trim_end();
            self.differences.insert((key.to_vec(), None), difference);
        }
    }
}

fn key_of(key: &[&str], row: &Row) -> Vec<Vec<u8>> {
    key.iter().map(|name| bytes(row.get(*name)).to_vec()).collect()
}

fn keys(key: &[&str], row: &Row) -> String {
    key.iter().map(|name| format!("{name}={:?} ", String::from_utf8_lossy(bytes(row.get(*name))))).collect()
}

fn show(row: &Row) -> String {
    let cell = |(name, cell): (&String, &Cell)| format!("{name}={:?}", String::from_utf8_lossy(bytes(Some(cell))));
    row.iter().map(cell).collect::<Vec<_>>().join(" ")
}

/// Whether a value agrees with the two around it; `None` if they forbid to tell.
fn agree(rule: Rule, before: &[u8], ours: &[u8], after: &[u8]) -> Option<bool> {
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok()?.trim().parse::<f64>().ok();
    let (lowest, highest) = match rule {
        Rule::Mark if before == after && before != ours && before.strip_suffix(b" (deleted)") == Some(ours) => {
            return None;
        }
        Rule::Same | Rule::Mark if before == after => return Some(before == ours),
        Rule::Same | Rule::Mark => return None,
        // What the program knows no number for is judged as text.
        _ => match (number(before), number(after)) {
            (Some(before), Some(after)) => (before.min(after), before.max(after)),
            _ => return agree(Rule::Same, before, ours, after),
        },
    };
    let slack = match rule {
        Rule::Percent(percent) => highest.abs() * percent / 100.0,
        Rule::Within(slack) => slack,
        Rule::Same | Rule::Mark => 0.0,
    };
    Some(number(ours).is_some_and(|ours| ours >= lowest - slack && ours <= highest + slack))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTH: Truth =
        Truth { key: &["k"], loose: &[("n", Rule::Within(1.0)), ("p", Rule::Percent(10.0))], ..Truth::EMPTY };

    /// Rows from text: `k=1 c=x`, separated by semicolons. `c=` is empty, `c` alone is unknown.
    fn rows(text: &str) -> Vec<Row> {
        let cell = |field: &str| match field.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.as_bytes().to_vec())),
            None => (field.to_owned(), None),
        };
        text.split(';').filter(|row| !row.is_empty()).map(|row| row.split(' ').map(cell).collect()).collect()
    }

    /// Judged, unsteady, and the places of the differences.
    fn found(truth: &Truth, samples: [&str; 3]) -> (usize, usize, String) {
        let [before, ours, after] = samples.map(rows);
        let findings = judge(truth, &before, &ours, &after);
        let place = |(key, column): &Place| {
            let key = key.iter().map(|value| String::from_utf8_lossy(value)).collect::<Vec<_>>().join("/");
            format!("{key}.{}", column.as_deref().unwrap_or("*"))
        };
        let places: Vec<String> = findings.differences.keys().map(place).collect();
        (findings.judged, findings.unsteady, places.join(" "))
    }

    #[test]
    fn verdicts_on_rows() {
        for (before, ours, after, judged, unsteady, places) in [
            ("k=1 c=x", "k=1 c=x", "k=1 c=x", 1, 0, ""),
            // Different, missing, made up.
            ("k=1 c=x", "k=1 c=y", "k=1 c=x", 1, 0, "1.c"),
            ("k=1 c=x", "", "k=1 c=x", 1, 0, "1.*"),
            ("k=1 c=x", "k=1 c=x;k=2 c=x", "k=1 c=x", 1, 0, "2.*"),
            // In one sample only: there or not.
            ("k=1 c=x;k=2 c=x", "k=1 c=x", "k=1 c=x", 1, 1, ""),
            ("k=1 c=x", "k=1 c=x;k=2 c=z", "k=1 c=x;k=2 c=x", 1, 1, ""),
            // A column that changed is no evidence; the others are.
            ("k=1 c=x d=1", "k=1 c=z d=1", "k=1 c=y d=1", 1, 1, ""),
            ("k=1 c=x d=1", "k=1 c=z d=2", "k=1 c=y d=1", 1, 1, "1.d"),
            // Unknown and empty are the same; more columns than the program knows do not matter; fewer do.
            ("k=1 c=", "k=1 c", "k=1 c=", 1, 0, ""),
            ("k=1", "k=1 c=x", "k=1", 1, 0, ""),
            ("k=1 c=x", "k=1", "k=1 c=x", 1, 0, "1.c"),
            ("", "", "", 0, 0, ""),
        ] {
            assert_eq!(
                found(&TRUTH, [before, ours, after]),
                (judged, unsteady, places.to_owned()),
                "{before} | {ours} | {after}"
            );
        }
    }

    #[test]
    fn verdicts_on_numbers() {
        for (before, ours, after, places) in [
            ("n=5", "n=6", "n=5", ""),
            ("n=5", "n=7", "n=5", "1.n"),
            ("n=5", "n=3", "n=9", "1.n"),
            ("n=5", "n=10", "n=9", ""),
            ("n=5", "n=x", "n=5", "1.n"),
            ("n=5", "n", "n=5", "1.n"),
            ("n=-", "n=-", "n=-", ""),
            ("n=-", "n=0", "n=-", "1.n"),
            ("p=100", "p=109", "p=100", ""),
            ("p=100", "p=111", "p=100", "1.p"),
            ("p=100", "p=85", "p=100", "1.p"),
        ] {
            let [first, second, third] = [before, ours, after].map(|cells| format!("k=1 {cells}"));
            let (_, _, got) = found(&TRUTH, [&first, &second, &third]);
            assert_eq!(got, places, "{before} | {ours} | {after}");
        }
    }

    #[test]
    fn verdicts_on_programs_that_are_gone() {
        let truth = Truth { loose: &[("c", Rule::Mark)], ..TRUTH };
        let read = |path: &str| {
            let mut row = rows("k=1").remove(0);
            row.insert("c".to_owned(), Some(path.as_bytes().to_vec()));
            vec![row]
        };
        for (before, ours, after, unsteady, differences) in [
            ("/a", "/a", "/a", 0, 0),
            ("/a (deleted)", "/a (deleted)", "/a (deleted)", 0, 0),
            // Another file has its place: that is not judged, and counted.
            ("/a (deleted)", "/a", "/a (deleted)", 1, 0),
            ("/a", "/a", "/a (deleted)", 1, 0),
            // A file that is there has no mark, and another path is another path.
            ("/a", "/a (deleted)", "/a", 0, 1),
            ("/a (deleted)", "/b", "/a (deleted)", 0, 1),
            ("/a (deleted)", "", "/a (deleted)", 0, 1),
        ] {
            let findings = judge(&truth, &read(before), &read(ours), &read(after));
            assert_eq!(
                (findings.unsteady, findings.differences.len()),
                (unsteady, differences),
                "{before} {ours} {after}"
            );
        }
    }

    #[test]
    fn rows_that_share_a_key() {
        for (before, ours, after, judged, unsteady, places) in [
            ("k=1 c=x;k=1 c=y", "k=1 c=y;k=1 c=x", "k=1 c=x;k=1 c=y", 2, 0, ""),
            ("k=1 c=x;k=1 c=y", "k=1 c=y", "k=1 c=x;k=1 c=y", 2, 0, "1.*"),
            ("k=1 c=x", "k=1 c=x;k=1 c=x", "k=1 c=x", 1, 0, "1.*"),
            ("k=1 c=x;k=1 c=y", "k=1 c=y;k=1 c=z", "k=1 c=x;k=1 c=y", 2, 0, "1.*"),
            ("k=1 c=x;k=1 c=y", "k=1 c=y;k=1 c=z", "k=1 c=z;k=1 c=y", 0, 2, ""),
            ("k=1 c=x n=1;k=1 c=y n=1", "k=1 c=x n=9 d=0;k=1 c=y n=9 d=0", "k=1 c=x n=2;k=1 c=y n=1", 2, 0, ""),
        ] {
            assert_eq!(
                found(&TRUTH, [before, ours, after]),
                (judged, unsteady, places.to_owned()),
                "{before} | {ours} | {after}"
            );
        }
    }

    #[test]
    fn a_program_that_leaves_out() {
        let partial = Truth { partial: true, ..TRUTH };
        assert_eq!(found(&partial, ["k=1 c=x", "k=1 c=x;k=2", "k=1 c=x"]), (1, 0, String::new()));
        assert_eq!(found(&partial, ["k=1 c=x", "k=2", "k=1 c=x"]), (1, 0, "1.*".to_owned()));
    }

    #[test]
    fn lies() {
        let partial = Truth { partial: true, ..TRUTH };
        for (truth, before, ours, after, expect) in [
            (TRUTH, "k=1 c=x n=1", "k=1 c=x n=1", "k=1 c=x n=1", ""),
            // A column that the program does not tell, or tells differently each time.
            (TRUTH, "k=1 c=x", "k=1 c=x d=1", "k=1 c=x", "a wrong d"),
            (TRUTH, "k=1 c=x n=1", "k=1 c=x n=1", "k=1 c=y n=1", "a wrong c"),
            (TRUTH, "k=1 c=x;k=2 c=y", "k=1 c=x;k=2 c=y", "k=1 c=x;k=2 c=z", ""),
            // Numbers of rows that share a key are not judged.
            (TRUTH, "k=1 n=1;k=1 n=1", "k=1 n=1;k=1 n=1", "k=1 n=1;k=1 n=1", "a wrong n"),
            (TRUTH, "k=1 c=x", "k=2 c=x", "k=3 c=x", "a row left out, a wrong c"),
            (partial, "k=1 c=x", "k=1 c=x;k=2", "k=1 c=x", ""),
        ] {
            let [before, answer, after] = [before, ours, after].map(rows);
            assert_eq!(unnoticed(&truth, &before, &answer, &after).join(", "), expect, "{ours}");
        }
    }

    #[test]
    fn a_difference_can_be_read() {
        let [before, ours, after] = ["k=1 c=x d=1", "k=1 c=z d=1", "k=1 c=x d=2"].map(rows);
        let findings = judge(&TRUTH, &before, &ours, &after);
        let texts: Vec<&String> = findings.differences.values().collect();
        assert_eq!(texts, ["  k=\"1\" c\n    - \"x\"\n    + \"z\""]);
    }
}
