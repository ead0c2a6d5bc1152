//! Statements in statements: common table expressions, correlated and scalar subqueries, recursion.

use super::Maker;
use super::from::Source;
use arbitrary::Result;
use plumb_schema::Type;

impl<'m> Maker<'_, '_, 'm> {
    /// One or two common table expressions, of which one may be used twice.
    pub(super) fn common(&mut self) -> Result<String> {
        let inner = self.source(400)?;
        let mut outer = self.source(400)?;
        let (a, b) = self.partners(std::slice::from_ref(&inner), &mut outer)?;
        let condition = self.condition(std::slice::from_ref(&inner), 0)?;
        let (inner_from, outer_from) = (self.from(&inner)?, self.from(&outer)?);
        let hint = self.pick(&["", "MATERIALIZED ", "NOT MATERIALIZED "])?;
        let first = format!("s(k) AS {hint}(SELECT DISTINCT {} FROM {inner_from} WHERE {condition})", a.canonical());
        let value = self.value(std::slice::from_ref(&outer))?;
        let key = &b.sql;
        Ok(match self.u.int_in_range(0..=3)? {
            0 => {
                format!("WITH {first} SELECT {value} AS c0, s.k AS c1 FROM {outer_from} JOIN s ON s.k = {key}")
            }
            1 => {
                format!("WITH {first} SELECT {value} AS c0, s.k AS c1 FROM s LEFT JOIN {outer_from} ON {key} = s.k")
            }
            2 => format!(
                "WITH {first}, r(k, n) AS (SELECT {key}, count(*) FROM {outer_from} WHERE {key} IN (SELECT k FROM s) \
                 GROUP BY {} COLLATE BINARY) SELECT quote(s.k) AS c0, r.n AS c1 FROM s LEFT JOIN r ON r.k = s.k",
                key
            ),
            _ => format!(
                "WITH {first} SELECT x.k AS c0, (SELECT count(*) FROM s AS y WHERE y.k <= x.k) AS c1 FROM s AS x \
                 WHERE x.k IN (SELECT {key} FROM {outer_from}) OR x.k IS NOT NULL"
            ),
        })
    }

    /// Subqueries that look at the row around them, on one level or two.
    pub(super) fn correlated(&mut self) -> Result<String> {
        let outer = self.source(200)?;
        let mut inner = self.source(100)?;
        let (a, b) = self.partners(std::slice::from_ref(&outer), &mut inner)?;
        let condition = self.condition(std::slice::from_ref(&inner), 0)?;
        let value = self.value(std::slice::from_ref(&outer))?;
        let of_inner = self.term(std::slice::from_ref(&inner))?.canonical();
        let (outer_from, inner_from) = (self.from(&outer)?, self.from(&inner)?);
        let (a, b) = (&a.sql, &b.sql);
        Ok(match self.u.int_in_range(0..=7)? {
            0 => format!(
                "SELECT {value} AS c0, (SELECT count(*) FROM {inner_from} WHERE {b} = {a}) AS c1 FROM {outer_from}"
            ),
            1 => format!(
                "SELECT {value} AS c0, (SELECT max({of_inner}) FROM {inner_from} WHERE {b} = {a} AND {condition}) AS c1 \
                 FROM {outer_from}"
            ),
            2 => format!(
                "SELECT {value} AS c0 FROM {outer_from} WHERE EXISTS (SELECT 1 FROM {inner_from} WHERE {b} = {a} AND \
                 {condition})"
            ),
            3 => format!(
                "SELECT {value} AS c0 FROM {outer_from} WHERE NOT EXISTS (SELECT 1 FROM {inner_from} WHERE {b} = {a} AND \
                 NOT {condition})"
            ),
            4 => format!(
                "SELECT {value} AS c0 FROM {outer_from} WHERE {a} NOT IN (SELECT {b} FROM {inner_from} WHERE \
                 NOT ({condition}))"
            ),
            5 => format!(
                "SELECT {value} AS c0 FROM {outer_from} WHERE {a} = (SELECT {b} FROM {inner_from} WHERE {b} = {a} LIMIT 1)"
            ),
            6 => format!(
                "SELECT {value} AS c0, (SELECT {of_inner} FROM {inner_from} WHERE {b} = {a} ORDER BY 1 LIMIT 1) AS c1 \
                 FROM {outer_from}"
            ),
            _ => self.two_levels(&outer, &inner, [a, b, &value], [&outer_from, &inner_from])?,
        })
    }

    fn two_levels(
        &mut self,
        outer: &Source<'m>,
        inner: &Source<'m>,
        [a, b, value]: [&str; 3],
        [outer_from, inner_from]: [&str; 2],
    ) -> Result<String> {
        let mut innermost = self.source(30)?;
        let (c, d) = self.partners(std::slice::from_ref(inner), &mut innermost)?;
        let also = self.term(std::slice::from_ref(outer))?.sql;
        let from = self.from(&innermost)?;
        let name = self.term(std::slice::from_ref(&innermost))?.sql;
        Ok(format!(
            "SELECT {value} AS c0, (SELECT count(*) FROM {inner_from} WHERE {b} = {a} AND EXISTS (SELECT 1 FROM {from} \
             WHERE {} = {} OR {name} = {also})) AS c1 FROM {outer_from}",
            d.sql, c.sql
        ))
    }

    /// Scalar subqueries without a table around them, and row values out of them.
    pub(super) fn scalar(&mut self) -> Result<String> {
        let source = self.source(usize::MAX)?;
        let sources = std::slice::from_ref(&source);
        let (a, b) = (self.term(sources)?, self.term(sources)?);
        let (c, d) = (a.canonical(), b.canonical());
        let condition = self.condition(sources, 1)?;
        let from = self.from(&source)?;
        Ok(match self.u.int_in_range(0..=2)? {
            0 => format!(
                "SELECT (SELECT count(*) FROM {from} WHERE {condition}) AS c0, (SELECT max({c}) FROM {from}) AS c1, \
                 EXISTS (SELECT 1 FROM {from} WHERE {condition}) AS c2"
            ),
            1 => format!(
                "SELECT {c} AS c0, {d} AS c1 FROM {from} WHERE ({c}, {d}) = (SELECT {c}, {d} FROM {from} WHERE {condition} \
                 ORDER BY {c}, {d} LIMIT 1)"
            ),
            _ => format!(
                "SELECT x.c0 AS c0, x.c1 AS c1 FROM (SELECT {c} AS c0, {d} AS c1 FROM {from} WHERE {condition}) AS x \
                 WHERE (x.c0, x.c1) IN (SELECT {c}, {d} FROM {from})"
            ),
        })
    }

    /// Everything that can be reached from a value, by one column and another.
    pub(super) fn recursive(&mut self) -> Result<String> {
        let source = self.source(200)?;
        let start = self.term(std::slice::from_ref(&source))?;
        let ends: Vec<_> = source
            .terms()
            .filter(|term| (term.column.kind == Type::Text) == start.is_text() && term.sql != start.sql)
            .collect();
        let end = if ends.is_empty() { start.clone() } else { self.u.choose(&ends)?.clone() };
        let value = self.constant(&start)?;
        let from = self.from(&source)?;
        let (start, end) = (&start.sql, end.canonical());
        Ok(match self.u.int_in_range(0..=2)? {
            0 => format!(
                "WITH RECURSIVE r(k, n) AS (SELECT {value}, 0 UNION SELECT {end}, n + 1 FROM {from} JOIN r ON {start} = r.k \
                 WHERE n < 4) SELECT quote(k) AS c0, n AS c1 FROM r"
            ),
            1 => format!(
                "WITH RECURSIVE r(k) AS (VALUES ({value}) UNION SELECT {end} FROM r, {from} WHERE {start} = r.k) \
                 SELECT count(*) AS c0, count(DISTINCT k) AS c1 FROM r"
            ),
            _ => format!(
                "WITH RECURSIVE r(k) AS (SELECT {value} UNION SELECT {end} FROM {from} JOIN r ON {start} = r.k) \
                 SELECT k AS c0 FROM r"
            ),
        })
    }
}
