//! `plumb_schema`: what every table looks like, on every platform.

use plumb_schema::{
    AnyTable, Bytes, Column, Cost, Cx, DeclaredColumn, Options, Platforms, Request, Rows, Table, Type, owned, text,
};
use std::sync::Arc;

/// A column as one platform declares it.
pub struct Declared {
    platform: Platforms,
    table: &'static str,
    column: DeclaredColumn,
}

type Col = Column<Declared>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Declared> = Table {
    name: "plumb_schema",
    doc: "Columns of every table on every platform, whatever the agent was built for. Those that exist elsewhere only, and \
          are declared hidden for the sake of queries that name them, are left out.",
    on: Platforms::ALL,
    columns: &[
        Col::text   ("platform",    "linux, macos or windows",                                |d| owned(d.platform.name())),
        Col::text   ("table_name",  "Name of the table",                                      |d| text(d.table)),
        Col::integer("position",    "Place of the column in the declaration, from 0",         |d| i64::try_from(d.column.source).ok()),
        Col::text   ("column_name", "Name of the column",                                     |d| text(d.column.name)),
        Col::text   ("type",        "TEXT, INTEGER, BIGINT, UNSIGNED_BIGINT, DOUBLE or BLOB", |d| text(type_name(d.column.kind))),
        Col::integer("hidden",      "1 if it is not in *",                                    |d| Some(d.column.hidden.into())),
        Col::integer("required",    "1 if the table needs a constraint on it, or on another such column", |d| d.has(Options::REQUIRED)),
        Col::integer("index",       "1 if it is part of the key by which rows are found",     |d| d.has(Options::INDEX)),
        Col::integer("additional",  "1 if a constraint on it changes what is collected",      |d| d.has(Options::ADDITIONAL)),
        Col::integer("optimized",   "1 if it takes the values of an IN list at once",         |d| d.has(Options::OPTIMIZED)),
        Col::text   ("collation",   "How it compares, empty for byte by byte",                |d| text(d.column.collation.sql())),
        Col::text   ("aliases",     "Other names of the column, separated by commas",         |d| d.aliases()),
        Col::text   ("description", "What it tells",                                          |d| text(d.column.spec.doc)),
    ],
    scan,
    cost: Cost { rows: 5000, row: 1 },
    ..Table::EMPTY
};

/// The name of a type as one word.
fn type_name(kind: Type) -> &'static str {
    match kind {
        Type::UnsignedBigInt => "UNSIGNED_BIGINT",
        other => other.sql(),
    }
}

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<Declared> {
    let tables = |platform| {
        let tables: Vec<&'static dyn AnyTable> = cx.agent().registry().on(platform).collect();
        tables.into_iter().flat_map(move |table| columns(table, platform))
    };
    let [first, second, third] = Platforms::EACH.map(tables);
    Box::new(first.chain(second).chain(third))
}

fn columns(table: &'static dyn AnyTable, platform: Platforms) -> impl Iterator<Item = Declared> {
    let declared = plumb_schema::DeclaredTable::new(table, platform).columns.into_iter();
    let own = declared.take(table.width()).filter(move |column| column.spec.on.contains(platform));
    own.map(move |column| Declared { platform, table: table.name(), column })
}

impl Declared {
    fn has(&self, option: Options) -> Option<i64> {
        Some(self.column.spec.options.contains(option).into())
    }

    fn aliases(&self) -> Option<Bytes<'_>> {
        owned(self.column.spec.aliases.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::testing::{check, rows};

    #[test]
    fn columns_of_each_platform() {
        let all = rows(&TABLE, &["platform", "table_name", "position", "column_name", "type", "hidden"]);
        let expect = [
            ["linux", "here", "0", "id", "UNSIGNED_BIGINT", "0"],
            ["linux", "here", "1", "name", "TEXT", "1"],
            ["macos", "here", "0", "id", "UNSIGNED_BIGINT", "0"],
            ["windows", "elsewhere", "0", "id", "UNSIGNED_BIGINT", "0"],
            ["windows", "elsewhere", "2", "only", "DOUBLE", "0"],
        ];
        assert_eq!(all, expect);
    }

    #[test]
    fn options() {
        let expect: [&[&str]; 2] =
            [&["1", "0", "0", "1", "", "number,nr", "Number"], &["0", "1", "1", "0", "NOCASE", "", "Name"]];
        let options = &["index", "additional", "required", "optimized", "collation", "aliases", "description"];
        let all = rows(&TABLE, options);
        assert_eq!(all[..2], expect);
        check(&TABLE, &["platform"], &[&["linux"], &["linux"], &["macos"], &["windows"], &["windows"]]);
    }
}
