//! Histories of shells: plain lines, bash's timestamps on lines of their own (`#1700000000`), and zsh's extended lines
//! (`: 1700000000:15;command`).

/// A line of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Seconds since the epoch; 0 when the history does not say.
    pub time: i64,
    /// The line as it stands in the file, without its timestamp.
    pub command: &'a [u8],
}

/// Reads a history line by line.
#[derive(Clone, Debug, Default)]
pub struct History {
    stamp: Option<i64>,
}

impl History {
    /// Takes the next line, without its newline. `None` if it is the timestamp of the line after it: that one is then
    /// a command, whatever it looks like.
    pub fn line<'a>(&mut self, line: &'a [u8]) -> Option<Entry<'a>> {
        if let Some(time) = self.stamp.take() {
            return Some(Entry { time, command: line });
        }
        if let Some(time) = line.strip_prefix(b"#").and_then(number) {
            self.stamp = Some(time);
            return None;
        }
        Some(extended(line).unwrap_or(Entry { time: 0, command: line }))
    }
}

/// zsh: `:`, up to ten spaces, the start, `:`, seconds taken, `;`, command.
fn extended(line: &[u8]) -> Option<Entry<'_>> {
    let rest = line.strip_prefix(b":")?;
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    let rest = rest.get(spaces..).filter(|_| spaces <= 10)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let time = rest.get(..digits).filter(|_| digits <= 11).and_then(number)?;
    let rest = rest.get(digits..)?.strip_prefix(b":")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let command = rest.get(digits..).filter(|_| digits > 0)?.strip_prefix(b";")?;
    Some(Entry { time, command })
}

/// Digits only. A number beyond 64 bits is still a timestamp, of an unknown time.
fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(crate::lines::int(digits).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::lines;

    #[test]
    fn histories() {
        let cases: &[(&str, &[(i64, &str)])] = &[
            ("", &[]),
            ("a\nb", &[(0, "a"), (0, "b")]),
            ("#1700000000\nls\nwho\n", &[(1_700_000_000, "ls"), (0, "who")]),
            ("#1\n\nx\n", &[(1, ""), (0, "x")]),
            ("#1\n#2\nx\n", &[(1, "#2"), (0, "x")]),
            ("#1\n", &[]),
            ("#\n#x\n#+1\n# 1\n", &[(0, "#"), (0, "#x"), (0, "#+1"), (0, "# 1")]),
            ("#99999999999\nx", &[(99_999_999_999, "x")]),
            ("#99999999999999999999\nx", &[(0, "x")]),
            (": 1700001000:0;ls -l; b", &[(1_700_001_000, "ls -l; b")]),
            (":5:15;", &[(5, "")]),
            (":          5:1;x", &[(5, "x")]),
            (":           5:1;x", &[(0, ":           5:1;x")]),
            (": 123456789012:1;x", &[(0, ": 123456789012:1;x")]),
            (": 5:;x\n: 5;x\n: :1;x\n:", &[(0, ": 5:;x"), (0, ": 5;x"), (0, ": :1;x"), (0, ":")]),
            ("#7\n: 5:1;x", &[(7, ": 5:1;x")]),
            (": 5:1;echo \\\nmore", &[(5, "echo \\"), (0, "more")]),
        ];
        for (file, expect) in cases {
            let mut history = History::default();
            let entries: Vec<_> = lines(file.as_bytes())
                .filter_map(|line| history.line(line))
                .map(|entry| (entry.time, std::str::from_utf8(entry.command).expect("ASCII")))
                .collect();
            assert_eq!(entries, *expect, "{file:?}");
        }
    }
}
