//! Columns, constants and expressions.

use super::Maker;
use super::from::Source;
use super::material::ColumnMaterial;
use arbitrary::Result;
use plumb_schema::{Collation, Type};

/// A column of a table in the FROM clause.
#[derive(Clone)]
pub(super) struct Term<'m> {
    /// How it is named.
    pub(super) sql: String,
    pub(super) column: &'m ColumnMaterial,
    /// Its value in the row that the table has in mind.
    pub(super) here: Option<&'m str>,
}

impl Term<'_> {
    pub(super) fn is_text(&self) -> bool {
        self.column.kind == Type::Text
    }

    /// A form of which equal values look equal, so that it does not matter which of them an answer shows.
    pub(super) fn canonical(&self) -> String {
        let sql = &self.sql;
        match self.column.kind {
            Type::Text if self.column.collation != Some(Collation::Binary) => format!("{sql} COLLATE BINARY"),
            Type::Double => format!("quote({sql})"),
            _ => sql.clone(),
        }
    }
}

/// Constants that hardly occur.
const ODD: [&str; 18] = [
    "NULL",
    "0",
    "1",
    "-1",
    "''",
    "'0'",
    "'01'",
    "1.0",
    "'x'",
    "9223372036854775807",
    "-9223372036854775808",
    "0.5",
    "x'00'",
    "'%'",
    "1e308",
    "' '",
    "'é'",
    "2147483648",
];

impl<'m> Maker<'_, '_, 'm> {
    /// A column of one of the tables, one whose value is known if there is one at hand.
    pub(super) fn term(&mut self, sources: &[Source<'m>]) -> Result<Term<'m>> {
        let source = self.u.choose(sources)?;
        let mut term = self.term_of(source)?;
        for _ in 0..2 {
            if term.here.is_some() {
                break;
            }
            term = self.term_of(source)?;
        }
        Ok(term)
    }

    /// A column of a table, whatever is known of it.
    pub(super) fn term_of(&mut self, source: &Source<'m>) -> Result<Term<'m>> {
        let place = self.u.choose_index(source.table.columns.len())?;
        source.term(place).ok_or(arbitrary::Error::EmptyChoose)
    }

    /// A constant to compare a column with: mostly the value that it has in the row in mind.
    pub(super) fn constant(&mut self, term: &Term<'m>) -> Result<String> {
        match term.here {
            Some(here) if self.u.ratio(5, 6)? => self.spelled(here),
            _ => self.other(term),
        }
    }

    /// A constant that occurs in the column, or an odd one.
    pub(super) fn other(&mut self, term: &Term<'m>) -> Result<String> {
        if term.column.literals.is_empty() || self.once_in(8)? {
            return Ok(self.pick(&ODD)?.to_owned());
        }
        let literal = self.u.choose(&term.column.literals)?;
        self.spelled(literal)
    }

    /// A constant in this or another spelling and type.
    fn spelled(&mut self, literal: &str) -> Result<String> {
        let number = literal.parse::<f64>().is_ok();
        Ok(match self.u.int_in_range(0..=23)? {
            0 => format!("CAST({literal} AS TEXT)"),
            1 if number => format!("CAST({literal} AS REAL)"),
            2 if number => format!("' {literal}'"),
            2 => format!("upper({literal})"),
            3 if number => format!("'{literal}'"),
            4 => format!("(SELECT {literal})"),
            5 => format!("COALESCE(NULL, {literal})"),
            6 if number => format!("({literal} + 0)"),
            6 => format!("({literal} || '')"),
            7 => format!("CAST({literal} AS BLOB)"),
            _ => literal.to_owned(),
        })
    }

    /// The columns of an answer: `a AS c0, …`.
    pub(super) fn outputs(&mut self, sources: &[Source<'m>]) -> Result<String> {
        let count = self.u.int_in_range(1..=4)?;
        let mut columns = Vec::new();
        for place in 0..count {
            columns.push(format!("{} AS c{place}", self.value(sources)?));
        }
        Ok(columns.join(", "))
    }

    /// A column, or something computed from one or two.
    pub(super) fn value(&mut self, sources: &[Source<'m>]) -> Result<String> {
        let term = self.term(sources)?;
        if self.u.ratio(3, 5)? { Ok(term.sql) } else { self.computed(sources, &term) }
    }

    /// Something that is computed from a column. Nothing here can fail: whether it is computed for a row that is dropped
    /// anyway is SQLite's choice.
    pub(super) fn computed(&mut self, sources: &[Source<'m>], term: &Term<'m>) -> Result<String> {
        let sql = &term.sql;
        Ok(match self.u.int_in_range(0..=19)? {
            0 => format!("quote({sql})"),
            1 => format!("typeof({sql})"),
            2 => format!("length({sql})"),
            3 => format!("upper({sql})"),
            4 => format!("substr({sql}, {}, {})", self.u.int_in_range(-3..=3)?, self.u.int_in_range(0..=5)?),
            5 => format!("{sql} || {}", self.other(term)?),
            6 => format!("COALESCE({sql}, {})", self.other(term)?),
            7 => format!("IFNULL({sql}, {})", self.term(sources)?.sql),
            8 => format!("NULLIF({sql}, {})", self.constant(term)?),
            9 => format!("CAST({sql} AS {})", self.pick(&["TEXT", "INTEGER", "REAL", "NUMERIC", "BLOB"])?),
            10 => format!("{sql} {} {}", self.pick(&["+", "-", "*", "/", "%", "&", "|"])?, self.constant(term)?),
            11 => format!("-{sql}"),
            12 => format!(
                "CASE {sql} WHEN {} THEN 'is' WHEN {} THEN {} ELSE {sql} END",
                self.constant(term)?,
                self.other(term)?,
                self.term(sources)?.sql
            ),
            13 => {
                let condition = self.atom(sources, 0)?;
                format!("CASE WHEN {condition} THEN {sql} ELSE {} END", self.other(term)?)
            }
            14 => format!("{sql} {} {}", self.pick(&["=", "<", ">=", "IS", "IS NOT"])?, self.constant(term)?),
            15 => format!("{sql} IN ({}, {})", self.constant(term)?, self.other(term)?),
            16 => format!("hex({sql})"),
            17 => format!("instr({sql}, {})", self.constant(term)?),
            18 => format!("trim({sql}, '/') COLLATE NOCASE"),
            _ => format!("max({sql}, {})", self.other(term)?),
        })
    }
}
