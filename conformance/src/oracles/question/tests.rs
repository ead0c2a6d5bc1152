//! The oracles that ask questions, over this agent and over agents that go wrong: each really compares rows, and each sees
//! what it is there for.

use super::*;
use crate::engines::embedded::Embedded;
use crate::fixtures::{Fixture, folder};
use crate::generators::agent::Agent;
use crate::generators::bytes;
use crate::generators::host::small::small;
use crate::generators::query::Material;
use crate::oracles::{Ask, QUESTIONS, determinism, one_picture, schema_truth};
use arbitrary::Unstructured;
use plumb_sql::Budget;
use std::sync::Arc;

/// Few tables, but of every kind: with a key and without, with a collation, looked up by text and by number, and one that
/// must be asked for something.
const TABLES: [&str; 9] =
    ["deb_packages", "etc_services", "file", "groups", "hash", "mounts", "processes", "user_groups", "users"];

fn engines() -> Vec<Embedded> {
    let fixture = Fixture::all(&folder()).expect("fixtures").into_iter().next().expect("a fixture host");
    let host = Arc::new(fixture.load().expect("an archive"));
    let mut registry = plumb_tables::registry();
    registry.retain(|name| TABLES.contains(&name));
    vec![
        Embedded::with(host, registry, Budget::default()).expect("an engine"),
        Embedded::new(Arc::new(small())).expect("an engine"),
    ]
}

fn ask_for(ask: Ask, material: &Material, seed: u64) -> Question {
    ask(material, &mut Unstructured::new(&bytes(seed, 400))).expect("a question")
}

#[test]
fn every_question_compares_rows() {
    const SEEDS: u64 = 40;
    for mut engine in engines() {
        let material = Agent::learn(&mut engine).expect("tables").material;
        assert!(
            material.tables.iter().any(|table| !table.scopes.is_empty()),
            "no table that must be asked for something"
        );
        for (name, ask) in QUESTIONS {
            let mut passed = 0;
            for seed in 0..SEEDS {
                match ask_for(*ask, &material, seed).ask(&mut engine) {
                    Verdict::Pass => passed += 1,
                    Verdict::Skip(why) => assert!(!why.starts_with("refused"), "{name} {seed}: {why}"),
                    Verdict::Fail(why) => panic!("{name} {seed}: {why}"),
                }
            }
            let least = if matches!(*name, "norec" | "collation_affinity") { SEEDS * 3 / 4 } else { SEEDS / 2 };
            assert!(passed >= least, "{name}: only {passed} of {SEEDS} questions compare rows");
        }
    }
}

/// What an engine does to an answer: the statement, and its rows.
type Fault = fn(&str, &mut Vec<Row>);

/// An engine that changes answers.
struct Faulty<'e> {
    honest: &'e mut Embedded,
    fault: Fault,
}

impl Engine for Faulty<'_> {
    fn ask(&mut self, sql: &str) -> Answer {
        let mut rows = self.honest.ask(sql)?;
        (self.fault)(sql, &mut rows);
        Ok(rows)
    }
}

fn shorter(rows: &mut Vec<Row>) {
    rows.pop();
}

fn off_by_one(rows: &mut [Row]) {
    for cell in rows.iter_mut().filter_map(|row| row.get_mut("c0")) {
        let number = cell.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()?.parse::<i64>().ok());
        *cell = number.map(|number| (number + 1).to_string().into_bytes());
    }
}

/// What goes wrong, and who must see it.
const FAULTS: &[(&str, &str, Fault)] = &[
    ("collation_affinity", "an index with case answers a comparison without", |sql, rows| {
        if sql.contains("NOCASE") && sql.contains(" WHERE ") && !sql.contains("CASE WHEN") {
            shorter(rows);
        }
    }),
    ("collation_affinity", "a cast is ignored", |sql, rows| {
        if sql.contains("CAST(") && !sql.contains("CASE WHEN") {
            rows.clear();
        }
    }),
    ("collation_affinity", "groups fold too little", |sql, rows| {
        if (sql.contains("GROUP BY") || sql.contains("DISTINCT")) && !sql.contains("MATERIALIZED") {
            off_by_one(rows);
        }
    }),
    ("collation_affinity", "a join misses rows", |sql, rows| {
        if sql.contains(" JOIN ") && sql.contains(" ON ") {
            shorter(rows);
        }
    }),
    ("limit_prefix", "a limit counts one less", |sql, rows| {
        if sql.contains(" LIMIT ") {
            shorter(rows);
        }
    }),
    ("limit_prefix", "an offset is ignored under an order", |sql, rows| {
        if sql.contains(" OFFSET ") && sql.contains(" ORDER BY ") {
            rows.rotate_left(1);
            shorter(rows);
        }
    }),
    ("norec", "what is counted is not what is found", |sql, rows| {
        if sql.starts_with("SELECT count(*)") {
            off_by_one(rows);
        }
    }),
    ("norec", "a join doubles a row", |sql, rows| {
        if sql.starts_with("SELECT count(*)") && sql.contains(" JOIN ") {
            off_by_one(rows);
        }
    }),
    ("one_picture", "rows are gone the second time", |sql, rows| {
        if sql.contains("EXISTS") || sql.contains("EXCEPT") || sql.contains("RECURSIVE") {
            off_by_one(rows);
        }
    }),
    ("projection", "a column alone has fewer rows", |sql, rows| {
        if sql.contains("SELECT t.") && !sql.contains(", ") {
            shorter(rows);
        }
    }),
    ("projection", "a star has other values", |sql, rows| {
        if sql.starts_with("SELECT * ") {
            rows.iter_mut().flat_map(|row| row.values_mut()).for_each(|cell| *cell = None);
        }
    }),
    ("pushdown", "IN is run once for each value", |sql, rows| {
        if sql.contains(" IN (") && sql.contains(", ") && !sql.contains("VALUES") {
            rows.extend(rows.first().cloned());
        }
    }),
    ("pushdown", "OR loses what both sides find", |sql, rows| {
        if sql.contains(" OR ") {
            shorter(rows);
        }
    }),
    ("pushdown", "OR doubles what a list and a value find", |sql, rows| {
        if sql.contains(") OR ") && !sql.contains("CASE") {
            rows.extend(rows.first().cloned());
        }
    }),
    ("pushdown", "a range leaves out its end", |sql, rows| {
        if sql.contains(" >= ") && !sql.contains("CASE") {
            shorter(rows);
        }
    }),
    ("pushdown", "LIKE misses a row", |sql, rows| {
        if sql.contains(" LIKE ") && !sql.contains("CASE") {
            shorter(rows);
        }
    }),
    ("pushdown", "EXISTS finds nothing", |sql, rows| {
        if sql.contains("EXISTS") {
            rows.clear();
        }
    }),
    ("seek_subset", "a lookup misses a row", |sql, rows| {
        if sql.contains(" = ") {
            shorter(rows);
        }
    }),
    ("seek_subset", "a list looks for its first value", |sql, rows| {
        if sql.contains("\" IN (") {
            rows.truncate(1);
        }
    }),
    ("tlp", "a condition is believed", |sql, rows| {
        if sql.contains(" WHERE ") && sql.contains("NOT (") {
            shorter(rows);
        }
    }),
    ("tlp", "HAVING loses a group", |sql, rows| {
        if sql.contains(" HAVING NOT") {
            rows.clear();
        }
    }),
    ("tlp", "a join doubles a row", |sql, rows| {
        if sql.contains(" JOIN ") && sql.contains(" WHERE ") {
            rows.extend(rows.first().cloned());
        }
    }),
    ("tlp", "parts have another sum", |sql, rows| {
        if sql.contains("SELECT sum(c0)") {
            off_by_one(rows);
        }
    }),
    ("types", "numbers are text", |sql, rows| {
        if sql.contains("typeof(") {
            rows.iter_mut()
                .flat_map(|row| row.values_mut())
                .filter(|cell| cell.as_deref() == Some(b"integer"))
                .for_each(|cell| *cell = Some(b"text".to_vec()));
        }
    }),
    ("types", "an unknown number is the empty text", |sql, rows| {
        if sql.contains(" = ''") {
            off_by_one(rows);
        }
    }),
];

#[test]
fn every_fault_is_seen() {
    let mut engine = engines().swap_remove(0);
    let material = Agent::learn(&mut engine).expect("tables").material;
    for (name, told, fault) in FAULTS {
        let (_, ask) = QUESTIONS.iter().find(|(known, _)| known == name).expect("a question of this name");
        let mut faulty = Faulty { honest: &mut engine, fault: *fault };
        let seen = (0..80).any(|seed| matches!(ask_for(*ask, &material, seed).ask(&mut faulty), Verdict::Fail(_)));
        assert!(seen, "{name} does not see that {told}");
    }
    for (name, _) in QUESTIONS {
        assert!(FAULTS.iter().any(|(known, ..)| known == name), "{name} is not tried");
    }
}

/// The oracles that look at one table at a time, over an honest agent and over such that go wrong.
#[test]
fn tables_that_flicker_or_lie_about_types_are_seen() {
    let mut engine = engines().swap_remove(0);
    let agent = Agent::learn(&mut engine).expect("tables");
    let users = agent.material.tables.iter().find(|table| table.name == "users").expect("users");
    let declared = agent.declared("users").expect("users");
    assert_eq!(determinism::check(&mut engine, users, true), Verdict::Pass);
    assert_eq!(schema_truth::check(&mut engine, declared), Verdict::Pass);
    assert_eq!(one_picture::question(users).ask(&mut engine), Verdict::Pass);
    struct Flickers<'e>(&'e mut Embedded, usize);
    impl Engine for Flickers<'_> {
        fn ask(&mut self, sql: &str) -> Answer {
            self.1 += 1;
            let mut rows = self.0.ask(sql)?;
            rows.truncate(rows.len() - self.1 / 4);
            Ok(rows)
        }
    }
    let mut flickers = Flickers(&mut engine, 0);
    assert!(matches!(determinism::check(&mut flickers, users, true), Verdict::Fail(_)));
    assert!(matches!(determinism::check(&mut Flickers(&mut engine, 0), users, false), Verdict::Skip(_)));
    let faults: [Fault; 3] = [
        |sql, rows| {
            if sql.contains("typeof(") {
                let cells = rows.iter_mut().flat_map(|row| row.values_mut());
                cells.filter(|cell| cell.as_deref() == Some(b"text")).for_each(|cell| *cell = Some(b"null".to_vec()));
            }
        },
        |sql, rows| {
            if sql.starts_with("SELECT * ") {
                rows.iter_mut().for_each(|row| drop(row.insert("include_remote".to_owned(), None)));
            }
        },
        |_, rows| rows.iter_mut().for_each(|row| drop(row.insert("v0".to_owned(), None))),
    ];
    for fault in faults {
        let verdict = schema_truth::check(&mut Faulty { honest: &mut engine, fault }, declared);
        assert!(matches!(verdict, Verdict::Fail(_)), "{verdict:?}");
    }
    let mut faulty = Faulty {
        honest: &mut engine,
        fault: |sql, rows| {
            if sql.contains(" JOIN ") {
                rows.clear()
            }
        },
    };
    assert!(matches!(one_picture::question(users).ask(&mut faulty), Verdict::Fail(_)));
}

/// What nobody knows is no verdict.
#[test]
fn unknown_answers_are_skips() {
    struct Knows(usize);
    impl Engine for Knows {
        fn ask(&mut self, _: &str) -> Answer {
            self.0 += 1;
            if self.0.is_multiple_of(3) { Err(NO_ANSWER.to_owned()) } else { Ok(Vec::new()) }
        }
    }
    let question = Question::new("a".to_owned(), vec!["b".to_owned(), "c".to_owned()], |_| Verdict::Pass);
    assert_eq!(question.ask(&mut Knows(0)), Verdict::Skip(NO_ANSWER.to_owned()));
}
