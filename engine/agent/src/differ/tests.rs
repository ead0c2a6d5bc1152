use super::last::{Entry, Last};
use super::*;
use std::collections::BTreeMap;

/// A result: column names, and rows of integers and texts.
type Rows<'a> = &'a [&'a [&'a str]];

fn ask(store: &mut Store, sql: &str, epoch: i64, columns: &[&str], rows: Rows<'_>) -> (Changes, Vec<String>) {
    let mut differ = Differ::new(store, "q", epoch).unwrap();
    differ.begin(columns.iter().copied());
    for row in rows {
        differ.row(|place| Cell::Text(row[place].as_bytes())).unwrap();
    }
    let mut changes = differ.finish(sql).unwrap();
    let mut lines = Vec::new();
    let show = |sign: char, names: &[String], fields: Vec<Field>| {
        let mut json = vec![sign as u8];
        record::push_object(names, &fields, false, &mut json);
        String::from_utf8(json).unwrap()
    };
    changes
        .removed(store, |names, fields| {
            lines.push(show('-', names, fields));
            Ok(())
        })
        .unwrap();
    changes
        .added(|names, fields| {
            lines.push(show('+', names, fields));
            Ok(())
        })
        .unwrap();
    (changes, lines)
}

fn step(store: &mut Store, sql: &str, epoch: i64, columns: &[&str], rows: Rows<'_>) -> (i64, Vec<String>) {
    let (changes, lines) = ask(store, sql, epoch, columns, rows);
    let counter = changes.counter;
    changes.commit(store).unwrap();
    (counter, lines)
}

#[test]
fn multisets_counters_and_epochs() {
    let mut store = Store::in_memory().unwrap();
    let mut check = |epoch, columns: &[&str], rows: Rows<'_>, counter, expect: &[&str]| {
        assert_eq!(
            step(&mut store, "select", epoch, columns, rows),
            (counter, expect.iter().map(|line| (*line).to_owned()).collect())
        );
    };
    let (a, b, c) = (&["a"][..], &["b"][..], &["c"][..]);
    let k = &["k"];
    check(0, k, &[a, a], 0, &[r#"+{"k":"a"}"#, r#"+{"k":"a"}"#]);
    check(0, k, &[a, a], 0, &[]);
    check(0, k, &[b, a, a, a], 1, &[r#"+{"k":"b"}"#, r#"+{"k":"a"}"#]);
    check(0, k, &[a, c], 2, &[r#"-{"k":"a"}"#, r#"-{"k":"b"}"#, r#"-{"k":"a"}"#, r#"+{"k":"c"}"#]);
    check(0, k, &[], 3, &[r#"-{"k":"a"}"#, r#"-{"k":"c"}"#]);
    check(0, k, &[], 3, &[]);
    // Another epoch knows nothing of the one before; nothing is removed.
    check(5, k, &[a], 0, &[r#"+{"k":"a"}"#]);
    check(5, k, &[a, b], 1, &[r#"+{"k":"b"}"#]);
    // Other columns are other rows; another order of columns is not.
    check(
        5,
        &["k", "v"],
        &[&["a", "1"], &["b", "2"]],
        2,
        &[r#"-{"k":"a"}"#, r#"-{"k":"b"}"#, r#"+{"k":"a","v":"1"}"#, r#"+{"k":"b","v":"2"}"#],
    );
    check(5, &["v", "k"], &[&["2", "b"], &["1", "a"]], 2, &[]);
}

#[test]
fn what_is_not_committed_comes_again() {
    let mut store = Store::in_memory().unwrap();
    let rows: Rows<'_> = &[&["a"]];
    let first = ask(&mut store, "s", 0, &["k"], rows);
    assert!(first.0.first && !first.0.known);
    drop(first.0);
    let (again, lines) = ask(&mut store, "s", 0, &["k"], rows);
    assert_eq!((again.counter, &lines), (0, &first.1));
    again.commit(&mut store).unwrap();
    let (idle, _) = ask(&mut store, "s", 0, &["k"], rows);
    assert!(idle.is_idle());
    let (other, lines) = ask(&mut store, "other text", 0, &["k"], rows);
    assert!(other.new_sql && !other.is_idle() && lines.is_empty());
    assert_eq!(other.counter, 0);
}

/// Many random steps: what was logged, applied to what was there, is what is there; with restarts in between.
#[test]
fn the_log_replays() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Store::open(folder.path(), 0).unwrap().store;
    let mut store = open();
    let mut state: BTreeMap<String, i64> = BTreeMap::new();
    let mut random = 1_u64;
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let mut current: Vec<String> = Vec::new();
    let mut deleted = 0;
    for round in 0..300 {
        // Mostly small changes, sometimes another world.
        if next(20) == 0 {
            current = (0..next(900)).map(|_| format!("{}", next(500))).collect();
        }
        for _ in 0..next(30) {
            if next(2) == 0 || current.is_empty() {
                current.push(format!("{}", next(500)));
            } else {
                let place = next(current.len() as u64) as usize;
                current.swap_remove(place);
            }
        }
        let rows: Vec<[&str; 1]> = current.iter().map(|value| [value.as_str()]).collect();
        let rows: Vec<&[&str]> = rows.iter().map(<[&str; 1]>::as_slice).collect();
        let (changes, lines) = ask(&mut store, "s", 0, &["k"], &rows);
        let counts = changes.counts();
        assert_eq!(lines.len() as u64, counts.0 + counts.1);
        changes.commit(&mut store).unwrap();
        for line in lines {
            let (sign, row) = line.split_at(1);
            *state.entry(row.to_owned()).or_default() += if sign == "+" { 1 } else { -1 };
            deleted += u64::from(sign == "-");
        }
        state.retain(|_, count| *count != 0);
        let mut expect: BTreeMap<String, i64> = BTreeMap::new();
        current.iter().for_each(|value| *expect.entry(format!(r#"{{"k":"{value}"}}"#)).or_default() += 1);
        assert_eq!(state, expect, "round {round}");
        if round % 17 == 0 {
            drop(store);
            store = open();
        }
    }
    let kept: i64 = store.connection.query_row("SELECT count(*) FROM rows", (), |row| row.get(0)).unwrap();
    assert!(deleted > 2000 && kept < 5000, "{deleted} rows went, {kept} are stored");
}

#[test]
fn damage_is_told() {
    let mut store = Store::in_memory().unwrap();
    step(&mut store, "s", 0, &["k"], &[&["a"], &["b"]]);
    for sql in ["UPDATE hashes SET hashes = x'00'", "DELETE FROM hashes", "UPDATE queries SET live = 7"] {
        store.connection.execute_batch(&format!("SAVEPOINT s; {sql}")).unwrap();
        let error = Differ::new(&store, "q", 0).unwrap_err();
        assert!(error.is_damage(), "{sql}: {error}");
        store.connection.execute_batch("ROLLBACK TO s; RELEASE s").unwrap();
    }
}

#[test]
fn many_equal_rows_cost_no_more_than_others() {
    let mut last = Last::new((0..200_000).map(|place| Entry { hash: (7, 7), place, found: 0 }).collect());
    assert!((0..200_000).all(|_| last.find((7, 7))));
    assert!(!last.find((7, 7)));
    assert!(last.gone().is_empty());
}

/// More rows in another order than are put aside, blocks of hashes that are full, thinned out and emptied.
#[test]
fn large_results_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path(), 0).unwrap().store;
    let mut run = |numbers: &mut dyn Iterator<Item = u32>| {
        let rows: Vec<[String; 1]> = numbers.map(|number| [format!("{number:060}")]).collect();
        let mut differ = Differ::new(&store, "q", 0).unwrap();
        differ.begin(["k"]);
        for row in &rows {
            assert_eq!(differ.row(|_| Cell::Text(row[0].as_bytes())).unwrap(), 61);
        }
        let changes = differ.finish("select").unwrap();
        let counts = changes.counts();
        changes.commit(&mut store).unwrap();
        counts
    };
    const ALL: u32 = 30_000;
    assert_eq!(run(&mut (0..ALL)), (ALL.into(), 0));
    assert_eq!(run(&mut (0..ALL).rev()), (0, 0));
    assert_eq!(run(&mut (1000..ALL + 5).rev()), (5, 1000));
    assert_eq!(run(&mut (1000..ALL + 5)), (0, 0));
    assert_eq!(run(&mut (0..ALL).filter(|number| number % 2 == 0)), (500, 14_505));
    assert_eq!(run(&mut (0..ALL).rev().filter(|number| number % 2 == 0)), (0, 0));
    assert_eq!(run(&mut std::iter::empty()), (0, 15_000));
    assert_eq!(run(&mut (7..9)), (2, 0));
    assert_eq!(run(&mut std::iter::empty()), (0, 2));
    let kept: i64 = store.connection.query_row("SELECT count(*) FROM hashes", (), |row| row.get(0)).unwrap();
    assert_eq!(kept, 1, "rows that are few are named as gone, and not deleted yet");
}
