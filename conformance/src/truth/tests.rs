use super::*;
use crate::answer::Cell;
use std::collections::BTreeSet;

/// An engine that always gives one answer.
struct Parrot(Result<Vec<Row>, String>);

impl Engine for Parrot {
    fn ask(&mut self, _: &str) -> Result<Vec<Row>, String> {
        self.0.clone()
    }
}

fn row(cells: &[(&str, &str)]) -> Row {
    cells.iter().map(|(name, value)| ((*name).to_owned(), Some(value.as_bytes().to_vec()) as Cell)).collect()
}

const PRINTF: Truth = Truth {
    name: "printf",
    table: "t",
    program: "printf",
    package: "coreutils",
    run: Run::Args(&["1 x\\n2 y\\n"]),
    read: |out| read::columns(out, &["id", "value"]),
    sql: "select id, value from t where '{tree}' <> ''",
    key: &["id"],
    ..Truth::EMPTY
};

#[test]
fn verdicts() {
    let scene = Scene::new().expect("a scene");
    let right = vec![row(&[("id", "1"), ("value", "x")]), row(&[("id", "2"), ("value", "y")])];
    let pass = PRINTF.check(&scene, &mut Parrot(Ok(right.clone())));
    assert_eq!(pass, Outcome { verdict: Verdict::Pass, judged: 2, unsteady: 0 });

    let wrong = vec![right[0].clone(), row(&[("id", "2"), ("value", "z")]), row(&[("id", "3")])];
    for volatile in [false, true] {
        let outcome = Truth { volatile, ..PRINTF }.check(&scene, &mut Parrot(Ok(wrong.clone())));
        let Verdict::Fail(why) = outcome.verdict else { panic!("{outcome:?}") };
        assert!(why.starts_with("2 differences between printf (-) and select id, value from t where '/"), "{why}");
        assert!(
            why.contains("id=\"2\" value\n    - \"y\"\n    + \"z\"") && why.contains("+ id=\"3\" (no such row)"),
            "{why}"
        );
    }

    let error = PRINTF.check(&scene, &mut Parrot(Err("no such table: t".to_owned())));
    assert!(matches!(&error.verdict, Verdict::Fail(why) if why.ends_with(": no such table: t")), "{error:?}");
}

#[test]
fn nothing_to_judge_is_a_skip() {
    let scene = Scene::new().expect("a scene");
    let nothing = Truth { run: Run::Args(&[""]), ..PRINTF };
    let missing = Truth { program: "no-such-program", ..PRINTF };
    let script = Truth { run: Run::Script("echo 1 x"), ..missing };
    let unsteady = Truth { run: Run::Script("echo $$ x"), ..PRINTF };
    for (truth, expect) in [
        (nothing, "no rows"),
        (unsteady, "no rows"),
        (missing, "no-such-program is not installed: apt-get install coreutils"),
        (script, "no-such-program is not installed: apt-get install coreutils"),
    ] {
        let verdict = truth.check(&scene, &mut Parrot(Ok(Vec::new()))).verdict;
        assert_eq!(verdict, Verdict::Skip(expect.to_owned()));
    }
}

/// An agent whose output is JSON cannot say `\xff`.
#[test]
fn bytes_that_the_agent_cannot_say() {
    let scene = Scene::new().expect("a scene");
    let odd = Truth { run: Run::Args(&["1 \\377\\n2 y\\n"]), ..PRINTF };
    for (said, holds) in [("\u{fffd}", true), ("\u{fffd}\u{fffd}", false), ("?", false)] {
        let rows = vec![row(&[("id", "1"), ("value", said)]), row(&[("id", "2"), ("value", "y")])];
        let verdict = odd.check(&scene, &mut Parrot(Ok(rows))).verdict;
        assert_eq!(verdict == Verdict::Pass, holds, "{said}: {verdict:?}");
    }
}

/// A difference that does not show in every round is none, if the rows change all the time.
#[test]
fn rounds() {
    struct Stutter(u32);
    impl Engine for Stutter {
        fn ask(&mut self, _: &str) -> Result<Vec<Row>, String> {
            self.0 += 1;
            let value = if self.0 < 3 { "?" } else { "x" };
            Ok(vec![row(&[("id", "1"), ("value", value)]), row(&[("id", "2"), ("value", "y")])])
        }
    }
    let scene = Scene::new().expect("a scene");
    let calm = PRINTF.check(&scene, &mut Stutter(0)).verdict;
    assert!(matches!(calm, Verdict::Fail(_)), "{calm:?}");
    let busy = Truth { volatile: true, ..PRINTF }.check(&scene, &mut Stutter(0)).verdict;
    assert_eq!(busy, Verdict::Pass);
}

#[test]
fn truths_are_sound() {
    let registry = plumb_tables::registry();
    let tables: Vec<&str> = registry.on(plumb_schema::Platforms::LINUX).map(plumb_schema::AnyTable::name).collect();
    let mut names = BTreeSet::new();
    for truth in all().chain(in_a_tree()) {
        assert!(names.insert(truth.name), "{} twice", truth.name);
        assert!(truth.name.starts_with(truth.table), "{}", truth.name);
        assert!(tables.contains(&truth.table), "{}: no table {}", truth.name, truth.table);
        assert!(!truth.program.is_empty() && !truth.package.is_empty(), "{}", truth.name);
        for name in truth.key.iter().chain(truth.loose.iter().map(|(name, _)| name)) {
            assert!(truth.sql.contains(name) || truth.sql.contains('*'), "{}: {name} is not asked for", truth.name);
        }
    }
    assert!(names.len() >= 40, "{}", names.len());
}
