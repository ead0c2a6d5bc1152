//! Joins: which columns USING and NATURAL compare.

use super::statement::Analyser;
use super::{Code, Diagnostic};
use sqlite3_parser::ast::{JoinConstraint, JoinType};
use std::ops::Range;

impl<'b> Analyser<'_, 'b> {
    /// Finds out which columns USING and NATURAL compare.
    pub(super) fn join(&mut self, items: &[usize], constraints: &[(usize, &'b JoinConstraint<'b>)]) {
        let is_right = |item: &usize| self.items.get(*item).is_some_and(|item| item.join.contains(JoinType::RIGHT));
        let right = items.iter().rposition(is_right).unwrap_or(0);
        for item in items.iter().take(right) {
            if let Some(item) = self.items.get_mut(*item) {
                item.left_of_right = true;
            }
        }
        for (place, item) in items.iter().enumerate().skip(1) {
            let left = items.get(..place).unwrap_or_default();
            let using = constraints.iter().find(|(joined, _)| joined == item).map(|(_, constraint)| *constraint);
            let natural = self.items.get(*item).is_some_and(|item| item.join.contains(JoinType::NATURAL));
            let names: Vec<(String, Range<usize>)> = match using {
                Some(JoinConstraint::Using(names)) => {
                    let word = |name| {
                        let word = self.source.name(name);
                        (word.text.into_owned(), self.source.place(word.token, word.token))
                    };
                    names.iter().map(word).collect()
                }
                _ if natural => self.common_columns(left, *item),
                _ => continue,
            };
            for (name, span) in names {
                self.compare(left, *item, name, &span);
            }
        }
    }

    /// The columns that an item has in common with those to its left.
    fn common_columns(&self, left: &[usize], item: usize) -> Vec<(String, Range<usize>)> {
        let Some(item) = self.items.get(item) else { return Vec::new() };
        let shown = item.relation.columns.iter().filter(|column| !column.hidden);
        let has = |number: &usize, name: &str| {
            let columns = self.items.get(*number).map(|item| &item.relation.columns);
            columns.into_iter().flatten().any(|column| !column.hidden && column.name.eq_ignore_ascii_case(name))
        };
        shown
            .filter(|column| left.iter().any(|number| has(number, &column.name)))
            .map(|column| (column.name.clone().into_owned(), item.span.clone()))
            .collect()
    }

    /// Notes that a column is compared with the columns of the name to the left.
    fn compare(&mut self, left: &[usize], item: usize, name: String, span: &Range<usize>) {
        let place = |analyser: &Self, number: usize| {
            analyser.items.get(number).and_then(|item| item.relation.place(&name)).map(|column| (number, column))
        };
        let on_left: Vec<(usize, usize)> = left.iter().filter_map(|number| place(self, *number)).collect();
        let on_right = place(self, item);
        if on_left.is_empty() || on_right.is_none() {
            // A table that is not known was told of already.
            if left.iter().chain([&item]).all(|number| self.items.get(*number).is_some()) {
                let message = format!("cannot join using column {name} - column not present in both tables");
                self.tell(Diagnostic::error(Code::UnknownColumn, span.clone(), message));
            }
            return;
        }
        for (number, column) in on_left.into_iter().chain(on_right) {
            let name = self.items.get(number).filter(|item| item.relation.told).and_then(|item| {
                let column = item.relation.columns.get(column)?;
                Some((item.relation.name.clone().into_owned(), column.name.clone().into_owned()))
            });
            if let Some(name) = name {
                self.used.joined.insert(name.clone());
                self.used.columns.insert(name);
            }
        }
        if let Some(item) = self.items.get_mut(item) {
            item.using.push(name);
        }
    }
}
