//! What an analysis knows of a database: its tables, their columns, and its functions.

use plumb_schema::{AnyTable, DeclaredTable, Outline, Outlines, Platforms, Registry, Type};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The functions of a database by name in lower case: how many arguments each form takes, in SQLite's notation.
pub type Functions = BTreeMap<String, Vec<i32>>;

/// Where an analysis looks names up.
#[derive(Clone, Debug)]
pub struct Catalogue {
    registry: Registry,
    platform: Platforms,
    /// Tables that are not of the registry, by name in lower case.
    others: BTreeMap<String, Shape>,
    /// The statements that made tables and views, by name in lower case.
    made: Arc<BTreeMap<String, String>>,
    /// Tables of the registry that are there no longer.
    gone: BTreeSet<String>,
    functions: Arc<Functions>,
    /// Tables that are known and are not there.
    outlines: Outlines,
}

impl Catalogue {
    /// The tables of a registry, functions, and the statements that made tables and views, by name in lower case.
    #[must_use]
    pub fn new(
        registry: Registry,
        platform: Platforms,
        functions: Arc<Functions>,
        made: Arc<BTreeMap<String, String>>,
    ) -> Self {
        let (others, gone, outlines) = (BTreeMap::new(), BTreeSet::new(), Outlines::default());
        Self { registry, platform, others, made, gone, functions, outlines }
    }

    /// Tells of tables that are known and are not there.
    pub(crate) fn tell_of(&mut self, outlines: Outlines) {
        self.outlines = outlines;
    }

    /// Adds a table under a name.
    pub fn add(&mut self, name: &str, shape: Shape) {
        self.others.insert(name.to_ascii_lowercase(), shape);
    }

    /// Takes a table away.
    pub fn remove(&mut self, name: &str) {
        let name = name.to_ascii_lowercase();
        self.others.remove(&name);
        self.gone.insert(name);
    }

    /// A table, view or table-valued function by its name, which may be in any case.
    pub(super) fn table(&self, name: &str) -> Option<Shape> {
        let name = name.to_ascii_lowercase();
        if let Some(shape) = self.others.get(&name) {
            return Some(shape.clone());
        }
        if self.gone.contains(&name) {
            return None;
        }
        let table = self.registry.get(&name).filter(|table| table.on().contains(self.platform))?;
        Some(Shape::declared(table, self.platform))
    }

    /// The statement that made a table or view that is not of the registry.
    pub(super) fn statement(&self, name: &str) -> Option<Cow<'_, str>> {
        let name = name.to_ascii_lowercase();
        if let Some(made) = self.made.get(&name) {
            return Some(Cow::Borrowed(made));
        }
        let table = self.registry.on(self.platform).find(|table| table.aliases().contains(&name.as_str()))?;
        Some(Cow::Owned(format!("CREATE VIEW {name} AS SELECT * FROM {}", table.name())))
    }

    /// A table that exists on other systems only.
    pub(super) fn elsewhere(&self, name: &str) -> Option<Platforms> {
        let declared = self.registry.get(&name.to_ascii_lowercase()).map(AnyTable::on);
        let on = declared.or_else(|| Some(self.outlines.find(name)?.on))?;
        (!on.contains(self.platform)).then_some(on)
    }

    /// A table that exists on this system, and is not there.
    pub(super) fn outlined(&self, name: &str) -> Option<(Outline, Shape)> {
        let outline = self.outlines.find(name).filter(|outline| outline.on.contains(self.platform))?;
        let columns = outline.columns(self.platform).map(|(name, kind, shown)| column(name, kind, !shown)).collect();
        let name = Cow::Borrowed(outline.name());
        Some((outline, Shape { name, columns, rowid: true, declared: None }))
    }

    /// The names of tables that are known and are not there.
    pub(super) fn outlined_names(&self) -> impl Iterator<Item = &str> {
        self.outlines.names().map(|name| name as &str)
    }

    /// The names of all tables and views.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let declared = self.registry.on(self.platform);
        declared
            .flat_map(|table| table.aliases().iter().copied().chain([table.name()]))
            .filter(|name| !self.gone.contains(*name))
            .chain(self.made.keys().map(String::as_str))
    }

    /// How many arguments the forms of a function take, by its name in any case; `None` if there is no such function.
    pub(super) fn function(&self, name: &str) -> Option<&[i32]> {
        self.functions.get(&name.to_ascii_lowercase()).map(Vec::as_slice)
    }

    /// The names of all functions.
    pub(super) fn function_names(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str)
    }
}

/// A table, or a table-valued function.
#[derive(Clone)]
pub struct Shape {
    /// Its name as declared.
    pub name: Cow<'static, str>,
    /// Its columns.
    pub columns: Vec<ShapeColumn>,
    /// Whether rows have a rowid that can be asked for.
    pub rowid: bool,
    /// The declared table, if it is one of ours.
    pub declared: Option<&'static dyn AnyTable>,
}

impl std::fmt::Debug for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shape").field("name", &self.name).field("columns", &self.columns).finish_non_exhaustive()
    }
}

/// A column of a [`Shape`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeColumn {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its declared type.
    pub kind: Cow<'static, str>,
    /// Left out of `*`.
    pub hidden: bool,
}

impl Shape {
    /// A table as SQLite is told of it.
    #[must_use]
    pub fn declared(table: &'static dyn AnyTable, platform: Platforms) -> Self {
        let declared = DeclaredTable::new(table, platform);
        let mut columns: Vec<ShapeColumn> =
            declared.columns.iter().map(|declared| column(declared.name, declared.kind, declared.hidden)).collect();
        if table.has_key() && !table.unique() {
            columns.push(column(DeclaredTable::PLACE, Type::BigInt, true));
        }
        let name = Cow::Borrowed(table.name());
        Self { name, columns, rowid: !table.has_key(), declared: Some(table) }
    }
}

fn column(name: &'static str, kind: Type, hidden: bool) -> ShapeColumn {
    ShapeColumn { name: Cow::Borrowed(name), kind: Cow::Borrowed(kind.sql()), hidden }
}
