//! Typed, schema-aware SELECT statements whose answer does not depend on the order of rows, and texts that are less than
//! that ([`hostile`]).
//!
//! Constants come from a pool of values that really occur in the tables, in several types and spellings, so that
//! comparisons are often true and affinity matters. Each table in a FROM clause has one of its rows in mind: most
//! conditions on the table are true of that row, and what it is joined with is chosen for having a partner. So conditions
//! can be many, and there still are rows to compare.

mod condition;
mod from;
pub mod hostile;
mod material;
mod nested;
mod shape;
mod term;
#[cfg(test)]
mod tests;

pub use material::{ColumnMaterial, Material, Scope, TableMaterial, quoted};

use arbitrary::{Result, Unstructured};
use from::Source;

/// One statement.
///
/// # Errors
/// When the bytes run out.
pub fn query(u: &mut Unstructured<'_>, material: &Material) -> Result<String> {
    Maker { u, tables: &material.tables, next: 0 }.statement()
}

/// A condition on one table, which the FROM clause must call `t`.
///
/// # Errors
/// When the bytes run out.
pub fn predicate(u: &mut Unstructured<'_>, table: &TableMaterial) -> Result<String> {
    let mut maker = Maker { u, tables: std::slice::from_ref(table), next: 0 };
    let source = maker.source_of(table, "t".to_owned())?;
    maker.condition(&[source], 1)
}

/// One comparison or two of columns of a table with constants, all of which must be true. The FROM clause must call the table
/// `t`. A table is offered each of them, and what depends on whether it takes all of them, such as a limit.
///
/// # Errors
/// When the bytes run out.
pub fn comparisons(u: &mut Unstructured<'_>, table: &TableMaterial) -> Result<String> {
    let mut maker = Maker { u, tables: std::slice::from_ref(table), next: 0 };
    let source = maker.source_of(table, "t".to_owned())?;
    maker.comparisons(&source)
}

/// A join of two tables, which are called `a` and `b`, and a condition on both.
#[derive(Clone, Debug)]
pub struct Joined<'m> {
    /// The tables.
    pub tables: [&'m TableMaterial; 2],
    /// Columns that are expected to have values in common: of the first table, of the second.
    pub columns: [&'m ColumnMaterial; 2],
    /// A condition on one or both tables.
    pub condition: String,
}

/// Two tables of few rows, and something to join them by.
///
/// # Errors
/// When the bytes run out.
pub fn joined<'m>(u: &mut Unstructured<'_>, material: &'m Material, most_rows: usize) -> Result<Joined<'m>> {
    let mut maker = Maker { u, tables: &material.tables, next: 0 };
    let left = maker.table(most_rows)?;
    let mut sources = vec![maker.source_of(left, "a".to_owned())?];
    let (right, left_column, right_column) = maker.partner(&sources, most_rows)?;
    let columns = [left_column.column, right_column.column];
    let tables = [left, right.table];
    sources.push(from::Source { alias: "b".to_owned(), ..right });
    let mut condition = maker.condition(&sources, 1)?;
    // One that is true of more rows than a single one is.
    if !maker.once_in(4)? {
        condition = format!("({condition} OR {})", maker.condition(&sources, 0)?);
    }
    Ok(Joined { tables, columns, condition })
}

/// Makes statements. `next` numbers the tables.
struct Maker<'u, 'a, 'm> {
    u: &'u mut Unstructured<'a>,
    tables: &'m [TableMaterial],
    next: usize,
}

impl<'m> Maker<'_, '_, 'm> {
    fn statement(&mut self) -> Result<String> {
        match self.u.int_in_range(0..=19)? {
            0..=2 => self.select(),
            3..=6 => self.join(),
            7 => self.named_join(),
            8..=10 => self.aggregate(),
            11 | 12 => self.compound(),
            13 => self.limited(),
            14 => self.common(),
            15 | 16 => self.correlated(),
            17 => self.window(),
            18 => self.scalar(),
            _ => self.recursive(),
        }
    }

    /// Whether something happens that happens once in a while.
    fn once_in(&mut self, turns: u8) -> Result<bool> {
        self.u.ratio(1, turns)
    }

    fn pick<'x>(&mut self, choices: &[&'x str]) -> Result<&'x str> {
        self.u.choose(choices).copied()
    }

    /// A table of which there are not too many rows.
    fn table(&mut self, most_rows: usize) -> Result<&'m TableMaterial> {
        let fits = self.tables.iter().filter(|table| table.rows <= most_rows);
        match fits.clone().count() {
            0 => self.u.choose(self.tables),
            count => {
                let place = self.u.choose_index(count)?;
                fits.clone().nth(place).ok_or(arbitrary::Error::EmptyChoose)
            }
        }
    }

    /// A table with an alias of its own, and a row in mind.
    fn source(&mut self, most_rows: usize) -> Result<Source<'m>> {
        let table = self.table(most_rows)?;
        self.next += 1;
        self.source_of(table, format!("t{}", self.next))
    }

    fn source_of(&mut self, table: &'m TableMaterial, alias: String) -> Result<Source<'m>> {
        let row = if table.sample.is_empty() { None } else { Some(self.u.choose(&table.sample)?.as_slice()) };
        Ok(Source { alias, table, row })
    }
}
