//! What names can mean at a place of a statement, and which of it a name means.
//!
//! This follows SQLite's own search step by step: the innermost FROM clause first; a column that several tables have is
//! ambiguous unless USING or NATURAL joined it; `rowid` where no column is called so; then the aliases of result columns; then
//! the statement around.

use plumb_schema::AnyTable;
use sqlite3_parser::ast::{JoinType, WindowDef};
use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

/// What rows a FROM item has: a table, a view, or what a SELECT gives.
#[derive(Default)]
pub(super) struct Relation {
    /// The table's name; empty for a subquery.
    pub(super) name: Cow<'static, str>,
    pub(super) columns: Vec<Column>,
    /// Whether `rowid` means something.
    pub(super) rowid: bool,
    /// Reads of it are told: it is a table or view, not a subquery.
    pub(super) told: bool,
    pub(super) declared: Option<&'static dyn AnyTable>,
    /// It was made in `temp`.
    pub(super) temporary: bool,
    /// Its columns come from tables in parentheses, and are found by the names of those.
    pub(super) nested: bool,
}

/// A column of a [`Relation`].
#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    pub(super) name: Cow<'static, str>,
    pub(super) kind: Cow<'static, str>,
    pub(super) hidden: bool,
    /// INTEGER PRIMARY KEY.
    pub(super) is_rowid: bool,
    /// The table column whose values it has.
    pub(super) origin: Option<(String, String)>,
    /// In a nested relation: the item that it belongs to; none if several have it by USING.
    pub(super) owner: Option<String>,
    /// In a nested relation: the database of the item; empty if it is a subquery.
    pub(super) database: &'static str,
    /// In a nested relation: what the item calls it.
    pub(super) inner: Cow<'static, str>,
    /// In a nested relation: the rowid of the item.
    pub(super) nested_rowid: bool,
    /// In a nested relation: not in `*`, because a joined column stands for it.
    pub(super) folded: bool,
}

/// One item of a FROM clause.
pub(super) struct Item {
    pub(super) alias: Option<String>,
    pub(super) relation: Rc<Relation>,
    pub(super) span: Range<usize>,
    pub(super) join: JoinType,
    /// A RIGHT or FULL JOIN stands to the right of it.
    pub(super) left_of_right: bool,
    /// The columns that USING or NATURAL compares with items to the left.
    pub(super) using: Vec<String>,
    /// It stands in a view.
    pub(super) in_view: bool,
}

impl Item {
    /// What it is called.
    pub(super) fn name(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.relation.name)
    }

    pub(super) fn uses(&self, column: &str) -> bool {
        self.using.iter().any(|name| name.eq_ignore_ascii_case(column))
    }
}

/// A column of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Found {
    /// The item's number.
    pub(super) item: usize,
    /// The column's place; `None` for the rowid.
    pub(super) column: Option<usize>,
}

/// What can be named at a place.
#[derive(Clone, Copy)]
pub(super) struct Scope<'p, 'b> {
    /// Numbers of items.
    pub(super) items: &'p [usize],
    /// Names that result columns were given.
    pub(super) aliases: &'p [String],
    pub(super) windows: &'b [WindowDef<'b>],
    /// Some table is not known, so that any name may be a column of it.
    pub(super) broken: bool,
    pub(super) outer: Option<&'p Scope<'p, 'b>>,
}

impl<'p, 'b> Scope<'p, 'b> {
    /// Some items, and what is around.
    pub(super) fn of(items: &'p [usize], outer: Option<&'p Self>) -> Self {
        Self { items, aliases: &[], windows: &[], broken: false, outer }
    }
}

/// What a name means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A column, or the columns of a FULL JOIN of which the first that is not NULL counts.
    Columns(Vec<Found>),
    /// A result column.
    Alias,
    Nothing,
    Ambiguous,
}

/// A column's name with what stands before it.
#[derive(Clone, Copy)]
pub(super) struct Path<'n> {
    pub(super) database: Option<&'n str>,
    pub(super) table: Option<&'n str>,
    pub(super) column: &'n str,
}

pub(super) fn is_rowid(name: &str) -> bool {
    ["rowid", "oid", "_rowid_"].iter().any(|rowid| name.eq_ignore_ascii_case(rowid))
}

impl Relation {
    /// The database that it is in; empty for a subquery.
    pub(super) fn database(&self) -> &'static str {
        match (self.told, self.temporary) {
            (false, _) => "",
            (true, true) => "temp",
            (true, false) => "main",
        }
    }

    pub(super) fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|known| known.name.eq_ignore_ascii_case(column))
    }
}

/// What a name means in a scope.
pub(super) fn meaning(items: &[Item], scope: &Scope<'_, '_>, path: Path<'_>) -> Meaning {
    let mut level = Some(scope);
    while let Some(scope) = level {
        let mut search = Search { path, count: 0, rowids: 0, matched: None, full: Vec::new() };
        for number in scope.items {
            if let Some(item) = items.get(*number) {
                search.look_at(*number, item);
            }
        }
        match search.result() {
            Meaning::Nothing => {}
            found => return found,
        }
        if path.table.is_none() && scope.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(path.column)) {
            return Meaning::Alias;
        }
        level = scope.outer;
    }
    Meaning::Nothing
}

/// A search through one FROM clause.
struct Search<'n> {
    path: Path<'n>,
    count: usize,
    /// How many items could be meant by `rowid`.
    rowids: usize,
    matched: Option<Found>,
    /// The columns that a FULL JOIN makes one of.
    full: Vec<Found>,
}

impl Search<'_> {
    fn look_at(&mut self, number: usize, item: &Item) {
        let relation = &item.relation;
        if relation.nested {
            let hit = self.look_into(number, item);
            if hit || self.path.table.is_none() {
                return;
            }
        }
        if !self.names(item) {
            return;
        }
        if let Some(place) = relation.place(self.path.column) {
            if !self.counts(item, false) {
                return;
            }
            self.count += 1;
            let is_rowid = relation.columns.get(place).is_some_and(|column| column.is_rowid);
            self.matched = Some(Found { item: number, column: (!is_rowid).then_some(place) });
        }
        if self.count == 0 && relation.rowid {
            self.rowids += 1;
            self.matched = Some(Found { item: number, column: None });
        }
    }

    /// Whether another column of the name counts; a joined one stands for both.
    fn counts(&mut self, item: &Item, same_item: bool) -> bool {
        if self.count == 0 {
            return true;
        }
        if !item.uses(self.path.column) || same_item {
            self.full.clear();
        } else if !item.join.contains(JoinType::RIGHT) {
            return false;
        } else if !item.join.contains(JoinType::LEFT) {
            self.count = 0;
            self.full.clear();
        } else {
            self.full.extend(self.matched);
        }
        true
    }

    /// Looks among the columns of tables in parentheses.
    fn look_into(&mut self, number: usize, item: &Item) -> bool {
        let mut hit = false;
        for (place, column) in item.relation.columns.iter().enumerate() {
            let owned = match self.path.table {
                None => true,
                Some(table) => column.owner.as_deref().is_some_and(|owner| owner.eq_ignore_ascii_case(table)),
            };
            let owned =
                owned && self.path.database.is_none_or(|database| database.eq_ignore_ascii_case(column.database));
            let named = if column.nested_rowid {
                is_rowid(self.path.column)
            } else {
                column.inner.eq_ignore_ascii_case(self.path.column)
            };
            if !owned || !named {
                continue;
            }
            if !column.nested_rowid {
                if !self.counts(item, self.matched.is_some_and(|matched| matched.item == number)) {
                    continue;
                }
                self.count += 1;
                hit = true;
            } else if self.count > 0 {
                continue;
            }
            self.rowids += 1;
            self.matched = Some(Found { item: number, column: Some(place) });
            if column.owner.is_none() {
                break;
            }
        }
        hit
    }

    fn names(&self, item: &Item) -> bool {
        let Some(table) = self.path.table else { return true };
        if self.path.database.is_some_and(|named| !named.eq_ignore_ascii_case(item.relation.database())) {
            return false;
        }
        if item.alias.is_some() {
            return item.name().eq_ignore_ascii_case(table);
        }
        let name = &item.relation.name;
        name.eq_ignore_ascii_case(table) || (is_catalog(name) && is_catalog(table))
    }

    fn result(mut self) -> Meaning {
        let Some(matched) = self.matched else { return Meaning::Nothing };
        if self.count == 0 {
            if self.rowids == 0 || !is_rowid(self.path.column) {
                return Meaning::Nothing;
            }
            self.count = self.rowids;
        }
        if self.count == 1 {
            return Meaning::Columns(vec![matched]);
        }
        if !self.full.is_empty() && self.full.len() == self.count - 1 {
            self.full.push(matched);
            return Meaning::Columns(self.full);
        }
        Meaning::Ambiguous
    }
}

/// The names by which SQLite's own list of tables goes.
pub(super) fn is_catalog(name: &str) -> bool {
    ["sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema"]
        .iter()
        .any(|catalog| name.eq_ignore_ascii_case(catalog))
}
