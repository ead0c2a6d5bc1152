use super::*;
use crate::report::Ink;

fn failing(oracle: &'static str, table: &str, sql: &str, why: &str) -> Trial {
    let trial = Trial::new("queries", oracle, "a host", "seed 1").tables([table]).query(sql);
    trial.judged(Verdict::Fail(format!("{sql}\n{why}"))).replay("cargo conform --seed 1")
}

#[test]
fn alike_failures_are_one_finding() {
    let mut report = Report::default();
    for (table, why) in [
        ("users", "1 rows missing\n  - uid=\"7\""),
        ("users", "23 rows missing\n  - uid=\"it \\\" is\""),
        ("users", "1 rows missing\n  - gid=\"7\""),
        ("groups", "1 rows missing\n  - uid=\"7\""),
    ] {
        report.add(failing("tlp", table, "SELECT 1", why));
    }
    report.add(failing("norec", "users", "SELECT 1", "1 rows missing\n  - uid=\"7\""));
    let counts: Vec<usize> = report.findings().iter().map(|finding| finding.count).collect();
    assert_eq!(counts, [2, 1, 1, 1]);
    assert_eq!(report.findings()[0].diff, "1 rows missing\n  - uid=\"7\"");
    assert_eq!(report.total().failed, 5);
}

#[test]
fn many_kinds_of_failures_are_counted() {
    let mut report = Report::default();
    for place in 0..50 {
        report.add(failing("tlp", &format!("table_{}", "x".repeat(place)), "SELECT 1", "differs"));
    }
    let more: Vec<_> = report.more().collect();
    assert_eq!(more, [("tlp", 50 - report.findings().len())]);
    assert!(report.findings().len() < 50);
}

#[test]
fn skips_are_grouped_by_reason() {
    let mut report = Report::default();
    for count in 0..100 {
        report.add(Trial::new("tables", "types", "h", "n").judged(Verdict::Skip(format!("only {count} rows"))));
    }
    report.add(Trial::new("tables", "types", "h", "n").judged(Verdict::Pass));
    assert_eq!(report.skips().collect::<Vec<_>>(), [("tables", "types", "only N rows", 100)]);
    assert_eq!((report.of("types").skipped, report.of("types").passed, report.failed()), (100, 1, false));
}

#[test]
fn the_summary_is_readable() {
    let mut report = Report::default();
    let took = |trial: Trial, millis| Trial { took: Duration::from_millis(millis), ..trial };
    report.add(took(Trial::new("hostile", "hostile", "h", "seed 1").judged(Verdict::Pass), 1500));
    report.add(took(Trial::new("recorded", "recorded", "h", "users").judged(Verdict::Pass), 20));
    report.add(took(Trial::new("recorded", "recorded", "h", "groups").judged(Verdict::Skip("no rows".into())), 20));
    report.add(took(failing("tlp", "users", "SELECT uid\nFROM users", "1 rows missing\n  - uid=\"\u{1b}[2J\""), 7));
    assert_eq!(
        report.summary(Ink::None),
        "\
suite     oracle             passed  failed  skipped      time
recorded  recorded                1       0        1     40 ms
queries   tlp                     0       1        0      7 ms
hostile   hostile                 1       0        0     1.5 s
total                             2       1        1     1.5 s
"
    );
    assert_eq!(
        report.findings_text(Ink::None),
        "
1. queries / tlp: users on a host
   SELECT uid
   FROM users
   1 rows missing
     - uid=\"\u{fffd}[2J\"
   again: cargo conform --seed 1
"
    );
    assert!(report.summary(Ink::Ansi).contains("\u{1b}[1;31m      1\u{1b}[0m"));
}
