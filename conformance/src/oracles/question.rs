//! What the oracles that need nothing but SQL have in common: statements, and what is made of their answers.
//!
//! The host of an agent may change while it is asked. The first and the last statement of a question are the same; where
//! their answers differ, nothing is concluded.

use crate::Verdict;
use crate::answer::{Difference, Row};
use crate::engines::{Engine, NO_ANSWER};
use crate::generators::query::{ColumnMaterial, TableMaterial};
use std::collections::BTreeSet;
use std::fmt;

#[cfg(test)]
mod tests;

/// The answer to a statement.
pub type Answer = Result<Vec<Row>, String>;

/// What is made of the answers to all statements.
type Judge = Box<dyn Fn(&[Vec<Row>]) -> Verdict>;

/// Statements that are asked in a row, and the law that their answers must obey.
pub struct Question {
    /// The statements; the first and the last are the same.
    pub statements: Vec<String>,
    judge: Judge,
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").field("statements", &self.statements).finish_non_exhaustive()
    }
}

impl Question {
    /// A question. The law sees the answers to `whole` and to the statements after it.
    #[must_use]
    pub fn new(whole: String, others: Vec<String>, judge: impl Fn(&[Vec<Row>]) -> Verdict + 'static) -> Self {
        let statements = [vec![whole.clone()], others, vec![whole]].concat();
        Self { statements, judge: Box::new(judge) }
    }

    /// Asks and judges. An engine whose host does not change is not asked again for what it has answered.
    pub fn ask(&self, engine: &mut dyn Engine) -> Verdict {
        let steady = engine.capabilities().steady;
        let asked = self.statements.len() - usize::from(steady);
        let mut answers = engine.ask_many(self.statements.get(..asked).unwrap_or(&self.statements));
        let after = if steady { None } else { answers.pop() };
        self.conclude(answers, after)
    }

    /// Judges the answers to the statements.
    #[must_use]
    pub fn judge(&self, answers: &[Answer]) -> Verdict {
        let [answers @ .., after] = answers else { return Verdict::Skip("no answers".to_owned()) };
        self.conclude(answers.to_vec(), Some(after.clone()))
    }

    /// Judges the answers to all statements but the last, and what the first gave when it was asked again, if it was.
    fn conclude(&self, answers: Vec<Answer>, after: Option<Answer>) -> Verdict {
        let mut answers = answers.into_iter();
        let (before, after) = match (answers.next(), after.transpose()) {
            (None, _) => return Verdict::Skip("no answers".to_owned()),
            (Some(Ok(before)), Ok(after)) => (before, after),
            (Some(Err(error)), _) | (_, Err(error)) if error == NO_ANSWER => return Verdict::Skip(error),
            (Some(Err(error)), _) | (_, Err(error)) => return Verdict::Skip(format!("refused: {error}")),
        };
        if after.is_some_and(|after| !Difference::between(&before, &after).is_empty()) {
            return Verdict::Skip("it changed in between".to_owned());
        }
        let mut good = vec![before];
        for (answer, sql) in answers.zip(self.statements.iter().skip(1)) {
            match answer {
                Ok(rows) => good.push(rows),
                Err(error) if error == NO_ANSWER => return Verdict::Skip(error),
                Err(error) => return Verdict::Fail(format!("{sql}\n  {error}\n  though a simpler form was answered")),
            }
        }
        match (self.judge)(&good) {
            Verdict::Fail(why) => Verdict::Fail(format!("{}\n{why}", self.statements.join(";\n"))),
            verdict => verdict,
        }
    }
}

/// Compares what was expected with what a form of it gave. `whole` are all rows of the table: a lookup may know rows that a
/// listing leaves out (accounts of a directory service), and such rows say nothing.
#[must_use]
pub fn same(whole: &[Row], expected: &[Row], got: &[Row]) -> Verdict {
    let mut difference = Difference::between(expected, got);
    if difference.is_empty() {
        return Verdict::Pass;
    }
    let known: BTreeSet<&Row> = whole.iter().collect();
    difference.extra.retain(|row| known.contains(row));
    if difference.is_empty() {
        return Verdict::Skip("a lookup knows rows that a listing leaves out".to_owned());
    }
    Verdict::Fail(difference.show(5))
}

/// The columns as c0, c1 and so on.
#[must_use]
pub fn columns<'a>(columns: impl IntoIterator<Item = &'a ColumnMaterial>) -> String {
    let named: Vec<String> =
        columns.into_iter().enumerate().map(|(place, column)| format!("t.\"{}\" AS c{place}", column.name)).collect();
    named.join(", ")
}

/// All columns of all rows of a table.
#[must_use]
pub fn whole(table: &TableMaterial) -> String {
    format!("SELECT {} FROM {}", columns(&table.columns), table.from("t"))
}

/// A number that a statement answered in its column c0.
#[must_use]
pub fn number(rows: &[Row]) -> Option<i64> {
    let cell = rows.first()?.get("c0")?.as_deref();
    std::str::from_utf8(cell.unwrap_or(b"0")).ok()?.parse().ok()
}

/// Rows that fulfil a condition on `t` although a listing of the table lacks them: one of them, if there are any.
#[must_use]
pub fn unlisted(table: &TableMaterial, condition: &str) -> String {
    let (all, from) = (table.names("t."), table.from("t"));
    let unlisted = format!("SELECT {all} FROM {from} WHERE {condition} EXCEPT SELECT {all} FROM {from}");
    format!("SELECT 1 AS c0 FROM ({unlisted}) LIMIT 1")
}
