//! Conditions: mostly true of the rows that the tables have in mind.

use super::Maker;
use super::from::Source;
use super::term::Term;
use arbitrary::Result;

impl<'m> Maker<'_, '_, 'm> {
    /// A condition on some tables.
    pub(super) fn condition(&mut self, sources: &[Source<'m>], depth: usize) -> Result<String> {
        if depth == 0 || self.once_in(2)? {
            return self.atom(sources, depth);
        }
        let (left, right) = (self.condition(sources, depth - 1)?, self.condition(sources, depth - 1)?);
        Ok(match self.u.int_in_range(0..=6)? {
            0..=2 => format!("({left} AND {right})"),
            3 | 4 => format!("({left} OR {right})"),
            5 => format!("({left} AND NOT ({}))", self.unlikely(sources)?),
            _ => format!("(NOT ({left}) OR {right})"),
        })
    }

    /// A condition that few rows fulfil.
    fn unlikely(&mut self, sources: &[Source<'m>]) -> Result<String> {
        let term = self.term(sources)?;
        let (sql, other) = (&term.sql, self.other(&term)?);
        Ok(match self.u.int_in_range(0..=3)? {
            0 => format!("{sql} = {other} AND {}", self.atom(sources, 0)?),
            1 => format!("{sql} LIKE {other} || '_'"),
            2 => format!("{sql} IS {other}"),
            _ => format!("{sql} IN ({other}, {})", self.other(&term)?),
        })
    }

    /// A condition without AND and OR.
    pub(super) fn atom(&mut self, sources: &[Source<'m>], depth: usize) -> Result<String> {
        let term = self.term(sources)?;
        match self.u.int_in_range(0..=39)? {
            0..=8 => self.equals(&term),
            9..=13 => self.list(&term),
            14..=17 => self.range(&term),
            18..=20 => self.like(&term),
            21 => self.unknown(&term),
            22 | 23 => self.is(&term),
            24..=26 => self.collated(&term),
            27 | 28 => self.converted(&term),
            29 | 30 => self.of_computed(sources, &term),
            31 => Ok(format!("({} OR {})", self.equals(&term)?, self.equals(&term)?)),
            32 => self.two_columns(sources),
            33 | 34 => self.row_value(sources, &term),
            35 => self.unlike(&term),
            36..=38 => self.in_subquery(&term),
            _ if depth > 0 => self.exists(sources),
            _ => self.in_subquery(&term),
        }
    }

    /// One or two comparisons of the kinds that SQLite offers to a table, and nothing else.
    pub(super) fn comparisons(&mut self, source: &Source<'m>) -> Result<String> {
        let one = self.comparison(source)?;
        if !self.once_in(4)? {
            return Ok(one);
        }
        Ok(format!("{one} AND {}", self.comparison(source)?))
    }

    fn comparison(&mut self, source: &Source<'m>) -> Result<String> {
        let term = self.term(std::slice::from_ref(source))?;
        let sql = &term.sql;
        Ok(match self.u.int_in_range(0..=9)? {
            0 | 1 => format!("{sql} IN ({}, {})", self.constant(&term)?, self.other(&term)?),
            2 => format!("{sql} {} {}", self.pick(&["<=", ">=", "<", ">"])?, self.constant(&term)?),
            3 => format!("{sql} IS {}", self.constant(&term)?),
            _ => return self.equals(&term),
        })
    }

    fn equals(&mut self, term: &Term<'m>) -> Result<String> {
        let (sql, one) = (&term.sql, self.constant(term)?);
        Ok(match self.u.int_in_range(0..=5)? {
            0 => format!("{one} = {sql}"),
            1 => format!("{sql} == {one}"),
            _ => format!("{sql} = {one}"),
        })
    }

    fn list(&mut self, term: &Term<'m>) -> Result<String> {
        let sql = &term.sql;
        let (one, two, three) = (self.constant(term)?, self.other(term)?, self.other(term)?);
        Ok(match self.u.int_in_range(0..=7)? {
            0 => format!("{sql} IN ({one})"),
            1 => format!("{sql} IN ({one}, NULL, {two})"),
            2 => format!("{sql} NOT IN ({two}, {three})"),
            3 => format!("({sql} NOT IN ({two}, NULL) OR {sql} = {one})"),
            4 => format!("{one} IN ({sql}, {two})"),
            5 => format!("{sql} IN (VALUES ({two}), ({one}))"),
            6 => format!("{sql} IN (SELECT {one} UNION ALL SELECT {two})"),
            _ => format!("{sql} IN ({one}, {two}, {three}, {one})"),
        })
    }

    fn range(&mut self, term: &Term<'m>) -> Result<String> {
        let (sql, one) = (&term.sql, self.constant(term)?);
        Ok(match self.u.int_in_range(0..=5)? {
            0 => {
                let other = self.other(term)?;
                format!("({sql} BETWEEN {one} AND {other} OR {sql} BETWEEN {other} AND {one})")
            }
            1 => format!("{sql} BETWEEN {one} AND {one}"),
            2 => format!("{one} BETWEEN {sql} AND {sql}"),
            3 => format!("{one} {} {sql}", self.pick(&["<=", ">="])?),
            4 => format!("({sql} >= {one} AND {sql} <= {one})"),
            _ => format!("{sql} {} {one}", self.pick(&["<=", ">=", "<=", ">=", "<", ">", "<>"])?),
        })
    }

    /// Patterns made of the beginning, the end or the middle of the value.
    fn like(&mut self, term: &Term<'m>) -> Result<String> {
        let sql = &term.sql;
        let value = term.here.and_then(|here| here.strip_prefix('\'')?.strip_suffix('\'')).or(term.here);
        let Some(value) = value.filter(|value| !value.contains('\'') && !value.starts_with("CAST(")) else {
            return Ok(format!("{sql} LIKE {} || '%'", self.constant(term)?));
        };
        let characters: Vec<char> = value.chars().collect();
        let cut = self.u.int_in_range(0..=characters.len().min(12))?;
        let (start, rest) = characters.split_at(cut);
        let (start, rest): (String, String) = (start.iter().collect(), rest.iter().collect());
        let with = |text: &str, special: &[char], escape: &dyn Fn(char) -> String| -> String {
            text.chars().map(|c| if special.contains(&c) { escape(c) } else { c.to_string() }).collect()
        };
        let escaped = |text: &str| with(text, &['%', '_', '\\'], &|c| format!("\\{c}"));
        let bracketed = |text: &str| with(text, &['*', '?', '['], &|c| format!("[{c}]"));
        Ok(match self.u.int_in_range(0..=7)? {
            0 => format!("{sql} LIKE '{start}%'"),
            1 => format!("{sql} LIKE '%{rest}'"),
            2 => format!("{sql} LIKE '{}%' ESCAPE '\\'", escaped(&start)),
            3 => format!("{sql} LIKE '{}{}' ESCAPE '\\'", escaped(&start), "_".repeat(rest.chars().count())),
            4 => format!("{sql} GLOB '{}*'", bracketed(&start)),
            5 => format!("{sql} GLOB '*{}'", bracketed(&rest)),
            6 => format!("{sql} LIKE '{}'", value.to_uppercase()),
            _ => format!("{sql} GLOB '{}?*' OR {sql} LIKE '{start}'", bracketed(&start)),
        })
    }

    /// Patterns that do not fit.
    fn unlike(&mut self, term: &Term<'m>) -> Result<String> {
        let (sql, other) = (&term.sql, self.other(term)?);
        Ok(match self.u.int_in_range(0..=2)? {
            0 => format!("{sql} NOT LIKE {other} || '%'"),
            1 => format!("{sql} NOT GLOB '*' || {other} || '*'"),
            _ => format!("{other} LIKE {sql} || '%' OR {}", self.equals(term)?),
        })
    }

    fn unknown(&mut self, term: &Term<'m>) -> Result<String> {
        // A key of numbers may be unknown although it is declared not to be.
        if term.column.key && !term.is_text() {
            return self.equals(term);
        }
        let known = if term.here.is_some() { "NOT NULL" } else { "NULL" };
        Ok(match self.u.int_in_range(0..=3)? {
            0 => format!("{} IS NULL", term.sql),
            1 => format!("NOT ({} IS {known})", term.sql),
            _ => format!("{} IS {known}", term.sql),
        })
    }

    fn is(&mut self, term: &Term<'m>) -> Result<String> {
        let sql = &term.sql;
        Ok(match self.u.int_in_range(0..=4)? {
            0 => format!("{sql} IS NOT DISTINCT FROM {}", self.constant(term)?),
            1 => format!("{sql} IS DISTINCT FROM {}", self.other(term)?),
            2 => format!("{sql} IS NOT {}", self.other(term)?),
            _ => format!("{sql} IS {}", self.constant(term)?),
        })
    }

    fn collated(&mut self, term: &Term<'m>) -> Result<String> {
        let (sql, one) = (&term.sql, self.constant(term)?);
        Ok(match self.u.int_in_range(0..=7)? {
            0 => format!("{sql} = upper({one}) COLLATE NOCASE"),
            1 => format!("{sql} COLLATE NOCASE = lower({one})"),
            2 => format!("{sql} = {one} || '  ' COLLATE RTRIM"),
            3 => format!("{sql} COLLATE BINARY = {one}"),
            4 => format!("{sql} COLLATE NOCASE IN ({one}, upper({}))", self.other(term)?),
            5 => format!("{sql} COLLATE NOCASE {} upper({one})", self.pick(&["<=", ">="])?),
            6 => format!("{sql} COLLATE RTRIM BETWEEN {one} AND {one} || ' '"),
            _ => format!("{one} COLLATE NOCASE = {sql}"),
        })
    }

    /// A cast or a plus, on this or that side.
    fn converted(&mut self, term: &Term<'m>) -> Result<String> {
        let (sql, one) = (&term.sql, self.constant(term)?);
        let kind = self.pick(&["TEXT", "INTEGER", "REAL", "NUMERIC"])?;
        Ok(match self.u.int_in_range(0..=6)? {
            0 => format!("CAST({sql} AS {kind}) = CAST({one} AS {kind})"),
            1 => format!("{sql} = CAST({one} AS {kind})"),
            2 => format!("CAST({sql} AS {kind}) = {one}"),
            3 => format!("{sql} IN (CAST({one} AS {kind}), {one})"),
            4 => format!("+{sql} IN ({one}, {})", self.other(term)?),
            5 => format!("{sql} = +{one}"),
            _ => format!("+{sql} = {one}"),
        })
    }

    /// Of what is computed from a column, that it is what is computed from its value.
    fn of_computed(&mut self, sources: &[Source<'m>], term: &Term<'m>) -> Result<String> {
        let (sql, one) = (&term.sql, self.constant(term)?);
        Ok(match self.u.int_in_range(0..=9)? {
            0 => format!("length({sql}) = length({one})"),
            1 => format!("substr({sql}, 1, 3) = substr({one}, 1, 3)"),
            2 => format!("{sql} || '' = {one} || ''"),
            3 => format!("COALESCE({sql}, {}) = {one}", self.other(term)?),
            4 => format!("NULLIF({sql}, {}) IS NOT NULL", self.other(term)?),
            5 => format!("typeof({sql}) = typeof({one})"),
            6 => format!("{sql} + 1 > {one}"),
            7 => format!("CASE WHEN {sql} = {one} THEN 1 ELSE {} = {one} END", self.term(sources)?.sql),
            8 => format!("(SELECT {sql}) = {one}"),
            _ => format!("IFNULL({sql}, 0) {} {one}", self.pick(&["=", "<=", ">="])?),
        })
    }

    /// Two columns of one table that have the same value in the row in mind, if there are such.
    fn two_columns(&mut self, sources: &[Source<'m>]) -> Result<String> {
        let source = self.u.choose(sources)?;
        let (a, b) = (self.term_of(source)?, self.term_of(source)?);
        let like_a = |other: &Term<'m>| a.here.is_some() && other.here == a.here && other.sql != a.sql;
        let b = source.terms().find(like_a).unwrap_or(b);
        Ok(format!("{} {} {}", a.sql, self.pick(&["=", "<=", ">=", "IS", "<>"])?, b.sql))
    }

    fn row_value(&mut self, sources: &[Source<'m>], a: &Term<'m>) -> Result<String> {
        let b = self.term(sources)?;
        let pair = format!("({}, {})", a.sql, b.sql);
        let (one, two) = (self.constant(a)?, self.constant(&b)?);
        Ok(match self.u.int_in_range(0..=5)? {
            0 => format!("{pair} = ({one}, {two})"),
            1 => format!("{pair} IS ({one}, {two})"),
            2 => format!("{pair} {} ({one}, {two})", self.pick(&["<=", ">="])?),
            3 => format!("{pair} BETWEEN ({one}, {two}) AND ({}, {})", self.other(a)?, self.other(&b)?),
            4 => format!("{pair} IN (SELECT {one}, {two} UNION ALL SELECT {}, {})", self.other(a)?, self.other(&b)?),
            _ => format!("{pair} IN (VALUES ({one}, {two}), ({}, {}))", self.other(a)?, self.other(&b)?),
        })
    }

    /// Whether the value occurs in another table.
    fn in_subquery(&mut self, term: &Term<'m>) -> Result<String> {
        let mut inner = self.source(400)?;
        let mut place = self.u.choose_index(inner.table.columns.len())?;
        if let Some(here) = term.here {
            // A column that has the value, in this or the next table.
            let has = |source: &Source<'m>| {
                source.terms().position(|other| {
                    other.column.literals.binary_search_by(|literal| literal.as_str().cmp(here)).is_ok()
                })
            };
            if has(&inner).is_none() {
                inner = self.source(400)?;
                place = self.u.choose_index(inner.table.columns.len())?;
            }
            place = has(&inner).unwrap_or(place);
        }
        let name = inner.term(place).ok_or(arbitrary::Error::EmptyChoose)?.sql;
        let (sql, from) = (&term.sql, self.from(&inner)?);
        let known =
            if term.here.is_some() && self.once_in(8)? { format!(" WHERE {name} IS NOT NULL") } else { String::new() };
        Ok(match self.u.int_in_range(0..=4)? {
            0 => format!("{sql} NOT IN (SELECT {name} FROM {from} WHERE {name} <> {})", self.constant(term)?),
            1 => format!("{sql} IN (SELECT {name} FROM {from} ORDER BY {name} COLLATE BINARY)"),
            2 => format!("+{sql} IN (SELECT DISTINCT {name} FROM {from}{known})"),
            _ => format!("{sql} IN (SELECT {name} FROM {from}{known})"),
        })
    }

    /// Whether there is a partner in another table.
    pub(super) fn exists(&mut self, sources: &[Source<'m>]) -> Result<String> {
        let mut inner = self.source(100)?;
        let (a, b) = self.partners(sources, &mut inner)?;
        let from = self.from(&inner)?;
        let not = if self.once_in(3)? { "NOT " } else { "" };
        let more = if self.once_in(3)? {
            format!(" AND {}", self.condition(std::slice::from_ref(&inner), 0)?)
        } else {
            String::new()
        };
        Ok(format!("{not}EXISTS (SELECT 1 FROM {from} WHERE {} = {}{more})", b.sql, a.sql))
    }
}
