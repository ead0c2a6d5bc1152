//! Tables whose rows a constraint chooses: how many choices are under way at a time, and how they are joined.

use crate::fixture::ask;
use plumb_host::Mem;
use plumb_schema::{
    AnyTable, Column, Cost, Cx, Ops, Platforms, Registry, Request, Rows, Table, Unattended, Value, text,
};
use plumb_sql::{Budget, Engine, Settings};
use std::cell::Cell;
use std::sync::Arc;

/// A row of a place: every place has a hundred.
struct Item {
    place: Vec<u8>,
    n: i64,
}

thread_local! {
    /// Listings that are open, the most that were, all that were opened, and rows that were given.
    static COUNTS: [Cell<usize>; 4] = const { [Cell::new(0), Cell::new(0), Cell::new(0), Cell::new(0)] };
}

/// An open listing, as a directory's is.
struct Listing;

impl Listing {
    fn open() -> Self {
        COUNTS.with(|[open, most, opened, _]| {
            open.set(open.get() + 1);
            most.set(most.get().max(open.get()));
            opened.set(opened.get() + 1);
        });
        Self
    }
}

impl Drop for Listing {
    fn drop(&mut self) {
        COUNTS.with(|[open, ..]| open.set(open.get() - 1));
    }
}

static LISTED: Table<Item> = Table {
    name: "listed",
    doc: "Needs a place.",
    on: Platforms::ALL,
    columns: &[
        Column::text("place", "Place", |i: &Item| text(&i.place)).key().required(Ops::EQ.and(Ops::LIKE)),
        Column::bigint("n", "Number", |i: &Item| Some(i.n)),
        Column::bigint("ten", "Tens", |i: &Item| Some(i.n / 10)),
    ],
    scan,
    cost: Cost { rows: 1000, row: 10 },
    ..Table::EMPTY
};

/// Gives the rows of user 0 when no user is asked for.
static OWNED: Table<i64> = Table {
    name: "owned",
    doc: "Is about the one who asks.",
    on: Platforms::ALL,
    columns: &[
        Column::bigint("uid", "User", |uid: &i64| Some(*uid)).key().seek(|_, uid, _| Box::new([uid].into_iter())),
        Column::text("kind", "Kind", |_: &i64| text("k")),
    ],
    scan: |_, _| Box::new([0].into_iter()),
    user_data: true,
    ..Table::EMPTY
};

type Place = (i64, i64);

/// Two rows in each room that is asked for, the first one unless others are; without a key.
static ROOMS: Table<Place> = Table {
    name: "rooms",
    doc: "Rooms and what is in them.",
    on: Platforms::ALL,
    columns: &[
        Column::bigint("n", "Number", |(_, n): &Place| Some(*n)).additional().seek(place_in_rooms),
        Column::integer("room", "Room", |(room, _): &Place| Some(*room)).parameter(Ops::EQ),
        Column::text("kind", "Kind", |_: &Place| text("k")),
    ],
    scan: places_in_rooms,
    ..Table::EMPTY
};

/// The same with a key.
static KEYED: Table<Place> = Table {
    name: "keyed",
    doc: "Rooms and what is in them.",
    on: Platforms::ALL,
    columns: &[
        Column::bigint("n", "Number", |(_, n): &Place| Some(*n)).key().additional().seek(place_in_rooms),
        Column::integer("room", "Room", |(room, _): &Place| Some(*room)).key().parameter(Ops::EQ),
    ],
    scan: places_in_rooms,
    ..Table::EMPTY
};

/// The values that a column is asked for, or 1.
fn asked(request: &Request, column: &'static str) -> Vec<i64> {
    let asked = request.constraints().iter().any(|constraint| constraint.column == column);
    if asked { request.ints(column).collect() } else { vec![1] }
}

fn places_in_rooms(_: &Arc<Cx>, request: &Request) -> Rows<Place> {
    Box::new(asked(request, "room").into_iter().flat_map(|room| [(room, 0), (room, 1)]))
}

fn place_in_rooms(_: &Arc<Cx>, n: i64, request: &Request) -> Rows<Place> {
    Box::new(asked(request, "room").into_iter().map(move |room| (room, n)))
}

/// A row for each floor of each house that is asked for, the first ones unless others are.
static FLOORS: Table<Place> = Table {
    name: "floors",
    doc: "Chosen by two columns.",
    on: Platforms::ALL,
    columns: &[
        Column::integer("house", "House", |(house, _): &Place| Some(*house)).parameter(Ops::EQ),
        Column::integer("floor", "Floor", |(_, floor): &Place| Some(*floor)).parameter(Ops::EQ),
    ],
    scan: |_, request| {
        let (houses, floors) = (asked(request, "house"), asked(request, "floor"));
        Box::new(houses.into_iter().flat_map(move |house| floors.clone().into_iter().map(move |floor| (house, floor))))
    },
    ..Table::EMPTY
};

/// A row for each factor that is asked for.
static SCALED: Table<f64> = Table {
    name: "scaled",
    doc: "Chosen by a number with a fraction.",
    on: Platforms::ALL,
    columns: &[Column::double("factor", "Factor", |factor: &f64| Some(*factor)).parameter(Ops::EQ)],
    scan: |_, request| {
        let asked: Vec<Value<'static>> = request.constraints().iter().flat_map(|c| c.values.clone()).collect();
        Box::new(
            asked.into_iter().filter_map(|value| if let Value::Real(factor) = value { Some(factor) } else { None }),
        )
    },
    ..Table::EMPTY
};

/// Cannot be read without a time to begin at.
static TIMED: Table<i64> = Table {
    name: "timed",
    doc: "What happened since.",
    on: Platforms::ALL,
    columns: &[Column::bigint("t", "Time", |t: &i64| Some(*t)).key().required(Ops::GE.and(Ops::GT))],
    scan: |_, _| Box::new(0..10),
    unique: true,
    ..Table::EMPTY
};

fn scan(_: &Arc<Cx>, request: &Request) -> Rows<Item> {
    let asked: Vec<Value<'static>> = request.constraints().iter().flat_map(|c| c.values.clone()).collect();
    Box::new(asked.into_iter().flat_map(|value| {
        let place: Vec<u8> = value.as_text().unwrap_or_default().iter().copied().filter(|byte| *byte != b'%').collect();
        let listing = Listing::open();
        (0..100).map(move |n| {
            let _ = &listing;
            COUNTS.with(|[.., rows]| rows.set(rows.get() + 1));
            Item { place: place.clone(), n }
        })
    }))
}

fn engine() -> Engine {
    let registry = Registry::new([&LISTED as &'static dyn AnyTable, &OWNED, &ROOMS, &KEYED, &FLOORS, &SCALED, &TIMED]);
    let agent = Arc::new(Unattended(registry.clone()));
    let (host, budget) = (Arc::new(Mem::new()), Budget::default());
    Engine::open(Settings { registry, host, agent, budget, planner: true }).expect("an engine opens")
}

/// The answer, and the counts: the most that were open, opened, rows.
fn counted(sql: &str) -> (String, [usize; 3]) {
    COUNTS.with(|counts| counts.iter().for_each(|count| count.set(0)));
    let mut engine = engine();
    let rows = ask(&mut engine, sql).0.expect(sql).join(";");
    (
        rows,
        COUNTS.with(|[open, most, opened, rows]| {
            assert_eq!(open.get(), 0, "all are closed: {sql}");
            [most.get(), opened.get(), rows.get()]
        }),
    )
}

const NUMBERS: &str = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 300) ";

/// An EXISTS leaves a listing when it has seen one row. Every one may hold a descriptor, of which there are few.
#[test]
fn few_are_under_way() {
    let exists = "EXISTS (SELECT 1 FROM listed l WHERE l.place = '/d' || r.n)";
    let (rows, [most, opened, _]) = counted(&format!("{NUMBERS} SELECT count(*) FROM r WHERE {exists}"));
    assert_eq!((rows.as_str(), opened), ("300", 300));
    assert!((2..20).contains(&most), "{most} at a time");
    // Asked again, it is the same picture.
    let (rows, [_, opened, _]) = counted(&format!("{NUMBERS} SELECT sum({exists} AND {exists}) FROM r"));
    assert_eq!((rows.as_str(), opened), ("300", 300));
}

/// What an outer loop is reading is not read ahead because inner ones are many.
#[test]
fn a_limit_stops_the_outer_one() {
    let (rows, [_, opened, rows_read]) = counted(
        "SELECT count(*) FROM (SELECT 1 FROM listed a WHERE a.place LIKE 'x%' AND \
         EXISTS (SELECT 1 FROM listed b WHERE b.place = '/d' || a.n) LIMIT 50)",
    );
    assert_eq!((rows.as_str(), opened), ("50", 51));
    assert!(rows_read < 50 + 50 * 100, "{rows_read} rows: the last ones are left unread");
}

/// Two choices by constants are two collections, joined by a hash and not by comparing all with all.
#[test]
fn constants_choose_what_can_be_hashed() {
    for (join, rows, hashed) in [
        ("a.ten = b.ten WHERE a.place LIKE 'x%' AND b.place LIKE 'y%'", "1000", true),
        ("a.ten = b.n WHERE a.place = 'x' AND b.place = 'y'", "100", true),
        ("a.ten = b.ten WHERE a.place = 'x' AND b.place = a.place", "1000", true),
        ("a.ten = b.ten WHERE a.place LIKE 'x%' AND b.place = a.place || 'y'", "1000", false),
        ("a.ten = b.ten WHERE a.place = 'x' AND b.place = 'y' AND b.place = a.place || ''", "0", true),
    ] {
        let sql = format!("SELECT count(*) FROM listed a JOIN listed b ON {join}");
        assert_eq!(counted(&sql).0, rows, "{join}");
        let plan = counted(&format!("EXPLAIN QUERY PLAN {sql}")).0;
        assert_eq!(plan.contains(":hash "), hashed, "{plan}");
    }
}

/// SQLite keeps one of the values of a list that are equal by the list's collation, and it may be the other one.
#[test]
fn lists_of_another_collation_choose_only_where_nothing_else_does() {
    for (sql, expect) in [
        (
            "SELECT count(*) FROM (VALUES ('a'), ('b')) AS v JOIN listed AS l ON l.place = v.column1 \
             WHERE l.place COLLATE NOCASE IN ('a', 'A')",
            "100",
        ),
        ("SELECT count(*) FROM listed WHERE place = 'a' AND place COLLATE NOCASE IN ('a', 'A')", "100"),
        ("SELECT count(*) FROM listed WHERE place COLLATE NOCASE = 'a'", "100"),
    ] {
        assert_eq!(counted(sql).0, expect, "{sql}");
    }
}

/// However a number is spelled, it asks for that user, and not for the one who asks.
#[test]
fn users_are_looked_up_in_every_spelling() {
    for value in ["7", "'7'", "' 7 '", "7.0", "'7.0'", "'7e0'", "'+7'", "CAST(7 AS REAL)", "'0.7e1' COLLATE NOCASE"] {
        let sql = format!("SELECT uid FROM owned WHERE uid = {value}");
        assert_eq!(counted(&sql).0, "7", "{sql}");
    }
    assert_eq!(counted("SELECT uid FROM owned WHERE uid IN ('7.0', '8', 7)").0, "7;8");
    assert_eq!(counted("SELECT uid FROM owned").0, "0");
}

/// Who asks about nobody, as root, is told that the answer is about the one who asks; once a statement.
#[test]
fn who_asks_about_nobody_is_told() {
    for (sql, told) in [
        ("SELECT uid FROM owned", 1),
        ("SELECT a.uid FROM owned AS a, owned AS b", 1),
        ("SELECT uid FROM owned WHERE kind = 'k'", 1),
        ("SELECT uid FROM owned WHERE uid = 7", 0),
        ("SELECT uid FROM owned WHERE uid IN (7, 8)", 0),
        ("SELECT v.column1 FROM (VALUES (1), (2)) AS v JOIN owned ON uid = v.column1", 0),
        ("SELECT room FROM rooms", 0),
    ] {
        let mut engine = engine();
        ask(&mut engine, sql).0.expect(sql);
        let warnings = engine.take_warnings();
        assert_eq!(warnings.iter().filter(|line| line.contains("The owned table")).count(), told, "{sql}");
    }
}

/// SQLite takes rows of one place for one row when it looks for both sides of an OR, and rows of two places for two.
#[test]
fn users_have_one_place_however_they_are_asked_for() {
    for (rest, expect) in [
        ("FROM owned WHERE uid = 7 + 0 OR uid = 8", "7;8"),
        ("FROM owned WHERE uid = 8 + 0 OR uid = 7 OR uid = 7 + 1", "7;8"),
        ("FROM owned WHERE uid = 7 + 0 OR uid IN (8, 9)", "7;8;9"),
        ("FROM owned WHERE uid IN (7, 8) OR uid = 7 + 0", "7;8"),
        ("FROM owned WHERE uid = 7 + 0 OR uid IN (9, '7.0', 8, 9) OR uid IN (7, 9)", "7;8;9"),
        ("FROM owned WHERE uid IN (0, 1) OR kind = 'k' || ''", "0;1"),
        ("FROM owned WHERE kind = 'k' || '' OR uid = '0' || ''", "0"),
        ("FROM (VALUES (0), (1)) AS v RIGHT JOIN owned ON uid = v.column1", "0;1"),
        ("FROM (VALUES (1)) AS v RIGHT JOIN owned ON uid IN (v.column1, 2)", "0;1;2"),
        ("FROM (VALUES ('k')) AS v RIGHT JOIN owned ON kind = v.column1 AND uid >= 0", "0"),
    ] {
        let sql = format!("SELECT uid {rest} ORDER BY uid");
        assert_eq!(counted(&sql).0, expect, "{sql}");
    }
}

/// Constraints that choose rows may name a choice more than once, within a list and on both sides of an OR.
#[test]
fn rows_of_a_choice_come_once() {
    for (condition, expect) in [
        ("room = 1 AND room IN (1, 2)", "1;1"),
        ("room = 1 AND room = '1.0' AND room IN (2, 1)", "1;1"),
        ("room = '2.0'", "2;2"),
        ("n = 0 AND room IN (1, 2) OR n = 0 + 0 AND room = 1", "1;2"),
        ("n = 0 AND room IN (1, 2) OR n = 1 AND room IN (2, 3) OR n = 0 + 0 AND room IN ('3', 2)", "1;2;2;3;3"),
        ("room = 7 AND room = NULL", ""),
    ] {
        let sql = format!("SELECT room FROM rooms WHERE {condition} ORDER BY room");
        assert_eq!(counted(&sql).0, expect, "{sql}");
    }
}

/// A choice that is a subquery is not lost where SQLite could look up each side of an OR beside it.
#[test]
fn choices_of_subqueries_stand_beside_or() {
    for (choice, expect) in [
        ("room = (SELECT 2)", "2"),
        ("room IN (SELECT 3)", "3;3"),
        ("room IN (VALUES (2), (3))", "2;3;3"),
        ("room IN (2, 3)", "2;3;3"),
        ("room = 3", "3;3"),
    ] {
        let sql = format!("SELECT room FROM rooms WHERE {choice} AND (n = 0 OR n = 1 AND room > 2) ORDER BY room");
        assert_eq!(counted(&sql).0, expect, "{sql}");
    }
    let joined = "SELECT room FROM (SELECT 3 AS x) AS s JOIN rooms ON room = s.x WHERE n = 0 OR n = 1 AND room > 2";
    assert_eq!(counted(joined).0, "3;3");
    // A list beside what another table tells; sides that are no lookups, but of which fewer rows are expected.
    for (sql, expect) in [
        (
            "(VALUES (1), (2)) AS v JOIN rooms AS a ON a.room = v.column1 WHERE a.room IN (SELECT 2) AND (a.n = 0 OR a.n = 1)",
            "2",
        ),
        (
            "(VALUES (1), (2)) AS v JOIN rooms AS a ON a.room = v.column1 WHERE a.room IN (SELECT 2) AND (a.kind = 'k' OR a.kind = 1)",
            "2",
        ),
        ("rooms AS a WHERE a.room IN (SELECT 2) AND (a.n = 0 AND a.room = 1 OR a.n = 1 OR a.n = '0')", "2"),
        ("rooms AS a WHERE a.room IN (SELECT 2) AND (a.kind = 'k' OR a.kind = 1)", "2"),
        ("rooms AS a WHERE n = 0 AND room IN (SELECT 2) OR n = 1 AND room IN (SELECT 3)", "2"),
    ] {
        let sql = format!("SELECT count(*) FROM {sql}");
        assert_eq!(counted(&sql).0, expect, "{sql}");
    }
    // The same table stands twice, once beside an OR and once chosen.
    for (sql, expect) in [
        ("rooms AS a RIGHT JOIN rooms AS b ON a.n = b.n RIGHT JOIN rooms AS c ON b.room = c.room", "4"),
        ("rooms AS a FULL JOIN rooms AS b ON b.n = a.n RIGHT JOIN rooms AS c ON b.room = c.room AND c.n = a.n", "2"),
        (
            "(SELECT 1 AS x) AS s RIGHT JOIN keyed AS a ON s.x = a.room COLLATE RTRIM AND (a.n = 0 OR s.x = a.n) WHERE a.n = 1",
            "1",
        ),
        (
            "(SELECT 2 AS x) AS s LEFT JOIN rooms AS a ON a.room = s.x WHERE EXISTS \
             (SELECT 1 FROM rooms AS b WHERE (b.n = a.n OR b.n = s.x) AND b.room < a.room)",
            "2",
        ),
        (
            "(SELECT n FROM keyed WHERE room IN (SELECT 1) OR n IN (SELECT 0) UNION ALL \
             SELECT n FROM keyed WHERE n IN (SELECT 0) OR n IN (SELECT 1))",
            "4",
        ),
        (
            "(SELECT 2 AS x) AS s, keyed AS a WHERE a.room = s.x AND EXISTS \
             (SELECT 1 FROM keyed AS b WHERE b.n = a.n OR b.n = s.x)",
            "2",
        ),
    ] {
        let sql = format!("SELECT count(*) FROM {sql}");
        assert_eq!(counted(&sql).0, expect, "{sql}");
    }
}

/// Of tables that choose each other's rows one is read as if nobody asked. None misses a choice that another order gives it.
#[test]
fn equal_choices_of_two_tables_lose_no_third_one() {
    let two = "(VALUES (1), (2))";
    for (join, expect) in [
        ("rooms AS a, rooms AS b WHERE a.room = b.room AND a.n = b.n", "2"),
        ("rooms AS a, floors AS b, floors AS c WHERE a.room = b.house AND b.floor = c.floor AND c.house = 2", "2"),
        (&format!("floors AS a, {two} AS v, floors AS b WHERE a.house = v.column1 AND a.floor = b.floor"), "2"),
        (&format!("{two} AS v, floors AS a, floors AS b WHERE a.house = v.column1 AND a.floor = b.floor"), "2"),
        (
            &format!(
                "floors AS a, {two} AS v, floors AS b, {two} AS w \
                 WHERE a.house = v.column1 AND a.floor = b.floor AND b.house = w.column1"
            ),
            "4",
        ),
        (
            &format!(
                "(SELECT a.* FROM floors AS a JOIN {two} AS v ON a.house = v.column1) AS a FULL JOIN \
                 (SELECT 9 AS x) AS s ON a.house = s.x, floors AS b WHERE a.floor = b.floor"
            ),
            "2",
        ),
    ] {
        let sql = format!("SELECT count(*) FROM {join}");
        assert_eq!(counted(&sql).0, expect, "{sql}");
    }
}

/// Numbers with a fraction choose too, each its own rows.
#[test]
fn fractions_choose() {
    for (sql, expect) in [
        ("SELECT factor FROM scaled WHERE factor = 1.5", "1.5"),
        ("SELECT factor FROM scaled WHERE factor IN (1.25, 2.5) ORDER BY factor", "1.25;2.5"),
        ("SELECT factor FROM (VALUES (1.25), (1.5), (2.5)) AS v JOIN scaled ON factor = v.column1", "1.25;1.5;2.5"),
    ] {
        assert_eq!(counted(sql).0, expect, "{sql}");
    }
}

/// Outer joins look for rows by one choice, and for those that are left over by another, which gives some of them again.
#[test]
fn rows_that_a_choice_found_are_not_left_over() {
    for (join, expect) in [
        ("(VALUES (1)) AS v RIGHT JOIN rooms ON room = v.column1", "1;1"),
        ("(VALUES (1)) AS v FULL JOIN rooms ON room = v.column1", "1;1"),
        ("(VALUES (2), (1)) AS v RIGHT JOIN rooms ON room = v.column1", "1;1;2;2"),
        ("(VALUES (2)) AS v FULL JOIN rooms ON room = v.column1", "1;1;2;2"),
        ("(VALUES (1)) AS v RIGHT JOIN rooms ON room = v.column1 AND n = 1", "1;1"),
        ("(VALUES (1)) AS v RIGHT JOIN rooms ON room = v.column1 AND n IN (0, 1)", "1;1"),
        ("(VALUES (2)) AS v FULL JOIN rooms ON room = v.column1 AND n IN (0, 1)", "1;1;2;2"),
    ] {
        let sql = format!("SELECT room FROM {join} ORDER BY room");
        assert_eq!(counted(&sql).0, expect, "{sql}");
    }
}

/// What a table needs is what it takes; where that is certain, the analysis says so before SQLite does.
#[test]
fn tables_need_what_they_take() {
    for (condition, runs, finds) in [
        ("t > 7", true, false),
        ("t >= 8", true, false),
        ("7 < t", true, false),
        ("8 <= t", true, false),
        ("t BETWEEN 8 AND 9", true, false),
        ("t > 7 AND t < 100", true, false),
        ("t < 3", false, true),
        ("3 > t", false, true),
        ("t + 1 > 3", false, true),
        ("t NOT BETWEEN 3 AND 4", false, true),
        ("t LIKE '%'", false, false),
        ("coalesce(t > 7, 0)", false, false),
        ("coalesce(t < 7, 0)", false, true),
        ("1", false, true),
    ] {
        let (mut engine, sql) = (engine(), format!("SELECT count(*) FROM timed WHERE {condition}"));
        assert_eq!(engine.analyse(&sql).has_errors(), finds, "{sql}");
        let answer = ask(&mut engine, &sql).0;
        assert_eq!(answer.as_ref().ok().map(|rows| rows.join(";")), runs.then(|| "2".to_owned()), "{sql}: {answer:?}");
    }
}

/// What SQLite is told of a choice: how it is made, what it costs and how many rows it gives.
#[test]
fn choices_cost_what_they_find() {
    let dear =
        [(100.0, 100), (20000.0, 2000)].map(|(cost, rows)| format!("cost {}, rows {rows}000000000000000", cost * 1e60));
    let mut wrong = Vec::new();
    for (sql, expect) in [
        ("listed WHERE place = 'x'", "listed: scan; place = (cost 20, rows 2)"),
        ("listed WHERE place IN ('x', 'y')", "listed: scan; place in (cost 200, rows 20)"),
        ("listed WHERE place LIKE 'x%'", "listed: scan; place like (cost 20000, rows 2000)"),
        ("listed WHERE place = 'x' AND n = 3", "listed: scan; place = (cost 20, rows 2)"),
        ("listed WHERE place = 'x' AND n IN (3, 4)", "listed: scan; place = (cost 20, rows 2)"),
        (
            "listed a JOIN listed b ON a.ten = b.ten WHERE a.place LIKE 'x%' AND b.place = 'y'",
            "listed: hash ten =; place = (cost 1.4, rows 1) | listed: hash ten =; place like (cost 500, rows 100) | listed: scan; place = (cost 20, rows 2) | listed: scan; place like (cost 20000, rows 2000)",
        ),
        ("owned", "owned: scan (cost 100, rows 100)"),
        ("owned WHERE uid = 7", "owned: index uid = (cost 6, rows 5)"),
        ("owned WHERE uid IN (7, 8)", "owned: index uid in (cost 21, rows 20)"),
        ("owned WHERE kind = 'k'", "owned: scan (cost 100, rows 5)"),
        (
            "(VALUES (1)) AS v JOIN owned ON uid = v.column1",
            "owned: index uid = (cost 6, rows 5) | owned: scan (cost too much, rows too many)",
        ),
        ("(VALUES (1)) AS v JOIN owned ON uid > v.column1", "owned: scan (cost 100, rows 25)"),
        ("rooms", "rooms: scan (cost 100, rows 100)"),
        ("rooms WHERE room = 1", "rooms: scan; room = (cost 100, rows 5)"),
        ("rooms WHERE room IN (1, 2)", "rooms: scan; room in (cost 100, rows 25)"),
        (
            "(VALUES ('x')) AS v JOIN listed ON place = v.column1 WHERE place LIKE 'x%'",
            "listed: scan; place =; place like (cost 20, rows 2) | listed: scan; place like (cost too much, rows too many)",
        ),
        ("rooms WHERE n = 1", "rooms: index n = (cost 6, rows 5)"),
        ("rooms WHERE n = 1 AND room = 2", "rooms: index n =; room = (cost 6, rows 5)"),
        (
            "(VALUES (1)) AS v JOIN rooms ON room = v.column1",
            "rooms: scan (cost too much, rows too many) | rooms: scan; room = (cost 100, rows 5)",
        ),
        // What compares by another collation tells no choice: there is nothing to wait for.
        (
            "(VALUES ('1')) AS v JOIN rooms ON n = v.column1 AND room = v.column1 COLLATE NOCASE",
            "rooms: index n = (cost 6, rows 5) | rooms: scan (cost 100, rows 100)",
        ),
        (
            "(VALUES (1)) AS v JOIN rooms ON n = v.column1 AND room = 2",
            "rooms: index n =; room = (cost 6, rows 5) | rooms: scan; room = (cost 100, rows 5)",
        ),
    ] {
        let mut engine = engine();
        ask(&mut engine, &format!("EXPLAIN SELECT 1 FROM {sql}")).0.expect(sql);
        let mut lines = engine.take_trace();
        lines.sort_unstable();
        lines.dedup();
        let lines: Vec<String> = lines
            .iter()
            .map(|line| {
                let line = line.replace("xBestIndex ", "");
                dear.iter().fold(line, |line, dear| line.replace(dear, "cost too much, rows too many"))
            })
            .collect();
        let told = lines.join(" | ");
        if told != expect {
            wrong.push(format!("(\"{sql}\", \"{told}\"),"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// In joins of four tables and more too, no table of user data is read for the one who asks when users are asked for.
#[test]
fn users_of_large_joins_are_looked_up() {
    let users = "(VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17))";
    let some = format!("(SELECT s.uid, s.kind FROM owned AS s JOIN {users} AS v ON s.uid = v.column1)");
    for (sql, expect) in [
        (format!("SELECT count(*) FROM {some} AS a JOIN {some} AS b ON b.uid IN (a.uid)"), "17"),
        (
            format!(
                "SELECT count(*) FROM {some} AS a JOIN {some} AS b ON b.uid IN (a.uid) \
                 JOIN {some} AS c ON CAST(c.uid AS TEXT) = CAST(a.uid AS TEXT) AND c.kind = 'k'"
            ),
            "17",
        ),
    ] {
        assert_eq!(counted(&sql).0, expect, "{sql}");
    }
}
