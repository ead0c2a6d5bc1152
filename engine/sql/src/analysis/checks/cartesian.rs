//! Joins that no condition makes: every row of one table with every row of another.

use super::{Facts, all, conjuncts, has_subquery};
use crate::analysis::statement::Analyser;
use crate::analysis::{Code, Diagnostic};
use plumb_schema::AnyTable;
use sqlite3_parser::ast::{Expr, JoinType, Operator};

impl<'b> Analyser<'_, 'b> {
    pub(super) fn cartesian(&mut self, facts: &Facts<'b>) {
        if facts.items.len() < 2 {
            return;
        }
        // The last group is that of columns of the statement around.
        let mut groups: Vec<usize> = (0..=facts.items.len()).collect();
        let fixed = facts.items.len();
        let mut chosen: Vec<(String, usize)> = Vec::new();
        let place = |item: usize| facts.items.iter().position(|number| *number == item);
        let conditions = facts.conditions.iter().flat_map(|condition| conjuncts(condition));
        for condition in conditions.chain(facts.arguments.iter().copied()) {
            let columns = all(condition).into_iter().filter_map(|expr| self.column(expr));
            let linked: Vec<usize> = columns.map(|found| place(found.item).unwrap_or(fixed)).collect();
            if let Some((item, column, few)) = self.chosen(condition)
                && let Some(place) = place(item)
            {
                // Columns of one name that are both chosen by a constant are as good as compared; and few rows do no harm.
                let same = chosen.iter().find(|(name, _)| *name == column).map(|(_, place)| *place);
                unite(&mut groups, &[same.unwrap_or(place), place]);
                if few {
                    unite(&mut groups, &[place, usize::from(place == 0)]);
                }
                chosen.push((column, place));
            }
            if has_subquery(condition) {
                // It may name any of them.
                return;
            }
            unite(&mut groups, &linked);
        }
        for (number, item) in facts.items.iter().enumerate() {
            let Some(item) = self.items.get(*item) else { continue };
            let is_small = item.relation.declared.is_none_or(|table| table.cost().rows <= 1);
            if is_small || item.join.contains(JoinType::CROSS) {
                unite(&mut groups, &[number, usize::from(number == 0)]);
            }
            if !item.using.is_empty() {
                let left: Vec<usize> =
                    (0..number).filter(|left| self.shares(facts.items.get(*left), &item.using)).collect();
                unite(&mut groups, &[&left[..], &[number]].concat());
            }
        }
        let first = groups.first().copied();
        let lonely = (1..facts.items.len()).find(|number| groups.get(*number).copied() != first);
        let Some(item) = lonely.and_then(|number| self.items.get(*facts.items.get(number)?)) else { return };
        let other = facts.items.first().and_then(|first| self.items.get(*first)).map(|item| item.name().to_owned());
        let (name, other) = (item.name().to_owned(), other.unwrap_or_default());
        let common: Vec<String> = self.common_names(facts, item);
        let message = format!("no condition links {name} to {other}: each row is joined with every row");
        let help = common.first().map(|column| format!("for example: ON {name}.{column} = {other}.{column}"));
        let problem = Diagnostic::warning(Code::CartesianJoin, item.span.clone(), message);
        self.tell(problem.with_help(help));
    }

    /// The item and column that a condition compares with a constant, and whether few rows have it.
    fn chosen(&self, condition: &'b Expr<'b>) -> Option<(usize, String, bool)> {
        let (column, is_one) = match condition {
            Expr::Binary(left, Operator::Equals | Operator::Is, right) => match (self.column(left), self.column(right))
            {
                (Some(found), None) | (None, Some(found)) => (found, true),
                _ => return None,
            },
            Expr::InList { lhs, not: false, .. } => (self.column(lhs)?, false),
            _ => return None,
        };
        let (item, known) = self.known(column)?;
        let finds = |table: &dyn AnyTable| {
            (0..table.width()).any(|place| *table.spec(place).name == known.name && table.can_pick(place))
        };
        let few = is_one && item.relation.declared.is_none_or(finds);
        Some((column.item, known.name.to_ascii_lowercase(), few))
    }

    fn shares(&self, item: Option<&usize>, columns: &[String]) -> bool {
        let relation = item.and_then(|item| self.items.get(*item)).map(|item| &item.relation);
        relation.is_some_and(|relation| columns.iter().any(|column| relation.place(column).is_some()))
    }

    /// Key columns that the first table and another have in common.
    fn common_names(&self, facts: &Facts<'b>, other: &crate::analysis::scope::Item) -> Vec<String> {
        let first = facts.items.first().and_then(|first| self.items.get(*first));
        let columns = first.map(|first| first.relation.columns.as_slice()).unwrap_or_default();
        let keys = ["pid", "uid", "path", "gid", "username", "interface", "name"];
        let has =
            |key: &&&str| columns.iter().any(|column| column.name == **key) && other.relation.place(key).is_some();
        keys.iter().filter(has).map(|key| (*key).to_owned()).collect()
    }
}

fn unite(groups: &mut [usize], members: &[usize]) {
    let Some(group) = members.first().and_then(|first| groups.get(*first)).copied() else { return };
    for member in members {
        let Some(other) = groups.get(*member).copied() else { continue };
        groups.iter_mut().filter(|known| **known == other).for_each(|known| *known = group);
    }
}
