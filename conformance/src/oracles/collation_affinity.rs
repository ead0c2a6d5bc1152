//! *collation_affinity*: a comparison under a collation, a cast or a plus, on this side or that, gives what computing it for
//! every row gives; and ORDER BY, DISTINCT and GROUP BY give over a table what they give over a copy of its values.
//!
//! Finds: a column that compares without case and is looked up with it, an explicit collation that a lookup ignores, values
//! whose type changes on the way to a table, keys of a hash that fold more or less than the comparison does, orders and
//! groups that are believed of a source.

use super::question::{Question, columns, same};
use crate::Verdict;
use crate::answer::{Difference, Row};
use crate::generators::query::{ColumnMaterial, Material, TableMaterial, joined};
use arbitrary::{Result, Unstructured};

/// Rows of tables of which every pair is compared.
const JOINED: usize = 100;

/// Comparisons of a column `#` with a value `@`, each with the spellings of the value under which it holds, too.
const COMPARISONS: &[(&str, Spelling)] = &[
    ("# = @ COLLATE NOCASE", Spelling::Plain),
    ("# COLLATE NOCASE = @", Spelling::Letters),
    ("@ COLLATE NOCASE = #", Spelling::Letters),
    ("# = @ COLLATE RTRIM", Spelling::Plain),
    ("# COLLATE RTRIM = @", Spelling::Blanks),
    ("# COLLATE BINARY = @", Spelling::Plain),
    ("# = @ COLLATE BINARY", Spelling::Plain),
    ("# COLLATE NOCASE IN (@, upper(@))", Spelling::Letters),
    ("# COLLATE RTRIM IN (@, 'x')", Spelling::Blanks),
    ("# IN (@, lower(@), upper(@))", Spelling::Plain),
    ("# COLLATE NOCASE BETWEEN @ AND @", Spelling::Letters),
    ("# COLLATE NOCASE <= @", Spelling::Letters),
    ("# >= @ COLLATE NOCASE", Spelling::Plain),
    ("# >= @ COLLATE RTRIM", Spelling::Plain),
    ("# > '' COLLATE RTRIM AND # <= @", Spelling::Plain),
    ("CAST(# AS TEXT) = @ || ''", Spelling::Plain),
    ("CAST(# AS INTEGER) = CAST(@ AS INTEGER)", Spelling::Plain),
    ("CAST(# AS INTEGER) = @", Spelling::Number),
    ("CAST(# AS REAL) = @", Spelling::Number),
    ("# = CAST(@ AS TEXT)", Spelling::Plain),
    ("# = CAST(@ AS INTEGER)", Spelling::Number),
    ("# = CAST(@ AS REAL)", Spelling::Number),
    ("# = CAST(@ AS NUMERIC)", Spelling::Number),
    ("# < CAST(@ AS BLOB)", Spelling::Plain),
    ("(# = CAST(@ AS BLOB) OR # >= CAST(@ AS REAL))", Spelling::Plain),
    ("# IN (CAST(@ AS TEXT), CAST(@ AS INTEGER))", Spelling::Plain),
    ("+# = @", Spelling::Plain),
    ("# = +@", Spelling::Plain),
    ("+# IN (@)", Spelling::Plain),
    ("# IS @ COLLATE NOCASE", Spelling::Plain),
    ("(#, 1) = (@ COLLATE NOCASE, 1)", Spelling::Plain),
    ("# = (SELECT @)", Spelling::Plain),
    ("# = @", Spelling::Plain),
];

/// Under which spellings of a value that occurs a comparison still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spelling {
    /// As it stands there.
    Plain,
    /// With other letters.
    Letters,
    /// With blanks at its end.
    Blanks,
    /// As text, or with blanks, if the column is one of numbers: others are not compared in this way.
    Number,
}

/// One comparison, of a column with a value or with a column; or one order.
///
/// # Errors
/// When the bytes run out.
pub fn question(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    match u.int_in_range(0..=5)? {
        0 | 1 => ordered(material, u),
        2 => join(material, u),
        _ => comparison(material, u),
    }
}

/// A value in a spelling under which a comparison holds; once in a while in any.
fn spelled(u: &mut Unstructured<'_>, value: &str, spelling: Spelling) -> Result<String> {
    let spelling = match u.int_in_range(0..=15)? {
        0 => *u.choose(&[Spelling::Letters, Spelling::Blanks, Spelling::Number])?,
        _ => spelling,
    };
    let forms: &[&str] = match spelling {
        Spelling::Plain => &["@"],
        Spelling::Letters => &["upper(@)", "lower(@)", "@"],
        Spelling::Blanks => &["@ || '  '", "@ || ' '", "@"],
        Spelling::Number => &["' ' || @", "'' || @", "@ || ' '", "@"],
    };
    Ok(format!("({})", u.choose(forms)?.replace('@', value)))
}

fn comparison(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    let table = u.choose(&material.tables)?;
    let (condition, spelling) = *u.choose(COMPARISONS)?;
    let numbers = |column: &&ColumnMaterial| column.kind != plumb_schema::Type::Text && !column.literals.is_empty();
    let numbers: Vec<&ColumnMaterial> = table.columns.iter().filter(numbers).collect();
    let (column, condition, spelling) = match spelling {
        Spelling::Number if numbers.is_empty() => (some_text(u, table)?, "# = @", Spelling::Plain),
        Spelling::Number => (*u.choose(&numbers)?, condition, spelling),
        _ => (some_text(u, table)?, condition, spelling),
    };
    let value = if column.literals.is_empty() { "''" } else { u.choose(&column.literals)?.as_str() };
    let value = spelled(u, value, spelling)?;
    let condition = condition.replace('#', &format!("t.\"{}\"", column.name)).replace('@', &value);
    let whole = format!("SELECT {} FROM {}", columns([column, u.choose(&table.columns)?]), table.from("t"));
    let forms = vec![
        format!("{whole} WHERE CASE WHEN {condition} THEN 1 END"),
        format!("{whole} WHERE {condition}"),
        format!("{whole} WHERE ({condition}) OR ({condition})"),
    ];
    Ok(Question::new(whole, forms, |answers| {
        let [whole, computed, others @ ..] = answers else { return Verdict::Skip("no answers".to_owned()) };
        let empty = computed.is_empty() && others.iter().all(Vec::is_empty);
        worst(others.iter().map(|got| same(whole, computed, got)), empty)
    }))
}

/// What is to be said of several verdicts.
fn worst(verdicts: impl Iterator<Item = Verdict>, empty: bool) -> Verdict {
    let mut worst = if empty { Verdict::Skip("no rows".to_owned()) } else { Verdict::Pass };
    for verdict in verdicts {
        match verdict {
            Verdict::Fail(_) => return verdict,
            Verdict::Skip(_) => worst = verdict,
            Verdict::Pass => {}
        }
    }
    worst
}

/// A column: one of text, if one is met soon.
fn some_text<'m>(u: &mut Unstructured<'_>, table: &'m TableMaterial) -> Result<&'m ColumnMaterial> {
    let first = table.column(u)?;
    let is_text = |column: &ColumnMaterial| column.kind == plumb_schema::Type::Text;
    Ok(if is_text(first) || u.ratio(1, 3)? { first } else { table.column(u)? })
}

/// Two tables by a comparison of two columns, which a source could answer, and which is computed for every pair.
fn join(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    let joined = joined(u, material, JOINED)?;
    let ([left, right], [a, b]) = (joined.tables, joined.columns);
    // Columns that hold no numbers are joined by what compares text.
    let numbers = joined.columns.iter().all(|column| column.kind != plumb_schema::Type::Text);
    let (condition, spelling) = *u.choose(COMPARISONS)?;
    let condition = if spelling == Spelling::Number && !numbers { "# = @" } else { condition };
    let (a, b) = (format!("a.\"{}\"", a.name), format!("b.\"{}\"", b.name));
    let condition = if u.arbitrary()? {
        condition.replace('#', &a).replace('@', &b)
    } else {
        condition.replace('#', &b).replace('@', &a)
    };
    let (from_left, from_right) = (left.from("a"), right.from("b"));
    let shown = format!("SELECT {a} AS c0, {b} AS c1 FROM {from_left}");
    let forms = vec![
        format!("{shown} JOIN {from_right} ON {condition}"),
        format!("{shown} LEFT JOIN {from_right} ON {condition} WHERE CASE WHEN {b} IS NOT NULL THEN 1 END"),
        format!("{shown} CROSS JOIN {from_right} WHERE CASE WHEN {condition} THEN {b} IS NOT NULL END"),
    ];
    let whole = format!("{shown}, {from_right} WHERE CASE WHEN {condition} THEN 1 END");
    Ok(Question::new(whole, forms, |answers| {
        let [computed, inner, outer, known] = answers else { return Verdict::Skip("no answers".to_owned()) };
        // What a lookup knows beyond a listing is not told apart here: joins of listings find what listings have.
        let less = |expected: &[Row], got: &[Row]| {
            let missing = Difference { extra: Vec::new(), ..Difference::between(expected, got) };
            if missing.is_empty() { Verdict::Pass } else { Verdict::Fail(missing.show(5)) }
        };
        worst([less(computed, inner), less(known, outer)].into_iter(), computed.is_empty())
    }))
}

/// ORDER BY, GROUP BY and DISTINCT, over a table and over its values.
fn ordered(material: &Material, u: &mut Unstructured<'_>) -> Result<Question> {
    let table = u.choose(&material.tables)?;
    let column = some_text(u, table)?;
    let collation = u.choose(&[" COLLATE NOCASE", " COLLATE RTRIM", " COLLATE BINARY", ""])?;
    let from = table.from("t");
    let direct =
        |form: &str| form.replace('#', &format!("t.\"{}\"", column.name)).replace('%', collation).replace('@', &from);
    let copied = |form: &str| {
        let values = format!("WITH m(v) AS MATERIALIZED (SELECT t.\"{}\" FROM {from})", column.name);
        format!("{values} {}", form.replace('#', "m.v").replace('%', collation).replace('@', "m"))
    };
    let form = u.choose(&[
        "SELECT count(*) AS c0 FROM (SELECT DISTINCT #% FROM @)",
        "SELECT count(DISTINCT #%) AS c0 FROM @",
        "SELECT min(# COLLATE BINARY) AS c0, count(*) AS c1 FROM @ GROUP BY #%",
        "SELECT # AS c0, dense_rank() OVER (ORDER BY #%) AS c1 FROM @",
        "SELECT # AS c0, rank() OVER (PARTITION BY #% ORDER BY # COLLATE BINARY DESC) AS c1 FROM @",
        "SELECT # AS c0 FROM @ ORDER BY #%, # COLLATE BINARY LIMIT 7",
        "SELECT # AS c0 FROM @ ORDER BY #% DESC, # COLLATE BINARY DESC LIMIT 3 OFFSET 1",
        "SELECT count(*) AS c0 FROM (SELECT #% FROM @ UNION SELECT #% FROM @)",
        "SELECT max(# COLLATE BINARY) AS c0, count(DISTINCT # COLLATE BINARY) AS c1 FROM @ GROUP BY #% HAVING count(*) <> 2",
    ])?;
    let whole = format!("SELECT t.\"{}\" AS c0 FROM {from}", column.name);
    Ok(Question::new(whole, vec![copied(form), direct(form)], |answers| {
        let [whole, copied, direct] = answers else { return Verdict::Skip("no answers".to_owned()) };
        let difference = Difference::between(copied, direct);
        if !difference.is_empty() {
            Verdict::Fail(difference.show(5))
        } else if whole.is_empty() || copied.is_empty() {
            Verdict::Skip("no rows".to_owned())
        } else {
            Verdict::Pass
        }
    }))
}
