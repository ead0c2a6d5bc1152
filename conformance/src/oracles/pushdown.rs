//! *pushdown*: every form in which SQL can ask for the rows with a value, or without one, gives the same rows.
//!
//! Finds: rows lost or doubled in one form only (IN lists, OR whose sides overlap, joins, outer joins, compounds, tests for NULL), and
//! comparisons whose type or collation changes when they are handed to the table.

use super::question::{Question, columns, same};
use crate::Verdict;
use crate::answer::Row;
use crate::generators::query::Material;
use arbitrary::{Result, Unstructured};

/// One value of one column, or its unknown values.
///
/// # Errors
/// When the bytes run out.
pub fn question(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    let table = u.choose(&material.tables)?;
    let column = table.column(u)?;
    let (first, second) = (u.choose(&table.columns)?, u.choose(&table.columns)?);
    let ask =
        Ask { from: table.from("t"), name: format!("t.\"{}\"", column.name), shown: columns([column, first, second]) };
    if column.literals.is_empty() || u.ratio(1, 12)? {
        return Ok(ask.unknown());
    }
    let value = if column.literals.is_empty() { "''" } else { u.choose(&column.literals)?.as_str() };
    let value = spelling(u, value)?;
    Ok(match u.int_in_range(0..=14)? {
        12.. => ask.either(&value, u.choose(&column.literals)?),
        0 => ask.range(u.choose(&["<", "<=", ">", ">="])?, &value),
        1 => ask.pattern("LIKE", &value, u.choose(&["%", "_"])?),
        2 => ask.pattern("GLOB", &value, u.choose(&["*", "?"])?),
        _ => ask.value(&value),
    })
}

/// A value in other letters and types: a lookup must compare as SQLite does. The plus takes a type's affinity away, which
/// IN would not apply.
fn spelling(u: &mut Unstructured<'_>, value: &str) -> Result<String> {
    Ok(match u.int_in_range(0..=11)? {
        0..=2 => format!("upper({value})"),
        3 | 4 => format!("lower({value})"),
        5 => format!("+CAST({value} AS TEXT)"),
        6 => format!("+CAST({value} AS REAL)"),
        7 => format!("' ' || {value}"),
        _ => value.to_owned(),
    })
}

/// A column, and what is shown of the rows.
struct Ask {
    from: String,
    name: String,
    shown: String,
}

/// In how many columns a row is shown.
const SHOWN: usize = 3;

impl Ask {
    fn select(&self, condition: &str) -> String {
        format!("SELECT {} FROM {} WHERE {condition}", self.shown, self.from)
    }

    /// The rows with one of two values: lookups whose results are put together.
    fn either(&self, value: &str, other: &str) -> Question {
        let Self { from, name, shown } = self;
        let both = format!("{name} = {value} OR {name} = {other}");
        let forms = vec![
            self.select(&format!("CASE WHEN {both} THEN 1 END")),
            self.select(&both),
            self.select(&format!("{name} = {other} OR {name} = {value}")),
            self.select(&format!("{name} IN ({value}, {other}, {value})")),
            // Both sides find the same rows, by lists that are not the same.
            self.select(&format!("{name} IN ({value}, {other}) OR {name} = (SELECT {value})")),
            self.select(&format!("{name} = (SELECT {other}) OR {name} IN ({other}, {value})")),
            self.select(&format!("{name} IN ({value}, {other}) AND {name} = (SELECT {value}) OR {name} = {other}")),
        ];
        Question::new(format!("SELECT {shown} FROM {from}"), forms.clone(), move |answers| {
            let [whole, computed, others @ ..] = answers else { return Verdict::Skip("no answers".to_owned()) };
            judge(whole, computed, others, forms.iter().skip(1))
        })
    }

    /// The rows with a value.
    fn value(&self, value: &str) -> Question {
        let Self { from, name, shown } = self;
        // The table's column stands on the left: of two columns, SQLite compares by the collation of the left one.
        let values = format!("(VALUES ({value})) AS v");
        let outer =
            format!("SELECT {shown} FROM (VALUES ({value}), (NULL)) AS v LEFT JOIN {from} ON {name} = v.column1");
        let forms = vec![
            // Inside CASE a condition is computed, not handed to the table.
            self.select(&format!("CASE WHEN {name} = {value} THEN 1 END")),
            outer.clone(),
            self.select(&format!("{name} = {value}")),
            self.select(&format!("{name} IN ({value})")),
            self.select(&format!("{name} IN ({value}, {value})")),
            self.select(&format!("{name} = {value} OR {name} = {value}")),
            format!("SELECT {shown} FROM {values} JOIN {from} ON {name} = v.column1"),
            format!("SELECT {shown} FROM {values} LEFT JOIN {from} ON {name} = v.column1 WHERE {name} IS NOT NULL"),
            format!(
                "{} UNION ALL {}",
                self.select(&format!("{name} = {value}")),
                self.select(&format!("{name} = {value} AND 0"))
            ),
            self.select(&format!("{name} IS {value}")),
            self.select(&format!("{name} >= {value} AND {name} <= {value}")),
            self.select(&format!("({name}, 1) = ({value}, 1)")),
            self.select(&format!("({name}, 1) IN (SELECT v.column1, 1 FROM {values})")),
            self.select(&format!("{name} IN (SELECT v.column1 FROM {values})")),
            self.select(&format!("EXISTS (SELECT 1 FROM {values} WHERE {name} = v.column1)")),
            self.select(&format!("{name} = (SELECT v.column1 FROM {values} WHERE {name} = v.column1)")),
            format!("SELECT {shown} FROM {from}, {values} WHERE {name} = v.column1"),
        ];
        Question::new(format!("SELECT {shown} FROM {from}"), forms.clone(), move |answers| {
            let [whole, computed, joined, others @ ..] = answers else { return Verdict::Skip("no answers".to_owned()) };
            // NULL finds no partner, nor does a value that nobody has: a row of nothing stands for each.
            let nothing: Row = (0..SHOWN).map(|n| (format!("c{n}"), None)).collect();
            let lonely = if computed.is_empty() { 2 } else { 1 };
            let with_lonely = [computed.as_slice(), &vec![nothing; lonely]].concat();
            if let Verdict::Fail(why) = same(whole, &with_lonely, joined) {
                return Verdict::Fail(format!("  wrong: {outer}\n{why}"));
            }
            judge(whole, computed, others, forms.iter().skip(2))
        })
    }

    /// The rows before or after a value.
    fn range(&self, test: &str, value: &str) -> Question {
        let Self { from, name, shown } = self;
        let against = match test {
            "<" => ">=",
            "<=" => ">",
            ">" => "<=",
            _ => "<",
        };
        let mut forms = self.forms(&format!("{name} {test} {value}"));
        forms.push(self.select(&format!("{name} IS NOT NULL AND NOT ({name} {against} {value})")));
        forms.push(
            self.select(&format!("{value} {} {name}", test.replace('<', "~").replace('>', "<").replace('~', ">"))),
        );
        forms.push(format!("SELECT {shown} FROM (VALUES ({value})) AS v JOIN {from} ON {name} {test} v.column1"));
        self.compared(forms)
    }

    /// The rows that a pattern fits.
    fn pattern(&self, word: &str, value: &str, wildcard: &str) -> Question {
        let Self { from, name, shown } = self;
        let pattern = format!("substr({value}, 1, length({value}) - 1) || '{wildcard}'");
        let mut forms = self.forms(&format!("{name} {word} {pattern}"));
        forms.push(self.select(&format!("NOT ({name} NOT {word} {pattern})")));
        forms.push(format!("SELECT {shown} FROM (VALUES ({pattern})) AS v JOIN {from} ON {name} {word} v.column1"));
        self.compared(forms)
    }

    /// A condition, computed and in forms that can be handed to the table.
    fn forms(&self, condition: &str) -> Vec<String> {
        vec![
            self.select(&format!("CASE WHEN {condition} THEN 1 END")),
            self.select(condition),
            self.select(&format!("({condition}) OR ({condition})")),
            format!("{} UNION ALL {}", self.select(condition), self.select(&format!("{condition} AND 0"))),
        ]
    }

    /// All forms give what the first gives.
    fn compared(&self, forms: Vec<String>) -> Question {
        Question::new(format!("SELECT {} FROM {}", self.shown, self.from), forms.clone(), move |answers| {
            let [whole, computed, others @ ..] = answers else { return Verdict::Skip("no answers".to_owned()) };
            judge(whole, computed, others, forms.iter().skip(1))
        })
    }

    /// The rows in which the column is unknown.
    fn unknown(&self) -> Question {
        let Self { from, name, shown } = self;
        self.compared(vec![
            self.select(&format!("CASE WHEN {name} IS NULL THEN 1 END")),
            self.select(&format!("{name} IS NULL")),
            self.select(&format!("{name} IS NULL AND 1")),
            self.select(&format!("{name} IS NULL OR {name} IS NULL")),
            self.select(&format!("NOT ({name} IS NOT NULL)")),
            format!("SELECT {shown} FROM (VALUES (NULL)) AS v JOIN {from} ON {name} IS v.column1"),
        ])
    }
}

/// Compares what every form gave with what was computed.
fn judge<'a>(whole: &[Row], computed: &[Row], others: &[Vec<Row>], forms: impl Iterator<Item = &'a String>) -> Verdict {
    if computed.is_empty() && others.iter().all(Vec::is_empty) {
        return Verdict::Skip("no rows".to_owned());
    }
    let mut worst = Verdict::Pass;
    for (got, form) in others.iter().zip(forms) {
        match same(whole, computed, got) {
            Verdict::Fail(why) => return Verdict::Fail(format!("  wrong: {form}\n{why}")),
            Verdict::Skip(why) => worst = Verdict::Skip(why),
            Verdict::Pass => {}
        }
    }
    worst
}
