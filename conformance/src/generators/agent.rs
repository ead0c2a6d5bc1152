//! What queries to an agent are made of, learnt from the agent itself.

use super::query::{ColumnMaterial, Material, TableMaterial};
use crate::answer::Row;
use crate::engines::Engine;
use plumb_schema::Type;

/// Rows of a table that values are drawn from.
const SAMPLE: usize = 50;

/// What an agent says about itself.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Tables that have rows without being asked for something certain, and their values.
    pub material: Material,
    /// All tables as declared.
    pub tables: Vec<Declared>,
    /// Tables that are not in the material, and why.
    pub unread: Vec<(String, String)>,
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
        let mut agent = Self { material: Material { tables: Vec::new() }, tables: Vec::new(), unread: Vec::new() };
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

    fn sample(&mut self, engine: &mut dyn Engine) {
        let statements: Vec<String> = self
            .tables
            .iter()
            .flat_map(|table| {
                let columns: Vec<String> =
                    table.visible().enumerate().map(|(n, c)| format!("quote(\"{}\") AS c{n}", c.name)).collect();
                let from = &table.name;
                [
                    format!("SELECT count(*) AS c0 FROM \"{from}\""),
                    format!("SELECT {} FROM \"{from}\" LIMIT {SAMPLE}", columns.join(", ")),
                ]
            })
            .collect();
        let answers = engine.ask_many(&statements);
        for (table, answers) in self.tables.iter().zip(answers.chunks(2)) {
            let [count, rows] = answers else { continue };
            let unread = match (count, rows) {
                (Err(error), _) | (_, Err(error)) => error.clone(),
                (Ok(_), Ok(rows)) if rows.is_empty() => "no rows".to_owned(),
                (Ok(count), Ok(rows)) => {
                    let count = count.first().and_then(|row| text(row, "c0")).and_then(|text| text.parse().ok());
                    self.material.tables.push(table.material(rows, count.unwrap_or(rows.len())));
                    continue;
                }
            };
            self.unread.push((table.name.clone(), unread));
        }
    }

    /// How a table is declared.
    #[must_use]
    pub fn declared(&self, name: &str) -> Option<&Declared> {
        self.tables.iter().find(|table| table.name == name)
    }
}

impl Declared {
    /// The columns that `*` gives.
    pub fn visible(&self) -> impl Iterator<Item = &DeclaredColumn> {
        self.columns.iter().filter(|column| !column.hidden)
    }

    /// `sample` holds what `quote` makes of the visible columns, in columns c0, c1 and so on.
    fn material(&self, sample: &[Row], rows: usize) -> TableMaterial {
        let column = |(place, column): (usize, &DeclaredColumn)| {
            let name = format!("c{place}");
            let mut literals: Vec<String> =
                sample.iter().filter_map(|row| text(row, &name)).filter(|literal| is_usable(literal)).collect();
            literals.sort();
            literals.dedup();
            let kind = column.kind.unwrap_or(Type::Text);
            ColumnMaterial { name: column.name.clone(), kind, key: column.key, literals }
        };
        TableMaterial { name: self.name.clone(), columns: self.visible().enumerate().map(column).collect(), rows }
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
