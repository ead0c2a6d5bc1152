//! Typed, schema-aware SELECT statements whose answer does not depend on the order of rows.
//!
//! Constants come from a pool of values that really occur in the tables, in several types and spellings, so that
//! comparisons are often true and affinity matters.

use arbitrary::{Result, Unstructured};
use plumb_schema::{DeclaredTable, Type, Value};

/// What queries are made of.
#[derive(Clone, Debug)]
pub struct Material {
    /// The tables that may be named.
    pub tables: Vec<TableMaterial>,
}

/// A table and values that occur in it.
#[derive(Clone, Debug)]
pub struct TableMaterial {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<ColumnMaterial>,
    /// How many rows it has: joins of large tables are kept small.
    pub rows: usize,
}

/// A column and values that occur in it.
#[derive(Clone, Debug)]
pub struct ColumnMaterial {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Type,
    /// SQLite declares key columns NOT NULL and answers NULL tests without looking.
    pub key: bool,
    /// Values that occur, as SQL literals.
    pub literals: Vec<String>,
}

impl TableMaterial {
    /// A table whose pool is filled from some of its rows. Columns that choose which rows there are, are left out: a copy
    /// has no such choice.
    #[must_use]
    pub fn new(declared: &DeclaredTable, rows: &[Vec<Value<'static>>]) -> Self {
        let column = |column: &plumb_schema::DeclaredColumn| {
            let mut literals: Vec<String> =
                rows.iter().filter_map(|row| row.get(column.source)).filter_map(literal).collect();
            literals.sort();
            literals.dedup();
            ColumnMaterial { name: column.name.to_owned(), kind: column.kind, key: column.key, literals }
        };
        let columns = declared.columns.iter().filter(|column| !column.spec.parameter).map(column).collect();
        Self { name: declared.name.to_owned(), columns, rows: rows.len() }
    }
}

/// A value as a literal; none for text that is not UTF-8 and for long text.
fn literal(value: &Value<'static>) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Int(int) => Some(int.to_string()),
        Value::Real(real) => Some(format!("{real:?}")),
        Value::Text(text) if text.len() < 60 && !text.contains(&0) => {
            std::str::from_utf8(text).ok().map(|text| format!("'{}'", text.replace('\'', "''")))
        }
        _ => None,
    }
}

/// A table in a FROM clause.
struct Source<'m> {
    alias: String,
    table: &'m TableMaterial,
}

/// One statement.
///
/// # Errors
/// When the bytes run out.
pub fn query(u: &mut Unstructured<'_>, material: &Material) -> Result<String> {
    let mut maker = Maker { u, material, next: 0 };
    maker.statement()
}

/// A condition on one table, which the FROM clause must call `t`.
///
/// # Errors
/// When the bytes run out.
pub fn predicate(u: &mut Unstructured<'_>, table: &TableMaterial) -> Result<String> {
    let material = Material { tables: vec![table.clone()] };
    let sources: Vec<Source<'_>> =
        material.tables.iter().map(|table| Source { alias: "t".to_owned(), table }).collect();
    Maker { u, material: &material, next: 0 }.predicate(&sources, 1)
}

struct Maker<'u, 'a, 'm> {
    u: &'u mut Unstructured<'a>,
    material: &'m Material,
    next: usize,
}

impl<'m> Maker<'_, '_, 'm> {
    fn statement(&mut self) -> Result<String> {
        match self.u.int_in_range(0..=11)? {
            0..=3 => self.select(),
            4 | 5 => self.join(),
            6 => self.aggregate(),
            7 => self.compound(),
            8 => self.limited(),
            9 => self.subquery_in_from(),
            10 => self.correlated(),
            _ => self.recursive(),
        }
    }

    fn source(&mut self, most_rows: usize) -> Result<Source<'m>> {
        let fits: Vec<&TableMaterial> = self.material.tables.iter().filter(|table| table.rows <= most_rows).collect();
        let table = if fits.is_empty() { self.u.choose(&self.material.tables)? } else { *self.u.choose(&fits)? };
        self.next += 1;
        Ok(Source { alias: format!("t{}", self.next), table })
    }

    fn column<'s>(&mut self, source: &'s Source<'m>) -> Result<&'m ColumnMaterial> {
        self.u.choose(&source.table.columns)
    }

    fn name(&mut self, sources: &[Source<'m>]) -> Result<String> {
        let source = self.u.choose(sources)?;
        Ok(format!("{}.\"{}\"", source.alias, self.u.choose(&source.table.columns)?.name))
    }

    fn select(&mut self) -> Result<String> {
        let sources = [self.source(usize::MAX)?];
        let predicate = self.predicate(&sources, 2)?;
        let columns = self.columns(&sources)?;
        let distinct = if self.u.ratio(1, 6)? { "DISTINCT " } else { "" };
        Ok(format!("SELECT {distinct}{columns} FROM {} WHERE {predicate}", from(&sources[0])))
    }

    fn columns(&mut self, sources: &[Source<'m>]) -> Result<String> {
        let count = self.u.int_in_range(1..=4)?;
        let mut columns = Vec::new();
        for place in 0..count {
            columns.push(format!("{} AS c{place}", self.name(sources)?));
        }
        Ok(columns.join(", "))
    }

    fn join(&mut self) -> Result<String> {
        let most = 400;
        let mut sources = vec![self.source(most)?];
        let mut clause = from(&sources[0]);
        for _ in 0..self.u.int_in_range(1..=2)? {
            let right = self.source(most / sources.len())?;
            let kind = *self.u.choose(&["JOIN", "LEFT JOIN", "JOIN", "RIGHT JOIN"])?;
            let (left_column, right_column) = self.join_columns(&sources, &right)?;
            let text = from(&right);
            sources.push(right);
            let more =
                if self.u.ratio(1, 4)? { format!(" AND {}", self.predicate(&sources, 1)?) } else { String::new() };
            clause.push_str(&format!(" {kind} {text} ON {left_column} = {right_column}{more}"));
        }
        let predicate = if self.u.ratio(1, 2)? { "1".to_owned() } else { self.predicate(&sources, 1)? };
        let columns = self.columns(&sources)?;
        Ok(format!("SELECT {columns} FROM {clause} WHERE {predicate}"))
    }

    /// Columns that can be expected to have values in common: of one name, or of one type.
    fn join_columns(&mut self, left: &[Source<'m>], right: &Source<'m>) -> Result<(String, String)> {
        let left = self.u.choose(left)?;
        let mut pairs = Vec::new();
        for a in &left.table.columns {
            for b in &right.table.columns {
                let same_kind = (a.kind == Type::Text) == (b.kind == Type::Text);
                if a.name == b.name || (same_kind && a.literals.iter().any(|l| b.literals.contains(l))) {
                    pairs.push((a, b));
                }
            }
        }
        let (a, b) = if pairs.is_empty() || self.u.ratio(1, 8)? {
            (self.column(left)?, self.column(right)?)
        } else {
            *self.u.choose(&pairs)?
        };
        Ok((format!("{}.\"{}\"", left.alias, a.name), format!("{}.\"{}\"", right.alias, b.name)))
    }

    fn aggregate(&mut self) -> Result<String> {
        let sources = [self.source(usize::MAX)?];
        let (group, value) = (self.name(&sources)?, self.name(&sources)?);
        let predicate = self.predicate(&sources, 1)?;
        let function =
            *self.u.choose(&["count(*)", "count(#)", "min(#)", "max(#)", "total(#)", "count(DISTINCT #)"])?;
        let function = function.replace('#', &value);
        let having = if self.u.ratio(1, 3)? { " HAVING count(*) > 1" } else { "" };
        let from = from(&sources[0]);
        Ok(format!("SELECT {group} AS c0, {function} AS c1 FROM {from} WHERE {predicate} GROUP BY {group}{having}"))
    }

    fn compound(&mut self) -> Result<String> {
        let (left, right) = ([self.source(usize::MAX)?], [self.source(usize::MAX)?]);
        let (a, b) = (self.name(&left)?, self.name(&right)?);
        let (p, q) = (self.predicate(&left, 1)?, self.predicate(&right, 1)?);
        let word = *self.u.choose(&["UNION ALL", "UNION", "INTERSECT", "EXCEPT"])?;
        Ok(format!(
            "SELECT {a} AS c0 FROM {} WHERE {p} {word} SELECT {b} FROM {} WHERE {q}",
            from(&left[0]),
            from(&right[0])
        ))
    }

    /// A limit gives the same rows only under a total order.
    fn limited(&mut self) -> Result<String> {
        let sources = [self.source(usize::MAX)?];
        let predicate = self.predicate(&sources, 1)?;
        let name = self.name(&sources)?;
        let (limit, offset) = (self.u.int_in_range(0..=5)?, self.u.int_in_range(0..=3)?);
        let from = from(&sources[0]);
        Ok(format!("SELECT {name} AS c0 FROM {from} WHERE {predicate} ORDER BY 1 LIMIT {limit} OFFSET {offset}"))
    }

    fn subquery_in_from(&mut self) -> Result<String> {
        let (inner, outer) = ([self.source(400)?], [self.source(400)?]);
        let (inner_name, outer_name) = (self.name(&inner)?, self.name(&outer)?);
        let (p, q) = (self.predicate(&inner, 1)?, self.predicate(&outer, 1)?);
        let (inner_from, outer_from) = (from(&inner[0]), from(&outer[0]));
        Ok(format!(
            "WITH s(k) AS (SELECT DISTINCT {inner_name} FROM {inner_from} WHERE {p}) \
             SELECT {outer_name} AS c0, s.k AS c1 FROM {outer_from} JOIN s ON s.k = {outer_name} WHERE {q}"
        ))
    }

    fn correlated(&mut self) -> Result<String> {
        let outer = [self.source(200)?];
        let inner = self.source(200)?;
        let (a, b) = self.join_columns(&outer, &inner)?;
        let inner = [inner];
        let p = self.predicate(&inner, 1)?;
        let name = self.name(&outer)?;
        let (outer_from, inner_from) = (from(&outer[0]), from(&inner[0]));
        Ok(match self.u.int_in_range(0..=2)? {
            0 => format!(
                "SELECT {name} AS c0, (SELECT count(*) FROM {inner_from} WHERE {b} = {a}) AS c1 FROM {outer_from}"
            ),
            1 => format!(
                "SELECT {name} AS c0 FROM {outer_from} WHERE EXISTS (SELECT 1 FROM {inner_from} WHERE {b} = {a} AND {p})"
            ),
            _ => format!(
                "SELECT {name} AS c0 FROM {outer_from} WHERE {a} NOT IN (SELECT {b} FROM {inner_from} WHERE {p})"
            ),
        })
    }

    fn recursive(&mut self) -> Result<String> {
        let source = self.source(200)?;
        let (from_column, to_column) = (self.column(&source)?.name.clone(), self.column(&source)?.name.clone());
        let start = self.literal(&source)?;
        let (alias, text) = (source.alias.clone(), from(&source));
        Ok(format!(
            "WITH RECURSIVE r(k) AS (SELECT {start} UNION SELECT {alias}.\"{to_column}\" FROM {text} JOIN r \
             ON {alias}.\"{from_column}\" = r.k) SELECT k AS c0 FROM r"
        ))
    }

    fn literal(&mut self, source: &Source<'m>) -> Result<String> {
        let column = self.column(source)?;
        self.literal_for(column)
    }

    /// A constant to compare a column with: one that occurs, in this or another spelling and type.
    fn literal_for(&mut self, column: &ColumnMaterial) -> Result<String> {
        const ODD: [&str; 12] =
            ["NULL", "0", "1", "-1", "''", "'0'", "'01'", "1.0", "'x'", "9223372036854775807", "0.5", "x'00'"];
        if column.literals.is_empty() || self.u.ratio(1, 6)? {
            return Ok((*self.u.choose(&ODD)?).to_owned());
        }
        let literal = self.u.choose(&column.literals)?.clone();
        Ok(match self.u.int_in_range(0..=9)? {
            0 => format!("CAST({literal} AS TEXT)"),
            1 => format!("CAST({literal} AS REAL)"),
            2 => format!("' ' || {literal}"),
            3 => format!("upper({literal})"),
            _ => literal,
        })
    }

    fn predicate(&mut self, sources: &[Source<'m>], depth: usize) -> Result<String> {
        if depth > 0 && self.u.ratio(1, 2)? {
            let (left, right) = (self.predicate(sources, depth - 1)?, self.predicate(sources, depth - 1)?);
            return Ok(match self.u.int_in_range(0..=4)? {
                0 | 1 => format!("({left} AND {right})"),
                2 | 3 => format!("({left} OR {right})"),
                _ => format!("NOT ({left})"),
            });
        }
        let source = self.u.choose(sources)?;
        let column = self.u.choose(&source.table.columns)?;
        let name = format!("{}.\"{}\"", source.alias, column.name);
        let one = self.literal_for(column)?;
        Ok(match self.u.int_in_range(0..=13)? {
            0..=3 => format!("{name} = {one}"),
            4 | 5 => {
                let (two, three) = (self.literal_for(column)?, self.literal_for(column)?);
                format!("{name} IN ({one}, {two}, {three}, {one})")
            }
            6 => format!("{name} {} {one}", self.u.choose(&["<", "<=", ">", ">=", "<>", "IS", "IS NOT"])?),
            7 => format!("{name} BETWEEN {one} AND {}", self.literal_for(column)?),
            8 => format!("{name} LIKE {one} || '%'"),
            9 => format!("{name} GLOB '*' || {one} || '*'"),
            10 if !column.key => format!("{name} IS {}NULL", if self.u.arbitrary()? { "" } else { "NOT " }),
            11 => format!("{name} = {one} OR {name} = {}", self.literal_for(column)?),
            12 => {
                let other = self.u.choose(&source.table.columns)?;
                format!("{name} = {}.\"{}\"", source.alias, other.name)
            }
            _ => {
                let inner = self.source(400)?;
                let inner_name = format!("{}.\"{}\"", inner.alias, self.u.choose(&inner.table.columns)?.name);
                format!("{name} IN (SELECT {inner_name} FROM {})", from(&inner))
            }
        })
    }
}

fn from(source: &Source<'_>) -> String {
    format!("{} AS {}", source.table.name, source.alias)
}
