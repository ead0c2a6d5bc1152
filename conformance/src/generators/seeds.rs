//! Inputs from which fuzzers start: small, valid, and one of each kind.

use super::bytes;
use super::configs::SAMPLES;
use super::host::subjects;
use super::model;
use crate::fixtures::{self, Fixture, FixtureError};
use crate::oracles::{formats, generated};
use plumb_host::{Cancel, Host, Limit};

/// Texts that reach far: every part of the grammar, and functions with odd arguments.
const STATEMENTS: &[(&str, &str)] = &[
    ("aggregate", "SELECT shell, count(*) FROM users GROUP BY shell HAVING count(*) > 1 ORDER BY 2 DESC"),
    ("constrained", "SELECT path, size FROM file WHERE path LIKE '/etc/%'"),
    ("unconstrained", "SELECT * FROM hash"),
    ("join", "SELECT * FROM processes p JOIN users u USING (uid) LEFT JOIN groups g ON g.gid = p.gid WHERE p.pid > 1"),
    ("in", "SELECT * FROM processes WHERE pid IN (1, 42, '42', 1.0, NULL) OR pid = '1'"),
    ("correlated", "SELECT name, (SELECT count(*) FROM process_open_files f WHERE f.pid = p.pid) FROM processes p"),
    ("exists", "SELECT 1 FROM users u WHERE EXISTS (SELECT 1 FROM shadow s WHERE s.username = u.username)"),
    ("compound", "SELECT pid FROM processes UNION SELECT uid FROM users EXCEPT SELECT gid FROM groups"),
    ("recursive", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT * FROM n"),
    ("endless", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"),
    ("window", "SELECT pid, row_number() OVER (PARTITION BY uid ORDER BY pid ROWS 1 PRECEDING) FROM processes"),
    ("json", "SELECT json_extract('{\"a\":[1,2]}', '$.a[#-1]'), value FROM json_each('[1,{}]')"),
    ("regex", "SELECT regex_match('a1b2', '([a-z])(\\d)', 1), regex_split('a,b', ',', 1), 'x' REGEXP '^(a|x)*$'"),
    ("split", "SELECT split('a:b', ':', 1), concat('a', NULL, 1), to_base64('x'), from_base64('eA==')"),
    ("net", "SELECT in_cidr_block('10.0.0.0/8', '10.1.2.3'), ip4_network('1.2.3.4', 24)"),
    ("version", "SELECT version_compare('1.2~rc1', '1.2', 'DPKG'), '1.10' < '1.9' COLLATE VERSION"),
    ("math", "SELECT sqrt(-1), ln(0), power(2, 1e3), 9223372036854775807 + 1, -9223372036854775808 / -1"),
    ("text", "SELECT substr('abc', -9, 3), printf('%9.3f%s', 1e308, x'00ff'), hex(zeroblob(9)), instr('', '')"),
    ("hashes", "SELECT md5('a'), sha1(NULL), sha256(x'00'), community_id_v1('1.2.3.4', '5.6.7.8', 1, 2, 6)"),
    ("schema", "SELECT name, sql FROM sqlite_temp_master WHERE name LIKE 'u%'; PRAGMA table_info(users)"),
    ("own", "CREATE TABLE t AS SELECT * FROM users; CREATE VIEW v AS SELECT uid FROM t; SELECT * FROM v; DROP TABLE t"),
    ("virtual", "CREATE VIRTUAL TABLE temp.x USING users; SELECT * FROM x; DROP TABLE users; SELECT * FROM users"),
    ("denied", "ATTACH '/tmp/x' AS x; VACUUM INTO '/tmp/y'"),
    ("explain", "EXPLAIN QUERY PLAN SELECT * FROM users WHERE uid = 0; EXPLAIN SELECT 1"),
    ("broken", "SELECT 'unfinished FROM users WHERE \"\"; /* SELECT"),
    ("values", "VALUES (1, NULL, 1.5, 'x', x'ff'); SELECT CAST(x'ff00' AS TEXT) LIKE '%\u{e9}'"),
];

/// Command lines with flag files: each form of the grammar.
const COMMAND_LINES: &[(&str, &str)] = &[
    ("switches", "--json\n-csv\n--noheader\n--nojson=true\n--line=f"),
    ("values", "--nullvalue\nX\n--separator=a=b\n-read_max=0x10\n--profile=-1\nselect 1"),
    ("words", "a\n-\n\n--\n--json\nb"),
    (
        "files",
        "--flagfile=a,b\n--json\n@a\n--csv\n# c\n\n  --nullvalue=from a  \n--flagfile=b\n@b\njunk\n--bogus=1\n--nocsv",
    ),
    ("default-file", "--json\n@\n--separator=;\n--separator"),
    (
        "named-twice",
        "--flagfile=a\n@a\n--flagfile=b\n--flagfile=b\n--flagfile=b\n@b\n--flagfile=a\n--flagfile=a\n--flagfile=a",
    ),
    ("undefok", "--undefok=a,b\n--a\n--nob\n--jsno"),
    ("refused", "--json=maybe\n--config_refresh=-1\n--alarm_timeout=9\n--noseparator\n--bogus\n--separator"),
];

/// Rows as the differ stores them, behind the number of their values: each kind of value, and lengths that are not true.
const RECORDS: &[(&str, &[u8])] = &[
    ("null-and-text", b"\x02\x00\x03\x01a"),
    ("integer", b"\x01\x01\xff\xff\xff\xff\xff\xff\xff\x7f"),
    ("real", b"\x01\x02\0\0\0\0\0\0\xf8\x3f"),
    ("not-a-number", b"\x01\x02\0\0\0\0\0\0\xf8\x7f"),
    ("too-long", b"\x01\x03\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
    ("cut", b"\x03\x00\x03\x05ab"),
];

/// How the inputs of a target begin, for those who put random bytes behind it: each of its properties in turn.
#[must_use]
pub fn beginnings(target: &str) -> Vec<Vec<u8>> {
    let letters = |letters: &[u8]| letters.iter().map(|letter| vec![*letter]).collect();
    let named = |name: &str| [name.as_bytes(), b"\n"].concat();
    match target {
        "analysis" => letters(b"gm"),
        "config" => letters(b"md"),
        "differ" => letters(b"hkr"),
        "flags" => letters(b"sm"),
        "formats" => (0..=u8::MAX).take(formats::PARSERS.len()).map(|place| vec![place]).collect(),
        "host_model" => model::tables().map(named).collect(),
        "sql_generated" => generated::beginnings(),
        "sql_text" => letters(b"fg"),
        "tables" => subjects().iter().filter(|(_, subject)| subject.reads()).map(|(name, _)| named(name)).collect(),
        _ => vec![Vec::new()],
    }
}

/// The longest file of a fixture host that becomes a seed; of longer ones the first lines do.
const LONGEST: usize = 1500;

/// Seeds from the archives of fixture hosts, with names of files: what real machines give parsers to read.
///
/// # Errors
/// When a fixture cannot be read.
pub fn of_fixtures(target: &str) -> Result<Vec<(String, Vec<u8>)>, FixtureError> {
    if target != "formats" {
        return Ok(Vec::new());
    }
    let (mut seeds, cancel) = (Vec::new(), Cancel::new());
    for fixture in Fixture::all(&fixtures::folder())? {
        let host = fixture.load()?;
        for parser in formats::PARSERS {
            // Process 42 is one of the small host; every host has the first.
            let paths = [parser.sample.to_owned(), parser.sample.replace("/42/", "/1/")];
            let mut content = Vec::new();
            let limit = || Limit { bytes: 1 << 20, cancel: &cancel };
            let read = paths.iter().any(|path| host.root().read(path.as_bytes(), &mut content, limit()).is_ok());
            if !read || content.is_empty() {
                continue;
            }
            let input = [parser.name.as_bytes(), b"\n", beginning(&content)].concat();
            seeds.push((format!("{}-{}", fixture.name, parser.name.replace("::", "-")), input));
        }
    }
    Ok(seeds)
}

/// So many whole lines as are not too long.
fn beginning(content: &[u8]) -> &[u8] {
    let Some(short) = content.get(..LONGEST) else { return content };
    let end = short.iter().rposition(|byte| *byte == b'\n').map_or(short.len(), |end| end + 1);
    short.get(..end).unwrap_or(short)
}

/// The seeds of a target, with names of files.
#[must_use]
pub fn of(target: &str) -> Vec<(String, Vec<u8>)> {
    match target {
        "sql_generated" => {
            let of = |beginning: Vec<u8>| {
                let name = String::from_utf8_lossy(&beginning).into_owned();
                (0..6).map(move |seed| (format!("{name}-{seed}"), [&beginning[..], &bytes(seed, 300)].concat()))
            };
            generated::beginnings().into_iter().flat_map(of).collect()
        }
        "sql_text" => {
            let text = |(name, sql): &(&str, &str)| ((*name).to_owned(), format!(" {sql}").into_bytes());
            let calls = |seed| (format!("calls-{seed}"), [b"f", &bytes(seed, 60)[..]].concat());
            let hostile = |seed| (format!("hostile-{seed}"), [b"g", &bytes(seed, 300)[..]].concat());
            STATEMENTS.iter().map(text).chain((0..12).map(calls)).chain((0..12).map(hostile)).collect()
        }
        "differ" => {
            let made = |kind: &'static str, count| {
                let first = kind.as_bytes()[..1].to_vec();
                (0..count).map(move |seed| (format!("{kind}-{seed}"), [&first[..], &bytes(seed, 300)].concat()))
            };
            let records = RECORDS.iter().map(|(name, record)| (format!("record-{name}"), [b"r", *record].concat()));
            made("history", 16).chain(made("killed", 6)).chain(records).collect()
        }
        "flags" => {
            let text = |(name, text): &(&str, &str)| (format!("text-{name}"), format!("t{text}").into_bytes());
            let made = |kind: &'static str| {
                let first = kind.as_bytes()[..1].to_vec();
                move |seed| (format!("{kind}-{seed}"), [&first[..], &bytes(seed, 60)].concat())
            };
            let texts = COMMAND_LINES.iter().map(text);
            texts.chain((0..12).map(made("settings"))).chain((0..6).map(made("misspelt"))).collect()
        }
        "config" => {
            let text = |(name, text): &(&str, &str)| (format!("text-{name}"), format!("t{text}").into_bytes());
            let model = |seed| (format!("model-{seed}"), [b"m", &bytes(seed, 400)[..]].concat());
            let damaged = |seed| (format!("damaged-{seed}"), [b"d", &bytes(seed, 400)[..]].concat());
            SAMPLES.iter().map(text).chain((0..12).map(model)).chain((0..6).map(damaged)).collect()
        }
        "analysis" => {
            let text = |(name, sql): &(&str, &str)| ((*name).to_owned(), format!(" {sql}").into_bytes());
            let generated = |seed| (format!("generated-{seed}"), [b"g", &bytes(seed, 120)[..]].concat());
            let changed = |seed| (format!("changed-{seed}"), [b"m", &bytes(seed, 160)[..]].concat());
            STATEMENTS.iter().map(text).chain((0..6).map(generated)).chain((0..12).map(changed)).collect()
        }
        "tables" => {
            let input = |name: &&str| {
                // By its name, so that a new table leaves the seeds of the others as they are.
                let seed = name.bytes().fold(0_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
                ((*name).to_owned(), [name.as_bytes(), b"\n", &bytes(seed, 60)].concat())
            };
            subjects().iter().filter(|(_, subject)| subject.reads()).map(|(name, _)| name).map(input).collect()
        }
        "host_model" => {
            let kinds = [("valid", 0), ("odd", 1), ("hostile", 3)];
            let input = move |name: &'static str, (kind, settings): (&str, u8)| {
                let content = [name.as_bytes(), b"\n", &[settings], &bytes(settings.into(), 600)].concat();
                (format!("{name}-{kind}"), content)
            };
            model::tables().flat_map(|name| kinds.map(|kind| input(name, kind))).collect()
        }
        "formats" => {
            let input = |parser: &formats::Parser| {
                let sample = formats::samples(parser).into_iter().next().unwrap_or_default();
                let content = [parser.name.as_bytes(), b"\n", sample.get(..800).unwrap_or(&sample)].concat();
                (parser.name.replace("::", "-"), content)
            };
            formats::PARSERS.iter().map(input).collect()
        }
        _ => Vec::new(),
    }
}
