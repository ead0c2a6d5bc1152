//! FROM clauses: tables, views, common table expressions, subqueries and joins.

use super::make::relation;
use super::parse::Source;
use super::scope::{Column, Found, Item, Meaning, Path, Relation, Scope, is_catalog, meaning};
use super::select::{columns, unique};
use super::statement::{Analyser, Made};
use super::{Code, Diagnostic};
use sqlite3_parser::ast::{As, Expr, FromClause, JoinConstraint, JoinOperator, JoinType, QualifiedName, SelectTable};
use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

/// The most items of a FROM clause: SQLite's limit.
const WIDEST: usize = 64;

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
    pub(super) fn add_item(&mut self, alias: Option<String>, relation: Rc<Relation>, span: Range<usize>) -> usize {
        if relation.told {
            self.uses_table(&relation.name, alias.as_deref(), span.clone());
        }
        let join = JoinType::empty();
        let in_view = self.inside.is_some();
        self.items.push(Item { alias, relation, span, join, left_of_right: false, using: Vec::new(), in_view });
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
            if from.items.len() >= WIDEST {
                let message = format!("at most {WIDEST} tables in a join");
                self.tell(Diagnostic::error(Code::TooLong, self.source.span(), message));
                from.broken = true;
                return;
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
        let message = format!("no such table: {}", self.qualified(name));
        if let Some((outline, shape)) = self.catalogue.outlined(&text).filter(|_| database.is_none()) {
            let help = format!("osquery has this table on {}; this build does not have it yet", outline.on);
            self.tell(Diagnostic::error(Code::NotYet, span, message).with_help(Some(help)));
            return Some(Rc::new(relation(shape, None)));
        }
        let help = match self.catalogue.elsewhere(&text) {
            Some(platforms) => Some(format!("the table {key} exists on {platforms} only")),
            None => {
                let made =
                    self.made.iter().filter(|(_, made)| !matches!(made, Made::Dropped)).map(|(name, _)| name.as_str());
                let common = self.common.iter().map(|common| common.name.as_str());
                let known = self.catalogue.names().chain(made).chain(common);
                self.did_you_mean("the table ", &text, known.chain(self.catalogue.outlined_names()))
            }
        };
        self.tell(Diagnostic::error(Code::UnknownTable, span, message).with_help(help));
        None
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
pub(super) fn anonymous(columns: Vec<Column>) -> Relation {
    Relation { columns, ..Relation::default() }
}
