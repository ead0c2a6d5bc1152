//! Settings of kernel parameters: sysctl.conf(5), sysctl.d(5).

use crate::Odd;
use crate::lines::{lines, split_once};
use std::borrow::Cow;
use std::collections::HashMap;

/// What configuration files say of kernel parameters, later lines over earlier ones.
///
/// A parameter is named by its path below `/proc/sys`. A name without wildcards wins over one with them, and a line
/// `-name` without a value takes the parameter out of the reach of wildcards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    exact: HashMap<Vec<u8>, Option<Vec<u8>>>,
    patterns: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Settings {
    /// Adds a file's lines.
    pub fn add(&mut self, bytes: &[u8], odd: &mut dyn FnMut(Odd)) {
        for (index, line) in lines(bytes).enumerate() {
            let line = line.trim_ascii();
            if !matches!(line.first(), None | Some(b'#' | b';')) && self.line(line).is_none() {
                odd(Odd { line: index + 1, reason: Cow::Borrowed("neither `name = value` nor `-name`") });
            }
        }
    }

    fn line(&mut self, line: &[u8]) -> Option<()> {
        // A leading minus before an assignment says that failing to set it is no error.
        let unsigned = line.strip_prefix(b"-");
        let Some((name, value)) = split_once(line, b'=') else {
            self.exact.insert(path(unsigned?.trim_ascii()), None);
            return Some(());
        };
        let path = path(name.strip_prefix(b"-").unwrap_or(name).trim_ascii());
        let value = value.trim_ascii().to_vec();
        if path.iter().any(|byte| matches!(byte, b'*' | b'?' | b'[')) {
            self.patterns.push((path, value));
        } else if path.is_empty() {
            return None;
        } else {
            self.exact.insert(path, Some(value));
        }
        Some(())
    }

    /// The value that a parameter would be given.
    #[must_use]
    pub fn value(&self, path: &[u8]) -> Option<&[u8]> {
        if let Some(set) = self.exact.get(path) {
            return set.as_deref();
        }
        self.patterns.iter().rev().find(|(pattern, _)| path_matches(pattern, path)).map(|(_, value)| value.as_slice())
    }
}

/// The path of a parameter's name. The first separator tells which of `.` and `/` separates; the other one is then part
/// of names, as `.`: `net.ipv4.conf.eth0/1.mtu` and `net/ipv4/conf/eth0.1/mtu` are the same.
fn path(name: &[u8]) -> Vec<u8> {
    let swap = name.iter().find(|byte| matches!(byte, b'.' | b'/')) == Some(&b'.');
    let swapped = name.iter().map(|byte| match byte {
        b'.' if swap => b'/',
        b'/' if swap => b'.',
        other => *other,
    });
    swapped.skip_while(|byte| *byte == b'/').collect()
}

fn path_matches(pattern: &[u8], path: &[u8]) -> bool {
    let (mut patterns, mut names) = (pattern.split(|byte| *byte == b'/'), path.split(|byte| *byte == b'/'));
    loop {
        match (patterns.next(), names.next()) {
            (None, None) => return true,
            (Some(pattern), Some(name)) if name_matches(pattern, name) => {}
            _ => return false,
        }
    }
}

/// Matches one name with `*`, `?` and `[…]` of glob(7), without backtracking further than to the last `*`.
fn name_matches(mut pattern: &[u8], mut name: &[u8]) -> bool {
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        if let [b'*', rest @ ..] = pattern {
            (pattern, star) = (rest, Some((rest, name)));
            continue;
        }
        let step = match (one(pattern), name) {
            (None, []) => return true,
            (Some((like, rest)), [byte, tail @ ..]) if like.contains(*byte) => Some((rest, tail)),
            _ => None,
        };
        (pattern, name) = match (step, star) {
            (Some(step), _) => step,
            (None, Some((rest, [_, tail @ ..]))) => {
                star = Some((rest, tail));
                (rest, tail)
            }
            _ => return false,
        };
    }
}

/// What one byte of a name may be.
enum Like<'a> {
    Any,
    Byte(u8),
    Set { members: &'a [u8], negated: bool },
}

impl Like<'_> {
    fn contains(&self, byte: u8) -> bool {
        match *self {
            Like::Any => true,
            Like::Byte(only) => byte == only,
            Like::Set { mut members, negated } => {
                let mut found = false;
                while let [first, rest @ ..] = members {
                    members = match rest {
                        [b'-', last, tail @ ..] => {
                            found |= (*first..=*last).contains(&byte);
                            tail
                        }
                        _ => {
                            found |= *first == byte;
                            rest
                        }
                    };
                }
                found != negated
            }
        }
    }
}

/// Splits off the part of a pattern that stands for one byte; `None` at the end.
fn one(pattern: &[u8]) -> Option<(Like<'_>, &[u8])> {
    match pattern {
        [] => None,
        [b'?', rest @ ..] => Some((Like::Any, rest)),
        [b'[', rest @ ..] => Some(set(rest).unwrap_or((Like::Byte(b'['), rest))),
        [byte, rest @ ..] => Some((Like::Byte(*byte), rest)),
    }
}

/// The set after `[`: a `]` in the first place is a member. `None` when nothing closes it.
fn set(rest: &[u8]) -> Option<(Like<'_>, &[u8])> {
    let inner = rest.strip_prefix(b"!").or(rest.strip_prefix(b"^")).unwrap_or(rest);
    let end = inner.iter().skip(1).position(|byte| *byte == b']')? + 1;
    Some((Like::Set { members: inner.get(..end)?, negated: inner.len() < rest.len() }, inner.get(end + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> (Settings, Vec<usize>) {
        let (mut settings, mut odd) = (Settings::default(), Vec::new());
        settings.add(text.as_bytes(), &mut |o| odd.push(o.line));
        (settings, odd)
    }

    #[test]
    fn names_and_values() {
        let (settings, odd) = settings(
            "# c\n; c\n a.b = 1 \na.b=2\nc/d.e=x\nf.g/h.i=y\n-k.l = 3\nkernel.hostname=a=b\nempty.v=\njunk\n=5\n/lead/x=1",
        );
        for (path, expect) in [
            ("a/b", Some("2")),
            ("c/d.e", Some("x")),
            ("f/g.h/i", Some("y")),
            ("k/l", Some("3")),
            ("kernel/hostname", Some("a=b")),
            ("empty/v", Some("")),
            ("lead/x", Some("1")),
            ("junk", None),
            ("", None),
        ] {
            assert_eq!(settings.value(path.as_bytes()), expect.map(str::as_bytes), "{path}");
        }
        assert_eq!(odd, [10, 11]);
    }

    #[test]
    fn wildcards() {
        let (settings, _) = settings(
            "net.ipv4.conf.*.rp_filter=1\nnet.ipv4.conf.e*.rp_filter=2\nnet.ipv4.conf.all.rp_filter=0\n-net.ipv4.conf.lo.rp_filter",
        );
        for (name, expect) in
            [("all", Some("0")), ("lo", None), ("eth0", Some("2")), ("eth0.1", Some("2")), ("wlan0", Some("1"))]
        {
            let path = format!("net/ipv4/conf/{name}/rp_filter");
            assert_eq!(settings.value(path.as_bytes()), expect.map(str::as_bytes), "{name}");
        }
        assert_eq!(settings.value(b"net/ipv4/conf/x/y/rp_filter"), None);
    }

    #[test]
    fn globs() {
        for (pattern, name, expect) in [
            ("*", "", true),
            ("a*b*c", "axxbxxc", true),
            ("a*b*c", "axxcxxb", false),
            ("*.1", "eth0.1", true),
            ("?", "", false),
            ("??", "ab", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[^a]", "b", true),
            ("[]]", "]", true),
            ("[a-]", "-", true),
            ("[open", "[open", true),
            ("", "", true),
            ("a", "ab", false),
        ] {
            assert_eq!(name_matches(pattern.as_bytes(), name.as_bytes()), expect, "{pattern} {name}");
        }
        let long = "a".repeat(20_000);
        assert!(!name_matches("a*a*a*a*a*a*b".as_bytes(), long.as_bytes()));
    }
}
