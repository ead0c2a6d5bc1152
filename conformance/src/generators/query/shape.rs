//! The shapes of statements on one level: selections, groups, compounds, orders, windows.

use super::Maker;
use super::from::Source;
use super::term::Term;
use arbitrary::Result;

impl<'m> Maker<'_, '_, 'm> {
    pub(super) fn select(&mut self) -> Result<String> {
        let source = self.source(usize::MAX)?;
        let sources = std::slice::from_ref(&source);
        let condition = self.condition(sources, 2)?;
        let from = self.from(&source)?;
        if self.once_in(5)? {
            let (a, b) = (self.term(sources)?.canonical(), self.term(sources)?.canonical());
            return Ok(format!("SELECT DISTINCT {a} AS c0, {b} AS c1 FROM {from} WHERE {condition}"));
        }
        Ok(format!("SELECT {} FROM {from} WHERE {condition}", self.outputs(sources)?))
    }

    pub(super) fn join(&mut self) -> Result<String> {
        let (sources, from, condition) = self.joined()?;
        let mut conditions: Vec<String> = condition.into_iter().collect();
        if self.once_in(2)? {
            conditions.push(self.condition(&sources, 1)?);
        }
        let outputs = self.outputs(&sources)?;
        let condition = if conditions.is_empty() { "1".to_owned() } else { conditions.join(" AND ") };
        Ok(format!("SELECT {outputs} FROM {from} WHERE {condition}"))
    }

    /// Groups, by one column or two, of one table or a join.
    pub(super) fn aggregate(&mut self) -> Result<String> {
        let (sources, from, condition) = if self.once_in(4)? {
            self.joined()?
        } else {
            let source = self.source(usize::MAX)?;
            let from = self.from(&source)?;
            (vec![source], from, None)
        };
        let condition = match condition {
            Some(condition) => condition,
            None => self.condition(&sources, 1)?,
        };
        let first = self.term(&sources)?;
        let (shown, group) = self.grouping(&sources, &first)?;
        let (one, two) = (self.aggregated(&sources)?, self.aggregated(&sources)?);
        let having = if self.once_in(3)? { format!(" HAVING {}", self.having(&sources)?) } else { String::new() };
        if self.once_in(8)? {
            return Ok(format!("SELECT {one} AS c0, {two} AS c1 FROM {from} WHERE {condition}"));
        }
        Ok(format!("SELECT {shown}, {one} AS c2, {two} AS c3 FROM {from} WHERE {condition} GROUP BY {group}{having}"))
    }

    /// What groups, and what is shown of it: where different values are in one group, the least of them.
    fn grouping(&mut self, sources: &[Source<'m>], first: &Term<'m>) -> Result<(String, String)> {
        let canonical = first.canonical();
        Ok(match self.u.int_in_range(0..=5)? {
            0 => {
                let sql = &first.sql;
                let collation = self.pick(&["NOCASE", "RTRIM", "BINARY"])?;
                (format!("min({sql} COLLATE BINARY) AS c0"), format!("{sql} COLLATE {collation}"))
            }
            1 | 2 => {
                let second = self.term(sources)?.canonical();
                (format!("{canonical} AS c0, {second} AS c1"), format!("{canonical}, {second}"))
            }
            3 => {
                let computed = self.pick(&["length(#)", "substr(#, 1, 2)", "typeof(#)", "# IS NULL", "upper(#)"])?;
                // A text's collation would pass through none of these but a bare column.
                let computed = computed.replace('#', &first.sql);
                (format!("{computed} AS c0"), computed)
            }
            _ => (format!("{canonical} AS c0"), canonical),
        })
    }

    /// An aggregate whose value does not depend on the order of rows: sums are of small whole numbers.
    fn aggregated(&mut self, sources: &[Source<'m>]) -> Result<String> {
        let term = self.term(sources)?;
        let (sql, canonical) = (&term.sql, term.canonical());
        let aggregate = match self.u.int_in_range(0..=11)? {
            0 | 1 => "count(*)".to_owned(),
            2 => format!("count({sql})"),
            3 => format!("min({canonical})"),
            4 => format!("max({canonical})"),
            5 => format!("sum(length({sql}))"),
            6 => format!("avg(length({sql}))"),
            7 => format!("total(length({sql}))"),
            8 => format!("count(DISTINCT {canonical})"),
            9 => format!("sum(DISTINCT length({sql}))"),
            10 => return Ok(format!("group_concat(quote({sql}), '|' ORDER BY quote({sql}))")),
            _ => return Ok(format!("group_concat(DISTINCT quote({sql}) ORDER BY quote({sql}) DESC)")),
        };
        if self.once_in(4)? {
            return Ok(format!("{aggregate} FILTER (WHERE {})", self.condition(sources, 0)?));
        }
        Ok(aggregate)
    }

    fn having(&mut self, sources: &[Source<'m>]) -> Result<String> {
        let term = self.term(sources)?;
        let sql = &term.sql;
        Ok(match self.u.int_in_range(0..=5)? {
            0 => format!("count(*) > 1 OR max({sql}) IS NULL OR max({sql}) = {}", self.constant(&term)?),
            1 => format!("count({sql}) >= 1"),
            2 => format!("max({sql}) >= {}", self.constant(&term)?),
            3 => format!("min({sql}) IS NOT NULL AND count(*) < 1000"),
            4 => format!("count(DISTINCT {sql}) < 50"),
            _ => format!("sum(length({sql})) > 0 OR max({sql}) IS NULL"),
        })
    }

    /// UNION, INTERSECT and EXCEPT, of two or three parts. Both sides are of one kind, and each value looks one way.
    pub(super) fn compound(&mut self) -> Result<String> {
        let first = self.source(usize::MAX)?;
        let a = self.term(std::slice::from_ref(&first))?;
        let left = self.part(&first, &a, " AS c0")?;
        let right = self.alike(&a)?;
        let word = self.pick(&["UNION ALL", "UNION", "INTERSECT", "EXCEPT", "UNION"])?;
        let two = format!("{left} {word} {right}");
        if !self.once_in(3)? {
            return Ok(two);
        }
        let third = self.alike(&a)?;
        let word = self.pick(&["UNION ALL", "UNION", "INTERSECT", "EXCEPT"])?;
        Ok(match self.u.int_in_range(0..=2)? {
            0 => format!("{two} {word} {third}"),
            1 => format!("SELECT c0 FROM ({two}) {word} {third}"),
            _ => format!("{left} {word} SELECT * FROM ({right} UNION {third})"),
        })
    }

    fn part(&mut self, source: &Source<'m>, term: &Term<'m>, alias: &str) -> Result<String> {
        let condition = self.condition(std::slice::from_ref(source), 1)?;
        Ok(format!("SELECT {}{alias} FROM {} WHERE {condition}", term.canonical(), self.from(source)?))
    }

    /// A part of a compound whose column is like another one: with values in common, if there are some.
    fn alike(&mut self, to: &Term<'m>) -> Result<String> {
        let mut source = self.source(usize::MAX)?;
        for _ in 0..3 {
            let same = source.terms().find(|term| {
                let known = to.here.is_some_and(|here| {
                    term.column.literals.binary_search_by(|literal| literal.as_str().cmp(here)).is_ok()
                });
                term.column.kind == to.column.kind && (known || term.column.name == to.column.name)
            });
            if let Some(term) = same {
                return self.part(&source, &term, "");
            }
            source = self.source(usize::MAX)?;
        }
        let term = source.terms().find(|term| term.column.kind == to.column.kind);
        let term = match term {
            Some(term) => term,
            None => self.term(std::slice::from_ref(&source))?,
        };
        self.part(&source, &term, "")
    }

    /// A limit gives the same rows only under an order in which no two different rows are equal. SQLite tells a table of its
    /// limit only where all else are plain columns and comparisons with constants, so that is what most have.
    pub(super) fn limited(&mut self) -> Result<String> {
        let source = self.source(usize::MAX)?;
        let sources = std::slice::from_ref(&source);
        let condition = match self.u.int_in_range(0..=5)? {
            0 => String::new(),
            1..=3 => format!("WHERE {} ", self.comparisons(&source)?),
            _ => format!("WHERE {} ", self.condition(sources, 1)?),
        };
        let (a, b) = (self.term(sources)?, self.term(sources)?);
        let (c, d) = (a.canonical(), b.canonical());
        let direction =
            self.pick(&["", "", " DESC", " NULLS LAST", " DESC NULLS FIRST", " ASC NULLS FIRST", " DESC NULLS LAST"])?;
        let collated = if self.once_in(3)? {
            format!("{} COLLATE {} DESC, ", a.sql, self.pick(&["NOCASE", "RTRIM"])?)
        } else {
            String::new()
        };
        let (limit, turn) = (self.u.int_in_range(1..=5)?, self.u.int_in_range(0..=7)?);
        let end = match turn {
            0 => format!("LIMIT -1 OFFSET {}", limit - 1),
            1 => format!("LIMIT {limit} OFFSET 1"),
            2 => format!("LIMIT {limit} OFFSET 0"),
            _ => format!("LIMIT {limit}"),
        };
        let from = self.from(&source)?;
        Ok(format!("SELECT {c} AS c0, {d} AS c1 FROM {from} {condition}ORDER BY {collated}{c}{direction}, {d} {end}"))
    }

    /// Windows over an order in which no two different rows are equal.
    pub(super) fn window(&mut self) -> Result<String> {
        let source = self.source(400)?;
        let sources = std::slice::from_ref(&source);
        let (a, b, p) = (self.term(sources)?, self.term(sources)?, self.term(sources)?);
        let (a, b, p) = (a.canonical(), b.canonical(), p.canonical());
        let partition = if self.once_in(3)? { String::new() } else { format!("PARTITION BY {p} ") };
        let direction = self.pick(&["", " DESC", " NULLS LAST"])?;
        let frame = self.pick(&[
            "",
            " ROWS BETWEEN 1 PRECEDING AND CURRENT ROW",
            " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
            " ROWS 2 PRECEDING",
            " ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING EXCLUDE CURRENT ROW",
            " GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
        ])?;
        let function = self.pick(&[
            "row_number()",
            "rank()",
            "dense_rank()",
            "lag(#)",
            "lead(#, 2, 'none')",
            "first_value(#)",
            "last_value(#)",
            "nth_value(#, 2)",
            "count(*)",
            "sum(length(#))",
            "max(#)",
            "min(#)",
            "ntile(3)",
        ])?;
        let function = function.replace('#', &a);
        // The order's columns are all that is shown.
        let order = format!("ORDER BY {a}{direction}, {b}, {p}");
        let condition = self.condition(sources, 0)?;
        let from = self.from(&source)?;
        Ok(if self.once_in(4)? {
            format!(
                "SELECT {a} AS c0, {b} AS c1, {p} AS c2, {function} OVER w AS c3 FROM {from} WHERE {condition} \
                 WINDOW w AS ({partition}{order}{frame})"
            )
        } else {
            format!(
                "SELECT {a} AS c0, {b} AS c1, {p} AS c2, {function} OVER ({partition}{order}{frame}) AS c3 FROM {from} \
                 WHERE {condition}"
            )
        })
    }
}
