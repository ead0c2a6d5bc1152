//! What queries to an agent are made of, learnt from the agent itself.

use super::query::{ColumnMaterial, Material, Scope, TableMaterial};
use crate::answer::Row;
use crate::engines::Engine;
use plumb_schema::Type;
use std::collections::BTreeMap;
use std::time::Duration;

/// Rows of a table that values are drawn from.
const SAMPLE: usize = 50;

/// Tables that are looked at together.
const TOGETHER: usize = 32;

/// What an agent says about itself.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Tables that have rows without being asked for something certain, and their values.
    pub material: Material,
    /// All tables as declared.
    pub tables: Vec<Declared>,
    /// Tables that are not in the material, and why.
    pub unread: Vec<(String, String)>,
    /// How long it took to count the rows of a table, or to look at some.
    pub costs: BTreeMap<String, Duration>,
}

/// A table as the agent declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Its name.
    pub name: String,
    /// Its columns, hidden ones too.
    pub columns: Vec<DeclaredColumn>,
}

/// A column as the agent declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredColumn {
    /// Its name.
    pub name: String,
    /// Its type; none where the agent's word for it is unknown.
    pub kind: Option<Type>,
    /// Whether it is part of the key.
    pub key: bool,
    /// Whether `*` leaves it out.
    pub hidden: bool,
}

impl Agent {
    /// Asks an agent for its tables, their columns and some of their rows.
    ///
    /// # Errors
    /// When it does not list its tables.
    pub fn learn(engine: &mut dyn Engine) -> Result<Self, String> {
        let sql = "SELECT name AS c0 FROM sqlite_temp_master WHERE type = 'table' ORDER BY 1";
        let names: Vec<String> = engine.ask(sql)?.iter().filter_map(|row| text(row, "c0")).collect();
        if names.is_empty() {
            return Err("the agent lists no tables".to_owned());
        }
        let describe = |name: &String| {
            format!(
                "SELECT name AS c0, type AS c1, pk AS c2, hidden AS c3 FROM pragma_table_xinfo('{}')",
                name.replace('\'', "''")
            )
        };
        let described = engine.ask_many(&names.iter().map(describe).collect::<Vec<_>>());
        let material = Material { tables: Vec::new() };
        let mut agent = Self { material, tables: Vec::new(), unread: Vec::new(), costs: BTreeMap::new() };
        for (name, answer) in names.into_iter().zip(described) {
            match answer.map(|rows| rows.iter().filter_map(declared_column).collect::<Vec<_>>()) {
                Ok(columns) if !columns.is_empty() => agent.tables.push(Declared { name, columns }),
                Ok(_) => agent.unread.push((name, "the agent does not describe it".to_owned())),
                Err(error) => agent.unread.push((name, error)),
            }
        }
        agent.sample(engine);
        Ok(agent)
    }

    /// Looks at the tables; those that refuse to be read whole are asked once more for something that every host has.
    fn sample(&mut self, engine: &mut dyn Engine) {
        let tables = std::mem::take(&mut self.tables);
        let whole: Vec<Asked<'_>> = tables.iter().map(|table| (table, None)).collect();
        let mut refused = Vec::new();
        for ((table, _), answer) in whole.iter().zip(looked(engine, &whole, &mut self.costs)) {
            match answer {
                Ok(material) => self.material.tables.push(material),
                Err(why) => refused.push((*table, why)),
            }
        }
        let (empty, refused): (Vec<_>, Vec<_>) = refused.into_iter().partition(|(_, why)| why == NO_ROWS);
        let scoped: Vec<Asked<'_>> = refused
            .iter()
            .flat_map(|(table, _)| table.scopes().into_iter().map(|scope| (*table, Some(scope))))
            .collect();
        for ((table, _), answer) in scoped.iter().zip(looked(engine, &scoped, &mut self.costs)) {
            let known = self.material.tables.iter().any(|material| material.name == table.name);
            self.material.tables.extend(answer.ok().filter(|_| !known));
        }
        for (table, why) in empty.into_iter().chain(refused) {
            if !self.material.tables.iter().any(|material| material.name == table.name) {
                self.unread.push((table.name.clone(), why));
            }
        }
        self.material.tables.sort_by(|left, right| left.name.cmp(&right.name));
        self.tables = tables;
    }

    /// How a table is declared.
    #[must_use]
    pub fn declared(&self, name: &str) -> Option<&Declared> {
        self.tables.iter().find(|table| table.name == name)
    }
}

const NO_ROWS: &str = "no rows";

/// A table, and what it is asked for.
type Asked<'t> = (&'t Declared, Option<Scope>);

/// What is known of tables, each under its scope, and what it costs to read them.
fn looked(
    engine: &mut dyn Engine,
    tables: &[Asked<'_>],
    costs: &mut BTreeMap<String, Duration>,
) -> Vec<Result<TableMaterial, String>> {
    let mut all = Vec::new();
    for some in tables.chunks(TOGETHER) {
        let statements: Vec<String> = some.iter().flat_map(|(table, scope)| table.questions(scope.as_ref())).collect();
        let mut answers = engine.ask_timed(&statements).into_iter();
        let mut next = || answers.next().unwrap_or_else(|| (Err(NO_ROWS.to_owned()), Duration::ZERO));
        for (table, scope) in some {
            let ((count, counting), (rows, reading)) = (next(), next());
            // A sample may be cheap where all rows are not.
            let cost = costs.entry(table.name.clone()).or_default();
            *cost = counting.max(reading).max(*cost);
            all.push(known(table, scope.as_ref(), count, rows));
        }
    }
    all
}

fn known(
    table: &Declared,
    scope: Option<&Scope>,
    count: Result<Vec<Row>, String>,
    rows: Result<Vec<Row>, String>,
) -> Result<TableMaterial, String> {
    let (count, rows) = (count?, rows?);
    if rows.is_empty() {
        return Err(NO_ROWS.to_owned());
    }
    let count = count.first().and_then(|row| text(row, "c0")).and_then(|text| text.parse().ok());
    Ok(table.material(scope.cloned(), &rows, count.unwrap_or(rows.len())))
}

impl Declared {
    /// The columns that `*` gives.
    pub fn visible(&self) -> impl Iterator<Item = &DeclaredColumn> {
        self.columns.iter().filter(|column| !column.hidden)
    }

    /// `sample` holds what `quote` makes of the visible columns, in columns c0, c1 and so on.
    fn material(&self, scope: Option<Scope>, sample: &[Row], rows: usize) -> TableMaterial {
        let column = |column: &DeclaredColumn| ColumnMaterial {
            name: column.name.clone(),
            // Of what has an unknown type nothing is expected.
            kind: column.kind.unwrap_or(Type::Blob),
            collation: None,
            key: column.key,
            literals: Vec::new(),
        };
        let columns: Vec<ColumnMaterial> = self.visible().map(column).collect();
        let literal = |row: &Row, place: usize| text(row, &format!("c{place}")).filter(|literal| is_usable(literal));
        let sample = sample.iter().map(|row| (0..columns.len()).map(|place| literal(row, place)).collect()).collect();
        TableMaterial { name: self.name.clone(), columns, rows, scopes: scope.into_iter().collect(), sample }
            .with_pools()
    }

    /// What a table may have to be asked for, when it refuses to be read whole: a place that every Unix host has, or a
    /// process that every host has.
    fn scopes(&self) -> Vec<Scope> {
        const SCOPES: [(&str, &[&str]); 6] = [
            ("directory", &["'/etc'"]),
            ("path", &["'/etc/passwd'", "'/etc/group'", "'/etc'"]),
            ("file", &["'/etc/passwd'"]),
            ("pid", &["1"]),
            ("uid", &["0"]),
            ("username", &["'root'"]),
        ];
        let has = |name: &str| self.visible().any(|column| column.name == name);
        let scope = |(column, values): &(&str, &[&str])| {
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            if *column == "directory" && has("path") { Scope::directories(values) } else { Scope::new(column, values) }
        };
        SCOPES.iter().filter(|(column, _)| has(column)).map(scope).collect()
    }

    /// The statements that count rows and show some.
    fn questions(&self, scope: Option<&Scope>) -> [String; 2] {
        let columns: Vec<String> =
            self.visible().enumerate().map(|(n, c)| format!("quote(\"{}\") AS c{n}", c.name)).collect();
        let condition = scope.map_or(String::new(), |scope| format!(" WHERE {}", scope.condition("")));
        let from = format!("\"{}\"{condition}", self.name);
        [
            format!("SELECT count(*) AS c0 FROM {from}"),
            format!("SELECT {} FROM {from} LIMIT {SAMPLE}", columns.join(", ")),
        ]
    }
}

/// Long values and such that were not UTF-8 do not come back as they were.
fn is_usable(literal: &str) -> bool {
    literal != "NULL" && literal.len() < 60 && !literal.contains([char::REPLACEMENT_CHARACTER, '\n', '\r'])
}

fn declared_column(row: &Row) -> Option<DeclaredColumn> {
    let number = |name: &str| text(row, name).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    let kind = text(row, "c1").unwrap_or_default();
    Some(DeclaredColumn {
        name: text(row, "c0")?,
        kind: kind_of(&kind),
        key: number("c2") > 0,
        hidden: number("c3") == 1,
    })
}

fn kind_of(declared: &str) -> Option<Type> {
    [Type::Text, Type::Integer, Type::BigInt, Type::UnsignedBigInt, Type::Double, Type::Blob]
        .into_iter()
        .find(|kind| kind.sql().eq_ignore_ascii_case(declared))
}

fn text(row: &Row, name: &str) -> Option<String> {
    row.get(name)?.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}
