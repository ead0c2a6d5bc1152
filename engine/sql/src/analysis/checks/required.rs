//! Tables that cannot be read without a constraint.
//!
//! Only what is certain is told: that no condition of the whole statement constrains a required column. Whether the planner
//! can use a condition that there is, it knows itself.

use super::{Facts, conjuncts, terms};
use crate::analysis::statement::Analyser;
use crate::analysis::{Code, Diagnostic};
use crate::suggest::constraint_help;
use plumb_schema::{AnyTable, Op, Options};
use sqlite3_parser::ast::{Expr, LikeOperator, Operator};
use std::collections::HashSet;

impl<'b> Analyser<'_, 'b> {
    pub(super) fn required(&mut self, selects: &[Facts<'b>]) {
        let mut problems = Vec::new();
        let mut judged = HashSet::new();
        // The conditions of views are not looked at: what a view lacks, planning tells.
        for item in self.items.iter().filter(|item| !item.in_view) {
            let Some(table) = item.relation.declared.filter(|table| table.is_constrained()) else { continue };
            if !judged.insert(table.name()) {
                continue;
            }
            if self.used.joined.iter().any(|(name, column)| name == table.name() && is_required(table, column))
                || selects.iter().any(|facts| self.is_satisfied(facts, table))
            {
                continue;
            }
            let columns: Vec<&str> =
                table.specs().filter(|spec| spec.options.contains(Options::REQUIRED)).map(|spec| spec.name).collect();
            let message = format!("Table {} was queried without a required column in the WHERE clause", table.name());
            let help = constraint_help(table.name(), &columns).join("; ");
            let span = item.span.clone();
            problems.push(Diagnostic::error(Code::MissingConstraint, span, message).with_help(Some(help)));
        }
        problems.into_iter().for_each(|problem| self.tell(problem));
    }

    fn is_satisfied(&self, facts: &Facts<'b>, table: &dyn AnyTable) -> bool {
        let has_arguments = facts.arguments.iter().any(|argument| self.constrains(argument, table));
        let conditions = facts.conditions.iter().flat_map(|condition| conjuncts(condition));
        has_arguments || conditions.into_iter().any(|condition| self.satisfies(condition, table))
    }

    /// Whether a condition constrains a required column, whatever the planner makes of it.
    fn satisfies(&self, condition: &'b Expr<'b>, table: &dyn AnyTable) -> bool {
        let either =
            |left: &'b Expr<'b>, right: &'b Expr<'b>| self.constrains(left, table) || self.constrains(right, table);
        match condition {
            Expr::Binary(_, Operator::Or, _) => terms(condition, Operator::Or).into_iter().all(|term| {
                conjuncts(term).into_iter().any(|term| self.satisfies(term, table)) || self.constant(term).is_some()
            }),
            Expr::Binary(left, Operator::Equals | Operator::Is, right) => either(left, right),
            Expr::Binary(left, operator, right) => {
                // `3 < t` is `t > 3`.
                let (op, turned) = match operator {
                    Operator::Less => (Op::Lt, Op::Gt),
                    Operator::LessEquals => (Op::Le, Op::Ge),
                    Operator::Greater => (Op::Gt, Op::Lt),
                    Operator::GreaterEquals => (Op::Ge, Op::Le),
                    _ => return false,
                };
                takes(table, op) && self.constrains(left, table)
                    || takes(table, turned) && self.constrains(right, table)
            }
            Expr::Between { lhs, not: false, .. } => takes(table, Op::Ge) && self.constrains(lhs, table),
            Expr::InList { lhs, not: false, .. }
            | Expr::InSelect { lhs, not: false, .. }
            | Expr::InTable { lhs, not: false, .. }
            | Expr::IsNull(lhs) => self.constrains(lhs, table),
            Expr::Like { lhs, not: false, op: LikeOperator::Like | LikeOperator::Glob, .. } => {
                self.constrains(lhs, table)
            }
            Expr::FunctionCall { args, .. } => {
                args.unwrap_or_default().iter().any(|arg| self.satisfies(super::unparenthesized(arg), table))
            }
            _ => false,
        }
    }

    /// Whether an expression is a required column, or has one in a row of values.
    fn constrains(&self, expr: &'b Expr<'b>, table: &dyn AnyTable) -> bool {
        let expr = super::unparenthesized(expr);
        if let Expr::Parenthesized(parts) = expr {
            return parts.iter().any(|part| self.constrains(part, table));
        }
        if let Expr::Collate(inner, _) = expr {
            return self.constrains(inner, table);
        }
        let column = self.column(expr).and_then(|found| self.known(found));
        let origin = column.and_then(|(_, column)| column.origin.as_ref());
        // Through the columns of a subquery, a condition reaches the table inside.
        origin.is_some_and(|(name, column)| name == table.name() && is_required(table, column))
    }
}

fn is_required(table: &dyn AnyTable, column: &str) -> bool {
    table.specs().any(|spec| {
        spec.options.contains(Options::REQUIRED)
            && (spec.name.eq_ignore_ascii_case(column)
                || spec.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(column)))
    })
}

fn takes(table: &dyn AnyTable, op: Op) -> bool {
    let ops = crate::planner::ops(op);
    table.specs().any(|spec| spec.options.contains(Options::REQUIRED) && spec.uses.contains(ops))
}
