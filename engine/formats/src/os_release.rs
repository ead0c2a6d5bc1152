//! What names a distribution: `/etc/os-release` (os-release(5)) and the one line of `/etc/redhat-release`.

use crate::Odd;
use crate::lines::{int, lines, split_once};
use std::borrow::Cow;

/// The assignments of an os-release file, in order, with values as a shell would see them.
pub fn os_release(bytes: &[u8], odd: &mut dyn FnMut(Odd)) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut pairs = Vec::new();
    for (index, line) in lines(bytes).enumerate() {
        let line = line.trim_ascii();
        if matches!(line.first(), None | Some(b'#')) {
            continue;
        }
        let mut complain = |reason| odd(Odd { line: index + 1, reason: Cow::Borrowed(reason) });
        let Some((key, value)) = split_once(line, b'=') else {
            complain("not an assignment");
            continue;
        };
        let (value, closed) = unquote(value.trim_ascii());
        if !closed {
            complain("a quotation mark is not closed");
        }
        pairs.push((key.trim_ascii().to_vec(), value));
    }
    pairs
}

/// The text of a value, and whether its quotation marks are balanced. What is not quoted is taken to the end of the
/// line, as careless authors mean it.
fn unquote(value: &[u8]) -> (Vec<u8>, bool) {
    let Some((quote @ (b'"' | b'\''), mut rest)) = value.split_first() else {
        return (value.to_vec(), true);
    };
    let mut text = Vec::with_capacity(rest.len());
    loop {
        rest = match rest {
            [] => return (text, false),
            [byte, ..] if byte == quote => return (text, true),
            // In single quotes a backslash stands for itself; in double ones only before what a shell would expand.
            [b'\\', byte @ (b'"' | b'\\' | b'$' | b'`'), tail @ ..] if *quote == b'"' => {
                text.push(*byte);
                tail
            }
            [byte, tail @ ..] => {
                text.push(*byte);
                tail
            }
        };
    }
}

/// The numbers of a version such as `12`, `22.04` or `8.9.2`: major, minor, and the rest as far as it is a number.
/// `None` within: not a number. Parts that are not there are 0.
#[must_use]
pub fn version_numbers(version: &[u8]) -> [Option<i64>; 3] {
    let mut parts = version.splitn(3, |byte| *byte == b'.');
    [(); 3].map(|()| parts.next().map_or(Some(0), leading_int))
}

fn leading_int(part: &[u8]) -> Option<i64> {
    let part = part.trim_ascii();
    let digits = part.iter().take_while(|byte| byte.is_ascii_digit()).count();
    int(part.get(..digits)?)
}

/// What a release line says: `CentOS Linux release 7.9.2009 (Core)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseLine {
    /// What stands before the word before the version.
    pub name: Vec<u8>,
    /// The first number of the version.
    pub major: Option<i64>,
    /// The second.
    pub minor: Option<i64>,
    /// What follows the second, if it is a number; 0 if nothing does.
    pub patch: Option<i64>,
}

/// Reads a release line: a name, then anything, then a version of at least two numbers. `None` without such a version
/// (`Fedora release 40 (Forty)`).
#[must_use]
pub fn release_line(line: &[u8]) -> Option<ReleaseLine> {
    // The last place where a version begins after a space counts.
    let (version, [major, minor, patch]) =
        (1..line.len()).rev().find_map(|at| Some((at, version_at(line.get(..at)?, line.get(at..)?)?)))?;
    // The name is followed by one space, and the version by another one: a word lies between them.
    let head = line.get(..version.checked_sub(1)?)?;
    let mut start = 0;
    for run in head.split(|byte| !is_name(*byte)) {
        let last_space = run.iter().rposition(|byte| *byte == b' ').filter(|at| *at > 0);
        if let Some(end) = last_space {
            let name = head.get(start..start + end)?.to_vec();
            return Some(ReleaseLine { name, major, minor, patch });
        }
        start += run.len() + 1;
    }
    None
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || matches!(byte, b'_' | b'+')
}

fn version_at(head: &[u8], tail: &[u8]) -> Option<[Option<i64>; 3]> {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if head.last() != Some(&b' ') {
        return None;
    }
    let (major, rest) = tail.split_at_checked(digits(tail)).filter(|(major, _)| !major.is_empty())?;
    let rest = rest.strip_prefix(b".")?;
    let (minor, rest) = rest.split_at_checked(digits(rest)).filter(|(minor, _)| !minor.is_empty())?;
    let rest = rest.strip_prefix(b".").unwrap_or(rest);
    let word = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let patch = rest.get(..word)?;
    Some([int(major), int(minor), if patch.is_empty() { Some(0) } else { leading_int(patch) }])
}

/// A file's text trimmed, every run of white space within reduced to its first character.
#[must_use]
pub fn squeeze(text: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    for byte in text.trim_ascii() {
        if !(byte.is_ascii_whitespace() && out.last().is_some_and(u8::is_ascii_whitespace)) {
            out.push(*byte);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (line, expect) in [
            ("A=plain", "plain"),
            ("A=two words # no comment", "two words # no comment"),
            ("A=\"quoted text\"", "quoted text"),
            ("A='single \\ \"x\"'", "single \\ \"x\""),
            ("A=\"a\\\"b\\$c\\\\d\\`e\\nf\"", "a\"b$c\\d`e\\nf"),
            ("A=\"open", "open"),
            ("A=\"", ""),
            ("A=\"\"", ""),
            ("A=", ""),
            (" A = x \r", "x"),
            ("A=b=c", "b=c"),
            ("A=\"closed\" # comment", "closed"),
        ] {
            assert_eq!(os_release(line.as_bytes(), &mut |_| {}), [(b"A".to_vec(), expect.into())], "{line}");
        }
    }

    #[test]
    fn lines_that_are_odd() {
        let mut odd = Vec::new();
        let pairs = os_release(b"# c\n\nnothing\nID=x\nNAME=\"y\nV=\xff", &mut |o| odd.push(o.line));
        assert_eq!(pairs.len(), 3);
        assert_eq!(odd, [3, 5]);
    }

    #[test]
    fn numbers_of_versions() {
        for (version, expect) in [
            ("12", [Some(12), Some(0), Some(0)]),
            ("22.04", [Some(22), Some(4), Some(0)]),
            ("8.9.2.1", [Some(8), Some(9), Some(2)]),
            ("40rc1", [Some(40), Some(0), Some(0)]),
            ("rolling", [None, Some(0), Some(0)]),
            ("1..3", [Some(1), None, Some(3)]),
            ("99999999999999999999", [None, Some(0), Some(0)]),
            ("", [None, Some(0), Some(0)]),
        ] {
            assert_eq!(version_numbers(version.as_bytes()), expect, "{version}");
        }
    }

    #[test]
    fn release_lines() {
        for (line, expect) in [
            ("Fixture Linux release 40.2.1 (Example)", Some(("Fixture Linux", Some(40), Some(2), Some(1)))),
            ("CentOS Linux release 7.9.2009 (Core)", Some(("CentOS Linux", Some(7), Some(9), Some(2009)))),
            (
                "Red Hat Enterprise Linux release 9.3 (Plow)",
                Some(("Red Hat Enterprise Linux", Some(9), Some(3), Some(0))),
            ),
            ("A-B Linux release 1.10beta", Some(("B Linux", Some(1), Some(10), None))),
            ("Fedora release 40 (Forty)", None),
            ("release 9.3", None),
            ("Name 9.3", None),
            ("X 1.2 release 3.4", Some(("X", Some(3), Some(4), Some(0)))),
            ("A release 99999999999999999999.1", Some(("A", None, Some(1), Some(0)))),
            ("", None),
            ("1.2", None),
        ] {
            let found = release_line(line.as_bytes());
            let found = found.as_ref().map(|f| (std::str::from_utf8(&f.name).unwrap(), f.major, f.minor, f.patch));
            assert_eq!(found, expect, "{line}");
        }
    }

    #[test]
    fn squeezing() {
        for (text, expect) in [("  a \t b\n", "a b"), ("a\n\nb", "a\nb"), ("", "")] {
            assert_eq!(squeeze(text.as_bytes()), expect.as_bytes(), "{text:?}");
        }
    }
}
