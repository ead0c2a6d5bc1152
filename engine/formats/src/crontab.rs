//! Tables of cron (crontab(5)).

use crate::Odd;
use crate::lines::lines;
use std::borrow::Cow;

/// An entry. Either `event` is set (`@reboot`, `@daily`) or the five fields of the schedule are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The nickname of a schedule, with its `@`.
    pub event: Vec<u8>,
    /// Minute, hour, day of month, month, day of week.
    pub schedule: [Vec<u8>; 5],
    /// What runs, its words joined by single spaces. In system tables it begins with the user.
    pub command: Vec<u8>,
}

/// The entries of a table, in file order. Comments, blank lines and settings of the environment are passed over.
pub fn crontab(bytes: &[u8], odd: &mut dyn FnMut(Odd)) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (index, line) in lines(bytes).enumerate() {
        let line = line.trim_ascii();
        if matches!(line.first(), None | Some(b'#')) || is_setting(line) {
            continue;
        }
        match entry(line) {
            Some(entry) => entries.push(entry),
            None => odd(Odd { line: index + 1, reason: Cow::Borrowed("too few fields for an entry") }),
        }
    }
    entries
}

/// `NAME = value`: a name, which may be quoted, and an equals sign before anything else.
fn is_setting(line: &[u8]) -> bool {
    let after = match line.split_first() {
        Some((quote @ (b'"' | b'\''), rest)) => {
            let mut parts = rest.splitn(2, |byte| byte == quote);
            parts.next().and(parts.next())
        }
        _ => {
            let end = line.iter().position(|byte| *byte == b'=' || byte.is_ascii_whitespace());
            end.filter(|end| *end > 0).and_then(|end| line.get(end..))
        }
    };
    after.is_some_and(|after| after.trim_ascii_start().starts_with(b"="))
}

fn entry(line: &[u8]) -> Option<Entry> {
    let mut words = line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty()).peekable();
    let mut entry = Entry::default();
    if words.peek().is_some_and(|word| word.starts_with(b"@")) {
        entry.event = words.next()?.to_vec();
    } else {
        for field in &mut entry.schedule {
            *field = words.next()?.to_vec();
        }
    }
    entry.command = words.next()?.to_vec();
    for word in words {
        entry.command.push(b' ');
        entry.command.extend_from_slice(word);
    }
    Some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries() {
        for (line, expect) in [
            ("17 *\t* * *\troot\tcd / && x", Some("|17|*|*|*|*|root cd / && x")),
            (
                "  */15 0-6,18-23 1,15 jan-mar mon-fri  al  x --date=$(date +\\%F) # no\r",
                Some("|*/15|0-6,18-23|1,15|jan-mar|mon-fri|al x --date=$(date +\\%F) # no"),
            ),
            ("@reboot root x", Some("@reboot||||||root x")),
            ("-*/5 * * * * x", Some("|-*/5|*|*|*|*|x")),
            ("1 2 3 4 5 A=b x", Some("|1|2|3|4|5|A=b x")),
            ("1 2 3 4 5 = x", Some("|1|2|3|4|5|= x")),
            ("FOO=a b c d e f", None),
            ("FOO = a b c d e f", None),
            ("\"A B\" = a b c d e f", None),
            ("'A B'=a b c d e f", None),
            ("\"A B c d e f g", Some("|\"A|B|c|d|e|f g")),
            ("= 2 3 4 5 x", Some("|=|2|3|4|5|x")),
            ("@reboot", None),
            ("1 2 3 4 5", None),
            ("# 1 2 3 4 5 x", None),
            ("", None),
        ] {
            let got = crontab(line.as_bytes(), &mut |_| {}).pop().map(|entry| {
                let fields = [&[entry.event][..], &entry.schedule, &[entry.command]].concat();
                String::from_utf8(fields.join(&b'|')).expect("ASCII")
            });
            assert_eq!(got.as_deref(), expect, "{line:?}");
        }
    }

    #[test]
    fn a_bad_line_loses_only_itself() {
        let mut odd = Vec::new();
        let entries = crontab(b"\xff\xfe\n@daily \xff\n\n1 2 3\nX=1\n* * * * * y", &mut |o| odd.push(o.line));
        assert_eq!((entries.len(), odd), (2, vec![1, 4]));
    }
}
