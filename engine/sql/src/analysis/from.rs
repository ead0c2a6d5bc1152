//! FROM clauses: tables, views, common table expressions, subqueries and joins.

use super::make::relation;
use super::parse::{Source, statements};
use super::scope::{Column, Found, Item, Meaning, Path, Relation, Scope, is_catalog, meaning};
use super::select::{columns, unique};
use super::statement::{Analyser, Made, View};
use super::{Code, Diagnostic};
use sqlite3_parser::ast::{
    As, Cmd, CommonTableExpr, CompoundOperator, Expr, FromClause, JoinConstraint, JoinOperator, JoinType, OneSelect,
    QualifiedName, Select, SelectTable, With,
};
use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

/// A common table expression in sight.
pub(super) struct Common<'b> {
    name: String,
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

/// A FROM clause.
#[derive(Default)]
pub(super) struct From<'b> {
    /// Numbers of items.
    pub(super) items: Vec<usize>,
    /// The arguments of table-valued functions.
    pub(super) arguments: Vec<&'b Expr<'b>>,
    /// ON conditions.
    pub(super) conditions: Vec<&'b Expr<'b>>,
    /// A table is not known.
    pub(super) broken: bool,
}

impl<'b> Analyser<'_, 'b> {
    /// Brings the expressions of a WITH clause into sight; answers how many were in sight before.
    pub(super) fn push_common(&mut self, with: Option<&'b With<'b>>) -> usize {
        let before = self.common.len();
        let ctes = with.map(|with| with.ctes).unwrap_or_default();
        for cte in ctes {
            let word = self.source.name(&cte.tbl_name);
            let name = word.text.clone().into_owned();
            if self.common.iter().skip(before).any(|common| common.name.eq_ignore_ascii_case(&name)) {
                let span = self.source.place(word.token, word.token);
                self.tell(Diagnostic::error(Code::AlreadyExists, span, format!("duplicate WITH table name: {name}")));
            }
            let (source, sees) = (Rc::clone(&self.source), before + ctes.len());
            self.common.push(Common { name, cte, source, sees, state: State::Waiting });
        }
        before
    }

    pub(super) fn add_item(&mut self, alias: Option<String>, relation: Rc<Relation>, span: Range<usize>) -> usize {
        if relation.told {
            self.uses_table(&relation.name, alias.as_deref(), span.clone());
        }
        let join = JoinType::empty();
        self.items.push(Item { alias, relation, span, join, left_of_right: false, using: Vec::new() });
        self.items.len() - 1
    }

    /// The items of a FROM clause.
    pub(super) fn from(&mut self, clause: &'b FromClause<'b>, outer: Option<&Scope<'_, 'b>>) -> From<'b> {
        let mut from = From::default();
        let mut constraints = Vec::new();
        self.list(clause, outer, &mut from, &mut constraints);
        self.join(&from.items, &constraints);
        from
    }

    fn list(
        &mut self,
        clause: &'b FromClause<'b>,
        outer: Option<&Scope<'_, 'b>>,
        from: &mut From<'b>,
        constraints: &mut Vec<(usize, &'b JoinConstraint<'b>)>,
    ) {
        let first = clause.select.map(|table| (table, None, None));
        let joined = clause.joins.iter().flatten();
        let joined = joined.map(|join| (&join.table, Some(&join.operator), join.constraint.as_ref()));
        for (table, operator, constraint) in first.into_iter().chain(joined) {
            if let (SelectTable::Sub(inner, None), None) = (table, operator) {
                self.list(inner, outer, from, constraints);
                continue;
            }
            let Some(item) = self.table(table, outer, from) else {
                from.broken = true;
                continue;
            };
            if let Some(item) = self.items.get_mut(item) {
                // What has no columns could not be understood itself.
                from.broken |= item.relation.columns.is_empty();
                if let Some(JoinOperator::TypedJoin(Some(kind))) = operator {
                    item.join = *kind;
                }
            }
            from.items.push(item);
            match constraint {
                Some(JoinConstraint::On(condition)) => from.conditions.push(condition),
                Some(using) => constraints.push((item, using)),
                None => {}
            }
        }
    }

    /// One item; `None` if there is no such table.
    fn table(
        &mut self,
        table: &'b SelectTable<'b>,
        outer: Option<&Scope<'_, 'b>>,
        from: &mut From<'b>,
    ) -> Option<usize> {
        let alias = |alias: &Option<As<'b>>, source: &Source<'b>| {
            alias.as_ref().map(|(As::As(name) | As::Elided(name))| source.name(name).text.into_owned())
        };
        match table {
            SelectTable::Table(name, given, _) => {
                let given = alias(given, &self.source);
                let span = self.span_of(name);
                let relation = self.named_in(name, None, outer)?;
                Some(self.add_item(given, relation, span))
            }
            SelectTable::TableCall(name, arguments, given) => {
                let given = alias(given, &self.source);
                let span = self.span_of(name);
                let arguments = arguments.unwrap_or_default();
                let relation = self.named_in(name, Some(arguments.len()), outer)?;
                from.arguments.extend(arguments);
                Some(self.add_item(given, relation, span))
            }
            SelectTable::Select(select, given) => {
                let given = alias(given, &self.source);
                let outputs = self.select(select, outer);
                let relation = Rc::new(anonymous(columns(outputs, None)));
                let span = self.source.span();
                Some(self.add_item(given, relation, span))
            }
            SelectTable::Sub(inner, given) => {
                let given = alias(given, &self.source);
                let mut nested = From::default();
                let mut constraints = Vec::new();
                self.list(inner, outer, &mut nested, &mut constraints);
                if let [item] = nested.items.as_slice() {
                    from.arguments.append(&mut nested.arguments);
                    if let Some(item) = self.items.get_mut(*item) {
                        item.alias = given;
                    }
                    return Some(*item);
                }
                self.join(&nested.items, &constraints);
                from.broken |= nested.broken;
                let scope = Scope { broken: nested.broken, ..Scope::of(&nested.items, outer) };
                for expr in nested.arguments.iter().chain(&nested.conditions) {
                    self.expr(expr, &scope);
                }
                self.fact(nested.items.clone(), nested.conditions, nested.arguments);
                let relation = Rc::new(self.nested(&nested.items));
                let span = self.source.span();
                Some(self.add_item(given, relation, span))
            }
        }
    }

    fn span_of(&self, name: &QualifiedName<'b>) -> Range<usize> {
        let last = self.source.name(&name.name).token;
        let first = name.db_name.as_ref().map_or(last, |database| self.source.name(database).token);
        self.source.place(first, last)
    }

    /// The table or view of a name, as a statement that changes it names it.
    pub(super) fn named(&mut self, name: &'b QualifiedName<'b>) -> Option<Rc<Relation>> {
        let common = std::mem::take(&mut self.common);
        let relation = self.named_in(name, None, None);
        self.common = common;
        relation
    }

    /// What a name in a FROM clause stands for. `arguments` are those of a table-valued function.
    pub(super) fn named_in(
        &mut self,
        name: &'b QualifiedName<'b>,
        arguments: Option<usize>,
        outer: Option<&Scope<'_, 'b>>,
    ) -> Option<Rc<Relation>> {
        let text = self.source.name(&name.name).text.into_owned();
        let span = self.span_of(name);
        let not_a_function = |analyser: &mut Self| {
            if arguments.is_some() {
                let message = format!("'{text}' is not a function");
                analyser.tell(Diagnostic::error(Code::NotATable, span.clone(), message));
            }
        };
        let common = self.common.iter().rposition(|common| common.name.eq_ignore_ascii_case(&text));
        if let (Some(place), None) = (common, &name.db_name) {
            not_a_function(self);
            return self.common(place, &span, outer);
        }
        let key = text.to_ascii_lowercase();
        let database = name.db_name.as_ref().map(|database| self.source.name(database).text.to_ascii_lowercase());
        let is_there = |temporary: bool| match database.as_deref() {
            Some("temp") => temporary,
            Some("main") => !temporary,
            Some(_) => false,
            None => true,
        };
        match self.made(&key) {
            Some(Made::Table(table)) if is_there(table.temporary) => {
                not_a_function(self);
                return Some(table);
            }
            Some(Made::View(view)) if is_there(view.temporary) => {
                not_a_function(self);
                return self.view(&view, &span);
            }
            Some(_) => {}
            None => {
                let shape = match database.as_deref() {
                    Some(database) if is_catalog(&text) && !["main", "temp"].contains(&database) => None,
                    Some("temp") if is_catalog(&text) => self.catalogue.table("sqlite_temp_master"),
                    _ => self.catalogue.table(&text),
                };
                if let Some(shape) = shape {
                    let most = shape.columns.iter().filter(|column| column.hidden).count();
                    if arguments.is_some_and(|arguments| arguments > most) {
                        let message = format!("too many arguments on {text}() - max {most}");
                        self.tell(Diagnostic::error(Code::WrongArguments, span, message));
                    }
                    return Some(Rc::new(relation(shape, None)));
                }
            }
        }
        let help = match self.catalogue.elsewhere(&text) {
            Some(platforms) => Some(format!("the table {key} exists on {platforms} only")),
            None => {
                let made =
                    self.made.iter().filter(|(_, made)| !matches!(made, Made::Dropped)).map(|(name, _)| name.as_str());
                let common = self.common.iter().map(|common| common.name.as_str());
                Self::did_you_mean("the table ", &text, self.catalogue.names().chain(made).chain(common))
            }
        };
        let message = format!("no such table: {}", self.qualified(name));
        self.tell(Diagnostic::error(Code::UnknownTable, span, message).with_help(help));
        None
    }

    /// The rows of a common table expression.
    fn common(&mut self, place: usize, span: &Range<usize>, outer: Option<&Scope<'_, 'b>>) -> Option<Rc<Relation>> {
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
        outputs: Vec<super::select::Output>,
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
    fn view(&mut self, view: &View<'b>, span: &Range<usize>) -> Option<Rc<Relation>> {
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

    /// Finds out which columns USING and NATURAL compare.
    fn join(&mut self, items: &[usize], constraints: &[(usize, &'b JoinConstraint<'b>)]) {
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

    /// Tables in parentheses as one relation: all columns of all of them, and their rowids.
    fn nested(&mut self, items: &[usize]) -> Relation {
        let mut columns = Vec::new();
        for (place, number) in items.iter().enumerate() {
            let next = items.get(place + 1).and_then(|next| self.items.get(*next));
            let joined: Vec<String> = next.map(|next| next.using.clone()).unwrap_or_default();
            for name in &joined {
                let found = self.read(items, None, name);
                columns.push(Column { name: name.clone().into(), inner: name.clone().into(), ..self.copied(found) });
            }
            let Some(item) = self.items.get(*number) else { continue };
            let (relation, owner) = (Rc::clone(&item.relation), item.name().to_owned());
            for (column, known) in relation.columns.iter().enumerate() {
                if known.hidden || known.nested_rowid {
                    continue;
                }
                let is_joined = |name: &str| {
                    self.items.get(*number).is_some_and(|item| item.uses(name))
                        || joined.iter().any(|other| other.eq_ignore_ascii_case(name))
                };
                let folded = is_joined(&known.name) || known.folded;
                if relation.nested {
                    columns.push(Column { folded, ..known.clone() });
                    continue;
                }
                self.note(Found { item: *number, column: (!known.is_rowid).then_some(column) });
                let (owner, inner, database) = (Some(owner.clone()), known.name.clone(), relation.database());
                columns.push(Column { owner, inner, database, folded, is_rowid: false, ..known.clone() });
            }
            if relation.rowid {
                self.note(Found { item: *number, column: None });
                let name = "_rowid_".into();
                let (owner, database) = (Some(owner), relation.database());
                columns.push(Column { name, owner, database, nested_rowid: true, ..Column::default() });
            }
        }
        let mut taken = HashSet::new();
        for column in &mut columns {
            column.name = unique(&column.name, &mut taken).into();
        }
        Relation { nested: true, ..anonymous(columns) }
    }

    /// Looks a name up in some items, and notes that it is read.
    fn read(&mut self, items: &[usize], table: Option<&str>, column: &str) -> Option<Found> {
        let scope = Scope::of(items, None);
        let Meaning::Columns(found) = meaning(&self.items, &scope, Path { database: None, table, column }) else {
            return None;
        };
        found.iter().for_each(|found| self.note(*found));
        found.first().copied()
    }

    /// A column as it looks from outside.
    pub(super) fn copied(&self, found: Option<Found>) -> Column {
        let relation = found.and_then(|found| Some((found.column, &self.items.get(found.item)?.relation)));
        let column = relation.and_then(|(place, relation)| match place {
            Some(place) => relation.columns.get(place),
            None => relation.columns.iter().find(|column| column.is_rowid),
        });
        let plain = |column: &Column| Column {
            name: column.name.clone(),
            kind: column.kind.clone(),
            origin: column.origin.clone(),
            ..Column::default()
        };
        let rowid = Column { name: if found.is_some() { "rowid".into() } else { "".into() }, ..Column::default() };
        column.map_or(rowid, plain)
    }
}

/// Rows that have no name.
fn anonymous(columns: Vec<Column>) -> Relation {
    Relation { columns, ..Relation::default() }
}
