//! A table: a static value that says what it is and how its rows are collected.

use crate::{Column, Cx, Get, Options, Pick, Platforms, Request, Spec, Value};
use std::sync::Arc;

/// Rows of a table, one after the other. Nothing is collected before it is asked for.
pub type Rows<T> = Box<dyn Iterator<Item = T>>;

/// What collecting costs, for the query planner. Only ratios matter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Rows of an ordinary host.
    pub rows: u32,
    /// Cost of one row of a scan; 1 is a line of a file that is read anyway, 10 is a system call or two.
    pub row: u32,
}

/// A table whose rows are values of type `T`.
///
/// ```
/// use plumb_schema::{Column, Cost, Platforms, Table, text};
///
/// pub struct Host { address: Vec<u8>, names: Vec<u8> }
/// type Col = Column<Host>;
///
/// pub static TABLE: Table<Host> = Table {
///     name: "etc_hosts",
///     doc: "Names that are resolved without DNS.",
///     on: Platforms::ALL,
///     columns: &[
///         Col::text("address", "IP address", |host| text(&host.address)),
///         Col::text("hostnames", "Names of the address, separated by spaces", |host| text(&host.names)),
///     ],
///     scan: |_cx, _request| Box::new(std::iter::empty()),
///     ..Table::EMPTY
/// };
/// ```
pub struct Table<T: 'static> {
    /// Its name.
    pub name: &'static str,
    /// What it tells, for people.
    pub doc: &'static str,
    /// The systems on which it exists.
    pub on: Platforms,
    /// Its columns in declared order.
    pub columns: &'static [Column<T>],
    /// Other names, as views.
    pub aliases: &'static [&'static str],
    /// Collects all rows, or those that the request's parameters choose.
    pub scan: fn(&Arc<Cx>, &Request) -> Rows<T>,
    /// Whether no two rows have the same key columns. Decides whether the planner may look rows up by several indexes
    /// at once and remove duplicates by key.
    pub unique: bool,
    /// What a scan costs.
    pub cost: Cost,
    /// Returns the rows of the current user when no user is asked for (a warning tells so when run as root).
    pub user_data: bool,
}

impl<T: 'static> Table<T> {
    /// Defaults for the fields that most tables leave alone.
    pub const EMPTY: Self = Self {
        name: "",
        doc: "",
        on: Platforms::ALL,
        columns: &[],
        aliases: &[],
        scan: |_, _| Box::new(std::iter::empty()),
        unique: false,
        cost: Cost { rows: 100, row: 1 },
        user_data: false,
    };
}

/// A table without its row type.
pub trait AnyTable: Send + Sync {
    /// See [`Table::name`].
    fn name(&self) -> &'static str;
    /// See [`Table::doc`].
    fn doc(&self) -> &'static str;
    /// See [`Table::on`].
    fn on(&self) -> Platforms;
    /// See [`Table::aliases`].
    fn aliases(&self) -> &'static [&'static str];
    /// See [`Table::unique`].
    fn unique(&self) -> bool;
    /// See [`Table::cost`].
    fn cost(&self) -> Cost;
    /// See [`Table::user_data`].
    fn user_data(&self) -> bool;
    /// Number of columns, without aliases.
    fn width(&self) -> usize;
    /// A column's declaration. The index must be below [`AnyTable::width`].
    fn spec(&self, column: usize) -> &Spec;
    /// Whether a column has a getter.
    fn has_getter(&self, column: usize) -> bool;
    /// Whether rows can be found by a column.
    fn can_pick(&self, column: usize) -> bool;
    /// Starts to collect.
    fn scan(&self, cx: &Arc<Cx>, request: &Request) -> Box<dyn AnyRows>;
    /// Starts to collect the rows that may have a value in a column. `None` when the column cannot find rows by a
    /// value of this type: then only a scan finds them.
    fn pick(&self, cx: &Arc<Cx>, column: usize, value: &Value<'_>, request: &Request) -> Option<Box<dyn AnyRows>>;
}

impl dyn AnyTable + '_ {
    /// All declarations, in order.
    pub fn specs(&self) -> impl Iterator<Item = &Spec> {
        (0..self.width()).map(|column| self.spec(column))
    }

    /// Whether a column is part of the declared key. With an INDEX column in the table, INDEX and ADDITIONAL columns
    /// are; with only ADDITIONAL ones, every column is; otherwise none.
    #[must_use]
    pub fn is_key(&self, column: usize) -> bool {
        let options = |spec: &Spec, option| spec.options.contains(option);
        if self.specs().any(|spec| options(spec, Options::INDEX)) {
            options(self.spec(column), Options::INDEX) || options(self.spec(column), Options::ADDITIONAL)
        } else {
            self.all_key()
        }
    }

    /// Whether every column (aliases too) is part of the declared key: see [`Self::is_key`].
    #[must_use]
    pub fn all_key(&self) -> bool {
        !self.specs().any(|spec| spec.options.contains(Options::INDEX))
            && self.specs().any(|spec| spec.options.contains(Options::ADDITIONAL))
    }

    /// Whether the table is declared WITHOUT ROWID.
    #[must_use]
    pub fn has_key(&self) -> bool {
        (0..self.width()).any(|column| self.is_key(column))
    }

    /// Whether the table must be constrained.
    #[must_use]
    pub fn is_constrained(&self) -> bool {
        self.specs().any(|spec| spec.options.contains(Options::REQUIRED))
    }
}

/// Rows without their type.
pub trait AnyRows {
    /// Moves to the next row (at first: to the first); `false` at the end.
    fn advance(&mut self) -> bool;
    /// A cell of the current row; NULL before the first and after the last.
    fn value(&self, column: usize) -> Value<'_>;
}

struct TypedRows<T: 'static> {
    columns: &'static [Column<T>],
    rows: Rows<T>,
    current: Option<T>,
}

impl<T: 'static> AnyRows for TypedRows<T> {
    fn advance(&mut self) -> bool {
        // The old row goes first: it may hold a descriptor.
        self.current = None;
        self.current = self.rows.next();
        self.current.is_some()
    }

    fn value(&self, column: usize) -> Value<'_> {
        let (Some(row), Some(column)) = (&self.current, self.columns.get(column)) else {
            return Value::Null;
        };
        match column.get {
            Get::Foreign => None,
            Get::Text(get) => get(row).map(Value::Text),
            Get::Blob(get) => get(row).map(Value::Blob),
            Get::Int(get) => get(row).map(Value::Int),
            Get::Real(get) => get(row).map(Value::Real),
        }
        .unwrap_or(Value::Null)
    }
}

impl<T: 'static> Table<T> {
    fn typed(&self, rows: Rows<T>) -> Box<dyn AnyRows> {
        Box::new(TypedRows { columns: self.columns, rows, current: None })
    }
}

impl<T: 'static> AnyTable for Table<T> {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> &'static str {
        self.doc
    }
    fn on(&self) -> Platforms {
        self.on
    }
    fn aliases(&self) -> &'static [&'static str] {
        self.aliases
    }
    fn unique(&self) -> bool {
        self.unique
    }
    fn cost(&self) -> Cost {
        self.cost
    }
    fn user_data(&self) -> bool {
        self.user_data
    }
    fn width(&self) -> usize {
        self.columns.len()
    }
    #[allow(clippy::indexing_slicing, reason = "documented: below width()")]
    fn spec(&self, column: usize) -> &Spec {
        &self.columns[column].spec
    }
    fn has_getter(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|column| !matches!(column.get, Get::Foreign))
    }
    fn can_pick(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|column| !matches!(column.pick, Pick::No))
    }
    fn scan(&self, cx: &Arc<Cx>, request: &Request) -> Box<dyn AnyRows> {
        self.typed((self.scan)(cx, request))
    }
    fn pick(&self, cx: &Arc<Cx>, column: usize, value: &Value<'_>, request: &Request) -> Option<Box<dyn AnyRows>> {
        let rows = match (self.columns.get(column)?.pick, value) {
            (Pick::Int(pick), value) => pick(cx, value.as_int()?, request),
            (Pick::Text(pick), Value::Text(value)) => pick(cx, value, request),
            _ => return None,
        };
        Some(self.typed(rows))
    }
}
