use super::*;
use crate::generators::bytes;
use crate::oracles::tally::Tally;

#[test]
fn most_inputs_tell_something() {
    let mut tally = Tally::default();
    for seed in 0..400 {
        for first in [b'h', b'r'] {
            let verdict = tally.run(check, &[&[first][..], &bytes(seed, 500)].concat());
            assert!(!matches!(verdict, Verdict::Fail(_)), "{} seed {seed}: {verdict:?}", char::from(first));
        }
        if seed < 40 {
            let verdict = tally.run(check, &[&b"k"[..], &bytes(seed, 500)].concat());
            assert!(!matches!(verdict, Verdict::Fail(_)), "k seed {seed}: {verdict:?}");
        }
    }
    assert_eq!((tally.properties(), tally.quiet(90)), (3, Vec::new()));
}

/// How many of 100 histories break a law.
fn found(tamper: Tamper) -> usize {
    let mut store = Store::in_memory().unwrap();
    let mut broken = |seed: &u32| {
        let bytes = bytes(u64::from(*seed), 500);
        let history = history(&mut Unstructured::new(&bytes), &Settings::odd()).unwrap();
        held(&history, &mut store, *seed, |_, _| Ok(()), tamper).is_err()
    };
    (0..100).filter(|seed| broken(seed)).count()
}

/// Replaces text in lines, if it is there.
fn replaced(logged: &mut Logged, from: &str, to: &str) {
    for line in &mut logged.lines {
        *line = String::from_utf8_lossy(line).replacen(from, to, 1).into_bytes();
    }
}

#[test]
fn differs_that_go_wrong_are_found() {
    assert_eq!(found(|_| {}), 0);
    let faults: [(&str, Tamper); 9] = [
        ("loses a line", |logged| drop(logged.lines.pop())),
        ("logs a line twice", |logged| logged.lines.extend(logged.lines.last().cloned())),
        ("takes added for removed", |logged| replaced(logged, "\"action\":\"added\"", "\"action\":\"removed\"")),
        ("changes a value", |logged| replaced(logged, ":\"1\"", ":\"2\"")),
        ("does not count", |logged| logged.counter = 0),
        ("writes members in another order", |logged| replaced(logged, "\"added\":[", "\"addad\":[")),
        ("logs in the order in which rows were read", |logged| logged.lines.reverse()),
        ("stores what it must not", |logged| logged.stored = true),
        ("does not store what it must", |logged| logged.stored = false),
    ];
    for (what, tamper) in faults {
        assert!(found(tamper) > 3, "hardly anybody saw a differ that {what}");
    }
}

#[test]
fn records_that_are_none() {
    for input in [
        &b"r"[..],
        b"r\x01",
        b"r\x01\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"r\x02\x00\x00",
        b"r\x01\x02\0\0\0\0\0\0\xf8\x7f",
    ] {
        assert!(!matches!(check(input), Verdict::Fail(_)), "{input:?}");
    }
}
