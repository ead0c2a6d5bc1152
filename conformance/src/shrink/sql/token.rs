//! The words of SQL, whatever the text is.

use std::rc::Rc;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword, a name, a parameter.
    Word,
    /// A name in quotes of some style.
    Quoted,
    /// `'text'`
    Text,
    /// `x'ff'`
    Blob,
    /// A number.
    Number,
    /// An operator, a parenthesis, a comma …
    Punctuation,
    /// What SQLite does not know either: a stray character, a quote without an end.
    Junk,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: Rc<str>,
    pub(crate) kind: Kind,
    /// Whether blanks or a comment stand before it.
    pub(crate) spaced: bool,
}

impl Token {
    pub(crate) fn new(text: &str, kind: Kind, spaced: bool) -> Self {
        Self { text: Rc::from(text), kind, spaced }
    }

    /// Whether this is a keyword, in any case.
    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Punctuation) && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether this is one of some keywords.
    pub(crate) fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    /// The name, if this may be one.
    pub(crate) fn name(&self) -> Option<String> {
        let inside = || self.text.get(1..self.text.len().saturating_sub(1)).unwrap_or_default();
        match (self.kind, self.text.chars().next()?) {
            (Kind::Word, _) => Some(self.text.to_string()),
            (Kind::Quoted, '[') => Some(inside().to_owned()),
            (Kind::Quoted, quote) => Some(inside().replace(&format!("{quote}{quote}"), &quote.to_string())),
            _ => None,
        }
    }
}

/// The tokens of a text, without blanks and comments.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let (mut rest, mut spaced) = (text, false);
    while let Some(first) = rest.chars().next() {
        let (length, kind) = next(rest, first);
        // A length is that of whole characters and at least one, so the text splits and ends.
        let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if let Some(kind) = kind {
            found.push(Token::new(token, kind, spaced));
        }
        spaced = kind.is_none();
        rest = after;
    }
    found
}

/// The length of the first token in bytes, and what it is; nothing if it is blank.
fn next(rest: &str, first: char) -> (usize, Option<Kind>) {
    let run = |start: usize, more: &dyn Fn(char) -> bool| {
        let tail = rest.get(start..).unwrap_or_default();
        start + tail.find(|c| !more(c)).unwrap_or(tail.len())
    };
    let second = rest.chars().nth(1);
    match first {
        c if c.is_ascii_whitespace() => (run(0, &|c| c.is_ascii_whitespace()), None),
        '-' if second == Some('-') => (rest.find('\n').map_or(rest.len(), |end| end + 1), None),
        '/' if second == Some('*') => {
            let end = rest.get(2..).and_then(|tail| tail.find("*/"));
            (end.map_or(rest.len(), |end| end + 4), None)
        }
        'x' | 'X' if second == Some('\'') => quoted(rest, 1, '\'', Kind::Blob),
        '\'' => quoted(rest, 0, '\'', Kind::Text),
        '"' | '`' => quoted(rest, 0, first, Kind::Quoted),
        '[' => match rest.find(']') {
            Some(end) => (end + 1, Some(Kind::Quoted)),
            None => (1, Some(Kind::Junk)),
        },
        c if is_word(c) && !c.is_ascii_digit() => (run(0, &|c| is_word(c) || c == '$'), Some(Kind::Word)),
        '?' | ':' | '@' | '$' | '#' if second.is_some_and(is_word) => (run(1, &is_word), Some(Kind::Word)),
        c if c.is_ascii_digit() || c == '.' && second.is_some_and(|c| c.is_ascii_digit()) => {
            (number(rest), Some(Kind::Number))
        }
        c => {
            const LONG: [&str; 11] = ["->>", "||", "<<", ">>", "<=", ">=", "<>", "!=", "==", "->", "::"];
            let long = LONG.iter().find(|long| rest.starts_with(**long)).map(|long| long.len());
            let known = "+-*/%&|~<>=.,;()?!".contains(c);
            (long.unwrap_or(c.len_utf8()), Some(if known { Kind::Punctuation } else { Kind::Junk }))
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

/// A quoted token: a doubled quote stands for one. Without an end it is junk to the end of the text.
fn quoted(rest: &str, start: usize, quote: char, kind: Kind) -> (usize, Option<Kind>) {
    let bytes = rest.as_bytes();
    let mut place = start + 1;
    while let Some(byte) = bytes.get(place) {
        let is_quote = char::from(*byte) == quote;
        if is_quote && bytes.get(place + 1).map(|next| char::from(*next)) != Some(quote) {
            return (place + 1, Some(kind));
        }
        place += if is_quote { 2 } else { 1 };
    }
    (rest.len(), Some(Kind::Junk))
}

/// Digits, point and exponent; hexadecimal after `0x`. Letters that follow belong to it, as in SQLite's errors.
fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let hex = matches!(bytes, [b'0', b'x' | b'X', ..]);
    let mut end = 0;
    while let Some(byte) = bytes.get(end) {
        let before = end.checked_sub(1).and_then(|at| bytes.get(at));
        let sign = matches!(byte, b'+' | b'-') && !hex && matches!(before, Some(b'e' | b'E'));
        let digits = bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || sign && digits || !byte.is_ascii() {
            end += 1;
        } else {
            break;
        }
    }
    end.max(1)
}

/// The text of tokens: blanks only where there were some, or where two tokens would become another.
pub(crate) fn text(tokens: &[Token]) -> String {
    let mut text = String::new();
    let mut last: Option<&Token> = None;
    for token in tokens {
        let tight = |last: &Token| last.is("(") || token.is_any(&[",", ")", ";"]);
        if last.is_some_and(|last| token.spaced && !tight(last) || melts(last, token)) {
            text.push(' ');
        }
        text.push_str(&token.text);
        last = Some(token);
    }
    text
}

/// Whether two tokens are read as something else when nothing stands between them.
fn melts(left: &Token, right: &Token) -> bool {
    let both = format!("{}{}", left.text, right.text);
    !matches!(tokens(&both).as_slice(), [first, second] if first.text == left.text && second.text == right.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators::bytes;

    #[test]
    fn texts_and_their_tokens() {
        for (sql, expect) in [
            ("SELECT a,b FROM t", "SELECT a , b FROM t"),
            ("x'00'  X'' xy", "x'00' X'' xy"),
            ("'it''s' \"a\"\"b\" `c` [d e]", "'it''s' \"a\"\"b\" `c` [d e]"),
            ("1.5e-3+.5 0xfF 1e+ 2", "1.5e-3 + .5 0xfF 1e + 2"),
            ("a -- b\nc /* d */e/*", "a c e"),
            ("a->>'$.b'||c<>d!=e", "a ->> '$.b' || c <> d != e"),
            ("?1 :name @x $y ? é€", "?1 :name @x $y ? é€"),
            ("'open", "'open"),
            ("t.*;", "t . * ;"),
            ("", ""),
        ] {
            let found: Vec<String> = tokens(sql).iter().map(|token| token.text.to_string()).collect();
            assert_eq!(found.join(" "), expect, "{sql}");
        }
    }

    /// Any text has tokens, and they survive being written.
    #[test]
    fn tokens_are_written_and_read() {
        let alphabet: Vec<char> = "aZ_0 9.'\"`[]xX-/*+|<>=!é(),;\n?:$e\0".chars().collect();
        for seed in 0..3000 {
            let sql: String =
                bytes(seed, 24).iter().map(|byte| alphabet[usize::from(*byte) % alphabet.len()]).collect();
            let first = tokens(&sql);
            let written = text(&first);
            let again = tokens(&written);
            let texts = |tokens: &[Token]| tokens.iter().map(|token| token.text.clone()).collect::<Vec<_>>();
            assert_eq!(texts(&again), texts(&first), "{sql:?} {written:?}");
            assert!(written.len() <= sql.len(), "{sql:?} {written:?}");
        }
    }

    #[test]
    fn names_without_quotes() {
        for (sql, expect) in [("users", "users"), ("\"a\"\"b\"", "a\"b"), ("[a b]", "a b"), ("`x`", "x")] {
            assert_eq!(tokens(sql)[0].name().as_deref(), Some(expect));
        }
        assert_eq!(tokens("'text'")[0].name(), None);
    }
}
