//! Statements that make and drop tables and views.

use super::parse::Word;
use super::schema::{Shape, ShapeColumn};
use super::scope::{Column, Relation};
use super::select::columns;
use super::statement::{Analyser, Made, View};
use super::{Code, Diagnostic};
use sqlite3_parser::ast::{
    ColFlags, ColumnConstraint, ColumnDefinition, CreateTableBody, Expr, NamedTableConstraint, QualifiedName,
    SortOrder, SortedColumn, Stmt, TabFlags, TableConstraint,
};
use std::borrow::Cow;
use std::rc::Rc;

impl<'b> Analyser<'_, 'b> {
    pub(super) fn create(
        &mut self,
        stmt: &'b Stmt<'b>,
        name: &QualifiedName<'b>,
        if_not_exists: bool,
        explained: bool,
    ) {
        let word = self.source.name(&name.name);
        // Declared tables look as if they were in `temp`.
        let hides = matches!(stmt, Stmt::CreateView { temporary: false, .. }) && !self.is_temporary(name);
        let exists = self.exists(&word, if_not_exists, hides);
        let key = word.text.to_ascii_lowercase();
        if exists {
            return;
        }
        if self.makes_index(stmt) {
            self.not_authorized(self.source.span());
        }
        if let Some(made) = self.define(stmt).filter(|_| !explained) {
            self.made.insert(key, made);
        }
    }

    /// Whether a table or view of the name exists; tells so unless that is all right.
    fn exists(&mut self, name: &Word<'_>, tolerated: bool, hides: bool) -> bool {
        let known = match self.made(&name.text.to_ascii_lowercase()) {
            Some(Made::Dropped) => None,
            Some(Made::View(_)) => Some("view"),
            Some(Made::Table(_)) => Some("table"),
            None if hides => None,
            None => self.catalogue.table(&name.text).filter(|shape| shape.declared.is_some()).map(|_| "table"),
        };
        if let Some(kind) = known.filter(|_| !tolerated) {
            let span = self.source.place(name.token, name.token);
            self.tell(Diagnostic::error(Code::AlreadyExists, span, format!("{kind} {} already exists", name.text)));
        }
        known.is_some()
    }

    /// What a CREATE statement makes.
    pub(super) fn define(&mut self, stmt: &'b Stmt<'b>) -> Option<Made<'b>> {
        let name = |analyser: &Self, name: &QualifiedName<'b>| analyser.source.name(&name.name).text.into_owned();
        match stmt {
            Stmt::CreateView { view_name, columns, select, temporary, .. } => {
                let columns = columns.map(|columns| self.column_names(columns.iter().map(|column| &column.col_name)));
                let name = name(self, view_name);
                let temporary = *temporary || self.is_temporary(view_name);
                Some(Made::View(View { name, select, columns, temporary, source: Rc::clone(&self.source) }))
            }
            Stmt::CreateVirtualTable { tbl_name, module_name, .. } => {
                let module = self.source.name(module_name);
                let shape = self.catalogue.table(&module.text)?;
                let made = relation(shape, Some(name(self, tbl_name)));
                Some(Made::Table(Rc::new(Relation { temporary: self.is_temporary(tbl_name), ..made })))
            }
            Stmt::CreateTable { tbl_name, body, temporary, .. } => {
                let name = name(self, tbl_name);
                let (columns, rowid) = match body {
                    CreateTableBody::AsSelect(select) => (columns(self.select(select, None), None), true),
                    CreateTableBody::ColumnsAndConstraints { columns, constraints, flags } => {
                        let rowid = !flags.contains(TabFlags::WithoutRowid);
                        let key = constraints.and_then(|constraints| self.key(constraints));
                        (columns.iter().map(|column| self.defined(column, key.as_deref(), rowid)).collect(), rowid)
                    }
                };
                let temporary = *temporary || self.is_temporary(tbl_name);
                let relation =
                    Relation { name: name.into(), columns, rowid, temporary, told: true, ..Relation::default() };
                Some(Made::Table(Rc::new(own_origins(relation))))
            }
            _ => None,
        }
    }

    /// Whether a table has a key for which SQLite makes an index, which is not allowed.
    fn makes_index(&self, stmt: &Stmt<'b>) -> bool {
        let Stmt::CreateTable { body: CreateTableBody::ColumnsAndConstraints { columns, constraints, flags }, .. } =
            stmt
        else {
            return false;
        };
        let rowid = !flags.contains(TabFlags::WithoutRowid);
        let key = constraints.and_then(|constraints| self.key(constraints));
        let has_index = |column: &ColumnDefinition<'b>| {
            let is_unique = |named: &sqlite3_parser::ast::NamedColumnConstraint<'b>| {
                matches!(named.constraint, ColumnConstraint::Unique(_))
            };
            let is_key = column.flags.contains(ColFlags::PRIMKEY) && !self.defined(column, None, rowid).is_rowid;
            is_key || column.constraints.iter().any(is_unique)
        };
        let is_other_key = |named: &NamedTableConstraint<'b>| match &named.constraint {
            TableConstraint::Unique { .. } => true,
            TableConstraint::PrimaryKey { .. } => {
                !columns.iter().any(|column| key.is_some() && self.defined(column, key.as_deref(), rowid).is_rowid)
            }
            _ => false,
        };
        columns.iter().any(has_index) || constraints.unwrap_or_default().iter().any(is_other_key)
    }

    fn is_temporary(&self, name: &QualifiedName<'b>) -> bool {
        name.db_name.as_ref().is_some_and(|database| self.source.name(database).text.eq_ignore_ascii_case("temp"))
    }

    fn defined(&self, column: &ColumnDefinition<'b>, key: Option<&str>, rowid: bool) -> Column {
        let name = self.source.name(&column.col_name).text.into_owned();
        let kind = column.col_type.as_ref().map(|kind| self.type_name(kind.name)).unwrap_or_default();
        let is_descending = |constraint: &ColumnConstraint<'b>| {
            matches!(constraint, ColumnConstraint::PrimaryKey { order: Some(SortOrder::Desc), .. })
        };
        let is_key = column.flags.contains(ColFlags::PRIMKEY)
            && !column.constraints.iter().any(|named| is_descending(&named.constraint));
        let is_key = is_key || key.is_some_and(|key| key.eq_ignore_ascii_case(&name));
        let is_rowid = rowid && is_key && kind.eq_ignore_ascii_case("integer");
        Column { name: name.into(), kind: kind.into(), is_rowid, ..Column::default() }
    }

    /// The column of a key of one column.
    fn key(&self, constraints: &[NamedTableConstraint<'b>]) -> Option<String> {
        constraints.iter().find_map(|named| match &named.constraint {
            TableConstraint::PrimaryKey { columns: [SortedColumn { expr: Expr::Id(id), .. }], .. } => {
                Some(self.source.word(id.0).text.into_owned())
            }
            _ => None,
        })
    }

    /// The name of a type, of one or more words.
    fn type_name(&self, raw: &str) -> String {
        raw.split(' ').map(|word| self.source.word(word).text).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn drop(&mut self, name: &QualifiedName<'b>, if_exists: bool, wants_view: bool, explained: bool) {
        let word = self.source.name(&name.name);
        let key = word.text.to_ascii_lowercase();
        let is_view = match self.made(&key) {
            Some(Made::Dropped) => None,
            Some(Made::View(_)) => Some(true),
            Some(Made::Table(_)) => Some(false),
            None => self.catalogue.table(&word.text).map(|_| false),
        };
        let span = self.source.place(word.token, word.token);
        let kind = |view| if view { "view" } else { "table" };
        match is_view {
            None if if_exists => {}
            None => {
                let message = format!("no such {}: {}", kind(wants_view), self.qualified(name));
                self.tell(Diagnostic::error(Code::UnknownTable, span, message));
            }
            Some(is_view) if is_view != wants_view => {
                let what = kind(is_view);
                let message = format!("use DROP {} to delete {what} {}", what.to_uppercase(), word.text);
                self.tell(Diagnostic::error(Code::NotATable, span, message));
            }
            Some(_) if explained => {}
            Some(_) => {
                self.made.insert(key, Made::Dropped);
            }
        }
    }
}

/// A shape as a relation, under another name if there is one.
pub(super) fn relation(shape: Shape, name: Option<String>) -> Relation {
    let column = |column: ShapeColumn| Column {
        name: column.name,
        kind: column.kind,
        hidden: column.hidden,
        ..Default::default()
    };
    let name = name.map_or(shape.name, Cow::Owned);
    let columns = shape.columns.into_iter().map(column).collect();
    let temporary = name == "sqlite_temp_master";
    let relation =
        Relation { name, columns, rowid: shape.rowid, temporary, told: true, declared: shape.declared, nested: false };
    own_origins(relation)
}

/// The columns of a table are their own origins.
fn own_origins(mut relation: Relation) -> Relation {
    for column in &mut relation.columns {
        column.origin = Some((relation.name.clone().into_owned(), column.name.clone().into_owned()));
    }
    relation
}
