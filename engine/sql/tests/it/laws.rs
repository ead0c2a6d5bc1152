//! What is collected, and that it is collected once.

use crate::fixture::{ask, engine};

/// `(statement, rows, collections)`.
#[test]
fn one_picture_and_no_more() {
    let mut wrong = Vec::new();
    for (sql, rows, collected) in [
        // Streams: a limit stops the collection.
        ("SELECT id FROM plain LIMIT 2", "1;2", "scan, row×2"),
        ("SELECT count(*) FROM keyed", "10", "scan, row×10"),
        ("SELECT EXISTS (SELECT 1 FROM plain)", "1", "scan, row×1"),
        // Lookups.
        ("SELECT name FROM keyed WHERE id = 3", "c", "id 3, row×10"),
        ("SELECT name FROM keyed WHERE id = '3'", "c", "id 3, row×10"),
        ("SELECT name FROM keyed WHERE id = 3.0", "c", "id 3, row×10"),
        ("SELECT name FROM keyed WHERE id = 'x'", "", "scan, row×10"),
        ("SELECT name FROM keyed WHERE id = NULL", "", ""),
        ("SELECT name FROM keyed WHERE id IN (3, 4, 3, '4', NULL) ORDER BY id", "c;5", "id 3, id 4, row×20"),
        ("SELECT id FROM repeated WHERE name IN ('5', '05') ORDER BY 1", "4;5", "name 05, name 5, row×20"),
        ("SELECT count(*) FROM repeated WHERE id IN (1, 2)", "4", "id 1, id 2, row×20"),
        ("SELECT id FROM repeated WHERE name = 5", "4", "scan, row×10"),
        ("SELECT name FROM repeated WHERE id = 2 LIMIT 1", "b", "id 2, row×2"),
        ("SELECT count(*) FROM (VALUES (77), (78)) v JOIN keyed k ON k.id = v.column1", "0", "id 77, id 78, row×20"),
        // One collection for all cursors, however they read.
        ("SELECT count(*) FROM repeated a JOIN repeated b ON b.id IN (1, 2, 4) AND a.n = 20", "15", "scan, row×10"),
        ("SELECT count(*) FROM repeated a JOIN repeated b ON b.id IN (77, 78) AND a.n = 20", "0", "scan, row×10"),
        ("SELECT count(*) FROM plain a, plain b", "100", "scan, row×10"),
        ("SELECT count(*) FROM plain a JOIN plain b ON a.name = b.name", "16", "scan, row×10"),
        ("SELECT count(*) FROM plain a JOIN plain b ON a.fold = b.fold", "26", "scan, row×10"),
        ("SELECT count(*) FROM plain a LEFT JOIN plain b ON a.n = b.id", "10", "scan, row×10"),
        ("SELECT (SELECT count(*) FROM plain b WHERE b.n = a.n) FROM plain a WHERE a.id = 5", "2", "scan, row×10"),
        ("SELECT id FROM plain WHERE id = 1 UNION ALL SELECT id FROM plain WHERE id = 3", "1;3", "scan, row×10"),
        ("SELECT count(*) FROM keyed a JOIN keyed b ON a.id = b.id WHERE a.name = 'b'", "6", "scan, row×10"),
        ("CREATE VIRTUAL TABLE again USING plain; SELECT count(*) FROM plain, again", "100", "scan, row×10"),
        ("CREATE VIRTUAL TABLE again USING plain; SELECT count(*) FROM again", "10", "scan, row×10"),
        // While all look up, a lookup is made once.
        ("SELECT count(*) FROM (VALUES (3), (4), (3)) v JOIN keyed k ON k.id = v.column1", "3", "id 3, id 4, row×20"),
        // OR over rows that look equal loses none.
        ("SELECT count(*) FROM repeated WHERE id = 2 OR name = 'b'", "3", "scan, row×10"),
        ("SELECT count(*) FROM repeated WHERE id = 2 OR name = 'c'", "4", "scan, row×10"),
        ("SELECT count(*) FROM plain WHERE id = 2 OR name = 'b'", "3", "scan, row×10"),
        ("SELECT count(*) FROM keyed WHERE id = 2 OR id = 3", "4", "id 2, id 3, row×20"),
        // Recursion filters one cursor many times.
        (
            "WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT p.n FROM plain p JOIN r ON p.id = r.n WHERE p.n IS NOT NULL) \
             SELECT group_concat(n) FROM r",
            "1,10",
            "scan, row×10",
        ),
        // Row ids are places in the picture.
        ("SELECT rowid FROM plain WHERE name = 'c'", "3;9", "scan, row×10"),
        ("SELECT a.rowid FROM plain a JOIN plain b ON a.rowid = b.rowid WHERE b.id = 3", "3", "scan, row×10"),
        // An alias is the column.
        ("SELECT label FROM plain WHERE label = 'c' LIMIT 1", "c", "scan, row×4"),
    ] {
        let (result, what) = ask(&mut engine(), sql);
        let got = (result.expect(sql).join(";"), what);
        if (got.0.as_str(), got.1.as_str()) != (rows, collected) {
            wrong.push(format!("{sql}\n  got      {got:?}\n  expected {:?}", (rows, collected)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Only what is read is asked of a row.
#[test]
fn unused_columns_are_not_read() {
    let (result, _) = ask(&mut engine(), "SELECT fine FROM faulty LIMIT 4");
    assert_eq!(result.expect("the failing getter is not called").join(","), "0,1,2,3");
}

/// What compares with a constant is read before what can be looked up.
#[test]
fn few_rows_come_first() {
    for (sql, expect) in [
        ("repeated a JOIN repeated b ON b.id = a.id WHERE a.n = 20", "a scan, b index id ="),
        ("repeated a JOIN repeated b ON b.id = a.id WHERE b.n = 20", "b scan, a index id ="),
        ("repeated a JOIN repeated b ON b.id = a.id WHERE b.n > 20", "b scan, a index id ="),
        ("repeated a JOIN repeated b ON b.id = a.id WHERE b.n IN (1, 2)", "b scan, a index id ="),
        ("repeated a JOIN repeated b ON b.id = a.id WHERE a.n > 20 AND b.n = 20", "b scan, a index id ="),
        ("repeated a JOIN keyed b ON b.id = a.id", "a scan, b index id ="),
    ] {
        let (plan, _) = ask(&mut engine(), &format!("EXPLAIN QUERY PLAN SELECT * FROM {sql}"));
        let step = |row: &String| {
            let words = row.rsplit('|').next().unwrap_or_default();
            words
                .trim_start_matches("SCAN ")
                .replacen("VIRTUAL TABLE INDEX ", "", 1)
                .replace("0:", "")
                .replace("1:", "")
        };
        let steps: Vec<String> = plan.expect(sql).iter().map(step).collect();
        assert_eq!(steps.join(", "), expect, "{sql}");
    }
}

#[test]
fn a_missing_constraint_is_named() {
    for sql in [
        "SELECT * FROM needy",
        "SELECT * FROM needy WHERE path > 'a'",
        "SELECT * FROM needy WHERE path = 'x' OR size = 3",
    ] {
        let error = ask(&mut engine(), sql).0.expect_err(sql);
        assert_eq!(error.code(), 19, "{sql}: {error}");
        assert_eq!(error.to_string(), "Table needy was queried without a required column in the WHERE clause", "{sql}");
    }
    for (sql, rows) in [
        ("SELECT path FROM needy WHERE path = 'x'", "x"),
        ("SELECT path FROM needy WHERE path IN ('x', 'y', 'x') ORDER BY 1", "x;y"),
        ("SELECT path FROM needy WHERE path = 'x' OR path = 'y' ORDER BY 1", "x;y"),
        ("SELECT path FROM needy WHERE path LIKE '/m%' OR path = 'y' ORDER BY 1", "/matched;y"),
        ("SELECT path FROM needy WHERE directory = '/' AND path = 'x'", "x"),
        ("SELECT n.path FROM (SELECT 'q' AS p) v JOIN needy n ON n.path = v.p", "q"),
        ("SELECT path FROM needy WHERE path = (SELECT 'r')", "r"),
        ("WITH p(x) AS (VALUES ('1'), ('2')) SELECT group_concat(path) FROM p JOIN needy f ON f.path = p.x", "1,2"),
        ("SELECT path FROM needy WHERE path = ''", ""),
        ("SELECT path FROM needy WHERE path IS NULL AND directory = '/'", ""),
        ("SELECT path FROM needy WHERE directory IS NULL", ""),
    ] {
        assert_eq!(ask(&mut engine(), sql).0.expect(sql).join(";"), rows, "{sql}");
    }
}
