//! The list of tables, and the schema of any platform.

use crate::{AnyTable, Collation, Options, Platforms, Spec, Type};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// All tables, by name.
#[derive(Clone, Default)]
pub struct Registry(BTreeMap<&'static str, &'static dyn AnyTable>);

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A column as declared on one platform, aliases included.
#[derive(Clone, Debug)]
pub struct DeclaredColumn {
    /// Its name or alias.
    pub name: &'static str,
    /// The place of the column that gives the value, in the table's list.
    pub source: usize,
    /// Its type.
    pub kind: Type,
    /// Its collation.
    pub collation: Collation,
    /// Not in `*`.
    pub hidden: bool,
    /// Part of the key.
    pub key: bool,
    /// Its declaration.
    pub spec: Spec,
}

/// A table as declared on one platform.
#[derive(Clone, Debug)]
pub struct DeclaredTable {
    /// Its name.
    pub name: &'static str,
    /// Its columns, aliases last.
    pub columns: Vec<DeclaredColumn>,
}

impl DeclaredTable {
    /// The declaration of a table on a platform.
    #[must_use]
    pub fn new(table: &dyn AnyTable, platform: Platforms) -> Self {
        let mut columns: Vec<DeclaredColumn> = table
            .specs()
            .enumerate()
            .map(|(source, spec)| DeclaredColumn {
                name: spec.name,
                source,
                kind: spec.kind,
                collation: spec.collation,
                hidden: spec.is_hidden(platform),
                key: table.is_key(source),
                spec: *spec,
            })
            .collect();
        let aliases: Vec<DeclaredColumn> = columns
            .iter()
            .flat_map(|column| {
                let alias =
                    |name: &&'static str| DeclaredColumn { name, hidden: true, key: table.all_key(), ..column.clone() };
                column.spec.aliases.iter().map(alias)
            })
            .collect();
        columns.extend(aliases);
        Self { name: table.name(), columns }
    }

    /// The text between the table's name and the semicolon, as osquery declares it: ``(`pid` BIGINT, …) WITHOUT ROWID``.
    #[must_use]
    pub fn sql(&self) -> String {
        let keys: Vec<String> =
            self.columns.iter().filter(|column| column.key).map(|column| format!("`{}`", column.name)).collect();
        let columns = self.column_list();
        if keys.is_empty() {
            format!("({columns})")
        } else {
            format!("({columns}, PRIMARY KEY ({})) WITHOUT ROWID", keys.join(", "))
        }
    }

    /// What SQLite is told of a table whose declared key may repeat: it believes keys, and would drop rows from DISTINCT
    /// and RIGHT JOIN. The key is then a hidden column behind all others, the row's place.
    #[must_use]
    pub fn sql_with_place(&self) -> String {
        format!("({}, `{}` BIGINT HIDDEN, PRIMARY KEY (`{1}`)) WITHOUT ROWID", self.column_list(), Self::PLACE)
    }

    /// The name of the hidden column of [`Self::sql_with_place`].
    pub const PLACE: &str = "_row";

    fn column_list(&self) -> String {
        let mut sql = String::new();
        for (index, column) in self.columns.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(sql, "{comma}`{}` {}", column.name, column.kind.sql());
            if column.hidden {
                sql.push_str(" HIDDEN");
            }
            if column.collation != Collation::Binary {
                let _ = write!(sql, " COLLATE {}", column.collation.sql());
            }
        }
        sql
    }
}

impl Registry {
    /// A registry of some tables. Of two tables with one name the last stays.
    #[must_use]
    pub fn new(tables: impl IntoIterator<Item = &'static dyn AnyTable>) -> Self {
        Self(tables.into_iter().map(|table| (table.name(), table)).collect())
    }

    /// Adds a table, in the place of one with its name.
    pub fn insert(&mut self, table: &'static dyn AnyTable) {
        self.0.insert(table.name(), table);
    }

    /// A table by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'static dyn AnyTable> {
        self.0.get(name).copied()
    }

    /// Every table of every platform, in name order.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn AnyTable> {
        self.0.values().copied()
    }

    /// The tables of a platform, in name order.
    pub fn on(&self, platform: Platforms) -> impl Iterator<Item = &'static dyn AnyTable> {
        self.iter().filter(move |table| table.on().contains(platform))
    }

    /// Leaves only the tables that a predicate likes.
    pub fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.0.retain(|name, _| keep(name));
    }

    /// The declared schema of a platform, whatever this program was built for.
    #[must_use]
    pub fn schema_for(&self, platform: Platforms) -> Vec<DeclaredTable> {
        self.on(platform).map(|table| DeclaredTable::new(table, platform)).collect()
    }

    /// Whether a column is required on a platform.
    #[must_use]
    pub fn is_required(spec: &Spec) -> bool {
        spec.options.contains(Options::REQUIRED)
    }
}
