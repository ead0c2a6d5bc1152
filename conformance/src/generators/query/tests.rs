//! The generator really makes what it says.

use super::hostile::{Settings, text};
use super::*;
use crate::Verdict;
use crate::fixtures::{Fixture, folder};
use crate::generators::bytes;
use crate::oracles::materialized::Pair;
use crate::oracles::statements;
use std::sync::Arc;

fn pair() -> Pair {
    let fixture = Fixture::all(&folder()).expect("fixtures").into_iter().next().expect("a fixture host");
    Pair::new(Arc::new(fixture.load().expect("an archive"))).expect("both engines")
}

/// What occurs at least so often in 2,000 statements. Names are those of the SQL that shows it.
const FEATURES: &[(usize, &str)] = &[
    (60, " LEFT JOIN "),
    (40, " RIGHT JOIN "),
    (40, " FULL JOIN "),
    (20, " CROSS JOIN "),
    (20, " NATURAL "),
    (20, "USING ("),
    (20, " AS MATERIALIZED "),
    (10, " AS NOT MATERIALIZED "),
    (60, "WITH RECURSIVE "),
    (60, " UNION "),
    (20, " UNION ALL "),
    (20, " INTERSECT "),
    (20, " EXCEPT "),
    (60, " EXISTS ("),
    (20, "NOT EXISTS ("),
    (60, " GROUP BY "),
    (30, " HAVING "),
    (20, " FILTER (WHERE "),
    (10, "count(DISTINCT "),
    (10, "group_concat("),
    (40, " OVER "),
    (10, " ROWS "),
    (20, "NULLS FIRST"),
    (20, "NULLS LAST"),
    (40, " LIMIT "),
    (20, " OFFSET "),
    (100, "COLLATE NOCASE"),
    (60, "COLLATE RTRIM"),
    (100, "COLLATE BINARY"),
    (100, "CAST("),
    (20, "CASE "),
    (60, "COALESCE("),
    (10, "IFNULL("),
    (20, "NULLIF("),
    (20, "substr("),
    (40, "length("),
    (20, "typeof("),
    (20, "IS NOT DISTINCT FROM"),
    (10, "IS DISTINCT FROM"),
    (60, " LIKE "),
    (20, "ESCAPE"),
    (60, " GLOB "),
    (60, " BETWEEN "),
    (200, " IN ("),
    (60, " IN (SELECT "),
    (20, " NOT IN ("),
    (20, ", NULL"),
    (20, "(VALUES "),
    (40, " OR "),
    (100, " AND "),
    (20, "NOT ("),
    (40, "DISTINCT "),
    (20, " || "),
    (20, "IS NOT NULL"),
    (20, "+t"),
    (20, "file AS"),
    (10, "hash AS"),
    (10, "shell_history AS"),
];

#[test]
fn every_feature_occurs() {
    let pair = pair();
    let material = pair.material();
    let statements: Vec<String> = (0..2000)
        .map(|seed| query(&mut Unstructured::new(&bytes(seed, 400)), material).expect("a statement"))
        .collect();
    let count = |feature: &str| statements.iter().filter(|sql| sql.contains(feature)).count();
    let rare: Vec<String> = FEATURES
        .iter()
        .filter(|(least, feature)| count(feature) < *least)
        .map(|(least, feature)| format!("{feature} occurs in {} statements, not in {least}", count(feature)))
        .collect();
    assert!(rare.is_empty(), "of 2000 statements: {rare:#?}");
    let two_levels =
        statements.iter().filter(|sql| sql.matches("EXISTS (").count() > 0 && sql.contains("(SELECT count(*)"));
    assert!(two_levels.count() > 5, "subqueries in subqueries");
    for table in &material.tables {
        let named = format!("FROM {}", quoted(&table.name));
        assert!(statements.iter().any(|sql| sql.contains(&named)), "{} takes no part", table.name);
    }
}

/// Most statements give rows, few are refused, and all agree.
#[test]
fn statements_give_rows() {
    let mut pair = pair();
    let (mut rows, mut refused) = (0, Vec::new());
    for seed in 0..1000 {
        match pair.check(&bytes(seed, 400)) {
            (_, Verdict::Pass) => rows += 1,
            (_, Verdict::Skip(why)) if why == "no rows" => {}
            (sql, verdict) => refused.push(format!("{sql}\n  {verdict:?}")),
        }
    }
    assert!(rows >= 650, "only {rows} of 1000 statements give rows");
    assert!(refused.len() < 20, "{refused:#?}");
}

/// Hostile texts are mostly refused, but not all of them, and not all for one reason.
#[test]
fn hostile_texts_are_mixed() {
    let pair = pair();
    let material = pair.material();
    let mut counts = [0; 3];
    for seed in 0..300 {
        let sql = text(&mut Unstructured::new(&bytes(seed, 400)), material, Settings::HOSTILE).expect("a text");
        match statements::text(&sql) {
            Verdict::Skip(why) if why.contains("syntax error") => counts[0] += 1,
            Verdict::Skip(_) => counts[1] += 1,
            Verdict::Pass => counts[2] += 1,
            Verdict::Fail(why) => panic!("{why}"),
        }
    }
    assert!(counts.iter().all(|count| *count >= 30), "syntax errors, other errors, answers: {counts:?}");
}
