//! Reads that take long, by what tables say of their cost and of the columns by which they find rows.

use super::{Constant, Facts, all, conjuncts};
use crate::analysis::scope::Found;
use crate::analysis::statement::Analyser;
use crate::analysis::{Code, Diagnostic};
use plumb_schema::{AnyTable, Ops};
use sqlite3_parser::ast::{Expr, LikeOperator};

/// The cost of a scan above which it should be constrained, in rows of a text file.
const COSTLY: u64 = 100_000;

impl<'b> Analyser<'_, 'b> {
    pub(super) fn costly(&mut self, facts: &Facts<'b>) {
        let conditions: Vec<&'b Expr<'b>> =
            facts.conditions.iter().flat_map(|condition| conjuncts(condition)).collect();
        let mut problems: Vec<Diagnostic> =
            conditions.iter().flat_map(|condition| all(condition)).filter_map(|expr| self.whole_tree(expr)).collect();
        for number in &facts.items {
            problems.extend(self.whole_table(*number, &conditions));
        }
        problems.into_iter().for_each(|problem| self.tell(problem));
    }

    /// A pattern that makes a table walk everything below the root.
    fn whole_tree(&self, expr: &'b Expr<'b>) -> Option<Diagnostic> {
        let Expr::Like { lhs: column, not: false, op: LikeOperator::Like, rhs: pattern, .. } = expr else {
            return None;
        };
        let (item, known) = self.known(self.column(column)?)?;
        let table = item.relation.declared?;
        let spec = table.specs().find(|spec| *spec.name == known.name)?;
        let Constant::Text(text) = self.constant(pattern)? else { return None };
        let walks = spec.parameter && spec.uses.contains(Ops::LIKE);
        if !walks || !is_whole_tree(&text) {
            return None;
        }
        let message = format!("{} LIKE '{text}' walks the whole tree of files", known.name);
        let help = if table.cost().row >= 100 {
            format!("{} reads what it finds; name a directory: {} LIKE '/etc/%%'", table.name(), known.name)
        } else {
            format!(
                "name a directory: {} LIKE '/etc/%%', or {} LIKE '/etc/%' for its entries alone",
                known.name, known.name
            )
        };
        let span = self.span_of_expr(expr);
        Some(Diagnostic::warning(Code::UnboundedScan, span, message).with_help(Some(help)))
    }

    /// A large table that is read from end to end although it could find rows.
    fn whole_table(&self, number: usize, conditions: &[&'b Expr<'b>]) -> Option<Diagnostic> {
        let item = self.items.get(number)?;
        let table = item.relation.declared.filter(|table| !table.is_constrained())?;
        let cost = u64::from(table.cost().rows) * u64::from(table.cost().row);
        let columns = indexed(table);
        let is_used = |found: &Found| {
            let known = found.column.and_then(|column| item.relation.columns.get(column));
            found.item == number && known.is_some_and(|known| columns.contains(&known.name.as_ref()))
        };
        let used = conditions.iter().flat_map(|condition| all(condition)).filter_map(|expr| self.column(expr));
        if cost < COSTLY
            || columns.is_empty()
            || used.into_iter().any(|found| is_used(&found))
            || !item.using.is_empty()
        {
            return None;
        }
        let message = format!("all of {} is read, some {} rows", table.name(), table.cost().rows);
        let help = format!("constrain {} if you know what you look for", columns.join(" or "));
        Some(Diagnostic::warning(Code::UnboundedScan, item.span.clone(), message).with_help(Some(help)))
    }
}

/// The columns by which a table finds rows.
fn indexed(table: &dyn AnyTable) -> Vec<&str> {
    (0..table.width()).filter(|column| table.can_pick(*column)).map(|column| table.spec(column).name).collect()
}

/// Whether a pattern of a path has nothing fixed before it goes into all directories below.
fn is_whole_tree(pattern: &str) -> bool {
    let Some((before, _)) = pattern.split_once("%%") else { return false };
    before.split('/').all(|component| component.is_empty() || component.contains('%'))
}
