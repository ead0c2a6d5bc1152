//! Every function, asked through SQLite.

use super::register;
use crate::render_real;
use plumb_host::{Cancel, Host, Mem};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use std::sync::{Arc, Mutex};

struct Fixture {
    connection: Connection,
    cancel: Cancel,
    warnings: Arc<Mutex<Vec<String>>>,
}

impl Fixture {
    fn new() -> Self {
        let host: Arc<dyn Host> = Arc::new(
            Mem::new()
                .file("/usr/bin/ls", "")
                .link("/bin", "usr/bin")
                .file("/opt/my app/run me", "")
                .file("/opt/caf\u{e9}", "")
                .dir("/tmp"),
        );
        let connection = Connection::open_in_memory().unwrap();
        let cancel = Cancel::new();
        let warnings = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&warnings);
        let warn = Arc::new(move |text| sink.lock().unwrap().push(text)) as super::Warn;
        register(&connection, &host, &cancel, &warn).unwrap();
        Self { connection, cancel, warnings }
    }

    /// The value of an expression: `NULL`, `1`, `1.5`, `'text'`, `x'00'`, or `error: …`.
    fn ask(&self, expression: &str) -> String {
        let answer = self.connection.query_row(&format!("select {expression}"), [], |row| {
            Ok(match row.get_ref(0)? {
                ValueRef::Null => "NULL".to_owned(),
                ValueRef::Integer(i) => i.to_string(),
                ValueRef::Real(r) => render_real(r),
                ValueRef::Text(text) => match std::str::from_utf8(text) {
                    Ok(text) => format!("'{text}'"),
                    Err(_) => format!("text x'{}'", text.iter().map(|byte| format!("{byte:02X}")).collect::<String>()),
                },
                ValueRef::Blob(blob) => {
                    format!("x'{}'", blob.iter().map(|byte| format!("{byte:02X}")).collect::<String>())
                }
            })
        });
        match answer {
            Ok(text) => text,
            Err(rusqlite::Error::SqliteFailure(error, message)) => {
                let code = error.extended_code;
                let message = message.unwrap_or_default();
                if code == 1 { format!("error: {message}") } else { format!("error {code}: {message}") }
            }
            Err(rusqlite::Error::SqlInputError { msg, .. }) => format!("refused: {msg}"),
            Err(error) => format!("other: {error}"),
        }
    }

    fn check(&self, cases: &[(&str, &str)]) {
        for (expression, expect) in cases {
            assert_eq!(self.ask(expression), *expect, "{expression}");
        }
    }
}

#[test]
fn split() {
    Fixture::new().check(&[
        ("split('a,b,c',',',0)", "'a'"),
        ("split('a,,c',',',1)", "'c'"),
        ("split('a b,c',' ,',1)", "'b'"),
        ("split('a:b.c',':.',2)", "'c'"),
        ("split('::a::b',':',0)", "'a'"),
        ("split('::a::b',':',1)", "'b'"),
        ("split('a,b',',',2)", "NULL"),
        ("split('a,b',',',-1)", "NULL"),
        ("split('a,b',',',9223372036854775807)", "NULL"),
        ("split(NULL,',',0)", "NULL"),
        ("split('a',NULL,0)", "NULL"),
        ("split('a',',',NULL)", "NULL"),
        ("split('a,b',',','x')", "'a'"),
        ("split('a,b',',','1')", "'b'"),
        ("split('a,b',',',1.9)", "'b'"),
        ("split('a','',0)", "error: Invalid input to split function"),
        ("split('',',',0)", "NULL"),
        ("split(',,',',',0)", "NULL"),
        ("split('  a b ',' ',1)", "'b'"),
        ("split(' a , b ',',',0)", "'a'"),
        ("split(' a ,'||char(9)||'b'||char(10),',',1)", "'b'"),
        ("split(500,1,0)", "'500'"),
        ("split(1001,1,0)", "'00'"),
        ("split(1.5,'.',1)", "'5'"),
        ("split(cast(x'ff2cfe' as text),',',1)", "text x'FE'"),
        ("split(x'612c62',',',1)", "'b'"),
        ("hex(split(cast(x'610062' as text),'b',0))", "'6100'"),
        ("split('a')", "refused: wrong number of arguments to function split()"),
    ]);
}

#[test]
fn regex_split() {
    Fixture::new().check(&[
        ("regex_split('a1b22c','[0-9]+',1)", "'b'"),
        ("regex_split('a1b22c','[0-9]+',2)", "'c'"),
        ("regex_split('a1b22c','[0-9]+',3)", "NULL"),
        ("regex_split('1a2','[0-9]',0)", "''"),
        ("regex_split('1a2','[0-9]',1)", "'a'"),
        ("regex_split('1a2','[0-9]',2)", "NULL"),
        ("regex_split('1a22b','[0-9]',2)", "''"),
        ("regex_split('abc','x',0)", "'abc'"),
        ("regex_split('abc','x',1)", "NULL"),
        ("regex_split('abc','b',-1)", "NULL"),
        ("regex_split('abc','',0)", "error: Invalid input to split function"),
        ("regex_split('abc','(',0)", "error: Invalid regex"),
        ("regex_split('','x',0)", "''"),
        ("regex_split('abc','x*',0)", "''"),
        ("regex_split('abc','x*',1)", "'a'"),
        ("regex_split('abc','x*',3)", "'c'"),
        ("regex_split('abc','x*',4)", "NULL"),
        ("regex_split(NULL,'x',0)", "NULL"),
        ("regex_split('a',NULL,0)", "NULL"),
        ("regex_split('a','x',NULL)", "NULL"),
        ("regex_split('a1b','[0-9]','x')", "'a'"),
        ("regex_split('a,b;c','[,;](?=c)',0)", "'a,b'"),
        ("regex_split('a,b;c','[,;](?=c)',1)", "'c'"),
        ("regex_split('a,b;c','[,;](?=c)',2)", "NULL"),
        ("regex_split('/Users/x/osquery-3.3.2.zip', '(.*/)|(.zip)', 1)", "'osquery-3.3.2'"),
        ("regex_split('/Users/x/osquery-3.3.2.zip', '(.*/)|(.zip', 1)", "error: Invalid regex"),
        ("regex_split('/Users/x/osquery', '(.*/)|', 1)", "''"),
        ("regex_split('/Users/x/osquery', '(.*/)|', 2)", "'o'"),
        ("regex_split('aab', 'a*', 0)", "''"),
        ("regex_split('aab', 'a*', 1)", "''"),
        ("regex_split('aab', 'a*', 2)", "'b'"),
        ("regex_split('aab', 'a*', 3)", "NULL"),
        // An empty match comes first, then a longer one at the same place.
        ("regex_split('xay', '|a', 1)", "'x'"),
        ("regex_split('xay', '|a', 3)", "''"),
        ("regex_split('xay', '|a', 4)", "'y'"),
        ("regex_split('xay', '|a', 5)", "NULL"),
        ("regex_split('xay', '|y|a', 2)", "''"),
        ("regex_split('xay', '|a(?=y)', 3)", "''"),
        ("regex_split(cast(x'ff31fe' as text),'[0-9]',1)", "text x'FE'"),
    ]);
}

#[test]
fn regex_match() {
    Fixture::new().check(&[
        ("regex_match('hello world','(l+)o',0)", "'llo'"),
        ("regex_match('hello world','(l+)o',1)", "'ll'"),
        ("regex_match('hello world','(l+)o',2)", "NULL"),
        ("regex_match('hello world','x',0)", "NULL"),
        ("regex_match('hello world','(l+)o',-1)", "NULL"),
        ("regex_match('ab','a(x)?b',1)", "''"),
        // The last turn of a repetition counts, whatever matches: see the module.
        ("regex_match('ab','(?:(a)|b)*',0)", "'ab'"),
        ("regex_match('ab','(?:(a)|b)*',1)", "''"),
        ("regex_match('ab','(?:(a)|b)*(?=)',1)", "''"),
        ("regex_match('aba','(?:(a)|b)*',1)", "'a'"),
        ("regex_match('ab','((a)|b)+',1)", "'b'"),
        ("regex_match('ab','((a)|b)+',2)", "''"),
        ("regex_match('xabc','(?:(a)|(b)|c)+',2)", "''"),
        ("regex_match('xacb','(?:(a)|(b)|c)+',2)", "'b'"),
        ("regex_match('abb','(?:(a)?b){2}',1)", "''"),
        ("regex_match('bab','(?:(a)?b){2}',1)", "'a'"),
        ("regex_match('c','(?:(a)|b)+',1)", "NULL"),
        ("regex_match('ab','a(x)?b(?=)',1)", "''"),
        ("regex_match('ab','a(x)?b(?=)',2)", "NULL"),
        ("regex_match('','',0)", "''"),
        ("regex_match(NULL,'',0)", "NULL"),
        ("regex_match('',NULL,0)", "NULL"),
        ("regex_match('','',NULL)", "NULL"),
        ("regex_match(12345,'3(.)',1)", "'4'"),
        ("regex_match(2.5,'\\.(5)',1)", "'5'"),
        ("regex_match(121,2,0)", "'2'"),
        ("regex_match('a1','\\d',0)", "'1'"),
        ("regex_match('-a_1-','\\w+',0)", "'a_1'"),
        ("regex_match('12ab','[[:alpha:]]+',0)", "'ab'"),
        ("regex_match('aaa','a{2}',0)", "'aa'"),
        ("regex_match('foobar','foo(?=bar)',0)", "'foo'"),
        ("regex_match('foobaz foobar','foo(?!baz)...',0)", "'foobar'"),
        ("regex_match('abab','(a)(b)\\1\\2',0)", "'abab'"),
        ("regex_match('abba','(a)(b)\\2\\1',2)", "'b'"),
        // A group that takes no part in the last turn of a repetition has matched nothing.
        ("regex_match('ab','(?:(a)|b)*(?=)',1)", "''"),
        ("regex_match('ba','(?:(a)|b)*(?=)',1)", "'a'"),
        // Looking ahead is done once; what it captured stays.
        ("regex_match('baaabac','(?=(a+))a*b\\1',0)", "'aba'"),
        ("regex_match('baaabac','(?=(a+))a*b\\1',1)", "'a'"),
        ("regex_match('baaabaac','(.*?)a(?!(a+)b\\2c)(.*)',0)", "'baaabaac'"),
        ("regex_match('baaabaac','(.*?)a(?!(a+)b\\2c)(.*)',1)", "'ba'"),
        ("regex_match('baaabaac','(.*?)a(?!(a+)b\\2c)(.*)',2)", "''"),
        ("regex_match('baaabaac','(.*?)a(?!(a+)b\\2c)(.*)',3)", "'abaac'"),
        // A turn that matches nothing is the last one.
        ("regex_match('b','(?:a?)*b(?=)',0)", "'b'"),
        ("regex_match('aab','(?:(?:a?)*)*b(?=)',0)", "'aab'"),
        ("regex_match('aaxab','(?:(?:a?)*x(?:a*)*)*b(?=)',0)", "'aaxab'"),
        ("regex_match('aaa','(?:a?){2}(?=a)',0)", "'aa'"),
        ("regex_match('aaa','(?:a|aa){2,3}?(?=$)',0)", "'aaa'"),
        ("regex_match('ab','(?<=a)b',0)", "error: Invalid regex"),
        ("regex_match('ab','(?i)A',0)", "error: Invalid regex"),
        ("regex_match('ab','(?<x>a)',0)", "error: Invalid regex"),
        ("regex_match('ab','*',0)", "error: Invalid regex"),
        ("regex_match('aé1','\\w+',0)", "'a'"),
        ("regex_match('é','.',0)", "text x'C3'"),
        ("regex_match('é','..',0)", "'é'"),
        ("regex_match('é1','é(.)',1)", "'1'"),
        ("regex_match('xé1','é(?=1)',0)", "'é'"),
        ("regex_match('é','[é]',0)", "text x'C3'"),
        ("regex_match(cast(x'ff41fe' as text),'A.',0)", "text x'41FE'"),
        ("regex_match(cast(x'ff41fe' as text),'A(?=.).',0)", "text x'41FE'"),
        ("regex_match(cast(x'ff41fe' as text),'\\xff(.)',1)", "'A'"),
        ("regex_match(cast(x'ffffff41' as text),'(\\xff)\\1(?=\\xff)',0)", "text x'FFFF'"),
        ("regex_match('a'||char(10)||'b','a.b',0)", "NULL"),
        ("regex_match('a'||char(13)||'b','a.b',0)", "NULL"),
        ("regex_match('a'||char(10)||'b','^b',0)", "NULL"),
        ("regex_match('a'||char(10)||'b','a$',0)", "NULL"),
        ("regex_match('a'||char(10),'a$',0)", "NULL"),
        ("regex_match('a'||char(10)||'b','a[^]b',0) is not null", "1"),
        ("regex_match('ab','[]',0)", "NULL"),
        ("regex_match('ab','(?=[])a',0)", "NULL"),
        ("regex_match('aaa','a+?',0)", "'a'"),
        ("regex_match('aaa','a{2,}?',0)", "'aa'"),
        ("regex_match('ab','a|ab',0)", "'a'"),
        ("regex_match('path/to','\\/(\\w+)',1)", "'to'"),
        ("regex_match('hello world. Goodbye', '(\\w+) \\w+', 0)", "'hello world'"),
        ("regex_match('hello world. Goodbye', '(\\w+) \\w+', 1)", "'hello'"),
        ("regex_match('foo bar','\\bbar\\b',0)", "'bar'"),
        ("regex_match('foobar','\\Bbar\\b(?=)',0)", "'bar'"),
        ("hex(regex_match(cast(x'610062' as text),'a\\0b',0))", "'610062'"),
    ]);
}

/// A pattern that is not constant is compiled anew, and a bad one fails when its row comes.
#[test]
fn patterns_by_row() {
    Fixture::new().check(&[
        (
            "group_concat(regex_match('a1b2', p, 0)) from (select 'a.' p union all select 'b.' union all select 'a.')",
            "'a1,b2,a1'",
        ),
        ("count(regex_match('a1b2', p, 0)) from (select 'a.' p union all select '(')", "error: Invalid regex"),
        (
            "count(regex_match('row ' || x || ' tail', '([0-9]+)' || (x % 100) || ' ', 1)) from
             (with recursive c(x) as (select 1 union all select x + 1 from c where x < 1000) select x from c)",
            "901",
        ),
        (
            "sum(in_cidr_block(c, '10.0.0.1')) from
             (select '10.0.0.0/8' c union all select '11.0.0.0/8' union all select '10.0.0.0/24')",
            "2",
        ),
    ]);
}

#[test]
fn hostile_patterns() {
    let fixture = Fixture::new();
    for (text, pattern, expect) in [
        ("a".repeat(10_000) + "b", "(a+)+$".to_owned(), "NULL"),
        ("a".repeat(10_000) + "b", "(a|a)*$".to_owned(), "''"),
        ("a".repeat(10_000) + "b", "(a|aa)+$(?=)".to_owned(), "error: Regex takes too many steps on this text"),
        ("a".repeat(10_000) + "b", r"(a*)*\1$".to_owned(), "error: Regex takes too many steps on this text"),
        ("a".repeat(20_000) + "b", "(?:(?!.*c).)*x".to_owned(), "error: Regex takes too many steps on this text"),
        (String::new(), "((a{1000}){1000}){1000}".to_owned(), "error: Invalid regex"),
        (String::new(), "a{4294967295}".to_owned(), "error: Invalid regex"),
        (String::new(), "(?=((a{1000}){1000}){1000})".to_owned(), "error: Invalid regex"),
        (String::new(), "((?=a)(?:ab){1000}){1000}".to_owned(), "error: Invalid regex"),
        (String::new(), "(?=)(?:){4000000000}".to_owned(), "error: Invalid regex"),
        (String::new(), "(?=a)a{4000000000}".to_owned(), "NULL"),
        (String::new(), "a".repeat((64 << 10) + 1), "error: Invalid regex"),
        (String::new(), "(".repeat(100_000), "error: Invalid regex"),
        (String::new(), "(?:".repeat(90) + &")".repeat(90), "''"),
        (String::new(), "(?=".repeat(150) + &")".repeat(150), "error: Invalid regex"),
        ("x".repeat(1 << 20), "(?=y)".to_owned(), "NULL"),
        ("x".repeat(1 << 20), r"(y)\1".to_owned(), "NULL"),
    ] {
        let answer = fixture.ask(&format!("regex_match('{text}', '{pattern}', 0)"));
        assert_eq!(answer, expect, "{}", pattern.get(..20).unwrap_or(&pattern));
    }
}

#[test]
fn concat() {
    Fixture::new().check(&[
        ("concat('a',1,NULL,'b',2.5)", "'a1b2.5'"),
        ("concat()", "NULL"),
        ("concat(NULL)", "''"),
        ("concat(1e20, -0.5, 1.0/3)", "'1.0e+20-0.50.333333333333333'"),
        ("concat(9223372036854775808)", "'9.22337203685478e+18'"),
        ("concat(-9223372036854775807 - 1)", "'-9223372036854775808'"),
        ("concat(x'ff', 'a')", "text x'FF61'"),
        ("concat('hello', NULL, ' ', 'world')", "'hello world'"),
        ("concat_ws('-','','a')", "'-a'"),
        ("concat_ws('-','a',NULL,1,2.5)", "'a-1-2.5'"),
        ("concat_ws(NULL,'a','b')", "'ab'"),
        ("concat_ws(', ',NULL,NULL)", "''"),
        ("concat_ws('-')", "NULL"),
        ("concat_ws(NULL)", "NULL"),
        ("concat_ws()", "error: Missing separator to concat_ws"),
        ("concat_ws(0,1,2)", "'102'"),
    ]);
}

#[test]
fn base64() {
    Fixture::new().check(&[
        ("to_base64('hello')", "'aGVsbG8='"),
        ("from_base64('aGVsbG8=')", "'hello'"),
        ("from_base64('aGVsbG8')", "'hello'"),
        ("from_base64('aGVs'||char(13,10)||'bG8='||char(10))", "'hello'"),
        ("from_base64('a')", "''"),
        ("from_base64('aGVs*G8=')", "''"),
        ("from_base64('aG=sbG8=')", "''"),
        ("from_base64('é')", "''"),
        ("from_base64('')", "''"),
        ("to_base64('')", "''"),
        ("to_base64(NULL)", "NULL"),
        ("from_base64(NULL)", "NULL"),
        ("hex(from_base64('/wA='))", "'FF00'"),
        ("typeof(from_base64('/wA='))", "'text'"),
        ("to_base64(x'ff00')", "'/wA='"),
        ("to_base64(123)", "'MTIz'"),
        ("to_base64(1.5)", "'MS41'"),
        ("to_base64('CPU0')", "'Q1BVMA=='"),
        ("conditional_to_base64('plain ~text')", "'plain ~text'"),
        ("conditional_to_base64('')", "''"),
        ("conditional_to_base64(12)", "'12'"),
        ("conditional_to_base64('é')", "'w6k='"),
        ("conditional_to_base64(char(10))", "'Cg=='"),
        ("conditional_to_base64(char(127))", "'fw=='"),
        ("conditional_to_base64(x'ff00')", "'/wA='"),
        ("conditional_to_base64(x'61')", "'a'"),
        ("conditional_to_base64(NULL)", "NULL"),
    ]);
}

#[test]
fn inet_aton() {
    Fixture::new().check(&[
        ("inet_aton('1.2.3.4')", "16909060"),
        ("inet_aton('1.0.1.5')", "16777477"),
        ("inet_aton('255.255.255.255')", "4294967295"),
        ("inet_aton('0.0.0.0')", "0"),
        ("inet_aton('1.2.3')", "NULL"),
        ("inet_aton('1')", "NULL"),
        ("inet_aton('1.2.3.256')", "NULL"),
        ("inet_aton('1.2.3.4 ')", "NULL"),
        ("inet_aton('::1')", "NULL"),
        ("inet_aton('')", "NULL"),
        ("inet_aton(NULL)", "NULL"),
        ("inet_aton(cast(x'ff' as text))", "NULL"),
    ]);
}

#[test]
fn in_cidr_block() {
    Fixture::new().check(&[
        ("in_cidr_block('10.0.0.0/8','10.1.2.3')", "1"),
        ("in_cidr_block('10.0.0.0/26','10.0.0.24')", "1"),
        ("in_cidr_block('10.0.0.0/26','10.0.0.64')", "0"),
        ("in_cidr_block('10.1.2.3/8','10.200.0.1')", "1"),
        ("in_cidr_block('10.1.2.3/8','11.0.0.1')", "0"),
        ("in_cidr_block('0.0.0.0/0','255.255.255.255')", "1"),
        ("in_cidr_block('10.0.0.0/8','10.0.0.0')", "1"),
        ("in_cidr_block('10.0.0.0/8','10.255.255.255')", "1"),
        ("in_cidr_block('10.0.0.0/31','10.0.0.1')", "1"),
        ("in_cidr_block('10.0.0.1/32','10.0.0.1')", "1"),
        ("in_cidr_block('2001:db8::/48','2001:db8:0:ffff:ffff:ffff:ffff:ffff')", "1"),
        ("in_cidr_block('2001:db8::/48','2001:db8:1::')", "0"),
        ("in_cidr_block('fe80::/10','fe80::1%eth0')", "1"),
        ("in_cidr_block('::/0','fe80::1')", "1"),
        ("in_cidr_block('::1/128','::1')", "1"),
        ("in_cidr_block(NULL,'10.0.0.1')", "error: CIDR must be a string"),
        ("in_cidr_block(1,'10.0.0.1')", "error: CIDR must be a string"),
        ("in_cidr_block('10.0.0.0/8',NULL)", "error: IP address must be a string"),
        ("in_cidr_block('10.0.0.0/8',5)", "error: IP address must be a string"),
        ("in_cidr_block('10.0.0.0/8','x')", "error: IP address cannot be parsed"),
        ("in_cidr_block('10.0.0.0/8','')", "error: IP address cannot be parsed"),
        ("in_cidr_block('10.0.0.0/8','10.0.0.1%eth0')", "error: IP address cannot be parsed"),
        ("in_cidr_block('10.0.0.0/8',cast(x'ff' as text))", "error: IP address cannot be parsed"),
        ("in_cidr_block('10.0.0.0','10.0.0.1')", "error: CIDR for IP address v4 cannot be parsed"),
        ("in_cidr_block('10.0.0.0/33','10.0.0.1')", "error: CIDR for IP address v4 cannot be parsed"),
        ("in_cidr_block('10.0.0.0/','10.0.0.1')", "error: CIDR for IP address v4 cannot be parsed"),
        ("in_cidr_block('10.0.0.0/+8','10.0.0.1')", "error: CIDR for IP address v4 cannot be parsed"),
        ("in_cidr_block('x/8','10.0.0.1')", "error: CIDR for IP address v4 cannot be parsed"),
        ("in_cidr_block('::/0','10.0.0.1')", "error: CIDR for IP address v4 cannot be parsed"),
        ("in_cidr_block('10.0.0.0/8','::1')", "error: CIDR for IP address v6 cannot be parsed"),
        ("in_cidr_block('::/129','::1')", "error: CIDR for IP address v6 cannot be parsed"),
    ]);
}

#[test]
fn community_id() {
    let fixture = Fixture::new();
    fixture.check(&[
        ("community_id_v1('1.2.3.4','5.6.7.8',1122,3344,6)", "'1:wCb3OG7yAFWelaUydu0D+125CLM='"),
        ("community_id_v1('5.6.7.8','1.2.3.4',3344,1122,6)", "'1:wCb3OG7yAFWelaUydu0D+125CLM='"),
        ("community_id_v1_strict('1.2.3.4','5.6.7.8',1122,3344,6,0)", "'1:wCb3OG7yAFWelaUydu0D+125CLM='"),
        ("community_id_v1('1.2.3.4','5.6.7.8',1122,3344,6,1)", "'1:HhA1B+6CoLbiKPEs5nhNYN4XWfk='"),
        ("community_id_v1('1.2.3.4','5.6.7.8',8,0,1)", "'1:crodRHL2FEsHjbv3UkRrfbs4bZ0='"),
        // The answer to it: an echo reply has type 0 and code 0.
        ("community_id_v1('5.6.7.8','1.2.3.4',0,0,1)", "'1:crodRHL2FEsHjbv3UkRrfbs4bZ0='"),
        ("community_id_v1('fe80::1','fe80::2',8,0,58)", "'1:3fbr9v5+yS4VvMYHtrttwWQvTCo='"),
        ("community_id_v1('1.2.3.4','5.6.7.8',0,0,99)", "'1:SdHOj2GOvH7NvJfUmeknbGc7mSE='"),
        ("community_id_v1('66.35.250.204','128.232.110.120',80,34855,6)", "'1:LQU9qZlK+B5F3KDmev6m5PMibrg='"),
        ("community_id_v1('66.35.250.204','2001:0:3238:DFE1:63::FEFB',80,2347,6)", "'1:rxU6O+b2d9kbSWjRmVDoBbowx6g='"),
        (
            "community_id_v1('66.35.250.204','2001:0:3238:DFE1:63::FEFB',80,2347,6,37)",
            "'1:jmJ2ORP31di4mtsQPIKzyoEb3yo='",
        ),
        ("community_id_v1('1.2.3.4','5.6.7.8',1,2,6,-1)=community_id_v1('1.2.3.4','5.6.7.8',1,2,6,65535)", "1"),
    ]);
    assert!(fixture.warnings.lock().unwrap().is_empty());
    for (arguments, reason) in [
        ("NULL,'5.6.7.8',1,2,6", "Community ID IPs must be strings"),
        ("'1.2.3.4',5,1,2,6", "Community ID IPs must be strings"),
        ("'','5.6.7.8',1,2,6", "Community ID saddr cannot be parsed as IP"),
        ("'1.2.3.4','x',1,2,6", "Community ID daddr cannot be parsed as IP"),
        ("'1.2.3.4','5.6.7.8',65536,2,6", "Community ID ports must fit in 2 bytes"),
        ("'1.2.3.4','5.6.7.8',1,-2,6", "Community ID ports must fit in 2 bytes"),
        ("'1.2.3.4','5.6.7.8','1',2,6", "Community ID ports must be integers"),
        ("'1.2.3.4','5.6.7.8',1,NULL,6", "Community ID ports must be integers"),
        ("'1.2.3.4','5.6.7.8',1,2,'tcp'", "Community ID protocol must be an integer"),
        ("'1.2.3.4','5.6.7.8',1,2,256", "Community ID protocol must fit in 1 byte"),
        ("'1.2.3.4','5.6.7.8',1,2,6,65536", "Community ID seed must fit in 2 bytes"),
        ("'1.2.3.4','5.6.7.8',1,2,6,'x'", "Community ID seed must be an integer"),
    ] {
        assert_eq!(fixture.ask(&format!("community_id_v1({arguments})")), "NULL", "{arguments}");
        assert_eq!(*fixture.warnings.lock().unwrap(), [reason]);
        fixture.warnings.lock().unwrap().clear();
        assert_eq!(fixture.ask(&format!("community_id_v1_strict({arguments})")), format!("error: {reason}"));
        assert!(fixture.warnings.lock().unwrap().is_empty());
    }
}

#[test]
fn hashes() {
    Fixture::new().check(&[
        ("md5('abc')", "'900150983cd24fb0d6963f7d28e17f72'"),
        ("md5(123)", "'202cb962ac59075b964b07152d234b70'"),
        ("md5(1.5)", "'6008647277c4454cecd97d33c069f0ca'"),
        ("md5('')", "'d41d8cd98f00b204e9800998ecf8427e'"),
        ("sha1('abc')", "'a9993e364706816aba3e25717850c26c9cd0d89d'"),
        ("sha256('abc')", "'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'"),
        ("md5(NULL)", "NULL"),
        ("sha1(NULL)", "NULL"),
        ("sha256(NULL)", "NULL"),
        ("sha1('Guest')", "'face83ee3014bdc8f98203cc94e2e89222452e90'"),
        ("md5('System')", "'a45da96d0bf6575970f2d27af22be28a'"),
        ("md5(x'616263')=md5('abc')", "1"),
        ("md5(x'00ff00')", "'b2b237a1bbd9c57b93b952c24e7936a8'"),
        ("md5('a'||char(0)||'b')=md5('a')", "0"),
        ("sha256(zeroblob(1000000))", "'d29751f2649b32ff572b5e0a9f541ea660a50f94ff0beedfb0b692b924cc8025'"),
    ]);
}

#[test]
fn version_compare() {
    Fixture::new().check(&[
        ("version_compare('1.2.3','1.2.10')", "-1"),
        ("version_compare('1.2','1.2.0')", "-1"),
        ("version_compare('1.0','1.0')", "0"),
        ("version_compare('1.0.a','1.0.1')", "1"),
        ("version_compare('50.4.1b','50.4.1c')", "-1"),
        ("version_compare('1:1.0','2.0','DPKG')", "1"),
        ("version_compare('1.0~rc1','1.0','dpkg')", "-1"),
        ("version_compare('1.0~rc1','1.0','Rhel')", "-1"),
        ("version_compare('1.0^1','1.0','RHEL')", "1"),
        ("version_compare('1.0.0~rc2^2021','1.0.0','RHEL')", "-1"),
        ("version_compare('1.0','1.0-1','ARCH')", "0"),
        ("version_compare('4:1.1.0','4:1.1.0-3','ARCH')", "0"),
        ("version_compare('1:1.2.13-2','4.2.1','ARCH')", "1"),
        ("version_compare('1.0','1.0','ARCH','ignored')", "0"),
        ("version_compare('1.0','1.0','ARCH',NULL,1)", "0"),
        ("version_compare()", "error: Must provide two version strings to compare."),
        ("version_compare('1')", "error: Must provide two version strings to compare."),
        ("version_compare('1',NULL)", "error: Must provide two version strings to compare."),
        ("version_compare(1,'1')", "error: Must provide two version strings to compare."),
        ("version_compare('1','1',1)", "error: The optional third parameter is not a string."),
        ("version_compare('1','1',NULL)", "error: The optional third parameter is not a string."),
        (
            "version_compare('1','1','BSD')",
            "error: The optional third parameter does not match one of: (ARCH, DPKG, RHEL).",
        ),
        ("version_compare(cast(x'31ff' as text),cast(x'31fe' as text))", "1"),
    ]);
}

#[test]
fn collations() {
    let fixture = Fixture::new();
    fixture.check(&[
        ("('1:1' collate version_rhel) > '2'", "1"),
        ("'1:1' > '2'", "0"),
        ("'50.4.1b' < '50.4.1c' COLLATE VERSION", "1"),
        ("'20.10a' > '20.102' COLLATE VERSION", "1"),
        ("'4:2' = '4:2-1' COLLATE VERSION_ARCH", "1"),
        ("'2-2pre' < '2-2rc' COLLATE VERSION_ARCH", "1"),
        ("'22.07.5-2ubuntu1.3' < '22.07.5-2ubuntu1.4' COLLATE Version_dpkg", "1"),
        ("'1.1.0~BETA2' < '1.1.0~CR1' COLLATE VERSION_RHEL", "1"),
        ("cast(x'ff' as text) > '1' COLLATE VERSION", "1"),
        (
            "group_concat(name, ' ') from (select name from pragma_collation_list order by name)",
            "'BINARY NOCASE RTRIM version version_arch version_dpkg version_rhel'",
        ),
        (
            "group_concat(v, ' ') from (select v from (select '1.10' v union all select '1.9' union all select '1:0')
             order by v collate version_dpkg)",
            "'1.9 1.10 1:0'",
        ),
    ]);
}

#[test]
fn paths() {
    Fixture::new().check(&[
        ("parent_directory('/a/b/c')", "'/a/b'"),
        ("parent_directory('/a/b/')", "'/a/b'"),
        ("parent_directory('/a')", "''"),
        ("parent_directory('/')", "''"),
        ("parent_directory('a/b')", "'a'"),
        ("parent_directory('a')", "NULL"),
        ("parent_directory('')", "NULL"),
        ("parent_directory(NULL)", "error: Invalid inputs to parent_directory, TEXT was expected"),
        ("parent_directory(1)", "error: Invalid inputs to parent_directory, TEXT was expected"),
        ("parent_directory(x'2f61')", "error: Invalid inputs to parent_directory, TEXT was expected"),
        ("parent_directory(cast(x'2fff2f61' as text))", "text x'2FFF'"),
        ("is_path_deterministic('/a')", "1"),
        ("is_path_deterministic('a')", "1"),
        ("is_path_deterministic('')", "1"),
        ("is_path_deterministic('/a/*')", "1"),
        ("is_path_deterministic(5)", "1"),
        ("is_path_deterministic('/a',1)", "1"),
        ("is_path_deterministic(NULL)", "error: Invalid inputs to is_path_deterministic"),
        ("is_path_deterministic()", "error: Invalid inputs to is_path_deterministic"),
        ("find_file_path_in_cmd('/bin/ls -la /tmp')", "'/bin/ls'"),
        ("find_file_path_in_cmd('/bin/ls')", "'/bin/ls'"),
        ("find_file_path_in_cmd('/bin/ls  -la', 1)", "'/bin/ls'"),
        ("find_file_path_in_cmd('/opt/my app/run me now')", "'/opt/my app/run me'"),
        ("find_file_path_in_cmd('/opt/café x')", "'/opt/café'"),
        ("find_file_path_in_cmd('ls -la')", "''"),
        ("find_file_path_in_cmd('\"/bin/ls\" -la')", "''"),
        ("find_file_path_in_cmd('/nope -la')", "''"),
        ("find_file_path_in_cmd('/tmp x')", "''"),
        ("find_file_path_in_cmd('')", "''"),
        ("find_file_path_in_cmd(5)", "''"),
        ("find_file_path_in_cmd('/bin/ls' || printf('%.*c', 1000000, ' ') || 'x')", "'/bin/ls'"),
        ("find_file_path_in_cmd(NULL)", "error: Invalid inputs to find_binary_path_from_cmd"),
        ("find_file_path_in_cmd()", "error: Invalid inputs to find_binary_path_from_cmd"),
    ]);
}

#[test]
fn math() {
    Fixture::new().check(&[
        ("sqrt(16)", "4.0"),
        ("power(2,10)", "1024.0"),
        ("ceil(1.2)", "2"),
        ("ceil('1.5')", "2"),
        ("ceil('abc')", "0"),
        ("ceil(-1.5)", "-1"),
        ("ceil(7)", "7"),
        ("floor(1.8)", "1"),
        ("floor(-1.5)", "-2"),
        ("floor(1e300)", "1.0e+300"),
        ("ceil(9223372036854775807)", "9223372036854775807"),
        ("typeof(ceil(1.2))", "'integer'"),
        ("sqrt('x')", "0.0"),
        ("sqrt('9')", "3.0"),
        ("sqrt(x'39')", "3.0"),
        ("radians('1.5e1x') = radians(15)", "1"),
        ("radians(' +.5') = radians(0.5)", "1"),
        ("radians('-2.') = radians(-2)", "1"),
        ("radians('2.5e') = radians(2.5)", "1"),
        ("radians('2e+') = radians(2)", "1"),
        ("radians('2E-1') = radians(0.2)", "1"),
        ("radians('2e+01') = radians(20)", "1"),
        ("radians('.') + radians('-') + radians('+.e1') + radians('e5') + radians('.e5')", "0.0"),
        ("log(exp(1))", "1.0"),
        ("log10(1000)", "3.0"),
        ("pi()", "3.14159265358979"),
        ("degrees(1.3)", "74.484513367007"),
        ("degrees(pi())", "180.0"),
        ("radians(60)", "1.0471975511966"),
        ("sin(30)", "-0.988031624092862"),
        ("cos(30)", "0.154251449887584"),
        ("tan(30)", "-6.40533119664628"),
        ("cot(30)", "-0.156119952161659"),
        ("asin(.5)", "0.523598775598299"),
        ("acos(.5)", "1.0471975511966"),
        ("atan(.5)", "0.463647609000806"),
        ("log10(107372805120)", "11.0308942992233"),
        ("cot(0)", "Inf"),
        ("exp(1000)", "Inf"),
        ("exp(-1000)", "0.0"),
        ("sqrt(-1)", "error: Numerical argument out of domain"),
        ("asin(2)", "error: Numerical argument out of domain"),
        ("acos(-2)", "error: Numerical argument out of domain"),
        ("log(-1)", "error: Numerical argument out of domain"),
        ("log10(-1)", "error: Numerical argument out of domain"),
        ("sin(9e999)", "error: Numerical argument out of domain"),
        ("power(-1,0.5)", "error: Numerical argument out of domain"),
        ("log(0)", "error: Numerical result out of range"),
        ("log10(0)", "error: Numerical result out of range"),
        ("power(0,-1)", "error: Numerical result out of range"),
        ("power(NULL,1)", "NULL"),
        ("power(1,NULL)", "NULL"),
        ("sign(-3)", "-1"),
    ]);
    let fixture = Fixture::new();
    for name in
        ["sqrt", "log", "log10", "exp", "sin", "cos", "tan", "cot", "asin", "acos", "atan", "degrees", "radians"]
    {
        assert_eq!(fixture.ask(&format!("{name}(NULL)")), "NULL", "{name}");
    }
    assert_eq!(fixture.ask("ceil(NULL)"), "NULL");
    assert_eq!(fixture.ask("floor(NULL)"), "NULL");
}

#[test]
fn sleep_carve_shellstatic() {
    let fixture = Fixture::new();
    fixture.check(&[
        ("sleep(0)", "0"),
        ("sleep(-5)", "0"),
        ("sleep(NULL)", "0"),
        ("sleep('long')", "0"),
        ("sleep('3600')", "0"),
        ("carve('/etc/hosts')", "'Carve Failed:'"),
        ("shellstatic()", "NULL"),
    ]);
    fixture.cancel.cancel();
    assert_eq!(fixture.ask("sleep(3600)"), "error 9: interrupted");
    assert_eq!(fixture.ask("sleep(9223372036854775807)"), "error 9: interrupted");
    assert_eq!(fixture.ask("find_file_path_in_cmd('/bin/ls -la')"), "error 9: interrupted");
}

#[test]
fn too_big() {
    let fixture = Fixture::new();
    fixture.connection.set_limit(rusqlite::limits::Limit::SQLITE_LIMIT_LENGTH, 100_000).unwrap();
    let host: Arc<dyn Host> = Arc::new(Mem::new());
    register(&fixture.connection, &host, &fixture.cancel, &(Arc::new(|_| ()) as super::Warn)).unwrap();
    // SQLite would say so itself, with everything in memory.
    fixture.connection.set_limit(rusqlite::limits::Limit::SQLITE_LIMIT_LENGTH, 1_000_000).unwrap();
    fixture.check(&[
        ("length(cast(concat(zeroblob(50000), zeroblob(50000)) as blob))", "100000"),
        ("length(cast(concat_ws('--', zeroblob(50000), zeroblob(49998)) as blob))", "100000"),
        ("concat('', zeroblob(100001))", "error 18: string or blob too big"),
        ("length(to_base64(zeroblob(75000)))", "100000"),
        ("to_base64(zeroblob(75001))", "error 18: string or blob too big"),
        ("concat(zeroblob(50000), zeroblob(50001))", "error 18: string or blob too big"),
        ("concat_ws('--', zeroblob(50000), zeroblob(49999))", "error 18: string or blob too big"),
        ("to_base64(zeroblob(80000))", "error 18: string or blob too big"),
        ("conditional_to_base64(zeroblob(80000))", "error 18: string or blob too big"),
        ("length(to_base64(zeroblob(70000)))", "93336"),
    ]);
}

/// Every recorded name and number of arguments is there, marked deterministic and innocuous as it should be.
#[test]
fn listed() {
    let fixture = Fixture::new();
    let recorded = "acos/1 asin/1 atan/1 carve/1 ceil/1 community_id_v1/5 community_id_v1/6 community_id_v1_strict/5 \
        community_id_v1_strict/6 concat/-1 concat_ws/-1 conditional_to_base64/1 cos/1 cot/1 degrees/1 exp/1 \
        find_file_path_in_cmd/-1 floor/1 from_base64/1 in_cidr_block/2 inet_aton/1 is_path_deterministic/-1 log/1 \
        log10/1 md5/1 parent_directory/1 pi/0 power/2 radians/1 regex_match/3 regex_split/3 sha1/1 sha256/1 \
        shellstatic/0 sin/1 sleep/1 split/3 sqrt/1 tan/1 to_base64/1 version_compare/-1";
    const DETERMINISTIC: i64 = 0x800;
    const INNOCUOUS: i64 = 0x20_0000;
    for function in recorded.split_whitespace() {
        let (name, arguments) = function.split_once('/').unwrap();
        let flags = fixture.ask(&format!(
            "group_concat(distinct flags & {}) from pragma_function_list
             where name = '{name}' and narg = {arguments} and not builtin",
            DETERMINISTIC | INNOCUOUS
        ));
        let volatile = matches!(name, "carve" | "sleep");
        let expect = if volatile { INNOCUOUS } else { DETERMINISTIC | INNOCUOUS };
        assert_eq!(flags, format!("'{expect}'"), "{function}");
    }
}
