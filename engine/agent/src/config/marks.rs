//! Where things stand in a source that are looked at again once everything is known: SQL, options, packs in files.

use super::text::Text;
use std::collections::BTreeMap;
use std::ops::Range;

/// The places of one source.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// SQL, in the order of the text.
    pub asked: Vec<Asked>,
    /// The values of options.
    pub options: BTreeMap<String, Range<usize>>,
    /// The value that names a pack's file or files, by the pack's name (`*` for files).
    pub packs: BTreeMap<String, Range<usize>>,
}

/// What a piece of SQL is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// It is scheduled.
    Query,
    /// It says whether a pack is active.
    Discovery,
    /// It decorates log lines.
    Decorator,
    /// It is a view.
    View,
    /// It gives patterns of files, in a column `path`.
    Files,
    /// It is asked of other people's databases, not of ours.
    Foreign,
}

/// A piece of SQL in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What it is for.
    pub kind: Asks,
    /// What it is called in messages: `query q of pack p`.
    pub what: String,
    /// The JSON string that it is, quotes included.
    pub span: Range<usize>,
    /// The platforms that it is for, as its query and its pack name them.
    pub platforms: Vec<String>,
}

/// A JSON string without its quotes and escapes, and where its bytes stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unescaped {
    /// The text.
    pub text: String,
    /// For each piece that stands as it is: its place in the text, and in the JSON; ascending.
    pieces: Vec<(usize, usize)>,
}

impl Unescaped {
    /// The string at a span of a text, which is JSON; empty if no string stands there.
    #[must_use]
    pub fn new(text: &Text, span: &Range<usize>) -> Self {
        let quoted = text.json.get(span.clone()).unwrap_or_default();
        let Some(inside) = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
            return Self::default();
        };
        let start = span.start + 1;
        let mut found = Self::default();
        let mut at = 0;
        while let Some(rest) = inside.get(at..).filter(|rest| !rest.is_empty()) {
            found.pieces.push((found.text.len(), start + at));
            let plain = rest.find('\\').unwrap_or(rest.len());
            found.text.push_str(rest.get(..plain).unwrap_or_default());
            at += plain;
            let Some(escape) = rest.get(plain..).filter(|rest| !rest.is_empty()) else { break };
            let (char, length) = escaped(escape);
            found.pieces.push((found.text.len(), start + at));
            found.text.push(char);
            at += length;
        }
        found
    }

    /// Where a byte of the text stands in the JSON.
    #[must_use]
    pub fn offset(&self, byte: usize) -> usize {
        let at = self.pieces.partition_point(|(start, _)| *start <= byte);
        let piece = at.checked_sub(1).and_then(|at| self.pieces.get(at));
        piece.map_or(0, |(start, json)| json + (byte - start))
    }
}

/// The character of an escape, and how long the escape is.
fn escaped(escape: &str) -> (char, usize) {
    let unit = |from: usize| {
        let digits = escape.get(from..from + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    match escape.as_bytes().get(1) {
        Some(b'n') => ('\n', 2),
        Some(b't') => ('\t', 2),
        Some(b'r') => ('\r', 2),
        Some(b'b') => ('\x08', 2),
        Some(b'f') => ('\x0c', 2),
        Some(b'u') => {
            let units = unit(0).into_iter().chain(unit(6));
            let char = char::decode_utf16(units).next().and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER);
            (char, if char.len_utf16() == 2 { 12 } else { 6 })
        }
        // The JSON was read: what is left are `"`, `\` and `/`.
        Some(other) => (char::from(*other), 2),
        None => (char::REPLACEMENT_CHARACTER, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_places() {
        let json = r#" {"a": "x\"y\\z\n\u00e4\ud83d\ude00/\/ä!"}"#;
        let text = Text::new("s", json.as_bytes());
        let begin = text.json.find("\"x").unwrap();
        let end = text.json.rfind('"').unwrap() + 1;
        let found = Unescaped::new(&text, &(begin..end));
        assert_eq!(found.text, "x\"y\\z\nä😀//ä!");
        for (char, shown) in [('x', "x\\"), ('"', "\\\"y"), ('y', "y"), ('\n', "\\n"), ('😀', "\\ud83d"), ('!', "!\"")]
        {
            let byte = found.text.find(char).unwrap();
            assert!(text.json[found.offset(byte)..].starts_with(shown), "{char:?}");
        }
        assert_eq!(found.offset(found.text.len()), end - 1);
        assert_eq!(Unescaped::new(&text, &(0..3)), Unescaped::default());
    }
}
