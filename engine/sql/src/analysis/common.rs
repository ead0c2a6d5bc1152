//! What stands for a SELECT under a name: common table expressions, and views.

use super::from::anonymous;
use super::parse::{Source, statements};
use super::scope::{Relation, Scope};
use super::select::{Output, columns};
use super::statement::{Analyser, Made, View};
use super::{Code, Diagnostic};
use sqlite3_parser::ast::{Cmd, CommonTableExpr, CompoundOperator, FromClause, OneSelect, Select, SelectTable, With};
use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

/// A common table expression in sight.
pub(super) struct Common<'b> {
    pub(super) name: String,
    cte: &'b CommonTableExpr<'b>,
    source: Rc<Source<'b>>,
    /// How many common table expressions its own statement sees: those of its WITH and of the ones around.
    sees: usize,
    state: State,
}

#[derive(Clone)]
enum State {
    /// Nobody has asked for it.
    Waiting,
    /// It is being looked at.
    Working,
    /// Its rows are known; it may be looked at still, as it refers to itself.
    Known(Rc<Relation>),
}

impl<'b> Analyser<'_, 'b> {
    /// Brings the expressions of a WITH clause into sight; answers how many were in sight before.
    pub(super) fn push_common(&mut self, with: Option<&'b With<'b>>) -> usize {
        let before = self.common.len();
        let ctes = with.map(|with| with.ctes).unwrap_or_default();
        let mut taken = HashSet::new();
        for cte in ctes {
            let word = self.source.name(&cte.tbl_name);
            let name = word.text.clone().into_owned();
            if !taken.insert(name.to_ascii_lowercase()) {
                let span = self.source.place(word.token, word.token);
                self.tell(Diagnostic::error(Code::AlreadyExists, span, format!("duplicate WITH table name: {name}")));
            }
            let (source, sees) = (Rc::clone(&self.source), before + ctes.len());
            self.common.push(Common { name, cte, source, sees, state: State::Waiting });
        }
        before
    }

    /// The rows of a common table expression.
    pub(super) fn common(
        &mut self,
        place: usize,
        span: &Range<usize>,
        outer: Option<&Scope<'_, 'b>>,
    ) -> Option<Rc<Relation>> {
        let common = self.common.get(place)?;
        self.used.expressions.insert(common.name.clone());
        let (cte, sees, name) = (common.cte, common.sees, common.name.clone());
        match common.state.clone() {
            State::Known(relation) => return Some(relation),
            State::Working => {
                let message = format!("circular reference: {name}");
                self.tell(Diagnostic::error(Code::CircularReference, span.clone(), message));
                return None;
            }
            State::Waiting => {}
        }
        let source = std::mem::replace(&mut self.source, Rc::clone(&common.source));
        let hidden = self.common.split_off(sees.min(self.common.len()));
        self.set_common(place, State::Working);
        let names = cte.columns.map(|names| self.column_names(names.iter().map(|name| &name.col_name)));
        let recursive = self.recursive_terms(cte.select, &name);
        let relation = if recursive > 0 {
            let selects = self.selects.len();
            let outputs = self.compound(cte.select, outer, Some(recursive));
            // It is looked at once more as a whole.
            self.selects.truncate(selects);
            let known = self.common_relation(&name, outputs, names, span);
            self.set_common(place, State::Known(Rc::clone(&known)));
            self.select(cte.select, outer);
            known
        } else {
            let outputs = self.select(cte.select, outer);
            self.common_relation(&name, outputs, names, span)
        };
        self.set_common(place, State::Known(Rc::clone(&relation)));
        self.common.extend(hidden);
        self.source = source;
        Some(relation)
    }

    fn set_common(&mut self, place: usize, state: State) {
        if let Some(common) = self.common.get_mut(place) {
            common.state = state;
        }
    }

    fn common_relation(
        &mut self,
        name: &str,
        outputs: Vec<Output<'b>>,
        names: Option<Vec<String>>,
        span: &Range<usize>,
    ) -> Rc<Relation> {
        if let Some(names) = names.as_ref().filter(|names| names.len() != outputs.len() && !outputs.is_empty()) {
            let message = format!("table {name} has {} values for {} columns", outputs.len(), names.len());
            self.tell(Diagnostic::error(Code::WrongColumns, span.clone(), message));
        }
        let columns = columns(outputs, names);
        Rc::new(Relation { name: name.to_owned().into(), ..anonymous(columns) })
    }

    /// How many terms at the end of a compound SELECT refer to the expression that it defines.
    fn recursive_terms(&self, select: &'b Select<'b>, name: &str) -> usize {
        let Some(compounds) = &select.body.compounds else { return 0 };
        let operator = compounds.last().map(|last| last.operator);
        if !matches!(operator, Some(CompoundOperator::Union | CompoundOperator::UnionAll)) {
            return 0;
        }
        let refers = |one: &OneSelect<'b>| match one {
            OneSelect::Select { from: Some(from), .. } => self.refers(from, name),
            _ => false,
        };
        compounds.iter().rev().take_while(|term| Some(term.operator) == operator && refers(&term.select)).count()
    }

    fn refers(&self, from: &FromClause<'b>, name: &str) -> bool {
        let joined = from.joins.iter().flatten().map(|join| &join.table);
        from.select.into_iter().chain(joined).any(|table| match table {
            SelectTable::Table(table, ..) => {
                table.db_name.is_none() && self.source.name(&table.name).text.eq_ignore_ascii_case(name)
            }
            SelectTable::Sub(inner, None) => self.refers(inner, name),
            _ => false,
        })
    }

    /// The columns of a view; what it uses is used.
    pub(super) fn view(&mut self, view: &View<'b>, span: &Range<usize>) -> Option<Rc<Relation>> {
        let key = view.name.to_ascii_lowercase();
        if let Some(known) = self.views.get(&key).cloned() {
            if known.is_none() {
                let message = format!("view {} is circularly defined", view.name);
                self.tell(Diagnostic::error(Code::CircularReference, span.clone(), message));
            }
            return known;
        }
        self.views.insert(key.clone(), None);
        let common = std::mem::take(&mut self.common);
        let source = std::mem::replace(&mut self.source, Rc::clone(&view.source));
        let outermost = self.inside.is_none();
        self.inside.get_or_insert_with(|| span.clone());
        let outputs = self.select(view.select, None);
        if let Some(names) = view.columns.as_ref().filter(|names| names.len() != outputs.len()) {
            let message = format!("expected {} columns for '{}' but got {}", names.len(), view.name, outputs.len());
            self.tell(Diagnostic::error(Code::WrongColumns, span.clone(), message));
        }
        if outermost {
            self.inside = None;
        }
        self.source = source;
        self.common = common;
        let columns = columns(outputs, view.columns.clone());
        let (name, temporary) = (view.name.clone().into(), view.temporary);
        let relation = Relation { name, temporary, told: true, ..anonymous(columns) };
        let relation = Rc::new(relation);
        self.views.insert(key, Some(Rc::clone(&relation)));
        Some(relation)
    }

    /// What a statement made under a name in lower case, in this text or before it.
    pub(super) fn made(&mut self, name: &str) -> Option<Made<'b>> {
        if let Some(made) = self.made.get(name) {
            return Some(made.clone());
        }
        let sql: &'b str = self.bump.alloc_str(&self.catalogue.statement(name)?);
        let mut source = statements(sql).pop()?;
        let cmd: &'b Cmd<'b> = self.bump.alloc(source.parse(self.bump).ok()?);
        let Cmd::Stmt(stmt) = cmd else { return None };
        let source = std::mem::replace(&mut self.source, Rc::new(source));
        let was_silent = std::mem::replace(&mut self.silent, true);
        let made = self.define(stmt);
        self.silent = was_silent;
        self.source = source;
        self.made.insert(name.to_owned(), made.clone()?);
        made
    }
}
