use super::*;
use crate::generators::bytes;
use crate::generators::model::{PARTLY, files::Thing};
use plumb_schema::Platforms;

#[path = "slips.rs"]
mod slips;
#[path = "wired.rs"]
mod wired;

/// Machines a table and settings.
const SEEDS: u64 = 24;

fn input(table: &str, settings: u8, seed: u64) -> Vec<u8> {
    [table.as_bytes(), b"\n", &[settings], &bytes(seed, 1500)[..]].concat()
}

#[test]
fn every_table_answers_what_its_model_says() {
    let mut wrong = Vec::new();
    for table in tables() {
        for settings in [0, 1, 3] {
            let mut passed = 0;
            for seed in 0..SEEDS {
                match check(&input(table, settings, seed)) {
                    Verdict::Pass => passed += 1,
                    Verdict::Skip(_) => {}
                    Verdict::Fail(why) => {
                        let why: Vec<&str> = why.lines().take(14).collect();
                        let why = why.join("\n");
                        wrong.push(format!("{table}, settings {settings}, seed {seed}: {why}"));
                        break;
                    }
                }
            }
            if passed * 10 < SEEDS * 7 && wrong.is_empty() {
                wrong.push(format!("{table}, settings {settings}: only {passed} of {SEEDS} machines have rows"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The subjects of a machine do not get in each other's way.
#[test]
fn every_table_of_a_whole_machine() {
    let mut wrong = Vec::new();
    for (seed, settings) in (0..6).zip([Settings::valid(), Settings::odd()].iter().cycle()) {
        let bytes = bytes(seed, 40_000);
        let mut u = Unstructured::new(&bytes);
        let machine = Machine::generate(&mut u, settings).unwrap();
        let files = machine.files();
        for table in tables() {
            if let Verdict::Fail(why) = judge(&mut u, &machine, &files, table, None) {
                let why: Vec<&str> = why.lines().take(6).collect();
                wrong.push(format!("{table}, seed {seed}: {}", why.join("\n")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What the model leaves out of a table is little, or has a reason.
#[test]
fn most_columns_are_known() {
    let bytes = bytes(1, 3000);
    for table in tables() {
        let machine = Machine::for_table(&mut Unstructured::new(&bytes), &Settings::valid(), table).unwrap();
        let asked: Vec<&str> = machine.expect(table).iter().flat_map(|question| question.columns).copied().collect();
        let declared = find(table).unwrap_or_else(|| panic!("no table {table}"));
        let here: Vec<&str> = declared
            .specs()
            .filter(|spec| spec.on.contains(Platforms::LINUX) && !spec.is_hidden(Platforms::LINUX))
            .map(|spec| spec.name)
            .collect();
        let left: Vec<&&str> = here.iter().filter(|name| !asked.contains(name)).collect();
        let partly = PARTLY.iter().any(|(name, _)| *name == table);
        assert_eq!(partly, left.len() * 3 > here.len(), "{table} leaves out {left:?} of {}", here.len());
    }
}

/// A machine of a table whose files are changed before it is asked.
fn caught(table: &str, seed: u64, change: impl Fn(&mut Files)) -> bool {
    let bytes = bytes(seed, 1500);
    let mut u = Unstructured::new(&bytes);
    let machine = Machine::for_table(&mut u, &Settings::odd(), table).unwrap();
    let mut files = machine.files();
    change(&mut files);
    matches!(judge(&mut u, &machine, &files, table, None), Verdict::Fail(_))
}

/// Another machine is never taken for the one in question.
#[test]
fn another_machine_is_told_apart() {
    for table in tables() {
        let (mut known, mut told) = (0, 0);
        for seed in 0..12 {
            let (one, two) = (bytes(seed, 1500), bytes(seed + 1000, 1500));
            let mut u = Unstructured::new(&one);
            let machine = Machine::for_table(&mut u, &Settings::odd(), table).unwrap();
            let other = Machine::for_table(&mut Unstructured::new(&two), &Settings::odd(), table).unwrap();
            if machine.expect(table).iter().any(|question| !question.rows.is_empty()) {
                known += 1;
                let verdict = judge(&mut u, &machine, &other.files(), table, None);
                told += usize::from(matches!(verdict, Verdict::Fail(_)));
            }
        }
        assert!(known >= 6 && told * 10 >= known * 9, "{table}: {told} of {known}");
    }
}

#[test]
fn planted_faults_are_caught() {
    let some = |table: &str, change: &dyn Fn(&mut Files)| (0..10).filter(|seed| caught(table, *seed, change)).count();
    let wrong_escape = |files: &mut Files| {
        let content = files.content(b"/proc/mounts").unwrap();
        let text = content.escape_ascii().to_string().replace("\\\\040", "\\\\041");
        *content = text.replace("\\\\", "\\").replace("\\n", "\n").into_bytes();
    };
    assert!(some("mounts", &wrong_escape) >= 3);
    let swapped = |files: &mut Files| {
        let content = files.content(b"/etc/passwd").unwrap();
        let swap = |line: &[u8]| {
            let mut fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
            if fields.len() > 6 {
                fields.swap(4, 5);
            }
            fields.join(&b':')
        };
        *content = content.split(|byte| *byte == b'\n').map(swap).collect::<Vec<_>>().join(&b'\n');
    };
    assert!(some("users", &swapped) >= 8);
    let dropped = |files: &mut Files| {
        let last = files.paths().filter(|path| path.ends_with(b"/stat") && path.len() > 10).last().unwrap();
        let dir = last.strip_suffix(b"/stat").unwrap().to_vec();
        files.remove(&dir);
    };
    assert!(some("processes", &dropped) >= 8);
    assert!(some("users", &|files| files.put(b"/etc/passwd", Thing::File(Vec::new()))) == 10);
    assert_eq!(some("users", &|_| {}) + some("mounts", &|_| {}) + some("processes", &|_| {}), 0, "and nothing else is");
}
