use super::*;
use crate::generators::bytes;
use crate::hosttext::tests::tree;
use arbitrary::Unstructured;
use plumb_host::Host;
use std::sync::Arc;

const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nal:x:1000:1000:A\\x,B:/home/al:/bin/sh\n";

fn case(sql: &str, answer: &str) -> Case {
    let text = format!("=== host linux\n=== file /etc/passwd\n{PASSWD}=== query\n{sql}\n{answer}");
    Case::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn the_text_of_a_case() {
    let text = r"=== about
Bars, quotes and blanks.
\=== not a header

The end.
=== oracle materialized
=== host linux small
=== clock 17
=== file /etc/passwd unended
root:x:0:0::/root:/bin/sh
=== link /a b c
=== query
SELECT 1;
SELECT 2
=== answer ordered
a    | b | c d     | count(*) | x'y | a\x7cb
NULL | 1 | 'it''s' | -0.5     | x'' | e'|\n\xff'
''   | 0 | '1'     | 1e+99    | x'00ff' | NULL
=== query
PRAGMA x
=== refusal
not authorized
=== query
SELECT 3
";
    let text = text.replace("a\\x7cb", "\"a\\x7cb\"");
    let case = Case::parse(&text).expect("a case");
    assert_eq!(case.about, "Bars, quotes and blanks.\n=== not a header\n\nThe end.");
    assert_eq!((case.host.base.clone(), case.host.files.items.len()), (Base::Small, 2));
    let Some(Answer::Rows { columns, rows, ordered: true }) = &case.steps[0].answer else { panic!("{case:?}") };
    assert_eq!(columns, &["a", "b", "c d", "count(*)", "x'y", "a|b"]);
    assert_eq!(
        rows[0][2..],
        [Value::Text(b"it's".to_vec()), Value::real(-0.5), Value::Blob(vec![]), Value::Text(b"|\n\xff".to_vec())]
    );
    assert_eq!(case.steps[1].answer, Some(Answer::Refusal("not authorized".to_owned())));
    assert_eq!((&case.steps[2].answer, case.law()), (&None, Some(Law::Materialized)));
    assert_eq!(Case::parse(&case.to_text()), Ok(case));
}

#[test]
fn errors_name_the_line() {
    let q = "=== host linux\n=== query\nSELECT 1\n";
    for (text, expect) in [
        ("hello", "line 1: a header should stand here: === KIND …"),
        ("=== about\nx\n", "line 2: nothing is asked: a query or an input should stand here"),
        ("=== file /a\n", "line 1: files should stand below a host: === host linux"),
        (
            "=== host linux\n=== dir a\n=== query\nSELECT 1\n=== answer\n",
            "line 2: a path should stand behind dir, and begin with a slash",
        ),
        (
            "=== quarry\n",
            "line 1: \"quarry\" is no kind of block: about, oracle, host, query, answer, refusal, input, and those of a host's files",
        ),
        ("=== answer\na\n1\n", "line 1: a query should stand before this answer"),
        ("=== query\n\n", "line 1: a statement should stand below this"),
        (&format!("{q}=== answer\na\n1\n=== answer\na\n"), "line 7: a query should stand before this answer"),
        (&format!("{q}=== answer\na\n1 | 2\n"), "line 6: 2 values in 1 columns"),
        (&format!("{q}=== answer\na | b\n\n'x' 2\n"), "line 7: a bar should stand before \"2\""),
        (&format!("{q}=== answer\na\n'x\n"), "line 6: a quote is not closed: 'x"),
        (&format!("{q}=== answer\na\nroot\n"), "line 6: \"root\" is no value: NULL, 1, 0.5, 'text', e'\\n', x'ff'"),
        (&format!("{q}=== answer sorted\n"), "line 4: an answer is ordered or not; \"sorted\" says something else"),
        (
            q,
            "line 2: this query has no answer, and \"\" names no law that it must hold: materialized, determinism, tlp, norec, pushdown, limit_prefix",
        ),
        ("=== host a b\n", "line 1: a host is put onto one other host only"),
        ("=== input formats base64\n", "line 1: \"base64\" is no way to write bytes: file, nul, escaped, hex"),
    ] {
        assert_eq!(Case::parse(text).expect_err(text).to_string(), expect);
    }
}

/// Any case survives being written.
#[test]
fn random_cases_come_back() {
    for seed in 0..300 {
        let input = bytes(seed, 900);
        let case = random(&mut Unstructured::new(&input)).expect("enough bytes");
        let text = case.to_text();
        assert_eq!(Case::parse(&text), Ok(case), "seed {seed}\n{text}");
    }
}

fn random(u: &mut Unstructured<'_>) -> arbitrary::Result<Case> {
    const TEXTS: [&str; 8] = ["", "=== x", "a | b", "it's \"q\"", "\\=== \n=== y", " e'x' ", "\u{202e}\r\n\tz", "NULL"];
    let mut case = Case { about: "why\n\n=== so".to_owned(), oracle: "tlp".to_owned(), ..Case::default() };
    case.host.base = u.choose(&[Base::Empty, Base::Small, Base::Fixture("debian-server".to_owned())])?.clone();
    case.host.platform = u.choose(&Platform::ALL)?.1;
    if u.ratio(1, 5)? {
        case.host = CaseHost::default();
        case.input = Some(("formats".to_owned(), u.bytes(20)?.to_vec()));
    } else {
        case.host.files = tree(u)?;
    }
    for _ in 0..u.int_in_range(usize::from(case.input.is_none())..=3)? {
        let width = u.int_in_range(1..=3)?;
        let columns = (0..width).map(|_| Ok((*u.choose(&TEXTS)?).to_owned())).collect::<arbitrary::Result<_>>()?;
        let mut value = || -> arbitrary::Result<Value> {
            Ok(match u.int_in_range(0..=6)? {
                0 => Value::Null,
                1 => Value::Int(u.arbitrary()?),
                2 => Value::real(f64::from(u.arbitrary::<i32>()?) / 8.0),
                3 => Value::Blob(u.bytes(2)?.to_vec()),
                4 => Value::Text(u.bytes(3)?.to_vec()),
                _ => Value::Text((*u.choose(&TEXTS)?).as_bytes().to_vec()),
            })
        };
        let rows = (0..3).map(|_| (0..width).map(|_| value()).collect()).collect::<arbitrary::Result<_>>()?;
        let answer = match u.int_in_range(0..=3)? {
            0 => None,
            1 => Some(Answer::Refusal("no such\n=== thing".to_owned())),
            _ => Some(Answer::Rows { columns, rows, ordered: u.arbitrary()? }),
        };
        case.steps.push(Step { sql: "SELECT 1\n=== FROM x".to_owned(), answer });
    }
    Ok(case)
}

#[test]
fn answers_are_held_exactly() {
    const SQL: &str = "SELECT uid, username, NULL AS n, x'61' AS b FROM users ORDER BY uid";
    const HEAD: &str = "uid | username | n | b\n";
    for (header, rows, expect) in [
        ("answer", "1000 | 'al' | NULL | x'61'\n0 | 'root' | NULL | x'61'\n", ""),
        ("answer ordered", "0 | 'root' | NULL | x'61'\n1000 | 'al' | NULL | x'61'\n", ""),
        ("answer ordered", "1000 | 'al' | NULL | x'61'\n0 | 'root' | NULL | x'61'\n", "row 1 is in another place"),
        ("answer", "0 | 'root' | NULL | x'61'\n", "0 rows missing, 1 rows more"),
        ("answer", "0 | 'root' | NULL | x'61'\n'1000' | 'al' | NULL | x'61'\n", "'1000'"),
        ("answer", "0 | 'root' | '' | x'61'\n1000 | 'al' | NULL | x'61'\n", "n=\"''\""),
        ("answer", "0 | 'root' | NULL | 'a'\n1000 | 'al' | NULL | x'61'\n", "b=\"'a'\""),
    ] {
        let case = case(SQL, &format!("=== {header}\n{HEAD}{rows}"));
        for kind in [Kind::Embedded, Kind::Sqlite] {
            match case.run(&kind) {
                Verdict::Pass => assert!(expect.is_empty(), "{rows} passes"),
                Verdict::Fail(why) => assert!(!expect.is_empty() && why.contains(expect), "{why}"),
                Verdict::Skip(why) => panic!("{why}"),
            }
        }
    }
}

#[test]
fn refusals_and_what_cannot_be_asked() {
    for (sql, answer, kind, expect) in [
        ("SELECT uid FROM user", "=== refusal\nno such table: user\n", Kind::Embedded, "pass"),
        ("SELECT uid FROM user", "=== refusal\nno such table: user\n", Kind::Sqlite, "pass"),
        ("SELECT uid FROM user", "=== refusal\nno such column\n", Kind::Embedded, "refused for another reason"),
        ("SELECT uid FROM users", "=== refusal\n\n", Kind::Embedded, "though it should be refused"),
        ("SELECT uid FROM user", "=== answer\nuid\n0\n", Kind::Embedded, "refused: "),
        (
            "SELECT path FROM file WHERE path = '/etc/passwd'",
            "=== answer\npath\n'/etc/passwd'\n",
            Kind::Embedded,
            "pass",
        ),
        ("SELECT path FROM file WHERE path = '/etc/passwd'", "=== answer\npath\n'/etc/passwd'\n", Kind::Sqlite, "skip"),
        ("SELECT uid FROM users", "=== answer\nuid\n0\n1000\n", Kind::Agent("osqueryi".to_owned()), "skip"),
        ("SELECT 1 AS a; SELECT uid FROM users", "=== answer\nuid\n0\n1000\n", Kind::Embedded, "pass"),
        ("SELECT 1 AS a; SELECT uid FROM users", "=== answer\nuid\n0\n1000\n", Kind::Sqlite, "pass"),
    ] {
        let found = match case(sql, answer).run(&kind) {
            Verdict::Pass => "pass".to_owned(),
            Verdict::Skip(_) => "skip".to_owned(),
            Verdict::Fail(why) => why,
        };
        assert!(found.contains(expect), "{sql} {kind:?}: {found}");
    }
}

#[test]
fn laws_hold_over_something() {
    for (oracle, sql, passes) in [
        ("materialized", "SELECT * FROM users", true),
        ("materialized", "SELECT * FROM users WHERE 0", false),
        ("determinism", "SELECT * FROM users", true),
        ("tlp", "SELECT uid, shell FROM users AS u WHERE u.uid > 5 OR u.description IS NULL", true),
        ("tlp", "SELECT DISTINCT uid FROM users WHERE uid > 5", false),
        ("tlp", "SELECT uid FROM users GROUP BY 1", false),
        ("norec", "SELECT * FROM users WHERE username LIKE 'a%'", true),
        ("norec", "SELECT count(*) AS c0 FROM users WHERE uid IN ('0', 5)", true),
        ("pushdown", "SELECT username FROM users AS t WHERE t.uid = '1000'", true),
        ("limit_prefix", "SELECT username FROM users LIMIT 1 OFFSET 1", true),
        ("limit_prefix", "SELECT username FROM users LIMIT 0", false),
    ] {
        let text = format!("=== oracle {oracle}\n=== host linux\n=== file /etc/passwd\n{PASSWD}=== query\n{sql}\n");
        let verdict = Case::parse(&text).expect(sql).run(&Kind::Embedded);
        assert_eq!(verdict == Verdict::Pass, passes, "{oracle} {sql}: {verdict:?}");
        assert!(!matches!(verdict, Verdict::Fail(_)), "{oracle} {sql}: {verdict:?}");
    }
}

#[test]
fn a_case_holds_the_files_that_its_query_reads() {
    let host: Arc<dyn Host> = Arc::new(small_files());
    let sql = "SELECT username, groupname FROM users JOIN groups USING (gid) WHERE uid = 1001";
    for oracle in ["materialized", "somebody"] {
        let case = from_query(Arc::clone(&host), sql, oracle, "about").expect("a case");
        let paths: Vec<String> =
            case.host.files.items.iter().map(|item| String::from_utf8_lossy(&item.path).into_owned()).collect();
        assert!(paths.contains(&"/etc/passwd".to_owned()) && paths.contains(&"/etc/group".to_owned()), "{paths:?}");
        assert!(paths.len() < 10, "{paths:?}");
        assert_eq!(case.run(&Kind::Embedded), Verdict::Pass, "{}", case.to_text());
        assert_eq!(Case::parse(&case.to_text()), Ok(case));
    }
}

#[test]
fn a_question_is_a_case_of_the_statement_that_breaks_its_law() {
    let host: Arc<dyn Host> = Arc::new(small_files());
    let [sound, broken] =
        ["SELECT username FROM users", "SELECT username, random() AS r FROM users WHERE uid = 1001"].map(str::to_owned);
    let made = from_question(&host, "determinism", &[sound.clone(), broken.clone()], "about").expect("a case");
    assert_eq!((made.oracle.as_str(), made.about.as_str()), ("determinism", "about"));
    assert_eq!(made.steps, [Step { sql: broken.clone(), answer: None }]);
    let paths: Vec<&[u8]> = made.host.files.items.iter().map(|item| item.path.as_slice()).collect();
    assert!(paths.contains(&b"/etc/passwd".as_slice()) && paths.len() < 10, "{paths:?}");
    assert!(matches!(made.run(&Kind::Embedded), Verdict::Fail(_)), "{}", made.to_text());
    assert_eq!(Case::parse(&made.to_text()), Ok(made));
    // What breaks no law, or another one's, is no case.
    for (oracle, statements) in [("determinism", vec![sound]), ("limit_prefix", vec![broken]), ("determinism", vec![])]
    {
        let refused = from_question(&host, oracle, &statements, "about");
        assert!(refused.as_ref().is_err_and(|why| why.contains("no statement alone")), "{oracle}: {refused:?}");
    }
}

#[test]
fn fuzz_inputs_are_cases() {
    let case = from_fuzz("formats", b"accounts::passwd\na:x:1:1::/:\n\xff\0").expect("a target");
    assert_eq!(Case::parse(&case.to_text()), Ok(case.clone()));
    assert_eq!(case.run(&Kind::Embedded), Verdict::Pass);
    assert!(matches!(case.run(&Kind::Sqlite), Verdict::Skip(_)));
    assert!(from_fuzz("nothing", b"").is_err());
    assert!(
        shrink(&case, &Kind::Embedded, crate::shrink::Budget::default())
            .is_err_and(|why| why.contains("does not fail"))
    );
}
