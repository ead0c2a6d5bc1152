//! What stands in FROM: tables, and what joins them.

use super::Maker;
use super::material::{TableMaterial, quoted};
use super::term::Term;
use arbitrary::Result;
use plumb_schema::Type;

/// A table in a FROM clause.
#[derive(Clone)]
pub(super) struct Source<'m> {
    pub(super) alias: String,
    pub(super) table: &'m TableMaterial,
    /// The row in mind.
    pub(super) row: Option<&'m [Option<String>]>,
}

impl<'m> Source<'m> {
    /// A column by its place.
    pub(super) fn term(&self, place: usize) -> Option<Term<'m>> {
        let column = self.table.columns.get(place)?;
        let here = self.row.and_then(|row| row.get(place)?.as_deref());
        Some(Term { sql: format!("{}.\"{}\"", self.alias, column.name), column, here })
    }

    /// All columns.
    pub(super) fn terms(&self) -> impl Iterator<Item = Term<'m>> {
        (0..self.table.columns.len()).filter_map(|place| self.term(place))
    }

    /// Makes the source think of a row that has a value in a column, if one is known.
    fn think_of(&mut self, place: usize, value: &str) {
        let mut rows = self.table.sample.iter();
        if let Some(row) = rows.find(|row| row.get(place).is_some_and(|cell| cell.as_deref() == Some(value))) {
            self.row = Some(row);
        }
    }
}

/// Rows of the largest table in a join.
const MOST: usize = 250;

impl<'m> Maker<'_, '_, 'm> {
    /// A table as it stands in FROM. What it is asked for comes as a constant, a list, or from a join.
    pub(super) fn from(&mut self, source: &Source<'m>) -> Result<String> {
        let table = source.table;
        let mut from = format!("{} AS s", quoted(&table.name));
        let mut conditions = Vec::new();
        for (place, scope) in table.scopes.iter().enumerate() {
            let (column, values) = (format!("s.{}", quoted(&scope.column)), scope.values.join("), ("));
            let one = scope.values.first().filter(|_| scope.values.len() == 1);
            // Only one comes from a join or a subquery: SQLite does not try all orders of two tables that a third one needs, and
            // of a table with required columns it loses what else is a subquery beside an OR.
            let form = if place == 0 { self.u.int_in_range(0..=4)? } else { 3 };
            match (form, one) {
                (0, _) => from = format!("{from} JOIN (VALUES ({values})) AS v ON {column} = v.column1"),
                (1, _) => {
                    from = format!("(VALUES ({values})) AS v, {from}");
                    conditions.push(format!("v.column1 = {column}"));
                }
                (2, _) => conditions.push(format!("{column} IN (VALUES ({values}))")),
                (3, Some(one)) => conditions.push(format!("{column} = {one}")),
                _ => conditions.push(format!("{column} IN ({})", scope.values.join(", "))),
            }
            conditions.extend(scope.rest("s."));
        }
        if table.scopes.is_empty() {
            return Ok(table.from(&source.alias));
        }
        let condition =
            if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        Ok(format!("(SELECT {} FROM {from}{condition}) AS {}", table.names("s."), source.alias))
    }

    /// Columns that can be expected to have values in common: of one name, or with the value that the left row has. The
    /// right table then has a fitting row in mind.
    pub(super) fn partners(&mut self, left: &[Source<'m>], right: &mut Source<'m>) -> Result<(Term<'m>, Term<'m>)> {
        let left = self.u.choose(left)?;
        let start = self.u.choose_index(left.table.columns.len())?;
        let places = (start..left.table.columns.len()).chain(0..start);
        let by_name = self.once_in(2)?;
        for place in places.filter(|_| by_name) {
            let Some(a) = left.term(place) else { continue };
            let same = right.table.columns.iter().position(|b| b.name == a.column.name && !b.literals.is_empty());
            if let (Some(place), Some(value)) = (same, a.here) {
                right.think_of(place, value);
                return Ok((a, right.term(place).ok_or(arbitrary::Error::EmptyChoose)?));
            }
        }
        for _ in 0..3 {
            let a = self.term(std::slice::from_ref(left))?;
            let Some(value) = a.here else { continue };
            let fits = |b: &Term<'m>| {
                (b.column.kind == Type::Text) == a.is_text()
                    && b.column.literals.binary_search_by(|literal| literal.as_str().cmp(value)).is_ok()
            };
            let fitting: Vec<usize> =
                right.terms().enumerate().filter(|(_, term)| fits(term)).map(|(place, _)| place).collect();
            if !fitting.is_empty() {
                let place = *self.u.choose(&fitting)?;
                right.think_of(place, value);
                return Ok((a, right.term(place).ok_or(arbitrary::Error::EmptyChoose)?));
            }
        }
        Ok((self.term_of(left)?, self.term_of(right)?))
    }

    /// A table that is joined with others, and the columns that join it. Where nothing fits, other tables are tried.
    pub(super) fn partner(
        &mut self,
        left: &[Source<'m>],
        most_rows: usize,
    ) -> Result<(Source<'m>, Term<'m>, Term<'m>)> {
        for turn in 0..4 {
            let mut right = self.source(most_rows)?;
            let (a, b) = self.partners(left, &mut right)?;
            let large = turn == 3 && left.iter().all(|source| source.table.rows > most_rows);
            if (a.here.is_some() && a.here == b.here) || large || self.once_in(8)? {
                return Ok((right, a, b));
            }
        }
        // The same table again has a partner for every row.
        let small: Vec<&Source<'m>> = left.iter().filter(|source| source.table.rows <= most_rows).collect();
        let again = if small.is_empty() { self.u.choose(left)?.clone() } else { (*self.u.choose(&small)?).clone() };
        self.next += 1;
        let right = Source { alias: format!("t{}", self.next), ..again.clone() };
        let place = again.terms().position(|term| term.here.is_some()).unwrap_or(0);
        let pair = again.term(place).zip(right.term(place));
        pair.map(|(a, b)| (right, a, b)).ok_or(arbitrary::Error::EmptyChoose)
    }

    /// Two or three tables: `(the tables, FROM and what belongs to it, a condition for WHERE)`.
    pub(super) fn joined(&mut self) -> Result<(Vec<Source<'m>>, String, Option<String>)> {
        let mut sources = vec![self.source(MOST)?];
        let mut clause = self.from(&sources[0])?;
        let mut condition = None;
        for _ in 0..self.u.int_in_range(1..=2)? {
            let (right, a, b) = self.partner(&sources, MOST / (sources.len() * sources.len()))?;
            let text = self.from(&right)?;
            let equal = self.equality(&a, &b)?;
            sources.push(right);
            let kind =
                self.pick(&["JOIN", "LEFT JOIN", "JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN", "INNER JOIN", ","])?;
            if kind == "," || (kind == "CROSS JOIN" && self.once_in(2)?) {
                // Only inner joins may follow, or a condition here would empty what they add.
                clause = format!("{clause}{} {text}", if kind == "," { "," } else { " CROSS JOIN" });
                condition = Some(equal);
                break;
            }
            let more = if self.once_in(4)? { format!(" AND {}", self.condition(&sources, 0)?) } else { String::new() };
            clause = format!("{clause} {kind} {text} ON {equal}{more}");
        }
        Ok((sources, clause, condition))
    }

    /// Two columns are equal, in one of the forms that SQL has for it.
    fn equality(&mut self, a: &Term<'m>, b: &Term<'m>) -> Result<String> {
        let (a, b) = if self.u.arbitrary()? { (&a.sql, &b.sql) } else { (&b.sql, &a.sql) };
        Ok(match self.u.int_in_range(0..=15)? {
            0 => format!("{a} IS {b}"),
            1 => format!("{a} = {b} COLLATE NOCASE"),
            2 => format!("+{a} = {b}"),
            3 => format!("{a} IN ({b})"),
            4 => format!("CAST({a} AS TEXT) = CAST({b} AS TEXT)"),
            5 => format!("{a} = {b} COLLATE RTRIM"),
            6 => format!("{a} BETWEEN {b} AND {b}"),
            7 => format!("{a} COLLATE BINARY = {b}"),
            _ => format!("{a} = {b}"),
        })
    }

    /// NATURAL JOIN and USING. The tables stand as subqueries, since `*` and NATURAL leave hidden columns out, and copies
    /// of tables have none.
    pub(super) fn named_join(&mut self) -> Result<String> {
        let left = self.source(MOST)?;
        let mut right = self.source(MOST)?;
        let shared = |right: &Source<'m>| -> Vec<(usize, usize)> {
            let place = |name: &str| right.table.columns.iter().position(|column| column.name == name);
            let columns = left.table.columns.iter().enumerate();
            columns.filter_map(|(a, column)| Some((a, place(&column.name)?))).collect()
        };
        for _ in 0..5 {
            if !shared(&right).is_empty() {
                break;
            }
            right = self.source(MOST)?;
        }
        if shared(&right).is_empty() {
            right = Source { alias: right.alias, ..left.clone() };
        }
        let (a, b) = *self.u.choose(&shared(&right))?;
        if let Some(value) = left.term(a).and_then(|term| term.here) {
            right.think_of(b, value);
        }
        let name = left.table.columns.get(a).map_or("", |column| &column.name).to_owned();
        let word = self.pick(&["", "LEFT ", "FULL ", "RIGHT ", "INNER "])?;
        let (left_column, right_column) = (self.own(&left, &name)?, self.own(&right, &name)?);
        let (left_from, right_from) = (self.from(&left)?, self.from(&right)?);
        let part = |source: &Source<'m>, from: String, own: &str| {
            let alias = &source.alias;
            format!("(SELECT {alias}.\"{name}\", {own} AS o{alias} FROM {from}) AS {alias}")
        };
        let (left_part, right_part) = (part(&left, left_from, &left_column), part(&right, right_from, &right_column));
        let join = if self.u.arbitrary()? {
            format!("{left_part} NATURAL {word}JOIN {right_part}")
        } else {
            format!("{left_part} {word}JOIN {right_part} USING (\"{name}\")")
        };
        let (a, b) = (&left.alias, &right.alias);
        let condition = match left.term(a_place(&left, &name)) {
            Some(term) if self.once_in(3)? => format!(" WHERE {a}.\"{name}\" = {}", self.constant(&term)?),
            _ => String::new(),
        };
        Ok(format!("SELECT \"{name}\" AS c0, o{a} AS c1, o{b} AS c2 FROM {join}{condition}"))
    }

    /// A column of a table other than one.
    fn own(&mut self, source: &Source<'m>, but: &str) -> Result<String> {
        let others: Vec<Term<'m>> = source.terms().filter(|term| term.column.name != but).collect();
        Ok(if others.is_empty() { "1".to_owned() } else { self.u.choose(&others)?.sql.clone() })
    }
}

fn a_place(source: &Source<'_>, name: &str) -> usize {
    source.table.columns.iter().position(|column| column.name == name).unwrap_or(0)
}
