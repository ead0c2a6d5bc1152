//! The text of a configuration, and where things stand in it.
//!
//! Before it is JSON, a backslash at the end of a line joins the line with the next, and lines that begin with `#` or `//` are
//! comments. Comments anywhere else are none: `"http://a"` is safe.

use std::ops::Range;

/// A text as it was written, and the JSON in it.
#[derive(Clone, Debug)]
pub struct Text {
    /// Where it comes from: a path, as a rule.
    pub source: String,
    /// The text as it was read.
    pub original: Vec<u8>,
    /// The JSON. Bytes that are not UTF-8 became U+FFFD.
    pub json: String,
    /// Where pieces of the JSON begin, and the number of the original's line of which each is the beginning; ascending.
    pieces: Vec<(u32, u32)>,
}

/// A line and a column, both from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Text {
    /// Takes a text apart.
    #[must_use]
    pub fn new(source: &str, bytes: &[u8]) -> Self {
        let original = String::from_utf8_lossy(bytes);
        let mut text = Self {
            source: source.to_owned(),
            original: bytes.to_vec(),
            json: String::with_capacity(original.len()),
            pieces: Vec::new(),
        };
        let mut lines = original.split('\n').enumerate();
        while let Some((number, line)) = lines.next() {
            // A line, and those that a backslash joins to it.
            let mut parts = vec![(number + 1, line)];
            while let Some((_, last)) = parts.last_mut()
                && let Some(cut) = last.strip_suffix('\\')
                && let Some((number, next)) = lines.next()
            {
                *last = cut;
                parts.push((number + 1, next));
            }
            text.take(&parts);
        }
        text
    }

    fn take(&mut self, parts: &[(usize, &str)]) {
        let whole: String = parts.iter().map(|(_, part)| *part).collect();
        let trimmed = whole.trim_start_matches(blank);
        if trimmed.starts_with('#') || trimmed.starts_with("//") {
            return;
        }
        for (number, part) in parts {
            // Texts are a few megabytes at most; in one that is not, places are wrong.
            let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            self.pieces.push((small(self.json.len()), small(*number)));
            self.json.push_str(part);
        }
        self.json.push('\n');
    }

    /// Where an offset of the JSON stands in the original.
    #[must_use]
    pub fn place(&self, offset: usize) -> Place {
        // The newline at the end is ours.
        let offset = offset.min(self.json.len().saturating_sub(1));
        let at = self.pieces.partition_point(|(start, _)| *start as usize <= offset);
        let Some((start, line)) = at.checked_sub(1).and_then(|at| self.pieces.get(at)) else {
            return Place { line: 1, column: 1 };
        };
        let before = self.json.get(*start as usize..offset).unwrap_or_default();
        Place { line: *line as usize, column: 1 + before.chars().count() }
    }

    /// Where a span begins.
    #[must_use]
    pub fn start(&self, span: &Range<usize>) -> Place {
        self.place(span.start)
    }
}

fn blank(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\r' | '\x0b' | '\x0c')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_continued_lines() {
        for (text, json) in [
            ("{}", "{}\n"),
            ("# c\n  // c\n{\n\t#c\n}\n", "{\n}\n\n"),
            ("{\"a\": \"http://b\"} // c", "{\"a\": \"http://b\"} // c\n"),
            ("\"select \\\n  1\"", "\"select   1\"\n"),
            ("# a comment \\\n that goes on\n1", "1\n"),
            ("1 \\", "1 \\\n"),
            ("", "\n"),
        ] {
            assert_eq!(Text::new("s", text.as_bytes()).json, json, "{text:?}");
        }
        assert_eq!(Text::new("s", b"\"\xff\"").json, "\"\u{fffd}\"\n");
    }

    #[test]
    fn places() {
        let text = Text::new("s", "# c\n{ \"ä\": \"one \\\ntwo\",\n# d\n  \"b\": 1 }".as_bytes());
        for (what, line, column) in
            [("{", 2, 1), ("\"ä\"", 2, 3), (": ", 2, 6), ("two", 3, 1), ("\"b\"", 5, 3), ("}", 5, 10)]
        {
            let offset = text.json.find(what).expect(what);
            assert_eq!(text.place(offset), Place { line, column }, "{what}");
        }
        assert_eq!(text.place(usize::MAX).line, 5);
    }
}
