//! The words of a dot command: separated by blanks, quoted with `'` or `"`, with C's escapes.

/// Splits a dot command, without its dot, into words. Escapes count everywhere but in single quotes.
pub(super) fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut chars = line.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_ascii_whitespace()).is_some() {}
        let Some(first) = chars.peek().copied() else {
            return words;
        };
        let quote = chars.next_if(|c| *c == '\'' || *c == '"');
        let mut raw = String::new();
        while let Some(c) = chars.next_if(|c| quote.is_some() || !c.is_ascii_whitespace()) {
            if quote == Some(c) {
                break;
            }
            raw.push(c);
            if c == '\\' && first == '"' {
                raw.extend(chars.next());
            }
        }
        words.push(if first == '\'' { raw } else { unescape(&raw) });
    }
}

/// Resolves C's escapes; an unknown one is the character itself.
fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('a') => text.push('\x07'),
            Some('b') => text.push('\x08'),
            Some('f') => text.push('\x0c'),
            Some('v') => text.push('\x0b'),
            Some(digit @ '0'..='7') => {
                let mut code = digit.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    let Some(more) = chars.next_if(|c| c.is_digit(8)) else { break };
                    code = code * 8 + more.to_digit(8).unwrap_or(0);
                }
                text.push(char::from(u8::try_from(code & 0xff).unwrap_or(0)));
            }
            Some(other) => text.push(other),
            None => text.push('\\'),
        }
    }
    text
}

/// A text as C would write it, in double quotes.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_ascii_control() => quoted.push_str(&format!("\\{:03o}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// `on`, `yes` and numbers that are not 0, or their opposites; `None` for anything else.
pub(super) fn truth(word: &str) -> Option<bool> {
    let digits = word.strip_prefix("0x").unwrap_or(word);
    let is_number = |radix| !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    if is_number(if digits.len() < word.len() { 16 } else { 10 }) {
        return Some(digits.chars().any(|c| c != '0'));
    }
    match word.to_ascii_lowercase().as_str() {
        "on" | "yes" => Some(true),
        "off" | "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitting() {
        for (line, words) in [
            ("", &[][..]),
            ("print a  b ", &["print", "a", "b"]),
            ("print \"a  b\" c", &["print", "a  b", "c"]),
            (r#"print "a\tb\n\"c\"\\" 'd\te'"#, &["print", "a\tb\n\"c\"\\", r"d\te"]),
            (r"separator \t", &["separator", "\t"]),
            (r#"print "\101\0" \x"#, &["print", "A\0", "x"]),
            ("print \"open", &["print", "open"]),
            ("print ''", &["print", ""]),
            ("print it's", &["print", "it's"]),
            (r"print a\", &["print", r"a\"]),
        ] {
            assert_eq!(split(line), words, "{line:?}");
        }
    }

    #[test]
    fn quoting() {
        for (text, quoted) in [("", "\"\""), ("|", "\"|\""), ("a\"b\\\n\x01é", "\"a\\\"b\\\\\\n\\001é\"")] {
            assert_eq!(quote(text), quoted);
        }
    }

    #[test]
    fn truths() {
        for (word, truth_of_it) in [
            ("on", Some(true)),
            ("YES", Some(true)),
            ("1", Some(true)),
            ("007", Some(true)),
            ("0x10", Some(true)),
            ("0", Some(false)),
            ("0x0", Some(false)),
            ("off", Some(false)),
            ("No", Some(false)),
            ("maybe", None),
            ("true", None),
            ("", None),
            ("0x", None),
        ] {
            assert_eq!(truth(word), truth_of_it, "{word}");
        }
    }
}
