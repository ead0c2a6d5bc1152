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

/// A report in which every text that comes from an answer tries to be markup.
fn hostile() -> Report {
    const ODD: &str = "</pre><script>alert('x')</script>&amp;\"]]>\u{1b}[2J\u{0}\u{202e}";
    let mut report = Report::default();
    report.about.agent = ODD.to_owned();
    report.about.hosts = vec![ODD.to_owned()];
    report.about.command = ODD.to_owned();
    for (place, table) in ["users", ODD, "groups"].into_iter().enumerate() {
        let trial = failing("tlp", table, ODD, &format!("{ODD}\n  - {ODD}\n  + {ODD}{}", "\nline".repeat(place * 30)));
        let named = Trial { name: ODD.to_owned(), host: ODD.to_owned(), replay: ODD.to_owned(), ..trial };
        report.add(named);
        report.add(Trial::new("tables", "types", ODD, ODD).tables([table]).judged(Verdict::Pass));
        report.add(Trial::new("live", "ground_truth", ODD, ODD).tables([table]).judged(Verdict::Skip(ODD.to_owned())));
    }
    report
}

fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    page.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn the_page_is_sound() {
    for report in [Report::default(), hostile()] {
        let page = html::page(&report);
        let (head, body) = page.split_once("<body").expect("a body");
        let (body, script) = body.split_once("<script>").expect("the script");
        for wrong in ["<script", "alert('", "\u{1b}", "\u{0}", "\u{202e}", "&amp;amp;amp;"] {
            assert!(!body.contains(wrong), "{wrong}");
        }
        assert!(head.contains("prefers-color-scheme: dark") && script.ends_with("</script>\n</body>\n</html>\n"));
        // Nothing is fetched.
        for word in ["http:", "https:", "src=", "@import", "url("] {
            assert!(!page.contains(word), "{word}");
        }
        let ids = attributes(body, "id");
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(ids.len(), unique.len(), "an id twice: {ids:?}");
        for target in attributes(body, "href") {
            let id = target.strip_prefix('#').expect("a place in the page");
            assert!(ids.contains(&id), "{target} leads nowhere");
        }
    }
}

#[test]
fn every_element_of_the_page_ends() {
    let page = html::page(&hostile());
    let (_, body) = page.split_once("<body").expect("a body");
    let (body, _) = body.split_once("<script>").expect("the script");
    let mut open = Vec::new();
    for tag in body.split('<').skip(1) {
        let name: String = tag.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop().as_deref(), Some(name), "before <{}", &tag[..tag.len().min(80)]),
            None if ["input"].contains(&name.as_str())
                || tag.split('>').next().is_some_and(|tag| tag.ends_with('/')) => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn junit_is_well_formed() {
    let xml = junit::junit(&hostile());
    let document = roxmltree::Document::parse(&xml).expect("XML");
    let root = document.root_element();
    assert_eq!(
        (root.tag_name().name(), root.attribute("tests"), root.attribute("failures")),
        ("testsuites", Some("9"), Some("3"))
    );
    let count = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count();
    assert_eq!([count("testsuite"), count("testcase"), count("failure"), count("skipped")], [3, 9, 3, 3]);
    for suite in root.children().filter(roxmltree::Node::is_element) {
        let cases = suite.children().filter(|node| node.has_tag_name("testcase")).count();
        assert_eq!(suite.attribute("tests"), Some(cases.to_string().as_str()));
    }
    let failure = document.descendants().find(|node| node.has_tag_name("failure")).and_then(|node| node.text());
    assert!(failure.is_some_and(|text| text.contains("</pre><script>alert('x')</script>&amp;\"]]>")), "{failure:?}");
}

#[test]
fn trials_are_lines_of_json() {
    let trial = failing("tlp", "users", "SELECT 1\nFROM \"x\"", "differs\n\u{0}");
    let line = line(&trial);
    assert_eq!((line.matches('\n').count(), line.ends_with('\n')), (1, true));
    let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!((value["verdict"].as_str(), value["tables"][0].as_str()), (Some("fail"), Some("users")));
    assert_eq!(value["query"].as_str(), trial.query.as_deref());
}
