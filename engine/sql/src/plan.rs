//! What the planner and a cursor agree on: which access a cursor uses, and which constraint values it gets.
//!
//! The agreement is the index string that SQLite hands from `xBestIndex` to `xFilter`; it also stands in EXPLAIN, where
//! [`crate::program`] reads it, and is written for people: `index pid =; pid_with_namespace =`.

use plumb_schema::Op;
use std::fmt;

/// How a cursor finds its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// All rows.
    Scan,
    /// The rows that the table finds by a column's value, or by each value of a list.
    Pick {
        /// Place of the column in the table.
        column: usize,
        /// The argument is a whole IN list.
        list: bool,
    },
    /// The rows of a scan that are kept and hashed by a column.
    Probe {
        /// Place of the column in the table.
        column: usize,
    },
}

/// A constraint that reaches the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passed {
    /// Place of the column in the table.
    pub(crate) column: usize,
    /// The comparison.
    pub(crate) op: Op,
    /// The argument is a whole IN list.
    pub(crate) list: bool,
}

/// See the module. The arguments of the filter are the access's value, if it has one, and then one for each of
/// `passed`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) access: Access,
    pub(crate) passed: Vec<Passed>,
}

const OPS: [(Op, &str); 7] = [
    (Op::Eq, "="),
    (Op::Like, "like"),
    (Op::Glob, "glob"),
    (Op::Gt, ">"),
    (Op::Ge, ">="),
    (Op::Lt, "<"),
    (Op::Le, "<="),
];

impl Plan {
    /// A plain scan.
    pub(crate) const SCAN: Self = Self { access: Access::Scan, passed: Vec::new() };

    /// Whether a column's value reaches the table.
    pub(crate) fn names(&self, column: usize) -> bool {
        let equals = |passed: &Passed| passed.column == column && passed.op == Op::Eq;
        self.column() == Some(column) || self.passed.iter().any(equals)
    }

    /// The column whose values choose rows, if the access has one.
    pub(crate) fn column(&self) -> Option<usize> {
        match self.access {
            Access::Scan => None,
            Access::Pick { column, .. } | Access::Probe { column } => Some(column),
        }
    }

    /// Writes the index string.
    pub(crate) fn text<'a>(&self, name: impl Fn(usize) -> &'a str) -> String {
        let mut text = match self.access {
            Access::Scan => "scan".to_owned(),
            Access::Pick { column, list } => format!("index {} {}", name(column), if list { "in" } else { "=" }),
            Access::Probe { column } => format!("hash {} =", name(column)),
        };
        for passed in &self.passed {
            let op = if passed.list { "in" } else { word(passed.op) };
            text.push_str(&format!("; {} {op}", name(passed.column)));
        }
        text
    }

    /// Reads an index string; a plain scan if it is none of ours.
    pub(crate) fn parse(text: &str, place: impl Fn(&str) -> Option<usize>) -> Self {
        Self::try_parse(text, place).unwrap_or(Self::SCAN)
    }

    fn try_parse(text: &str, place: impl Fn(&str) -> Option<usize>) -> Option<Self> {
        let mut parts = text.split("; ");
        let mut words = parts.next()?.split(' ');
        let kind = words.next()?;
        let access = match (kind, words.next(), words.next()) {
            ("index", Some(column), Some(op)) => Access::Pick { column: place(column)?, list: op == "in" },
            ("hash", Some(column), Some(_)) => Access::Probe { column: place(column)? },
            _ => Access::Scan,
        };
        let passed = parts.map(|part| {
            let (column, op) = part.split_once(' ')?;
            let list = op == "in";
            let op = if list { Op::Eq } else { OPS.iter().find(|(_, word)| *word == op)?.0 };
            Some(Passed { column: place(column)?, op, list })
        });
        Some(Self { access, passed: passed.collect::<Option<_>>()? })
    }
}

fn word(op: Op) -> &'static str {
    OPS.iter().find(|(known, _)| *known == op).map_or("=", |(_, word)| word)
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scan => "scan",
            Self::Pick { .. } => "index",
            Self::Probe { .. } => "hash",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_read_back() {
        const NAMES: [&str; 3] = ["pid", "path", "time"];
        let pass = |column, op, list| Passed { column, op, list };
        for plan in [
            Plan::SCAN,
            Plan { access: Access::Pick { column: 0, list: true }, passed: vec![pass(1, Op::Like, false)] },
            Plan { access: Access::Probe { column: 2 }, passed: vec![pass(2, Op::Ge, false), pass(1, Op::Eq, true)] },
            Plan { access: Access::Scan, passed: OPS.iter().map(|(op, _)| pass(1, *op, false)).collect() },
        ] {
            let text = plan.text(|column| NAMES[column]);
            assert_eq!(Plan::parse(&text, |name| NAMES.iter().position(|n| *n == name)), plan, "{text}");
        }
        assert_eq!(Plan::parse("junk; more", |_| None), Plan::SCAN);
    }
}
