//! *recorded*: answers about fixture hosts equal those that osquery gave. Finds: everything that people who come from
//! osquery would stumble over.

use crate::Verdict;
use crate::answer::{Difference, Row, printed};
use crate::divergences::Divergences;
use crate::engines::golden::Golden;
use crate::engines::{Engine, NO_ANSWER};
use crate::fixtures::Recorded;
use plumb_schema::Registry;
use std::collections::BTreeSet;

/// Compares answers with recorded ones and remembers which divergences were seen.
#[derive(Debug)]
pub struct Comparison<'a> {
    divergences: &'a Divergences,
    /// Patterns that explained a difference.
    pub seen: BTreeSet<String>,
}

impl<'a> Comparison<'a> {
    /// A comparison that allows some divergences.
    #[must_use]
    pub fn new(divergences: &'a Divergences) -> Self {
        Self { divergences, seen: BTreeSet::new() }
    }

    /// Asks both engines what is recorded: each question, and what came of it.
    pub fn all(&mut self, golden: &mut Golden, engine: &mut dyn Engine, registry: &Registry) -> Vec<(String, Verdict)> {
        let questions: Vec<Recorded> =
            golden.recorded().iter().map(|one| Recorded { rows: Vec::new(), ..one.clone() }).collect();
        let verdict = |question: Recorded| {
            let expected = golden.ask(&question.sql);
            let verdict = self.judge(engine, registry, &question, &expected);
            (question.sql, verdict)
        };
        questions.into_iter().map(verdict).collect()
    }

    /// Compares one recorded answer.
    pub fn check(&mut self, engine: &mut dyn Engine, registry: &Registry, recorded: &Recorded) -> Verdict {
        let expected = Golden::of(vec![recorded.clone()]).ask(&recorded.sql);
        self.judge(engine, registry, recorded, &expected)
    }

    fn judge(
        &mut self,
        engine: &mut dyn Engine,
        registry: &Registry,
        question: &Recorded,
        expected: &Result<Vec<Row>, String>,
    ) -> Verdict {
        let (sql, tables) = (&question.sql, tables_of(&question.sql));
        let expected = match expected {
            Err(why) if why == NO_ANSWER => return Verdict::Skip(why.clone()),
            Err(_) => {
                return match engine.ask(sql) {
                    Err(_) => Verdict::Pass,
                    Ok(rows) => Verdict::Fail(format!("{sql}\n  should fail and gives {} rows", rows.len())),
                };
            }
            Ok(expected) => expected,
        };
        let unknown = tables.iter().find(|table| registry.get(table).is_none());
        if let Some(table) = unknown {
            return Verdict::Skip(format!("no table {table} yet"));
        }
        match engine.ask(sql) {
            Ok(rows) => self.compare(question, &tables, expected, &rows),
            Err(error) => Verdict::Fail(format!("{sql}\n  {error}")),
        }
    }

    fn compare(&mut self, question: &Recorded, tables: &[String], expected: &[Row], rows: &[Row]) -> Verdict {
        let differs = |ignore: &[String]| {
            let ignore: Vec<String> = question.ignore.iter().chain(ignore).cloned().collect();
            Difference::between(&printed(expected, &ignore), &printed(rows, &ignore))
        };
        let difference = differs(&[]);
        if difference.is_empty() {
            // Two empty answers agree, but prove little.
            return if rows.is_empty() { Verdict::Skip("no rows".to_owned()) } else { Verdict::Pass };
        }
        for table in tables {
            let columns = self.divergences.columns(table);
            if !columns.is_empty() && differs(&columns).is_empty() {
                let needed = |column: &&String| {
                    let others: Vec<String> = columns.iter().filter(|other| other != column).cloned().collect();
                    !differs(&others).is_empty()
                };
                self.seen.extend(columns.iter().filter(needed).map(|column| format!("{table}.{column}")));
                return Verdict::Pass;
            }
            if self.divergences.rows(table) {
                self.seen.insert(table.clone());
                return Verdict::Pass;
            }
        }
        Verdict::Fail(format!("{}\n{}", question.sql, difference.show(4)))
    }
}

/// The names after FROM and JOIN.
fn tables_of(sql: &str) -> Vec<String> {
    let words: Vec<&str> =
        sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect();
    let named = words.windows(2).filter(|pair| {
        pair.first().is_some_and(|word| word.eq_ignore_ascii_case("from") || word.eq_ignore_ascii_case("join"))
    });
    named.filter_map(|pair| pair.get(1)).map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Fixture, folder};

    #[test]
    fn answers_that_changed_are_found() {
        let fixture = Fixture::all(&folder()).expect("fixtures").into_iter().next().expect("a fixture host");
        let divergences = Divergences::load().expect("divergences");
        let registry = plumb_tables::registry();
        let users = |change: &dyn Fn(&mut Vec<Recorded>)| {
            let mut recorded = fixture.recorded().expect("recorded answers");
            recorded.retain(|one| one.table == "users");
            let mut engine = Golden::of(recorded.clone());
            change(&mut recorded);
            let all = Comparison::new(&divergences).all(&mut Golden::of(recorded), &mut engine, &registry);
            all.into_iter().map(|(_, verdict)| verdict).collect::<Vec<_>>()
        };
        assert_eq!(users(&|_| ()), [Verdict::Pass]);
        let changes: [&dyn Fn(&mut Recorded); 4] = [
            &|one| drop(one.rows.pop()),
            &|one| one.rows.extend(one.rows.first().cloned()),
            &|one| one.rows.iter_mut().take(1).for_each(|row| drop(row.insert("uid".to_owned(), None))),
            &|one| one.fails = true,
        ];
        for change in changes {
            let verdicts = users(&|recorded| recorded.iter_mut().for_each(change));
            assert!(matches!(verdicts.as_slice(), [Verdict::Fail(_)]), "{verdicts:?}");
        }
        // What was asked in other words is not known.
        let other = users(&|recorded| recorded.iter_mut().for_each(|one| one.sql.push_str(" limit 1")));
        assert!(matches!(other.as_slice(), [Verdict::Fail(_) | Verdict::Skip(_)]), "{other:?}");
    }
}
