//! Stanzas of `Field: value` lines, as Debian's tools keep them (deb822(5)).

use crate::lines::{fields, lines};

/// A stanza.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stanza<'a> {
    fields: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> Stanza<'a> {
    /// Reads a stanza. Lines that are neither fields nor continuations of one are left out.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Self {
        let mut found: Vec<(&[u8], &[u8])> = Vec::new();
        let mut rest = bytes;
        // Where the value of the last field begins, while lines go on with it.
        let mut open: Option<&[u8]> = None;
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |place| place + 1);
            let Some((line, after)) = rest.split_at_checked(end) else { break };
            rest = after;
            if line.first().is_none_or(|first| !matches!(first, b' ' | b'\t' | b'#')) {
                open = field(line).map(|(name, value)| {
                    found.push((name, value));
                    bytes.get(bytes.len() - rest.len() - value.len()..).unwrap_or_default()
                });
            } else if let (Some(value), Some(last)) = (open, found.last_mut()) {
                last.1 = value.get(..value.len() - rest.len()).unwrap_or_default();
            }
        }
        Self { fields: found }
    }

    /// The value of a field, without the space around it. A folded one has its newlines. Names are the same in both
    /// cases; of a field that is there twice the last one counts.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.whole(name).map(<[u8]>::trim_ascii)
    }

    /// The words of a field's value, over all its lines. A line that begins with `#` is a comment; elsewhere the sign is one
    /// like any other.
    pub fn words(&self, name: &str) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let counts = |(place, line): &(usize, &[u8])| *place == 0 || !line.starts_with(b"#");
        lines(self.whole(name).unwrap_or_default()).enumerate().filter(counts).flat_map(|(_, line)| fields(line))
    }

    /// All that follows the colon.
    fn whole(&self, name: &str) -> Option<&'a [u8]> {
        let same = |(found, _): &&(&[u8], &[u8])| found.eq_ignore_ascii_case(name.as_bytes());
        self.fields.iter().rfind(same).map(|(_, value)| *value)
    }
}

/// Name and value of a line; the value with the newline.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = line.get(..colon)?.trim_ascii();
    let value = line.get(colon + 1..)?;
    (!name.is_empty() && !name.iter().any(u8::is_ascii_whitespace)).then_some((name, value))
}

/// The stanzas of a file: what stands between blank lines.
pub fn stanzas(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        loop {
            let mut length = 0;
            let mut lines = rest.split_inclusive(|byte| *byte == b'\n');
            let blank = lines.find_map(|line| {
                let blank = line.trim_ascii().is_empty();
                length += if blank { 0 } else { line.len() };
                blank.then_some(line.len())
            });
            if rest.is_empty() {
                return None;
            }
            let (stanza, after) = rest.split_at_checked(length)?;
            rest = after.get(blank.unwrap_or(0)..)?;
            if !stanza.is_empty() {
                return Some(stanza);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let text =
            b" lost\n# c\nA: 1 \nb:2\nlost too\n lost\nLong: x\n y\n#c\n\tz\r\nE:\nA: 3\nno name: x\n: x\nLast: 4";
        let stanza = Stanza::parse(text);
        for (name, expect) in [
            ("a", Some(&b"3"[..])),
            ("B", Some(b"2")),
            ("Long", Some(b"x\n y\n#c\n\tz")),
            ("E", Some(b"")),
            ("Last", Some(b"4")),
            ("no name", None),
            ("lost too", None),
            ("", None),
        ] {
            assert_eq!(stanza.get(name), expect, "{name}");
        }
        for (text, expect) in [
            ("A: x\n y\n#c\n\tz\r\n", &["x", "y", "z"][..]),
            ("A:\n#c\n x # y\n  #z u#v\n", &["x", "#", "y", "#z", "u#v"]),
            ("A:#x y\n", &["#x", "y"]),
            ("B: x\n", &[]),
        ] {
            let stanza = Stanza::parse(text.as_bytes());
            assert_eq!(stanza.words("a").map(String::from_utf8_lossy).collect::<Vec<_>>(), expect, "{text:?}");
        }
    }

    #[test]
    fn between_blank_lines() {
        for (text, expect) in [
            ("", vec![]),
            ("\n\n", vec![]),
            ("A: 1", vec!["A: 1"]),
            ("A: 1\n\nB: 2\n", vec!["A: 1\n", "B: 2\n"]),
            ("\n \nA: 1\nB: 2\n\t\r\n\nC: 3\n\n", vec!["A: 1\nB: 2\n", "C: 3\n"]),
        ] {
            let found: Vec<_> = stanzas(text.as_bytes()).map(String::from_utf8_lossy).collect();
            assert_eq!(found, expect, "{text:?}");
        }
    }
}
