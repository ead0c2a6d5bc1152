//! Recorded answers as an engine: it knows what it was told, and says so of everything else.

use super::{Capabilities, Engine, NO_ANSWER};
use crate::answer::Row;
use crate::fixtures::{Fixture, FixtureError, Recorded};
use std::collections::BTreeMap;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Golden {
    recorded: Vec<Recorded>,
    places: BTreeMap<String, usize>,
}

impl Golden {
    /// The answers recorded about a fixture host.
    ///
    /// # Errors
    /// When a file is missing or malformed.
    pub fn new(fixture: &Fixture) -> Result<Self, FixtureError> {
        fixture.recorded().map(Self::of)
    }

    /// Some answers. Of two to one question the first counts.
    #[must_use]
    pub fn of(recorded: Vec<Recorded>) -> Self {
        let mut places = BTreeMap::new();
        for (place, answer) in recorded.iter().enumerate() {
            places.entry(answer.sql.clone()).or_insert(place);
        }
        Self { recorded, places }
    }

    /// What is known, in the order in which it was recorded.
    #[must_use]
    pub fn recorded(&self) -> &[Recorded] {
        &self.recorded
    }
}

impl Engine for Golden {
    fn ask(&mut self, sql: &str) -> Result<Vec<Row>, String> {
        match self.places.get(sql).and_then(|place| self.recorded.get(*place)) {
            None => Err(NO_ANSWER.to_owned()),
            Some(answer) if answer.fails => Err("it was refused".to_owned()),
            Some(answer) => Ok(answer.rows.clone()),
        }
    }

    fn capabilities(&self) -> Capabilities {
        // Recorded answers are printed ones, in which NULL and empty text look alike.
        Capabilities { steady: true, ..Capabilities::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(sql: &str, value: &str, fails: bool) -> Recorded {
        let row: Row = [("a".to_owned(), Some(value.as_bytes().to_vec()))].into();
        Recorded { table: String::new(), sql: sql.to_owned(), rows: vec![row], ignore: Vec::new(), fails }
    }

    #[test]
    fn it_knows_what_it_was_told() {
        let mut golden =
            Golden::of(vec![recorded("a", "1", false), recorded("a", "2", false), recorded("b", "3", true)]);
        let answers = golden.ask_many(&["a".into(), "b".into(), "c".into()]);
        assert_eq!(answers, [Ok(recorded("a", "1", false).rows), Err("it was refused".into()), Err(NO_ANSWER.into())]);
        assert!(!golden.capabilities().any_question);
    }
}
